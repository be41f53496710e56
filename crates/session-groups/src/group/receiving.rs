//! What messages of members do (06 §9, 03 §5).
//!
//! Next to nothing. What an admin signed is shown; what a member says is believed of the member itself: that it
//! came in, that it left, that it takes its own messages back. All else is read from the configs.

use std::time::Duration;

use session_config::group_members::{PendingRemoval, Progress};
use session_envelope::{
    content::{Kind, Place, Sender, group::GroupUpdate},
    received::Received,
};
use session_identity::{AccountId, Timestamp};
use session_swarm::answer::StoredMessage;

use super::Group;
use crate::{
    deletion::Deletion,
    event::{Event, GroupMessage, Notice, NoticeKind},
    info::{self, Retention},
    keys::Generation,
    members::{self, Standing, Transition},
};

/// How far the clock of somebody who leaves may be behind ours.
const OBEDIENCE_MARGIN: Duration = Duration::from_secs(3_600);
/// How far the clock of somebody who is invited may be behind ours.
const INVITATION_MARGIN: Duration = Duration::from_secs(60);

impl Group {
    /// An admin obeys those who leave from the first poll on. What was said before, another device of an admin
    /// has seen to; who left then may be in again.
    pub(super) fn begin_obedience(&mut self, now: Timestamp) {
        if self.is_admin() && self.inbox.obeyed_from.is_none() {
            let margin = u64::try_from(OBEDIENCE_MARGIN.as_millis()).unwrap_or(u64::MAX);
            let from = now.as_millis().saturating_sub(margin);
            self.inbox.obeyed_from = Some(Timestamp::from_millis(from));
        }
    }

    /// Takes a message, whose content has `length` bytes.
    pub(super) fn receive(
        &mut self,
        stored: &StoredMessage,
        (received, length): (Received, usize),
        generation: Option<Generation>,
        now: Timestamp,
    ) {
        let author = received.sender();
        let is_own = author == self.account.id();
        let sender = if is_own { Sender::Own } else { Sender::Other };
        let content = received.content();
        if content.check_delivery(Place::Group, sender).is_err()
            || info::retention(&self.info, received.sent_at(), now) == Retention::Drop
        {
            return;
        }
        // Whoever writes has come in.
        self.note_acceptance(&author, &received);
        let standing = members::standing(&self.members, &author);
        let event = match content.kind() {
            Kind::Group(update) => self.control(stored, update, &received, standing),
            Kind::Visible(_) if !self.inbox.is_first(author, received.sent_at()) => None,
            _ => {
                let (hash, expiry) = (stored.hash, stored.expiry);
                let message = GroupMessage { hash, expiry, received, standing, generation };
                Some(Event::Message(Box::new(message)))
            }
        };
        if let Some(event) = event {
            self.events.push_about(stored.hash, length, event);
        }
    }

    fn control(
        &mut self,
        stored: &StoredMessage,
        update: &GroupUpdate,
        received: &Received,
        standing: Standing,
    ) -> Option<Event> {
        let (author, sent_at) = (received.sender(), received.sent_at());
        let kind = match update {
            GroupUpdate::InfoChange(change) => {
                change.verify(&self.id(), sent_at).ok()?;
                NoticeKind::Info(change.update().clone())
            }
            GroupUpdate::MemberChange(change) => {
                change.verify(&self.id(), sent_at).ok()?;
                NoticeKind::Members(change.clone())
            }
            GroupUpdate::MemberLeftNotification(_) => NoticeKind::Left,
            GroupUpdate::InviteAccepted(_) => {
                self.begin_membership(author, sent_at);
                NoticeKind::Joined
            }
            GroupUpdate::MemberLeft(_) => {
                if self.members.get(&author).is_some() && !self.inbox.is_repeated(&author, sent_at)
                {
                    let left = self.inbox.left.entry(author).or_insert(sent_at);
                    *left = sent_at.max(*left);
                }
                return None;
            }
            GroupUpdate::DeleteContent(request) => {
                let deletion = Deletion::check(request, author, sent_at, &self.id()).ok()?;
                self.delete_covered(&deletion);
                return Some(Event::Deletion(deletion));
            }
            // Invitations come from person to person, and were refused before.
            _ => return None,
        };
        Some(Event::Notice(Notice { hash: stored.hash, author, standing, sent_at, kind }))
    }

    /// An admin also deletes in the swarm. A message whose author is not known is left alone: an unsigned
    /// request may name what somebody else wrote.
    fn delete_covered(&mut self, deletion: &Deletion) {
        if self.is_admin() {
            let known = self.inbox.written();
            let covered = known.filter(|(hash, author, at)| deletion.covers(hash, author, *at));
            self.work.delete.extend(covered.map(|(hash, ..)| *hash));
        }
    }

