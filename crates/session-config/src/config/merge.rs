//! What was found in the storage becomes part of the object (07 §6.2).

use std::{collections::BTreeMap, sync::Arc};

use session_identity::Timestamp;

use super::{Config, ResolutionForm, State, StoredHash, SyncedType};
use crate::{
    change::{Change, Event, History, changes, events},
    compression::{self, DecompressError},
    data::{Budget, Dict, MAX_VALUES, TooManyValues, max_values},
    diff::Diff,
    merge::{Merged, merge},
    message::{Authority, Known, Lag, Message, ParseError, RevisionId},
    multipart::{self, Added, Part, PartError},
    padding,
};

/// A stored message of the object's namespace.
#[derive(Clone, Debug)]
pub struct Incoming<'a> {
    stored: StoredHash,
    data: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// Message `data` that is stored as `stored`.
    #[must_use]
    pub const fn new(stored: StoredHash, data: &'a [u8]) -> Self {
        Self { stored, data }
    }
}

/// The object of a group has no key to decrypt with.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("config has no key to decrypt with")]
pub struct NoKey;

/// Why a stored message is passed over. It is never deleted: a later version may have written it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// No key decrypts it.
    #[error("no key decrypts the message")]
    Undecryptable,
    /// There is nothing but padding.
    #[error("message is empty")]
    Empty,
    /// The compressed message cannot be decompressed.
    #[error(transparent)]
    Compression(#[from] DecompressError),
    /// No part of a message, or none that fits the others.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Neither a message nor anything that holds one.
    #[error("message is no dict")]
    NoMessage,
    /// No valid revision.
    #[error(transparent)]
    Revision(#[from] ParseError),
}

/// What a merge did.
#[derive(Clone, Debug)]
pub struct MergeReport<T: SyncedType> {
    processed: Vec<StoredHash>,
    rejected: Vec<(StoredHash, Rejection)>,
    changes: Vec<Change>,
    events: Vec<Event<T::Entry, T::Field>>,
    revisions: BTreeMap<RevisionId, Vec<StoredHash>>,
}

impl<T: SyncedType> MergeReport<T> {
    const fn new() -> Self {
        Self {
            processed: Vec::new(),
            rejected: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            revisions: BTreeMap::new(),
        }
    }

    /// Messages that were understood, also if they were out of date: they need not be merged again.
    #[must_use]
    pub fn processed(&self) -> &[StoredHash] {
        &self.processed
    }

    /// Messages that were passed over, and why.
    #[must_use]
    pub fn rejected(&self) -> &[(StoredHash, Rejection)] {
        &self.rejected
    }

    /// What happened to the entries of the config, in the order of their paths. What this version has no words
    /// for is in [`Self::changes`] alone.
    #[must_use]
    pub fn events(&self) -> &[Event<T::Entry, T::Field>] {
        &self.events
    }

    /// Every value that is different now.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Where revision `id`, the source of a change, is stored, if it was among the merged messages.
    #[must_use]
    pub fn stored(&self, id: RevisionId) -> &[StoredHash] {
        self.revisions.get(&id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Bytes of memory that messages may take together while they are merged. What is more is merged in several
/// steps, so that many messages take no more than a few.
const MAX_STEP: usize = 32 << 20;
/// Longest message that others share data with: they are compared with a copy of it.
const MAX_SHARED_LENGTH: usize = 4 << 20;

impl<T: SyncedType> Config<T> {
    /// Merges messages that were found in the storage, best all of them at once.
    ///
    /// Bad messages are passed over; nothing that is stored can make this fail. Afterwards the object may have
    /// something to push, and should be dumped if [`Self::needs_dump`].
    ///
    /// # Errors
    /// [`NoKey`] if the object has none.
    pub fn merge(
        &mut self,
        incoming: &[Incoming<'_>],
        now: Timestamp,
    ) -> Result<MergeReport<T>, NoKey> {
        if self.keys.is_empty() {
            return Err(NoKey);
        }
        self.needs_dump |= self.parts.expire(now);
        let mut merging = Merging::of(self.data().clone(), incoming.len());
        for Incoming { stored, data } in incoming {
            match self.open(stored, data, merging.known.as_mut(), now) {
                Ok(Some(candidate)) => {
                    merging.report.processed.extend(candidate.stored.iter().cloned());
                    let taken = merging.taken.saturating_add(candidate.taken);
                    if taken > MAX_STEP && !merging.candidates.is_empty() {
                        self.merge_candidates(&mut merging);
                    }
                    merging.taken = merging.taken.saturating_add(candidate.taken);
                    merging.candidates.push(candidate);
                }
                Ok(None) => merging.report.processed.push(stored.clone()),
                Err(rejection) => merging.report.rejected.push((stored.clone(), rejection)),
            }
        }
        self.merge_candidates(&mut merging);
        let Merging { before, mut report, .. } = merging;
        report.events = events::<T>(&report.changes, &before, self.data());
        T::tidy(self, &before, now);
        Ok(report)
    }

    /// The revision in a stored message; `None` for a part that does not complete one.
    fn open(
        &mut self,
        stored: &StoredHash,
        data: &[u8],
        known: Option<&mut Known>,
        now: Timestamp,
    ) -> Result<Option<Candidate>, Rejection> {
        let unwrapped = self.wrapper.as_ref().and_then(|wrapper| wrapper.unwrap(data));
        let blob = unwrapped.as_deref().unwrap_or(data);
        let mut plaintexts = self.keys.iter().map(|key| key.decrypt(T::DOMAIN, blob));
        let plaintext = plaintexts.find_map(Result::ok).ok_or(Rejection::Undecryptable)?;
        let body = padding::unpad(&plaintext);
        if let Some((&multipart::MARKER, part)) = body.split_first() {
            let part = Part::parse(part)?;
            // Parts that contradict others are kept too.
            self.needs_dump = true;
            let added = self.parts.add(&part, stored, now)?;
            let Added::Complete(padded, stored) = added else { return Ok(None) };
            return self.parse(padding::unpad(&padded), stored, known).map(Some);
        }
        self.parse(body, vec![stored.clone()], known).map(Some)
    }

    fn parse(
        &self,
        body: &[u8],
        stored: Vec<StoredHash>,
        known: Option<&mut Known>,
    ) -> Result<Candidate, Rejection> {
        let decompressed;
        let bytes = match body.split_first() {
            None => return Err(Rejection::Empty),
            Some((&compression::MARKER, frame)) => {
                decompressed = compression::decompress(frame)?;
                decompressed.as_slice()
            }
            Some(_) => body,
        };
        if bytes.first() != Some(&b'd') {
            return Err(Rejection::NoMessage);
        }
        let mut budget = Budget::of(max_values(body.len()));
        let known = known.filter(|_| bytes.len() <= MAX_SHARED_LENGTH);
        let (lag, authority) = (Lag::DEFAULT, &self.authority);
        let message = Message::parse_within(bytes, lag, authority, known, &mut budget)?;
        Ok(Candidate { message, stored, taken: budget.taken() })
    }

    /// Merges what was collected so far. If the result would be more than a message may hold, each message is
    /// merged alone, and one that still leads to too much is rejected.
    fn merge_candidates(&mut self, merging: &mut Merging<T>) {
        let candidates = merging.next_step();
        if candidates.is_empty() || self.merge_step(&candidates, merging) {
            return;
        }
        for candidate in candidates {
            if self.merge_step(std::slice::from_ref(&candidate), merging) {
                continue;
            }
            let rejection = Rejection::Revision(ParseError::TooManyValues(TooManyValues));
            merging.report.processed.retain(|hash| !candidate.stored.contains(hash));
            let rejected = candidate.stored.into_iter().map(|stored| (stored, rejection));
            merging.report.rejected.extend(rejected);
        }
    }

    /// Merges some messages. False, and nothing is changed, if the result would be too large.
    fn merge_step(&mut self, candidates: &[Candidate], merging: &mut Merging<T>) -> bool {
        let ours = Ours::take(&mut self.state, &self.authority);
        merging.unsent.get_or_insert_with(|| ours.unsent());
        let theirs = candidates.iter().map(|candidate| &candidate.message);
        let messages: Vec<Message> = ours.revision().into_iter().chain(theirs).cloned().collect();
        let history = History::of(&messages);
        let mut merged = merge(messages, Lag::DEFAULT, &self.authority);
        if let Some(Merged::Resolved(resolution)) = &mut merged {
            resolution.reconcile(T::reconcile);
            if resolution.count() > MAX_VALUES {
                self.state = ours.into_state();
                return false;
            }
        }
        let in_conflict = match &merged {
            Some(Merged::Resolved(resolution)) => resolution.merged().to_vec(),
            _ => Vec::new(),
        };
        let before = ours.message.data().clone();
        let winner = self.settle(merged, ours);
        T::remember(self, &in_conflict);
        self.sort_hashes(winner, candidates);
        if before != *self.data() {
            merging.take_changes(self.data(), &history);
        }
        merging.remember_stored(candidates);
        true
    }

    /// Adopts what the merge came to. Returns the revision that is current now, unless it is new.
    fn settle(&mut self, merged: Option<Merged>, ours: Ours) -> Option<RevisionId> {
        let was_dirty = ours.base.is_some();
        let id = ours.message.id();
        match merged {
            Some(Merged::Unmerged { message, .. }) if message.seqno() != id.seqno => {
                let winner = message.id();
                self.state = State::Clean(*message);
                self.obsolete.append(&mut self.current);
                self.needs_dump = true;
                Some(winner)
            }
            Some(Merged::Resolved(resolution)) => {
                let plain = was_dirty || self.resolution_form == ResolutionForm::Plain;
                let draft =
                    if plain { resolution.into_draft() } else { resolution.into_full_draft() };
                self.state = State::Dirty(draft);
                self.obsolete.append(&mut self.current);
                self.needs_dump = true;
                None
            }
            Some(Merged::Unmerged { message, .. }) => {
                // Ours; or an empty revision 0 while nothing was ever changed here; or, where we cannot write,
                // a sibling of ours until an admin resolves the conflict.
                let winner = if ours.revision().is_some() { id } else { message.id() };
                self.state = ours.into_state();
                Some(winner)
            }
            None => {
                self.state = ours.into_state();
                None
            }
        }
    }

    /// The first name of the current revision is current, all others are obsolete.
    fn sort_hashes(&mut self, winner: Option<RevisionId>, candidates: &[Candidate]) {
        let before = self.current.len();
        let mut winner = winner;
        for Candidate { message, stored, .. } in candidates {
            let (id, stored) = (message.id(), stored.iter().cloned());
            let is_winner = winner == Some(id);
            if !is_winner || !self.current.is_empty() {
                self.obsolete.extend(stored);
            } else if id.seqno != 0 {
                // The empty revision 0 that somebody stored is not ours to keep or to delete.
                self.current.extend(stored);
            }
            winner.take_if(|_| is_winner);
        }
        // A current message must never be handed out for deletion.
        self.obsolete.retain(|hash| !self.current.contains(hash));
        self.needs_dump |= before != self.current.len();
    }
}

/// A revision that was found, and where it is stored.
struct Candidate {
    message: Message,
    stored: Vec<StoredHash>,
    /// Bytes of memory that it takes, beyond what it shares with others.
    taken: usize,
}

/// A merge in several steps.
struct Merging<T: SyncedType> {
    /// The data before the first step.
    before: Dict,
    /// What was not known to be stored before the first step.
    unsent: Option<Arc<Diff>>,
    report: MergeReport<T>,
    candidates: Vec<Candidate>,
    /// Bytes of memory that the candidates take.
    taken: usize,
    /// What they have in common. A message alone has none to share with.
    known: Option<Known>,
}

impl<T: SyncedType> Merging<T> {
    fn of(before: Dict, messages: usize) -> Self {
        let known = (messages > 1).then(Known::default);
        let (report, candidates) = (MergeReport::new(), Vec::new());
        Self { before, unsent: None, report, candidates, taken: 0, known }
    }

    /// The candidates of a step; those of the next share nothing with them.
    fn next_step(&mut self) -> Vec<Candidate> {
        self.taken = 0;
        self.known = self.known.take().map(|_| Known::default());
        std::mem::take(&mut self.candidates)
    }

    /// Tells what is different since before the first step. Earlier steps are told of no more than once.
    fn take_changes(&mut self, data: &Dict, history: &History) {
        let nothing = Arc::default();
        let unsent = self.unsent.as_ref().unwrap_or(&nothing);
        let earlier = std::mem::take(&mut self.report.changes);
        self.report.changes = changes(&self.before, data, &history.sources(), unsent, &earlier);
    }

    fn remember_stored(&mut self, candidates: &[Candidate]) {
        for Candidate { message, stored, .. } in candidates {
            let hashes = self.report.revisions.entry(message.id()).or_default();
            hashes.extend(stored.iter().cloned());
        }
    }
}

/// The object's own revision while it takes part in a merge.
struct Ours {
    message: Message,
    /// What the diff of a draft is computed against; `None` if the revision is finished.
    base: Option<Dict>,
    is_waiting: bool,
}

impl Ours {
    fn take(state: &mut State, authority: &Authority) -> Self {
        match std::mem::replace(state, State::Clean(Message::empty())) {
            State::Clean(message) => Self { message, base: None, is_waiting: false },
            State::Waiting(message) => Self { message, base: None, is_waiting: true },
            State::Dirty(draft) => {
                let base = Some(draft.base());
                Self { message: draft.finish(authority), base, is_waiting: false }
            }
        }
    }

    /// The revision, unless nothing was ever changed.
    fn revision(&self) -> Option<&Message> {
        (self.message.seqno() != 0 || self.base.is_some()).then_some(&self.message)
    }

    /// Edits that are not known to be stored.
    fn unsent(&self) -> Arc<Diff> {
        let is_unsent = self.base.is_some() || self.is_waiting;
        if is_unsent { self.message.shared_diff().clone() } else { Arc::default() }
    }

    fn into_state(self) -> State {
        match self.base {
            Some(base) => State::Dirty(self.message.reopen(base)),
            None if self.is_waiting => State::Waiting(self.message),
            None => State::Clean(self.message),
        }
    }
}
