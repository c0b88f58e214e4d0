//! How a sender is doing: numbers and a word for `/health`, and each change said once in the log.
//!
//! Nothing here knows an address or a key, so neither can get out.

use super::Permission;
use crate::client::ClientError;
use http::StatusCode;
use span_log::SpanLog;
use std::fmt;
use std::mem::Discriminant;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// How a sender is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderStatus {
    /// The backend, in words.
    pub name: String,
    /// What it is doing.
    pub state: SenderState,
    /// Spans that the backend has taken, since the start.
    pub delivered_spans: u64,
    /// Spans that the backend will not take, since the start. They are not sent again.
    pub refused_spans: u64,
    /// Batches that the span log dropped at its bound before they were sent (or could not read), since the start.
    pub lost_batches: u64,
    /// Batches in the span log that are still to be sent.
    pub lag_batches: u64,
    /// How long the oldest of them has been waiting.
    pub lag: Duration,
    /// What went wrong last, in words, without an address. It stays when all is well again.
    pub last_error: Option<String>,
}

/// What a sender is doing. [`fmt::Display`] has the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SenderState {
    /// Everything has been sent.
    UpToDate,
    /// There is something to send, and the backend takes it.
    Sending,
    /// It may not send (yet), for this reason.
    Held(String),
    /// The backend cannot be reached.
    Down,
    /// The backend does not answer in time.
    Slow,
    /// The backend answers with an error of its own (5xx).
    Unwell,
    /// The backend asks to send slower (429).
    Throttled,
    /// The backend refuses the key.
    KeyRefused,
    /// What answers there takes no OTLP.
    NotThere,
    /// The sender has ended.
    Stopped,
}

impl fmt::Display for SenderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UpToDate => "up to date",
            Self::Sending => "sending",
            Self::Held(reason) => return write!(f, "held: {reason}"),
            Self::Down => "down",
            Self::Slow => "slow",
            Self::Unwell => "unwell",
            Self::Throttled => "throttled",
            Self::KeyRefused => "key refused",
            Self::NotThere => "wrong address or format",
            Self::Stopped => "stopped",
        })
    }
}

/// Why the backend does not take spans now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Down(ClientError),
    Slow,
    Unwell(StatusCode),
    Throttled,
    KeyRefused(StatusCode),
    NotThere(StatusCode),
}

impl Trouble {
    fn state(self) -> SenderState {
        match self {
            Self::Down(_) => SenderState::Down,
            Self::Slow => SenderState::Slow,
            Self::Unwell(_) => SenderState::Unwell,
            Self::Throttled => SenderState::Throttled,
            Self::KeyRefused(_) => SenderState::KeyRefused,
            Self::NotThere(_) => SenderState::NotThere,
        }
    }

    /// Whether only a person can put it right.
    pub(super) fn needs_a_person(self) -> bool {
        matches!(self, Self::KeyRefused(_) | Self::NotThere(_))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down(error) => write!(f, "cannot be reached: {error}"),
            Self::Slow => f.write_str("does not answer in time"),
            Self::Unwell(status) => write!(f, "has an error of its own ({status})"),
            Self::Throttled => write!(f, "asks for slower sending ({})", StatusCode::TOO_MANY_REQUESTS),
            Self::KeyRefused(status) => write!(f, "refuses the key ({status})"),
            Self::NotThere(status) => write!(f, "does not take OTLP there, or not in this format ({status})"),
        }
    }
}

/// What a sender writes, and `/health` reads.
pub(super) struct Board {
    name: String,
    permission: Option<watch::Receiver<Permission>>,
    state: Mutex<State>,
}

struct State {
    doing: SenderState,
    /// Everything up to this number is through, one way or the other.
    cursor: u64,
    delivered: u64,
    refused: u64,
    lost: u64,
    /// When the log took the oldest batch in hand; unix microseconds.
    oldest: Option<u64>,
    last_error: Option<String>,
    /// The kinds of trouble that were reported since all was well.
    reported: Vec<Discriminant<Trouble>>,
    /// Spans delivered since the first of them.
    delivered_since: u64,
    /// What is said once only.
    said: Said,
}

#[derive(Default)]
struct Said {
    refused: bool,
    rejected: bool,
    lost: bool,
}

