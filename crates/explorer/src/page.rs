//! How the explorer looks. Each page is a view of plain data, so that the same view can be hydrated one day.

pub(crate) mod fields;
mod help;
pub(crate) mod list;
pub(crate) mod message;
pub(crate) mod queries;
pub(crate) mod query;
mod row;
pub(crate) mod sql;
pub(crate) mod trace;

use crate::{ExplorerConfig, format, stylesheet};
use honeycomb::rfc3339;
use leptos::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::SystemTime;

/// Three bars of a waterfall, inline: without an icon the browser asks the app for a `/favicon.ico`.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Cpath fill='%239500ff' d='M1 2h14v3H1zM3 6.5h9v3H3zM7 11h4v3H7z'/%3E%3C/svg%3E";

/// The parts of the explorer, as its navigation has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Traces,
    Queries,
    Sql,
}

/// A whole document about traces: the frame that all pages have, around `body`.
pub(crate) fn document<V: IntoView>(config: &ExplorerConfig, title: &str, body: impl FnOnce() -> V) -> String {
    document_in(Section::Traces, config, title, body)
}

/// As [`document`], in one part of the explorer.
pub(crate) fn document_in<V: IntoView>(
    section: Section,
    config: &ExplorerConfig,
    title: &str,
    body: impl FnOnce() -> V,
) -> String {
    let current = |of| (section == of).then_some("true");
    let title = format!("{title} · {}", config.app_name);
    let frame = || {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="dark light"/>
                    <meta name="robots" content="noindex"/>
                    <title>{title}</title>
                    <link rel="icon" type="image/svg+xml" href=ICON/>
                    <link rel="stylesheet" href=stylesheet::href()/>
                </head>
                <body>
                    <a class="skip" href="#main">"Skip to content"</a>
                    <header class="top">
                        <a class="brand" href=config.home_href.clone()>
                            <span class="bubble" aria-hidden="true">"#?@!"</span>
                            {config.app_name.clone()}
                        </a>
                        <nav aria-label="Explorer">
                            <a href="/traces" aria-current=current(Section::Traces)>"Traces"</a>
                            <a href="/traces/queries" aria-current=current(Section::Queries)>"Queries"</a>
                            <a href="/traces/sql" aria-current=current(Section::Sql)>"SQL"</a>
                        </nav>
                    </header>
                    <main id="main">{body()}</main>
                </body>
            </html>
        }
        .to_html()
    };
    // What components create lives as long as the document is written.
    Owner::new().with(frame)
}

/// A moment: how long ago, and exactly on hover and for programs.
fn moment(unix_nano: i64, now: SystemTime) -> impl IntoView {
    view! {
        <time datetime=rfc3339(unix_nano) title=format::moment(unix_nano)>{format::ago(unix_nano, now)}</time>
    }
}

/// A service's name with its colour.
fn service(name: &str) -> impl IntoView + use<> {
    let (class, style) = colour(name, false);
    view! { <span class=format!("service {class}") style=style>{name.to_owned()}</span> }
}

/// The class, and for services without a colour of their own the style, that set the colour of a span.
pub(crate) fn colour(service: &str, database: bool) -> (&'static str, Option<String>) {
    let lower = service.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if database || has(&["sqlite", "postgres", "mysql", "database"]) {
        ("database", None)
    } else if has(&["frontend", "browser"]) {
        ("frontend", None)
    } else if has(&["backend"]) {
        ("backend", None)
    } else {
        let mut hasher = DefaultHasher::new();
        service.hash(&mut hasher);
        ("other", Some(format!("--hue:{}", hasher.finish() % 360)))
    }
}
