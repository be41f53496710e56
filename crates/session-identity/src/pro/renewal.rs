//! When to ask for the next proof (01 §11.7, 07 §11.2).

use super::{UnixSeconds, keys::PERIOD_S};

/// A proof is renewed this long before it expires, never earlier.
const LEAD_S: u64 = 3_600;
/// So near to a change of the rotating key two devices may disagree on which period it is.
const BOUNDARY_S: u64 = 15;

/// What an account knows about its Pro, from its credential and its synced profile.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the inputs of one rule")]
pub struct Entitlement {
    /// When the proof expires that the account holds, if it holds one.
    pub proof_expires_at: Option<UnixSeconds>,
    /// When access to Pro ends, if that is known.
    pub access_expires_at: Option<UnixSeconds>,
    /// Whether a payment was made that the backend may not have accounted for yet.
    pub is_prepaid: bool,
}

impl Entitlement {
    /// When to ask the backend for a proof: at once if the time is not after `now`, never if there is none.
    #[must_use]
    pub fn renewal_time(&self, now: UnixSeconds) -> Option<UnixSeconds> {
        let access_s = self.access_expires_at.map_or(0, UnixSeconds::as_secs);
        let now_s = now.as_secs();
        let Some(expiry) = self.proof_expires_at else {
            return (self.is_prepaid || access_s > now_s).then_some(now);
        };
        let expiry_s = expiry.as_secs();
        if expiry_s <= now_s {
            return Some(now);
        }
        if access_s.saturating_sub(now_s) <= LEAD_S {
            return None;
        }
        let mut target_s = expiry_s.saturating_sub(LEAD_S);
        if is_near_boundary(target_s) {
            target_s = target_s.saturating_sub(2 * BOUNDARY_S);
        }
        let is_late = target_s <= now_s && is_near_boundary(now_s);
        if is_late && expiry_s - now_s >= 60 + 300 {
            target_s = now_s.saturating_add(60);
        }
        Some(UnixSeconds::from_secs(target_s))
    }
}

const fn is_near_boundary(time_s: u64) -> bool {
    let into_period = time_s % PERIOD_S;
    into_period <= BOUNDARY_S || PERIOD_S - into_period <= BOUNDARY_S
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A multiple of 7 days.
    const BOUNDARY: u64 = PERIOD_S * 2_810;
    const HOUR: u64 = 3_600;

    fn time(proof: Option<u64>, access: Option<u64>, now: u64) -> Option<u64> {
        let entitlement = Entitlement {
            proof_expires_at: proof.map(UnixSeconds::from_secs),
            access_expires_at: access.map(UnixSeconds::from_secs),
            is_prepaid: false,
        };
        entitlement.renewal_time(UnixSeconds::from_secs(now)).map(UnixSeconds::as_secs)
    }

    #[test]
    fn without_a_proof_it_takes_access_or_a_payment() {
        let now = UnixSeconds::from_secs(1_000);
        assert_eq!(time(None, None, 1_000), None);
        assert_eq!(time(None, Some(1_000), 1_000), None);
        assert_eq!(time(None, Some(1_001), 1_000), Some(1_000));
        let prepaid = Entitlement { is_prepaid: true, ..Entitlement::default() };
        assert_eq!(prepaid.renewal_time(now), Some(now));
    }

    #[test]
    fn an_expired_proof_is_renewed_at_once() {
        for expiry in [0, 999, 1_000] {
            assert_eq!(time(Some(expiry), None, 1_000), Some(1_000), "{expiry}");
        }
    }

    #[test]
    fn when_access_ends_the_last_proof_is_ridden_out() {
        let (now, expiry) = (BOUNDARY + HOUR, BOUNDARY + 9 * HOUR);
        assert_eq!(time(Some(expiry), None, now), None);
        assert_eq!(time(Some(expiry), Some(now - 5), now), None);
        assert_eq!(time(Some(expiry), Some(now + HOUR), now), None);
        assert_eq!(time(Some(expiry), Some(now + HOUR + 1), now), Some(expiry - HOUR));
    }

    #[test]
    fn a_target_near_a_change_of_keys_moves_before_it() {
        let now = BOUNDARY - 9 * HOUR;
        let access = Some(u64::MAX);
        for (target, expected) in [
            (BOUNDARY - 16, BOUNDARY - 16),
            (BOUNDARY - 15, BOUNDARY - 45),
            (BOUNDARY, BOUNDARY - 30),
            (BOUNDARY + 15, BOUNDARY - 15),
            (BOUNDARY + 16, BOUNDARY + 16),
        ] {
            assert_eq!(time(Some(target + HOUR), access, now), Some(expected), "{target}");
        }
    }

    #[test]
    fn a_late_renewal_waits_until_the_change_of_keys_is_over() {
        let access = Some(u64::MAX);
        for (now, left, expected) in [
            (BOUNDARY, 360, BOUNDARY + 60),
            (BOUNDARY + 15, 360, BOUNDARY + 75),
            (BOUNDARY - 15, 360, BOUNDARY + 45),
            (BOUNDARY, 359, BOUNDARY + 359 - HOUR),
            (BOUNDARY + 16, 360, BOUNDARY + 16 + 360 - HOUR),
        ] {
            assert_eq!(time(Some(now + left), access, now), Some(expected), "{now} {left}");
        }
    }

    #[test]
    fn no_time_is_out_of_range() {
        for now in [0, 1, u64::MAX - 1, u64::MAX] {
            for expiry in [0, 1, 3_599, u64::MAX - 1, u64::MAX] {
                let renewal = time(Some(expiry), Some(u64::MAX), now);
                assert!(renewal.is_none_or(|renewal| renewal <= expiry.max(now)), "{now} {expiry}");
            }
        }
    }
}
