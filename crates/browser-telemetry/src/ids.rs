//! Random trace and span ids, from the browser's cryptographic generator.

use crate::dom;
use opentelemetry::trace::{SpanId, TraceId};
use std::cell::RefCell;

/// Calls out of WASM are not free: random bytes are fetched this many at a time.
const POOL: usize = 256;

thread_local!(static RANDOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) });

fn random<const N: usize>() -> [u8; N] {
    RANDOM.with_borrow_mut(|pool| {
        loop {
            if pool.len() < N {
                pool.resize(POOL, 0);
                if let Ok(crypto) = dom::window().crypto() {
                    _ = crypto.get_random_values_with_u8_array(pool);
                }
            }
            let rest = pool.len() - N;
            let bytes: [u8; N] = pool[rest..].try_into().unwrap_or([0; N]);
            pool.truncate(rest);
            // All zero is the one value that the specification forbids (and what a missing generator leaves).
            if bytes != [0; N] {
                return bytes;
            }
            pool.clear();
            if dom::window().crypto().is_err() {
                return std::array::from_fn(|_| (js_sys::Math::random() * 255.0) as u8 + 1);
            }
        }
    })
}

pub(crate) fn trace_id() -> TraceId {
    TraceId::from_bytes(random())
}

pub(crate) fn span_id() -> SpanId {
    SpanId::from_bytes(random())
}
