//! One closed group on one device, for members and admins alike (06 §11).
//!
//! A [`Group`] sends nothing and reads no clock. Whoever owns it carries requests and answers:
//!
//! ```text
//! create, accept, add, remove, send …     what the user wants
//!        │
//! poll_transmit ─► Transmission ─► the swarm ─► handle_response │ handle_silence
//! poll          ─► Poll         ─► the swarm ─► handle_poll
//!        │
//! poll_event    ─► what the application should know
//! ```
//!
//! After each `handle_…` and after each thing that the user wants, take [`Group::poll_event`] and
//! [`Group::poll_transmit`] until they return nothing. One request at a time goes to the group's swarm;
//! invitations go out beside it. What could not be sent comes again after [`Group::poll_timeout`].
//!
//! What is done in several steps survives that the program ends: the steps follow from the configs and from
//! what a [dump](Group::dump) holds beside them, and any other admin can go on with them too.
//!
//! # Security
//! A group is what its admins sign. Keys, configs and the notices of admins are verified with the group's id;
//! what members say changes nothing but their own membership. Nobody but an admin can act for the group, and an
//! admin cannot be stopped from acting: whoever once had the group's secret has it for ever (06 §15).

use std::{fmt, num::NonZeroU32, time::Duration};

use session_config::{
    Config, GroupInfo, GroupMembers, message::Authority, user_groups::JoinedGroup,
};
use session_crypto::{
    ed25519::{Ed25519KeyError, Ed25519Keypair, Ed25519Seed},
    rand_core::CryptoRng,
};
use session_envelope::content::{
    Content, Expiration, Kind,
    group::{Bare, GroupUpdate},
};
use session_identity::{Account, AccountId, GroupId, Timestamp};
use session_swarm::{
    address::Address,
    auth::Signer,
    subaccount::{SubaccountAuth, SubaccountAuthError, SubaccountSigner},
};

use crate::{
    event::{Departure, Event},
    invitation::{Invitation, truncated},
    keys::KeyStore,
    members::MEMBER_ACCESS,
};

mod checkpoint;
mod dump;
mod events;
mod inbox;
mod operations;
mod polling;
mod receiving;
mod removed;
mod sending;
mod work;

pub use dump::LoadError;
pub use operations::OperationError;
pub use polling::{AskError, Poll, PollError, Progress};
pub use sending::SendError;

use events::Events;
use inbox::Inbox;
use work::{Haste, Letter, Outgoing, Work};

/// One closed group on one device.
pub struct Group {
    account: Account,
    role: Role,
    keys: KeyStore,
    info: Config<GroupInfo>,
    members: Config<GroupMembers>,
    entry: JoinedGroup,
    work: Work,
    inbox: Inbox,
    events: Events,
    /// What the last dump held beside keys and configs.
    dumped_local: Vec<u8>,
}

/// What the account is in the group, and how it signs.
enum Role {
    Admin(Ed25519Keypair),
    Member(SubaccountSigner),
    Departed(Departure),
}

