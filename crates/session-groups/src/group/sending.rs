//! What is to be sent next, and what follows when it is (06 §11).
//!
//! The order is the same for every thing that the user wants, so that nothing can overtake what it needs:
//!
//! ```text
//! removals that all know of:  notice of removal (−11) ─ revocation ─ request to delete (11)    then erase, rekey
//! removals that are not known: notice of removal (−11), repeated
//! everything else:            keys for late joiners (12) ─ key (12) ─ Info (13) ─ Members (14) ─ messages (11)
//!                             ─ tokens that count again ─ what is superseded is deleted
//! ```
//!
//! A key that may be stored is confirmed before another is made, and a removal is finished before any other
//! rekey: it would hand the new key to the member who is removed.

mod letters;
mod outcome;
mod removal;

use std::time::Duration;

use session_config::{
    GroupInfo, GroupMembers, StoredHash,
    config::{PushError, SyncedType},
};
use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_envelope::content::ContentError;
use session_identity::{AccountId, Timestamp};
use session_swarm::{
    answer::Response,
    limits::{MAX_REVOCATIONS, MAX_TTL},
    message_hash::MessageHash,
    namespace::Namespace,
    request::{
        BatchError, DeleteRequest, Namespaces, Request, Revocation, RevokeRequest, SignError,
        StoreRequest, StoreRequestError, SweepRequest,
    },
    subaccount::SubaccountToken,
};

use super::{Departure, Event, Group, Haste, work::Made};
use crate::{
    keys::{PendingKey, RekeyError, SupplementError},
    members::{MEMBER_ACCESS, Removals},
    messages::KickError,
    transmission::{Sequence, Task, Transmission, is_refused},
};

/// Times of 13 digits, in milliseconds: all that a request can be signed at (05 §6.1).
const SIGNABLE: std::ops::Range<u64> = 1_000_000_000_000..10_000_000_000_000;
/// How long what failed is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(15);
/// How often a letter without an answer is sent.
const MAX_LETTER_ATTEMPTS: u8 = 3;
/// Most key messages for late joiners in one request.
const MAX_SUPPLEMENTS: usize = 8;
/// Most names in one request to delete.
const MAX_DELETED: usize = 500;

