//! Session Pro in the profile: the credential and when to renew it (07 §11, §11.2).
//!
//! The credential is one string of the profile, so that no merge can join the proof of one device with the
//! signature of another.

use std::{fmt, time::Duration};

use session_bt::{Reader, encode_dict};
use session_crypto::ed25519::{Ed25519Seed, Ed25519Signature};
use session_identity::Timestamp;

use crate::{
    Config, UserProfile,
    data::Value,
    fields::{self, from_seconds},
};

/// How long notes about a purchase or a refund count.
const NOTE_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// Proof that the account has Pro, with the key that signs for it.
#[derive(Clone, Eq, PartialEq)]
pub struct ProCredential {
    expires_at: Timestamp,
    revocation_tag: [u8; 32],
    rotating_seed: Ed25519Seed,
    signature: Ed25519Signature,
}

impl ProCredential {
    /// Credential of its parts. The expiry is kept to the second.
    #[must_use]
    pub const fn new(
        expires_at: Timestamp,
        revocation_tag: [u8; 32],
        rotating_seed: Ed25519Seed,
        signature: Ed25519Signature,
    ) -> Self {
        let expires_at = from_seconds(expires_at.as_secs());
        Self { expires_at, revocation_tag, rotating_seed, signature }
    }

    /// When the proof ends.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// By which the backend revokes the proof.
    #[must_use]
    pub const fn revocation_tag(&self) -> &[u8; 32] {
        &self.revocation_tag
    }

    /// Seed of the key that signs for the account.
    #[must_use]
    pub const fn rotating_seed(&self) -> &Ed25519Seed {
        &self.rotating_seed
    }

    /// The backend's signature over the proof.
    #[must_use]
    pub const fn signature(&self) -> Ed25519Signature {
        self.signature
    }

    /// All four fields in their order and of their exact size; anything else is no credential.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value().ok()?.dict().ok()?;
        let expires_at = from_seconds(dict.require(b"e").ok()?.integer().ok()?);
        let revocation_tag = *dict.require(b"g").ok()?.array().ok()?;
        let seed = *dict.require(b"r").ok()?.array().ok()?;
        let signature = Ed25519Signature::from_bytes(*dict.require(b"s").ok()?.array().ok()?);
        reader.finish().ok()?;
        let rotating_seed = Ed25519Seed::from_bytes(seed);
        Some(Self { expires_at, revocation_tag, rotating_seed, signature })
    }

    fn write(&self) -> Value {
        let bytes = zeroize::Zeroizing::new(encode_dict(|dict| {
            dict.integer(b"e", self.expires_at.as_secs());
            dict.bytes(b"g", &self.revocation_tag);
            dict.bytes(b"r", self.rotating_seed.expose_bytes());
            dict.bytes(b"s", self.signature.as_bytes());
        }));
        Value::from(bytes.as_slice())
    }
}

impl fmt::Debug for ProCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expires_at = self.expires_at;
        f.debug_struct("ProCredential").field("expires_at", &expires_at).finish_non_exhaustive()
    }
}

/// When to ask the backend for a new credential.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Renewal {
    /// Not at all, as things are.
    Never,
    /// At once.
    Now,
    /// At this time.
    At(Timestamp),
}

impl Config<UserProfile> {
    /// The credential; none if what is stored is none.
    #[must_use]
    pub fn pro_credential(&self) -> Option<ProCredential> {
        self.data().bytes(b"s").and_then(ProCredential::read)
    }

    /// Sets or removes the credential, with the time of the change of the profile.
    pub fn set_pro_credential(
        &mut self,
        credential: Option<&ProCredential>,
        changed_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        self.assign_profile(b"s", credential.map(ProCredential::write), changed_at);
        if credential.is_some_and(|credential| credential.expires_at > now) {
            self.assign(&[b"I"], None);
        }
    }

    /// Until when Pro is paid for.
    #[must_use]
    pub fn pro_access_expires_at(&self) -> Option<Timestamp> {
        let expiry = self.data().positive(b"E")?;
        // Some clients write milliseconds.
        let is_seconds = expiry <= 1_000_000_000_000;
        Some(if is_seconds { from_seconds(expiry) } else { from_seconds(expiry / 1000) })
    }

