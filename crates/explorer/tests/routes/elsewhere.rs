//! What a page of another site can have a browser do.

use crate::support::filled;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use explorer::ExplorerConfig;
use tower::ServiceExt;

async fn status(path: &str, headers: [(&str, &str); 2]) -> StatusCode {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::empty()).unwrap();
    let router = explorer::router(filled(), ExplorerConfig::default());
    router.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn another_site_may_lead_here_and_embed_or_fetch_nothing() {
    for path in ["/traces", "/traces/queries/recent-traces", "/api/traces"] {
        let sent = async |site, dest| status(path, [("sec-fetch-site", site), ("sec-fetch-dest", dest)]).await;
        for dest in ["image", "iframe", "script", "empty"] {
            assert_eq!(sent("cross-site", dest).await, StatusCode::FORBIDDEN, "{path} {dest}");
        }
        assert_eq!(sent("cross-site", "document").await, StatusCode::OK, "{path}");
        for site in ["same-origin", "none"] {
            assert_eq!(sent(site, "empty").await, StatusCode::OK, "{path} {site}");
        }
    }
}
