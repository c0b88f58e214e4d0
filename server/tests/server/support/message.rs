//! Requests and answers, the same for the server in this process and for the binary.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use std::net::SocketAddr;

/// What the tests' requests are for; the binary listens elsewhere and does not care.
pub(crate) const HOST: &str = "localhost:3000";
/// The origin of the pages at [`HOST`].
pub(crate) const ORIGIN: &str = "http://localhost:3000";

/// A request.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// From where it comes; the binary sees for itself.
    pub(crate) peer: SocketAddr,
}

impl Ask {
    fn new(method: Method, path: &str) -> Self {
        let ask = Self {
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            peer: SocketAddr::from(([127, 0, 0, 1], 50_000)),
        };
        ask.header("host", HOST)
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    /// A page, as a browser asks for it.
    pub(crate) fn page(path: &str) -> Self {
        Self::get(path).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    /// A form that a browser sends without JavaScript.
    pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Self {
        Self::call(path, fields).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    /// A server function, as the page's program calls it.
    pub(crate) fn call(path: &str, fields: &[(&str, &str)]) -> Self {
        Self::post(path)
            .header("origin", ORIGIN)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(serde_urlencoded::to_string(fields).unwrap())
    }

    /// As a JSON client that is no browser sends it.
    pub(crate) fn json(path: &str, body: &Value) -> Self {
        Self::post(path)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// Sets a header, in place of one that is there.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Adds a header, beside one that is there.
    pub(crate) fn and_header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With a cookie, beside those that are there.
    pub(crate) fn cookie(mut self, pair: &str) -> Self {
        // Browsers send what is in a cookie as it is, beyond ASCII too.
        let value = HeaderValue::from_bytes(pair.as_bytes()).unwrap();
        self.headers.append(header::COOKIE, value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// From another machine.
    pub(crate) fn elsewhere(mut self) -> Self {
        self.peer = SocketAddr::from(([192, 0, 2, 7], 50_000));
        self
    }
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}: {}", self.status, self.text()))
    }

    /// The header's value; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The whole `Set-Cookie` of this name.
    pub(crate) fn set_cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter();
        cookies
            .map(|cookie| cookie.to_str().unwrap().to_owned())
            .find(|cookie| cookie.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
    }

    /// What a browser sends back for the `Set-Cookie` of this name: `name=value`.
    pub(crate) fn cookie(&self, name: &str) -> String {
        let set = self
            .set_cookie(name)
            .unwrap_or_else(|| panic!("no cookie {name} in {:?}", self.headers));
        set.split(';').next().unwrap().to_owned()
    }

    /// The codes of what is wrong, each as `field:code`, in their order.
    pub(crate) fn problems(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("no errors in {json}"));
        let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
        errors
            .iter()
            .map(|error| {
                assert!(!text(error, "message").is_empty(), "{error} says nothing to a person");
                format!("{}:{}", text(error, "field"), text(error, "code"))
            })
            .collect()
    }

    /// The id of the trace that the server's span is in, as it says itself in `Server-Timing`.
    pub(crate) fn trace_id(&self) -> String {
        let timing = self.header("server-timing");
        let traceparent = timing.split("traceparent;desc=\"00-").nth(1);
        traceparent.unwrap_or_else(|| panic!("no traceparent in {timing:?}"))[..32].to_owned()
    }
}

/// The text between two others, the first such.
pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start:?} in {text}"))
        .1;
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} in {rest}")).0
}
