//! How often a page may come: token buckets, of its session and of its address.
//!
//! A bucket is one number, the time at which it will be full again (the *generic cell rate algorithm*), and the buckets are
//! a table of fixed size out of which a keyed hash picks one. So the memory stays the same however many sessions somebody
//! makes up, nothing is ever evicted, and whoever has used up a bucket does not get rid of it. Two sessions may get the
//! same bucket: with so many of them that is rare, and then they share a rate that no page comes near.

use super::answer::Refusal;
use http::{HeaderMap, header};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use trace_wire::Session;

/// Buckets in a table, of eight bytes each.
const BUCKETS: usize = 32 * 1024;
const SECOND: u64 = 1_000_000_000;

/// A number of batches in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayRate {
    /// How many a second, in the long run; 0 counts as 1.
    pub per_second: u32,
    /// How many at once, after a while without any; 0 counts as 1.
    pub burst: u32,
}

impl RelayRate {
    /// So many times as much of both.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self {
            per_second: self.per_second.saturating_mul(factor),
            burst: self.burst.saturating_mul(factor),
        }
    }
}

/// Who has sent how much of late.
pub(super) struct Rates {
    sessions: Buckets,
    addresses: Buckets,
    start: Instant,
}

/// Whose bucket of a session's size it is.
#[derive(Hash)]
enum Caller {
    Session([u8; 16]),
    WithoutSession(Option<IpAddr>),
}

impl Rates {
    pub(super) fn new(session: RelayRate, address: RelayRate) -> Self {
        Self {
            sessions: Buckets::new(session),
            addresses: Buckets::new(address),
            start: Instant::now(),
        }
    }

    /// Counts a batch of a page, or refuses it. The session is what the page's cookie says: whoever makes up a new one for
    /// each batch is stopped by the address. The other way round a session that sends too much does not use up what its
    /// neighbours at the address have.
    pub(super) fn admit(&self, headers: &HeaderMap, address: Option<IpAddr>) -> Result<(), Refusal> {
        let now = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let address = address.map(network);
        let caller = match session(headers) {
            Some(id) => Caller::Session(id),
            None => Caller::WithoutSession(address),
        };
        self.sessions
            .take(&caller, now)
            .and_then(|()| self.addresses.take(&address, now))
            .map_err(|_| Refusal::TooOften)
    }
}

fn session(headers: &HeaderMap) -> Option<[u8; 16]> {
    let mut cookies = headers.get_all(header::COOKIE).iter();
    // Not `to_str`, which takes ASCII only: another app on this host may have set a cookie with more in it.
    let session = cookies.find_map(|cookies| Session::in_cookies(&String::from_utf8_lossy(cookies.as_bytes())))?;
    Some(session.id)
}

/// The address, or of an IPv6 address the network of 64 bits: whoever has one address of it has them all.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 => v4,
    }
}

struct Buckets {
    /// When each is full again, in nanoseconds since the relay's start; in the past: it is full.
    full_at: Box<[AtomicU64]>,
    hasher: RandomState,
    /// What one batch takes out, in nanoseconds.
    interval: u64,
    /// What a full bucket holds, in nanoseconds.
    depth: u64,
}

impl Buckets {
    fn new(rate: RelayRate) -> Self {
        let interval = SECOND / u64::from(rate.per_second.max(1));
        Self {
            full_at: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            interval,
            depth: interval * u64::from(rate.burst.max(1)),
        }
    }

    /// Takes one batch out, or says after which time that will be possible: a second at most.
    fn take(&self, key: &impl Hash, now: u64) -> Result<(), Duration> {
        let index = self.hasher.hash_one(key) as usize % BUCKETS;
        let bucket = &self.full_at[index];
        let mut full_at = bucket.load(Ordering::Relaxed);
        loop {
            let next = full_at.max(now).saturating_add(self.interval);
            let missing = next - now;
            if missing > self.depth {
                return Err(Duration::from_nanos(missing - self.depth));
            }
            match bucket.compare_exchange_weak(full_at, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(changed) => full_at = changed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: RelayRate = RelayRate {
        per_second: 20,
        burst: 100,
    };

    #[test]
    fn a_burst_is_taken_and_then_the_rate() {
        let buckets = Buckets::new(RATE);
        for _ in 0..100 {
            assert_eq!(buckets.take(&"a", 0), Ok(()));
        }
        assert_eq!(buckets.take(&"a", 0), Err(Duration::from_millis(50)));
        assert_eq!(buckets.take(&"a", SECOND / 40), Err(Duration::from_millis(25)));
        for n in 1..=200 {
            assert_eq!(buckets.take(&"a", n * SECOND / 20), Ok(()), "{n}");
            assert!(buckets.take(&"a", n * SECOND / 20).is_err(), "{n}");
        }
        // After a long rest it is full, and not fuller than that.
        let later = 1_000_000 * SECOND;
        assert_eq!((0..200).filter(|_| buckets.take(&"a", later).is_ok()).count(), 100);
    }

    #[test]
    fn a_hostile_number_of_sessions_frees_nobody_and_costs_no_memory() {
        let buckets = Buckets::new(RATE);
        while buckets.take(&"greedy", 0).is_ok() {}
        for session in 0_u32..100_000 {
            _ = buckets.take(&session, 0);
        }
        assert!(buckets.take(&"greedy", 0).is_err());
        assert_eq!(buckets.full_at.len(), BUCKETS);
    }

    #[test]
    fn zeros_and_the_largest_numbers_do_no_harm() {
        let never = RelayRate {
            per_second: 0,
            burst: 0,
        };
        let buckets = Buckets::new(never);
        assert_eq!(buckets.take(&1, 0), Ok(()));
        assert_eq!(buckets.take(&1, 0), Err(Duration::from_secs(1)));
        let most = RelayRate {
            per_second: u32::MAX,
            burst: u32::MAX,
        };
        assert_eq!(most.times(10), most);
        assert_eq!(Buckets::new(most).take(&1, u64::MAX), Ok(()));
        let slow = RelayRate { per_second: 1, ..most };
        assert_eq!(Buckets::new(slow).take(&1, 0), Ok(()));
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let of = |address: &str| network(address.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
