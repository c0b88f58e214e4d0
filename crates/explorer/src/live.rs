//! `GET /traces/live`: server-sent events that say that the store has something new. Not what: a page asks for itself again.

use crate::Explorer;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::unfold;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch::Receiver;

/// What comes in so many milliseconds is told at once: the spans of one click arrive in several batches.
const TOGETHER: Duration = Duration::from_millis(100);

/// An event `news` for all that comes in, until the page or the server goes away.
pub(crate) async fn live(State(explorer): State<Explorer>) -> impl IntoResponse {
    let mut news = explorer.store.news();
    // Whatever came before is in the page, or in its first question.
    news.mark_changed();
    let events = unfold(
        (news, explorer.config.stopping.clone()),
        |(mut news, mut stopping)| async move {
            tokio::select! {
                changed = news.changed() => changed.ok()?,
                () = stopped(stopping.as_mut()) => return None,
            }
            tokio::time::sleep(TOGETHER).await;
            let generation = news.borrow_and_update().to_string();
            let event = Event::default().event("news").data(generation);
            Some((Ok::<_, Infallible>(event), (news, stopping)))
        },
    );
    (
        [(CACHE_CONTROL, "no-store")],
        Sse::new(events).keep_alive(KeepAlive::default()),
    )
}

/// Returns when the server stops.
async fn stopped(stopping: Option<&mut Receiver<bool>>) {
    let ended = match stopping {
        Some(stopping) => stopping.wait_for(|stopping| *stopping).await.is_ok(),
        None => false,
    };
    if !ended {
        // Nobody will ever say so.
        std::future::pending::<()>().await;
    }
}
