//! What attributes are as columns: types, lists, lengths, and who wins.

use crate::support::{array, attribute, list, one, request, span, string, text, with};
use honeycomb::{MAX_STRING_BYTES, Value, events};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;

#[test]
fn span_beats_scope_beats_resource_beats_what_is_derived() {
    let mut request = request(Span {
        attributes: vec![text("c", "span"), text("c", "span again"), text("type", "mine")],
        ..span()
    });
    let resource = &mut request.resource_spans[0];
    resource.resource.as_mut().unwrap().attributes = vec![
        text("a", "resource"),
        text("b", "resource"),
        text("c", "resource"),
        text("name", "resource"),
    ];
    resource.scope_spans[0].scope = Some(InstrumentationScope {
        attributes: vec![text("b", "scope"), text("c", "scope")],
        ..Default::default()
    });
    let row = events(&request).remove(0);
    assert_eq!(row.str("a"), Some("resource"));
    assert_eq!(row.str("b"), Some("scope"));
    assert_eq!(row.str("c"), Some("span again"));
    assert_eq!(row.str("name"), Some("resource"));
    assert_eq!(row.str("type"), Some("mine"));
    let names: Vec<_> = row.columns().map(|(name, _)| name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "each name once, in order: {names:?}");
    for (name, value) in row.columns() {
        assert_eq!(row.get(name), Some(value));
    }
}

#[test]
fn plain_values_keep_their_types() {
    let row = with(vec![
        text("s", "text"),
        attribute("b", Any::BoolValue(false)),
        attribute("i", Any::IntValue(i64::MIN)),
        attribute("d", Any::DoubleValue(0.5)),
    ]);
    assert_eq!(row.get("s"), string("text").as_ref());
    assert_eq!(row.get("b"), Some(&Value::Boolean(false)));
    assert_eq!(row.get("i"), Some(&Value::Integer(i64::MIN)));
    assert_eq!(row.get("d"), Some(&Value::Float(0.5)));
}

#[test]
fn arrays_and_bytes_are_a_line_of_json() {
    let row = with(vec![
        attribute(
            "array",
            array(vec![
                Any::StringValue("a\"<".into()),
                Any::IntValue(1),
                Any::DoubleValue(f64::NAN),
            ]),
        ),
        attribute("bytes", Any::BytesValue(vec![0, 255])),
        attribute("objects", array(vec![list(vec![text("k", "v")])])),
    ]);
    assert_eq!(row.str("array"), Some("[\"a\\\"<\",1,null]\n"));
    assert_eq!(row.str("bytes"), Some("\"AP8=\"\n"));
    assert_eq!(row.str("objects"), Some("[{\"k\":\"v\"}]\n"));
}

#[test]
fn lists_are_flattened_down_to_five_levels() {
    let nest = |levels: usize| {
        (0..levels).fold(Any::StringValue("leaf".into()), |inner, _| {
            list(vec![attribute("k", inner)])
        })
    };
    assert_eq!(with(vec![attribute("a", nest(1))]).str("a.k"), Some("leaf"));
    assert_eq!(with(vec![attribute("a", nest(5))]).str("a.k.k.k.k.k"), Some("leaf"));
    assert_eq!(
        with(vec![attribute("a", nest(6))]).str("a.k.k.k.k.k.k"),
        Some("\"leaf\"\n")
    );
    assert_eq!(
        with(vec![attribute("a", nest(7))]).str("a.k.k.k.k.k.k"),
        Some("{\"k\":\"leaf\"}\n")
    );
}

#[test]
fn what_has_no_name_or_no_value_makes_no_column() {
    let before = one(span()).columns().count();
    let row = with(vec![
        text("", "nameless"),
        KeyValue {
            key: "valueless".into(),
            ..Default::default()
        },
        KeyValue {
            key: "empty".into(),
            value: Some(AnyValue { value: None }),
            ..Default::default()
        },
        attribute("list", list(vec![])),
        attribute("inner", list(vec![text("", "nameless")])),
    ]);
    assert_eq!(row.columns().count(), before);
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let row = with(vec![
        text("long", &"é".repeat(40_000)),
        attribute("array", array(vec![Any::StringValue("x".repeat(70_000))])),
    ]);
    assert_eq!(row.str("long").unwrap().len(), MAX_STRING_BYTES - 1);
    assert_eq!(row.str("array").unwrap().len(), MAX_STRING_BYTES);
}
