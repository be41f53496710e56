//! The notice by which admins tell members that they were removed (06 §10; 02 §7).
//!
//! It lies in namespace −11 of the group, a [multi-recipient box](crate::multi_box) from the group's key pair
//! with one entry for each removed member:
//!
//! ```text
//! entry = member's X25519 key (32) ‖ number of the group key before the removal, in decimal
//! ```

use alloc::{format, vec::Vec};
use core::time::Duration;

use session_crypto::{
    ed25519::{Ed25519KeyError, Ed25519Keypair},
    rand_core::CryptoRng,
    x25519::{NonContributory, X25519Keypair, X25519PublicKey},
};
use session_identity::{AccountId, GroupId};

use crate::multi_box::{MultiBox, MultiBoxError};

/// Number of the namespace of the group's swarm in which notices lie.
pub const NAMESPACE: i16 = -11;
/// How long the swarm is to keep a notice: 30 days (03 §3.3).
pub const TTL: Duration = Duration::from_secs(30 * 86_400);

const DOMAIN: &[u8] = b"SessionGroupKickedMessage";

/// Notice of removal to `members`, from the group of this key pair. `generation` is the number of the group
/// key before the removal. Draws 24 bytes.
///
/// # Errors
/// [`NonContributory`] if the key of a member has small order.
pub fn seal(
    members: &[AccountId],
    generation: u64,
    group: &Ed25519Keypair,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, NonContributory> {
    let keys: Vec<_> = members.iter().map(AccountId::public_key).collect();
    let number = format!("{generation}");
    let texts: Vec<_> =
        keys.iter().map(|key| [key.as_bytes(), number.as_bytes()].concat()).collect();
    let messages = keys.iter().zip(texts.iter().map(Vec::as_slice));
    Ok(MultiBox::seal(messages, &group.to_x25519(), DOMAIN, rng)?.to_bytes())
}

/// Number of the group key from which on `member` is removed, or `None` if the notice is for others.
///
/// A notice whose number is below that of the current group key is older than an invitation, and of no effect.
///
/// # Errors
/// [`KickedError`] if the bytes are no notice of this group.
pub fn open(
    notice: &[u8],
    member: &X25519Keypair,
    group: &GroupId,
) -> Result<Option<u64>, KickedError> {
    let sender = group.public_key().to_x25519()?;
    let Some(text) = MultiBox::from_bytes(notice)?.open(member, &sender, DOMAIN) else {
        return Ok(None);
    };
    let (key, number) = text.split_first_chunk().ok_or(KickedError::Entry)?;
    if X25519PublicKey::from_bytes(*key) != member.public_key() {
        return Err(KickedError::Entry);
    }
    // Digits only: `parse` alone would take a plus sign.
    let digits = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let number = core::str::from_utf8(number).ok().filter(|_| digits);
    number.and_then(|number| number.parse().ok()).map(Some).ok_or(KickedError::Entry)
}

/// Why bytes are no notice of removal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KickedError {
    /// No multi-recipient box.
    #[error(transparent)]
    Box(#[from] MultiBoxError),
    /// The group's id is no key.
    #[error("group id is no key")]
    Group(#[from] Ed25519KeyError),
    /// The entry names another account, or no number.
    #[error("entry of the notice is malformed")]
    Entry,
}

#[cfg(test)]
mod tests {
    use session_crypto::{ed25519::Ed25519Seed, system_rng, x25519::X25519SecretKey};

    use super::*;

    fn group() -> (Ed25519Keypair, GroupId) {
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x77; 32]));
        let id = GroupId::from_public_key(keypair.public_key());
        (keypair, id)
    }

    fn member(number: u8) -> X25519Keypair {
        X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([number; 32]))
    }

    fn id(number: u8) -> AccountId {
        AccountId::from_public_key(member(number).public_key())
    }

    #[test]
    fn removed_members_learn_the_generation_and_others_nothing() {
        let (keypair, group) = group();
        for generation in [0, 7, u64::MAX] {
            let notice = seal(&[id(1), id(2)], generation, &keypair, &mut system_rng()).unwrap();
            assert_eq!(open(&notice, &member(1), &group), Ok(Some(generation)));
            assert_eq!(open(&notice, &member(2), &group), Ok(Some(generation)));
            assert_eq!(open(&notice, &member(3), &group), Ok(None));
            let other = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
            let other = GroupId::from_public_key(other.public_key());
            assert_eq!(open(&notice, &member(1), &other), Ok(None));
        }
    }

    #[test]
    fn entries_are_for_the_member_and_end_in_a_number() {
        let (keypair, group) = group();
        let (own, other) = (member(1).public_key(), member(2).public_key());
        for (key, number) in [
            (own, b"".as_slice()),
            (own, b"-1"),
            (own, b"+1"),
            (own, b"1 "),
            (own, b"0x1"),
            (own, b"18446744073709551616"),
            (own, b"\xff"),
            (other, b"1"),
        ] {
            let text = [key.as_bytes(), number].concat();
            let messages = [(&own, text.as_slice())];
            let notice = MultiBox::seal(messages, &keypair.to_x25519(), DOMAIN, &mut system_rng());
            let error = open(&notice.unwrap().to_bytes(), &member(1), &group);
            assert_eq!(error, Err(KickedError::Entry), "{number:?}");
        }
        let messages = [(&own, b"short".as_slice())];
        let notice = MultiBox::seal(messages, &keypair.to_x25519(), DOMAIN, &mut system_rng());
        let error = open(&notice.unwrap().to_bytes(), &member(1), &group);
        assert_eq!(error, Err(KickedError::Entry));
    }

    #[test]
    fn other_bytes_and_groups_are_refused() {
        let (_, group) = group();
        assert!(matches!(open(b"", &member(1), &group), Err(KickedError::Box(_))));
        let small_order = [[3].as_slice(), &[0; 32]].concat();
        let no_group = GroupId::try_from(small_order.as_slice()).unwrap();
        let error = open(b"d1:#24:xxxxxxxxxxxxxxxxxxxxxxxx1:elee", &member(1), &no_group);
        assert_eq!(error, Err(KickedError::Group(Ed25519KeyError::SmallOrder)));
    }
}
