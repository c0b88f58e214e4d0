//! The one error of the app's boundary: what a server function, and the JSON API beside it, may say to a client.
//!
//! Nothing internal is in it: a cause is logged on the server, and the client gets the trace id under which to find it.
//! On the wire it is one flat JSON object (`code`, `message`, `errors`, `trace_id`), so that people with curl can read it too.

use cruddur::FieldError;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why the server, or the way to it, did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub enum ApiError {
    /// What was typed in does not hold; every problem, each with its field. HTTP 422.
    #[error("{}", listed(.0))]
    Invalid(Vec<FieldError>),
    /// Only a signed-in person can do this. HTTP 401.
    #[error("You need to sign in to do this.")]
    SignInRequired,
    /// The request is understood and not allowed; the words say why. HTTP 403.
    #[error("{0}")]
    Refused(String),
    /// There is no such thing, or no longer. HTTP 404.
    #[error("This does not exist, or no longer does.")]
    NotFound,
    /// Something broke on the server. HTTP 500.
    #[error("Something went wrong on our side. Your request was not completed; please try again.")]
    Internal {
        /// The trace in which the cause is recorded, 32 hexadecimal digits.
        trace_id: Option<String>,
    },
    /// The server was not reached, or what answered was not our server. Only made in the browser.
    #[error("We could not reach the server. Your text is still here; try again.")]
    Unreachable,
}

impl ApiError {
    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 422,
            Self::SignInRequired => 401,
            Self::Refused(_) => 403,
            Self::NotFound => 404,
            Self::Internal { .. } => 500,
            Self::Unreachable => 503,
        }
    }

    /// The problems at their fields; none unless the input was invalid.
    #[must_use]
    pub fn field_errors(&self) -> &[FieldError] {
        match self {
            Self::Invalid(errors) => errors,
            _ => &[],
        }
    }

    /// The trace in which the cause is recorded, where the server named one.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Internal { trace_id } => trace_id.as_deref(),
            _ => None,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::SignInRequired => "sign_in_required",
            Self::Refused(_) => "refused",
            Self::NotFound => "not_found",
            Self::Internal { .. } => "internal",
            Self::Unreachable => "unreachable",
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    /// In the browser: no answer, or one that is not ours. On the server: input that no form of ours sends.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(reason) | ServerFnErrorErr::MissingArg(reason) => {
                let error = Self::Invalid(vec![FieldError {
                    field: String::new(),
                    code: "input_unreadable".to_owned(),
                    message: format!("The request could not be read: {reason}"),
                }]);
                // No function was reached that could set it, and Leptos takes every error for one of ours (500).
                #[cfg(feature = "ssr")]
                crate::api::answer::set_status(&error);
                error
            }
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) => Self::Unreachable,
            _ => Self::Internal { trace_id: None },
        }
    }
}

/// The shape on the wire.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Wire {
    code: String,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

impl From<ApiError> for Wire {
    fn from(error: ApiError) -> Self {
        let (code, message) = (error.code().to_owned(), error.to_string());
        let (errors, trace_id) = match error {
            ApiError::Invalid(errors) => (errors, None),
            ApiError::Internal { trace_id } => (Vec::new(), trace_id),
            _ => (Vec::new(), None),
        };
        Self {
            code,
            message,
            errors,
            trace_id,
        }
    }
}

impl From<Wire> for ApiError {
    fn from(wire: Wire) -> Self {
        match wire.code.as_str() {
            "invalid" => Self::Invalid(wire.errors),
            "sign_in_required" => Self::SignInRequired,
            "refused" => Self::Refused(wire.message),
            "not_found" => Self::NotFound,
            "internal" => Self::Internal {
                trace_id: wire.trace_id,
            },
            _ => Self::Unreachable,
        }
    }
}

fn listed(errors: &[FieldError]) -> String {
    errors
        .iter()
        .map(|error| error.message.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> FieldError {
        FieldError {
            field: "message".into(),
            code: "message_blank".into(),
            message: "Write something first.".into(),
        }
    }

    #[test]
    fn every_error_survives_the_wire() {
        let errors = [
            ApiError::Invalid(vec![blank()]),
            ApiError::SignInRequired,
            ApiError::Refused("Not from another site.".into()),
            ApiError::NotFound,
            ApiError::Internal {
                trace_id: Some("0af7651916cd43dd8448eb211c80319c".into()),
            },
            ApiError::Unreachable,
        ];
        for error in errors {
            assert_eq!(ApiError::de(error.ser()), error);
        }
    }

    #[test]
    fn the_wire_is_one_flat_object() {
        let bytes = ApiError::Invalid(vec![blank()]).ser();
        assert_eq!(
            std::str::from_utf8(&bytes).expect("JSON is text"),
            r#"{"code":"invalid","message":"Write something first.","errors":[{"field":"message","code":"message_blank","message":"Write something first."}]}"#
        );
    }

    #[test]
    fn an_answer_that_is_not_ours_is_no_answer() {
        for body in [
            "<html>502 Bad Gateway</html>",
            "",
            "{}",
            r#"{"code":"new_in_a_later_version"}"#,
        ] {
            assert_eq!(ApiError::de(body.to_owned().into()), ApiError::Unreachable, "{body:?}");
        }
    }
}
