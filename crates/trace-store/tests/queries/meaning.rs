//! What a query means where that is not plain to see.

use crate::{event, results, run, text};
use honeycomb::{Column, Query, Value};
use serde_json::{Value as Json, json};
use trace_store::TraceStore;

/// Rows of a sampled service, of several types, and without the column. A column has the type that came first: for queries
/// the row with a text does not have this one.
fn mixed() -> TraceStore {
    let row = |seconds_ago, sample_rate, kind: &str, value: Option<Value>| {
        let mut columns = vec![text("kind", kind)];
        columns.extend(value.map(|value| Column {
            name: "n".into(),
            value,
        }));
        event(seconds_ago, sample_rate, columns)
    };
    let store = TraceStore::default();
    store.ingest(vec![
        row(5, 10, "a", Some(Value::Integer(1))),
        row(4, 1, "a", Some(Value::Float(1.0))),
        row(3, 1, "a", Some(Value::Float(9.0))),
        row(2, 1, "b", Some(Value::String("1".into()))),
        row(1, 1, "b", None),
    ]);
    store
}

async fn groups(query: Json) -> Vec<Json> {
    let query = Query::from_json(&query).unwrap();
    let result = run(&mixed(), &query).await;
    results(&serde_json::to_value(result.json(&query)).unwrap()["data"])
}

#[tokio::test]
async fn rows_count_as_often_as_they_were_sampled_but_for_extremes_and_distinct_values() {
    let ops = ["SUM", "AVG", "MIN", "MAX", "P90", "P95", "COUNT_DISTINCT"].map(|op| json!({"op": op, "column": "n"}));
    let mut calculations = vec![json!({"op": "COUNT"}), json!({"op": "COUNT", "column": "n"})];
    calculations.extend(ops);
    let found =
        groups(json!({"breakdowns": ["kind"], "calculations": calculations, "orders": [{"column": "kind"}]})).await;
    assert_eq!(
        found,
        [
            json!({"kind": "a", "COUNT": 12, "COUNT(n)": 12, "SUM(n)": 20, "AVG(n)": 20.0 / 12.0, "MIN(n)": 1, "MAX(n)": 9,
                   "P90(n)": 1, "P95(n)": 9, "COUNT_DISTINCT(n)": 2}),
            json!({"kind": "b", "COUNT": 2, "COUNT(n)": 0, "COUNT_DISTINCT(n)": 0}),
        ]
    );
}

#[tokio::test]
async fn a_group_without_the_value_comes_last_in_either_direction_and_meets_no_having() {
    let query = |order: &str| {
        let calculation = json!({"op": "MAX", "column": "n"});
        json!({"breakdowns": ["kind"], "calculations": [calculation],
               "orders": [{"op": "MAX", "column": "n", "order": order}]})
    };
    for order in ["ascending", "descending"] {
        let found = groups(query(order)).await;
        assert_eq!(
            found.iter().map(|row| &row["kind"]).collect::<Vec<_>>(),
            ["a", "b"],
            "{order}"
        );
    }
    let mut having = query("ascending");
    having["havings"] = json!([{"calculate_op": "MAX", "column": "n", "op": "!=", "value": 7}]);
    assert_eq!(groups(having).await.len(), 1);
}

#[tokio::test]
async fn a_filter_meets_what_is_of_its_type_and_its_opposite_everything_else() {
    for (op, value, count) in [
        ("=", json!(1), 11),
        ("!=", json!(1), 3),
        ("=", json!("1"), 0),
        (">", json!(1), 1),
        ("in", json!([9, "1"]), 1),
        ("not-in", json!([9, "1"]), 13),
        ("starts-with", json!("1"), 0),
        ("does-not-contain", json!("1"), 14),
        ("exists", Json::Null, 12),
        ("does-not-exist", Json::Null, 2),
    ] {
        let filter = json!({"column": "n", "op": op, "value": value});
        let found = groups(json!({"filters": [filter]})).await;
        assert_eq!(found, [json!({"COUNT": count})], "{op} {value}");
    }
    let either = json!([{"column": "n", "op": "=", "value": 9}, {"column": "kind", "op": "=", "value": "b"}]);
    assert_eq!(
        groups(json!({"filters": either, "filter_combination": "OR"})).await,
        [json!({"COUNT": 3})]
    );
    assert_eq!(groups(json!({"filters": either})).await, [json!({"COUNT": 0})]);
}

#[tokio::test]
async fn the_limit_cuts_groups_and_says_so_while_totals_know_all() {
    let query = Query::from_json(&json!({"breakdowns": ["n"], "limit": 1})).unwrap();
    let result = run(&mixed(), &query).await;
    // The newest row has no n; 1 and 1.0 are one group.
    assert_eq!(result.groups.len(), 1);
    assert_eq!(result.groups[0].breakdowns, [None]);
    assert_eq!((result.group_count, result.row_count), (3, 5));
    assert_eq!(result.totals, [Some(14.0)]);
}

#[tokio::test]
async fn a_column_is_found_whatever_the_case_of_its_name() {
    let store = TraceStore::default();
    store.ingest(vec![
        event(1, 1, vec![text("User.Plan", "free")]),
        event(1, 1, vec![text("User.Plan", "paid")]),
    ]);
    let query = json!({
        "breakdowns": ["user.plan"],
        "calculations": [{"op": "COUNT"}],
        "filters": [{"column": "USER.PLAN", "op": "=", "value": "free"}],
    });
    let query = Query::from_json(&query).unwrap();
    let groups = run(&store, &query).await.groups;
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].breakdowns, [Some(Value::String("free".into()))]);
}
