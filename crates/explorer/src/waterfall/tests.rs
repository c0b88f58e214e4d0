//! Traces as they should be, and as nobody should send them.

use super::*;
use honeycomb::{Column, Value};

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

fn event(start_ms: i64, columns: Vec<Column>) -> Event {
    Event::new(start_ms * 1_000_000, 1, columns, [].into())
}

fn span(id: &str, parent: Option<&str>, start_ms: i64, ms: f64, more: Vec<Column>) -> Event {
    let mut columns = vec![
        text(column::SPAN_ID, id),
        text(column::NAME, id),
        number(column::DURATION_MS, ms),
        text(column::SERVICE_NAME, "backend"),
    ];
    columns.extend(parent.map(|parent| text(column::PARENT_ID, parent)));
    columns.extend(more);
    event(start_ms, columns)
}

fn waterfall(mut events: Vec<Event>) -> Waterfall {
    events.sort_by_key(|event| event.time_unix_nano);
    Waterfall::new(events)
}

fn tree(waterfall: &Waterfall) -> Vec<(&str, usize)> {
    waterfall.rows.iter().map(|row| (row.id(), row.place.depth)).collect()
}

const MS: i64 = 1_000_000;

#[test]
fn children_are_under_their_parents_in_the_order_of_time() {
    let waterfall = waterfall(vec![
        span("root", None, 100, 50.0, vec![]),
        span("late", Some("root"), 130, 10.0, vec![]),
        span("early", Some("root"), 101, 20.0, vec![]),
        span("below", Some("early"), 105, 5.0, vec![]),
        span("second root", None, 140, 20.0, vec![]),
    ]);
    assert_eq!(
        tree(&waterfall),
        [("root", 0), ("early", 1), ("below", 2), ("late", 1), ("second root", 0)]
    );
    assert_eq!((waterfall.start, waterfall.total), (100 * MS, 60 * MS));
    let below = &waterfall.rows[2];
    assert_eq!((below.offset, below.duration), (5 * MS, 5 * MS));
    assert_eq!(below.place.guides, [Guide::Line, Guide::Corner]);
    assert_eq!(waterfall.rows[1].place.guides, [Guide::Tee]);
    assert_eq!(waterfall.rows[3].place.guides, [Guide::Corner]);
    assert!(waterfall.rows.iter().all(|row| !row.place.parent_missing));
}

#[test]
fn self_time_is_what_no_child_covers() {
    let waterfall = waterfall(vec![
        span("root", None, 0, 100.0, vec![]),
        span("a", Some("root"), 10, 20.0, vec![]),
        span("overlaps a", Some("root"), 20, 20.0, vec![]),
        span("sticks out", Some("root"), 90, 30.0, vec![]),
    ]);
    assert_eq!(waterfall.rows[0].self_time, 60 * MS);
    assert_eq!(waterfall.rows[1].self_time, 20 * MS);
}

#[test]
fn a_span_whose_parent_is_missing_is_a_marked_root() {
    let waterfall = waterfall(vec![
        span("lost", Some("gone"), 5, 1.0, vec![]),
        span("child", Some("lost"), 6, 1.0, vec![]),
    ]);
    assert_eq!(tree(&waterfall), [("lost", 0), ("child", 1)]);
    assert!(waterfall.rows[0].place.parent_missing);
    assert!(!waterfall.rows[1].place.parent_missing);
}

#[test]
fn circles_and_ids_that_are_there_twice_get_one_row_each() {
    let waterfall = waterfall(vec![
        span("a", Some("b"), 1, 1.0, vec![]),
        span("b", Some("a"), 2, 1.0, vec![]),
        span("own parent", Some("own parent"), 3, 1.0, vec![]),
        span("twice", None, 4, 1.0, vec![]),
        span("twice", None, 5, 1.0, vec![]),
        span("child", Some("twice"), 6, 1.0, vec![]),
    ]);
    let expected = [
        ("twice", 0),
        ("child", 1),
        ("twice", 0),
        ("a", 0),
        ("b", 1),
        ("own parent", 0),
    ];
    assert_eq!(tree(&waterfall), expected);
    let first: Vec<_> = waterfall.rows.iter().map(|row| row.place.first_of_id).collect();
    assert_eq!(first, [true, true, false, true, true, true]);
}

