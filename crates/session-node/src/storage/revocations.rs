//! Revoked subaccounts, by account (05 §5.10).

use std::collections::{HashMap, VecDeque};

use session_swarm::{address::Address, limits::MAX_REVOCATIONS, subaccount::SubaccountToken};

/// The latest [`MAX_REVOCATIONS`] revocations of each account. They stand by themselves: deployed nodes lose
/// them together with the account's last message, after which a removed member may read again.
#[derive(Clone, Debug, Default)]
pub(super) struct Revocations(HashMap<Address, VecDeque<SubaccountToken>>);

impl Revocations {
    /// Revokes `tokens`. One that was revoked before counts as revoked now; the oldest ones are forgotten.
    pub(super) fn add(&mut self, account: Address, tokens: &[SubaccountToken]) {
        let revoked = self.0.entry(account).or_default();
        for token in tokens {
            revoked.retain(|one| one != token);
            revoked.push_back(*token);
        }
        let surplus = revoked.len().saturating_sub(MAX_REVOCATIONS);
        revoked.drain(..surplus);
        if revoked.is_empty() {
            self.0.remove(&account);
        }
    }

    /// Takes revocations back; returns how many there were.
    pub(super) fn remove(&mut self, account: &Address, tokens: &[SubaccountToken]) -> usize {
        let Some(revoked) = self.0.get_mut(account) else { return 0 };
        let before = revoked.len();
        revoked.retain(|token| !tokens.contains(token));
        let removed = before.saturating_sub(revoked.len());
        if revoked.is_empty() {
            self.0.remove(account);
        }
        removed
    }

    /// Forgets the revocations of accounts that are not to `stay`.
    pub(super) fn retain(&mut self, stays: impl Fn(&Address) -> bool) {
        self.0.retain(|account, _| stays(account));
    }

    /// The revocations of an account, the oldest first.
    pub(super) fn of(&self, account: &Address) -> Vec<SubaccountToken> {
        self.0.get(account).into_iter().flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use session_crypto::ed25519::Ed25519PublicKey;
    use session_swarm::subaccount::Access;

    use super::*;

    const ACCOUNT: Address = Address::from_bytes([3; 33]);
    const OTHER: Address = Address::from_bytes([4; 33]);

    fn token(number: u8) -> SubaccountToken {
        SubaccountToken::new(3, Access::READ, Ed25519PublicKey::from_bytes([number; 32]))
    }

    #[test]
    fn revocations_are_of_one_account_and_one_token() {
        let mut revocations = Revocations::default();
        revocations.add(ACCOUNT, &[token(1), token(2)]);
        assert_eq!(revocations.of(&ACCOUNT), [token(1), token(2)]);
        assert_eq!(revocations.of(&OTHER), []);
        assert_eq!(revocations.remove(&OTHER, &[token(1)]), 0);
        assert_eq!(revocations.remove(&ACCOUNT, &[token(1), token(3)]), 1);
        assert_eq!(revocations.of(&ACCOUNT), [token(2)]);
        assert_eq!(revocations.remove(&ACCOUNT, &[token(2)]), 1);
        assert!(revocations.0.is_empty());
        revocations.add(ACCOUNT, &[]);
        assert!(revocations.0.is_empty());
    }

    #[test]
    fn the_latest_fifty_are_kept() {
        let mut revocations = Revocations::default();
        for number in 0..50 {
            revocations.add(ACCOUNT, &[token(number)]);
        }
        revocations.add(ACCOUNT, &[token(0), token(50)]);
        let kept = revocations.of(&ACCOUNT);
        assert_eq!(kept.len(), MAX_REVOCATIONS);
        assert_eq!((kept[0], kept[48], kept[49]), (token(2), token(0), token(50)));
    }
}
