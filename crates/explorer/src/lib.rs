//! The trace explorer: pages and JSON API over the trace store; mounted by any axum app with one line
