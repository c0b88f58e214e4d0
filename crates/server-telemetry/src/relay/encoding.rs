//! Compressed bodies: what counts is the size that they unfold to.

use super::answer::Refusal;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, header};
use std::io::Read;

/// How the body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
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
        } else if value.is_empty() || value.eq_ignore_ascii_case("identity") {
            Ok(Self::Identity)
        } else {
            Err(Refusal::UnsupportedEncoding)
        }
    }

    /// Unpacks a body; stops as soon as it is larger than `limit` bytes, so a small bomb stays small.
    pub(super) fn decode(self, body: Bytes, limit: usize) -> Result<Bytes, Refusal> {
        match self {
            Self::Identity => Ok(body),
            Self::Gzip => {
                let mut unpacked = Vec::with_capacity(body.len().saturating_mul(4).min(limit));
                MultiGzDecoder::new(&*body)
                    .take(limit as u64 + 1)
                    .read_to_end(&mut unpacked)
                    .map_err(|error| Refusal::Malformed(format!("the gzip stream is damaged ({error})")))?;
                if unpacked.len() > limit {
                    return Err(Refusal::TooLarge { limit });
                }
                Ok(unpacked.into())
            }
        }
    }
}
