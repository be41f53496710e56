//! Legacy groups (`05…`): read what their members sent until spring 2025 (06 §14). Nothing is written.
//!
//! Last sender: clients of early 2025, which then stopped to send and to receive. May go when archives of that
//! time need no reading any more.
//!
//! A legacy group is named by a throw-away key that addresses its swarm and does nothing else. Its messages are
//! encrypted to a key pair that its admins made and sent to each member; it changes when a member is removed.
//!
//! ```text
//! direct message ─► Control::New ─► LegacyGroup          who is in it, the first key pair
//! stored message ─► LegacyGroup::open ─► a message │ a Control ─► LegacyGroup::take
//! ```

use std::{collections::BTreeSet, fmt};

use session_config::user_groups;
use session_crypto::x25519::X25519Keypair;
use session_envelope::{
    direct,
    legacy::{Control, ControlError, SealedKeypair},
};
use session_identity::{Account, AccountId, Timestamp};

/// Most key pairs that are kept; older ones go.
const MAX_KEYPAIRS: usize = 256;

/// A legacy group as one account knows it.
#[derive(Clone)]
pub struct LegacyGroup {
    id: AccountId,
    name: String,
    members: BTreeSet<AccountId>,
    admins: BTreeSet<AccountId>,
    /// The first of the admins who were named when the group was made: nobody can remove this one.
    founder: Option<AccountId>,
    /// Members who left and were not removed by an admin yet.
    left: BTreeSet<AccountId>,
    /// Newest first.
    keypairs: Vec<X25519Keypair>,
    /// What was sent before is not for this account.
    joined_at: Timestamp,
    is_over: bool,
}

impl LegacyGroup {
    /// The group of a control message `New`, sent to `account` in a direct message at `sent_at`. Its sender is
    /// to be somebody whom the user approved.
    ///
    /// # Errors
    /// [`TakeError::Other`] for another control message, [`TakeError::Members`] if there is no admin, an admin
    /// is no member, or the account is none.
    pub fn new(
        control: &Control,
        account: &AccountId,
        sent_at: Timestamp,
    ) -> Result<Self, TakeError> {
        let Control::New { group, name, members, admins, keypair, .. } = control else {
            return Err(TakeError::Other);
        };
        let founder = admins.first().copied();
        let members: BTreeSet<_> = members.iter().copied().collect();
        let admins: BTreeSet<_> = admins.iter().copied().collect();
        if founder.is_none() || !admins.is_subset(&members) || !members.contains(account) {
            return Err(TakeError::Members);
        }
        Ok(Self {
            id: *group,
            name: name.clone(),
            members,
            admins,
            founder,
            left: BTreeSet::new(),
            keypairs: vec![keypair.clone()],
            joined_at: sent_at,
            is_over: false,
        })
    }

    /// The group of an entry of the account's list, which holds the newest key pair.
    #[must_use]
    pub fn from_entry(entry: &user_groups::LegacyGroup) -> Self {
        let admins = entry.members.iter().filter(|(_, is_admin)| **is_admin);
        let keypair = entry
            .encryption_keys
            .as_ref()
            .map(|(public, secret)| (*public, X25519Keypair::from_secret_key(secret.clone())));
        // Halves that do not belong together open nothing.
        let keypair = keypair.filter(|(public, keypair)| *public == keypair.public_key());
        Self {
            id: entry.id(),
            name: entry.name().to_owned(),
            members: entry.members.keys().copied().collect(),
            admins: admins.map(|(id, _)| *id).collect(),
            founder: None,
            left: BTreeSet::new(),
            keypairs: keypair.into_iter().map(|(_, keypair)| keypair).collect(),
            joined_at: entry.settings.joined_at.unwrap_or(Timestamp::from_millis(0)),
            is_over: false,
        }
    }

    /// Which group: an Account ID in form, of which nobody has the secret.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// Name of the group.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who is in the group, also those who left and were not removed yet.
    pub fn members(&self) -> impl Iterator<Item = &AccountId> {
        self.members.iter()
    }

    /// Who may change the group.
    pub fn admins(&self) -> impl Iterator<Item = &AccountId> {
        self.admins.iter()
    }

    /// Members who left and were not removed by an admin yet.
    pub fn left(&self) -> impl Iterator<Item = &AccountId> {
        self.left.iter()
    }

    /// Whether the group was disbanded, or the account was removed from it.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Key pairs, newest first.
    #[must_use]
    pub fn keypairs(&self) -> &[X25519Keypair] {
        &self.keypairs
    }

