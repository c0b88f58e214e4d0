//! `cruddur honeycomb whoami`.

use crate::support::honeycomb::{CLASSIC, CONFIGURATION, Honeycomb, INGEST};
use crate::support::server::{Ended, run};

fn whoami(variables: &[(&str, &str)]) -> Ended {
    let data = tempfile::tempdir().unwrap();
    let ended = run(data.path(), variables, &["honeycomb", "whoami"]);
    assert!(
        std::fs::read_dir(data.path()).unwrap().next().is_none(),
        "it writes nothing"
    );
    ended
}

fn with_key(honeycomb: &Honeycomb, key: &str, more: &[(&str, &str)]) -> Ended {
    let endpoint = honeycomb.endpoint();
    let mut variables = vec![("HONEYCOMB_API_KEY", key), ("HONEYCOMB_API_ENDPOINT", &endpoint)];
    variables.extend_from_slice(more);
    let ended = whoami(&variables);
    for secret in [key, &honeycomb.port()] {
        assert!(
            !ended.stdout.contains(secret) && !ended.stderr.contains(secret),
            "{}",
            ended.stderr
        );
    }
    ended
}

#[test]
fn it_says_whose_the_key_is_where_it_writes_to_and_what_it_may_do() {
    let honeycomb = Honeycomb::start();
    let ended = with_key(&honeycomb, CONFIGURATION, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(
        ended.stdout,
        "team         Honeycomb Docs (honeycomb-docs)\n\
         environment  Production (production)\n\
         key type     configuration\n\
         may          send events, create datasets, queries\n"
    );
    let asked = honeycomb.asked().remove(0);
    let parent = asked["traceparent"].to_str().unwrap();
    assert!(parent.starts_with("00-") && parent.ends_with("-01"), "{parent}");

    let ended = with_key(&honeycomb, INGEST, &[("HONEYCOMB_ENVIRONMENT", "TEST")]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended
            .stdout
            .contains("ingest\nmay          send events, create datasets\n"),
        "{}",
        ended.stdout
    );

    let ended = with_key(&honeycomb, CLASSIC, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("none: this is a key of Honeycomb Classic"),
        "{}",
        ended.stdout
    );
}

#[test]
fn what_is_wrong_is_one_line_and_a_code() {
    let (honeycomb, down) = (Honeycomb::start(), Honeycomb::down());
    let other = [("HONEYCOMB_ENVIRONMENT", "staging")];
    for (ended, words) in [
        (whoami(&[]), "HONEYCOMB_API_KEY is not set"),
        (
            with_key(&honeycomb, "hcaik_unknown", &[]),
            "Honeycomb refuses the key (401 Unauthorized)",
        ),
        (
            with_key(&down, INGEST, &[]),
            "Honeycomb cannot be reached: the connection was refused",
        ),
        (
            with_key(&honeycomb, INGEST, &other),
            "HONEYCOMB_API_KEY writes to the environment Test (test), but HONEYCOMB_ENVIRONMENT is \"staging\"",
        ),
        (
            whoami(&[("HONEYCOMB_API_KEY", "k"), ("HONEYCOMB_API_ENDPOINT", "honeycomb")]),
            "HONEYCOMB_API_ENDPOINT",
        ),
    ] {
        assert_eq!(ended.code, Some(1), "{words}");
        assert_eq!(ended.stdout, "", "{words}");
        let lines: Vec<_> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{}", ended.stderr);
        assert!(lines[0].contains(words), "{}", lines[0]);
    }
}
