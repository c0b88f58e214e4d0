//! What an app tells the relay.

use super::rate::RelayRate;
use crate::page::PageTraces;
use crate::sink::SpanSink;
use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What the relay needs to know.
#[derive(Clone)]
pub struct RelayConfig {
    /// Where batches go.
    pub sink: Arc<dyn SpanSink>,
    /// `service.name` of every span that a page sends.
    pub frontend_service: String,
    /// The key with which other services may send theirs, in `x-honeycomb-team`; none: they may not.
    pub ingest_key: Option<String>,
    /// How the setting for `ingest_key` is called, for the words of a 401.
    pub ingest_key_setting: String,
    /// The page loads that wait for their browser's spans; none where the app opens none.
    pub pages: Option<PageTraces>,
    /// The largest body from a page, in bytes, decompressed.
    pub browser_limit: usize,
    /// The largest body with the key, in bytes, decompressed.
    pub ingest_limit: usize,
    /// How often one session may send ([`trace_wire::session`]); whoever sends no session counts as one session with
    /// everybody else at the same address who does not.
    pub session_rate: RelayRate,
    /// How often all pages at one address together may send.
    pub address_rate: RelayRate,
    /// From which address a request comes. Without one (an app that is served without [`ConnectInfo`]) all requests
    /// count as from one address. It is used for the rate only and never written anywhere.
    ///
    /// Default: the connection's. An app behind a proxy knows which header its proxy sets, and that nobody else can set
    /// it; the relay knows neither, so it believes no header by itself. For the usual proxy: [`behind_proxy`].
    pub client_address: fn(&Extensions, &HeaderMap) -> Option<IpAddr>,
}

impl RelayConfig {
    /// The limits of 1 MiB for a page and 20 MiB with the key, 20 batches a second and 100 at once from a session and ten
    /// times that from an address, and no key yet.
    pub fn new(sink: Arc<dyn SpanSink>, frontend_service: impl Into<String>) -> Self {
        let session_rate = RelayRate {
            per_second: 20,
            burst: 100,
        };
        Self {
            sink,
            frontend_service: frontend_service.into(),
            ingest_key: None,
            ingest_key_setting: "the ingest key".to_owned(),
            pages: None,
            browser_limit: 1024 * 1024,
            ingest_limit: 20 * 1024 * 1024,
            session_rate,
            address_rate: session_rate.times(10),
            client_address: of_connection,
        }
    }
}

fn of_connection(extensions: &Extensions, _: &HeaderMap) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.ip())
}

/// The address for which a proxy that is trusted has handed a request on: the last that `X-Forwarded-For` names, or the
/// connection's where that is none. Those before it are whatever the client made up.
pub fn behind_proxy(extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|list| list.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.or_else(|| of_connection(extensions, headers))
}

/// Who is signed in on the page that sends a batch. The app's session middleware puts it into the request's extensions;
/// without it spans carry no user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndUser {
    /// The stable id, `user.id`.
    pub id: String,
    /// The handle, `user.name`.
    pub name: String,
    /// Which sign-in this is: any text that changes with each, and from which nobody can make the session's secret. The
    /// app writes the same into its pages ([`trace_wire::page::GENERATION_META`]), they send it back with each batch,
    /// and spans of a page that was rendered for another sign-in, or for nobody, do not become this user's.
    pub generation: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_proxy_the_address_that_it_saw_counts() {
        let peer: SocketAddr = "192.0.2.1:5000".parse().unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer));
        for (lists, address) in [
            (&["203.0.113.7"][..], "203.0.113.7"),
            (&["10.0.0.1, forged, 203.0.113.7 "], "203.0.113.7"),
            (&["10.0.0.1", "2001:db8::1"], "2001:db8::1"),
            (&[], "192.0.2.1"),
            (&["unknown"], "192.0.2.1"),
            (&[""], "192.0.2.1"),
        ] {
            let mut headers = HeaderMap::new();
            for list in lists {
                headers.append("x-forwarded-for", list.parse().unwrap());
            }
            assert_eq!(
                behind_proxy(&extensions, &headers),
                Some(address.parse().unwrap()),
                "{lists:?}"
            );
        }
    }
}
