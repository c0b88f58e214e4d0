//! What a list of traces offers beside the traces, against a plain recomputation: how long they take, and what could be
//! asked for.

use honeycomb::{Column, Event, Value, column};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use trace_store::{SuggestionField, TraceFilter, TraceStore, TraceSummary};

const SERVICES: [&str; 3] = ["shop", "Shipping", "mail"];
const ROUTES: [&str; 3] = ["/api/orders", "/api/people", "/"];
const PEOPLE: [&str; 3] = ["ann", "Ångström", "bob"];

fn text(name: &str, value: &str) -> Column {
    Column {
        name: name.into(),
        value: Value::String(value.into()),
    }
}

fn random_span(random: &mut StdRng) -> Event {
    let mut pick = |values: [&'static str; 3]| values[random.random_range(0..3)];
    let mut columns = vec![
        text(column::NAME, "work"),
        text(column::SERVICE_NAME, pick(SERVICES)),
        text("http.route", pick(ROUTES)),
        text("user.name", pick(PEOPLE)),
    ];
    columns.push(text(column::TRACE_ID, &format!("t{}", random.random_range(0..60))));
    columns.push(text(column::SPAN_ID, &format!("s{}", random.random_range(0..1000))));
    let ms = 10_f64.powf(random.random_range(-3.0..5.0));
    columns.push(Column {
        name: column::DURATION_MS.into(),
        value: Value::Float(ms),
    });
    if random.random_ratio(1, 5) {
        columns.push(text("error", "timeout"));
    }
    Event::new(random.random_range(0..1_000) * 1_000_000, 1, columns, [].into())
}

/// Every trace that matches, as the list shows it.
async fn listed(store: &TraceStore, filter: &TraceFilter) -> Vec<TraceSummary> {
    let all = TraceFilter {
        limit: 1000,
        cursor: None,
        ..filter.clone()
    };
    store.traces(&all).await.unwrap().traces
}

#[tokio::test]
async fn the_histogram_counts_what_the_list_shows() {
    for seed in 0..20 {
        let mut random = StdRng::seed_from_u64(seed);
        let store = TraceStore::new(150);
        for _ in 0..4 {
            store.ingest((0..60).map(|_| random_span(&mut random)).collect());
            for pairs in [
                &[][..],
                &[("service", "shop")],
                &[("error", "true")],
                &[("min_ms", "1"), ("max_ms", "150"), ("route", "/")],
                &[("limit", "1"), ("user", "ann")],
            ] {
                let filter = TraceFilter::parse(pairs.iter().copied()).unwrap();
                let listed = listed(&store, &filter).await;
                let buckets = store.latency(&filter).await.unwrap().buckets;
                assert_eq!(
                    buckets.iter().map(|bucket| bucket.traces).sum::<u64>(),
                    listed.len() as u64,
                    "{pairs:?}"
                );
                for bucket in &buckets {
                    let within = |trace: &&TraceSummary| {
                        trace.duration_ms >= bucket.from_ms && bucket.to_ms.is_none_or(|to| trace.duration_ms < to)
                    };
                    let expected: Vec<_> = listed.iter().filter(within).collect();
                    let errors = expected.iter().filter(|trace| trace.error_count > 0).count();
                    assert_eq!((bucket.traces, bucket.errors), (expected.len() as u64, errors as u64));
                }
                let neighbours = buckets.windows(2);
                assert!(
                    neighbours
                        .into_iter()
                        .all(|pair| pair[0].to_ms == Some(pair[1].from_ms))
                );
            }
        }
    }
}

#[tokio::test]
async fn a_suggestion_is_a_filter_that_finds_as_many_traces_as_it_says() {
    let mut random = StdRng::seed_from_u64(7);
    let store = TraceStore::new(150);
    store.ingest((0..400).map(|_| random_span(&mut random)).collect());
    for (name, field, values) in [
        ("service", SuggestionField::Service, SERVICES),
        ("route", SuggestionField::Route, ROUTES),
        ("user", SuggestionField::User, PEOPLE),
    ] {
        assert_eq!(SuggestionField::parse(name), Some(field));
        let mut expected = BTreeMap::new();
        for value in values {
            let filter = TraceFilter::parse([(name, value)]).unwrap();
            expected.insert(value, listed(&store, &filter).await.len() as u64);
        }
        let suggestions = store.suggestions(field, "", 10).await.unwrap();
        let told: BTreeMap<_, _> = suggestions.iter().map(|found| (&*found.value, found.traces)).collect();
        assert_eq!(told, expected);
        assert!(suggestions.is_sorted_by_key(|found| (u64::MAX - found.traces, found.value.clone())));
        let one = store.suggestions(field, "", 1).await.unwrap();
        assert_eq!(one, suggestions[..1]);
    }
    assert_eq!(SuggestionField::parse("colour"), None);
}

#[tokio::test]
async fn letters_are_compared_without_case_and_from_the_start() {
    let mut random = StdRng::seed_from_u64(8);
    let store = TraceStore::default();
    store.ingest((0..400).map(|_| random_span(&mut random)).collect());
    for (field, prefix, mut expected) in [
        (SuggestionField::Service, "SH", vec!["Shipping", "shop"]),
        (SuggestionField::Service, "hip", vec![]),
        (SuggestionField::User, "å", vec!["Ångström"]),
        (SuggestionField::Route, "/api/o", vec!["/api/orders"]),
        (SuggestionField::Route, "%", vec![]),
    ] {
        let mut found: Vec<_> = store.suggestions(field, prefix, 10).await.unwrap();
        found.sort_by(|a, b| a.value.cmp(&b.value));
        expected.sort_unstable();
        assert_eq!(
            found.iter().map(|found| &*found.value).collect::<Vec<_>>(),
            expected,
            "{prefix}"
        );
    }
}
