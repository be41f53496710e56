//! A group on the disk (06 §3.8).
//!
//! ```text
//! d 5:inbox d … e  4:info …  4:keys …  5:local d …  e  7:members …  e
//! ```
//!
//! `inbox` says which messages were read and told of, and holds those that wait for a key: after a restart nothing
//! is told twice, and nothing that waited is lost. It grows with what the swarm stores: about 120 bytes for each
//! message of the last 31 days, of at most 100 000 messages, and at most 8 MiB of messages that wait. Dumps without
//! it load; the group is then read from the beginning, and everything is told once more.
//!
//! Events that the application did not take yet are told after the restart: those about a message because it is read
//! again, the others from `local`.
//!
//! Messages that are not sent yet are not in a dump: keep them until [`Event::Sent`](crate::Event::Sent). Nor are
//! invitations, whose members stay marked as not invited and can be sent one [again](super::Group::resend). The
//! secret of the group is in the entry of UserGroups.
//!
//! # Security
//! A dump holds keys and configs in clear: encrypt it. Load only what is authenticated.

use std::collections::{BTreeMap, BTreeSet};

use session_bt::{
    DecodeError, DictReader, DictWriter, Item, ListReader, Reader, encode_dict,
    encode_dict_with_capacity,
};
use session_config::{Config, config, message::Authority, user_groups::JoinedGroup};
use session_identity::{Account, AccountId, Timestamp};
use session_swarm::message_hash::MessageHash;
use zeroize::Zeroizing;

use super::{Group, OpenError, Work, work::Made};
use crate::keys::{self, Generation};

/// Most bytes of a dump beside its five parts: their keys and lengths.
const MAX_FRAME: usize = 128;

