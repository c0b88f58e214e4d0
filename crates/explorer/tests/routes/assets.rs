//! Scripts and stylesheets.

use crate::support::{filled, get, id};
use axum::http::StatusCode;

#[tokio::test]
async fn the_scripts_are_served_under_their_hash_for_a_year() {
    let page = get(&filled(), "/traces").await;
    let start = page.body.find("/traces/assets/").unwrap();
    let href = page.body[start..].split('"').next().unwrap();
    for name in ["list.js", "list-live.js"] {
        let script = get(&filled(), &href.replace("list.js", name)).await;
        assert_eq!(
            (script.status, &*script.content_type),
            (StatusCode::OK, "text/javascript; charset=utf-8")
        );
        assert!(script.cache_control.contains("immutable"));
    }
    // A page from before a deployment still works, and keeps nothing.
    let old = get(&filled(), "/traces/assets/0/list.js").await;
    assert_eq!((old.status, &*old.cache_control), (StatusCode::OK, "private, no-cache"));
    assert_eq!(
        get(&filled(), "/traces/assets/0/nothing.js").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_modules_lie_in_a_folder_named_by_their_content() {
    let page = get(&filled(), &format!("/traces/{}", id(1))).await;
    let start = page.body.find("/traces/assets/").unwrap();
    let href = page.body[start..].split('"').next().unwrap();
    let folder = href.rsplit_once('/').unwrap().0;
    let mut wanted = vec!["trace.js".to_owned()];
    let mut seen = Vec::new();
    while let Some(name) = wanted.pop() {
        let module = get(&filled(), &format!("{folder}/{name}")).await;
        assert_eq!(
            (module.status, &*module.content_type),
            (StatusCode::OK, "text/javascript; charset=utf-8"),
            "{name}"
        );
        assert!(module.cache_control.contains("immutable"));
        let imports = module.body.lines().filter(|line| line.starts_with("import "));
        let names = imports.filter_map(|line| Some(line.split_once("'./")?.1.split('\'').next()?.to_owned()));
        wanted.extend(names.filter(|name| !seen.contains(name)));
        seen.push(name);
    }
    assert!(seen.len() > 5, "{seen:?}");
}

#[tokio::test]
async fn the_stylesheet_is_served_under_its_hash_for_a_year() {
    let page = get(&filled(), "/traces").await;
    let start = page.body.find("/traces/style.css?v=").unwrap();
    let href = page.body[start..].split('"').next().unwrap();
    let style = get(&filled(), href).await;
    assert_eq!(
        (style.status, &*style.content_type),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    assert!(style.cache_control.contains("immutable"));
    assert!(style.body.contains("prefers-color-scheme"));
}