/// Why nothing can be sent. Nothing is lost: what waits to be sent goes on waiting.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The time has not 13 digits.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A message is larger than what swarms store.
    #[error(transparent)]
    Store(#[from] StoreRequestError),
    /// A config cannot be pushed.
    #[error(transparent)]
    Push(#[from] PushError),
    /// A config has more parts than fit into one request.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// No new key can be made.
    #[error(transparent)]
    Rekey(#[from] RekeyError),
    /// The keys for late joiners cannot be encrypted.
    #[error(transparent)]
    Supplement(#[from] SupplementError),
    /// The notice of removal cannot be encrypted.
    #[error(transparent)]
    Kick(#[from] KickError),
    /// A control message breaks a rule.
    #[error(transparent)]
    Content(#[from] ContentError),
}

impl Group {
    /// Returns the next request, or `None` if there is nothing to send now. Tell [`Self::handle_response`] or
    /// [`Self::handle_silence`] what became of it.
    ///
    /// # Errors
    /// [`SendError`], for example at a time that does not have 13 digits. Nothing changed then: what waits goes on
    /// waiting.
    pub fn poll_transmit(
        &mut self,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Transmission>, SendError> {
        if self.departure().is_some() || self.work.retry_at.is_some_and(|at| now < at) {
            return Ok(None);
        }
        // Before anything is prepared that a signature is needed for.
        if !SIGNABLE.contains(&now.as_millis()) {
            return Err(SignError::Time(now).into());
        }
        if !self.has_work() {
            return Ok(None);
        }
        let before = self.checkpoint();
        let next = self.next_transmission(now, rng);
        if next.is_err() {
            self.roll_back(before);
        }
        next
    }

    /// As [`Self::poll_transmit`], but a failure leaves behind what was done until then.
    fn next_transmission(
        &mut self,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Transmission>, SendError> {
        if !self.work.in_flight
            && let Some(transmission) = self.next_to_group(now, rng)?
        {
            self.work.in_flight = true;
            return Ok(Some(transmission));
        }
        self.next_letter(now, rng)
    }

    /// When to call [`Self::poll_transmit`] again because of something that failed.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Timestamp> {
        self.work.retry_at
    }

    /// Takes the answer to a transmission, of a node of the recipient's swarm. `swarm` are the members of it
    /// that the client knows: what they sign counts, not what the node says.
    pub fn handle_response(
        &mut self,
        transmission: Transmission,
        response: &Response,
        swarm: &[Ed25519PublicKey],
        now: Timestamp,
    ) {
        let letter = self.land(&transmission);
        if self.departure().is_some() {
            return;
        }
        let (done, all) = transmission.done(response, swarm);
        for task in done {
            self.complete(task, now);
        }
        self.work.retry_at = None;
        match letter {
            Some((id, _)) if !all => self.fail_letter(&id),
            None if !all && self.work.is_leaving && is_refused(response) => {
                self.depart(Departure::Left);
            }
            None if !all => self.work.retry_at = now.checked_add(RETRY_AFTER),
            _ => {}
        }
    }

    /// Records that no answer to a transmission came: whether it arrived is not known.
    pub fn handle_silence(&mut self, transmission: Transmission, now: Timestamp) {
        if let Some((id, attempts)) = self.land(&transmission)
            && attempts >= MAX_LETTER_ATTEMPTS
        {
            self.fail_letter(&id);
        }
        self.work.retry_at = now.checked_add(RETRY_AFTER);
    }

    /// The transmission is no longer on its way. If it was an invitation or a promotion, this returns the recipient and
    /// how often it was sent.
    fn land(&mut self, transmission: &Transmission) -> Option<(AccountId, u8)> {
        let letter = transmission.tasks().find_map(|task| match task {
            Task::Invite(id) | Task::Promote(id) => Some(*id),
            _ => None,
        });
        let Some(id) = letter else {
            self.work.in_flight = false;
            return None;
        };
        self.work.letters_in_flight.remove(&id);
        let attempts = self.work.attempts.entry(id).or_default();
        *attempts = attempts.saturating_add(1);
        Some((id, *attempts))
    }

    pub(super) fn has_group_work(&self) -> bool {
        let configs = self.info.needs_push() || self.members.needs_push();
        let as_admin = self.work.is_destroying
            || self.keys.pending().is_some()
            || self.is_rekey_due()
            || configs
            || self.is_losing_members()
            || !self.work.supplements.is_empty()
            || !self.work.untold.is_empty()
            || !self.work.history_for.is_empty()
            || !self.work.unrevoke.is_empty()
            || !self.work.delete.is_empty();
        !self.work.outbox.is_empty() || (self.is_admin() && as_admin)
    }

    /// Whether members are about to be removed.
    fn is_losing_members(&self) -> bool {
        !Removals::of(&self.members).is_empty()
    }

    fn is_rekey_due(&self) -> bool {
        self.work.rekey || (self.inbox.is_synchronised && self.keys.needs_rekey())
    }

    fn next_to_group(
        &mut self,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Transmission>, SendError> {
        let mut sequence = Sequence::new(self.address());
        if self.is_admin() {
            if self.work.is_destroying {
                self.add_destruction(&mut sequence, now)?;
                return Ok(sequence.finish()?);
            }
            if self.inbox.is_synchronised {
                if self.is_removal_due() {
                    let (ids, told) = self.add_removal(&mut sequence, now, rng)?;
                    if let Some(transmission) = sequence.finish()? {
                        return Ok(Some(transmission));
                    }
                    // Nobody who could be told.
                    self.finish_removal(&ids, told, now);
                    sequence = Sequence::new(self.address());
                }
                // Before a rekey: the members get no later key.
                self.add_repeated_notice(&mut sequence, now, rng)?;
                if let Some(transmission) = sequence.finish()? {
                    return Ok(Some(transmission));
                }
                sequence = Sequence::new(self.address());
                self.prepare_keys(now)?;
                self.add_keys(&mut sequence, now)?;
                self.add_configs(&mut sequence, now)?;
            }
        }
        self.add_messages(&mut sequence, now, rng)?;
        if self.is_admin() {
            self.add_unrevocation(&mut sequence, now)?;
            self.add_deletion(&mut sequence)?;
        }
        Ok(sequence.finish()?)
    }

    fn add_destruction(
        &mut self,
        sequence: &mut Sequence,
        now: Timestamp,
    ) -> Result<(), SendError> {
        if self.info.needs_push() {
            let (task, requests) = self.push_info(now)?;
            sequence.push(task, requests);
        }
        let Some(signer) = self.signer() else { return Ok(()) };
        let namespaces = Namespaces::One(Namespace::GROUP_MESSAGES);
        let sweep = SweepRequest::delete_all(self.address(), namespaces, now).sign(&signer)?;
        sequence.push(Task::Destroy, [sweep.into()]);
        Ok(())
    }

    /// Makes the key messages that are due.
    fn prepare_keys(&mut self, now: Timestamp) -> Result<(), SendError> {
        let is_busy = self.keys.pending().is_some() || self.is_losing_members();
        if is_busy || self.keys.is_empty() {
            return Ok(());
        }
        if !self.work.history_for.is_empty() {
            // Before the rekey, so that it holds no key that the joiners get anyway.
            self.prepare_supplements()?;
        }
        if self.is_rekey_due() { Ok(self.make_key(now)?) } else { Ok(()) }
    }

    fn prepare_supplements(&mut self) -> Result<(), SupplementError> {
        // An id that is no key can be handed nothing, and must not stop the group.
        let joiners = self.work.history_for.iter().filter(|id| id.check().is_ok());
        let joiners: Vec<_> = joiners.copied().collect();
        match self.keys.supplement(&joiners) {
            Ok(messages) => self.work.supplements.extend(messages),
            Err(SupplementError::NoRecipient) => {}
            Err(error) => return Err(error),
        }
        self.work.history_for.clear();
        if let Some(highest) = self.keys.current_generation() {
            self.work.handed.extend(joiners.into_iter().map(|id| (id, highest)));
        }
        Ok(())
    }

    /// Makes a key for those who are in the list of members.
    pub(super) fn make_key(&mut self, now: Timestamp) -> Result<(), RekeyError> {
        let ids: Vec<_> = self.members.iter().map(|member| member.id()).collect();
        let message = self.keys.rekey(ids.iter().copied())?;
        let made = self.keys.pending().map(PendingKey::generation);
        let made = made.map(|generation| Made { generation, ids: ids.into_iter().collect() });
        self.work.made_for = made;
        let hash = MessageHash::of(&self.address(), Namespace::GROUP_KEYS, &message);
        self.work.pending = Some((now, hash));
        self.work.rekey = false;
        if self.refresh_keys() {
            // Nobody without the new key is to read them. An admin can write.
            let _ = self.info.touch();
            let _ = self.members.touch();
        }
        Ok(())
    }

    fn add_keys(&mut self, sequence: &mut Sequence, now: Timestamp) -> Result<(), SendError> {
        let supplements: Vec<_> =
            self.work.supplements.iter().take(MAX_SUPPLEMENTS).cloned().collect();
        if !supplements.is_empty() {
            let stores = supplements
                .into_iter()
                .map(|data| self.store(Namespace::GROUP_KEYS, data, now, MAX_TTL, now));
            let stores = stores.collect::<Result<Vec<_>, SendError>>()?;
            let names = stores.iter().map(StoreRequest::message_hash).collect();
            sequence.push(Task::Supplements(names), stores.into_iter().map(Request::from));
        }
        let Some(message) = self.keys.pending().map(|pending| pending.message().to_vec()) else {
            return Ok(());
        };
        let hash = MessageHash::of(&self.address(), Namespace::GROUP_KEYS, &message);
        let (made_at, hash) = *self.work.pending.get_or_insert((now, hash));
        // Always of the time when the key was made: whoever finds it sorts it by this.
        let ttl = MAX_TTL;
        let store = self.store(Namespace::GROUP_KEYS, message, made_at, ttl, now)?;
        sequence.push(Task::Keys(hash), [store.into()]);
        Ok(())
    }

    fn add_configs(&mut self, sequence: &mut Sequence, now: Timestamp) -> Result<(), SendError> {
        if self.keys.is_empty() {
            return Ok(());
        }
        if self.info.needs_push() {
            let (task, requests) = self.push_info(now)?;
            sequence.push(task, requests);
        }
        // How far invitations are is pushed once for all of them.
        let is_urgent =
            self.work.members_first || self.work.letters.is_empty() || self.is_losing_members();
        if self.members.needs_push() && is_urgent {
            let push = self.members.push(now)?;
            let seqno = push.seqno();
            self.work.delete.extend(names(push.obsolete()));
            let (hashes, requests) = self.store_config::<GroupMembers>(push.messages(), now)?;
            sequence.push(Task::Members(seqno, hashes), requests);
        }
        Ok(())
    }

    fn push_info(&mut self, now: Timestamp) -> Result<(Task, Vec<Request>), SendError> {
        let push = self.info.push(now)?;
        let seqno = push.seqno();
        self.work.delete.extend(names(push.obsolete()));
        let (hashes, requests) = self.store_config::<GroupInfo>(push.messages(), now)?;
        Ok((Task::Info(seqno, hashes), requests))
    }

    fn store_config<T: SyncedType>(
        &self,
        messages: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<(Vec<StoredHash>, Vec<Request>), SendError> {
        let mut stored = (Vec::new(), Vec::new());
        for message in messages {
            let store = self.store(T::NAMESPACE, message.clone(), now, MAX_TTL, now)?;
            stored.0.push(store.message_hash().into());
            stored.1.push(store.into());
        }
        Ok(stored)
    }

    fn add_messages(
        &mut self,
        sequence: &mut Sequence,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), SendError> {
        let is_losing_members = self.is_admin() && self.is_losing_members();
        let mut outbox = std::mem::take(&mut self.work.outbox);
        let mut complete = true;
        let mut failed = None;
        outbox.retain_mut(|outgoing| {
            let is_held = outgoing.haste == Haste::AfterRemovals && is_losing_members;
            // Room is left for the two requests behind the messages.
            if is_held || failed.is_some() || !sequence.has_room(3) {
                complete = false;
                return true;
            }
            let Some(key) = self.keys.encryption_key().cloned() else {
                complete = false;
                return true;
            };
            if outgoing.sealed.as_ref().is_none_or(|(with, _)| *with != key) {
                let content = &outgoing.content;
                match self.keys.encode(content, &self.account, outgoing.sent_at, rng) {
                    Ok(data) => outgoing.sealed = Some((key, data)),
                    Err(error) => {
                        let sent_at = outgoing.sent_at;
                        self.events.push_back(Event::NotSent { sent_at, error });
                        return false;
                    }
                }
            }
            let data = outgoing.sealed.as_ref().map(|(_, data)| data.clone()).unwrap_or_default();
            let ttl = outgoing.content.ttl();
            match self.store(Namespace::GROUP_MESSAGES, data, now, ttl, now) {
                Ok(store) => {
                    let task = Task::Message(outgoing.sent_at, store.message_hash());
                    sequence.push(task, [store.into()]);
                }
                Err(error) => failed = Some(error),
            }
            true
        });
        self.work.outbox = outbox;
        if self.work.is_leaving && complete {
            sequence.push(Task::Leave, []);
        }
        failed.map_or(Ok(()), Err)
    }

    fn add_unrevocation(&self, sequence: &mut Sequence, now: Timestamp) -> Result<(), SendError> {
        // What was just invited is in a config that this sequence or an earlier one stores.
        let ids: Vec<_> = self.work.unrevoke.iter().copied().take(MAX_REVOCATIONS).collect();
        let Some(secret) = self.secret().filter(|_| !ids.is_empty() && sequence.has_room(1)) else {
            return Ok(());
        };
        let token = |id| SubaccountToken::derive(secret, id, MEMBER_ACCESS).ok();
        let tokens: Vec<_> = ids.iter().filter_map(token).collect();
        let request = self.revocation(Revocation::Unrevoke, tokens, now)?;
        sequence.push(Task::Unrevoke(ids), [request]);
        Ok(())
    }

    fn add_deletion(&mut self, sequence: &mut Sequence) -> Result<(), SendError> {
        // What is in use must never be deleted.
        let used: Vec<_> = self.used_hashes();
        self.work.delete.retain(|hash| !used.contains(hash));
        let hashes: Vec<_> = self.work.delete.iter().copied().take(MAX_DELETED).collect();
        let Some(signer) = self.signer().filter(|_| !hashes.is_empty() && sequence.has_room(1))
        else {
            return Ok(());
        };
        let request = DeleteRequest::new(self.address(), hashes.clone()).sign(&signer)?;
        sequence.push(Task::Delete(hashes), [request.into()]);
        Ok(())
    }

    /// Names of everything whose life in the swarm is to be extended.
    pub(super) fn used_hashes(&self) -> Vec<MessageHash> {
        let configs = self.info.active_hashes().chain(self.members.active_hashes());
        let used = configs.chain(self.keys.active_hashes());
        used.filter_map(|hash| hash.as_str().parse().ok()).collect()
    }

    pub(super) fn store(
        &self,
        namespace: Namespace,
        data: Vec<u8>,
        timestamp: Timestamp,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<StoreRequest, SendError> {
        let store = StoreRequest::new(self.address(), namespace, data, timestamp, ttl)?;
        // Without a signer the account departed, and nothing is sent.
        let Some(signer) = self.signer() else { return Err(SignError::OtherAccount.into()) };
        Ok(store.sign(&signer, now)?)
    }

    fn revocation(
        &self,
        revocation: Revocation,
        tokens: Vec<SubaccountToken>,
        now: Timestamp,
    ) -> Result<Request, SendError> {
        let Some(signer) = self.signer() else { return Err(SignError::OtherAccount.into()) };
        Ok(RevokeRequest::new(revocation, self.address(), tokens, now).sign(&signer)?.into())
    }
}

/// Names that are those of swarms.
fn names(stored: &[StoredHash]) -> impl Iterator<Item = MessageHash> {
    stored.iter().filter_map(|hash| hash.as_str().parse().ok())
}

#[cfg(test)]
mod tests;
