//! A database of its own for each test, at a time that stands still, and the spans of one piece of work.

use cruddur::activity::{self, Activity, NewActivity};
use cruddur::db::{Db, sqlite_url};
use cruddur::user::{self, SignUp, User};
use cruddur::{Clock, Error};
use opentelemetry::trace::{FutureExt, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, Value, global};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use std::sync::OnceLock;
use tempfile::TempDir;

/// 2026-11-24T02:20:00Z in microseconds.
pub(crate) const NOW: i64 = 1_795_486_800_000_000;
/// An hour in microseconds.
pub(crate) const HOUR: i64 = 3_600_000_000;
/// What everybody's password is here.
pub(crate) const PASSWORD: &str = "tribble trouble 9";

pub(crate) struct House {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) folder: TempDir,
}

impl House {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::standing(NOW);
        let url = sqlite_url(&folder.path().join("cruddur.db")).unwrap();
        let db = Db::connect(&url).await.unwrap().with_clock(clock.clone());
        Self { db, clock, folder }
    }

    /// Somebody with this handle.
    pub(crate) async fn person(&self, handle: &str) -> User {
        user::sign_up(&self.db, sign_up(handle)).await.unwrap()
    }

    /// A crud of theirs, a millisecond after the one before.
    pub(crate) async fn crud(&self, author: &User, message: &str, ttl: &str) -> Activity {
        self.clock.advance(1_000);
        activity::create(&self.db, author, new(message, Some(ttl)))
            .await
            .unwrap()
    }
}

/// A sign-up in which nothing is wrong.
pub(crate) fn sign_up(handle: &str) -> SignUp {
    SignUp {
        name: Some(format!("{handle} of Cruddur")),
        email: Some(format!("{handle}@example.com")),
        username: Some(handle.to_owned()),
        password: Some(PASSWORD.to_owned()),
    }
}

pub(crate) fn new(message: &str, ttl: Option<&str>) -> NewActivity {
    NewActivity {
        message: Some(message.to_owned()),
        ttl: ttl.map(str::to_owned),
    }
}

/// The codes of what is wrong; panics when nothing is.
pub(crate) fn codes<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid(invalid)) => invalid.codes().map(str::to_owned).collect(),
        other => panic!("invalid input expected, {other:?} found"),
    }
}

/// What `work` gives, and the spans that it made, in the order of their beginning. Work that makes roots of its own is not
/// told apart from that of other tests; here all is done under one root.
pub(crate) async fn recorded<T>(work: impl Future<Output = T>) -> (T, Vec<SpanData>) {
    static RECORDER: OnceLock<(SdkTracerProvider, InMemorySpanExporter)> = OnceLock::new();
    let (provider, exporter) = RECORDER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        global::set_tracer_provider(provider.clone());
        (provider, exporter)
    });
    let root = Context::new().with_span(provider.tracer("test").start_with_context("root", &Context::new()));
    let result = work.with_context(root.clone()).await;
    let trace = root.span().span_context().trace_id();
    root.span().end();
    let mut spans: Vec<_> = exporter
        .get_finished_spans()
        .unwrap()
        .into_iter()
        .filter(|span| span.span_context.trace_id() == trace && span.name != "root")
        .collect();
    spans.sort_by_key(|span| span.start_time);
    (result, spans)
}

/// The names of the spans.
pub(crate) fn names(spans: &[SpanData]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_ref()).collect()
}

/// An attribute of a span.
pub(crate) fn attribute(span: &SpanData, key: &str) -> Option<Value> {
    span.attributes
        .iter()
        .rfind(|attribute| attribute.key.as_str() == key)
        .map(|attribute| attribute.value.clone())
}

/// An attribute of a span, as text.
pub(crate) fn text(span: &SpanData, key: &str) -> Option<String> {
    attribute(span, key).map(|value| value.as_str().into_owned())
}
