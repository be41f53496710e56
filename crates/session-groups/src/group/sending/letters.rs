//! Invitations and promotions, from person to person (06 §8, §11).

use session_crypto::{ed25519::Ed25519Keypair, rand_core::CryptoRng};
use session_envelope::{
    content::{
        Content, Kind,
        group::{GroupUpdate, Invite, MemberAuth, Promotion},
    },
    direct,
};
use session_identity::{AccountId, Timestamp};
use session_swarm::{namespace::Namespace, request::StoreRequest, subaccount::SubaccountAuth};

use super::{
    super::{Group, Letter},
    SendError,
};
use crate::{
    members::{self, MEMBER_ACCESS, Transition},
    transmission::{Task, Transmission},
};

impl Group {
    /// The next invitation or promotion, once the group that it is to is stored.
    pub(super) fn next_letter(
        &mut self,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<Transmission>, SendError> {
        let is_stored = self.keys.pending().is_none()
            && !(self.work.members_first && self.members.needs_push())
            && !self.work.rekey
            && self.work.supplements.is_empty()
            && self.work.history_for.is_empty();
        let Some(secret) = self.secret().filter(|_| is_stored).cloned() else { return Ok(None) };
        let waiting = self.work.letters.iter();
        let mut waiting = waiting.filter(|(id, _)| !self.work.letters_in_flight.contains(id));
        let Some((id, letter)) = waiting.next().map(|(id, letter)| (*id, *letter)) else {
            return Ok(None);
        };
        let sent_at = self.work.stamp(now);
        let written = self.write_letter(&secret, &id, letter, sent_at).and_then(|content| {
            let data = direct::encode(&content, &self.account, &id, sent_at, rng).ok()?;
            Some((data, content.ttl()))
        });
        let Some((data, ttl)) = written else {
            self.fail_letter(&id);
            return self.next_letter(now, rng);
        };
        let recipient = id.into();
        let store = StoreRequest::new(recipient, Namespace::DEFAULT, data, now, ttl)?;
        let task = match letter {
            Letter::Invite => Task::Invite(id),
            Letter::Promotion => Task::Promote(id),
        };
        self.work.letters_in_flight.insert(id);
        Ok(Some(Transmission::direct(recipient, store.into(), task)))
    }

    /// `None` for somebody whose id is no key, or a group whose name is not known.
    fn write_letter(
        &self,
        secret: &Ed25519Keypair,
        id: &AccountId,
        letter: Letter,
        sent_at: Timestamp,
    ) -> Option<Content> {
        let name = self.name();
        let update = match letter {
            Letter::Promotion => GroupUpdate::Promotion(Promotion::new(secret.seed(), name).ok()?),
            Letter::Invite => {
                let auth = SubaccountAuth::issue(secret, id, MEMBER_ACCESS).ok()?;
                let auth = MemberAuth::from_bytes(*auth.expose_bytes());
                GroupUpdate::Invite(Invite::new(secret, name, auth, id, sent_at).ok()?)
            }
        };
        Some(Content::new(Kind::Group(update)))
    }

    pub(super) fn fail_letter(&mut self, id: &AccountId) {
        self.work.attempts.remove(id);
        let transition = match self.work.letters.remove(id) {
            Some(Letter::Invite) => Transition::InviteFailed,
            Some(Letter::Promotion) => Transition::PromotionFailed,
            None => return,
        };
        // Refused if the member is about to be removed, or in already: then there is nothing to note.
        let _ = members::apply(&mut self.members, id, transition);
    }
}
