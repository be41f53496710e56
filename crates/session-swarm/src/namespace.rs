//! Namespaces: the slots of an account's storage, and who may use them (spec 05 §4.2).
//!
//! The number of a namespace decides its rules, so that clients can take new ones without a change of the
//! nodes: numbers divisible by 10 are inboxes for everybody, and so on.

use alloc::string::{String, ToString};
use core::{fmt, time::Duration};

use crate::limits::{MAX_TTL, MAX_TTL_INBOX};

/// Slot in the storage of an account.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Namespace(i16);

impl Namespace {
    /// Direct messages to a user: a public inbox.
    pub const DEFAULT: Self = Self(0);
    /// Config messages with the user's own profile.
    pub const USER_PROFILE: Self = Self(2);
    /// Config messages with the user's contacts.
    pub const CONTACTS: Self = Self(3);
    /// Config messages with the read positions of conversations.
    pub const CONVO_INFO_VOLATILE: Self = Self(4);
    /// Config messages with the user's groups and communities.
    pub const USER_GROUPS: Self = Self(5);
    /// Messages of a closed group.
    pub const GROUP_MESSAGES: Self = Self(11);
    /// Key messages of a closed group.
    pub const GROUP_KEYS: Self = Self(12);
    /// Config messages with the description of a closed group.
    pub const GROUP_INFO: Self = Self(13);
    /// Config messages with the members of a closed group.
    pub const GROUP_MEMBERS: Self = Self(14);
    /// Notices to members that were removed from a closed group; readable with a revoked subaccount.
    pub const REVOKED_RETRIEVABLE: Self = Self(-11);
    /// Messages of a legacy group.
    pub const LEGACY_GROUP: Self = Self(-10);
    /// Device group of an account (part 10 §8), newest.
    pub const DEVICES: Self = Self(21);
    /// Public account keys (part 10 §3), newest: a public outbox.
    pub const ACCOUNT_KEYS: Self = Self(-21);
    /// Refuses every message and holds none, newest.
    pub const TESTING: Self = Self(-3741);

    /// Namespace of this number; every number is one.
    #[must_use]
    pub const fn new(number: i16) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i16 {
        self.0
    }

    /// Whether everybody may store here, without a signature.
    #[must_use]
    pub const fn is_public_inbox(self) -> bool {
        self.0 % 10 == 0
    }

    /// Whether everybody may read here, and only one message is held.
    #[must_use]
    pub const fn is_public_outbox(self) -> bool {
        // The remainder has the sign of the number.
        self.0 % 20 == -1
    }

    /// Whether a revoked subaccount may still read here.
    #[must_use]
    pub const fn is_unrevocable(self) -> bool {
        self.0 % 100 == -11
    }

    /// Whether reading needs no signature.
    #[must_use]
    pub const fn is_retrieved_without_auth(self) -> bool {
        self.is_public_outbox() || self.0 == Self::LEGACY_GROUP.0
    }

    /// Longest life of a message that is stored here (§4.3).
    #[must_use]
    pub const fn max_ttl(self) -> Duration {
        if self.is_public_inbox() { MAX_TTL_INBOX } else { MAX_TTL }
    }

    /// The namespace, but nothing for the default one, which requests leave out.
    pub(crate) fn unless_default(self) -> Option<Self> {
        Some(self).filter(|namespace| *namespace != Self::DEFAULT)
    }

    /// The number as hashes and signatures contain it: nothing for namespace 0, else decimal (§4.1, §6.1).
    pub(crate) fn signed_form(self) -> String {
        if self.0 == 0 { String::new() } else { self.0.to_string() }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_from_the_number() {
        let class = |number| {
            let namespace = Namespace(number);
            (
                namespace.is_public_inbox(),
                namespace.is_public_outbox(),
                namespace.is_unrevocable(),
                namespace.is_retrieved_without_auth(),
            )
        };
        for inbox in [0, 10, -1230, i16::MAX - 7] {
            assert_eq!(class(inbox), (true, false, false, false), "{inbox}");
        }
        for outbox in [-1, -21, -41, -981, -3741] {
            assert_eq!(class(outbox), (false, true, false, true), "{outbox}");
        }
        for unrevocable in [-11, -111, -12311] {
            assert_eq!(class(unrevocable), (false, false, true, false), "{unrevocable}");
        }
        for private in [1, 11, 21, 2, i16::MAX, i16::MIN, -2, -12, 111] {
            assert_eq!(class(private), (false, false, false, false), "{private}");
        }
        assert_eq!(class(-10), (true, false, false, true));
    }

    #[test]
    fn inboxes_forget_sooner() {
        let days = |number| Namespace(number).max_ttl().as_secs() / 86_400;
        assert_eq!((days(0), days(-10), days(2), days(-21)), (14, 14, 30, 30));
    }

    #[test]
    fn zero_is_signed_as_nothing() {
        let signed = |number| Namespace(number).signed_form();
        assert_eq!((signed(0), signed(-11), signed(5)), ("".into(), "-11".into(), "5".into()));
    }
}
