//! Answers queries in Honeycomb's specification, as [`honeycomb::query`] says.
//!
//! Each part of an answer is one pass over the columns that it needs: all rows, the groups, the steps of the groups that are
//! shown; and percentiles and heatmaps one each, as counts of buckets. Where few rows match, they are exact; else within 1 %
//! ([`crate::bucket`]). A value that is in a row's overflow, because its type is not the column's, is not there for queries.

mod filters;
mod passes;
mod plan;

use crate::core::Snapshot;
use crate::engine::{Engine, Spans};
use crate::{StoreError, TraceStore};
use honeycomb::query::{Heatmap, HeatmapCell, Op, SeriesPoint, Window};
use honeycomb::{Query, QueryResult};
use passes::{Partials, Pass};
use plan::Plan;
use std::collections::BTreeMap;
use std::sync::Arc;

/// More groups than these are refused.
pub const MAX_GROUPS: usize = 250_000;

impl TraceStore {
    /// Answers a query that is asked at `now_unix_nano`.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for what has more than [`MAX_GROUPS`] groups, takes longer than 10 s, or too much memory;
    /// [`StoreError::Read`] if a segment cannot be read now.
    pub async fn run(&self, query: &Query, now_unix_nano: i64) -> Result<QueryResult, StoreError> {
        let engine = self.core.engine()?;
        let core = Arc::clone(&self.core);
        let query = query.clone();
        let for_work = Arc::clone(&engine);
        engine
            .work(async move {
                let window = query.window(now_unix_nano);
                let ask = || answer(&for_work, core.snapshot().within(&window), &query, window);
                // A damaged segment is set aside, and the question asked once more.
                match ask().await {
                    Err(StoreError::Read(_)) if core.find_damaged().await => ask().await,
                    answer => answer,
                }
            })
            .await
    }
}

async fn answer(engine: &Engine, snapshot: Snapshot, query: &Query, window: Window) -> Result<QueryResult, StoreError> {
    let snapshot = Arc::new(snapshot);
    let plan = Plan::new(query, &snapshot.columns);
    let session = engine.session(snapshot.row_bytes());
    let table = session.read_table(Arc::new(Spans::new(Arc::clone(&snapshot))))?;
    let table = table.filter(filters::within(&window))?;
    let table = match filters::all(query, &snapshot.columns) {
        Some(filter) => table.filter(filter)?,
        None => table,
    };
    let pass = |steps, exact| Pass {
        plan: &plan,
        step: if steps { Some(window.step_nano) } else { None },
        exact,
    };

    // Exact for now: percentiles come when it is known of how many rows.
    let mut totals = pass(false, true).sums(&table, &[]).await?;
    let row_count = totals.rows();
    let exact = row_count <= snapshot.exact_rows;
    pass(false, exact).percentiles(&table, &[], &mut totals).await?;
    let total = totals.only(&plan, &window);

    let (groups, group_count) = if query.breakdowns.is_empty() {
        let groups: Vec<_> = [total.clone()]
            .into_iter()
            .filter(|group| plan::shown(query, &group.values))
            .collect();
        let count = groups.len() as u64;
        (groups, count)
    } else {
        let mut found = pass(false, exact).sums(&table, &plan.keys).await?;
        pass(false, exact).percentiles(&table, &plan.keys, &mut found).await?;
        let mut groups = found.groups(&plan);
        groups.retain(|group| plan::shown(query, &group.values));
        groups.sort_by(|a, b| query.order(a, b));
        let count = groups.len() as u64;
        groups.truncate(query.limit);
        (groups, count)
    };

    let shown = match plan.only(&groups, group_count) {
        Some(filter) => table.clone().filter(filter)?,
        None => table.clone(),
    };
    let mut steps = Partials::default();
    if !groups.is_empty() {
        steps = pass(true, exact).sums(&shown, &plan.keys).await?;
        pass(true, exact).percentiles(&shown, &plan.keys, &mut steps).await?;
    }
    let series = steps.series(&plan, &groups, &window);

    let mut heatmaps = Vec::new();
    for (calculation, _) in query
        .calculations
        .iter()
        .enumerate()
        .filter(|(_, asked)| asked.op == Op::Heatmap)
    {
        let cells = pass(true, exact).heatmap(&table, calculation).await?;
        heatmaps.push(heatmap(calculation, cells, &window));
    }
    Ok(QueryResult {
        window,
        groups,
        series,
        heatmaps,
        totals: total.values,
        row_count,
        group_count,
    })
}

fn heatmap(calculation: usize, cells: BTreeMap<(i64, Option<i32>), u64>, window: &Window) -> Heatmap {
    let cells = cells.into_iter().map(|((step, bucket), count)| HeatmapCell {
        time_unix_nano: step.saturating_mul(window.step_nano),
        bucket,
        count,
    });
    Heatmap {
        calculation,
        cells: cells.collect(),
    }
}

/// Sorts points by time, then as the groups are.
fn in_order(mut series: Vec<SeriesPoint>) -> Vec<SeriesPoint> {
    series.sort_by_key(|point| (point.time_unix_nano, point.group));
    series
}
