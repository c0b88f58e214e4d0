//! `GET /1/auth`: whose a key is, and what it may do
//! (<https://docs.honeycomb.io/api/tag/Auth#operation/getAuth>).
//!
//! ```
//! use honeycomb::whoami;
//!
//! # fn send(_: http::Request<()>) -> (http::StatusCode, Vec<u8>) {
//! #     let body = r#"{"type":"ingest","team":{"name":"Shop","slug":"shop"},"environment":{"name":"Test","slug":"test"}}"#;
//! #     (http::StatusCode::OK, body.into())
//! # }
//! let endpoint = "https://api.honeycomb.io".parse().unwrap();
//! let request = whoami::request(&endpoint, &http::HeaderValue::from_static("the key")).unwrap();
//! let (status, body) = send(request); // any HTTP client
//! let key = whoami::answer(status, &body).unwrap();
//! assert_eq!(key.team.slug, "shop");
//! assert!(key.environment.is("Test"));
//! ```

use http::{HeaderValue, Request, StatusCode, Uri};
use serde::Deserialize;
use std::fmt;

/// The path of the request, below the API's endpoint.
pub const PATH: &str = "/1/auth";

/// How much of Honeycomb's own words is repeated, in characters.
const MOST_WORDS: usize = 300;

/// What a key is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyInfo {
    /// Whose it is.
    pub team: Named,
    /// Where what is sent with it goes. Both names are empty for a key of Honeycomb Classic, which has no environments.
    #[serde(default)]
    pub environment: Named,
    /// What kind of key it is.
    #[serde(rename = "type", default)]
    pub kind: KeyKind,
    /// What it may do.
    #[serde(rename = "api_key_access", default)]
    pub access: Access,
}

/// A team's or an environment's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Named {
    /// As people write it.
    #[serde(default)]
    pub name: String,
    /// As it stands in URLs.
    #[serde(default)]
    pub slug: String,
}

impl Named {
    /// Whether it is called so, by either name, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        let name = name.trim().to_lowercase();
        !name.is_empty() && (self.name.to_lowercase() == name || self.slug.to_lowercase() == name)
    }

    /// Whether it has no name at all.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty() && self.slug.is_empty()
    }
}

impl fmt::Display for Named {
    /// `Production (production)`, or the one that there is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), self.slug.as_str()) {
            ("", one) | (one, "") => f.write_str(one),
            (name, slug) => write!(f, "{name} ({slug})"),
        }
    }
}

/// Kinds of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum KeyKind {
    /// It may query and configure, as [`Access`] says.
    Configuration,
    /// It may only send.
    Ingest,
    /// One that was not known when this was written.
    Other(String),
    /// Honeycomb did not say.
    #[default]
    Unknown,
}

impl From<String> for KeyKind {
    fn from(kind: String) -> Self {
        match kind.as_str() {
            "configuration" => Self::Configuration,
            "ingest" => Self::Ingest,
            "" => Self::Unknown,
            _ => Self::Other(kind),
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configuration => "configuration",
            Self::Ingest => "ingest",
            Self::Other(kind) => kind,
            Self::Unknown => "unknown",
        })
    }
}

/// What a key may do. What Honeycomb does not mention is not allowed; an ingest key may send in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Access {
    /// Send events.
    pub events: bool,
    /// Manage markers.
    pub markers: bool,
    /// Manage triggers.
    pub triggers: bool,
    /// Manage public boards.
    pub boards: bool,
    /// Manage and run queries.
    pub queries: bool,
    /// Manage columns.
    pub columns: bool,
    /// Create datasets by sending to them. Written `createDatasets` or `create_datasets`.
    #[serde(alias = "create_datasets")]
    pub create_datasets: bool,
    /// Manage SLOs.
    pub slos: bool,
    /// Manage recipients.
    pub recipients: bool,
    /// Manage private boards. Written `privateBoards` or `private_boards`.
    #[serde(alias = "private_boards")]
    pub private_boards: bool,
}

impl KeyInfo {
    /// What it may do, in words.
    pub fn rights(&self) -> Vec<&'static str> {
        let access = &self.access;
        let rights = [
            (access.events || self.kind == KeyKind::Ingest, "send events"),
            (access.create_datasets, "create datasets"),
            (access.queries, "queries"),
            (access.columns, "columns"),
            (access.markers, "markers"),
            (access.triggers, "triggers"),
            (access.boards, "boards"),
            (access.private_boards, "private boards"),
            (access.slos, "SLOs"),
            (access.recipients, "recipients"),
        ];
        rights
            .into_iter()
            .filter_map(|(may, right)| may.then_some(right))
            .collect()
    }

    /// Whether it is of Honeycomb Classic, where there are no environments.
    pub fn is_classic(&self) -> bool {
        self.environment.is_empty()
    }
}

/// Why nothing is known of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhoamiError {
    /// The endpoint is no URL that requests can go to.
    #[error("the endpoint takes a URL such as https://api.honeycomb.io")]
    Endpoint,
    /// 401 or 403.
    #[error("Honeycomb refuses the key ({status}){}", words(.message))]
    Refused {
        /// 401: it knows no such key. 403: the key may not.
        status: StatusCode,
        /// What Honeycomb says; may be empty.
        message: String,
    },
    /// Any other answer than 200.
    #[error("Honeycomb answers {status}{}", words(.message))]
    Status {
        /// The answer's status.
        status: StatusCode,
        /// What Honeycomb says; may be empty.
        message: String,
    },
    /// 200, and not what the API answers.
    #[error("what answers there is not Honeycomb's API")]
    NotHoneycomb,
}

fn words(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}

/// The request. The header with the key is marked as sensitive, so that it is not shown.
///
/// # Errors
///
/// [`WhoamiError::Endpoint`].
pub fn request(endpoint: &Uri, key: &HeaderValue) -> Result<Request<()>, WhoamiError> {
    let mut key = key.clone();
    key.set_sensitive(true);
    if endpoint.scheme().is_none() || endpoint.authority().is_none() {
        return Err(WhoamiError::Endpoint);
    }
    let endpoint = endpoint.to_string();
    Request::get(format!("{}{PATH}", endpoint.trim_end_matches('/')))
        .header("x-honeycomb-team", key)
        .body(())
        .map_err(|_| WhoamiError::Endpoint)
}

/// Reads the answer.
///
/// # Errors
///
/// [`WhoamiError`], for whatever is not a 200 of this API.
pub fn answer(status: StatusCode, body: &[u8]) -> Result<KeyInfo, WhoamiError> {
    match status {
        StatusCode::OK => serde_json::from_slice(body).map_err(|_| WhoamiError::NotHoneycomb),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(WhoamiError::Refused {
            status,
            message: message(body),
        }),
        _ => Err(WhoamiError::Status {
            status,
            message: message(body),
        }),
    }
}

/// Honeycomb's words, in either of its forms: `{"error": …}`, or RFC 7807's `application/problem+json`.
fn message(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let words = ["detail", "error", "title"];
    let found = words
        .iter()
        .filter_map(|name| body[*name].as_str())
        .find(|text| !text.trim().is_empty());
    let line: String = found
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST_WORDS)
        .collect();
    line.trim().to_owned()
}
