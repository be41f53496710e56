//! Removals: who goes is told, and loses the access; then the others get a key (06 §11).

use session_crypto::rand_core::CryptoRng;
use session_envelope::content::{
    Content, Kind,
    group::{DeleteContent, GroupUpdate},
};
use session_identity::{AccountId, Timestamp};
use session_swarm::{
    limits::{MAX_REVOCATIONS, MAX_TTL},
    namespace::Namespace,
    request::Revocation,
    subaccount::SubaccountToken,
};

use super::{
    super::{Event, Group},
    SendError,
};
use crate::{
    keys::Generation,
    members::{MEMBER_ACCESS, Removals},
    transmission::{Sequence, Task},
};

impl Group {
    /// Whether members are to be told that they are removed: all others know it from the list of members.
    pub(super) fn is_removal_due(&self) -> bool {
        self.is_losing_members()
            && self.keys.pending().is_none()
            && self.keys.current_generation().is_some()
            && !self.members.needs_push()
    }

    pub(super) fn add_removal(
        &mut self,
        sequence: &mut Sequence,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(Vec<AccountId>, Generation), SendError> {
        let (Some(secret), Some(generation)) =
            (self.secret().cloned(), self.keys.current_generation())
        else {
            return Ok((Vec::new(), Generation::FIRST));
        };
        let removals = Removals::of(&self.members);
        let ids: Vec<_> = removals.all().take(MAX_REVOCATIONS).collect();
        // Whoever has an id that is no key can neither be told nor have access.
        let keyed: Vec<_> = ids.iter().copied().filter(|id| id.check().is_ok()).collect();
        let token = |id| SubaccountToken::derive(&secret, id, MEMBER_ACCESS).ok();
        let tokens: Vec<_> = keyed.iter().filter_map(token).collect();
        let mut requests = Vec::new();
        if !keyed.is_empty() {
            let notice = self.keys.kick(&keyed, rng)?;
            requests.push(
                self.store(Namespace::REVOKED_RETRIEVABLE, notice, now, MAX_TTL, now)?.into(),
            );
        }
        if !tokens.is_empty() {
            // Behind a store, because nodes forget revocations of accounts without messages (05 §5.10).
            requests.push(self.revocation(Revocation::Revoke, tokens, now)?);
        }
        let with_messages: Vec<_> =
            removals.with_messages().filter(|id| ids.contains(id)).collect();
        if !with_messages.is_empty() && !self.keys.is_empty() {
            let sent_at = self.work.stamp(now);
            let request = DeleteContent::by_admin(&secret, &with_messages, Vec::new(), sent_at)?;
            let content = Content::new(Kind::Group(GroupUpdate::DeleteContent(request)));
            if let Ok(data) = self.keys.encode(&content, &self.account, sent_at, rng) {
                let ttl = content.ttl();
                requests.push(self.store(Namespace::GROUP_MESSAGES, data, now, ttl, now)?.into());
            }
        }
        sequence.push(Task::Removal(ids.clone(), generation), requests);
        Ok((ids, generation))
    }

    /// Members were told, and lost their access: now the others get a key that they do not have.
    pub(super) fn finish_removal(&mut self, ids: &[AccountId], told: Generation, now: Timestamp) {
        let removals = Removals::of(&self.members);
        for id in removals.all().filter(|id| ids.contains(id)) {
            // An admin can write.
            let _ = self.members.erase(&id);
            self.forget_plans_for(&id);
            self.note_erased(id, told, now);
        }
        let with_messages: Vec<_> =
            removals.with_messages().filter(|id| ids.contains(id)).collect();
        self.delete_stored(|author, _| with_messages.contains(&author));
        self.work.rekey = true;
        self.work.members_first = true;
        self.events.push_back(Event::MembersChanged);
    }
}
