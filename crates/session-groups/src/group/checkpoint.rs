//! A group as it was before a step that can fail after it changed something.

use session_config::{GroupInfo, GroupMembers, config::Snapshot};

use super::{Group, Work};
use crate::keys::KeyStore;

/// Everything that [`Group::poll_transmit`] can change.
pub(super) struct Checkpoint {
    keys: KeyStore,
    info: Snapshot<GroupInfo>,
    members: Snapshot<GroupMembers>,
    work: Work,
    event_count: usize,
}

impl Group {
    /// Returns what [`Self::roll_back`] needs. The configs share their data with it; the outbox is copied.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            keys: self.keys.clone(),
            info: self.info.snapshot(),
            members: self.members.snapshot(),
            work: self.work.clone(),
            event_count: self.events.len(),
        }
    }

    /// Makes the group what it was, if nothing but the preparation of a transmission was done meanwhile.
    pub(super) fn roll_back(&mut self, checkpoint: Checkpoint) {
        let Checkpoint { keys, info, members, work, event_count } = checkpoint;
        self.keys = keys;
        self.info.restore_snapshot(info);
        self.members.restore_snapshot(members);
        self.work = work;
        self.events.truncate(event_count);
    }
}
