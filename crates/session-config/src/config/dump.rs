//! Objects on the disk (07 §6.4).
//!
//! ```text
//! d 1:! status  1:$ message  1:( current hashes  1:) obsolete hashes  (1:* parts)  1:+ local data  e
//! ```
//!
//! # Security
//! A dump holds everything in clear, for some types also secret keys: encrypt it. Load only what is
//! authenticated, since the signature in a dump is believed.

use std::collections::BTreeSet;

use session_bt::{DecodeError, DictReader, DictWriter, Item, Kind, Reader};
use session_crypto::ed25519::Ed25519Keypair;
use session_identity::Timestamp;
use zeroize::Zeroizing;

use super::{
    AccountType, Config, ConfigType, GroupType, State, Status, StoredHash,
    shape::is_of_another_type,
};
use crate::{
    data::DataError,
    encryption::ConfigKey,
    message::{Authority, Lag, Message, ParseError},
    multipart::Parts,
};

/// Data of a type that are in its dump and in no message.
pub(crate) trait LocalData: Clone + Default {
    fn write(&self, _dict: &mut DictWriter<'_>) {}

    fn read(_dict: DictReader<'_, '_>) -> Result<Self, LoadError> {
        Ok(Self::default())
    }
}

impl LocalData for () {}

/// Why bytes are no dump.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No bt-encoding, or not the fields of a dump.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// A status beyond the three that exist.
    #[error("status {status} in the dump")]
    Status {
        /// The number in the dump.
        status: i64,
    },
    /// The name of a stored message is no text.
    #[error("stored hash in the dump is no text")]
    StoredHash,
    /// The message in the dump.
    #[error(transparent)]
    Message(#[from] ParseError),
    /// The dump is of another type of config.
    #[error("dump is of another type of config")]
    WrongType,
    /// What the device keeps for itself.
    #[error(transparent)]
    Local(DataError),
}

impl<T: AccountType> Config<T> {
    /// Object of a dump.
    ///
    /// # Errors
    /// [`LoadError`]. Start with [`Self::new`] then, and merge what is stored.
    pub fn load(account: &Ed25519Keypair, dump: &[u8], now: Timestamp) -> Result<Self, LoadError> {
        let mut config = Self::new(account);
        config.restore(dump, now)?;
        Ok(config)
    }
}

impl<T: GroupType> Config<T> {
    /// Object of a dump.
    ///
    /// # Errors
    /// [`LoadError`]. Start with [`Self::for_group`] then, and merge what is stored.
    pub fn load_group(
        authority: Authority,
        keys: impl IntoIterator<Item = ConfigKey>,
        dump: &[u8],
        now: Timestamp,
    ) -> Result<Self, LoadError> {
        let mut config = Self::for_group(authority, keys);
        config.restore(dump, now)?;
        Ok(config)
    }
}

impl<T: ConfigType> Config<T> {
    /// The object for the disk. It then needs no dump until something changes.
    pub fn dump(&mut self, now: Timestamp) -> Zeroizing<Vec<u8>> {
        self.parts.expire(now);
        if !self.authority.can_write() {
            // A member deletes nothing.
            self.obsolete.clear();
        }
        self.needs_dump = false;
        let message = match &self.state {
            State::Clean(message) | State::Waiting(message) => message.to_dump_bytes(),
            State::Dirty(draft) => draft.to_dump_bytes(),
        };
        let status = match self.status() {
            Status::Clean => 0,
            Status::Dirty => 1,
            Status::Waiting => 2,
        };
        Zeroizing::new(session_bt::encode_dict(|dict| {
            dict.integer(b"!", status);
            dict.bytes(b"$", &message);
            for (key, hashes) in [(b"(", &self.current), (b")", &self.obsolete)] {
                dict.list(key, |list| {
                    hashes.iter().for_each(|hash| list.bytes(hash.as_str().as_bytes()));
                });
            }
            if !self.parts.is_empty() {
                dict.dict(b"*", |dict| self.parts.write(dict));
            }
            dict.dict(b"+", |dict| self.local.write(dict));
            // Data that look like another type's, which only a strange device wrote, say what they are.
            if is_of_another_type(T::DOMAIN, self.data()) {
                dict.bytes(b"-", T::DOMAIN.0.as_bytes());
            }
        }))
    }

    /// Puts what is in a dump into a new object.
    pub(crate) fn restore(&mut self, dump: &[u8], now: Timestamp) -> Result<(), LoadError> {
        let mut reader = Reader::new(dump);
        let mut dict = reader.value()?.dict()?;
        let status: i64 = dict.require(b"!")?.integer()?;
        let message = Message::parse_trusted(dict.require(b"$")?.bytes()?, Lag::DEFAULT)?;
        if let Some(item) = dict.find(b"(")? {
            self.current = read_hashes(item)?;
            self.obsolete = read_hash_list(dict.require(b")")?)?;
            self.obsolete.retain(|hash| !self.current.contains(hash));
        }
        if let Some(item) = dict.find(b"*")? {
            self.parts = Parts::read(item.dict()?)?;
            self.parts.expire(now);
        }
        if let Some(item) = dict.find(b"+")? {
            self.local = T::Local::read(item.dict()?)?;
        }
        let stated = dict.find(b"-")?.map(Item::bytes).transpose()?;
        reader.finish()?;
        let is_other = match stated {
            Some(domain) => domain != T::DOMAIN.0.as_bytes(),
            None => is_of_another_type(T::DOMAIN, message.data()),
        };
        let is_signed = message.is_signed() && matches!(self.authority, Authority::Unsigned);
        if is_signed || is_other {
            return Err(LoadError::WrongType);
        }
        // A dump holds no signature of our own: the hash of the message needs it.
        // Revision 0 was never pushed, and every device lists it by its unsigned hash (07 §4).
        let message =
            if message.seqno() == 0 { message } else { message.resigned(&self.authority) };
        self.state = match status {
            0 => State::Clean(message),
            // One number is left out, in case that this revision was stored after all.
            1 => State::Dirty(message.successor(Lag::DEFAULT)),
            2 => State::Waiting(message),
            status => return Err(LoadError::Status { status }),
        };
        Ok(())
    }
}

/// A list of names or, as until 2025, a single one that is empty if there is none.
fn read_hashes(item: Item<'_, '_>) -> Result<BTreeSet<StoredHash>, LoadError> {
    if item.kind()? == Kind::Bytes {
        let hash = read_hash(item.bytes()?)?;
        return Ok(BTreeSet::from([hash]).into_iter().filter(|hash| !hash.0.is_empty()).collect());
    }
    read_hash_list(item)
}

fn read_hash_list(item: Item<'_, '_>) -> Result<BTreeSet<StoredHash>, LoadError> {
    let mut list = item.list()?;
    let mut hashes = BTreeSet::new();
    while let Some(item) = list.next()? {
        hashes.insert(read_hash(item.bytes()?)?);
    }
    Ok(hashes)
}

pub(crate) fn read_hash(bytes: &[u8]) -> Result<StoredHash, LoadError> {
    str::from_utf8(bytes).map(StoredHash::new).map_err(|_| LoadError::StoredHash)
}
