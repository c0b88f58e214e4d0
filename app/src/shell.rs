//! The document around the app. Rendered on the server only; the browser hydrates what is inside its body.

use crate::App;
use crate::server_context::{HandOver, hand_over};
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

/// The whole document.
///
/// `options` name the files of this build; the stylesheet's name may carry a hash, which only the server knows. What the
/// page's telemetry has to know is in the head, from this request's [`HandOver`].
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let HandOver { page, generation } = hand_over();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="dark light" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e031c" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f7f4fc" />
                <meta name="description" content="Micro-blogging whose posts expire." />
                {page.map(|page| view! { <meta name=trace_wire::page::META content=page.to_string() /> })}
                {generation.map(|text| view! { <meta name=trace_wire::page::GENERATION_META content=text /> })}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options=options.clone() id="leptos" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
