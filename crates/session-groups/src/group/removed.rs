//! Members who were removed and may not have heard of it (06 §10, §11).
//!
//! A notice of removal counts for a member only while it is not older than the member's newest key. A key that
//! another admin made at the same time, and which still lists the member, makes the notice old: then an admin
//! repeats it, with the number of the newest key.
//!
//! ```text
//! removed ──► a key opens for the member after all ──► untold ── notice (−11) ──► told
//!    ├──────► two newest keys when the removal was learned of ──┤
//!    └──────► the newest key was made here, for the member too ─┘   then a rekey
//! ```

use std::{collections::BTreeSet, time::Duration};

use session_config::{Config, GroupMembers};
use session_crypto::rand_core::CryptoRng;
use session_identity::{AccountId, Timestamp};
use session_swarm::{limits::MAX_TTL, namespace::Namespace};

use super::{Group, SendError};
use crate::{
    keys::Generation,
    transmission::{Sequence, Task},
};

/// Most removed members that are remembered; the oldest go first.
const MAX_REMOVED: usize = 200;
/// How long they are remembered: as long as a key message that lists them can be found.
const MEMORY: Duration = Duration::from_secs(2 * MAX_TTL.as_secs());

/// The ids in a list of members.
pub(super) fn ids(members: &Config<GroupMembers>) -> BTreeSet<AccountId> {
    members.iter().map(|member| member.id()).collect()
}

impl Group {
    /// A merge erased these, whom another admin removed. Which key that admin's notice named is not known here.
    pub(super) fn note_removed(&mut self, before: &BTreeSet<AccountId>, now: Timestamp) {
        let after = ids(&self.members);
        let gone: Vec<_> = before.difference(&after).copied().collect();
        self.note_gone(&gone, now);
    }

    /// These are no longer in the list, and the admin who wanted that is another one.
    pub(super) fn note_gone(&mut self, gone: &[AccountId], now: Timestamp) {
        let is_made_for_gone = self.keys.pending().is_some()
            && self
                .work
                .made_for
                .as_ref()
                .is_some_and(|made| gone.iter().any(|id| made.ids.contains(id)));
        for id in gone {
            self.remember_removed(*id, now);
            self.forget_plans_for(id);
            if let Some(handed) = self.work.handed.remove(id) {
                self.repeat_notice(*id, handed);
            }
            let current = self.keys.current_generation();
            let made_here = self.work.made_for.as_ref();
            let made_here = made_here.filter(|made| made.ids.contains(id));
            match (current, made_here.map(|made| made.generation)) {
                (current, Some(made)) if current <= Some(made) => self.repeat_notice(*id, made),
                (Some(current), _) if self.keys.needs_rekey() => self.repeat_notice(*id, current),
                _ => {}
            }
        }
        if is_made_for_gone {
            // A key that nobody confirmed is not sent again. If it was stored after all, it will be found.
            self.work.rekey |= self.make_key(now).is_ok();
        }
    }

    /// Keys for somebody who is out are not sent. The others whom the same messages were for get new ones.
    pub(super) fn withdraw_supplements(&mut self, id: &AccountId) {
        let (mut kept, mut anew) = (Vec::new(), BTreeSet::new());
        let members: Vec<_> = ids(&self.members).into_iter().collect();
        for data in std::mem::take(&mut self.work.supplements) {
            let is_listed = |ids: &[AccountId]| self.keys.recipients_among(&data, ids);
            if is_listed(&[*id]).is_some_and(|(_, listed)| !listed.is_empty()) {
                anew.extend(is_listed(&members).map(|(_, listed)| listed).unwrap_or_default());
            } else {
                kept.push(data);
            }
        }
        self.work.supplements = kept;
        self.work.history_for.extend(anew);
    }

    /// This device erased a member to whom it had sent a notice of this number.
    pub(super) fn note_erased(&mut self, id: AccountId, told: Generation, now: Timestamp) {
        self.remember_removed(id, now);
        if let Some(current) = self.keys.current_generation().filter(|current| *current > told) {
            self.repeat_notice(id, current);
        }
    }

    fn remember_removed(&mut self, id: AccountId, now: Timestamp) {
        let removed = &mut self.work.removed;
        removed.retain(|_, at| now.saturating_duration_since(*at) <= MEMORY);
        removed.insert(id, now);
        while removed.len() > MAX_REMOVED {
            let oldest = removed.iter().min_by_key(|(_, at)| **at).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            removed.remove(&oldest);
        }
    }

    fn repeat_notice(&mut self, id: AccountId, generation: Generation) {
        // Somebody whose id is no key has none, and cannot be told.
        if self.is_admin() && id.check().is_ok() {
            let needed = self.work.untold.entry(id).or_insert(generation);
            *needed = generation.max(*needed);
            self.work.rekey = true;
        }
    }

    /// A key message is new: whoever it lists although they were removed hears of the removal once more.
    pub(super) fn note_key_message(&mut self, message: &[u8]) {
        let removed: Vec<_> = self.work.removed.keys().copied().collect();
        let Some((generation, listed)) = self.keys.recipients_among(message, &removed) else {
            return;
        };
        listed.into_iter().for_each(|id| self.repeat_notice(id, generation));
    }

    /// Who is in again needs no notice, and must not get one.
    pub(super) fn forget_returned(&mut self) {
        let members = &self.members;
        let is_out = |id: &AccountId| members.get(id).is_none();
        self.work.removed.retain(|id, _| is_out(id));
        self.work.untold.retain(|id, _| is_out(id));
        self.work.handed.retain(|id, _| !is_out(id));
    }

    /// Notices that are to be repeated, with the number of the newest key that is stored.
    pub(super) fn add_repeated_notice(
        &self,
        sequence: &mut Sequence,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), SendError> {
        let Some(current) = self.keys.current_generation() else { return Ok(()) };
        // A key that is pending here, and lists somebody, is stored first: the notice would be older.
        let due = self.work.untold.iter().filter(|(_, needed)| **needed <= current);
        let ids: Vec<_> = due.map(|(id, _)| *id).collect();
        if !ids.is_empty() {
            let notice = self.keys.kick(&ids, rng)?;
            let namespace = Namespace::REVOKED_RETRIEVABLE;
            let store = self.store(namespace, notice, now, MAX_TTL, now)?;
            sequence.push(Task::Notice(ids, current), [store.into()]);
        }
        Ok(())
    }

    pub(super) fn confirm_notice(&mut self, ids: &[AccountId], generation: Generation) {
        self.work.untold.retain(|id, needed| !ids.contains(id) || *needed > generation);
    }
}