    /// Sets until when Pro is paid for. Without it there is no grace period; with time to come, a purchase is no
    /// longer in flight, and a refund that was asked for long ago is forgotten.
    pub fn set_pro_access_expires_at(&mut self, expiry: Option<Timestamp>, now: Timestamp) {
        if self.pro_access_expires_at().map(Timestamp::as_secs) != expiry.map(Timestamp::as_secs) {
            self.assign(&[b"E"], fields::seconds(expiry));
        }
        if expiry.is_none() {
            self.assign(&[b"G"], None);
        }
        if expiry.is_some_and(|expiry| expiry > now) {
            self.assign(&[b"I"], None);
            if self.pro_refund_requested_at(now).is_none() {
                self.assign(&[b"R"], None);
            }
        }
    }

    /// Whether Pro renews itself.
    #[must_use]
    pub fn is_pro_auto_renewing(&self) -> bool {
        self.data().flag(b"A")
    }

    /// Sets whether Pro renews itself.
    pub fn set_pro_auto_renewing(&mut self, is_renewing: bool) {
        self.assign(&[b"A"], fields::flag(is_renewing));
    }

    /// How long before the end of the paid time the grace period begins.
    #[must_use]
    pub fn pro_grace_period(&self) -> Option<Duration> {
        self.data().positive(b"G").map(Duration::from_secs)
    }

    /// Sets the grace period, in whole seconds.
    pub fn set_pro_grace_period(&mut self, period: Option<Duration>) {
        self.assign(&[b"G"], fields::positive(period.map_or(0, |period| period.as_secs())));
    }

    /// Since when a purchase is in flight; forgotten after a week.
    #[must_use]
    pub fn pro_purchase_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.recent_note(b"I", now)
    }

    /// Takes note of a purchase. Ignored if the account has Pro already.
    pub fn set_pro_purchase_since(
        &mut self,
        since: Option<Timestamp>,
        changed_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        if since.is_none() || !self.has_pro(now) {
            self.assign_profile(b"I", fields::seconds(since), changed_at);
        }
    }

    /// When a refund was asked for; forgotten after a week.
    #[must_use]
    pub fn pro_refund_requested_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.recent_note(b"R", now)
    }

    /// Takes note of a request for a refund.
    pub fn set_pro_refund_requested_at(
        &mut self,
        time: Option<Timestamp>,
        changed_at: Option<Timestamp>,
    ) {
        self.assign_profile(b"R", fields::seconds(time), changed_at);
    }

    /// When to ask the backend for a new credential: an hour before the old one ends, and not in the seconds
    /// around the turn of a week, when everybody's would end.
    #[must_use]
    pub fn pro_renewal(&self, now: Timestamp) -> Renewal {
        let access = self.pro_access_expires_at().map_or(0, Timestamp::as_secs);
        let is_paid = access > now.as_secs();
        match self.pro_credential() {
            None if self.pro_purchase_since(now).is_some() || is_paid => Renewal::Now,
            None => Renewal::Never,
            Some(credential) if credential.expires_at <= now => Renewal::Now,
            Some(_) if access <= now.as_secs().saturating_add(LEAD) => Renewal::Never,
            Some(credential) => renewal_before(credential.expires_at.as_secs(), now.as_secs()),
        }
    }

    fn has_pro(&self, now: Timestamp) -> bool {
        self.pro_credential().is_some_and(|credential| credential.expires_at > now)
            || self.pro_access_expires_at().is_some_and(|expiry| expiry > now)
    }

    fn recent_note(&self, key: &[u8], now: Timestamp) -> Option<Timestamp> {
        let time = self.data().seconds(key)?;
        (now.saturating_duration_since(time) <= NOTE_FOR).then_some(time)
    }
}

/// Seconds before the end of a credential at which it is renewed.
const LEAD: u64 = 60 * 60;
const WEEK: u64 = 7 * 24 * 3600;

fn renewal_before(expiry: u64, now: u64) -> Renewal {
    let mut target = expiry.saturating_sub(LEAD);
    if is_near_a_week(target) {
        target = target.saturating_sub(30);
    }
    let later = now.saturating_add(60);
    if target > now {
        Renewal::At(from_seconds(target))
    } else if is_near_a_week(now) && expiry >= later.saturating_add(5 * 60) {
        Renewal::At(from_seconds(later))
    } else {
        Renewal::At(from_seconds(target))
    }
}

/// Whether a time is within 15 seconds of a multiple of 7 days.
const fn is_near_a_week(time: u64) -> bool {
    let past = time % WEEK;
    past <= 15 || past >= WEEK - 15
}

