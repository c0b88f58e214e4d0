//! Who a batch is from: a page of this origin, or a service with the key. There is no third.

use super::RelayConfig;
use super::answer::Refusal;
use axum::extract::Request;
use http::uri::Authority;
use http::{HeaderMap, Uri, header};
use subtle::ConstantTimeEq;

/// The header in which Honeycomb's clients, and OTLP exporters that are set up for it, send their key.
const INGEST_KEY: &str = "x-honeycomb-team";
/// Set by browsers, and not by their pages (<https://www.w3.org/TR/fetch-metadata/>).
const SEC_FETCH_SITE: &str = "sec-fetch-site";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Page,
    Service,
}

/// Whoever shows a key must have the right one; everybody else must be a page of this origin. Whoever is no browser at all is
/// told about the key.
pub(super) fn identify(request: &Request, config: &RelayConfig) -> Result<Sender, Refusal> {
    let headers = request.headers();
    if let Some(shown) = headers.get(INGEST_KEY) {
        let setting = config.ingest_key_setting.clone();
        return match &config.ingest_key {
            None => Err(Refusal::NoKey { setting }),
            Some(key) if bool::from(key.as_bytes().ct_eq(shown.as_bytes())) => Ok(Sender::Service),
            Some(_) => Err(Refusal::WrongKey { setting }),
        };
    }
    if is_same_origin(headers, request.uri()) {
        Ok(Sender::Page)
    } else if !headers.contains_key(header::ORIGIN) && !headers.contains_key(SEC_FETCH_SITE) {
        Err(Refusal::MissingKey {
            setting: config.ingest_key_setting.clone(),
        })
    } else {
        Err(Refusal::NotSameOrigin)
    }
}

/// A browser says where its page is from, in `Origin`, in `Sec-Fetch-Site`, or in both; each that is there must say
/// *from here*. Schemes are not compared: behind a proxy that ends TLS the server does not know its own.
fn is_same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    let site = headers.get(SEC_FETCH_SITE).map(|site| site == "same-origin");
    match headers.get(header::ORIGIN) {
        Some(origin) => {
            let origin = origin.to_str().ok().and_then(|origin| origin.parse().ok());
            site != Some(false) && origin.is_some_and(|origin: Uri| names_host(&origin, headers, uri))
        }
        None => site == Some(true),
    }
}

/// Whether `origin` has the host and port that this request went to.
fn names_host(origin: &Uri, headers: &HeaderMap, uri: &Uri) -> bool {
    let host: Option<Authority> = match headers.get(header::HOST) {
        Some(host) => host.to_str().ok().and_then(|host| host.parse().ok()),
        None => uri.authority().cloned(),
    };
    let default_port = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let (Some(from), Some(to)) = (origin.authority(), host) else {
        return false;
    };
    from.host().eq_ignore_ascii_case(to.host())
        && from.port_u16().unwrap_or(default_port) == to.port_u16().unwrap_or(default_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn same(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_same_origin(&headers, &Uri::from_static("/v1/traces"))
    }

    #[test]
    fn the_origin_is_compared_by_host_and_port() {
        for (origin, host) in [
            ("http://localhost:3000", "localhost:3000"),
            ("https://Example.com", "example.com"),
            ("https://example.com", "example.com:443"),
            ("http://example.com:80", "example.com"),
            ("http://[::1]:3000", "[::1]:3000"),
        ] {
            assert!(same(&[("origin", origin), ("host", host)]), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://localhost:3001", "localhost:3000"),
            ("http://localhost", "localhost:3000"),
            ("https://example.com.evil.org", "example.com"),
            ("https://evil.org", "example.com"),
            ("null", "example.com"),
            ("null", "null"),
            ("file://example.com", "example.com"),
            ("", "example.com"),
        ] {
            assert!(!same(&[("origin", origin), ("host", host)]), "{origin} {host}");
        }
        assert!(!same(&[("origin", "http://example.com")]), "no host to compare with");
    }

    #[test]
    fn fetch_metadata_stands_in_for_a_missing_origin_only() {
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        for site in ["same-site", "cross-site", "none", ""] {
            assert!(!same(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!same(&[]));
        let (origin, host) = (("origin", "http://a.example"), ("host", "a.example"));
        assert!(same(&[origin, host, ("sec-fetch-site", "same-origin")]));
        assert!(!same(&[origin, host, ("sec-fetch-site", "cross-site")]));
        assert!(!same(&[
            ("origin", "http://b.example"),
            host,
            ("sec-fetch-site", "same-origin")
        ]));
    }
}
