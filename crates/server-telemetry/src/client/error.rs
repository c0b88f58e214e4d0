//! Why there is no answer, in words without an address.

use std::error::Error;
use std::io;

/// Why there is no answer.
///
/// The causes are looked at and let go: below are the texts of the resolver, of TLS and of HTTP, and some of them hold the
/// host's name or the whole URL, which must reach no log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// TLS could not be set up.
    #[error("TLS cannot be set up: this system has no certificates to trust (Debian: install ca-certificates)")]
    Setup,
    /// The request is none: its address is no `http` or `https` URL.
    #[error("the address cannot be used: it takes an http:// or https:// URL")]
    Request,
    /// DNS.
    #[error("the host's name cannot be found")]
    Name,
    /// Nobody listens there.
    #[error("the connection was refused")]
    Refused,
    /// TLS, for the server's certificate.
    #[error("the server's certificate was not accepted")]
    Certificate,
    /// Any other reason why there is no connection.
    #[error("no connection could be made")]
    Connect,
    /// Connected or not, it took too long.
    #[error("there was no answer in time")]
    Timeout,
    /// The connection went before the answer was complete.
    #[error("the connection broke off")]
    Broken,
    /// The answer has more than [`MAX_ANSWER`](super::MAX_ANSWER) bytes.
    #[error("the answer is too long")]
    TooLong,
}

impl ClientError {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        if error.is_builder() {
            return Self::Request;
        }
        let causes: Vec<&dyn Error> = std::iter::successors(error.source(), |&cause| cause.source()).collect();
        let kinds = || {
            causes
                .iter()
                .filter_map(|cause| cause.downcast_ref::<io::Error>())
                .map(io::Error::kind)
        };
        let says = |word: &str| causes.iter().any(|cause| cause.to_string().contains(word));
        if kinds().any(|kind| kind == io::ErrorKind::TimedOut) {
            Self::Timeout
        } else if !error.is_connect() {
            Self::Broken
        } else if kinds().any(|kind| kind == io::ErrorKind::ConnectionRefused) {
            Self::Refused
        } else if says("dns error") {
            Self::Name
        } else if says("certificate") {
            Self::Certificate
        } else {
            Self::Connect
        }
    }

    /// As `error.type` of a span.
    pub(super) fn error_type(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Request => "request",
            Self::Name => "name_resolution",
            Self::Refused => "connection_refused",
            Self::Certificate => "certificate",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Broken => "connection_broken",
            Self::TooLong => "response_too_long",
        }
    }
}
