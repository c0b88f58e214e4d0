//! Refuses changing requests that another site made a browser send (cross-site request forgery).
//!
//! Browsers say where a request comes from: `Sec-Fetch-Site` on trustworthy origins, `Origin` on every POST. A client
//! that sends neither is no browser, and has no cookie that it did not choose to send.

use app::ApiError;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};

/// The middleware.
pub(crate) async fn require_same_site(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_same_origin(request.headers()) {
        let why = ApiError::Refused(
            "This request was made by another site, so it was refused and nothing was changed. Open Cruddur itself \
             and try again there."
                .into(),
        );
        return (StatusCode::FORBIDDEN, Json(why)).into_response();
    }
    next.run(request).await
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_site_is_refused() {
        let same = |pairs: &[(&'static str, &str)]| {
            is_same_origin(
                &pairs
                    .iter()
                    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                    .collect(),
            )
        };
        let host = ("host", "cruddur.example:3000");
        assert!(same(&[host]));
        assert!(same(&[host, ("origin", "http://cruddur.example:3000")]));
        assert!(
            same(&[host, ("origin", "https://cruddur.example:3000")]),
            "TLS ends at a proxy"
        );
        assert!(same(&[
            host,
            ("origin", "https://cruddur.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!same(&[host, ("origin", "http://evil.example")]));
        assert!(!same(&[host, ("origin", "http://cruddur.example:4000")]));
        assert!(!same(&[host, ("origin", "null")]));
        for site in ["cross-site", "same-site"] {
            assert!(
                !same(&[
                    host,
                    ("origin", "http://cruddur.example:3000"),
                    ("sec-fetch-site", site)
                ]),
                "{site}"
            );
        }
    }
}
