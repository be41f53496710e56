//! Strikes against nodes, which expire (§8.4, §12.3).

use alloc::{collections::BTreeMap, vec::Vec};
use core::time::Duration;

use session_crypto::{
    ed25519::Ed25519PublicKey,
    reader::{Reader, TrailingBytes, Truncated},
};
use session_identity::Timestamp;

/// Most strikes of one node that are remembered; any threshold is below.
const MAX_STRIKES: usize = 16;
/// Bytes of a node without strikes in the file.
const MIN_ENTRY_LENGTH: usize = 34;

/// When each node got its strikes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Strikes(BTreeMap<Ed25519PublicKey, Vec<Timestamp>>);

impl Strikes {
    /// Strikes of a node that are not older than `lifetime`.
    #[must_use]
    pub fn count(&self, node: Ed25519PublicKey, lifetime: Duration, now: Timestamp) -> usize {
        let strikes = self.0.get(&node).map_or(&[][..], Vec::as_slice);
        strikes.iter().filter(|at| is_alive(**at, lifetime, now)).count()
    }

    /// Nodes that have or had strikes.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Ed25519PublicKey> {
        self.0.keys().copied()
    }

    /// Adds strikes, and forgets those of this node that have expired.
    pub fn add(
        &mut self,
        node: Ed25519PublicKey,
        count: usize,
        lifetime: Duration,
        now: Timestamp,
    ) {
        let strikes = self.0.entry(node).or_default();
        strikes.retain(|at| is_alive(*at, lifetime, now));
        strikes.extend(core::iter::repeat_n(now, count.min(MAX_STRIKES)));
        let surplus = strikes.len().saturating_sub(MAX_STRIKES);
        strikes.drain(..surplus);
    }

    /// Forgets everything that has expired, for example before [`Self::to_bytes`].
    pub fn expire(&mut self, lifetime: Duration, now: Timestamp) {
        self.0.retain(|_, strikes| {
            strikes.retain(|at| is_alive(*at, lifetime, now));
            !strikes.is_empty()
        });
    }

    /// The strike file: number of nodes `u32le`, then for each its key (32), number of strikes `u16le`, and the
    /// seconds since 1970 of each as `u64le`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let mut out = count.to_le_bytes().to_vec();
        for (node, strikes) in &self.0 {
            let count = u16::try_from(strikes.len()).unwrap_or(u16::MAX);
            out.extend_from_slice(node.as_bytes());
            out.extend_from_slice(&count.to_le_bytes());
            out.extend(strikes.iter().flat_map(|at| at.as_secs().to_le_bytes()));
        }
        out
    }

    /// Reads the strike file. Of a node with very many strikes the last are kept.
    ///
    /// # Errors
    /// [`StrikeFileError`], every variant.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StrikeFileError> {
        let mut reader = Reader::new(bytes);
        let count = u32::from_le_bytes(reader.take_array()?);
        let fitting = reader.len() / MIN_ENTRY_LENGTH;
        if usize::try_from(count).is_ok_and(|count| count > fitting) {
            return Err(StrikeFileError::Count { announced: count });
        }
        let mut nodes = BTreeMap::new();
        for _ in 0..count {
            let node = Ed25519PublicKey::from_bytes(reader.take_array()?);
            let strikes = u16::from_le_bytes(reader.take_array()?);
            let mut times = Vec::new();
            for _ in 0..strikes {
                let seconds = u64::from_le_bytes(reader.take_array()?);
                let millis = seconds.checked_mul(1000).ok_or(StrikeFileError::Time { seconds })?;
                times.push(Timestamp::from_millis(millis));
            }
            times.drain(..times.len().saturating_sub(MAX_STRIKES));
            if nodes.insert(node, times).is_some() {
                return Err(StrikeFileError::Twice);
            }
        }
        reader.finish()?;
        Ok(Self(nodes))
    }
}

/// A strike from the near future counts: the clock was set back a little. One from beyond its lifetime does not:
/// the clock was wrong then, and would hold the node off for years.
fn is_alive(at: Timestamp, lifetime: Duration, now: Timestamp) -> bool {
    now.saturating_duration_since(at) < lifetime && at.saturating_duration_since(now) < lifetime
}