#[test]
fn a_very_deep_chain_neither_overflows_nor_leaves_the_screen() {
    let id = |number: i64| format!("s{number}");
    let spans = (0..50_000).map(|number| {
        let parent = (number > 0).then(|| id(number - 1));
        span(&id(number), parent.as_deref(), number, 1.0, vec![])
    });
    let waterfall = waterfall(spans.collect());
    let last = waterfall.rows.last().unwrap();
    assert_eq!(last.place.depth, 49_999);
    assert_eq!(last.place.guides.len(), tree::MAX_GUIDES);
}

#[test]
fn events_and_links_belong_to_their_span_or_are_told_apart() {
    let note = |parent: &str| {
        event(
            7,
            vec![
                text(column::PARENT_ID, parent),
                text(column::ANNOTATION_TYPE, column::SPAN_EVENT),
            ],
        )
    };
    let waterfall = waterfall(vec![
        span("a", None, 5, 9.0, vec![]),
        note("a"),
        note("gone"),
        note("a"),
    ]);
    let mark = Mark {
        offset: 2 * MS,
        is_exception: false,
    };
    assert_eq!(waterfall.rows[0].marks, [mark, mark]);
    assert_eq!(waterfall.loose.len(), 1);
}

#[test]
fn nothing_at_all_is_an_empty_waterfall() {
    let waterfall = Waterfall::new(Vec::new());
    assert!(waterfall.rows.is_empty());
    assert_eq!(waterfall.percent(0), 0.0);
}

fn fetch(start_ms: i64, ms: f64, timings: &[(&str, f64)]) -> Event {
    let mut more = vec![
        text(column::SPAN_KIND, "client"),
        text(column::SERVICE_NAME, "frontend"),
    ];
    more.extend(
        timings
            .iter()
            .map(|(name, value)| number(&format!("timing.{name}_ms"), *value)),
    );
    span("fetch", Some("click"), start_ms, ms, more)
}

const TIMINGS: [(&str, f64); 4] = [("wait", 30.0), ("server", 20.0), ("network", 10.0), ("download", 4.0)];

#[test]
fn a_fetch_is_made_of_its_phases() {
    let phases = Phases::of(&fetch(0, 40.0, &TIMINGS), 40 * MS).unwrap();
    let expected = [
        (Phase::Browser, 6 * MS),
        (Phase::Network, 5 * MS),
        (Phase::Server, 20 * MS),
        (Phase::Network, 5 * MS),
        (Phase::Network, 4 * MS),
    ];
    assert_eq!(phases.parts, expected);
    let words = [
        ("network", 10 * MS),
        ("server", 20 * MS),
        ("download", 4 * MS),
        ("browser", 6 * MS),
    ];
    assert_eq!(phases.words(), words);
}

#[test]
fn opening_a_connection_is_time_on_the_network() {
    let mut timings = TIMINGS.to_vec();
    timings.extend([("dns", 1.0), ("connect", 2.0), ("tls", 0.5)]);
    let phases = Phases::of(&fetch(0, 40.0, &timings), 40 * MS).unwrap();
    assert_eq!(
        phases.parts[..2],
        [(Phase::Browser, 5 * MS / 2), (Phase::Network, 7 * MS / 2)]
    );
    assert!(phases.words().contains(&("connecting", 7 * MS / 2)));
    timings[4].1 = 1e300;
    let odd = Phases::of(&fetch(0, 40.0, &timings), 40 * MS).unwrap();
    assert!(odd.parts.iter().map(|(_, length)| length).sum::<i64>() <= 40 * MS);
}

#[test]
fn without_the_servers_word_the_wait_stays_whole() {
    let phases = Phases::of(&fetch(0, 40.0, &[("wait", 30.0)]), 40 * MS).unwrap();
    assert_eq!(phases.parts, [(Phase::Browser, 10 * MS), (Phase::Wait, 30 * MS)]);
    assert_eq!(phases.words(), [("waiting", 30 * MS), ("browser", 10 * MS)]);
}

