//! What follows when something was sent (06 §11).

use session_envelope::content::group::Membership;
use session_identity::Timestamp;
use session_swarm::{message_hash::MessageHash, namespace::Namespace};

use super::super::{Departure, Event, Group, Haste};
use crate::{
    members::{self, Transition},
    transmission::Task,
};

impl Group {
    pub(super) fn complete(&mut self, task: Task, now: Timestamp) {
        match task {
            Task::Supplements(stored) => self.confirm_supplements(&stored),
            Task::Keys(hash) => self.confirm_key(hash),
            Task::Info(seqno, hashes) => self.info.confirm_pushed(seqno, hashes),
            Task::Members(seqno, hashes) => {
                self.members.confirm_pushed(seqno, hashes);
                self.work.members_first &= self.members.needs_push();
            }
            Task::Message(sent_at, hash) => self.confirm_message(sent_at, hash, now),
            Task::Unrevoke(ids) => self.work.unrevoke.retain(|id| !ids.contains(id)),
            Task::Delete(hashes) => {
                self.work.delete.retain(|hash| !hashes.contains(hash));
                self.inbox.cursors.forget(&hashes);
                self.inbox.needs_dump = true;
            }
            Task::Removal(ids, told) => self.finish_removal(&ids, told, now),
            Task::Notice(ids, generation) => self.confirm_notice(&ids, generation),
            Task::Destroy => self.depart(Departure::Destroyed),
            Task::Leave => self.depart(Departure::Left),
            Task::Invite(id) => {
                self.work.letters.remove(&id);
                self.work.attempts.remove(&id);
                let _ = members::apply(&mut self.members, &id, Transition::InviteSent);
            }
            Task::Promote(id) => {
                self.work.letters.remove(&id);
                self.work.attempts.remove(&id);
                let _ = members::apply(&mut self.members, &id, Transition::PromotionSent);
                if let Ok(notice) = self.notice_of(Membership::Promoted, &[id], now) {
                    self.enqueue_notice(notice, Haste::AfterRemovals);
                }
            }
        }
    }

    fn confirm_supplements(&mut self, stored: &[MessageHash]) {
        let address = self.address();
        let is_due = |data: &Vec<u8>| {
            !stored.contains(&MessageHash::of(&address, Namespace::GROUP_KEYS, data))
        };
        self.work.supplements.retain(is_due);
    }

    /// The pending key is stored: it becomes one like those that are found. Waiting for the next poll would
    /// make a second key of the same number, if the next rekey came first.
    fn confirm_key(&mut self, hash: MessageHash) {
        let Some((made_at, made)) = self.work.pending else { return };
        let message = self.keys.pending().map(|pending| pending.message().to_vec());
        if let Some(message) = message.filter(|_| made == hash)
            && self.keys.load_message(&message, hash.into(), made_at).is_ok()
        {
            self.work.pending = None;
            self.refresh_keys();
        }
    }

    fn confirm_message(&mut self, sent_at: Timestamp, hash: MessageHash, now: Timestamp) {
        let Some(index) = self.work.outbox.iter().position(|sent| sent.sent_at == sent_at) else {
            return;
        };
        self.work.outbox.remove(index);
        let own = self.account.id();
        self.inbox.remember(hash, Some((own, sent_at)), now);
        self.inbox.is_first(own, sent_at);
        self.events.push_back(Event::Sent { sent_at, hash });
    }
}