    /// Opens a message of the group's namespace, with the newest key pair that fits. Its content is a message
    /// as in a direct conversation, or a [`Control`].
    ///
    /// # Errors
    /// [`direct::OpenError`]: the first step that fails.
    pub fn open(&self, stored: &[u8]) -> Result<direct::Opened, direct::OpenError> {
        direct::open(stored, &self.keypairs)
    }

    /// The control message in a message that was opened.
    ///
    /// # Errors
    /// [`ControlError`] if its content is about something else, or malformed.
    pub fn control(opened: &direct::Opened) -> Result<Control, ControlError> {
        Control::from_content(opened.content())
    }

    /// Adds a key pair that opens messages.
    pub fn add_keypair(&mut self, keypair: X25519Keypair) {
        if self.keypairs.iter().all(|known| known.public_key() != keypair.public_key()) {
            self.keypairs.insert(0, keypair);
            self.keypairs.truncate(MAX_KEYPAIRS);
        }
    }

    /// Obeys a control message of `author`, sent to the group (a key pair also in a direct message) at
    /// `sent_at`, as far as the author may.
    ///
    /// # Errors
    /// [`TakeError`]. Nothing changed then.
    pub fn take(
        &mut self,
        control: &Control,
        author: &AccountId,
        sent_at: Timestamp,
        account: &Account,
    ) -> Result<(), TakeError> {
        match control {
            // Of a group that is known, only the key pair is new.
            Control::New { group, keypair, .. } if *group == self.id => {
                self.check_admin(author)?;
                self.add_keypair(keypair.clone());
                return Ok(());
            }
            Control::New { .. } => return Err(TakeError::Other),
            Control::EncryptionKeypair(sealed) => {
                return self.take_keypair(sealed, author, account);
            }
            _ => {}
        }
        if !self.members.contains(author) {
            return Err(TakeError::Author);
        }
        if sent_at <= self.joined_at {
            return Err(TakeError::Outdated);
        }
        match control {
            Control::NameChange(name) => name.clone_into(&mut self.name),
            Control::MembersAdded(ids) => self.members.extend(ids),
            Control::MembersRemoved(ids) => self.remove(ids, author, account)?,
            Control::MemberLeft if self.admins.contains(author) => self.is_over = true,
            Control::MemberLeft => {
                self.left.insert(*author);
            }
            _ => return Err(TakeError::Other),
        }
        Ok(())
    }

    fn take_keypair(
        &mut self,
        sealed: &[SealedKeypair],
        author: &AccountId,
        account: &Account,
    ) -> Result<(), TakeError> {
        self.check_admin(author)?;
        let own = sealed.iter().find(|sealed| sealed.member() == account.id());
        let (keypair, sender) = own.ok_or(TakeError::NotForUs)?.open(account.x25519())?;
        // The box says itself who made it.
        let sender = sender.to_x25519().map_err(|_| TakeError::Author)?;
        self.check_admin(&AccountId::from_public_key(sender))?;
        self.add_keypair(keypair);
        Ok(())
    }

    fn remove(
        &mut self,
        ids: &[AccountId],
        author: &AccountId,
        account: &Account,
    ) -> Result<(), TakeError> {
        self.check_admin(author)?;
        if self.founder.is_some_and(|founder| ids.contains(&founder)) {
            return Err(TakeError::Members);
        }
        for id in ids {
            self.members.remove(id);
            self.admins.remove(id);
            self.left.remove(id);
        }
        self.is_over |= ids.contains(&account.id());
        Ok(())
    }

    fn check_admin(&self, author: &AccountId) -> Result<(), TakeError> {
        if self.admins.contains(author) { Ok(()) } else { Err(TakeError::Author) }
    }
}

impl fmt::Debug for LegacyGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyGroup").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a control message is not obeyed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TakeError {
    /// It is not one for this group, or not of the kind that is expected.
    #[error("control message is not for this")]
    Other,
    /// Its author may not say so.
    #[error("author of the control message may not send it")]
    Author,
    /// It was sent before the account joined.
    #[error("control message is from before the account joined")]
    Outdated,
    /// Its list of members makes no sense.
    #[error("members of the control message make no group")]
    Members,
    /// None of its key pairs is for this account.
    #[error("no key pair for this account")]
    NotForUs,
    /// The key pair for this account does not open.
    #[error(transparent)]
    Keypair(#[from] ControlError),
}

#[cfg(test)]
mod tests;
