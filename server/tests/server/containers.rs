//! The files that start the server elsewhere: `docker-compose.yml`, `Dockerfile`, `.gitpod.yml`. Nothing here starts a
//! container; docs/operations.md says what was tried of them.

use crate::support::repository::{of_config, text};
use serde_json::Value;
use std::collections::BTreeSet;

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether something reads this variable.
fn is_read(name: &str) -> bool {
    let page = [
        "LEPTOS_OUTPUT_NAME",
        "LEPTOS_SITE_ROOT",
        "LEPTOS_SITE_PKG_DIR",
        "LEPTOS_HASH_FILES",
    ];
    page.contains(&name)
        || of_config().contains(name)
        || server_telemetry::VARIABLES.iter().any(|variable| variable.name == name)
}

/// The environment of one service or task, name and value.
fn environment(of: &Value) -> Vec<(String, String)> {
    let variables = of.as_object().expect("variables as a mapping");
    let text = |value: &Value| value.as_str().expect("a text: a bare 1 would be a number").to_owned();
    variables
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

#[test]
fn compose_says_what_the_server_reads_and_keeps_secrets_out() {
    let compose = yaml("docker-compose.yml");
    for service in ["cruddur", "development"] {
        let variables = environment(&compose["services"][service]["environment"]);
        assert!(variables.len() > 5, "{service}");
        for (name, value) in variables {
            assert!(is_read(&name), "{service}: nothing reads {name}");
            match name.as_str() {
                "OTEL_SERVICE_NAME" => assert_eq!(value, server::start::BACKEND, "literal"),
                "CRUDDUR_DEMO" | "CRUDDUR_EXPLORER" => {
                    assert!(value.starts_with(&format!("${{{name}:-")), "{service}: {name}");
                }
                // From the environment, and empty, that is, unset, where it says nothing.
                _ => assert_eq!(value, format!("${{{name}:-}}"), "{service}: {name}"),
            }
        }
    }
    let names = |service: &str| {
        let variables = environment(&compose["services"][service]["environment"]);
        variables.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names("development"), names("cruddur"), "both hand on the same");
    let services = compose["services"].as_object().unwrap();
    let profiles: Vec<_> = services
        .values()
        .map(|service| service["profiles"][0].as_str())
        .collect();
    let names: Vec<_> = services.keys().map(String::as_str).collect();
    let mut both: Vec<_> = names.into_iter().zip(profiles).collect();
    both.sort_unstable();
    assert_eq!(
        both,
        [
            ("collector", Some("collector")),
            ("cruddur", None),
            ("development", Some("development"))
        ]
    );
    for (name, service) in services {
        for port in service["ports"].as_array().unwrap() {
            assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name}: {port}");
        }
    }
    let app = &services["cruddur"];
    assert_eq!((&app["read_only"], &app["cap_drop"][0]), (&true.into(), &"ALL".into()));
}

#[test]
fn the_collector_has_what_its_configuration_asks_for() {
    let asked = text("collector.yaml");
    let asked: BTreeSet<_> = asked
        .split("${env:")
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect();
    let compose = yaml("docker-compose.yml");
    let given = environment(&compose["services"]["collector"]["environment"]);
    let given: BTreeSet<_> = given.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(asked, given);

    let pipeline = &yaml("collector.yaml")["service"]["pipelines"]["traces"];
    let order: Vec<_> = pipeline["processors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(order, ["memory_limiter", "redaction", "batch"]);
}

#[test]
fn the_image_sets_what_the_server_reads_and_is_nobody_in_particular() {
    let dockerfile = text("Dockerfile");
    let stages: Vec<_> = dockerfile.split("\nFROM ").collect();
    let production = stages.last().unwrap();
    assert!(production.contains(" AS production\n"), "the default is the last stage");
    assert!(production.contains("\nUSER cruddur\n"));
    for words in stages.iter().flat_map(|stage| stage.split_whitespace()) {
        if let Some((name, _)) = words.split_once('=') {
            let ours = ["CRUDDUR_", "LEPTOS_", "OTEL_", "HONEYCOMB_"];
            if ours.iter().any(|prefix| name.starts_with(prefix)) {
                assert!(is_read(name), "nothing reads {name}");
            }
        }
    }
    let compose = yaml("docker-compose.yml");
    let check = &compose["services"]["cruddur"]["healthcheck"]["test"];
    let (program, argument) = (check[1].as_str().unwrap(), check[2].as_str().unwrap());
    assert!(production.contains(&format!("CMD [\"{program}\", \"{argument}\"]")));
    assert!(production.contains(&format!("ENTRYPOINT [\"{program}\"]")));
}

#[test]
fn gitpod_has_the_ports_of_the_homework() {
    let gitpod = yaml(".gitpod.yml");
    let ports = gitpod["ports"].as_array().unwrap().iter();
    let ports: Vec<_> = ports
        .map(|port| (port["port"].as_u64().unwrap(), port["visibility"].as_str().unwrap()))
        .collect();
    assert_eq!(
        ports,
        [
            (3000, "public"),
            (3001, "private"),
            (4318, "private"),
            (2000, "private")
        ]
    );
    for task in gitpod["tasks"].as_array().unwrap() {
        for (name, _) in environment(&task["env"]) {
            assert!(is_read(&name), "nothing reads {name}");
        }
    }
}