#[cfg(test)]
mod tests {
    use session_crypto::ed25519::Ed25519Keypair;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn profile() -> Config<UserProfile> {
        Config::new(&Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32])))
    }

    fn later(seconds: u64) -> Timestamp {
        from_seconds(NOW.as_secs() + seconds)
    }

    fn credential(expires_at: Timestamp) -> ProCredential {
        let signature = Ed25519Signature::from_bytes([3; 64]);
        ProCredential::new(expires_at, [1; 32], Ed25519Seed::from_bytes([2; 32]), signature)
    }

    #[test]
    fn a_credential_is_one_string_with_exact_fields() {
        let mut profile = profile();
        let credential = credential(later(86_400));
        profile.set_pro_credential(Some(&credential), None, NOW);
        assert_eq!(profile.pro_credential(), Some(credential.clone()));
        let bytes = profile.data().bytes(b"s").unwrap().to_vec();
        assert_eq!(bytes[..7], *b"d1:ei17");
        for length in 0..bytes.len() {
            assert_eq!(ProCredential::read(&bytes[..length]), None, "{length} bytes");
        }
        assert_eq!(ProCredential::read(b"d1:pd1:@i0eee"), None);
        assert_eq!(
            format!("{credential:?}"),
            "ProCredential { expires_at: Timestamp(1700086400000), .. }"
        );
        profile.set_pro_credential(None, None, NOW);
        assert!(profile.data().is_empty());
    }

    #[test]
    fn what_is_settled_is_forgotten() {
        let mut profile = profile();
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        assert_eq!(profile.pro_purchase_since(later(WEEK)), Some(NOW));
        assert_eq!(profile.pro_purchase_since(later(WEEK + 1)), None);
        profile.set_pro_grace_period(Some(Duration::from_secs(60)));
        profile.set_pro_refund_requested_at(Some(NOW), None);
        profile.set_pro_access_expires_at(Some(later(2 * WEEK)), NOW);
        assert_eq!(profile.pro_purchase_since(NOW), None);
        assert_eq!(profile.pro_refund_requested_at(NOW), Some(NOW));
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        assert_eq!(profile.pro_purchase_since(NOW), None, "the account has Pro");
        profile.set_pro_access_expires_at(Some(later(3 * WEEK)), later(WEEK + 1));
        assert_eq!(profile.data().get(b"R"), None);
        profile.set_pro_access_expires_at(None, NOW);
        assert_eq!(profile.pro_grace_period(), None);
        profile.assign(&[b"E"], Some(Value::from(1_700_000_000_123)));
        assert_eq!(profile.pro_access_expires_at(), Some(NOW), "milliseconds");
    }

    #[test]
    fn renewal_follows_the_table() {
        let mut profile = profile();
        assert_eq!(profile.pro_renewal(NOW), Renewal::Never);
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        assert_eq!(profile.pro_renewal(NOW), Renewal::Now);
        profile.set_pro_credential(Some(&credential(later(7200))), None, NOW);
        assert_eq!(profile.pro_renewal(NOW), Renewal::Never, "nothing is known to be paid");
        profile.set_pro_access_expires_at(Some(later(LEAD)), NOW);
        assert_eq!(profile.pro_renewal(NOW), Renewal::Never, "ride out");
        profile.set_pro_access_expires_at(Some(later(LEAD + 1)), NOW);
        assert_eq!(profile.pro_renewal(NOW), Renewal::At(later(3600)));
        assert_eq!(profile.pro_renewal(later(7200)), Renewal::Now, "it ended");
    }

    #[test]
    fn renewal_keeps_away_from_the_turn_of_a_week() {
        let at = |seconds| Renewal::At(from_seconds(seconds));
        let turn = 2811 * WEEK;
        assert_eq!(renewal_before(turn + LEAD, turn - 9999), at(turn - 30));
        assert_eq!(renewal_before(turn + 15 + LEAD, turn - 9999), at(turn - 15));
        assert_eq!(renewal_before(turn + 16 + LEAD, turn - 9999), at(turn + 16));
        // The target is past, and it is the turn of a week right now.
        assert_eq!(renewal_before(turn + 360, turn), at(turn + 60));
        assert_eq!(renewal_before(turn + 359, turn), at(turn + 359 - LEAD));
    }
}