/// Why bytes are no strike file.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StrikeFileError {
    /// The file ends within an entry.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// The file goes on behind its entries.
    #[error(transparent)]
    TrailingBytes(#[from] TrailingBytes),
    /// More nodes are announced than fit.
    #[error("strike file announces {announced} nodes")]
    Count {
        /// The number.
        announced: u32,
    },
    /// A time that milliseconds cannot count.
    #[error("strike at second {seconds}")]
    Time {
        /// Seconds since 1970.
        seconds: u64,
    },
    /// A node has two entries.
    #[error("node has two entries in the strike file")]
    Twice,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Duration = Duration::from_secs(100);

    const fn key(number: u8) -> Ed25519PublicKey {
        Ed25519PublicKey::from_bytes([number; 32])
    }

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn strikes_add_up_and_expire() {
        let mut strikes = Strikes::default();
        strikes.add(key(1), 1, LIFETIME, at(10));
        strikes.add(key(1), 2, LIFETIME, at(60));
        for (now, count) in [(60, 3), (109, 3), (110, 2), (159, 2), (160, 0)] {
            assert_eq!(strikes.count(key(1), LIFETIME, at(now)), count, "{now}");
        }
        assert_eq!(strikes.count(key(2), LIFETIME, at(60)), 0);
        // A clock that was set back does not take strikes away, unless it was quite wrong before.
        assert_eq!(strikes.count(key(1), LIFETIME, at(0)), 3);
        strikes.add(key(3), 1, LIFETIME, at(100_000));
        for (now, count) in [(100_000 - 100, 0), (100_000 - 99, 1)] {
            assert_eq!(strikes.count(key(3), LIFETIME, at(now)), count, "{now}");
        }
        strikes.expire(LIFETIME, at(120));
        assert_eq!(strikes.to_bytes().len(), 4 + 34 + 2 * 8);
        strikes.expire(LIFETIME, at(1000));
        assert_eq!(strikes, Strikes::default());
    }

    #[test]
    fn memory_is_bounded() {
        let mut strikes = Strikes::default();
        for now in 0..100 {
            strikes.add(key(1), usize::MAX, LIFETIME, at(now));
        }
        assert_eq!(strikes.count(key(1), LIFETIME, at(99)), MAX_STRIKES);
        assert_eq!(strikes.to_bytes().len(), 4 + 34 + MAX_STRIKES * 8);
    }

    #[test]
    fn the_file_is_read_back() {
        let mut strikes = Strikes::default();
        strikes.add(key(2), 1, LIFETIME, at(10));
        strikes.add(key(1), 2, LIFETIME, at(20));
        let bytes = strikes.to_bytes();
        assert_eq!(bytes[..4], [2, 0, 0, 0]);
        assert_eq!(bytes[4..36], [1; 32]);
        assert_eq!(bytes[36..46], [2, 0, 20, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(Strikes::from_bytes(&bytes), Ok(strikes));
        for length in 0..bytes.len() {
            let error = Strikes::from_bytes(&bytes[..length]);
            let is_named =
                matches!(error, Err(StrikeFileError::Truncated(_) | StrikeFileError::Count { .. }));
            assert!(is_named, "{length}: {error:?}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(matches!(Strikes::from_bytes(&longer), Err(StrikeFileError::TrailingBytes(_))));
        let mut late = bytes.clone();
        late[38..46].fill(0xff);
        let error = StrikeFileError::Time { seconds: u64::MAX };
        assert_eq!(Strikes::from_bytes(&late), Err(error));
        let mut twice = bytes;
        twice[54..86].fill(1);
        assert_eq!(Strikes::from_bytes(&twice), Err(StrikeFileError::Twice));
        // Of twenty strikes the last sixteen count.
        let times = (1..=20_u64).flat_map(u64::to_le_bytes);
        let file: Vec<u8> =
            [1, 0, 0, 0].into_iter().chain([1; 32]).chain([20, 0]).chain(times).collect();
        let strikes = Strikes::from_bytes(&file).unwrap();
        for (now, count) in [(20, 16), (100 + 4, 16), (100 + 5, 15), (100 + 19, 1)] {
            assert_eq!(strikes.count(key(1), LIFETIME, at(now)), count, "{now}");
        }
        let huge = [0xff; 40];
        let error = StrikeFileError::Count { announced: u32::MAX };
        assert_eq!(Strikes::from_bytes(&huge), Err(error));
    }
}