/// Why an entry is not one of a group that the account is in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The user did not accept the invitation yet.
    #[error("invitation is not accepted")]
    Invited,
    /// The account was removed, or the group was destroyed.
    #[error("account is no longer in the group")]
    Removed,
    /// The entry holds neither the group's secret nor the access of a member.
    #[error("no access to the group")]
    NoAccess,
    /// The member's access is not the account's, not of the group, or too little.
    #[error("access to the group is not usable")]
    Access(#[from] SubaccountAuthError),
    /// The group's id is no key.
    #[error("group id is no key")]
    Id(#[from] Ed25519KeyError),
}

/// Why no group was made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The first edits of the group fail.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The id of the new group is no key. That of a fresh secret always is.
    #[error("group id is no key")]
    Id(#[from] Ed25519KeyError),
}

impl Group {
    /// Makes a group of which the account is the first admin, and invites people into it; draws 32 bytes. The
    /// people hear of it when the group is stored.
    ///
    /// # Errors
    /// [`CreateError`]: a blank or long name, too many members, ids that are no keys.
    pub fn create(
        account: &Account,
        name: &str,
        invited: &[AccountId],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, CreateError> {
        let secret = Ed25519Keypair::from_seed(Ed25519Seed::generate(rng));
        let mut entry = JoinedGroup::new(GroupId::from_public_key(secret.public_key()));
        // The id was made from the seed, so that they belong together.
        let _ = entry.set_seed(Some(secret.seed()));
        entry.settings.joined_at = Some(now);
        let mut group = Self::with(account, entry, Role::Admin(secret))?;
        // There is nothing that anybody could have stored.
        group.inbox.is_synchronised = true;
        group.found(name, invited, now)?;
        Ok(group)
    }

    /// Accepts the invitation of an entry, and says so to the group. The [entry](Self::entry) is no longer
    /// invited then: put it into UserGroups.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn accept(
        account: &Account,
        mut entry: JoinedGroup,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        entry.settings.is_invited = false;
        entry.settings.joined_at = Some(now);
        let mut group = Self::open(account, entry)?;
        let accepted = Kind::Group(GroupUpdate::InviteAccepted(Bare::new()));
        group.enqueue(Content::new(accepted), Haste::Now, now);
        group.events.push_back(Event::EntryChanged);
        Ok(group)
    }

    /// A group of which this device knows nothing but the entry, as when another device joined it: poll it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(account: &Account, entry: JoinedGroup) -> Result<Self, OpenError> {
        if entry.removal.is_some() {
            return Err(OpenError::Removed);
        }
        if entry.settings.is_invited {
            return Err(OpenError::Invited);
        }
        let role = match (entry.seed(), &entry.auth_data) {
            (Some(seed), _) => Role::Admin(Ed25519Keypair::from_seed(seed.clone())),
            (None, Some(auth)) => {
                let auth = SubaccountAuth::from_bytes(auth.expose_bytes());
                Role::Member(auth.verify(&entry.id(), account.ed25519(), MEMBER_ACCESS)?)
            }
            (None, None) => return Err(OpenError::NoAccess),
        };
        Ok(Self::with(account, entry, role)?)
    }

    fn with(account: &Account, entry: JoinedGroup, role: Role) -> Result<Self, Ed25519KeyError> {
        let mut keys = KeyStore::new(&entry.id(), account.x25519())?;
        let authority = match &role {
            Role::Admin(secret) => {
                // It is the secret of this group: the entry would hold no other.
                let _ = keys.set_admin_key(secret.seed());
                Authority::Signer(Box::new(secret.clone()))
            }
            Role::Member(_) | Role::Departed(_) => Authority::ReadOnly(keys.verifying_key()),
        };
        let members_authority = match &role {
            Role::Admin(secret) => Authority::Signer(Box::new(secret.clone())),
            Role::Member(_) | Role::Departed(_) => Authority::ReadOnly(keys.verifying_key()),
        };
        Ok(Self {
            account: account.clone(),
            role,
            info: Config::for_group(authority, []),
            members: Config::for_group(members_authority, []),
            keys,
            entry,
            work: Work::default(),
            inbox: Inbox::default(),
            events: Events::default(),
            dumped_local: Vec::new(),
        })
    }

    /// Which group.
    #[must_use]
    pub const fn id(&self) -> GroupId {
        self.entry.id()
    }

    /// The account on whose behalf the group is here.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The group's entry for UserGroups, to be put there on [`Event::EntryChanged`]; `None` if it is to be
    /// removed from there, because the account left.
    #[must_use]
    pub fn entry(&self) -> Option<JoinedGroup> {
        let left = matches!(self.role, Role::Departed(Departure::Left));
        (!left).then(|| self.entry.clone())
    }

    /// Name, picture and settings of the group.
    #[must_use]
    pub const fn info(&self) -> &Config<GroupInfo> {
        &self.info
    }

    /// Who is in the group.
    #[must_use]
    pub const fn members(&self) -> &Config<GroupMembers> {
        &self.members
    }

    /// The group's keys, as far as this device has them.
    #[must_use]
    pub const fn keys(&self) -> &KeyStore {
        &self.keys
    }

    /// Name of the group: that of the invitation until the group's own is known.
    #[must_use]
    pub fn name(&self) -> String {
        self.info.name().unwrap_or_else(|| self.entry.name().to_owned())
    }

    /// Whether the account has the group's secret.
    #[must_use]
    pub const fn is_admin(&self) -> bool {
        matches!(self.role, Role::Admin(_))
    }

    /// Why the account is no longer in the group; `None` while it is in it.
    #[must_use]
    pub const fn departure(&self) -> Option<Departure> {
        match &self.role {
            Role::Departed(departure) => Some(*departure),
            Role::Admin(_) | Role::Member(_) => None,
        }
    }

    /// Whether the swarm was read to the end and holds no key for this device (06 §12). Nothing can be sent
    /// then, but the account can leave. Ask all nodes of the swarm before showing it.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.departure().is_none() && self.inbox.is_synchronised && self.keys.is_empty()
    }

    /// Whether something is still to be sent: an edit, an invitation, a message.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.departure().is_none() && (self.has_group_work() || !self.work.letters.is_empty())
    }

    /// Makes the account an admin, by a promotion that came in a direct message. Everything is read again from
    /// the beginning then, since an admin can open every key that is still stored.
    ///
    /// # Errors
    /// [`OperationError::OtherGroup`] if it is no promotion, or one for another group;
    /// [`OperationError::Departed`].
    pub fn accept_promotion(&mut self, promotion: &Invitation) -> Result<(), OperationError> {
        self.check_present()?;
        let seed = promotion.seed().filter(|_| promotion.group() == self.id());
        let seed = seed.ok_or(OperationError::OtherGroup)?;
        if self.is_admin() {
            return Ok(());
        }
        let secret = Ed25519Keypair::from_seed(seed.clone());
        self.keys.set_admin_key(seed.clone()).map_err(|_| OperationError::OtherGroup)?;
        self.info.set_authority(Authority::Signer(Box::new(secret.clone())));
        self.members.set_authority(Authority::Signer(Box::new(secret.clone())));
        // The entry is that of this group.
        let _ = self.entry.set_seed(Some(seed.clone()));
        self.entry.auth_data = None;
        self.role = Role::Admin(secret);
        self.inbox.cursors.clear();
        self.inbox.needs_dump = true;
        self.inbox.is_synchronised = false;
        self.events.push_back(Event::Promoted);
        self.events.push_back(Event::EntryChanged);
        Ok(())
    }

    /// What happened, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    const fn address(&self) -> Address {
        Address::of_ed25519(Address::GROUP_PREFIX, self.entry.id().public_key())
    }

    fn signer(&self) -> Option<Signer<'_>> {
        match &self.role {
            Role::Admin(secret) => Some(Signer::owner(Address::GROUP_PREFIX, secret)),
            Role::Member(subaccount) => Some(Signer::member(subaccount)),
            Role::Departed(_) => None,
        }
    }

    const fn secret(&self) -> Option<&Ed25519Keypair> {
        match &self.role {
            Role::Admin(secret) => Some(secret),
            Role::Member(_) | Role::Departed(_) => None,
        }
    }

    const fn check_present(&self) -> Result<(), OperationError> {
        match self.role {
            Role::Departed(_) => Err(OperationError::Departed),
            Role::Admin(_) | Role::Member(_) => Ok(()),
        }
    }

    /// The setting of disappearing messages.
    fn expiration(&self) -> Expiration {
        expiration_of(self.info.expiry_timer())
    }

    /// Puts a content into the outbox; returns its time.
    fn enqueue(&mut self, content: Content, haste: Haste, now: Timestamp) -> Timestamp {
        let sent_at = self.work.stamp(now);
        self.work.outbox.push_back(Outgoing { content, sent_at, haste, sealed: None });
        sent_at
    }

    /// Hands the store's keys to the configs. After a rekey of this device they are pushed again under the new one.
    fn refresh_keys(&mut self) -> bool {
        let keys: Vec<_> = self.keys.config_keys().collect();
        let info = self.info.set_keys(keys.iter().cloned());
        self.members.set_keys(keys) || info
    }

    /// Ends it: the secrets go, a shell with a name stays.
    fn depart(&mut self, departure: Departure) {
        let name = self.name();
        // It was cut to the length that is allowed.
        let _ = self.entry.set_name(truncated(&name));
        match departure {
            Departure::Kicked => self.entry.mark_kicked(),
            Departure::Destroyed => self.entry.mark_destroyed(),
            Departure::Left => {}
        }
        let authority = || Authority::ReadOnly(self.keys.verifying_key());
        self.info = Config::for_group(authority(), []);
        self.members = Config::for_group(authority(), []);
        // The id was a key before.
        if let Ok(keys) = KeyStore::new(&self.entry.id(), self.account.x25519()) {
            self.keys = keys;
        }
        self.role = Role::Departed(departure);
        self.work = Work::default();
        self.inbox = Inbox::default();
        self.events.push_back(Event::EntryChanged);
        self.events.push_back(Event::Departed(departure));
    }
}

fn expiration_of(timer: Option<Duration>) -> Expiration {
    let seconds = timer.map_or(0, |timer| timer.as_secs());
    let seconds = NonZeroU32::new(u32::try_from(seconds).unwrap_or(u32::MAX));
    seconds.map_or(Expiration::Off, Expiration::AfterSend)
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("id", &self.id())
            .field("is_admin", &self.is_admin())
            .field("departure", &self.departure())
            .finish_non_exhaustive()
    }
}
