//! Session Pro in the profile: the credential and when to renew it (07 §11, §11.2).
//!
//! The credential is one string of the profile, so that no merge can join the proof of one device with the
//! signature of another.

use std::time::Duration;

use session_identity::{
    Timestamp,
    pro::{Credential, Entitlement, UnixSeconds},
};

use crate::{
    Config, UserProfile,
    data::Value,
    fields::{self, from_seconds},
};

/// How long notes about a purchase or a refund count.
const NOTE_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

impl Config<UserProfile> {
    /// The credential; none if what is stored is none.
    #[must_use]
    pub fn pro_credential(&self) -> Option<Credential> {
        self.data().bytes(b"s").and_then(|bytes| Credential::decode(bytes).ok())
    }

    /// Sets or removes the credential, with the time of the change of the profile.
    pub fn set_pro_credential(
        &mut self,
        credential: Option<&Credential>,
        changed_at: Option<Timestamp>,
        now: Timestamp,
    ) {
        let value = credential.map(|credential| Value::from(credential.encode().as_slice()));
        self.assign_profile(b"s", value, changed_at);
        if credential.is_some_and(|credential| ends_after(credential, now)) {
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

    /// Sets until when Pro is paid for. Without it there is no grace period, and nothing renews itself; with time to come, a purchase is no
    /// longer in flight, and a refund that was asked for long ago is forgotten.
    pub fn set_pro_access_expires_at(&mut self, expiry: Option<Timestamp>, now: Timestamp) {
        if self.pro_access_expires_at().map(Timestamp::as_secs) != expiry.map(Timestamp::as_secs) {
            self.assign(&[b"E"], fields::seconds(expiry));
        }
        if expiry.is_none() {
            self.assign(&[b"G"], None);
            self.assign(&[b"A"], None);
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

    /// How long the grace period is that the paid time ends with, for display only: whether the account has Pro, its proof
    /// and the backend decide (08 §7.2).
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
        self.assign(&[b"R"], fields::seconds(time));
        // The one setter that stamps the profile also if nothing changes (07 §11).
        self.stamp(changed_at);
    }

    /// What the account knows of its Pro. Its
    /// [`renewal_time`](Entitlement::renewal_time) says when to ask the backend for a new credential.
    #[must_use]
    pub fn pro_entitlement(&self, now: Timestamp) -> Entitlement {
        let credential = self.pro_credential();
        Entitlement {
            proof_expires_at: credential.map(|credential| credential.proof().expires_at()),
            access_expires_at: self.pro_access_expires_at().map(UnixSeconds::from),
            is_prepaid: self.pro_purchase_since(now).is_some(),
        }
    }

    fn has_pro(&self, now: Timestamp) -> bool {
        self.pro_credential().is_some_and(|credential| ends_after(&credential, now))
            || self.pro_access_expires_at().is_some_and(|expiry| expiry > now)
    }

    fn recent_note(&self, key: &[u8], now: Timestamp) -> Option<Timestamp> {
        let time = self.data().seconds(key)?;
        (now.saturating_duration_since(time) <= NOTE_FOR).then_some(time)
    }
}

fn ends_after(credential: &Credential, now: Timestamp) -> bool {
    credential.proof().expires_at() > UnixSeconds::from(now)
}

#[cfg(test)]
mod tests {
    use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
    use session_identity::pro::{Proof, RevocationTag, RotatingKeypair};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const WEEK: u64 = 7 * 24 * 3600;

    fn keypair(byte: u8) -> Ed25519Keypair {
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([byte; 32]))
    }

    fn profile() -> Config<UserProfile> {
        Config::new(&keypair(7))
    }

    fn later(seconds: u64) -> Timestamp {
        from_seconds(NOW.as_secs() + seconds)
    }

    fn credential(expires_at: Timestamp) -> Credential {
        let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([2; 32]));
        let tag = RevocationTag::from_bytes([1; 32]);
        let proof = Proof::sign(tag, rotating.public_key(), expires_at.into(), &keypair(3));
        Credential::new(rotating, &proof).unwrap()
    }

    #[test]
    fn a_credential_is_one_string() {
        let mut profile = profile();
        let credential = credential(later(86_400));
        profile.set_pro_credential(Some(&credential), Some(NOW), NOW);
        let read = profile.pro_credential().unwrap();
        assert_eq!(read.proof(), credential.proof());
        assert_eq!(profile.data().bytes(b"s"), Some(credential.encode().as_slice()));
        assert_eq!(profile.updated_at(), Some(NOW));
        // The form of before the release is none.
        profile.assign(&[b"s", b"p", b"@"], Some(Value::from(0)));
        assert!(profile.pro_credential().is_none());
        profile.assign(&[b"s"], Some(Value::from("d1:pd1:@i0eee")));
        assert!(profile.pro_credential().is_none());
        profile.set_pro_credential(None, None, NOW);
        assert_eq!(profile.data().get(b"s"), None);
    }

    #[test]
    fn what_is_settled_is_forgotten() {
        let mut profile = profile();
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        assert_eq!(profile.pro_purchase_since(later(WEEK)), Some(NOW));
        assert_eq!(profile.pro_purchase_since(later(WEEK + 1)), None);
        profile.set_pro_credential(Some(&credential(NOW)), None, NOW);
        assert_eq!(profile.pro_purchase_since(NOW), Some(NOW), "it ended");
        profile.set_pro_credential(Some(&credential(later(1))), None, NOW);
        assert_eq!(profile.pro_purchase_since(NOW), None);
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        assert_eq!(profile.pro_purchase_since(NOW), None, "the account has Pro");
        profile.set_pro_purchase_since(Some(NOW), None, later(1));
        assert_eq!(profile.pro_purchase_since(NOW), Some(NOW));
        profile.set_pro_grace_period(Some(Duration::from_secs(60)));
        profile.set_pro_refund_requested_at(Some(NOW), None);
        profile.set_pro_access_expires_at(Some(later(2 * WEEK)), NOW);
        assert_eq!(profile.pro_purchase_since(NOW), None);
        assert_eq!(profile.pro_refund_requested_at(NOW), Some(NOW));
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        assert_eq!(profile.pro_purchase_since(NOW), None, "it is paid for");
        profile.set_pro_access_expires_at(Some(later(3 * WEEK)), later(WEEK + 1));
        assert_eq!(profile.data().get(b"R"), None);
        profile.set_pro_auto_renewing(true);
        profile.set_pro_access_expires_at(None, NOW);
        assert_eq!(profile.pro_grace_period(), None);
        assert!(!profile.is_pro_auto_renewing());
        profile.assign(&[b"E"], Some(Value::from(1_700_000_000_123)));
        assert_eq!(profile.pro_access_expires_at(), Some(NOW), "milliseconds");
        profile.assign(&[b"E"], Some(Value::from(1_000_000_000_000)));
        let seconds = profile.pro_access_expires_at();
        assert_eq!(seconds, Some(Timestamp::from_millis(1_000_000_000_000_000)));
        profile.set_pro_auto_renewing(true);
        assert!(profile.is_pro_auto_renewing());
    }

    #[test]
    fn a_refund_stamps_the_profile_also_without_a_change() {
        let mut profile = profile();
        profile.set_pro_refund_requested_at(Some(NOW), Some(NOW));
        profile.set_pro_refund_requested_at(Some(NOW), Some(later(60)));
        assert_eq!(profile.updated_at(), Some(later(60)));
        profile.set_pro_purchase_since(Some(NOW), Some(later(120)), NOW);
        profile.set_pro_purchase_since(Some(NOW), Some(later(180)), NOW);
        assert_eq!(profile.updated_at(), Some(later(120)));
        profile.set_pro_access_expires_at(Some(later(5)), NOW);
        profile.set_pro_auto_renewing(true);
        profile.set_pro_grace_period(Some(Duration::from_secs(5)));
        assert_eq!(profile.updated_at(), Some(later(120)));
    }

    #[test]
    fn the_entitlement_is_what_is_stored() {
        let mut profile = profile();
        assert_eq!(profile.pro_entitlement(NOW), Entitlement::default());
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        assert_eq!(profile.pro_entitlement(NOW).renewal_time(NOW.into()), Some(NOW.into()));
        profile.set_pro_credential(Some(&credential(later(7200))), None, NOW);
        profile.set_pro_access_expires_at(Some(later(WEEK)), NOW);
        let entitlement = Entitlement {
            proof_expires_at: Some(later(7200).into()),
            access_expires_at: Some(later(WEEK).into()),
            is_prepaid: false,
        };
        assert_eq!(profile.pro_entitlement(NOW), entitlement);
    }
}
