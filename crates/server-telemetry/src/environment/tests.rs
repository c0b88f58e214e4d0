use super::*;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

pub(super) fn read(pairs: &[(&str, &str)]) -> Result<Environment, EnvErrors> {
    Environment::from_lookup(|name| {
        let pair = pairs.iter().find(|(key, _)| *key == name);
        pair.map(|(_, value)| (*value).to_owned())
    })
}

/// The one line that is said about it.
pub(super) fn refused(pairs: &[(&str, &str)]) -> String {
    let EnvErrors(errors) = read(pairs).unwrap_err();
    let [error] = &errors[..] else { panic!("{errors:?}") };
    let line = error.to_string();
    assert!(line.starts_with(error.name) && !line.contains('\n'), "{line}");
    line
}

/// Everything that an environment says, what its `Debug` hides included.
fn all_of(environment: &Environment) -> String {
    let mut all = format!("{environment:?}");
    for target in &environment.targets {
        write!(all, " {}", target.endpoint).unwrap();
        for value in target.headers.values() {
            write!(all, " {}", value.to_str().unwrap()).unwrap();
        }
    }
    if let Some(access) = &environment.honeycomb {
        write!(all, " {} {}", access.api_key.to_str().unwrap(), access.api_endpoint).unwrap();
    }
    all
}

/// A variable with a value that does something (beside others that it needs), or none where there is none; and a value
/// that is refused, or none where every value is good.
type Example = (
    &'static str,
    &'static [(&'static str, &'static str)],
    Option<&'static str>,
    Option<&'static str>,
);

const TO_OTLP: &[(&str, &str)] = &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")];
const BY_RATIO: &[(&str, &str)] = &[("OTEL_TRACES_SAMPLER", "traceidratio")];
const WITH_KEY: &[(&str, &str)] = &[("HONEYCOMB_API_KEY", "hcaik_0123")];

const EXAMPLES: [Example; VARIABLES.len()] = [
    ("OTEL_SDK_DISABLED", &[], Some("true"), Some("1")),
    ("OTEL_SERVICE_NAME", &[], Some("shop"), None),
    ("OTEL_RESOURCE_ATTRIBUTES", &[], Some("a=1"), Some("a")),
    ("OTEL_LOG_LEVEL", &[], Some("DEBUG"), Some("loud")),
    ("OTEL_PROPAGATORS", &[], Some("b3"), Some("jaeger")),
    ("OTEL_TRACES_SAMPLER", &[], Some("always_off"), Some("xray")),
    ("OTEL_TRACES_SAMPLER_ARG", BY_RATIO, Some("0.25"), Some("1.01")),
    ("OTEL_BSP_SCHEDULE_DELAY", &[], Some("1000"), Some("soon")),
    ("OTEL_BSP_EXPORT_TIMEOUT", &[], Some("5"), Some("1s")),
    ("OTEL_BSP_MAX_QUEUE_SIZE", &[], Some("100"), Some("0")),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", &[], Some("8"), Some("4096")),
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", &[], Some("0"), Some("-1")),
    ("OTEL_ATTRIBUTE_COUNT_LIMIT", &[], Some("10"), Some("2147483648")),
    ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", &[], Some("10"), Some("ten")),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", &[], Some("10"), Some("ten")),
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", &[], Some("10"), Some("ten")),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", &[], Some("10"), Some("ten")),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", &[], Some("10"), Some("1.5")),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", &[], Some("10"), Some("ten")),
    ("OTEL_TRACES_EXPORTER", &[], Some("console"), Some("zipkin")),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        &[],
        Some("http://c"),
        Some("collector:4318"),
    ),
    (
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        TO_OTLP,
        Some("http://c"),
        Some("/v1/traces"),
    ),
    ("OTEL_EXPORTER_OTLP_HEADERS", TO_OTLP, Some("a=1"), Some("a")),
    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", TO_OTLP, Some("a=1"), Some("a b=1")),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", TO_OTLP, Some("1"), Some("10s")),
    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", TO_OTLP, Some("1"), Some("10s")),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", TO_OTLP, Some("gzip"), Some("zstd")),
    (
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
        TO_OTLP,
        Some("gzip"),
        Some("zstd"),
    ),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", TO_OTLP, Some("http/json"), Some("grpc")),
    (
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        TO_OTLP,
        Some("http/json"),
        Some("http"),
    ),
    ("OTEL_EXPORTER_OTLP_INSECURE", TO_OTLP, None, Some("yes")),
    ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", TO_OTLP, None, Some("yes")),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", TO_OTLP, None, Some("ca.pem")),
    ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", TO_OTLP, None, Some("ca.pem")),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", TO_OTLP, None, Some("key.pem")),
    ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", TO_OTLP, None, Some("key.pem")),
    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", TO_OTLP, None, Some("me.pem")),
    (
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        TO_OTLP,
        None,
        Some("me.pem"),
    ),
    ("HONEYCOMB_API_KEY", &[], Some("hcaik_0123"), Some("two\nlines")),
    (
        "HONEYCOMB_API_ENDPOINT",
        WITH_KEY,
        Some("http://h"),
        Some("api.honeycomb.io"),
    ),
    ("HONEYCOMB_ENVIRONMENT", &[], Some("test"), None),
    ("OTEL_CONFIG_FILE", &[], None, Some("otel.yaml")),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", &[], None, Some("otel.yaml")),
];

