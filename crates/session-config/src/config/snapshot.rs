//! An object as it was: for steps that can fail after they changed something.

use std::collections::BTreeSet;

use super::{Config, ConfigType, State, StoredHash};
use crate::{encryption::ConfigKey, multipart::Parts};

/// A config as it was at some moment. See [`Config::snapshot`].
pub struct Snapshot<T: ConfigType> {
    state: State,
    keys: Vec<ConfigKey>,
    current: BTreeSet<StoredHash>,
    obsolete: BTreeSet<StoredHash>,
    parts: Parts,
    needs_dump: bool,
    local: T::Local,
}

impl<T: ConfigType> Config<T> {
    /// Returns what [`Self::restore_snapshot`] needs to take back edits, pushes and changes of keys, as if they had
    /// never been made. It is cheap, because copies share their data.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<T> {
        Snapshot {
            state: self.state.clone(),
            keys: self.keys.clone(),
            current: self.current.clone(),
            obsolete: self.obsolete.clone(),
            parts: self.parts.clone(),
            needs_dump: self.needs_dump,
            local: self.local.clone(),
        }
    }

    /// Makes the object what it was when the snapshot was taken. A push that is taken back must not be stored: the
    /// next one has the same number.
    pub fn restore_snapshot(&mut self, snapshot: Snapshot<T>) {
        let Snapshot { state, keys, current, obsolete, parts, needs_dump, local } = snapshot;
        self.state = state;
        self.keys = keys;
        self.current = current;
        self.obsolete = obsolete;
        self.parts = parts;
        self.needs_dump = needs_dump;
        self.local = local;
    }
}

impl<T: ConfigType> std::fmt::Debug for Snapshot<T> {
    /// Shows nothing of the data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}
