//! What goes into one request: batches of the log, one after the other, or a part of one.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ScopeSpans;
use prost::Message;
use span_log::Stored;
use std::collections::VecDeque;

use crate::otlp_target::{OtlpCompression, OtlpProtocol};

/// Spans in one request at most, unless one batch alone has more.
const MOST_SPANS: u64 = 1_000;

/// A batch of the log, or some of its spans.
#[derive(Clone)]
pub(super) struct Piece {
    /// The batch's number.
    pub(super) seq: u64,
    /// When the log took it; unix microseconds.
    pub(super) received: u64,
    pub(super) spans: u64,
    /// With it the batch is complete.
    pub(super) last: bool,
    /// Protobuf.
    body: Vec<u8>,
}

impl From<Stored> for Piece {
    fn from(stored: Stored) -> Self {
        Self {
            seq: stored.seq,
            received: stored.received,
            spans: u64::from(stored.spans),
            last: true,
            body: stored.body,
        }
    }
}

/// The content of one request, never empty.
pub(super) struct Part(pub(super) Vec<Piece>);

/// A batch that is no OTLP.
#[derive(Debug)]
pub(super) struct Undecodable;

impl Part {
    pub(super) fn spans(&self) -> u64 {
        self.0.iter().map(|piece| piece.spans).sum()
    }

    /// Bytes of protobuf, not compressed.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|piece| piece.body.len()).sum()
    }

    /// The cursor when this part is through; none where its batch is not complete with it.
    pub(super) fn cursor(&self) -> Option<u64> {
        self.0.iter().rev().find(|piece| piece.last).map(|piece| piece.seq)
    }

    /// The request's body.
    pub(super) fn encode(&self, protocol: OtlpProtocol, compression: OtlpCompression) -> Result<Bytes, Undecodable> {
        let body = match protocol {
            // A message with one repeated field: messages one after the other are the message of all (protobuf's rule
            // of merging), and nothing is decoded.
            OtlpProtocol::HttpProtobuf => self
                .0
                .iter()
                .map(|piece| piece.body.as_slice())
                .collect::<Vec<_>>()
                .concat(),
            OtlpProtocol::HttpJson => {
                let mut all = ExportTraceServiceRequest::default();
                for piece in &self.0 {
                    all.merge(piece.body.as_slice()).map_err(|_| Undecodable)?;
                }
                serde_json::to_vec(&all).map_err(|_| Undecodable)?
            }
        };
        Ok(compression.pack(body))
    }

    /// Two smaller parts, in their order; none where there is one span only.
    pub(super) fn halve(&self) -> Option<(Self, Self)> {
        if let [piece] = &self.0[..] {
            let (first, second) = halve(piece)?;
            return Some((Self(vec![first]), Self(vec![second])));
        }
        let (first, second) = self.0.split_at(self.0.len() / 2);
        Some((Self(first.to_vec()), Self(second.to_vec())))
    }
}

/// The next request's content: batches up to so many bytes, at least one.
pub(super) fn next(waiting: &mut VecDeque<Piece>, most_bytes: usize) -> Option<Part> {
    let mut part = Part(vec![waiting.pop_front()?]);
    let (mut bytes, mut spans) = (part.bytes(), part.spans());
    while let Some(piece) = waiting.front() {
        bytes += piece.body.len();
        spans += piece.spans;
        if bytes > most_bytes || spans > MOST_SPANS {
            break;
        }
        part.0.extend(waiting.pop_front());
    }
    Some(part)
}

/// Half of the spans, and the others; nothing where there are not two.
fn halve(piece: &Piece) -> Option<(Piece, Piece)> {
    let mut first = ExportTraceServiceRequest::decode(piece.body.as_slice()).ok()?;
    let all: usize = scopes(&first).map(|scope| scope.spans.len()).sum();
    if all < 2 {
        return None;
    }
    let mut second = first.clone();
    let mut keep = all / 2;
    for (one, other) in first.resource_spans.iter_mut().zip(&mut second.resource_spans) {
        for (one, other) in one.scope_spans.iter_mut().zip(&mut other.scope_spans) {
            let here = keep.min(one.spans.len());
            one.spans.truncate(here);
            other.spans.drain(..here);
            keep -= here;
        }
    }
    let of = |mut request: ExportTraceServiceRequest, last| {
        for resource in &mut request.resource_spans {
            resource.scope_spans.retain(|scope| !scope.spans.is_empty());
        }
        request
            .resource_spans
            .retain(|resource| !resource.scope_spans.is_empty());
        Piece {
            seq: piece.seq,
            received: piece.received,
            spans: scopes(&request).map(|scope| scope.spans.len() as u64).sum(),
            last,
            body: request.encode_to_vec(),
        }
    };
    Some((of(first, false), of(second, piece.last)))
}

