//! The name under which a target's place in the log is kept.

use crate::OtlpTarget;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The same for the same name and address at every start, whatever the key: a new key goes on where the old one was.
/// Hashed, for it is written to the disk. A second target of the same name and address has a number after it.
pub(super) fn name(target: &OtlpTarget, taken: &mut BTreeSet<String>) -> String {
    let mut hash = Sha256::new();
    hash.update(target.name.as_bytes());
    hash.update([0]);
    hash.update(target.endpoint.to_string().as_bytes());
    let mut name = String::from("sender-");
    for byte in &hash.finalize()[..8] {
        _ = write!(name, "{byte:02x}");
    }
    let first = name.clone();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        number += 1;
        name = format!("{first}-{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use std::time::Duration;

    fn target(endpoint: &str, key: &'static str) -> OtlpTarget {
        OtlpTarget {
            name: "Honeycomb".into(),
            endpoint: endpoint.parse().unwrap(),
            headers: HeaderMap::from_iter([(
                http::HeaderName::from_static("x-honeycomb-team"),
                http::HeaderValue::from_static(key),
            )]),
            timeout: Duration::from_secs(1),
            compression: Default::default(),
            protocol: Default::default(),
        }
    }

    #[test]
    fn a_place_is_its_address_and_not_its_key() {
        let one = |target: &OtlpTarget| name(target, &mut BTreeSet::new());
        let first = one(&target("https://a.example.org/v1/traces", "k1"));
        assert_eq!(first, one(&target("https://a.example.org/v1/traces", "k2")));
        assert_ne!(first, one(&target("https://b.example.org/v1/traces", "k1")));
        assert!(!first.contains("example"), "{first}");
        assert_eq!(first.len(), "sender-".len() + 16);
    }

    #[test]
    fn two_that_are_alike_have_places_of_their_own() {
        let mut taken = BTreeSet::new();
        let target = target("https://a.example.org/v1/traces", "k");
        let names = [name(&target, &mut taken), name(&target, &mut taken)];
        assert_eq!(names[1], format!("{}-2", names[0]));
    }
}
