//! The store against a plain recomputation, and each question that it answers.

use honeycomb::{Column, Event, Value, column};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use trace_store::{StoreError, TraceFilter, TracePage, TraceStore, TraceSummary};

fn text(name: &str, value: &str) -> Column {
    Column {
        name: name.into(),
        value: Value::String(value.into()),
    }
}

fn number(name: &str, value: f64) -> Column {
    Column {
        name: name.into(),
        value: Value::Float(value),
    }
}

fn event(time: i64, columns: Vec<Column>) -> Event {
    Event::new(time, 1, columns, [].into())
}

/// A span of one millisecond per unit of `length`.
fn span(trace: &str, id: &str, parent: Option<&str>, start_ms: i64, length: f64, more: Vec<Column>) -> Event {
    let mut columns = vec![
        text(column::TRACE_ID, trace),
        text(column::SPAN_ID, id),
        text(column::NAME, &format!("span {id}")),
        text(column::SERVICE_NAME, "shop"),
        number(column::DURATION_MS, length),
    ];
    columns.extend(parent.map(|parent| text(column::PARENT_ID, parent)));
    columns.extend(more);
    event(start_ms * 1_000_000, columns)
}

fn annotation(trace: &str, parent: &str, time_ms: i64) -> Event {
    event(
        time_ms * 1_000_000,
        vec![
            text(column::TRACE_ID, trace),
            text(column::PARENT_ID, parent),
            text(column::NAME, "note"),
            text(column::ANNOTATION_TYPE, column::SPAN_EVENT),
            Column {
                name: "error".into(),
                value: Value::Boolean(true),
            },
        ],
    )
}

fn filter(pairs: &[(&str, &str)]) -> TraceFilter {
    TraceFilter::parse(pairs.iter().copied()).unwrap()
}

async fn page(store: &TraceStore, pairs: &[(&str, &str)]) -> TracePage {
    store.traces(&filter(pairs)).await.unwrap()
}

async fn ids(store: &TraceStore, pairs: &[(&str, &str)]) -> Vec<String> {
    let page = page(store, pairs).await;
    page.traces.iter().map(|trace| trace.trace_id.to_string()).collect()
}

/// All pages, one after the other.
async fn all(store: &TraceStore, limit: usize) -> Vec<TraceSummary> {
    let mut filter = TraceFilter {
        limit,
        ..TraceFilter::default()
    };
    let mut traces = Vec::new();
    loop {
        let page = store.traces(&filter).await.unwrap();
        assert!(page.traces.len() <= limit);
        traces.extend(page.traces);
        match page.next {
            Some(next) => filter.cursor = Some(next),
            None => return traces,
        }
    }
}

/// Rows of a trace are told by time, of those of one time the spans first, by id.
fn order(event: &Event) -> (i64, Option<&str>, Option<&str>) {
    let [annotation, id] = [column::ANNOTATION_TYPE, column::SPAN_ID].map(|name| event.str(name));
    (event.time_unix_nano, annotation, id)
}