    fn is_obeyed(&self, sent_at: Timestamp) -> bool {
        self.inbox.obeyed_from.is_some_and(|from| sent_at >= from)
    }

    /// People who are invited now. What they said before, which members can encrypt again with a newer key,
    /// neither answers this invitation nor ends it.
    pub(super) fn begin_invitations(&mut self, people: &[AccountId], now: Timestamp) {
        let margin = u64::try_from(INVITATION_MARGIN.as_millis()).unwrap_or(u64::MAX);
        let at_least = Timestamp::from_millis(now.as_millis().saturating_sub(margin));
        let said =
            self.inbox.written().filter(|(_, author, at)| *at <= now && people.contains(author));
        let said: Vec<_> = said.map(|(_, author, at)| (author, at)).collect();
        for id in people {
            self.begin_membership(*id, at_least);
        }
        for (id, at) in said {
            self.begin_membership(id, at);
        }
    }

    /// A member came in at a time, or later. Of others nothing is kept: anybody with a key can write.
    fn begin_membership(&mut self, id: AccountId, at: Timestamp) {
        if self.members.get(&id).is_some() {
            let since = self.inbox.joined.entry(id).or_insert(at);
            *since = at.max(*since);
        }
    }

    /// Whether a member said something before the present invitation.
    fn is_outdated(&self, id: &AccountId, sent_at: Timestamp) -> bool {
        self.inbox.joined.get(id).is_some_and(|since| sent_at <= *since)
    }

    /// Marks an invited member as in, in the list that admins keep.
    fn note_acceptance(&mut self, author: &AccountId, received: &Received) {
        let sent_at = received.sent_at();
        if !self.is_admin()
            || !self.is_obeyed(sent_at)
            || self.is_outdated(author, sent_at)
            || self.inbox.is_repeated(author, sent_at)
            || members::standing(&self.members, author) != Standing::Invited
        {
            return;
        }
        // Refused if there is nothing to accept.
        let _ = members::apply(&mut self.members, author, Transition::InviteAccepted);
        if !matches!(received.content().kind(), Kind::Group(GroupUpdate::MemberLeft(_))) {
            self.begin_membership(*author, sent_at);
        }
        // A letter that nobody has yet is not answered: it is sent all the same.
        if self.work.attempts.contains_key(author) {
            self.work.letters.remove(author);
        }
    }

    /// What follows from everything that a poll brought, for an admin. `is_read` says that it brought the last
    /// of the messages: before, somebody who left may have come back in those that are missing.
    pub(super) fn settle(&mut self, is_read: bool, now: Timestamp) {
        let members = &self.members;
        self.inbox.joined.retain(|id, _| members.get(id).is_some());
        self.inbox.left.retain(|id, _| members.get(id).is_some());
        let can_act =
            self.is_admin() && self.inbox.is_synchronised && !self.members.keys().is_empty();
        if can_act {
            // Before it is asked who is in again: remains of somebody are not.
            self.erase_remains(now);
        }
        self.forget_returned();
        if !can_act {
            return;
        }
        self.accept_own_promotion();
        if is_read {
            self.remove_leavers();
        }
    }

    /// Erases what is left of members who were removed while another admin edited them: entries without a name,
    /// which every entry has, even an empty one (06 §7). They would get the next key.
    fn erase_remains(&mut self, now: Timestamp) {
        let has_name = |id: &AccountId| {
            let entry = self.members.data().dict_at(&[b"m", &id.to_bytes()]);
            entry.is_some_and(|entry| entry.get(b"n").is_some())
        };
        let ids = self.members.iter().map(|member| member.id());
        let remains: Vec<_> = ids.filter(|id| !has_name(id)).collect();
        for id in &remains {
            let _ = self.members.erase(id);
            self.work.rekey = true;
            self.work.members_first = true;
        }
        self.note_gone(&remains, now);
    }

    fn accept_own_promotion(&mut self) {
        let own = self.members.get(&self.account.id());
        let Some(mut own) = own.filter(|own| own.removal.is_none()) else { return };
        if !own.is_admin || own.promotion != Progress::Accepted {
            own.promote();
            own.set_promotion(Progress::Accepted);
            // An admin can write.
            let _ = self.members.set(&own);
        }
    }

    /// Begins the removal of those who left and did not come back.
    fn remove_leavers(&mut self) {
        for (id, left_at) in std::mem::take(&mut self.inbox.left) {
            let is_back = self.is_outdated(&id, left_at);
            if is_back || !self.is_obeyed(left_at) || id == self.account.id() {
                continue;
            }
            let is_in = |member: &session_config::group_members::Member| {
                member.removal.is_none() && member.invite == Progress::Accepted
            };
            let Some(mut member) = self.members.get(&id).filter(is_in) else { continue };
            member.remove(PendingRemoval::Member);
            let _ = self.members.set(&member);
            self.forget_plans_for(&id);
            self.work.members_first = true;
        }
    }
}