/// Why a group was not loaded. Open it from its entry then, and poll.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The entry is not one of a group that the account is in.
    #[error(transparent)]
    Entry(#[from] OpenError),
    /// No bt-encoding, or not the fields of a dump.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// The keys in the dump.
    #[error(transparent)]
    Keys(#[from] keys::LoadError),
    /// A config in the dump.
    #[error(transparent)]
    Config(#[from] config::LoadError),
    /// An id or a name in the dump is none.
    #[error("malformed {field} in the dump")]
    Field {
        /// Which one.
        field: &'static str,
    },
}

impl Group {
    /// Whether something changed since the last [`Self::dump`].
    #[must_use]
    pub fn needs_dump(&self) -> bool {
        self.keys.needs_dump()
            || self.inbox.needs_dump
            || self.info.needs_dump()
            || self.members.needs_dump()
            || self.dumped_local != encode_dict(|dict| self.write_local(dict))
    }

    /// The group for the disk.
    #[must_use]
    pub fn dump(&mut self, now: Timestamp) -> Zeroizing<Vec<u8>> {
        let (info, members) = (self.info.dump(now), self.members.dump(now));
        let keys = self.keys.dump();
        self.inbox.forget_expired(now);
        let untold = self.events.messages();
        let inbox = encode_dict(|dict| self.inbox.write(dict, &untold));
        // With the next dump the rest is known.
        self.inbox.needs_dump = !untold.is_empty();
        self.dumped_local = encode_dict(|dict| self.write_local(dict));
        let lengths = [info.len(), keys.len(), members.len(), inbox.len(), self.dumped_local.len()];
        // Room for everything, so that no copy of a key is left behind by a buffer that grows.
        let capacity = lengths.into_iter().fold(MAX_FRAME, usize::saturating_add);
        Zeroizing::new(encode_dict_with_capacity(capacity, |dict| {
            dict.raw(b"inbox", &inbox);
            dict.bytes(b"info", &info);
            dict.bytes(b"keys", &keys);
            dict.raw(b"local", &self.dumped_local);
            dict.bytes(b"members", &members);
        }))
    }

    fn write_local(&self, dict: &mut DictWriter<'_>) {
        dict.list(b"d", |list| {
            self.work.delete.iter().for_each(|hash| list.bytes(hash.as_bytes()));
        });
        if self.events.is_written() {
            dict.list(b"e", |list| self.events.write(list));
        }
        if self.inbox.has_lost {
            dict.integer(b"f", 1);
        }
        dict.dict(b"g", |dict| {
            let untold = self.work.untold.iter();
            untold.for_each(|(id, needed)| dict.integer(&id.to_bytes(), i64::from(*needed)));
        });
        dict.list(b"h", |list| {
            self.work.history_for.iter().for_each(|id| list.bytes(&id.to_bytes()));
        });
        dict.dict(b"j", |dict| {
            let joined = self.inbox.joined.iter();
            joined.for_each(|(id, since)| dict.integer(&id.to_bytes(), since.as_millis()));
        });
        dict.dict(b"k", |dict| {
            let handed = self.work.handed.iter();
            handed.for_each(|(id, highest)| dict.integer(&id.to_bytes(), i64::from(*highest)));
        });
        dict.dict(b"l", |dict| {
            let left = self.inbox.left.iter();
            left.for_each(|(id, at)| dict.integer(&id.to_bytes(), at.as_millis()));
        });
        if let Some(made) = &self.work.made_for {
            dict.list(b"m", |list| {
                list.integer(i64::from(made.generation));
                made.ids.iter().for_each(|id| list.bytes(&id.to_bytes()));
            });
        }
        if let Some(from) = self.inbox.obeyed_from {
            dict.integer(b"o", from.as_millis());
        }
        dict.integer(b"r", u8::from(self.work.rekey));
        dict.list(b"s", |list| self.work.supplements.iter().for_each(|data| list.bytes(data)));
        dict.list(b"u", |list| {
            self.work.unrevoke.iter().for_each(|id| list.bytes(&id.to_bytes()));
        });
        dict.dict(b"w", |dict| {
            let removed = self.work.removed.iter();
            removed.for_each(|(id, at)| dict.integer(&id.to_bytes(), at.as_millis()));
        });
    }

    /// The group of an entry and a dump.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(
        account: &Account,
        entry: JoinedGroup,
        dump: &[u8],
        now: Timestamp,
    ) -> Result<Self, LoadError> {
        let mut group = Self::open(account, entry)?;
        let mut reader = Reader::new(dump);
        let mut dict = reader.value()?.dict()?;
        if let Some(inbox) = dict.find(b"inbox")? {
            group.inbox.read(inbox.dict()?)?;
        }
        let info = dict.require(b"info")?.bytes()?;
        group.keys.restore(dict.require(b"keys")?.bytes()?)?;
        let keys: Vec<_> = group.keys.config_keys().collect();
        if let Some(local) = dict.find(b"local")? {
            group.read_local(local.dict()?)?;
        }
        let members = dict.require(b"members")?.bytes()?;
        group.info = Config::load_group(group.authority(), keys.iter().cloned(), info, now)?;
        group.members = Config::load_group(group.authority(), keys, members, now)?;
        reader.finish()?;
        group.dumped_local = encode_dict(|dict| group.write_local(dict));
        group.work.members_first = group.members.needs_push();
        let pending = group.keys.pending().map(|pending| pending.message());
        group.work.pending = pending.map(|message| {
            let namespace = session_swarm::namespace::Namespace::GROUP_KEYS;
            (now, MessageHash::of(&group.address(), namespace, message))
        });
        Ok(group)
    }

    pub(super) fn authority(&self) -> Authority {
        match self.secret() {
            Some(secret) => Authority::Signer(Box::new(secret.clone())),
            None => Authority::ReadOnly(self.keys.verifying_key()),
        }
    }

    fn read_local(&mut self, mut dict: DictReader<'_, '_>) -> Result<(), LoadError> {
        let mut work = Work::default();
        let mut list = dict.require(b"d")?.list()?;
        while let Some(item) = list.next()? {
            work.delete.insert(message_hash(item)?);
        }
        if let Some(events) = dict.find(b"e")? {
            let is_admin = self.is_admin();
            self.events.read(events.list()?, is_admin)?;
        }
        if let Some(has_lost) = dict.find(b"f")? {
            self.inbox.has_lost = has_lost.integer::<u8>()? != 0;
        }
        work.untold = of_accounts(dict.find(b"g")?, generation)?;
        work.history_for = accounts(dict.require(b"h")?.list()?)?;
        self.inbox.joined = of_accounts(dict.find(b"j")?, time)?;
        work.handed = of_accounts(dict.find(b"k")?, generation)?;
        self.inbox.left = of_accounts(dict.find(b"l")?, time)?;
        if let Some(made) = dict.find(b"m")? {
            let mut list = made.list()?;
            let generation = generation(list.require()?)?;
            work.made_for = Some(Made { generation, ids: accounts(list)? });
        }
        self.inbox.obeyed_from = dict.find(b"o")?.map(time).transpose()?;
        work.rekey = dict.require(b"r")?.integer::<u8>()? != 0;
        let mut list = dict.require(b"s")?.list()?;
        while let Some(item) = list.next()? {
            work.supplements.push(item.bytes()?.to_vec());
        }
        work.unrevoke = accounts(dict.require(b"u")?.list()?)?;
        work.removed = of_accounts(dict.find(b"w")?, time)?;
        self.work = work;
        Ok(())
    }
}

/// What is noted of each account; nothing in dumps of releases that did not note it.
fn of_accounts<T>(
    item: Option<Item<'_, '_>>,
    read: impl Fn(Item<'_, '_>) -> Result<T, LoadError>,
) -> Result<BTreeMap<AccountId, T>, LoadError> {
    let mut noted = BTreeMap::new();
    let Some(item) = item else { return Ok(noted) };
    let mut dict = item.dict()?;
    while let Some((id, item)) = dict.next()? {
        noted.insert(account_id(id)?, read(item)?);
    }
    Ok(noted)
}

/// The rest of a list of accounts.
fn accounts(mut list: ListReader<'_, '_>) -> Result<BTreeSet<AccountId>, LoadError> {
    let mut ids = BTreeSet::new();
    while let Some(item) = list.next()? {
        ids.insert(account_id(item.bytes()?)?);
    }
    Ok(ids)
}

/// A time in milliseconds.
pub(super) fn time(item: Item<'_, '_>) -> Result<Timestamp, LoadError> {
    Ok(Timestamp::from_millis(item.integer()?))
}

fn generation(item: Item<'_, '_>) -> Result<Generation, LoadError> {
    Generation::try_from(item.integer::<i64>()?)
        .map_err(|_| LoadError::Field { field: "number of a key" })
}

/// Name of a message in the dump.
pub(super) fn message_hash(item: Item<'_, '_>) -> Result<MessageHash, LoadError> {
    let text = str::from_utf8(item.bytes()?).ok();
    text.and_then(|text| text.parse().ok()).ok_or(LoadError::Field { field: "message hash" })
}

pub(super) fn account_id(bytes: &[u8]) -> Result<AccountId, LoadError> {
    AccountId::try_from(bytes).map_err(|_| LoadError::Field { field: "account id" })
}
