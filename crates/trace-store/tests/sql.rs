//! SQL over memory and segments: what it answers, and what it refuses.

use honeycomb::{Column, Event, Value, column};
use trace_store::{MAX_SQL_ROWS, StoreConfig, StoreError, TraceStore};

const SECOND: i64 = 1_000_000_000;
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn column(name: &str, value: Value) -> Column {
    Column {
        name: name.into(),
        value,
    }
}

fn row(number: i64) -> Event {
    let text = |text: &str| Value::String(text.into());
    let columns = vec![
        column(
            column::TRACE_ID,
            text(if number == 3 {
                TRACE
            } else {
                "f0000000000000000000000000000bad"
            }),
        ),
        column(column::SPAN_ID, text(&format!("{number:016x}"))),
        column(column::NAME, text(if number % 2 == 0 { "even" } else { "odd" })),
        column(column::SERVICE_NAME, text("shop")),
        column(column::DURATION_MS, Value::Float(number as f64)),
        column("Mixed", Value::Integer(number)),
        column("mixed", text("another spelling")),
    ];
    Event::new(number * SECOND, 1, columns, [].into())
}

/// Rows 0 to 19, half of them in a segment.
fn store(folder: &tempfile::TempDir) -> TraceStore {
    let store = TraceStore::open(StoreConfig::new(folder.path())).unwrap();
    store.ingest((0..10).map(row).collect());
    store.seal().unwrap();
    store.ingest((10..20).map(row).collect());
    store
}

async fn answer(store: &TraceStore, text: &str) -> Vec<Vec<String>> {
    let table = store.sql(text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(!table.cut);
    let row = |row: Vec<Option<Value>>| {
        row.iter()
            .map(|value| value.as_ref().map_or("NULL".into(), Value::to_string))
            .collect()
    };
    table.rows.into_iter().map(row).collect()
}

#[tokio::test]
async fn selects_are_answered_over_memory_and_segments() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for (text, expected) in [
        ("SELECT count(*) FROM spans", vec![vec!["20"]]),
        (
            "SELECT name, count(*), sum(duration_ms) FROM spans GROUP BY name ORDER BY name",
            vec![vec!["even", "10", "90"], vec!["odd", "10", "100"]],
        ),
        (
            "SELECT \"trace.span_id\", time FROM spans WHERE \"trace.trace_id\" = '0af7651916cd43dd8448eb211c80319c'",
            vec![vec!["0000000000000003", "1970-01-01T00:00:03.000000000Z"]],
        ),
        (
            "SELECT count(*) FROM spans WHERE \"trace.trace_id\" = 'no id'",
            vec![vec!["0"]],
        ),
        (
            "SELECT \"Mixed\", \"meta.overflow\" FROM spans WHERE duration_ms = 15",
            vec![vec!["15", "{\"mixed\":\"another spelling\"}"]],
        ),
        ("SELECT error FROM spans LIMIT 1;", vec![vec!["NULL"]]),
        (
            "WITH s AS (SELECT date_bin(interval '10 seconds', time) AS t FROM spans) SELECT t, count(*) FROM s GROUP BY t ORDER BY t",
            vec![
                vec!["1970-01-01T00:00:00.000000000Z", "10"],
                vec!["1970-01-01T00:00:10.000000000Z", "10"],
            ],
        ),
    ] {
        assert_eq!(answer(&store, text).await, expected, "{text}");
    }
    let p90 = "SELECT name, histogram_percentile(histogram(\"meta.duration_bucket\"), 0.9) FROM spans GROUP BY name ORDER BY name";
    for (row, exact) in answer(&store, p90).await.iter().zip([16.0, 17.0]) {
        let about: f64 = row[1].parse().unwrap();
        assert!((about - exact).abs() <= exact * 0.0101, "{row:?}");
    }
    let about = answer(
        &store,
        "SELECT bucket_ms(\"meta.duration_bucket\") FROM spans WHERE duration_ms = 19",
    )
    .await;
    let about: f64 = about[0][0].parse().unwrap();
    assert!((about - 19.0).abs() < 0.2, "{about}");
}

