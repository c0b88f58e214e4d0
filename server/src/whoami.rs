//! `cruddur honeycomb whoami`: whose the key is, where it writes to, and what it may do.

use crate::honeycomb_key::{ask, check};
use crate::start::BACKEND;
use anyhow::{Context, bail};
use honeycomb::whoami::KeyInfo;
use server_telemetry::{Ack, EncodedBatch, Environment, SinkError, SpanSink, Telemetry, TracedClient};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// How long the last spans may take.
const STOP: Duration = Duration::from_secs(2);

/// Asks, and gives what is to be printed.
///
/// # Errors
///
/// Without a key, without an answer, with a key that is refused, or with one for another environment than
/// `HONEYCOMB_ENVIRONMENT`: in words, without the key and the address.
pub async fn whoami(environment: &Environment) -> anyhow::Result<String> {
    let Some(access) = &environment.honeycomb else {
        bail!("HONEYCOMB_API_KEY is not set: it takes a key of the environment that spans shall go to");
    };
    let config = server_telemetry::Config {
        service_name: BACKEND.into(),
        service_version: Some(env!("CARGO_PKG_VERSION").into()),
        sink: Arc::new(NoLog),
        pages: None,
    };
    let telemetry = Telemetry::start_with(config, environment)?;
    let asked = async {
        let client = TracedClient::new()?;
        Ok::<_, anyhow::Error>(ask(&client, access).await?)
    }
    .await;
    tokio::task::spawn_blocking(move || telemetry.shutdown(STOP))
        .await?
        .context("telemetry")?;
    let key = asked?;
    if let Some(wanted) = &environment.honeycomb_environment {
        check(&key, wanted)?;
    }
    Ok(describe(&key))
}

fn describe(key: &KeyInfo) -> String {
    let environment = match key.is_classic() {
        true => "none: this is a key of Honeycomb Classic, which has no environments".to_owned(),
        false => key.environment.to_string(),
    };
    let rights = match key.rights() {
        rights if rights.is_empty() => "nothing".to_owned(),
        rights => rights.join(", "),
    };
    let mut text = String::new();
    for (name, value) in [
        ("team", key.team.to_string()),
        ("environment", environment),
        ("key type", key.kind.to_string()),
        ("may", rights),
    ] {
        _ = writeln!(text, "{name:<13}{value}");
    }
    text
}

/// The span log belongs to the server, which may be running; this command's one span goes into nobody's. Its id goes to
/// Honeycomb with the request, and `OTEL_TRACES_EXPORTER=console` prints it.
struct NoLog;

impl SpanSink for NoLog {
    fn append(&self, _: EncodedBatch) -> Result<Ack, SinkError> {
        Ok(Ack::new(async { Ok(()) }))
    }
}
