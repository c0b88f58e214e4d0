//! A request in the words of the stable HTTP semantic conventions
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span>).

use axum::extract::ConnectInfo;
use http::uri::Authority;
use http::{HeaderMap, Method, Request, Uri, Version, header};
use opentelemetry::KeyValue;
use std::borrow::Cow;
use std::net::SocketAddr;
use trace_wire::attribute;

/// `http.request.method` of a method that is none of the known ones.
const OTHER: &str = "_OTHER";
/// What takes the place of a value that must not be kept.
const REDACTED: &str = "REDACTED";
/// A client chooses how long its path, query and user agent are; a span keeps this many bytes of each.
const LONGEST: usize = 4096;

/// Query parameters whose values are credentials, in lower case: those that the conventions name, and the usual names of
/// passwords and tokens.
const CREDENTIALS: [&str; 20] = [
    "awsaccesskeyid",
    "signature",
    "sig",
    "x-goog-signature",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "password",
    "passwd",
    "pwd",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "api_key",
    "apikey",
    "key",
    "secret",
    "client_secret",
    "authorization",
];

/// The span's name: `{METHOD} {route}`, or the method alone. An unknown method is `HTTP`, or names would be without
/// number.
pub(crate) fn span_name(method: &Method, route: Option<&str>) -> Cow<'static, str> {
    let method = known(method).unwrap_or("HTTP");
    match route {
        Some(route) => format!("{method} {route}").into(),
        None => method.into(),
    }
}

/// What is known of a request when it arrives. `uri` is the one that the client asked for.
pub(super) fn of_request<B>(request: &Request<B>, uri: &Uri, route: Option<&str>) -> Vec<KeyValue> {
    let headers = request.headers();
    let mut attributes = Vec::with_capacity(14);
    add_method(request.method(), &mut attributes);
    if let Some(route) = route {
        attributes.push(KeyValue::new(attribute::HTTP_ROUTE, route.to_owned()));
    }
    attributes.push(KeyValue::new(attribute::URL_PATH, cut(uri.path()).to_owned()));
    if let Some(query) = uri.query().filter(|query| !query.is_empty()) {
        attributes.push(KeyValue::new(attribute::URL_QUERY, cut(&redact(query)).to_owned()));
    }
    // What is in front of this server (a proxy that ends TLS) is not known here, so nothing is guessed.
    attributes.push(KeyValue::new(
        attribute::URL_SCHEME,
        uri.scheme_str().unwrap_or("http").to_owned(),
    ));
    if let Some(authority) = authority(headers, uri) {
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, cut(host).to_owned()));
        if let Some(port) = authority.port_u16() {
            attributes.push(KeyValue::new(attribute::SERVER_PORT, i64::from(port)));
        }
    }
    if let Some(ConnectInfo(client)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        attributes.push(KeyValue::new(attribute::CLIENT_ADDRESS, client.ip().to_string()));
    }
    if let Some(version) = protocol_version(request.version()) {
        attributes.push(KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, version));
    }
    if let Some(agent) = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()) {
        attributes.push(KeyValue::new(attribute::USER_AGENT_ORIGINAL, cut(agent).to_owned()));
    }
    attributes
}

/// The request's method: a known one, or `_OTHER` and the one that was sent.
pub(crate) fn add_method(method: &Method, attributes: &mut Vec<KeyValue>) {
    match known(method) {
        Some(method) => attributes.push(KeyValue::new(attribute::HTTP_REQUEST_METHOD, method)),
        None => {
            attributes.push(KeyValue::new(attribute::HTTP_REQUEST_METHOD, OTHER));
            let original = cut(method.as_str()).to_owned();
            attributes.push(KeyValue::new(attribute::HTTP_REQUEST_METHOD_ORIGINAL, original));
        }
    }
}

/// The methods of RFC 9110 and RFC 5789, which the conventions call known.
fn known(method: &Method) -> Option<&'static str> {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
    ];
    KNOWN.into_iter().find(|known| method.as_str() == *known)
}

/// The host that the request is for: the `Host` header, or HTTP/2's `:authority`.
fn authority(headers: &HeaderMap, uri: &Uri) -> Option<Authority> {
    match headers.get(header::HOST) {
        Some(host) => host.to_str().ok()?.parse().ok(),
        None => uri.authority().cloned(),
    }
}

pub(crate) fn protocol_version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_09 => Some("0.9"),
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}

/// The query with the values of credentials taken out.
pub(crate) fn redact(query: &str) -> Cow<'_, str> {
    let is_credential = |pair: &str| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        CREDENTIALS
            .iter()
            .any(|credential| name.eq_ignore_ascii_case(credential))
    };
    if !query.split('&').any(is_credential) {
        return query.into();
    }
    let pairs: Vec<Cow<'_, str>> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_credential(pair) => format!("{name}={REDACTED}").into(),
            _ => pair.into(),
        })
        .collect();
    pairs.join("&").into()
}

pub(crate) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_known_methods_only() {
        assert_eq!(span_name(&Method::PATCH, Some("/api/{id}")), "PATCH /api/{id}");
        assert_eq!(span_name(&Method::GET, None), "GET");
        let odd = Method::from_bytes(b"BREW").unwrap();
        assert_eq!(span_name(&odd, Some("/pot")), "HTTP /pot");
    }

    #[test]
    fn credentials_leave_the_query() {
        assert_eq!(redact("before=3&limit=20"), "before=3&limit=20");
        assert_eq!(redact("a=1&Token=abc&b&sig=x=y"), "a=1&Token=REDACTED&b&sig=REDACTED");
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = "é".repeat(LONGEST);
        assert_eq!(cut(&long).len(), LONGEST);
        assert_eq!(cut(&("x".to_owned() + &long)).len(), LONGEST - 1);
    }
}