impl Board {
    pub(super) fn new(name: String, cursor: u64, permission: Option<watch::Receiver<Permission>>) -> Self {
        let state = State {
            doing: SenderState::UpToDate,
            cursor,
            delivered: 0,
            refused: 0,
            lost: 0,
            oldest: None,
            last_error: None,
            reported: Vec::new(),
            delivered_since: 0,
            said: Said::default(),
        };
        Self {
            name,
            permission,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self, log: &SpanLog) -> SenderStatus {
        let counts = log.counts();
        let state = self.state();
        // Batches that are gone from the log and that the sender has not missed yet.
        let unnoticed = counts.first_seq.saturating_sub(state.cursor + 1);
        let lag_batches = counts.last_seq.saturating_sub(state.cursor + unnoticed);
        let lag = match state.oldest {
            Some(received) if lag_batches > 0 => age(received),
            _ => Duration::ZERO,
        };
        SenderStatus {
            name: self.name.clone(),
            state: self
                .held()
                .filter(|_| state.doing != SenderState::Stopped)
                .unwrap_or_else(|| state.doing.clone()),
            delivered_spans: state.delivered,
            refused_spans: state.refused,
            lost_batches: state.lost + unnoticed,
            lag_batches,
            lag,
            last_error: state.last_error.clone(),
        }
    }

    fn held(&self) -> Option<SenderState> {
        match &*self.permission.as_ref()?.borrow() {
            Permission::Held(reason) => Some(SenderState::Held(reason.clone())),
            Permission::Granted => None,
        }
    }

    /// Something is in hand.
    pub(super) fn sending(&self, oldest: u64) {
        let mut state = self.state();
        state.oldest = Some(oldest);
        if state.doing == SenderState::UpToDate {
            state.doing = SenderState::Sending;
        }
    }

    pub(super) fn stopped(&self) {
        self.state().doing = SenderState::Stopped;
    }

    /// The backend has taken spans.
    pub(super) fn delivered(&self, spans: u64) {
        let mut state = self.state();
        state.doing = SenderState::Sending;
        state.delivered += spans;
        state.delivered_since += spans;
    }

    /// Everything up to here is through.
    pub(super) fn passed(&self, cursor: u64) {
        self.state().cursor = cursor;
    }

    /// Nothing is left to send.
    pub(super) fn up_to_date(&self) {
        let mut state = self.state();
        state.oldest = None;
        state.doing = SenderState::UpToDate;
        state.said.lost = false;
        if !state.reported.is_empty() {
            state.reported.clear();
            let spans = state.delivered_since;
            drop(state);
            tracing::info!(
                spans,
                "{} takes spans again: those that had waited are delivered",
                self.name
            );
        }
    }

    /// The backend does not take spans now.
    pub(super) fn trouble(&self, trouble: Trouble) {
        let mut state = self.state();
        state.doing = trouble.state();
        state.last_error = Some(trouble.to_string());
        if state.reported.is_empty() {
            state.delivered_since = 0;
        }
        let kind = std::mem::discriminant(&trouble);
        if state.reported.contains(&kind) {
            return;
        }
        state.reported.push(kind);
        drop(state);
        let advice = match trouble {
            Trouble::KeyRefused(_) => "; set another key and restart, or let the backend accept this one",
            Trouble::NotThere(_) => "; check the endpoint and the protocol",
            _ => "",
        };
        tracing::warn!(
            "{} {trouble}{advice}. Spans wait in the span log until it takes them (said once)",
            self.name
        );
    }

    /// The backend will never take these.
    pub(super) fn refused(&self, spans: u64, why: &str, reason: &str) {
        let mut state = self.state();
        state.doing = SenderState::Sending;
        state.refused += spans;
        state.last_error = Some(format!("refused a batch: {why}"));
        if !std::mem::replace(&mut state.said.refused, true) {
            drop(state);
            tracing::warn!(
                spans,
                reason,
                "{} refuses a batch for good: {why}. It is left out; further ones are only counted, at /health",
                self.name
            );
        }
    }

    /// The backend took a request, but for these.
    pub(super) fn rejected(&self, spans: u64, reason: &str) {
        if spans == 0 {
            return;
        }
        let mut state = self.state();
        state.refused += spans;
        state.last_error = Some("took a batch, but for some of its spans".to_owned());
        if !std::mem::replace(&mut state.said.rejected, true) {
            drop(state);
            tracing::warn!(
                spans,
                reason,
                "{} took a batch, but for some of its spans. Further ones are only counted, at /health",
                self.name
            );
        }
    }

    /// Batches that are gone from the log, up to `cursor`.
    pub(super) fn lost(&self, batches: u64, cursor: u64) {
        let mut state = self.state();
        state.cursor = state.cursor.max(cursor);
        if batches == 0 {
            return;
        }
        state.lost += batches;
        if !std::mem::replace(&mut state.said.lost, true) {
            drop(state);
            tracing::warn!(
                batches,
                "the span log dropped batches at its bound before {} had taken them; further ones are only counted, at \
                 /health",
                self.name
            );
        }
    }
}

fn age(received: u64) -> Duration {
    let received = UNIX_EPOCH + Duration::from_micros(received);
    SystemTime::now().duration_since(received).unwrap_or_default()
}
