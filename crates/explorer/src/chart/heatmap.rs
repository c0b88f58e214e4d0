//! How values are distributed over time: a cell for each step and bucket, its colour by how many rows it has.

use super::{Chart, HEIGHT, LEVELS, Mark, Shape, Unit, WIDTH, time};
use crate::format;
use honeycomb::QueryResult;
use honeycomb::query::{HEATMAP_BUCKETS_PER_DECADE as PER_DECADE, Heatmap, HeatmapCell, Query};

/// The buckets that are shown, from the bottom. What is not above 0 has the lowest row.
struct Rows {
    zero: bool,
    low: i32,
    count: i32,
}

impl Rows {
    fn new(heatmap: &Heatmap) -> Self {
        let buckets = || heatmap.cells.iter().filter_map(|cell| cell.bucket);
        let low = buckets().min().unwrap_or(0);
        let high = buckets().max().unwrap_or(low);
        let zero = heatmap.cells.iter().any(|cell| cell.bucket.is_none());
        // Fewer than ten rows would look like bars.
        let low = low - (9 - (high - low)).max(0) / 2;
        Self {
            zero,
            low,
            count: (high - low + 1).max(10) + i32::from(zero),
        }
    }

    /// The upper edge of a bucket's row.
    fn y(&self, bucket: Option<i32>) -> f64 {
        let row = bucket.map_or(0, |bucket| bucket - self.low + i32::from(self.zero));
        HEIGHT - f64::from(row + 1) * self.height()
    }

    fn height(&self) -> f64 {
        HEIGHT / f64::from(self.count)
    }

    /// The decades, and between them 2 and 5 where there are few.
    fn ticks(&self, unit: Unit) -> Vec<(f64, String)> {
        let buckets = self.low..self.low + self.count - i32::from(self.zero);
        let decades = buckets
            .clone()
            .filter(|bucket| bucket.rem_euclid(PER_DECADE) == 0)
            .count();
        let shown = |bucket: &i32| match bucket.rem_euclid(PER_DECADE) {
            0 => true,
            // 10^0.3 is 2.0, 10^0.7 is 5.0.
            3 | 7 => decades < 3,
            _ => false,
        };
        let tick = |bucket: i32| {
            let lower_edge = self.y(Some(bucket)) + self.height();
            (lower_edge / HEIGHT * 100.0, unit.words(bound(bucket)))
        };
        let zero = self.zero.then(|| (100.0, "0".to_owned()));
        zero.into_iter().chain(buckets.filter(shown).map(tick)).collect()
    }
}

pub(super) fn chart(query: &Query, result: &QueryResult, at: usize) -> Chart {
    let calculation = &query.calculations[at];
    let unit = Unit::of(calculation);
    let empty = Heatmap {
        calculation: at,
        cells: Vec::new(),
    };
    let heatmap = result
        .heatmaps
        .iter()
        .find(|heatmap| heatmap.calculation == at)
        .unwrap_or(&empty);
    let rows = Rows::new(heatmap);
    let most = heatmap.cells.iter().map(|cell| cell.count).max().unwrap_or(0);
    let window = &result.window;
    let mark = |cell: &HeatmapCell| {
        let left = time::x(window, cell.time_unix_nano).max(0.0);
        let right = time::x(window, cell.time_unix_nano.saturating_add(window.step_nano)).min(WIDTH);
        Mark {
            shape: Shape::Cell {
                x: left,
                y: rows.y(cell.bucket),
                width: (right - left).max(0.0),
                height: rows.height(),
                level: level(cell.count, most),
            },
            time: time::words(cell.time_unix_nano),
            what: match cell.bucket {
                Some(bucket) => format!("{} to {}", unit.words(bound(bucket)), unit.words(bound(bucket + 1))),
                None => "0 and below".to_owned(),
            },
            value: format::count(cell.count),
            href: None,
        }
    };
    let column = calculation.column.as_deref().unwrap_or_default();
    Chart {
        key: calculation.key(),
        summary: format!(
            "{column} over time: {} cells, at most {} rows in one",
            heatmap.cells.len(),
            format::count(most)
        ),
        what: "Bucket",
        y_ticks: rows.ticks(unit),
        x_ticks: time::ticks(window),
        lines: Vec::new(),
        marks: heatmap.cells.iter().map(mark).collect(),
        most: Some(most),
    }
}

/// The lower bound of a bucket.
fn bound(bucket: i32) -> f64 {
    10_f64.powf(f64::from(bucket) / f64::from(PER_DECADE))
}

/// By the logarithm: one row is to be seen beside a thousand.
fn level(count: u64, most: u64) -> usize {
    let share = (count as f64).ln_1p() / (most as f64).ln_1p();
    ((share * LEVELS as f64).ceil() as usize).clamp(1, LEVELS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_on_the_sheet_and_strong_by_its_rows() {
        let cell = |bucket, count| HeatmapCell {
            time_unix_nano: 0,
            bucket,
            count,
        };
        let heatmap = Heatmap {
            calculation: 0,
            cells: vec![cell(None, 1), cell(Some(-3), 10), cell(Some(31), 1000)],
        };
        let rows = Rows::new(&heatmap);
        assert_eq!(rows.y(None) + rows.height(), HEIGHT);
        assert!(rows.y(Some(31)).abs() < 1e-9);
        assert!(rows.y(Some(-3)) < rows.y(None));
        let ticks: Vec<_> = rows
            .ticks(Unit::Milliseconds)
            .into_iter()
            .map(|(_, words)| words)
            .collect();
        assert_eq!(ticks, ["0", "1.00 ms", "10.0 ms", "100 ms", "1.00 s"]);
        assert_eq!([1, 10, 1000].map(|count| level(count, 1000)), [1, 2, 5]);
    }

    #[test]
    fn one_bucket_is_in_the_middle_of_ten_rows() {
        let cells = vec![HeatmapCell {
            time_unix_nano: 0,
            bucket: Some(20),
            count: 1,
        }];
        let rows = Rows::new(&Heatmap { calculation: 0, cells });
        assert_eq!((rows.low, rows.count), (16, 10));
    }
}
