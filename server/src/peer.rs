//! Who is at the other end of a connection: this machine, or the world; and who may open the explorer.

use app::server_context::Viewer;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use std::net::SocketAddr;

/// Who may open the explorer (`CRUDDUR_EXPLORER`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody: the addresses do not exist.
    Off,
    /// Whoever can reach the port.
    Open,
    /// These handles, signed in.
    Operators(Vec<String>),
    /// From this machine anybody, from elsewhere these handles.
    LoopbackOrOperators(Vec<String>),
}

impl Access {
    /// Whether the demo people may sign in from where a request came from: everybody knows their password.
    pub fn allows_demo(&self, request: &axum::http::request::Parts) -> bool {
        *self == Self::Open || is_loopback(&request.extensions, &request.headers)
    }

    /// Why whoever made a request is not let into the explorer; `None` for those who are.
    pub(crate) fn refusal(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<Refusal> {
        match self {
            Self::Off => Some((StatusCode::NOT_FOUND, "")),
            Self::Open => None,
            Self::LoopbackOrOperators(_) if is_loopback(extensions, headers) => None,
            Self::Operators(handles) | Self::LoopbackOrOperators(handles) => no_operator(extensions, handles),
        }
    }
}

/// A status and, unless it is 404, words for a person.
type Refusal = (StatusCode, &'static str);

/// Whether a request came straight from this machine: from a loopback address, for a name of this machine, and not
/// handed on by a proxy. A page of the internet that makes a browser here call `evil.example`, which resolves to
/// 127.0.0.1, does not pass: its Host is not ours.
pub fn is_loopback(extensions: &Extensions, headers: &HeaderMap) -> bool {
    let Some(ConnectInfo(peer)) = extensions.get::<ConnectInfo<SocketAddr>>() else {
        return false;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let forwarded = headers.keys().any(|name| {
        name == header::FORWARDED
            || name == header::VIA
            || name.as_str().starts_with("x-forwarded")
            || name == "x-real-ip"
    });
    peer.ip().to_canonical().is_loopback() && matches!(name, "localhost" | "127.0.0.1" | "[::1]") && !forwarded
}

/// Whether the person's side of the connection is HTTPS: told by the proxy that ends it, since this server speaks plain
/// HTTP. Who makes the header up only binds their own cookie to HTTPS.
pub fn is_https(headers: &HeaderMap) -> bool {
    headers
        .get("x-forwarded-proto")
        .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// The middleware before the explorer.
pub async fn guard_explorer(State(access): State<Access>, request: Request, next: Next) -> Response {
    match access.refusal(request.extensions(), request.headers()) {
        None => next.run(request).await,
        Some((StatusCode::NOT_FOUND, _)) => StatusCode::NOT_FOUND.into_response(),
        Some((status, why)) => refused(status, why),
    }
}

/// Why the person who asks is not let in; `None` for an operator.
fn no_operator(extensions: &Extensions, handles: &[String]) -> Option<Refusal> {
    match extensions.get::<Viewer>().and_then(|Viewer(user)| user.as_ref()) {
        Some(user) if handles.contains(&user.handle) => None,
        Some(_) => Some((
            StatusCode::FORBIDDEN,
            "Traces are for operators. Your handle is not among those named in CRUDDUR_OPERATORS.",
        )),
        None => Some((
            StatusCode::UNAUTHORIZED,
            "Sign in as an operator to see traces. Operators are named in CRUDDUR_OPERATORS.",
        )),
    }
}

/// Those of the explorer.
const COLOURS: &str = ":root{background:#0e031c;color:#f4effc}a{color:#c08bff}\
    @media(prefers-color-scheme:light){:root{background:#f7f4fc;color:#1b0b33}a{color:#6f00c2}}";

fn refused(status: StatusCode, why: &'static str) -> Response {
    // The explorer's stylesheet is behind the same guard.
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <meta name=color-scheme content='dark light'><title>Traces · Cruddur</title><style>{COLOURS}</style>\
         <main style='font:16px/1.5 system-ui;max-width:32rem;margin:20vh auto;padding:0 1rem'>\
         <h1>Traces</h1><p>{why}</p><p><a href=/signin>Sign in</a> · <a href=/>Back to Cruddur</a></p></main>"
    );
    (status, [(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, headers: &[(&'static str, &str)]) -> bool {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        is_loopback(&extensions, &headers)
    }

    #[test]
    fn this_machine_is_told_from_the_world() {
        for host in ["localhost:3000", "127.0.0.1", "[::1]:3000"] {
            assert!(seen("127.0.0.1:5000", &[("host", host)]), "{host}");
            assert!(seen("[::1]:5000", &[("host", host)]), "{host}");
            assert!(seen("[::ffff:127.0.0.1]:5000", &[("host", host)]), "{host}");
            assert!(!seen("192.168.0.7:5000", &[("host", host)]), "{host}");
            for forwarding in ["forwarded", "x-forwarded-for", "x-forwarded-host", "via", "x-real-ip"] {
                assert!(
                    !seen("127.0.0.1:5000", &[("host", host), (forwarding, "1.2.3.4")]),
                    "{forwarding}"
                );
            }
        }
        for host in ["evil.example", "localhost.evil.example:3000", ""] {
            assert!(!seen("127.0.0.1:5000", &[("host", host)]), "{host}");
        }
        assert!(!seen("127.0.0.1:5000", &[]));
    }
}
