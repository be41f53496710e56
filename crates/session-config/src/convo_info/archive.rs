//! What was read long ago: kept on the device, synchronised no more (07 §13).

use session_identity::Timestamp;

use super::{ConvoInfoVolatile, cutoff, pro::proof_expiry};
use crate::{
    config::{Config, LoadError, LocalData},
    data::{Budget, Dict, Value},
};

/// What is kept on the device: entries in the layout of the config.
#[derive(Clone, Debug, Default)]
pub(crate) struct Archive(pub(super) Dict);

impl LocalData for Archive {
    fn write(&self, dict: &mut session_bt::DictWriter<'_>) {
        self.0.write(dict);
    }

    fn read(dict: session_bt::DictReader<'_, '_>) -> Result<Self, LoadError> {
        Ok(Self(Dict::read(dict, &mut Budget::unlimited()).map_err(LoadError::Local)?))
    }
}

impl Config<ConvoInfoVolatile> {
    pub(super) fn forget_archived(&mut self, path: &[&[u8]]) {
        if self.local.0.at(path).is_none() {
            return;
        }
        self.local.0.assign(path, None);
        if let [o, url, _, _] = path
            && self.local.0.dict_at(&[o, url, b"R"]).is_none()
        {
            self.local.0.assign(&[o, url], None);
        }
        self.mark_for_dump();
    }

    /// Moves what is too old to the archive, and drops from the archive what is synchronised again.
    pub(super) fn archive_old(&mut self, before: &Dict, now: Timestamp) {
        // What is gone and old was moved to its archive by another device: it is read here too.
        for path in entries(before) {
            let parts: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
            if self.data().at(&parts).is_none() {
                self.archive(before, &parts, now);
            }
        }
        for path in entries(self.data()) {
            let parts: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
            self.forget_archived(&parts);
            let data = self.data().clone();
            if self.archive(&data, &parts, now) {
                self.erase(&parts);
            }
        }
    }

    /// Copies an entry of `data` to the archive, if it is old.
    fn archive(&mut self, data: &Dict, path: &[&[u8]], now: Timestamp) -> bool {
        let Some(entry) = data.dict_at(path).filter(|entry| is_old(entry, cutoff(now))) else {
            return false;
        };
        if let [o, url, _, _] = path {
            self.local.0.assign(&[o, url, b"#"], data.at(&[o, url, b"#"]).cloned());
        }
        self.local.0.assign(path, Some(Value::Dict(entry.clone())));
        self.mark_for_dump();
        true
    }

    /// Takes an entry out of the archive, to be synchronised again.
    pub(super) fn restore_archived(&mut self, path: &[&[u8]]) {
        if let Some(entry) = self.local.0.at(path).cloned()
            && self.data().at(path).is_none()
        {
            self.assign(path, Some(entry));
        }
        self.forget_archived(path);
    }
}

/// Whether an entry need not be synchronised: read long ago, not marked as unread, no proof that lasts.
fn is_old(entry: &Dict, cutoff: u64) -> bool {
    let read = entry.positive(b"r").unwrap_or(0);
    read < cutoff && !entry.flag(b"u") && !has_lasting_proof(entry, cutoff)
}

/// Whether there is a proof of Pro in an entry, one that keeps it synchronised.
pub(super) fn has_lasting_proof(entry: &Dict, cutoff: u64) -> bool {
    proof_expiry(entry).is_some_and(|expiry| expiry.as_millis() >= cutoff)
}

/// Paths of all entries that are dicts.
pub(super) fn entries(data: &Dict) -> Vec<Vec<Vec<u8>>> {
    let mut paths = Vec::new();
    for kind in [b"1", b"C", b"b", b"g"] {
        for (key, _) in data.dict(kind).into_iter().flat_map(Dict::iter) {
            paths.push(vec![kind.to_vec(), key.to_vec()]);
        }
    }
    for (url, _) in data.dict(b"o").into_iter().flat_map(Dict::iter) {
        let rooms = data.dict_at(&[b"o", url, b"R"]);
        for (room, _) in rooms.into_iter().flat_map(Dict::iter) {
            paths.push(vec![b"o".to_vec(), url.to_vec(), b"R".to_vec(), room.to_vec()]);
        }
    }
    paths
}
