//! Request to delete messages in a group (03 §5.8).

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Signature, VerifyError};
use session_identity::{AccountId, GroupId, Timestamp};

use super::admin_signature::Statement;
use crate::{
    content::{ContentError, fields},
    wire::{self, UnknownFields, group::GroupUpdateDeleteMemberContentMessage},
};

/// Request to delete single messages, or all of some members.
///
/// With the signature of an admin, every message may be meant that was sent before the request. Without one,
/// only the sender's own ones are: members do not count then, and each hash only if its author is the sender.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeleteContent {
    /// As they were received: they are signed.
    members: Vec<String>,
    hashes: Vec<String>,
    admin_signature: Option<Ed25519Signature>,
    unknown: UnknownFields,
}

/// Milliseconds with 13 digits: from 2001 to 2286.
const SIGNED_TIMES: core::ops::Range<u64> = 1_000_000_000_000..10_000_000_000_000;

const MEMBERS: &str = "GroupUpdateDeleteMemberContentMessage.memberSessionIds";

impl DeleteContent {
    /// Request of a member about messages of its own, by their hashes.
    ///
    /// # Errors
    /// [`ContentError::Empty`] without hashes.
    pub fn of_own(hashes: Vec<String>) -> Result<Self, ContentError> {
        Self {
            members: Vec::new(),
            hashes,
            admin_signature: None,
            unknown: UnknownFields::default(),
        }
        .check()
    }

    /// Request of an admin of the group of this key pair, to be sent at `sent_at`, which is signed.
    ///
    /// # Errors
    /// [`ContentError::Empty`] without members and hashes.
    pub fn by_admin(
        group: &Ed25519Keypair,
        members: &[AccountId],
        hashes: Vec<String>,
        sent_at: Timestamp,
    ) -> Result<Self, ContentError> {
        let members: Vec<_> = members.iter().map(AccountId::to_string).collect();
        let statement = Statement::DeleteContent { sent_at, members: &members, hashes: &hashes };
        let admin_signature = Some(statement.sign(group));
        Self { members, hashes, admin_signature, unknown: UnknownFields::default() }.check()
    }

    /// Members whose messages are meant.
    pub fn members(&self) -> impl Iterator<Item = AccountId> {
        self.members.iter().filter_map(|text| text.parse().ok())
    }

    /// Hashes of the messages that are meant.
    pub fn hashes(&self) -> impl Iterator<Item = &str> {
        self.hashes.iter().map(String::as_str)
    }

    /// Whether an admin of `group` sent this at `sent_at`: `Ok(false)` if it carries no signature.
    ///
    /// # Errors
    /// [`VerifyError`] if it carries a wrong one, or a time without 13 digits, whereupon the whole request is to be
    /// dropped.
    pub fn verify(&self, group: &GroupId, sent_at: Timestamp) -> Result<bool, VerifyError> {
        let Some(signature) = &self.admin_signature else { return Ok(false) };
        // The signed text has no separators: with the first digits of an id, the time would be one of a far future,
        // and the request one to delete what is yet to be written.
        if !SIGNED_TIMES.contains(&sent_at.as_millis()) {
            return Err(VerifyError::Signature);
        }
        let (members, hashes) = (&self.members, &self.hashes);
        Statement::DeleteContent { sent_at, members, hashes }.verify(group, signature)?;
        Ok(true)
    }

    fn check(self) -> Result<Self, ContentError> {
        if self.members.is_empty() && self.hashes.is_empty() {
            return Err(ContentError::Empty { field: MEMBERS });
        }
        Ok(self)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let request = GroupUpdateDeleteMemberContentMessage {
            member_session_ids: self.members.clone(),
            message_hashes: self.hashes.clone(),
            admin_signature: self.admin_signature.map(|signature| signature.to_bytes().to_vec()),
        };
        wire::encode_with(&request, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (request, unknown) =
            wire::decode_keeping::<GroupUpdateDeleteMemberContentMessage>(bytes)?;
        let field = "GroupUpdateDeleteMemberContentMessage.adminSignature";
        let admin_signature = request.admin_signature.as_deref();
        Self {
            members: request.member_session_ids,
            hashes: request.message_hashes,
            admin_signature: admin_signature
                .map(|bytes| fields::signature(bytes, field))
                .transpose()?,
            unknown,
        }
        .check()
    }
}
