//! Where spans are sent to: `OTEL_EXPORTER_OTLP_*` and `HONEYCOMB_*`.
//!
//! One rule for both: `HONEYCOMB_*` fills in what `OTEL_EXPORTER_OTLP_*` leaves open. Without an OTLP endpoint,
//! Honeycomb is the endpoint, and the other OTLP settings (headers, timeout, …) are for it. With an OTLP endpoint at
//! Honeycomb there is one target, at that endpoint, and the key is filled in unless the OTLP headers have one. With an
//! OTLP endpoint elsewhere there are two targets, and neither gets the other's headers.

use super::pairs;
use super::reader::{Reader, boolean, timeout};
use crate::otlp_target::{OtlpCompression, OtlpProtocol, OtlpTarget};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use std::fmt;
use std::time::Duration;

/// What targets are called.
const HONEYCOMB: &str = "Honeycomb";
const OTLP: &str = "OTLP";
/// Honeycomb's header with the key.
const TEAM: HeaderName = HeaderName::from_static("x-honeycomb-team");
/// Where Honeycomb is, and where all its addresses are.
const API: &str = "https://api.honeycomb.io";
const DOMAIN: &str = "honeycomb.io";
/// Where the specification expects a collector, and what comes after an address that is for all signals.
const COLLECTOR: &str = "http://localhost:4318/v1/traces";
const TRACES: &str = "/v1/traces";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Headers about how a body is sent, and not about who sends it: they would break what the sender does.
const OF_THE_BODY: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
];

/// What `OTEL_TRACES_EXPORTER` says about OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Otlp {
    /// It is unset: spans go where an endpoint or a key says.
    WhereNamed,
    /// It names `otlp`.
    Named,
    /// It names others, or `none`.
    Off,
}

/// Honeycomb's key, and where it is good. [`fmt::Debug`] shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct HoneycombAccess {
    /// `HONEYCOMB_API_KEY`, or the `x-honeycomb-team` in the OTLP headers for Honeycomb, which beats it.
    pub api_key: HeaderValue,
    /// Where Honeycomb's API is, without the path of a call: `HONEYCOMB_API_ENDPOINT`, else the place of the OTLP
    /// endpoint, if that is Honeycomb's, else `https://api.honeycomb.io`.
    pub api_endpoint: Uri,
}

impl fmt::Debug for HoneycombAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HoneycombAccess").finish_non_exhaustive()
    }
}

/// `HONEYCOMB_API_KEY` and `HONEYCOMB_API_ENDPOINT`.
pub(super) struct Honeycomb {
    key: Option<HeaderValue>,
    endpoint: Option<Uri>,
}

impl Honeycomb {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        const KEY: &str = "HONEYCOMB_API_KEY";
        const ENDPOINT: &str = "HONEYCOMB_API_ENDPOINT";
        let key = reader.get(KEY);
        let header = key.as_deref().and_then(secret);
        if key.is_some() && header.is_none() {
            reader.refuse_secret(KEY, "it holds characters that a header cannot carry");
        }
        let endpoint = reader.get(ENDPOINT);
        Self {
            key: header,
            endpoint: endpoint.and_then(|value| reader.address(ENDPOINT, &value)),
        }
    }

    /// The key and its place, where no target says otherwise.
    pub(super) fn access(&self) -> Option<HoneycombAccess> {
        let api_key = self.key.clone()?;
        let api_endpoint = self.api();
        Some(HoneycombAccess { api_key, api_endpoint })
    }

    fn api(&self) -> Uri {
        self.endpoint.clone().unwrap_or_else(|| Uri::from_static(API))
    }

    /// Whether this address is Honeycomb's.
    fn is_at(&self, address: &Uri) -> bool {
        let host = address.host().unwrap_or_default().to_ascii_lowercase();
        let in_domain = host.strip_suffix(DOMAIN);
        in_domain.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            || self.endpoint.as_ref().is_some_and(|own| place(own) == place(address))
    }
}

/// The value of a header that must not be seen.
fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Host and port.
fn place(address: &Uri) -> (String, u16) {
    let port = if address.scheme_str() == Some("https") { 443 } else { 80 };
    (
        address.host().unwrap_or_default().to_ascii_lowercase(),
        address.port_u16().unwrap_or(port),
    )
}

/// `OTEL_EXPORTER_OTLP_*`.
struct Settings {
    endpoint: Option<Uri>,
    headers: HeaderMap,
    timeout: Duration,
    compression: Option<OtlpCompression>,
    protocol: OtlpProtocol,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers: HeaderMap::new(),
            timeout: TIMEOUT,
            compression: None,
            protocol: OtlpProtocol::HttpProtobuf,
        }
    }
}

impl Settings {
    fn read(reader: &mut Reader<'_>) -> Self {
        for name in [
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        ] {
            reader.unsupported(
                name,
                "certificates of one's own are not supported (a collector in between can have them)",
            );
        }
        // For gRPC only, says the specification: over HTTP the endpoint's scheme decides.
        let names = ["OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"];
        _ = reader.first(names, boolean);
        let names = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
        let timeout = reader.first(names, timeout);
        let names = [
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
            "OTEL_EXPORTER_OTLP_COMPRESSION",
        ];
        let compression = reader.first(names, compression);
        let names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
        let protocol = reader.first(names, protocol);
        Self {
            endpoint: endpoint(reader),
            headers: headers(reader),
            timeout: timeout.unwrap_or(TIMEOUT),
            compression,
            protocol: protocol.unwrap_or_default(),
        }
    }

