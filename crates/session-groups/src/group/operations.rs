//! What the user wants: each call changes the group here, and leaves work for
//! [`Group::poll_transmit`](super::Group::poll_transmit).

use std::time::Duration;

use session_config::{
    config::ReadOnly,
    group_info::EditGroupError,
    group_members::{Member, PendingRemoval, Progress},
    picture::ProfilePicture,
};
use session_envelope::content::{
    Content, ContentError, DeliveryError, Kind, Place, Sender,
    group::{Bare, DeleteContent, GroupUpdate, InfoChange, InfoUpdate, MemberChange, Membership},
};
use session_identity::{AccountId, Timestamp};
use session_swarm::message_hash::MessageHash;
use session_types::typed;

use super::{Group, Haste, Letter, expiration_of, work::Outgoing};
use crate::{
    event::Departure,
    info::{self, DescriptionError},
    keys::RekeyError,
    members::{self, History, InviteError, Transition, TransitionError},
};

/// Why the group was not changed: after any of these it is as it was before.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// The account is no longer in the group.
    #[error("account is no longer in the group")]
    Departed,
    /// Only admins of the group can do this.
    #[error("only an admin of the group can do this")]
    NotAdmin,
    /// This device has not read the group's keys and configs yet: poll first.
    #[error("keys and configs of the group are not read yet: poll first")]
    NotSynchronised,
    /// What was given belongs to another group.
    #[error("not for this group")]
    OtherGroup,
    /// The account is the only admin: the group can be destroyed, but not left.
    #[error("the last admin cannot leave")]
    LastAdmin,
    /// The time up to which to delete lies ahead: clients without a check would drop all messages until then.
    #[error("time of deletion lies ahead: give one that is not after the current time")]
    TimeAhead,
    /// An account cannot remove itself; see [`Group::leave`].
    #[error("account cannot remove itself: leave the group instead")]
    OwnRemoval,
    /// The message is not one that a group carries.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// Control messages follow from the other operations.
    #[error("control messages are not sent like this")]
    ControlMessage,
    /// Name or description is too long.
    #[error(transparent)]
    Edit(#[from] EditGroupError),
    /// What was given breaks a rule of messages, for example a blank name.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// People cannot be invited.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// A member cannot be promoted or removed.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// No new key can be made.
    #[error(transparent)]
    Rekey(#[from] RekeyError),
    /// The description is too long.
    #[error(transparent)]
    Description(#[from] DescriptionError),
}

/// A notice that is signed for the time at which it will be sent.
pub(super) struct SignedNotice {
    update: GroupUpdate,
    sent_at: Timestamp,
}

fn check_name(name: &str) -> Result<(), ContentError> {
    if typed::is_blank(name) {
        return Err(ContentError::Empty { field: "name of the group" });
    }
    Ok(())
}

fn check_past(time: Timestamp, now: Timestamp) -> Result<(), OperationError> {
    if time > now { Err(OperationError::TimeAhead) } else { Ok(()) }
}

const fn added(history: History) -> Membership {
    Membership::Added { history_shared: Some(matches!(history, History::Shared)) }
}

impl From<ReadOnly> for OperationError {
    fn from(_: ReadOnly) -> Self {
        Self::NotAdmin
    }
}

impl Group {
    /// First state of a new group.
    pub(super) fn found(
        &mut self,
        name: &str,
        invited: &[AccountId],
        now: Timestamp,
    ) -> Result<(), OperationError> {
        self.put_name(name)?;
        self.info.set_created_at(Some(now))?;
        let mut own = Member::invited(self.account.id());
        own.promote();
        own.set_promotion(Progress::Accepted);
        self.members.set(&own)?;
        members::invite(&mut self.members, invited, History::Hidden)?;
        self.make_key(now)?;
        if !invited.is_empty() {
            let notice = self.notice_of(added(History::Hidden), invited, now)?;
            self.announce(invited, notice);
        }
        self.work.members_first = true;
        Ok(())
    }

    /// Invites people, who can then read what is written from now on or, with [`History::Shared`], also what is
    /// stored. The group gets a new key. All of them are invited or none; an empty list changes nothing.
    ///
    /// # Errors
    /// [`OperationError::Invite`], and those of every edit: [`OperationError::Departed`],
    /// [`OperationError::NotAdmin`], [`OperationError::NotSynchronised`].
    pub fn invite(
        &mut self,
        people: &[AccountId],
        history: History,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        self.check_admin()?;
        if people.is_empty() {
            return Ok(());
        }
        let notice = self.notice_of(added(history), people, now)?;
        members::invite(&mut self.members, people, history)?;
        self.forget_returned();
        self.begin_invitations(people, now);
        if history == History::Shared {
            self.work.history_for.extend(people);
        }
        // Also with shared history: else a member who comes back would obey the old notice of removal (06 §10).
        self.work.rekey = true;
        // Ids that are no keys have no tokens.
        self.work.unrevoke.extend(people.iter().filter(|id| id.check().is_ok()));
        self.announce(people, notice);
        Ok(())
    }

    fn announce(&mut self, people: &[AccountId], notice: SignedNotice) {
        self.work.members_first = true;
        self.work.letters.extend(people.iter().map(|id| (*id, Letter::Invite)));
        self.enqueue_notice(notice, Haste::AfterRemovals);
    }

    /// Sends an invitation or promotion that was not answered once more.
    ///
    /// # Errors
    /// [`OperationError::Transition`] if the member is none, is in already, or is about to be removed; and those
    /// of every edit.
    pub fn resend(&mut self, id: &AccountId) -> Result<(), OperationError> {
        self.check_admin()?;
        let member = self.members.get(id).filter(|member| member.removal.is_none());
        let member = member.ok_or(TransitionError::Unknown)?;
        if member.is_admin {
            members::apply(&mut self.members, id, Transition::Promote)?;
            self.work.letters.insert(*id, Letter::Promotion);
            return Ok(());
        }
        let history = if member.needs_supplement { History::Shared } else { History::Hidden };
        members::invite(&mut self.members, &[*id], history)?;
        if history == History::Shared {
            self.work.history_for.insert(*id);
        }
        self.work.unrevoke.extend(Some(*id).filter(|id| id.check().is_ok()));
        self.work.letters.insert(*id, Letter::Invite);
        Ok(())
    }

    /// Makes members admins: all of them or none. They get the group's secret, which nobody can take away again.
    ///
    /// # Errors
    /// [`OperationError::Transition`], and those of every edit.
    pub fn promote(&mut self, ids: &[AccountId]) -> Result<(), OperationError> {
        self.check_admin()?;
        if ids.is_empty() {
            return Ok(());
        }
        members::apply_all(&mut self.members, ids, Transition::Promote)?;
        self.work.letters.extend(ids.iter().map(|id| (*id, Letter::Promotion)));
        self.work.members_first = true;
        Ok(())
    }

    /// Removes members: all of them or none. All see it at once; then the members are told, lose their access, and the group gets a
    /// new key. Messages that are sent meanwhile wait for it.
    ///
    /// # Errors
    /// [`OperationError::OwnRemoval`], [`OperationError::Transition`], and those of every edit.
    pub fn remove(
        &mut self,
        ids: &[AccountId],
        removal: PendingRemoval,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        self.check_admin()?;
        if ids.contains(&self.account.id()) {
            return Err(OperationError::OwnRemoval);
        }
        if ids.is_empty() {
            return Ok(());
        }
        let notice = self.notice_of(Membership::Removed, ids, now)?;
        members::apply_all(&mut self.members, ids, Transition::Remove(removal))?;
        ids.iter().for_each(|id| self.forget_plans_for(id));
        self.work.members_first = true;
        self.enqueue_notice(notice, Haste::Now);
        Ok(())
    }

    /// Nothing more is planned for somebody who is removed.
    pub(super) fn forget_plans_for(&mut self, id: &AccountId) {
        self.work.letters.remove(id);
        // Before: the others whom the keys were for get them anew, but not the one who goes.
        self.withdraw_supplements(id);
        self.work.history_for.remove(id);
        self.work.unrevoke.remove(id);
    }

    /// Gives the group a new key, as one may do from time to time.
    ///
    /// # Errors
    /// Those of every edit.
    pub fn rekey(&mut self) -> Result<(), OperationError> {
        self.check_admin()?;
        self.work.rekey = true;
        Ok(())
    }

    /// Changes the name of the group.
    ///
    /// # Errors
    /// [`OperationError::Content`] for a blank name, [`OperationError::Edit`] for a long one, and those of every edit.
    pub fn set_name(&mut self, name: &str, now: Timestamp) -> Result<(), OperationError> {
        self.check_admin()?;
        check_name(name)?;
        let notice = self.notice_of_info(InfoUpdate::Name(name.to_owned()), now)?;
        self.put_name(name)?;
        self.enqueue_notice(notice, Haste::AfterRemovals);
        Ok(())
    }

    fn put_name(&mut self, name: &str) -> Result<(), OperationError> {
        check_name(name)?;
        self.info.set_name(name)?;
        // It is not longer than the group allows.
        let _ = self.entry.set_name(name);
        Ok(())
    }

    /// Changes the description of the group; an empty one removes it.
    ///
    /// # Errors
    /// [`OperationError::Description`] for a long one, and those of every edit.
    pub fn set_description(&mut self, description: &str) -> Result<(), OperationError> {
        self.check_admin()?;
        Ok(info::set_description(&mut self.info, description)?)
    }

    /// Changes or removes the picture of the group.
    ///
    /// # Errors
    /// Those of every edit.
    pub fn set_picture(
        &mut self,
        picture: Option<&ProfilePicture>,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        self.check_admin()?;
        let notice = self.notice_of_info(InfoUpdate::Picture, now)?;
        self.info.set_picture(picture)?;
        self.enqueue_notice(notice, Haste::AfterRemovals);
        Ok(())
    }

    /// Changes after how long messages disappear, in whole seconds.
    ///
    /// # Errors
    /// Those of every edit.
    pub fn set_timer(
        &mut self,
        timer: Option<Duration>,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        self.check_admin()?;
        let seconds = expiration_of(timer).seconds();
        let notice = self.notice_of_info(InfoUpdate::ExpirationSeconds(seconds), now)?;
        self.info.set_expiry_timer(timer)?;
        self.enqueue_notice(notice, Haste::AfterRemovals);
        Ok(())
    }

    /// Has every member delete what was sent before a time, which counts in whole seconds (06 §6).
    ///
    /// # Errors
    /// [`OperationError::TimeAhead`] for a time after `now`, and those of every edit.
    pub fn delete_before(&mut self, time: Timestamp, now: Timestamp) -> Result<(), OperationError> {
        self.check_admin()?;
        check_past(time, now)?;
        Ok(self.info.set_delete_before(Some(time))?)
    }

    /// Has every member delete the attachments of what was sent before a time, which counts in whole seconds.
    ///
    /// # Errors
    /// [`OperationError::TimeAhead`] for a time after `now`, and those of every edit.
    pub fn delete_attachments_before(
        &mut self,
        time: Timestamp,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        self.check_admin()?;
        check_past(time, now)?;
        Ok(self.info.set_delete_attachments_before(Some(time))?)
    }

    /// Takes name and picture of a member, as the member's messages tell them, into the list of members. A blank
    /// name and an absent picture change nothing, and a time ahead of `now` counts as `now`: see
    /// [`members::update_profile`]. False if nothing changed.
    ///
    /// # Errors
    /// Those of every edit.
    pub fn record_profile(
        &mut self,
        id: &AccountId,
        name: &str,
        picture: Option<&ProfilePicture>,
        updated_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, OperationError> {
        self.check_admin()?;
        let members = &mut self.members;
        Ok(members::update_profile(members, id, name, picture, updated_at, now)?)
    }

    /// Sends a message to the group; returns the time that it carries. It gets the group's setting of
    /// disappearing messages.
    ///
    /// # Errors
    /// [`OperationError::Delivery`] for a kind that groups do not carry, [`OperationError::ControlMessage`],
    /// [`OperationError::Departed`]. One that is too long shows when it is its turn: [`Event::NotSent`](crate::Event::NotSent).
    pub fn send(&mut self, content: Content, now: Timestamp) -> Result<Timestamp, OperationError> {
        self.check_present()?;
        content.check_delivery(Place::Group, Sender::Own)?;
        if matches!(content.kind(), Kind::Group(_)) {
            return Err(OperationError::ControlMessage);
        }
        Ok(self.enqueue(content.with_expiration(self.expiration()), Haste::AfterRemovals, now))
    }

    /// Deletes messages of the account itself, by their names, for all members.
    ///
    /// # Errors
    /// [`OperationError::Content`] without names, [`OperationError::Departed`].
    pub fn delete_own(
        &mut self,
        hashes: &[MessageHash],
        now: Timestamp,
    ) -> Result<(), OperationError> {
        self.check_present()?;
        let request = DeleteContent::of_own(hashes.iter().map(MessageHash::to_string).collect())?;
        let content = Content::new(Kind::Group(GroupUpdate::DeleteContent(request)));
        self.enqueue(content, Haste::AfterRemovals, now);
        Ok(())
    }

    /// Deletes messages for all members and in the swarm: those with these names, and all that these members
    /// have sent, as far as this device knows them.
    ///
    /// # Errors
    /// [`OperationError::Content`] if nothing is named, and those of every edit.
    pub fn delete(
        &mut self,
        members: &[AccountId],
        hashes: &[MessageHash],
        now: Timestamp,
    ) -> Result<(), OperationError> {
        let secret = self.check_admin()?.clone();
        let sent_at = self.work.next_stamp(now);
        let names = hashes.iter().map(MessageHash::to_string).collect();
        let request = DeleteContent::by_admin(&secret, members, names, sent_at)?;
        let content = Content::new(Kind::Group(GroupUpdate::DeleteContent(request)));
        self.enqueue_stamped(content, sent_at, Haste::AfterRemovals);
        self.work.delete.extend(hashes);
        self.delete_stored(|author, at| members.contains(&author) && at < sent_at);
        Ok(())
    }

    /// Marks known messages for deletion from the swarm.
    pub(super) fn delete_stored(&mut self, is_meant: impl Fn(AccountId, Timestamp) -> bool) {
        let known = self.inbox.written().filter(|(_, author, at)| is_meant(*author, *at));
        self.work.delete.extend(known.map(|(hash, ..)| *hash));
    }

    /// Leaves the group: the others are told, then everything is forgotten here. An admin may leave if there is
    /// another one, and still knows the group's secret. Once it has begun, another call changes nothing.
    ///
    /// # Errors
    /// [`OperationError::LastAdmin`], [`OperationError::Departed`].
    pub fn leave(&mut self, now: Timestamp) -> Result<(), OperationError> {
        self.check_present()?;
        if self.work.is_leaving {
            return Ok(());
        }
        let own = self.account.id();
        let can_stay =
            |member: Member| member.id() != own && member.is_admin && member.removal.is_none();
        if self.is_admin() && !self.members.iter().any(can_stay) {
            return Err(OperationError::LastAdmin);
        }
        if self.keys.is_empty() {
            // Nobody could read a farewell.
            self.leave_silently();
            return Ok(());
        }
        for update in
            [GroupUpdate::MemberLeft(Bare::new()), GroupUpdate::MemberLeftNotification(Bare::new())]
        {
            let content = Content::new(Kind::Group(update));
            self.enqueue(content.with_expiration(self.expiration()), Haste::Now, now);
        }
        self.work.is_leaving = true;
        Ok(())
    }

    /// Forgets the group without a word, which is always possible. Its admins go on taking the account for a
    /// member.
    pub fn leave_silently(&mut self) {
        if self.departure().is_none() {
            self.depart(Departure::Left);
        }
    }

    /// Destroys the group, for all members and for good.
    ///
    /// # Errors
    /// Those of every edit.
    pub fn destroy(&mut self) -> Result<(), OperationError> {
        self.check_admin()?;
        self.info.destroy()?;
        self.work.is_destroying = true;
        Ok(())
    }

    fn check_admin(&self) -> Result<&session_crypto::ed25519::Ed25519Keypair, OperationError> {
        self.check_present()?;
        let secret = self.secret().ok_or(OperationError::NotAdmin)?;
        // A key of generation 0 beside those that others have would not count (06 §12).
        if self.inbox.is_synchronised && !self.keys.is_empty() {
            Ok(secret)
        } else {
            Err(OperationError::NotSynchronised)
        }
    }

    /// Makes a notice, which can fail, before the edit that it is about; nothing is changed yet.
    pub(super) fn notice_of(
        &self,
        membership: Membership,
        members: &[AccountId],
        now: Timestamp,
    ) -> Result<SignedNotice, OperationError> {
        let secret = self.secret().ok_or(OperationError::NotAdmin)?;
        let sent_at = self.work.next_stamp(now);
        let change = MemberChange::new(secret, membership, members.to_vec(), sent_at)?;
        Ok(SignedNotice { update: GroupUpdate::MemberChange(change), sent_at })
    }

    /// As [`Self::notice_of`], about a setting.
    fn notice_of_info(
        &self,
        update: InfoUpdate,
        now: Timestamp,
    ) -> Result<SignedNotice, OperationError> {
        let secret = self.secret().ok_or(OperationError::NotAdmin)?;
        let sent_at = self.work.next_stamp(now);
        let change = InfoChange::new(secret, update, sent_at)?;
        Ok(SignedNotice { update: GroupUpdate::InfoChange(change), sent_at })
    }

    pub(super) fn enqueue_notice(&mut self, notice: SignedNotice, haste: Haste) {
        let content = Content::new(Kind::Group(notice.update)).with_expiration(self.expiration());
        self.enqueue_stamped(content, notice.sent_at, haste);
    }

    /// Puts a content that was signed for this time into the outbox.
    fn enqueue_stamped(&mut self, content: Content, sent_at: Timestamp, haste: Haste) {
        self.work.last_sent_at = Some(sent_at);
        self.work.outbox.push_back(Outgoing { content, sent_at, haste, sealed: None });
    }
}

#[cfg(test)]
pub(super) mod tests;
