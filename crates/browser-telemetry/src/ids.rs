//! Random trace and span ids, from the browser's cryptographic generator.

use crate::page;
use crate::state::{part, state};
use opentelemetry::trace::{SpanId, TraceId};

/// Calls out of WASM are not free: random bytes are fetched this many at a time.
const POOL: usize = 256;

/// Not 0: the one value that the specification forbids.
fn random() -> u64 {
    let mut pool = part(&state().random);
    loop {
        let Some(bytes) = pool.last_chunk().copied() else {
            *pool = vec![0; POOL];
            page::random(&mut pool);
            continue;
        };
        let rest = pool.len() - size_of::<u64>();
        pool.truncate(rest);
        let number = u64::from_ne_bytes(bytes);
        if number != 0 {
            return number;
        }
    }
}

pub(crate) fn trace_id() -> TraceId {
    TraceId::from(u128::from(random()) << 64 | u128::from(random()))
}

pub(crate) fn span_id() -> SpanId {
    SpanId::from(random())
}
