//! A group on the disk (06 §3.8).
//!
//! ```text
//! d 4:info …  4:keys …  5:local d …  e  7:members …  e
//! ```
//!
//! Messages that are not sent yet are not in it, whoever wrote them keeps them; nor are invitations, whose members
//! stay marked as not invited and can be sent one [again](super::Group::resend). The secret of the group is in
//! the entry of UserGroups.
//!
//! # Security
//! A dump holds keys and configs in clear: encrypt it. Load only what is authenticated.

use std::collections::BTreeSet;

use session_bt::{DecodeError, DictReader, DictWriter, Reader, encode_dict};
use session_config::{Config, config, message::Authority, user_groups::JoinedGroup};
use session_identity::{Account, AccountId, Timestamp};
use session_swarm::message_hash::MessageHash;
use zeroize::Zeroizing;

use super::{Group, OpenError, Work, work::Made};
use crate::keys::{self, Generation};

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
            || self.info.needs_dump()
            || self.members.needs_dump()
            || self.dumped_local != encode_dict(|dict| self.write_local(dict))
    }

    /// The group for the disk.
    #[must_use]
    pub fn dump(&mut self, now: Timestamp) -> Zeroizing<Vec<u8>> {
        let (info, members) = (self.info.dump(now), self.members.dump(now));
        let keys = self.keys.dump();
        self.dumped_local = encode_dict(|dict| self.write_local(dict));
        Zeroizing::new(encode_dict(|dict| {
            dict.bytes(b"info", &info);
            dict.bytes(b"keys", &keys);
            dict.dict(b"local", |dict| self.write_local(dict));
            dict.bytes(b"members", &members);
        }))
    }

    fn write_local(&self, dict: &mut DictWriter<'_>) {
        dict.list(b"d", |list| {
            self.work.delete.iter().for_each(|hash| list.bytes(hash.as_bytes()));
        });
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

    fn authority(&self) -> Authority {
        match self.secret() {
            Some(secret) => Authority::Signer(Box::new(secret.clone())),
            None => Authority::ReadOnly(self.keys.verifying_key()),
        }
    }

    fn read_local(&mut self, mut dict: DictReader<'_, '_>) -> Result<(), LoadError> {
        let mut work = Work::default();
        let mut list = dict.require(b"d")?.list()?;
        while let Some(item) = list.next()? {
            let hash = str::from_utf8(item.bytes()?).ok().and_then(|text| text.parse().ok());
            work.delete.insert(hash.ok_or(LoadError::Field { field: "message hash" })?);
        }
        if let Some(untold) = dict.find(b"g")? {
            let mut untold = untold.dict()?;
            while let Some((id, needed)) = untold.next()? {
                work.untold.insert(account_id(id)?, generation(needed.integer()?)?);
            }
        }
        let mut list = dict.require(b"h")?.list()?;
        while let Some(item) = list.next()? {
            work.history_for.insert(account_id(item.bytes()?)?);
        }
        if let Some(joined) = dict.find(b"j")? {
            let mut joined = joined.dict()?;
            while let Some((id, since)) = joined.next()? {
                let since = Timestamp::from_millis(since.integer()?);
                self.inbox.joined.insert(account_id(id)?, since);
            }
        }
        if let Some(handed) = dict.find(b"k")? {
            let mut handed = handed.dict()?;
            while let Some((id, highest)) = handed.next()? {
                work.handed.insert(account_id(id)?, generation(highest.integer()?)?);
            }
        }
        if let Some(made) = dict.find(b"m")? {
            let mut list = made.list()?;
            let generation = generation(list.require()?.integer()?)?;
            let mut ids = BTreeSet::new();
            while let Some(item) = list.next()? {
                ids.insert(account_id(item.bytes()?)?);
            }
            work.made_for = Some(Made { generation, ids });
        }
        if let Some(from) = dict.find(b"o")? {
            self.inbox.obeyed_from = Some(Timestamp::from_millis(from.integer()?));
        }
        work.rekey = dict.require(b"r")?.integer::<u8>()? != 0;
        let mut list = dict.require(b"s")?.list()?;
        while let Some(item) = list.next()? {
            work.supplements.push(item.bytes()?.to_vec());
        }
        let mut list = dict.require(b"u")?.list()?;
        while let Some(item) = list.next()? {
            work.unrevoke.insert(account_id(item.bytes()?)?);
        }
        if let Some(removed) = dict.find(b"w")? {
            let mut removed = removed.dict()?;
            while let Some((id, at)) = removed.next()? {
                work.removed.insert(account_id(id)?, Timestamp::from_millis(at.integer()?));
            }
        }
        self.work = work;
        Ok(())
    }
}

fn generation(number: i64) -> Result<Generation, LoadError> {
    Generation::try_from(number).map_err(|_| LoadError::Field { field: "number of a key" })
}

fn account_id(bytes: &[u8]) -> Result<AccountId, LoadError> {
    AccountId::try_from(bytes).map_err(|_| LoadError::Field { field: "account id" })
}
