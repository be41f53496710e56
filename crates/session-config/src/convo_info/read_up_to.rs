//! How far this device knows a conversation to be read where a merge brought an earlier time (07 §13).
//!
//! Of two times that were set at once the merge keeps that of the newer or greater message, which may be the earlier one.
//! All devices have to come to the same config, so the synchronised time stays; the later one, whether this device or
//! another one set it, is kept beside the archive of this device, and [`get`](Config::get) gives it until the synchronised time passes it, the conversation is marked as
//! unread, or the user sets another.

use session_identity::Timestamp;
use session_types::community::{BaseUrl, RoomToken};

use super::{Conversation, ConvoInfoVolatile, ReadState, archive::entries};
use crate::{
    config::Config,
    data::{Dict, Scalar, Value},
    fields,
};

/// Key of the times beside the kinds of conversations in the archive.
const KNOWN: &[u8] = b"r";

fn known_path<'a>(path: &[&'a [u8]]) -> Vec<&'a [u8]> {
    [&[KNOWN], path].concat()
}

impl Config<ConvoInfoVolatile> {
    /// The state in `entry`, read at least up to what this device knows.
    pub(super) fn read_known(&self, path: &[&[u8]], entry: &Dict) -> ReadState {
        let state = ReadState::read(entry);
        let known = self.known(path).map(Timestamp::from_millis);
        if state.is_unread {
            state
        } else {
            ReadState { last_read: state.last_read.max(known), ..state }
        }
    }

    /// How far a conversation is read as the devices share it, which may be less far than [`get`](Self::get) says. For
    /// tools that compare devices.
    #[must_use]
    pub fn shared(&self, conversation: &Conversation) -> Option<ReadState> {
        let (kind, id) = conversation.path();
        self.entry(&[kind, &id]).map(ReadState::read)
    }

    /// The same of a room.
    #[must_use]
    pub fn shared_community(&self, base_url: &BaseUrl, room: &RoomToken) -> Option<ReadState> {
        let url = base_url.as_str().as_bytes();
        self.entry(&[b"o", url, b"R", room.key().as_bytes()]).map(ReadState::read)
    }

    fn known(&self, path: &[&[u8]]) -> Option<u64> {
        match self.local.0.at(&known_path(path))? {
            Value::Scalar(Scalar::Integer(time)) => u64::try_from(*time).ok(),
            _ => None,
        }
    }

    /// Keeps the times of `data`, which were merged, where the merge brought earlier ones.
    pub(super) fn keep_known(&mut self, data: &Dict) {
        for path in entries(data) {
            let path: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
            self.keep_known_at(&path, data);
        }
    }

    /// Keeps the times of archived conversations that are synchronised again without them: on another device somebody
    /// showed a proof of Pro.
    pub(super) fn keep_archived(&mut self) {
        let archive = self.local.0.clone();
        self.keep_known(&archive);
    }

    fn keep_known_at(&mut self, path: &[&[u8]], from: &Dict) {
        let [old, new] = [from, self.data()].map(|data| data.dict_at(path));
        let (Some(old), Some(new)) = (old, new) else { return };
        let (old, new) = (old.positive(b"r"), new.positive(b"r"));
        if old > new && old > self.known(path) {
            self.local.0.assign(&known_path(path), old.and_then(fields::positive));
            self.mark_for_dump();
        }
    }

    /// Forgets the times that say nothing beside what is synchronised or archived now.
    pub(super) fn forget_passed(&mut self) {
        let all = self.local.0.dict(KNOWN).cloned().unwrap_or_default();
        for path in leaves(&all) {
            let path: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
            let entry = self.entry(&path);
            let is_passed =
                |entry: &Dict| entry.flag(b"u") || entry.positive(b"r") >= self.known(&path);
            if entry.is_none_or(is_passed) {
                self.forget_known(&path);
            }
        }
    }

    pub(super) fn forget_known(&mut self, path: &[&[u8]]) {
        let path = known_path(path);
        if self.local.0.at(&path).is_some() {
            self.local.0.assign(&path, None);
            self.mark_for_dump();
        }
    }
}

/// Paths of the entries of which a time is known. They are as long as those of [`entries`], whose dicts hold no deeper
/// ones.
fn leaves(known: &Dict) -> Vec<Vec<Vec<u8>>> {
    let mut paths = Vec::new();
    for (kind, entries) in known.iter() {
        let Value::Dict(entries) = entries else { continue };
        for (key, entry) in entries.iter() {
            match entry {
                Value::Dict(server) => {
                    let rooms = server.dict(b"R").into_iter().flat_map(Dict::iter);
                    paths.extend(rooms.map(|(room, _)| {
                        vec![kind.to_vec(), key.to_vec(), b"R".to_vec(), room.to_vec()]
                    }));
                }
                _ => paths.push(vec![kind.to_vec(), key.to_vec()]),
            }
        }
    }
    paths
}
