//! Which columns the rows of each service have.
//!
//! A segment has a few hundred columns, and a trace's rows a few dozen: to open a column that is empty takes as long as to
//! open one that is not.

use crate::columns::Columns;
use foldhash::fast::RandomState;
use honeycomb::{Event, column};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Of more services than these nothing is kept.
pub(super) const MAX_SERVICES: usize = 256;

/// The names of the columns by service, but for those that every row has; of rows without a service by the empty name. Nothing
/// where a service cannot be told from the row's resource, or where there are too many.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Services(Option<BTreeMap<Arc<str>, BTreeSet<Arc<str>>>>);

impl Services {
    /// Of rows, all of whose columns are known.
    pub(crate) fn of(columns: &Columns, events: &[Event]) -> Self {
        let mut services: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
        // Rows with the same two lists, which live as long as they, have the same columns and the same resource.
        let mut seen: HashSet<(usize, usize), RandomState> = HashSet::default();
        let mut resources: HashMap<usize, &str, RandomState> = HashMap::default();
        let mut kinds: HashSet<(usize, &str), RandomState> = HashSet::default();
        for event in events {
            let (own, shared) = (event.own().0, event.shared());
            let (kind, resource) = (own.as_ptr().addr(), shared.as_ptr().addr());
            if !seen.insert((kind, resource)) {
                continue;
            }
            let mut names: Vec<&Arc<str>> = Vec::new();
            let service = *resources.entry(resource).or_insert_with(|| {
                names.extend(shared.iter().map(|column| &column.name));
                event.str(column::SERVICE_NAME).unwrap_or_default()
            });
            if kinds.insert((kind, service)) {
                if own.iter().any(|name| &**name == column::SERVICE_NAME) {
                    return Self(None);
                }
                names.extend(own.iter());
            }
            let names = names.into_iter().filter(|name| columns.place(name).is_some());
            match services.get_mut(service) {
                Some(known) => known.extend(names.map(Arc::clone)),
                None => _ = services.insert(service.into(), names.map(Arc::clone).collect()),
            }
        }
        Self((services.len() <= MAX_SERVICES).then_some(services))
    }

    /// Of several segments.
    pub(crate) fn merged<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        let mut merged: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
        for part in parts {
            let Some(services) = &part.0 else { return Self(None) };
            for (service, names) in services {
                let known = merged.entry(Arc::clone(service)).or_default();
                known.extend(names.iter().map(Arc::clone));
            }
        }
        Self((merged.len() <= MAX_SERVICES).then_some(merged))
    }

    /// The columns of the rows of these services, if they are known.
    pub(crate) fn columns<'b>(&self, services: impl Iterator<Item = &'b str>) -> Option<BTreeSet<&str>> {
        let known = self.0.as_ref()?;
        let mut columns = BTreeSet::new();
        for service in services {
            columns.extend(known.get(service)?.iter().map(|name| &**name));
        }
        Some(columns)
    }

    /// As it stands in the file.
    pub(crate) fn write(&self) -> String {
        let text = self.0.as_ref().map(serde_json::to_string);
        text.and_then(Result::ok).unwrap_or_default()
    }

    /// Reads what [`Self::write`] wrote; of anything else nothing is known.
    pub(crate) fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).ok())
    }
}