/// The service of a row, in five kinds: three names, none, and one that is no text.
fn service_of(number: i64) -> Option<Value> {
    match number % 5 {
        0 => Some(Value::String("a".into())),
        1 => Some(Value::String("b".into())),
        2 => Some(Value::String("c".into())),
        3 => Some(Value::Integer(7)),
        _ => None,
    }
}

#[tokio::test]
async fn a_statement_about_services_counts_their_rows_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = TraceStore::open(StoreConfig::new(folder.path())).unwrap();
    let row = |number: i64| {
        let name = if number % 2 == 0 { "even" } else { "odd" };
        let mut columns = vec![
            column(column::SPAN_ID, Value::String(format!("{number:016x}").into())),
            column(column::NAME, Value::String(name.into())),
        ];
        columns.extend(service_of(number).map(|service| column(column::SERVICE_NAME, service)));
        Event::new(number * SECOND, 1, columns, [].into())
    };
    for from in [0, 1000] {
        store.ingest((from..from + 1000).map(row).collect());
        store.seal().unwrap();
    }
    store.ingest((2000..3000).map(row).collect());

    let is = |number: i64, names: &[&str]| match service_of(number) {
        Some(Value::String(name)) => names.contains(&&*name),
        _ => false,
    };
    let is_text = |number: i64| is(number, &["a", "b", "c"]);
    let even = |number: i64| number % 2 == 0;
    type Meant<'a> = &'a dyn Fn(i64) -> bool;
    let cases: [(&str, Meant<'_>); 11] = [
        ("s = 'a'", &|n| is(n, &["a"])),
        ("'b' = s", &|n| is(n, &["b"])),
        ("s = 'a' OR s = 'b'", &|n| is(n, &["a", "b"])),
        ("s IN ('a', 'c', 'nobody')", &|n| is(n, &["a", "c"])),
        ("s = 'a' AND name = 'even'", &|n| is(n, &["a"]) && even(n)),
        ("s = 'a' OR name = 'even'", &|n| is(n, &["a"]) || even(n)),
        ("s = 'a' AND s = 'b'", &|_| false),
        ("s = 'nobody'", &|_| false),
        ("s <> 'a'", &|n| is_text(n) && !is(n, &["a"])),
        ("s NOT IN ('a', 'b')", &|n| is(n, &["c"])),
        ("s IS NULL", &|n| !is_text(n)),
    ];
    for (condition, meant) in cases {
        let condition = condition
            .replace("s ", "\"service.name\" ")
            .replace("= s", "= \"service.name\"");
        let text = format!("SELECT count(*) FROM spans WHERE {condition}");
        let expected = (0..3000).filter(|number| meant(*number)).count();
        assert_eq!(answer(&store, &text).await, [[expected.to_string()]], "{text}");
        // What is counted is what is shown.
        let names = format!("SELECT \"service.name\", count(*) FROM spans WHERE {condition} GROUP BY 1");
        let mut sum = 0;
        for row in answer(&store, &names).await {
            sum += row[1].parse::<usize>().unwrap();
        }
        assert_eq!(sum, expected, "{names}");
    }
}

