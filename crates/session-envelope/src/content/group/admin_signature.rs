//! Signatures of admins: by the key of the group, over a text (03 §5).

use alloc::{format, string::String};
use core::fmt;

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Signature, VerifyError};
use session_identity::{AccountId, GroupId, Timestamp};

/// What an admin signs. Its text form is what is signed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Statement<'a> {
    Invite { invitee: &'a AccountId, sent_at: Timestamp },
    InfoChange { number: i32, sent_at: Timestamp },
    MemberChange { number: i32, sent_at: Timestamp },
    DeleteContent { sent_at: Timestamp, members: &'a [String], hashes: &'a [String] },
}

impl fmt::Display for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invite { invitee, sent_at } => write!(f, "INVITE{invitee}{sent_at}"),
            Self::InfoChange { number, sent_at } => write!(f, "INFO_CHANGE{number}{sent_at}"),
            Self::MemberChange { number, sent_at } => write!(f, "MEMBER_CHANGE{number}{sent_at}"),
            Self::DeleteContent { sent_at, members, hashes } => {
                write!(f, "DELETE_CONTENT{sent_at}")?;
                members.iter().chain(*hashes).try_for_each(|text| f.write_str(text))
            }
        }
    }
}

impl Statement<'_> {
    pub(super) fn sign(self, group: &Ed25519Keypair) -> Ed25519Signature {
        group.sign(format!("{self}").as_bytes())
    }

    pub(super) fn verify(
        self,
        group: &GroupId,
        signature: &Ed25519Signature,
    ) -> Result<(), VerifyError> {
        group.public_key().verify(format!("{self}").as_bytes(), signature)
    }
}
