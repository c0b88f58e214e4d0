//! `google.rpc.Status`, the body of an OTLP/HTTP error (<https://opentelemetry.io/docs/specs/otlp/#failures>): written by
//! the relay, read from backends.

use prost::Message;

/// The two fields that OTLP uses.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RpcStatus {
    /// A `google.rpc.Code`.
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    /// For a person.
    #[prost(string, tag = "2")]
    pub(crate) message: String,
}