/// The same questions, answered the slow way.
fn recomputed(events: &[Event]) -> Vec<TraceSummary> {
    let mut traces: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.is_span()) {
        traces
            .entry(event.str(column::TRACE_ID).unwrap())
            .or_default()
            .push(event);
    }
    let first = |spans: &[&Event], column: &str| {
        let mut with: Vec<_> = spans.iter().filter(|span| span.get(column).is_some()).collect();
        with.sort_by_key(|span| span.time_unix_nano);
        with.first().map(|span| span.str(column).unwrap().into())
    };
    let mut summaries: Vec<TraceSummary> = traces
        .into_iter()
        .map(|(id, mut spans)| {
            let user_id = first(&spans, "user.id");
            let user_name = first(&spans, "user.name");
            let network: Vec<f64> = spans
                .iter()
                .filter_map(|span| span.number("timing.network_ms"))
                .collect();
            spans.sort_by_key(|span| span.time_unix_nano);
            let known: BTreeSet<_> = spans.iter().map(|span| span.str(column::SPAN_ID).unwrap()).collect();
            let parent = |span: &Event| span.str(column::PARENT_ID).map(str::to_owned);
            let root = spans
                .iter()
                .find(|span| parent(span).is_none())
                .or_else(|| {
                    let lost = spans.iter().filter(|span| !known.contains(&*parent(span).unwrap()));
                    lost.min_by(|a, b| order(a).cmp(&order(b)))
                })
                .or_else(|| spans.iter().min_by(|a, b| order(a).cmp(&order(b))))
                .unwrap();
            let start = spans[0].time_unix_nano;
            let end = |span: &&Event| span.time_unix_nano + (span.number(column::DURATION_MS).unwrap() * 1e6) as i64;
            let services: BTreeSet<&str> = spans.iter().map(|span| span.str("service.name").unwrap()).collect();
            TraceSummary {
                trace_id: id.into(),
                name: root.str(column::NAME).unwrap().into(),
                service: root.str("service.name").unwrap().into(),
                user_id,
                user_name,
                time_unix_nano: start,
                duration_ms: (spans.iter().map(end).max().unwrap() - start) as f64 / 1e6,
                span_count: spans.len() as u64,
                error_count: spans.iter().filter(|span| span.is_error()).count() as u64,
                services: services.into_iter().map(Into::into).collect(),
                network_ms: (!network.is_empty()).then(|| network.iter().sum()),
            }
        })
        .collect();
    summaries.sort_by(|a, b| (b.time_unix_nano, &b.trace_id).cmp(&(a.time_unix_nano, &a.trace_id)));
    summaries
}

fn random_event(random: &mut StdRng) -> Event {
    let trace = format!("t{}", random.random_range(0..30));
    let time = random.random_range(0..500);
    if random.random_ratio(1, 6) {
        return annotation(&trace, "s1", time);
    }
    let id = format!("s{}", random.random_range(0..20));
    let parent = format!("s{}", random.random_range(0..25));
    let parent = random.random_ratio(9, 10).then_some(parent.as_str());
    let mut more = vec![text(
        column::SERVICE_NAME,
        ["shop", "browser", "mail"][random.random_range(0..3)],
    )];
    if random.random_ratio(1, 3) {
        more.push(text("user.id", ["u1", "u2", "u3"][random.random_range(0..3)]));
    }
    if random.random_ratio(1, 5) {
        more.push(text("user.name", ["ann", "bob"][random.random_range(0..2)]));
    }
    if random.random_ratio(1, 8) {
        more.push(text("error", "timeout"));
    }
    if random.random_ratio(1, 4) {
        // Quarters add up exactly, in any order.
        more.push(number(
            "timing.network_ms",
            f64::from(random.random_range(0..100)) / 4.0,
        ));
    }
    let length = f64::from(random.random_range(0..200)) / 4.0;
    span(&trace, &id, parent, time, length, more)
}

#[tokio::test]
async fn whatever_comes_and_goes_the_answers_are_those_of_a_recomputation() {
    for seed in 0..20 {
        let mut random = StdRng::seed_from_u64(seed);
        let limit = random.random_range(1..300);
        let store = TraceStore::new(limit);
        let mut kept: Vec<Event> = Vec::new();
        let mut came = 0;
        for _ in 0..30 {
            let batch: Vec<_> = (0..random.random_range(0..60))
                .map(|_| random_event(&mut random))
                .collect();
            came += batch.len();
            kept.extend(batch.iter().cloned());
            kept.drain(..kept.len().saturating_sub(limit));
            store.ingest(batch);

            let stats = store.stats();
            assert_eq!(stats.events, kept.len());
            assert_eq!(stats.dropped, (came - kept.len()) as u64);
            if random.random_ratio(1, 2) {
                let limit = random.random_range(1..12);
                assert_eq!(all(&store, limit).await, recomputed(&kept), "seed {seed}");
            }
            let id = format!("t{}", random.random_range(0..30));
            let mut expected: Vec<_> = kept
                .iter()
                .filter(|event| event.str(column::TRACE_ID) == Some(&id))
                .collect();
            expected.sort_by(|a, b| order(a).cmp(&order(b)));
            let found = store.trace(&id).await.unwrap();
            assert_eq!(
                serde_json::to_value(found).unwrap(),
                serde_json::to_value(expected).unwrap()
            );
        }
        let ids: BTreeSet<_> = kept.iter().map(|event| event.str(column::TRACE_ID)).collect();
        assert_eq!(store.stats().traces, ids.len());
    }
}

