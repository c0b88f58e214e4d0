//! Honeycomb's key: whose it is, and that nothing is sent with it to another environment than the one that is meant.

use axum::body::Bytes;
use explorer::HoneycombPlace;
use honeycomb::whoami::{self, KeyInfo, WhoamiError};
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use server_telemetry::{Call, ClientError, HoneycombAccess, Permission, TracedClient};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;

/// How long the question may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is asked again where there was no answer to it.
const AGAIN: Duration = Duration::from_secs(30);
/// The first pauses are shorter.
const FIRST: Duration = Duration::from_secs(1);

/// Why nothing is known of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There was no answer.
    #[error("Honeycomb cannot be reached: {0}")]
    Unreachable(ClientError),
    /// There was an answer, and it says nothing of the key.
    #[error(transparent)]
    Answer(WhoamiError),
}

/// Asks Honeycomb. The answer's words are left out where they repeat the key.
///
/// # Errors
///
/// [`KeyError`], without the address and the key.
pub async fn ask(client: &TracedClient, access: &HoneycombAccess) -> Result<KeyInfo, KeyError> {
    let request = whoami::request(&access.api_endpoint, &access.api_key).map_err(KeyError::Answer)?;
    let call = Call::new(request.map(|()| Bytes::new()))
        .template(whoami::PATH)
        .peer("Honeycomb")
        .timeout(TIMEOUT);
    let answer = client.send(call).await.map_err(KeyError::Unreachable)?;
    whoami::answer(answer.status(), answer.body()).map_err(|error| KeyError::Answer(discreet(error, access)))
}

fn discreet(mut error: WhoamiError, access: &HoneycombAccess) -> WhoamiError {
    if let WhoamiError::Refused { message, .. } | WhoamiError::Status { message, .. } = &mut error {
        let secrets = [access.api_key.to_str().ok(), access.api_endpoint.host()];
        if secrets.into_iter().flatten().any(|secret| message.contains(secret)) {
            message.clear();
        }
    }
    error
}

/// The key is not for the environment that it has to be for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "HONEYCOMB_API_KEY writes to {actual}, but HONEYCOMB_ENVIRONMENT is {wanted:?}: use a key of that environment, or set \
     HONEYCOMB_ENVIRONMENT to where spans shall go"
)]
pub struct WrongEnvironment {
    actual: String,
    wanted: String,
}

/// Compares names and slugs, whatever their case.
///
/// # Errors
///
/// [`WrongEnvironment`].
pub fn check(key: &KeyInfo, wanted: &str) -> Result<(), WrongEnvironment> {
    if key.environment.is(wanted) {
        return Ok(());
    }
    Err(WrongEnvironment {
        actual: match key.is_classic() {
            true => "Honeycomb Classic, which has no environments".to_owned(),
            false => format!("the environment {}", key.environment),
        },
        wanted: wanted.to_owned(),
    })
}

/// What is known of the key at the start.
pub(crate) enum Checked {
    /// It is for the right environment.
    Right,
    /// There was no answer (yet).
    Unknown,
}

/// Asks once, at the start.
///
/// # Errors
///
/// [`WrongEnvironment`]. A Honeycomb that cannot be asked is none: the app starts, and sends nothing there.
pub(crate) async fn check_at_start(
    client: &TracedClient,
    access: &HoneycombAccess,
    wanted: &str,
) -> Result<Checked, WrongEnvironment> {
    match quietly(client, access).await {
        Ok(key) => check(&key, wanted).map(|()| Checked::Right),
        Err(error) => {
            tracing::warn!(
                "{error}. Nothing is sent to Honeycomb before it has said that HONEYCOMB_API_KEY is for the environment \
                 {wanted:?} (HONEYCOMB_ENVIRONMENT); spans wait in the span log"
            );
            Ok(Checked::Unknown)
        }
    }
}

/// A permission that is not granted yet.
pub(crate) fn held() -> watch::Sender<Permission> {
    watch::Sender::new(Permission::Held("the key's environment is not checked yet".to_owned()))
}

/// Asks until there is an answer, and grants the permission if it is the right one.
pub(crate) async fn check_later(
    client: TracedClient,
    access: HoneycombAccess,
    wanted: String,
    permission: watch::Sender<Permission>,
) {
    let mut pause = FIRST;
    let key = loop {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(AGAIN);
        if let Ok(key) = quietly(&client, &access).await {
            break key;
        }
    };
    match check(&key, &wanted) {
        Ok(()) => {
            tracing::info!("Honeycomb has said that the key is for the environment {wanted:?}: sending begins");
            permission.send_replace(Permission::Granted);
        }
        Err(error) => {
            tracing::error!("nothing is sent to Honeycomb: {error}");
            permission.send_replace(Permission::Held("the key is for another environment".to_owned()));
            // While somebody holds it, the sender waits for it and shows why.
            std::future::pending::<()>().await;
        }
    }
}

/// Asks until Honeycomb has said whose the key is, and says where its traces are to be seen. A key that is refused is not
/// asked about again; the sender says so.
pub(crate) async fn find_place(
    client: TracedClient,
    access: HoneycombAccess,
    ui: String,
    place: Arc<OnceLock<HoneycombPlace>>,
) {
    let mut pause = FIRST;
    loop {
        match quietly(&client, &access).await {
            Ok(key) => {
                let environment = (!key.is_classic()).then_some(key.environment.slug);
                let team = key.team.slug;
                _ = place.set(HoneycombPlace { ui, team, environment });
                return;
            }
            Err(KeyError::Answer(WhoamiError::Refused { .. })) => return,
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(AGAIN);
    }
}

/// Telemetry's own traffic makes no spans.
async fn quietly(client: &TracedClient, access: &HoneycombAccess) -> Result<KeyInfo, KeyError> {
    ask(client, access)
        .with_context(Context::current().with_telemetry_suppressed())
        .await
}