#[tokio::test]
async fn nothing_but_reading_the_one_table_is_possible() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let file = folder.path().join("0000000001-0000000001.parquet");
    let file = file.display();
    for text in [
        String::new(),
        "DROP TABLE spans".into(),
        "DELETE FROM spans".into(),
        "INSERT INTO spans (name) VALUES ('x')".into(),
        "UPDATE spans SET name = 'x'".into(),
        "CREATE TABLE t AS SELECT 1".into(),
        "CREATE VIEW v AS SELECT * FROM spans".into(),
        "SELECT * INTO t FROM spans".into(),
        format!("CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{file}'"),
        format!("COPY spans TO '{}'", folder.path().join("out.parquet").display()),
        format!("SELECT * FROM '{file}'"),
        format!("SELECT * FROM read_parquet('{file}')"),
        "SET datafusion.execution.batch_size = 1".into(),
        "SHOW TABLES".into(),
        "SELECT * FROM information_schema.tables".into(),
        "EXPLAIN ANALYZE SELECT * FROM spans".into(),
        "EXPLAIN SELECT * FROM spans".into(),
        "SELECT 1; SELECT 2".into(),
        "SELECT nothing FROM spans".into(),
        "SELEC".into(),
        format!("SELECT {}", "1,".repeat(10_000)),
    ] {
        match store.sql(&text).await {
            Err(StoreError::Statement(words)) => assert!(!words.is_empty() && words.len() < 2000, "{words}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(answer(&store, "SELECT count(*) FROM spans").await, [["20"]]);
    assert!(!folder.path().join("out.parquet").exists());
}

#[tokio::test]
async fn text_is_made_within_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for (text, expected) in [
        ("name || '-' || \"Mixed\"", "even-2"),
        ("name || error", "NULL"),
        ("concat(name, error, '!')", "even!"),
        ("replace(name, 'even', 'odd')", "odd"),
        ("regexp_replace(name, '(e)v', '\\1f')", "efen"),
        ("to_char(time, '%Y-%m')", "1970-01"),
    ] {
        let select = format!("SELECT {text} FROM spans WHERE duration_ms = 2");
        assert_eq!(answer(&store, &select).await, [[expected]], "{text}");
    }
    let doubled = |times| {
        let start = "SELECT name AS a FROM spans".to_owned();
        (0..times).fold(start, |inner, _| format!("SELECT a || a AS a FROM ({inner})"))
    };
    assert_eq!(answer(&store, &doubled(3)).await.len(), 20);
    let large = "abcdefghij".repeat(700);
    for text in [
        "SELECT repeat('x', 2000000000)".into(),
        "SELECT lpad('x', 2000000000)".into(),
        "SELECT rpad(name, 2000000000) FROM spans".into(),
        doubled(9),
        format!("SELECT replace('{large}', '', '{}')", &large[..1000]),
        format!("SELECT regexp_replace('{large}', '.', '{}', 'g')", &large[..1000]),
        format!("SELECT to_char(a.time, '{}') FROM spans a, spans b", "%c".repeat(4000)),
        format!(
            "WITH t AS (SELECT '{large}' AS a) SELECT concat({}) FROM t, spans a, spans b",
            ["a"; 100].join(",")
        ),
    ] {
        let error = store.sql(&text).await.unwrap_err();
        let refused = matches!(error, StoreError::TooLarge(_) | StoreError::Statement(_));
        assert!(refused, "{}: {error:?}", &text[..60]);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_statement_is_not_taken_for_damage() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for text in [
        "SELECT cast(name AS BIGINT) FROM spans",
        "SELECT \"Mixed\" / 0 FROM spans",
    ] {
        let error = store.sql(text).await.unwrap_err();
        assert!(matches!(error, StoreError::Statement(_)), "{text}: {error:?}");
    }
    assert_eq!(store.stats().damaged_segments, 0);
}

#[tokio::test]
async fn large_answers_are_cut_or_refused_and_deep_ones_do_not_bring_it_down() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let table = store
        .sql("SELECT 1 FROM spans a, spans b, spans c, spans d")
        .await
        .unwrap();
    assert_eq!((table.rows.len(), table.cut), (MAX_SQL_ROWS, true));

    let endless = "SELECT count(DISTINCT a.duration_ms + b.duration_ms * 20 + c.duration_ms * 400 + d.duration_ms * 8000 + \
                   e.duration_ms * 160000 + f.duration_ms * 3200000) FROM spans a, spans b, spans c, spans d, spans e, spans f";
    let error = store.sql(endless).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge(_)), "{error}");

    for deep in [
        "1+".repeat(4000) + "1",
        "(".repeat(4000) + "1" + &")".repeat(4000),
        "NOT ".repeat(2400) + "true",
    ] {
        // Answered or refused, as long as somebody lives to say so.
        _ = store.sql(&format!("SELECT {deep}")).await;
    }
    assert_eq!(answer(&store, "SELECT count(*) FROM spans").await, [["20"]]);
}
