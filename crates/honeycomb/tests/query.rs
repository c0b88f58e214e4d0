//! The query specification: what is read, what is refused and with which words.

use honeycomb::Value;
use honeycomb::query::{
    Comparison, FilterCombination, FilterOp, Op, OrderBy, ProblemCode, Query, QueryError, TimeRange,
};

/// Every field that is supported, as Honeycomb's documentation writes it.
const WHOLE: &str = r#"{
    "time_range": 86400, "end_time": 1676467828, "granularity": 600,
    "breakdowns": ["user.id", "service.name"],
    "calculations": [
        {"op": "COUNT"}, {"op": "COUNT", "column": "error"}, {"op": "HEATMAP", "column": "duration_ms"},
        {"op": "P99", "column": "duration_ms", "name": "slow"}
    ],
    "filters": [
        {"column": "trace.parent_id", "op": "does-not-exist"},
        {"column": "http.route", "op": "in", "value": ["/a", 2, 2.5, true]},
        {"column": "name", "op": "does-not-contain", "value": "x"}
    ],
    "filter_combination": "OR",
    "orders": [{"op": "P99", "column": "duration_ms", "order": "descending"}, {"column": "user.id"}],
    "havings": [{"calculate_op": "COUNT", "op": ">", "value": 10}],
    "limit": 20
}"#;

fn problems(text: &str) -> Vec<(String, ProblemCode)> {
    let Err(QueryError { problems }) = Query::parse(text) else {
        panic!("{text} is taken");
    };
    for problem in &problems {
        assert!(
            problem.description.ends_with('.') && problem.description.len() > 10,
            "{problem:?}"
        );
    }
    problems
        .into_iter()
        .map(|problem| (problem.field, problem.code))
        .collect()
}

#[test]
fn a_query_is_read_whole_and_written_as_it_was() {
    let query = Query::parse(WHOLE).unwrap();
    assert_eq!(
        query.time,
        TimeRange::Until {
            end: 1_676_467_828,
            seconds: 86_400
        }
    );
    assert_eq!(query.breakdowns, ["user.id", "service.name"]);
    let keys: Vec<_> = query.calculations.iter().map(|calculation| calculation.key()).collect();
    assert_eq!(keys, ["COUNT", "COUNT(error)", "HEATMAP(duration_ms)", "slow"]);
    assert!(matches!(query.calculations[3].op, Op::Percentile(share) if share.thousandths() == 990));
    assert_eq!(query.filters[0].op, FilterOp::Exists { not: true });
    assert_eq!(
        query.filters[1].values,
        [
            Value::String("/a".into()),
            Value::Integer(2),
            Value::Float(2.5),
            Value::Boolean(true)
        ]
    );
    assert_eq!(query.filter_combination, FilterCombination::Or);
    assert_eq!(
        (query.orders[0].by, query.orders[0].descending),
        (OrderBy::Calculation(3), true)
    );
    assert_eq!(
        (query.orders[1].by, query.orders[1].descending),
        (OrderBy::Breakdown(0), false)
    );
    assert_eq!(
        (query.havings[0].calculation, query.havings[0].op),
        (0, Comparison::Greater)
    );
    assert_eq!(query.limit, 20);

    let written = serde_json::to_value(&query).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(WHOLE).unwrap());
}

#[test]
fn what_is_left_out_is_as_honeycomb_documents_it() {
    let query = Query::parse(r#"{"id": "abc", "granularity": 0, "filters": null, "formulas": []}"#).unwrap();
    assert_eq!(query.time, TimeRange::Last(7200));
    assert_eq!(query.granularity, None);
    assert_eq!(query.calculations.len(), 1);
    assert_eq!(query.calculations[0].key(), "COUNT");
    assert_eq!(query.filter_combination, FilterCombination::And);
    assert_eq!(query.limit, 100);
    assert_eq!(query, Query::parse(&serde_json::to_string(&query).unwrap()).unwrap());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    use ProblemCode::{AlreadyExists, IncorrectType, Invalid, Missing};
    let found = problems(
        r#"{
            "time_range": "1h", "limit": 5000, "colour": "red", "filter_combination": "XOR",
            "breakdowns": ["a", "a", 3, "root.name"],
            "calculations": [
                {"op": "P98", "column": "d"}, {"op": "CONCURRENCY"}, {"op": "AVG"}, {"column": "d"}, {"op": "COUNT"},
                {"op": "COUNT"}, {"op": "MAX", "column": "d", "filters": [{"column": "e", "op": "exists"}]}
            ],
            "filters": [
                {"column": "a", "op": "~", "value": 1}, {"op": "exists"}, {"column": "a", "op": "exists", "value": 1},
                {"column": "a", "op": "in", "value": "x"}, {"column": "a", "op": "="}, {"column": "a", "op": "contains", "value": 1}
            ],
            "orders": [{"column": "b"}, {"op": "COUNT", "order": "up"}, {}],
            "havings": [{"calculate_op": "SUM", "column": "d", "op": ">", "value": 1}, {"calculate_op": "COUNT", "op": "in", "value": "1"}],
            "calculated_fields": [{"name": "x", "expression": "1"}], "formulas": [{"name": "x"}],
            "compare_time_offset_seconds": 1800
        }"#,
    );
    let expected = [
        ("time_range", IncorrectType),
        ("limit", Invalid),
        ("colour", Invalid),
        ("filter_combination", Invalid),
        ("breakdowns[1]", AlreadyExists),
        ("breakdowns[2]", IncorrectType),
        ("breakdowns[3]", Invalid),
        ("calculations[0].op", Invalid),
        ("calculations[1].op", Invalid),
        ("calculations[2].column", Missing),
        ("calculations[3].op", Missing),
        ("calculations[5]", AlreadyExists),
        ("calculations[6].filters", Invalid),
        ("filters[0].op", Invalid),
        ("filters[1].column", Missing),
        ("filters[2].value", Invalid),
        ("filters[3].value", Invalid),
        ("filters[4].value", Invalid),
        ("filters[5].value", Invalid),
        ("orders[0]", Invalid),
        ("orders[1].order", Invalid),
        ("orders[2]", Missing),
        ("havings[0]", Invalid),
        ("havings[1].op", Invalid),
        ("havings[1].value", IncorrectType),
        ("calculated_fields", Invalid),
        ("formulas", Invalid),
        ("compare_time_offset_seconds", Invalid),
    ];
    for (field, code) in expected {
        assert!(
            found.contains(&(field.to_owned(), code)),
            "{field} {code:?} is not in {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn times_that_contradict_are_refused() {
    for (text, field) in [
        (r#"{"time_range": 60, "start_time": 1, "end_time": 2}"#, "time_range"),
        (r#"{"start_time": 2, "end_time": 1}"#, "end_time"),
        (r#"{"time_range": 0}"#, "time_range"),
        (r#"{"time_range": 7200, "granularity": 7}"#, "granularity"),
        (r#"{"time_range": 7200, "granularity": 7201}"#, "granularity"),
        ("[]", ""),
        ("{", ""),
    ] {
        let found = problems(text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].0, field, "{text}");
    }
}
