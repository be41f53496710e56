//! Invitations and promotions: what one person sends another to share a group (06 §9, 03 §5.1, §5.2).
//!
//! Both come in direct messages. A group's own swarm carries neither: [`Group`](crate::Group) refuses them there.
//!
//! ```text
//! direct message ─► Invitation::check ─► entry of UserGroups, invited      the user decides
//!                                           ├─ yes: Group::accept          the group hears of it
//!                                           └─ no: the entry is erased     nobody hears of it
//! ```

use std::fmt;

use session_config::{MAX_NAME_LENGTH, user_groups::JoinedGroup};
use session_crypto::{
    ed25519::{Ed25519Seed, VerifyError},
    secret::SecretBytes,
};
use session_envelope::{
    content::{Content, Kind, Place, group::GroupUpdate},
    message::Message,
    received::Received,
};
use session_identity::{Account, AccountId, GroupId, Timestamp, id::PrefixedId};
use session_swarm::subaccount::{SubaccountAuth, SubaccountAuthError};

use crate::members::MEMBER_ACCESS;

/// An invitation into a group, of which everything was checked that can be.
///
/// Neither the name of the group nor that the inviter is an admin is proven: somebody whom an admin invited can
/// pass on the bytes. Only the invitee can use them.
#[derive(Clone)]
pub struct Invitation {
    group: GroupId,
    name: String,
    inviter: AccountId,
    sent_at: Timestamp,
    credential: Credential,
}

/// A message that may be an invitation, of either decoder.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The account that sent it; `None` if it is no direct message.
    sender: Option<AccountId>,
    sent_at: Timestamp,
    content: &'a Content,
}

impl<'a> From<&'a Received> for Letter<'a> {
    fn from(received: &'a Received) -> Self {
        let (sender, sent_at) = (Some(received.sender()), received.sent_at());
        Self { sender, sent_at, content: received.content() }
    }
}

impl<'a> From<&'a Message> for Letter<'a> {
    fn from(message: &'a Message) -> Self {
        let sender = match message.sender() {
            PrefixedId::Account(id) if message.place() == Place::Direct => Some(id),
            _ => None,
        };
        Self { sender, sent_at: message.sent_at(), content: message.content() }
    }
}

/// What lets the account use the group's swarm.
#[derive(Clone)]
enum Credential {
    Member(SubaccountAuth),
    Admin(Ed25519Seed),
}

impl Invitation {
    /// The invitation or promotion in a direct message to `account`: what
    /// [`message::decode`](session_envelope::message::decode) or [`direct::decode`](session_envelope::direct::decode)
    /// returned. Groups and communities carry neither.
    ///
    /// # Errors
    /// [`InvitationError`]. The message is to be dropped then; in any case it is to be deleted from the account's swarm.
    pub fn check<'a>(
        letter: impl Into<Letter<'a>>,
        account: &Account,
    ) -> Result<Self, InvitationError> {
        let Letter { sender: Some(sender), sent_at, content } = letter.into() else {
            return Err(InvitationError::OtherKind);
        };
        let Kind::Group(update) = content.kind() else {
            return Err(InvitationError::OtherKind);
        };
        // Own devices learn of groups from UserGroups.
        if sender == account.id() {
            return Err(InvitationError::OwnMessage);
        }
        let (group, name, credential) = match update {
            GroupUpdate::Invite(invite) => {
                invite.verify(&account.id(), sent_at)?;
                let auth = SubaccountAuth::from_bytes(invite.auth().expose_bytes());
                auth.verify(&invite.group(), account.ed25519(), MEMBER_ACCESS)?;
                (invite.group(), invite.name(), Credential::Member(auth))
            }
            // Whoever knows the seed may give it away: there is nothing to verify.
            GroupUpdate::Promotion(promotion) => {
                let seed = promotion.seed().clone();
                (promotion.group(), promotion.name(), Credential::Admin(seed))
            }
            _ => return Err(InvitationError::OtherKind),
        };
        Ok(Self { group, name: truncated(name).to_owned(), inviter: sender, sent_at, credential })
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.group
    }

    /// What the inviter calls the group, cut to [`MAX_NAME_LENGTH`] bytes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who sent it. From somebody whom the user approved it may be accepted without asking.
    #[must_use]
    pub const fn inviter(&self) -> AccountId {
        self.inviter
    }

    /// When it was sent, by the inviter's clock.
    #[must_use]
    pub const fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Whether it makes the account an admin. Clients do best to take such ones for groups that they know only
    /// (03 §5.2); there, [`Group::accept_promotion`](crate::Group::accept_promotion) takes it.
    #[must_use]
    pub const fn is_promotion(&self) -> bool {
        matches!(self.credential, Credential::Admin(_))
    }

    pub(crate) const fn seed(&self) -> Option<&Ed25519Seed> {
        match &self.credential {
            Credential::Admin(seed) => Some(seed),
            Credential::Member(_) => None,
        }
    }

    /// The group's entry for the list of the account's groups, made of the one that is `known`.
    ///
    /// It is one of an invited account until the user accepts, also if the account was removed from the group
    /// before. Whoever is in the group already stays in; a destroyed group stays destroyed.
    #[must_use]
    pub fn to_entry(&self, known: Option<JoinedGroup>) -> JoinedGroup {
        let known = known.filter(|entry| entry.id() == self.group);
        let mut entry = known.unwrap_or_else(|| JoinedGroup::new(self.group));
        let is_in = entry.seed().is_some() || entry.auth_data.is_some();
        if entry.removal.is_some() || !is_in {
            entry.mark_invited();
        }
        match &self.credential {
            Credential::Member(_) if entry.seed().is_some() => {}
            Credential::Member(auth) => {
                entry.auth_data = Some(SecretBytes::from_bytes(*auth.expose_bytes()));
            }
            // The group's id was made from the seed, so that they belong together.
            Credential::Admin(seed) => {
                let _ = entry.set_seed(Some(seed.clone()));
            }
        }
        // It was cut to the length that is allowed.
        let _ = entry.set_name(&self.name);
        entry
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("group", &self.group)
            .field("inviter", &self.inviter)
            .field("is_promotion", &self.is_promotion())
            .finish_non_exhaustive()
    }
}

/// Why a message is no invitation that can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// The message is about something else.
    #[error("message is no invitation")]
    OtherKind,
    /// The account sent it itself.
    #[error("invitation by the account itself")]
    OwnMessage,
    /// No admin of the group invited this account at this time.
    #[error("signature of the invitation is not by the group")]
    Signature(#[from] VerifyError),
    /// The access that comes with it is not the account's, not of the group, or too little.
    #[error("access to the group is not usable")]
    Access(#[from] SubaccountAuthError),
}

/// `name` cut to the length that entries and groups allow, at the start of a character.
pub(crate) fn truncated(name: &str) -> &str {
    let end = (0..=MAX_NAME_LENGTH.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    end.and_then(|end| name.get(..end)).unwrap_or_default()
}
