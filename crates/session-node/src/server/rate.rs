//! How many requests a client may send: a bucket of tokens for each address (05 §4.3).

use std::{collections::HashMap, net::Ipv4Addr, time::Duration};

/// Requests that a client may send at once.
const BURST: u64 = 600;
/// Requests that a client may send in a second.
const PER_SECOND: u64 = 300;
/// Clients that are told apart. When there are more, those with full buckets are forgotten.
const MAX_CLIENTS: usize = 10_000;
/// Tokens are counted in millionths, so that time does not have to be.
const TOKEN: u64 = 1_000_000;

/// The buckets of all clients.
#[derive(Debug, Default)]
pub(super) struct RateLimit(HashMap<Ipv4Addr, Bucket>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: u64,
    filled_at: Duration,
}

impl RateLimit {
    /// Takes a token of `client`; `now` is the time since the start, which never goes back. False if there is
    /// none.
    pub(super) fn admits(&mut self, client: Ipv4Addr, now: Duration) -> bool {
        if self.0.len() >= MAX_CLIENTS && !self.0.contains_key(&client) {
            self.0.retain(|_, bucket| bucket.at(now).tokens < BURST * TOKEN);
            if self.0.len() >= MAX_CLIENTS {
                return false;
            }
        }
        let full = Bucket { tokens: BURST * TOKEN, filled_at: now };
        let bucket = self.0.entry(client).or_insert(full);
        *bucket = bucket.at(now);
        match bucket.tokens.checked_sub(TOKEN) {
            Some(left) => {
                bucket.tokens = left;
                true
            }
            None => false,
        }
    }
}

impl Bucket {
    /// The bucket with what has come in since.
    fn at(self, now: Duration) -> Self {
        let micros = now.saturating_sub(self.filled_at).as_micros();
        let gained = u64::try_from(micros).unwrap_or(u64::MAX).saturating_mul(PER_SECOND);
        let tokens = self.tokens.saturating_add(gained).min(BURST * TOKEN);
        Self { tokens, filled_at: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);

    fn admitted(limit: &mut RateLimit, client: Ipv4Addr, now: Duration) -> usize {
        (0..10_000).take_while(|_| limit.admits(client, now)).count()
    }

    #[test]
    fn a_burst_then_a_stream() {
        let mut limit = RateLimit::default();
        assert_eq!(admitted(&mut limit, ONE, Duration::ZERO), 600);
        assert_eq!(admitted(&mut limit, ONE, Duration::from_micros(3_333)), 0);
        assert_eq!(admitted(&mut limit, ONE, Duration::from_micros(3_334)), 1);
        assert_eq!(admitted(&mut limit, ONE, Duration::from_secs(1)), 299);
        assert_eq!(admitted(&mut limit, ONE, Duration::from_secs(1_000_000)), 600);
        assert_eq!(admitted(&mut limit, Ipv4Addr::new(127, 0, 0, 2), Duration::from_secs(1)), 600);
    }

    #[test]
    fn idle_clients_are_forgotten_and_busy_ones_are_not() {
        let mut limit = RateLimit::default();
        for number in 0..10_000_u32 {
            assert!(limit.admits(Ipv4Addr::from(number), Duration::ZERO));
        }
        assert!(!limit.admits(ONE, Duration::ZERO), "all buckets are in use");
        assert!(limit.admits(ONE, Duration::from_secs(1)));
        assert_eq!(limit.0.len(), 1);
    }
}
