//! Points in time, as the protocol counts them.

use core::{fmt, time::Duration};

/// Point in time: milliseconds since 1970-01-01 00:00 UTC.
///
/// No crate of the workspace reads a clock; the application passes the time in.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Timestamp(u64);

impl Timestamp {
    /// The time `millis` milliseconds after 1970.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// The time `duration` later, fractions of a millisecond dropped; `None` if it does not fit.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let millis = u64::try_from(duration.as_millis()).ok()?;
        self.0.checked_add(millis).map(Self)
    }

    /// Time that passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Decimal milliseconds, the form that the protocol signs and sends.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn addition_stops_at_the_end_of_time() {
        let last = Timestamp::from_millis(u64::MAX);
        assert_eq!(last.checked_add(Duration::from_micros(999)), Some(last));
        assert_eq!(last.checked_add(Duration::from_millis(1)), None);
        assert_eq!(Timestamp::from_millis(0).checked_add(Duration::MAX), None);
        let later = Timestamp::from_millis(5).checked_add(Duration::from_secs(2));
        assert_eq!(later, Some(Timestamp::from_millis(2005)));
    }

    #[test]
    fn durations_do_not_go_below_zero() {
        let [early, late] = [3, 10].map(Timestamp::from_millis);
        assert_eq!(late.saturating_duration_since(early), Duration::from_millis(7));
        assert_eq!(early.saturating_duration_since(late), Duration::ZERO);
    }

    #[test]
    fn text_is_decimal_milliseconds() {
        let time = Timestamp::from_millis(1_704_067_200_999);
        assert_eq!(time.to_string(), "1704067200999");
        assert_eq!(time.as_secs(), 1_704_067_200);
    }
}
