//! Random trace and span ids, from the browser's cryptographic generator.

use crate::page;
use crate::state::state;
use opentelemetry::trace::{SpanId, TraceId};

/// Calls out of WASM are not free: random bytes are fetched this many at a time.
const POOL: usize = 256;

/// Not all zero: the one value that the specification forbids.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut pool = state().random.borrow_mut();
    loop {
        if pool.len() < N {
            pool.resize(POOL, 0);
            page::random(&mut pool);
        }
        let rest = pool.len() - N;
        let bytes: [u8; N] = pool[rest..].try_into().unwrap_or([0; N]);
        pool.truncate(rest);
        if bytes != [0; N] {
            return bytes;
        }
    }
}

pub(crate) fn trace_id() -> TraceId {
    TraceId::from_bytes(random())
}

pub(crate) fn span_id() -> SpanId {
    SpanId::from_bytes(random())
}