    fn target(&self, name: &str, endpoint: Uri, compression: OtlpCompression) -> OtlpTarget {
        OtlpTarget {
            name: name.to_owned(),
            endpoint,
            headers: self.headers.clone(),
            timeout: self.timeout,
            compression: self.compression.unwrap_or(compression),
            protocol: self.protocol,
        }
    }
}

/// The address for traces is used as it is; below the one for all signals are `/v1/traces` and the others
/// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>).
fn endpoint(reader: &mut Reader<'_>) -> Option<Uri> {
    const OF_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const OF_ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let (name, value) = reader.first_set([OF_TRACES, OF_ALL])?;
    let address = reader.address(name, &value)?;
    Some(if name == OF_ALL { below(&address) } else { address })
}

/// [`TRACES`] below an address for all signals, whose path may end with a slash, and whose query stays at the end.
fn below(base: &Uri) -> Uri {
    let path = base.path().strip_suffix('/').unwrap_or(base.path());
    let query = base.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = base.clone().into_parts();
    parts.path_and_query = format!("{path}{TRACES}{query}").parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| base.clone())
}

fn headers(reader: &mut Reader<'_>) -> HeaderMap {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let Some((name, value)) = reader.first_set(names) else {
        return HeaderMap::new();
    };
    header_map(&value).unwrap_or_else(|problem| {
        reader.refuse_secret(name, &problem);
        HeaderMap::new()
    })
}

fn header_map(list: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (index, (name, value)) in pairs::parse(list)?.into_iter().enumerate() {
        let pair = |problem: &str| format!("entry {} {problem}", index + 1);
        let name: HeaderName = name
            .parse()
            .map_err(|_| pair("has a key that is no name of a header"))?;
        if OF_THE_BODY.contains(&name) {
            return Err(format!("the header {name} is not for settings"));
        }
        let value = secret(&value).ok_or_else(|| pair("has a value that a header cannot carry"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

fn compression(value: &str) -> Result<OtlpCompression, String> {
    match value {
        "gzip" => Ok(OtlpCompression::Gzip),
        "none" => Ok(OtlpCompression::None),
        _ => Err("that compression is not supported".to_owned()),
    }
}

fn protocol(value: &str) -> Result<OtlpProtocol, String> {
    match value {
        "http/protobuf" => Ok(OtlpProtocol::HttpProtobuf),
        "http/json" => Ok(OtlpProtocol::HttpJson),
        "grpc" => Err("gRPC is not supported (most that take it on port 4317 take HTTP on port 4318)".to_owned()),
        _ => Err("that protocol is not supported".to_owned()),
    }
}

/// Reads `OTEL_EXPORTER_OTLP_*`; gives the targets, and the key for Honeycomb that is in force.
pub(super) fn read(
    reader: &mut Reader<'_>,
    otlp: Otlp,
    honeycomb: &Honeycomb,
) -> (Vec<OtlpTarget>, Option<HoneycombAccess>) {
    if otlp == Otlp::Off {
        return (Vec::new(), honeycomb.access());
    }
    let settings = Settings::read(reader);
    let mut targets = Vec::new();
    match settings.endpoint.clone() {
        Some(endpoint) => {
            let name = if honeycomb.is_at(&endpoint) { HONEYCOMB } else { OTLP };
            targets.push(settings.target(name, endpoint, OtlpCompression::None));
        }
        None if honeycomb.key.is_some() => {
            targets.push(settings.target(HONEYCOMB, below(&honeycomb.api()), OtlpCompression::Gzip));
        }
        None if otlp == Otlp::Named => {
            targets.push(settings.target(OTLP, Uri::from_static(COLLECTOR), OtlpCompression::None));
        }
        None => {}
    }
    if let Some(key) = &honeycomb.key {
        if !targets.iter().any(|target| target.name == HONEYCOMB) {
            targets.push(Settings::default().target(HONEYCOMB, below(&honeycomb.api()), OtlpCompression::Gzip));
        }
        for target in targets.iter_mut().filter(|target| target.name == HONEYCOMB) {
            target.headers.entry(TEAM).or_insert_with(|| key.clone());
        }
    }
    let access = targets.iter().find_map(|target| access(target, honeycomb));
    (targets, access)
}

/// The key that a target at Honeycomb sends with.
fn access(target: &OtlpTarget, honeycomb: &Honeycomb) -> Option<HoneycombAccess> {
    let api_key = target.headers.get(TEAM).filter(|_| target.name == HONEYCOMB)?.clone();
    let api_endpoint = honeycomb.endpoint.clone().unwrap_or_else(|| root_of(&target.endpoint));
    Some(HoneycombAccess { api_key, api_endpoint })
}

/// An address without its path and query.
fn root_of(address: &Uri) -> Uri {
    let mut parts = address.clone().into_parts();
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    Uri::from_parts(parts).unwrap_or_else(|_| Uri::from_static(API))
}

#[cfg(test)]
mod tests;