#[tokio::test]
async fn a_summary_is_written_with_these_names() {
    let store = TraceStore::new(10);
    store.ingest(vec![
        span(
            "t",
            "b",
            Some("a"),
            1001,
            1.5,
            vec![number("timing.network_ms", 0.5), text("user.id", "u1")],
        ),
        span("t", "a", None, 1000, 2.0, vec![]),
        annotation("t", "a", 1001),
    ]);
    let page = page(&store, &[]).await;
    assert_eq!(
        serde_json::to_value(page).unwrap(),
        serde_json::json!({
            "traces": [{
                "trace.trace_id": "t",
                "name": "span a",
                "service.name": "shop",
                "user.id": "u1",
                "user.name": null,
                "time": "1970-01-01T00:00:01.000000000Z",
                "duration_ms": 2.5,
                "span_count": 2,
                "error_count": 0,
                "services": ["shop"],
                "network_ms": 0.5,
            }],
            "next": null,
        })
    );
}

#[tokio::test]
async fn each_filter_looks_at_every_span_of_a_trace() {
    let store = TraceStore::default();
    store.ingest(vec![
        span(
            "one",
            "a",
            None,
            1,
            10.0,
            vec![text("http.route", "/a"), text("user.id", "u1")],
        ),
        span(
            "one",
            "b",
            Some("a"),
            2,
            1.0,
            vec![text("service.name", "browser"), text("user.name", "ann")],
        ),
        span(
            "two",
            "c",
            None,
            3,
            20.0,
            vec![text("http.route", "/b"), text("error", "timeout")],
        ),
        span("three", "d", None, 4, 0.0, vec![text("http.route", "/a")]),
    ]);
    for (pairs, expected) in [
        (&[][..], &["three", "two", "one"][..]),
        (&[("service", "shop")], &["three", "two", "one"]),
        (&[("service", "browser")], &["one"]),
        (&[("route", "/a")], &["three", "one"]),
        (&[("user", "u1")], &["one"]),
        (&[("user", "ann")], &["one"]),
        (&[("user", "bob")], &[]),
        (&[("error", "true")], &["two"]),
        (&[("error", "false")], &["three", "one"]),
        (&[("min_ms", "10")], &["two", "one"]),
        (&[("max_ms", "10")], &["three", "one"]),
        (&[("min_ms", "5"), ("max_ms", "15")], &["one"]),
        (&[("route", "/a"), ("user", "ann")], &["one"]),
        (&[("limit", "1")], &["three"]),
    ] {
        assert_eq!(ids(&store, pairs).await, expected, "{pairs:?}");
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_leave_out_while_newer_traces_arrive() {
    let store = TraceStore::default();
    let trace = |number: i64| span(&format!("t{number:03}"), "a", None, number, 1.0, vec![]);
    // Several with the same start: the id decides.
    store.ingest((0..50).map(trace).collect());
    store.ingest(
        (50..60)
            .map(|number| span(&format!("same{number}"), "a", None, 25, 1.0, vec![]))
            .collect(),
    );
    let before: Vec<_> = all(&store, 1000)
        .await
        .into_iter()
        .map(|trace| trace.trace_id)
        .collect();

    let mut filter = filter(&[("limit", "7")]);
    let mut seen = Vec::new();
    for newer in 100.. {
        let page = store.traces(&filter).await.unwrap();
        seen.extend(page.traces.into_iter().map(|trace| trace.trace_id));
        store.ingest(vec![trace(newer)]);
        match page.next {
            Some(next) => filter.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, before);
}

#[tokio::test]
async fn a_full_last_page_is_the_last() {
    let store = TraceStore::default();
    store.ingest(
        (0..4)
            .map(|number| span(&format!("t{number}"), "a", None, number, 1.0, vec![]))
            .collect(),
    );
    let first = page(&store, &[("limit", "2")]).await;
    let second = page(&store, &[("limit", "2"), ("cursor", &first.next.unwrap())]).await;
    assert_eq!(second.traces.len(), 2);
    assert_eq!(second.next, None);
}

#[tokio::test]
async fn a_bad_cursor_is_told() {
    let filter = TraceFilter {
        cursor: Some("nonsense".into()),
        ..TraceFilter::default()
    };
    let error = TraceStore::default().traces(&filter).await.unwrap_err();
    let StoreError::Filter(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.problems[0].field, "cursor");
}

#[tokio::test]
async fn unknown_traces_and_empty_stores_have_nothing() {
    let store = TraceStore::default();
    assert!(store.trace("none").await.unwrap().is_empty());
    assert!(page(&store, &[]).await.traces.is_empty());
    assert_eq!(store.stats().events, 0);
}

#[tokio::test]
async fn a_trace_without_spans_is_not_listed_yet() {
    let store = TraceStore::default();
    store.ingest(vec![annotation("t", "a", 5)]);
    assert!(page(&store, &[]).await.traces.is_empty());
    assert_eq!(store.trace("t").await.unwrap().len(), 1);
    store.ingest(vec![span("t", "a", None, 4, 1.0, vec![])]);
    assert_eq!(ids(&store, &[]).await, ["t"]);
}

#[tokio::test]
async fn rows_without_a_trace_take_their_place_and_go() {
    let store = TraceStore::new(2);
    store.ingest(vec![
        event(1, vec![text("name", "log")]),
        span("t", "a", None, 4, 1.0, vec![]),
    ]);
    store.ingest(vec![event(2, vec![text("name", "log")])]);
    assert_eq!(ids(&store, &[]).await, ["t"]);
    assert_eq!(store.stats().dropped, 1);
}

#[tokio::test]
async fn whoever_waits_hears_of_news() {
    let store = TraceStore::default();
    let mut news = store.news();
    let waiting = tokio::spawn(async move {
        news.changed().await.unwrap();
        *news.borrow()
    });
    store.ingest(vec![span("t", "a", None, 4, 1.0, vec![])]);
    assert_eq!(waiting.await.unwrap(), 1);
}

#[tokio::test]
async fn odd_values_do_no_harm() {
    let store = TraceStore::default();
    store.ingest(vec![
        span("t", "a", Some("b"), 1, f64::NAN, vec![]),
        span(
            "t",
            "b",
            Some("a"),
            2,
            f64::MAX,
            vec![number("timing.network_ms", f64::INFINITY)],
        ),
        span("t", "c", Some("b"), 3, -5.0, vec![number("user.id", 7.0)]),
    ]);
    let trace = page(&store, &[("user", "7")]).await.traces.remove(0);
    // All parents are there, in a circle: the earliest span stands for the trace.
    assert_eq!(&*trace.name, "span a");
    assert_eq!(trace.network_ms, None);
    assert!(trace.duration_ms > 9e12);
}

#[tokio::test]
async fn a_trace_of_too_many_rows_is_refused_in_words() {
    let store = TraceStore::new(trace_store::MAX_TRACE_ROWS + 1);
    let rows = |count: usize| {
        (0..count)
            .map(|at| event(at as i64, vec![text(column::TRACE_ID, "t")]))
            .collect()
    };
    store.ingest(rows(trace_store::MAX_TRACE_ROWS));
    assert_eq!(store.trace("t").await.unwrap().len(), trace_store::MAX_TRACE_ROWS);
    store.ingest(rows(1));
    assert!(matches!(store.trace("t").await, Err(StoreError::TooLarge(_))));
}
