//! The latest revocations of an account, the oldest first (05 §5.10).
//!
//! They stand by themselves: deployed nodes lose them together with the account's last message, after which a
//! removed member may read again.

use session_swarm::{limits::MAX_REVOCATIONS, subaccount::SubaccountToken};

/// Revokes `tokens`. One that was revoked before counts as revoked now; the oldest ones are forgotten.
pub(super) fn add(revoked: &mut Vec<SubaccountToken>, tokens: &[SubaccountToken]) {
    for token in tokens {
        revoked.retain(|one| one != token);
        revoked.push(*token);
    }
    forget_oldest(revoked);
}

/// Adds those of `tokens` that are not there, as older than those that are.
pub(super) fn merge(revoked: &mut Vec<SubaccountToken>, tokens: &[SubaccountToken]) {
    let mut merged = Vec::new();
    for token in tokens.iter().filter(|token| !revoked.contains(token)) {
        merged.retain(|one| one != token);
        merged.push(*token);
    }
    merged.append(revoked);
    *revoked = merged;
    forget_oldest(revoked);
}

/// Takes revocations back; returns how many there were.
pub(super) fn remove(revoked: &mut Vec<SubaccountToken>, tokens: &[SubaccountToken]) -> usize {
    let before = revoked.len();
    revoked.retain(|token| !tokens.contains(token));
    before.saturating_sub(revoked.len())
}

fn forget_oldest(revoked: &mut Vec<SubaccountToken>) {
    let surplus = revoked.len().saturating_sub(MAX_REVOCATIONS);
    revoked.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use session_crypto::ed25519::Ed25519PublicKey;
    use session_swarm::subaccount::Access;

    use super::*;

    fn token(number: u8) -> SubaccountToken {
        SubaccountToken::new(3, Access::READ, Ed25519PublicKey::from_bytes([number; 32]))
    }

    #[test]
    fn the_latest_fifty_are_kept() {
        let mut revoked = Vec::new();
        for number in 0..50 {
            add(&mut revoked, &[token(number)]);
        }
        add(&mut revoked, &[token(0), token(50)]);
        assert_eq!(revoked.len(), MAX_REVOCATIONS);
        assert_eq!((revoked[0], revoked[48], revoked[49]), (token(2), token(0), token(50)));
    }

    #[test]
    fn what_another_member_knows_is_older_than_what_is_known() {
        let mut revoked = vec![token(3), token(4)];
        merge(&mut revoked, &[token(1), token(4), token(2)]);
        assert_eq!(revoked, [1, 2, 3, 4].map(token));
        let many: Vec<_> = (10..60).map(token).collect();
        merge(&mut revoked, &many);
        assert_eq!(revoked.len(), MAX_REVOCATIONS);
        assert_eq!((revoked[0], revoked[45], revoked[46]), (token(14), token(59), token(1)));
    }

    #[test]
    fn what_is_taken_back_is_counted() {
        let mut revoked = vec![token(1), token(2)];
        assert_eq!(remove(&mut revoked, &[token(1), token(3)]), 1);
        assert_eq!(revoked, [token(2)]);
    }
}