#[test]
fn every_variable_does_something_and_is_checked() {
    for ((name, others, good, bad), variable) in EXAMPLES.iter().zip(VARIABLES) {
        assert_eq!(*name, variable.name, "the examples are in the order of the list");
        let with = |value| read(&[others, &[(*name, value)][..]].concat());
        let without = all_of(&read(others).unwrap());
        if let Some(good) = good {
            assert_ne!(all_of(&with(good).unwrap()), without, "{name}={good}");
        }
        for empty in ["", "  "] {
            assert_eq!(all_of(&with(empty).unwrap()), without, "{name} is empty");
        }
        if let Some(bad) = bad {
            let line = refused(&[others, &[(*name, *bad)][..]].concat());
            assert!(line.starts_with(name), "{line}");
            assert!(line.ends_with(variable.takes), "{line}");
            let secret = name.ends_with("HEADERS") || name.ends_with("API_KEY");
            assert_eq!(line.contains(&format!("{bad:?}")), !secret, "{line}");
        }
    }
}

#[test]
fn exactly_the_listed_variables_are_read() {
    let asked = RefCell::new(BTreeSet::new());
    Environment::from_lookup(|name| {
        asked.borrow_mut().insert(name.to_owned());
        // The argument is for these samplers alone.
        (name == "OTEL_TRACES_SAMPLER").then(|| "traceidratio".to_owned())
    })
    .unwrap();
    let listed = VARIABLES.iter().map(|variable| variable.name.to_owned()).collect();
    assert_eq!(asked.into_inner(), listed);
}

/// `docs/environment.md` has the list as a table: this one.
fn table() -> String {
    let mut table = String::from("| variable | takes | default | what it does |\n| --- | --- | --- | --- |\n");
    for variable in VARIABLES {
        let takes = if variable.takes.is_empty() {
            "nothing"
        } else {
            variable.takes
        };
        let (name, default, does) = (variable.name, variable.default, variable.does);
        writeln!(table, "| `{name}` | {takes} | {default} | {does} |").unwrap();
    }
    table
}

#[test]
fn the_table_in_the_docs_is_the_list() {
    let docs = include_str!("../../../../docs/environment.md");
    assert!(
        docs.contains(&table()),
        "docs/environment.md must have this table:\n\n{}",
        table()
    );
}

