//! Compressed bodies: what counts is the size that they unfold to.
//!
//! A decoder stops as soon as it has given more than the limit, so a small bomb stays small; and since a zstd frame names the
//! memory that it wants (its window) before anything else, that has a limit as well. The zstd library is built without the
//! decoders of its formats from before 2016.

use super::answer::Refusal;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, header};
use std::fmt;
use std::io::{self, Read};

/// Windows that are always allowed: encoders that do not know a body's size take one of 2 MiB (zstd's level 3).
const USUAL_WINDOW_LOG: u32 = 21;
/// The largest that RFC 8878 recommends decoders to support.
const LARGEST_WINDOW_LOG: u32 = 23;

/// How the body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    pub(super) fn of_request(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let (first, second) = (values.next(), values.next());
        let value = match (first, second) {
            (None, _) => return Ok(Self::Identity),
            (Some(value), None) => value.to_str().unwrap_or_default().trim(),
            (Some(_), Some(_)) => return Err(Refusal::UnsupportedEncoding),
        };
        if value.eq_ignore_ascii_case("gzip") {
            Ok(Self::Gzip)
        } else if value.eq_ignore_ascii_case("zstd") {
            Ok(Self::Zstd)
        } else if value.is_empty() || value.eq_ignore_ascii_case("identity") {
            Ok(Self::Identity)
        } else {
            Err(Refusal::UnsupportedEncoding)
        }
    }

    /// Unpacks a body of at most `limit` bytes.
    pub(super) fn decode(self, body: Bytes, limit: usize) -> Result<Bytes, Refusal> {
        let unpacked = match self {
            Self::Identity => return Ok(body),
            Self::Gzip => unpack(MultiGzDecoder::new(&*body), body.len(), limit),
            Self::Zstd => zstd::Decoder::with_buffer(&*body).and_then(|mut decoder| {
                let whole = limit.checked_next_power_of_two().map_or(u32::MAX, usize::ilog2);
                decoder.window_log_max(whole.clamp(USUAL_WINDOW_LOG, LARGEST_WINDOW_LOG))?;
                unpack(decoder, body.len(), limit)
            }),
        };
        let unpacked =
            unpacked.map_err(|error| Refusal::Malformed(format!("the {self} stream is damaged ({error})")))?;
        if unpacked.len() > limit {
            return Err(Refusal::TooLarge { limit });
        }
        Ok(unpacked.into())
    }
}

/// What the decoder gives, up to one byte more than `limit`.
fn unpack(decoder: impl Read, packed: usize, limit: usize) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::with_capacity(packed.saturating_mul(4).min(limit));
    decoder.take(limit as u64 + 1).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}
