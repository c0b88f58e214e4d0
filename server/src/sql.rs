//! `cruddur sql "…"`: asks the trace store's segments, whether the server runs or not.

use crate::config::Config;
use crate::start::SEGMENTS;
use anyhow::bail;
use std::fmt::Write;
use trace_store::{SqlTable, TraceStore};

/// Wider values are cut when a table is printed.
const WIDTH: usize = 60;

/// Answers a statement, and gives what is to be printed: a table for standard output, and a remark for standard error.
///
/// # Errors
///
/// Where there is no store yet, or what the store says: in words.
pub async fn sql(config: &Config, statement: &str) -> anyhow::Result<(String, String)> {
    let folder = config.data_dir.join(SEGMENTS);
    if !folder.is_dir() {
        bail!(
            "there are no traces in {} yet (CRUDDUR_DATA_DIR says where the server writes)",
            folder.display()
        );
    }
    let opening = folder.clone();
    let store = tokio::task::spawn_blocking(move || TraceStore::open_to_read(opening)).await??;
    let table = store.sql(statement).await?;
    let stats = store.stats();
    let mut remark = format!(
        "{} of the {} rows in {} segments. What a running server has not written yet (the newest rows, for up to ten \
         minutes) is at its /traces/sql.",
        match table.rows.len() {
            1 => "1 row".to_owned(),
            rows => format!("{rows} rows"),
        },
        stats.events,
        stats.segments
    );
    if table.cut {
        remark.push_str(" There are more rows: these are the first. LIMIT and WHERE choose which.");
    }
    if stats.damaged_segments > 0 {
        _ = write!(
            remark,
            " {} segments are damaged and were left out.",
            stats.damaged_segments
        );
    }
    Ok((written(&table), remark))
}

/// As columns, numbers to the right.
fn written(table: &SqlTable) -> String {
    let cell = |value: &Option<honeycomb::Value>| match value {
        None => "NULL".to_owned(),
        Some(value) => {
            // One line per row, whatever is in it.
            let text = value
                .to_string()
                .escape_debug()
                .to_string()
                .replace("\\\"", "\"")
                .replace("\\'", "'");
            match text.char_indices().nth(WIDTH) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        }
    };
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let number = |at: usize| {
        let mut values = table.rows.iter().filter_map(|row| row[at].as_ref());
        values.all(|value| value.as_f64().is_some())
    };
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells
            .chain([table.columns[at].chars().count()])
            .max()
            .unwrap_or_default()
    };
    let columns: Vec<(usize, bool)> = (0..table.columns.len()).map(|at| (width(at), number(at))).collect();
    let mut text = String::new();
    for row in [&table.columns].into_iter().chain(&rows) {
        let mut line = String::new();
        for (cell, (width, right)) in row.iter().zip(&columns) {
            _ = match right {
                true => write!(line, "{cell:>width$}  "),
                false => write!(line, "{cell:<width$}  "),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use honeycomb::Value;

    #[test]
    fn a_table_is_written_in_columns_with_numbers_to_the_right() {
        let table = SqlTable {
            columns: vec!["name".into(), "count(*)".into()],
            rows: vec![
                vec![
                    Some(Value::String("GET /\nsecond line".into())),
                    Some(Value::Integer(7)),
                ],
                vec![None, Some(Value::Float(12.5))],
                vec![Some(Value::String("é".repeat(100).into())), None],
            ],
            cut: false,
        };
        let text = written(&table);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(
            lines[0].starts_with("name ") && lines[0].ends_with("  count(*)"),
            "{text}"
        );
        assert!(
            lines[1].starts_with("GET /\\nsecond line ") && lines[1].ends_with("         7"),
            "{text}"
        );
        assert!(
            lines[2].starts_with("NULL ") && lines[2].ends_with("      12.5"),
            "{text}"
        );
        assert!(lines[3].starts_with(&format!("{}…  ", "é".repeat(60))), "{text}");
    }
}