#[test]
fn an_environment_that_says_nothing_is_the_default() {
    let nothing = read(&[]).unwrap();
    assert_eq!(all_of(&nothing), all_of(&Environment::default()));
    assert!(nothing.targets.is_empty() && !nothing.console && !nothing.disabled);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let wrong = [
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_TRACES_EXPORTER", "jaeger"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,hcaik_secret"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "many"),
    ];
    let said = read(&wrong).unwrap_err().to_string();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), wrong.len(), "{said}");
    for (name, _) in wrong {
        assert!(lines.iter().any(|line| line.starts_with(name)), "{name}: {said}");
    }
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn what_is_switched_off_is_not_looked_at() {
    let off = read(&[
        ("OTEL_SDK_DISABLED", "True"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_PROPAGATORS", "none"),
        ("HONEYCOMB_API_KEY", "hcaik_0123"),
    ])
    .unwrap();
    assert!(off.disabled && off.targets.is_empty() && off.honeycomb.is_some());
    assert_eq!(off.propagators, Propagators::NONE);
    for exporter in ["none", "console"] {
        let off = read(&[
            ("OTEL_TRACES_EXPORTER", exporter),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("HONEYCOMB_API_KEY", "hcaik_0123"),
        ])
        .unwrap();
        assert!(off.targets.is_empty() && off.honeycomb.is_some(), "{exporter}");
        assert_eq!(off.console, exporter == "console");
    }
}

#[test]
fn exporters_are_a_list() {
    let both = read(&[("OTEL_TRACES_EXPORTER", " console, otlp,console,")]).unwrap();
    assert!(both.console);
    assert_eq!(both.targets.len(), 1);
    for (bad, word) in [
        ("otlp,none", "alone"),
        ("logging", "console"),
        ("otlp/stdout", "not supported"),
        ("OTLP", "not supported"),
    ] {
        let line = refused(&[("OTEL_TRACES_EXPORTER", bad)]);
        assert!(line.contains(word), "{line}");
    }
}

#[test]
fn resource_attributes_are_decoded() {
    let environment = read(&[(
        "OTEL_RESOURCE_ATTRIBUTES",
        "k=v%2Cw, deployment.environment.name = test",
    )])
    .unwrap();
    let expected = [
        KeyValue::new("k", "v,w"),
        KeyValue::new("deployment.environment.name", "test"),
    ];
    assert_eq!(environment.resource, expected);
    let line = refused(&[("OTEL_RESOURCE_ATTRIBUTES", "a=1,b=50%")]);
    assert!(line.contains("entry 2") && line.contains("%25"), "{line}");
}

#[test]
fn samplers_are_the_specifications() {
    let sampler = |pairs: &[(&str, &str)]| format!("{:?}", read(pairs).unwrap().sampler);
    let named = |name, argument| sampler(&[("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument)]);
    assert_eq!(named("always_on", "ignored"), "AlwaysOn");
    assert_eq!(named("always_off", ""), "AlwaysOff");
    assert_eq!(named("traceidratio", "0.5"), "TraceIdRatioBased(0.5)");
    assert_eq!(named("traceidratio", ""), "TraceIdRatioBased(1.0)");
    for (name, root) in [
        ("parentbased_always_on", "AlwaysOn"),
        ("parentbased_always_off", "AlwaysOff"),
        ("parentbased_traceidratio", "TraceIdRatioBased(0.1)"),
    ] {
        let sampler = named(name, "0.1");
        assert!(sampler.contains(&format!("root: {root}")), "{sampler}");
        assert!(sampler.contains("remote_parent_not_sampled: None"), "{sampler}");
    }
    assert_eq!(
        sampler(&[("OTEL_TRACES_SAMPLER_ARG", "2")]),
        sampler(&[]),
        "an argument alone"
    );
    for bad in ["-0.1", "NaN", "half", "inf", "1,0"] {
        refused(&[
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", bad),
        ]);
    }
}

#[test]
fn limits_of_one_kind_beat_the_general_one() {
    let general = ("OTEL_ATTRIBUTE_COUNT_LIMIT", "5");
    let limits = read(&[general, ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "0")])
        .unwrap()
        .limits;
    let attributes = (
        limits.max_attributes_per_span,
        limits.max_attributes_per_event,
        limits.max_attributes_per_link,
    );
    assert_eq!(attributes, (5, 0, 5));
    assert_eq!((limits.max_events_per_span, limits.max_links_per_span), (128, 128));

    let general = ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5");
    assert_eq!(read(&[general]).unwrap().value_length, Some(5));
    let own = ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7");
    assert_eq!(read(&[general, own]).unwrap().value_length, Some(7));
}

#[test]
fn a_batch_is_never_larger_than_the_queue() {
    let batch = read(&[("OTEL_BSP_MAX_QUEUE_SIZE", "100")]).unwrap().batch;
    assert_eq!((batch.max_queue_size, batch.max_export_batch_size), (100, 100));
    let line = refused(&[
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "101"),
    ]);
    assert!(line.contains("OTEL_BSP_MAX_QUEUE_SIZE, 100"), "{line}");
    let batch = read(&[("OTEL_BSP_EXPORT_TIMEOUT", "0")]).unwrap().batch;
    assert!(
        batch.export_timeout > Duration::from_secs(24 * 60 * 60),
        "0 is without end"
    );
}
