//! In which rows of a segment each service's are.
//!
//! The rows of a block lie together by service, so there are few runs of them; and a question about one service need not look
//! at the rows of the others. (What Parquet says of pages does not help: a page is as long as a block, and has rows of all.)

use super::services::MAX_SERVICES;
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::{Array, RecordBatch};
use honeycomb::column;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Of runs that are shorter than this on the average no more than [`FEW`] are kept: they would take memory, and reading them one
/// by one takes longer than reading all.
const MIN_LENGTH: usize = 64;
const FEW: usize = 256;

/// The rows of each service, run by run from the first row on. Of a row without a service's name, or whose name is no text,
/// there is none in the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Runs {
    services: Vec<Option<String>>,
    /// Places in the list, and how many rows.
    runs: Vec<(u32, u32)>,
}

impl Runs {
    /// Goes on after what there is; ends with nothing where there are too many services.
    pub(super) fn with(mut self, batch: &RecordBatch) -> Option<Self> {
        let names = batch.column_by_name(column::SERVICE_NAME);
        let Some(names) = names.and_then(|names| names.as_string_view_opt()) else {
            self.push(None, batch.num_rows());
            return Some(self);
        };
        let mut start = 0;
        let name = |at: usize| names.is_valid(at).then(|| names.value(at));
        for at in 1..=names.len() {
            if at == names.len() || name(at) != name(start) {
                self.push(name(start), at - start);
                start = at;
            }
            if self.services.len() > MAX_SERVICES {
                return None;
            }
        }
        Some(self)
    }

    fn push(&mut self, service: Option<&str>, rows: usize) {
        let Ok(rows) = u32::try_from(rows) else { return };
        // A few dozen: looking through them is quick, and most often it is the latest again.
        let known = self.services.iter().position(|known| known.as_deref() == service);
        let place = known.unwrap_or_else(|| {
            self.services.push(service.map(str::to_owned));
            self.services.len() - 1
        }) as u32;
        match self.runs.last_mut() {
            Some((latest, length)) if *latest == place => *length += rows,
            _ => self.runs.push((place, rows)),
        }
    }

    /// As it stands in the file; nothing where the runs are too short.
    pub(super) fn write(&self) -> Option<String> {
        let rows: usize = self.runs.iter().map(|(_, rows)| *rows as usize).sum();
        let is_kept = self.runs.len() <= FEW || self.runs.len() * MIN_LENGTH <= rows;
        is_kept.then(|| serde_json::to_string(self).ok()).flatten()
    }

    /// Reads what [`Self::write`] wrote; of anything else, and of what is not about so many rows, nothing is known.
    pub(super) fn read(text: &str, rows: usize) -> Option<Self> {
        let runs: Self = serde_json::from_str(text).ok()?;
        let services = runs.services.len();
        let known = runs.runs.iter().all(|(place, _)| (*place as usize) < services);
        let sum: usize = runs.runs.iter().map(|(_, rows)| *rows as usize).sum();
        (known && sum == rows).then_some(runs)
    }

    /// The rows of these services; none where there are none.
    pub(crate) fn of(&self, services: &BTreeSet<&str>) -> Option<RowSelection> {
        let wanted = |name: &Option<String>| name.as_deref().is_some_and(|name| services.contains(name));
        let wanted: Vec<bool> = self.services.iter().map(wanted).collect();
        if !wanted.contains(&true) {
            return None;
        }
        let selectors = self.runs.iter().map(|(place, rows)| RowSelector {
            row_count: *rows as usize,
            skip: !wanted[*place as usize],
        });
        Some(selectors.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{ArrayRef, StringViewArray};
    use std::sync::Arc;

    fn batch(names: &[Option<&str>]) -> RecordBatch {
        let names: ArrayRef = Arc::new(names.iter().copied().collect::<StringViewArray>());
        RecordBatch::try_from_iter_with_nullable([(column::SERVICE_NAME, names, true)]).unwrap()
    }

    fn runs<const N: usize>(batches: [&[Option<&str>]; N]) -> Runs {
        let add = |runs: Runs, names: &[Option<&str>]| runs.with(&batch(names)).unwrap();
        batches.into_iter().fold(Runs::default(), add)
    }

    fn rows(selection: RowSelection) -> Vec<(usize, bool)> {
        let selectors: Vec<RowSelector> = selection.into();
        selectors.iter().map(|one| (one.row_count, !one.skip)).collect()
    }

    #[test]
    fn runs_go_on_from_batch_to_batch_and_survive_the_file() {
        let (a, b) = (Some("a"), Some("b"));
        let runs = runs([&[a, a, b, None], &[None, b, b, b]]);
        let runs = Runs::read(&runs.write().unwrap(), 8).unwrap();
        let of = |services: &[&str]| runs.of(&services.iter().copied().collect()).map(rows);
        assert_eq!(of(&["a"]), Some(vec![(2, true), (6, false)]));
        assert_eq!(
            of(&["b", "c"]),
            Some(vec![(2, false), (1, true), (2, false), (3, true)])
        );
        assert_eq!(of(&["a", "b"]), Some(vec![(3, true), (2, false), (3, true)]));
        assert_eq!(of(&["c"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_file_without_the_column_has_rows_of_no_service() {
        let other: ArrayRef = Arc::new(StringViewArray::from(vec!["x", "y"]));
        let runs = Runs::default();
        let runs = runs
            .with(&RecordBatch::try_from_iter([("name", other)]).unwrap())
            .unwrap();
        assert_eq!(runs.runs, [(0, 2)]);
        assert_eq!(runs.of(&["x"].into()), None);
    }

    #[test]
    fn short_runs_are_not_kept() {
        let names = [Some("a"), Some("b")];
        assert_eq!(runs([&names[..]; 1000]).write(), None);
    }

    #[test]
    fn of_too_many_services_nothing_is_known() {
        let names: Vec<String> = (0..=MAX_SERVICES).map(|number| number.to_string()).collect();
        let names: Vec<Option<&str>> = names.iter().map(|name| Some(&**name)).collect();
        assert_eq!(Runs::default().with(&batch(&names)), None);
    }

    #[test]
    fn what_is_not_about_these_rows_is_not_believed() {
        let runs = runs([&[Some("a"), Some("b")]]);
        let text = runs.write().unwrap();
        assert_eq!(Runs::read(&text, 2), Some(runs));
        for (text, rows) in [(text.as_str(), 3), ("", 0), (r#"{"services":[],"runs":[[0,2]]}"#, 2)] {
            assert_eq!(Runs::read(text, rows), None, "{text} {rows}");
        }
    }
}