#[test]
fn phases_never_leave_their_bar() {
    let odd = [("network", 1e300), ("server", 30.0), ("download", f64::NAN)];
    let phases = Phases::of(&fetch(0, 40.0, &odd), 40 * MS).unwrap();
    assert!(phases.parts.iter().map(|(_, length)| length).sum::<i64>() <= 40 * MS);
    let none = [("wait", -1.0), ("server", f64::INFINITY)];
    assert_eq!(Phases::of(&fetch(0, 40.0, &none), 40 * MS), None);
    let server = span("s", None, 0, 40.0, vec![number("timing.wait_ms", 3.0)]);
    assert_eq!(Phases::of(&server, 40 * MS), None);
}

#[test]
fn the_time_of_a_trace_is_split_without_counting_twice() {
    let click = span("click", None, 0, 50.0, vec![text(column::SERVICE_NAME, "frontend")]);
    // The server's clock is 8 ms ahead: inside the fetch only durations count.
    let served = span("served", Some("fetch"), 20, 20.0, vec![]);
    // Work after the answer is the server's.
    let after = span("after", Some("served"), 60, 5.0, vec![]);
    let waterfall = waterfall(vec![click, fetch(2, 40.0, &TIMINGS), served, after]);
    let expected = Split {
        network: 14 * MS,
        server: 25 * MS,
        browser: 26 * MS,
    };
    assert_eq!(waterfall.total, 65 * MS);
    assert_eq!(waterfall.split, Some(expected));
}

#[test]
fn without_a_fetch_that_knows_its_network_time_nothing_is_split() {
    let waterfall = waterfall(vec![span("a", None, 0, 5.0, vec![]), fetch(1, 2.0, &[("wait", 1.0)])]);
    assert_eq!(waterfall.split, None);
}

#[test]
fn of_fetches_at_the_same_time_the_one_that_ends_last_counts() {
    let of = |start, ms, server: f64| {
        let timings = [("wait", ms), ("server", server), ("network", ms - server)];
        fetch(start, ms, &timings)
    };
    // From 0 to 10 only the first is open; from 10 on the second one is waited for, which ends last.
    let waterfall = waterfall(vec![of(0, 40.0, 40.0), of(10, 60.0, 0.0)]);
    let expected = Split {
        network: 60 * MS,
        server: 10 * MS,
        browser: 0,
    };
    assert_eq!((waterfall.total, waterfall.split), (70 * MS, Some(expected)));
}

#[test]
fn a_wait_of_which_the_server_says_nothing_is_its_own_where_its_spans_are() {
    let silent = fetch(0, 40.0, &[("wait", 40.0)]);
    let served = span("served", Some("fetch"), 10, 15.0, vec![]);
    let told = fetch(50, 10.0, &[("wait", 10.0), ("server", 0.0), ("network", 10.0)]);
    let expected = Split {
        network: 35 * MS,
        server: 15 * MS,
        browser: 10 * MS,
    };
    assert_eq!(waterfall(vec![silent, served, told]).split, Some(expected));
}

proptest::proptest! {
    #[test]
    fn network_server_and_browser_add_up(
        fetches in proptest::collection::vec((0..50_i64, 0..40_u8, -5..30_i8, -5..30_i8, -5..30_i8), 1..6),
        served in proptest::collection::vec((0..80_i64, 0..40_u8), 0..6),
    ) {
        let mut spans = vec![fetch(0, 1.0, &[("wait", 1.0), ("server", 0.5), ("network", 0.5)])];
        for (start, ms, network, server, download) in fetches {
            let timings = [("network", network), ("server", server), ("download", download), ("wait", server)];
            spans.push(fetch(start, ms.into(), &timings.map(|(name, ms)| (name, ms.into()))));
        }
        spans.extend(served.into_iter().map(|(start, ms)| span("served", None, start, ms.into(), vec![])));
        let waterfall = waterfall(spans);
        let split = waterfall.split.unwrap();
        proptest::prop_assert_eq!(split.network + split.server + split.browser, waterfall.total);
        proptest::prop_assert!(split.network >= 0 && split.server >= 0 && split.browser >= 0, "{:?}", split);
    }
}
