//! Disappearing messages: the setting that every message carries (03 §4.6).

use core::num::NonZeroU32;

/// When a message disappears.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Expiration {
    /// Never.
    Off,
    /// So many seconds after its recipient has read it.
    AfterRead(NonZeroU32),
    /// So many seconds after it was sent.
    AfterSend(NonZeroU32),
}

impl Expiration {
    /// The setting of fields 12 and 13 of a content, `None` if both are absent. A timer of 0, a type that is
    /// absent or unknown: off.
    pub(super) fn from_wire(kind: Option<i32>, seconds: Option<u32>) -> Option<Self> {
        if kind.is_none() && seconds.is_none() {
            return None;
        }
        Some(match (kind, seconds.and_then(NonZeroU32::new)) {
            (Some(1), Some(seconds)) => Self::AfterRead(seconds),
            (Some(2), Some(seconds)) => Self::AfterSend(seconds),
            _ => Self::Off,
        })
    }

    /// Field 12.
    pub(super) const fn wire_type(self) -> i32 {
        match self {
            Self::Off => 0,
            Self::AfterRead(_) => 1,
            Self::AfterSend(_) => 2,
        }
    }

    /// The timer in seconds, 0 for off: field 13.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Off => 0,
            Self::AfterRead(seconds) | Self::AfterSend(seconds) => seconds.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_forms_have_one_meaning() {
        let minute = NonZeroU32::new(60).unwrap();
        for (kind, seconds, meaning) in [
            (None, None, None),
            (None, Some(60), Some(Expiration::Off)),
            (Some(0), Some(60), Some(Expiration::Off)),
            (Some(3), Some(60), Some(Expiration::Off)),
            (Some(1), None, Some(Expiration::Off)),
            (Some(2), Some(0), Some(Expiration::Off)),
            (Some(1), Some(60), Some(Expiration::AfterRead(minute))),
            (Some(2), Some(60), Some(Expiration::AfterSend(minute))),
        ] {
            assert_eq!(Expiration::from_wire(kind, seconds), meaning, "{kind:?} {seconds:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let day = NonZeroU32::new(86_400).unwrap();
        for expiration in [Expiration::Off, Expiration::AfterRead(day), Expiration::AfterSend(day)]
        {
            let (kind, seconds) = (expiration.wire_type(), expiration.seconds());
            assert_eq!(Expiration::from_wire(Some(kind), Some(seconds)), Some(expiration));
        }
    }
}