fn scopes(request: &ExportTraceServiceRequest) -> impl Iterator<Item = &ScopeSpans> {
    request.resource_spans.iter().flat_map(|resource| &resource.scope_spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};

    fn scope(names: &[&str]) -> ScopeSpans {
        let spans = names.iter().map(|name| Span {
            name: (*name).to_owned(),
            ..Span::default()
        });
        ScopeSpans {
            spans: spans.collect(),
            ..ScopeSpans::default()
        }
    }

    fn piece(seq: u64, resources: Vec<Vec<ScopeSpans>>) -> Piece {
        let request = ExportTraceServiceRequest {
            resource_spans: resources
                .into_iter()
                .map(|scope_spans| ResourceSpans {
                    scope_spans,
                    ..ResourceSpans::default()
                })
                .collect(),
        };
        Piece {
            seq,
            received: 7,
            spans: scopes(&request).map(|scope| scope.spans.len() as u64).sum(),
            last: true,
            body: request.encode_to_vec(),
        }
    }

    fn names(body: &[u8]) -> Vec<String> {
        let request = ExportTraceServiceRequest::decode(body).unwrap();
        scopes(&request)
            .flat_map(|scope| &scope.spans)
            .map(|span| span.name.clone())
            .collect()
    }

    #[test]
    fn batches_one_after_the_other_are_one_request() {
        let part = Part(vec![
            piece(1, vec![vec![scope(&["a"])]]),
            piece(2, vec![vec![scope(&["b", "c"])]]),
        ]);
        let body = part.encode(OtlpProtocol::HttpProtobuf, OtlpCompression::None).unwrap();
        assert_eq!(names(&body), ["a", "b", "c"]);
        assert_eq!((part.spans(), part.cursor()), (3, Some(2)));
    }

    #[test]
    fn json_is_the_specifications() {
        let part = Part(vec![
            piece(1, vec![vec![scope(&["a"])]]),
            piece(2, vec![vec![scope(&["b"])]]),
        ]);
        let body = part.encode(OtlpProtocol::HttpJson, OtlpCompression::None).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(json["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"], "a");
        assert_eq!(json["resourceSpans"][1]["scopeSpans"][0]["spans"][0]["name"], "b");
    }

    #[test]
    fn a_batch_is_halved_through_its_scopes_and_resources_down_to_one_span() {
        let whole = piece(
            5,
            vec![vec![scope(&["a"]), scope(&["b", "c"])], vec![scope(&["d", "e"])]],
        );
        let (first, second) = Part(vec![whole]).halve().unwrap();
        assert_eq!(names(&first.0[0].body), ["a", "b"]);
        assert_eq!(names(&second.0[0].body), ["c", "d", "e"]);
        assert_eq!((first.spans(), second.spans()), (2, 3));
        assert_eq!((first.cursor(), second.cursor()), (None, Some(5)));
        let (b, _) = second.halve().unwrap();
        assert!(b.cursor().is_none());
        assert!(b.halve().is_none());
    }

    #[test]
    fn requests_are_bounded_in_bytes_and_spans_but_take_at_least_one_batch() {
        let big = |seq, spans| Piece {
            spans,
            body: vec![0; 100],
            ..piece(seq, vec![])
        };
        let mut waiting = VecDeque::from([big(1, 1), big(2, 1), big(3, 1), big(4, 900), big(5, 200), big(6, 5_000)]);
        let mut seqs = Vec::new();
        while let Some(part) = next(&mut waiting, 250) {
            seqs.push(part.0.iter().map(|piece| piece.seq).collect::<Vec<_>>());
        }
        assert_eq!(seqs, [vec![1, 2], vec![3, 4], vec![5], vec![6]]);
        assert_eq!(next(&mut VecDeque::from([big(1, 1)]), 1).unwrap().bytes(), 100);
    }
}
