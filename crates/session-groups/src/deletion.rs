//! Requests to delete messages: which messages they may be obeyed for (06 §9, 03 §5.8).

use std::collections::BTreeSet;

use session_crypto::ed25519::VerifyError;
use session_envelope::content::group::DeleteContent;
use session_identity::{AccountId, GroupId, Timestamp};
use session_swarm::message_hash::MessageHash;

/// A request to delete messages whose claims were checked.
///
/// ```text
/// signed by an admin   the named messages, and all of the named members; sent before the request
/// not signed           of the named messages those that the sender of the request wrote
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deletion {
    author: AccountId,
    sent_at: Timestamp,
    by_admin: bool,
    members: BTreeSet<AccountId>,
    hashes: BTreeSet<MessageHash>,
}

impl Deletion {
    /// The request in a message by `author`, sent to the group at `sent_at`.
    ///
    /// # Errors
    /// [`VerifyError`] if it carries a signature that is not the group's: it is to be dropped as a whole.
    pub fn check(
        request: &DeleteContent,
        author: AccountId,
        sent_at: Timestamp,
        group: &GroupId,
    ) -> Result<Self, VerifyError> {
        let by_admin = request.verify(group, sent_at)?;
        Ok(Self {
            author,
            sent_at,
            by_admin,
            members: request.members().filter(|_| by_admin).collect(),
            hashes: request.hashes().filter_map(|hash| hash.parse().ok()).collect(),
        })
    }

    /// Whether the message of this name, written by `author` at `sent_at`, is to be deleted.
    #[must_use]
    pub fn covers(&self, hash: &MessageHash, author: &AccountId, sent_at: Timestamp) -> bool {
        if self.by_admin {
            let is_named = self.hashes.contains(hash) || self.members.contains(author);
            is_named && sent_at < self.sent_at
        } else {
            self.hashes.contains(hash) && *author == self.author
        }
    }

    /// Who sent the request.
    #[must_use]
    pub const fn author(&self) -> AccountId {
        self.author
    }

    /// When it was sent.
    #[must_use]
    pub const fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Whether an admin signed it.
    #[must_use]
    pub const fn is_by_admin(&self) -> bool {
        self.by_admin
    }

    /// Members all of whose messages are meant; nobody without the signature of an admin.
    pub fn members(&self) -> impl Iterator<Item = &AccountId> {
        self.members.iter()
    }

    /// Names of the messages that are meant: candidates for [`Self::covers`].
    pub fn hashes(&self) -> impl Iterator<Item = &MessageHash> {
        self.hashes.iter()
    }
}

#[cfg(test)]
mod tests {
    use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};

    use super::*;

    const EARLIER: Timestamp = Timestamp::from_millis(1_699_999_999_999);
    const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn keypair(seed: u8) -> Ed25519Keypair {
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]))
    }

    fn member(seed: u8) -> AccountId {
        AccountId::from_public_key(keypair(seed).to_x25519().public_key())
    }

    fn hash(letter: &str) -> MessageHash {
        letter.repeat(43).parse().unwrap()
    }

    fn names(letters: &[&str]) -> Vec<String> {
        letters.iter().map(|letter| hash(letter).to_string()).collect()
    }

    fn group() -> GroupId {
        GroupId::from_public_key(keypair(9).public_key())
    }

    #[test]
    fn members_delete_what_they_wrote() {
        let request = DeleteContent::of_own(names(&["A", "B"])).unwrap();
        let deletion = Deletion::check(&request, member(1), AT, &group()).unwrap();
        assert!(deletion.covers(&hash("A"), &member(1), AT));
        assert!(!deletion.covers(&hash("A"), &member(2), EARLIER), "of somebody else");
        assert!(!deletion.covers(&hash("C"), &member(1), EARLIER), "not named");
        assert!(!deletion.is_by_admin());
    }

    #[test]
    fn admins_delete_what_was_written_before() {
        let request =
            DeleteContent::by_admin(&keypair(9), &[member(1)], names(&["A"]), AT).unwrap();
        let deletion = Deletion::check(&request, member(3), AT, &group()).unwrap();
        assert!(deletion.covers(&hash("A"), &member(2), EARLIER));
        assert!(deletion.covers(&hash("B"), &member(1), EARLIER));
        assert!(!deletion.covers(&hash("B"), &member(2), EARLIER));
        for author in [member(1), member(2)] {
            assert!(!deletion.covers(&hash("A"), &author, AT), "not written before");
        }
    }

    #[test]
    fn signatures_of_others_spoil_the_whole_request() {
        let request = DeleteContent::by_admin(&keypair(8), &[member(1)], names(&["A"]), AT);
        let request = request.unwrap();
        let error = Deletion::check(&request, member(1), AT, &group());
        assert_eq!(error, Err(VerifyError::Signature));
        // At another time than the one that was signed.
        let request =
            DeleteContent::by_admin(&keypair(9), &[member(1)], names(&["A"]), AT).unwrap();
        let error = Deletion::check(&request, member(1), EARLIER, &group());
        assert_eq!(error, Err(VerifyError::Signature));
    }
}
