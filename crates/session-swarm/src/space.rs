//! Swarm space: which swarm stores the messages of an account (spec 05 §1.2 to §1.5).
//!
//! Swarm space is a ring of 2^64 points. Accounts and swarms each have a point on it, and an account belongs
//! to the swarm whose point is nearest.
//!
//! ```
//! use session_swarm::space::{SwarmId, SwarmPosition, SwarmRing};
//!
//! let ring = SwarmRing::new([SwarmId::try_from(100)?, SwarmId::try_from(200)?]);
//! let position = SwarmPosition::of_key(&[7; 32]);
//! assert_eq!(ring.nearest(position), Some(SwarmId::try_from(100)?));
//! # Ok::<(), session_swarm::space::UnassignedSwarm>(())
//! ```
//!
//! A client that has the list of all service nodes makes the ring of the swarm ids in it; nodes without a swarm
//! have an id that [`SwarmId`] does not take, and fall out.

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

/// The swarms of the network, each once, in ring order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SwarmRing(Vec<SwarmId>);

impl SwarmRing {
    /// Ring of these swarms. Order and repetitions do not matter.
    pub fn new(swarms: impl IntoIterator<Item = SwarmId>) -> Self {
        let mut ids = Vec::from_iter(swarms);
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    /// The swarms, ascending.
    #[must_use]
    pub fn ids(&self) -> &[SwarmId] {
        &self.0
    }

    /// Swarm that serves `position`, or `None` if the ring is empty.
    ///
    /// Of two equally near swarms the anticlockwise one serves (§1.4).
    #[must_use]
    pub fn nearest(&self, position: SwarmPosition) -> Option<SwarmId> {
        let (below, above) = self.0.split_at(self.0.partition_point(|id| id.0 < position.0));
        // An empty side means that the neighbour lies across the wrap point.
        let clockwise = above.first().or(below.first())?;
        let anticlockwise = below.last().or(above.last())?;
        // On a ring of 2^64 points, distance is wrapping subtraction.
        let ahead = clockwise.0.wrapping_sub(position.0);
        let behind = position.0.wrapping_sub(anticlockwise.0);
        Some(if ahead < behind { *clockwise } else { *anticlockwise })
    }

    /// Positions that `swarm` serves, or `None` if it is not of this ring (§1.5).
    #[must_use]
    pub fn range(&self, swarm: SwarmId) -> Option<SwarmRange> {
        let index = self.0.binary_search(&swarm).ok()?;
        let (below, rest) = self.0.split_at(index);
        let (_, above) = rest.split_first()?;
        let (Some(previous), Some(next)) =
            (below.last().or(above.last()), above.first().or(below.first()))
        else {
            return Some(SwarmRange::WHOLE); // The only swarm serves everything.
        };
        Some(SwarmRange {
            first: midpoint(previous.0, swarm.0).wrapping_add(1),
            last: midpoint(swarm.0, next.0),
        })
    }
}

/// Last point on the way from `from` to `to` that is not nearer to `to`.
const fn midpoint(from: u64, to: u64) -> u64 {
    from.wrapping_add(to.wrapping_sub(from) / 2)
}

/// The points of the ring that one swarm serves: a closed interval that may lead across the wrap point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SwarmRange {
    first: u64,
    last: u64,
}

impl SwarmRange {
    const WHOLE: Self = Self { first: 0, last: u64::MAX };

    /// First position in clockwise order.
    #[must_use]
    pub const fn first(&self) -> SwarmPosition {
        SwarmPosition(self.first)
    }

    /// Last position in clockwise order. Less than [`Self::first`] if the range leads across the wrap point.
    #[must_use]
    pub const fn last(&self) -> SwarmPosition {
        SwarmPosition(self.last)
    }

    /// Whether the swarm serves `position`.
    #[must_use]
    pub const fn contains(&self, position: SwarmPosition) -> bool {
        position.0.wrapping_sub(self.first) <= self.last.wrapping_sub(self.first)
    }
}

/// Point of an account on the ring. Every `u64` is a position.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SwarmPosition(u64);

impl SwarmPosition {
    /// Position of a public key: its 32 bytes, *without* the prefix byte of the id (§1.2).
    #[must_use]
    pub fn of_key(key: &[u8; 32]) -> Self {
        let (blocks, _) = key.as_chunks::<8>();
        Self(blocks.iter().fold(0, |point, block| point ^ u64::from_be_bytes(*block)))
    }

    /// The position as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for SwarmPosition {
    fn from(point: u64) -> Self {
        Self(point)
    }
}

/// Identifier of a swarm, which is also its point on the ring: `0..=2^64 − 2` (§1.3).
///
/// Its text form is lower-case hexadecimal without leading zeros; no other spelling is read.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SwarmId(u64);

impl SwarmId {
    /// Swarm 0, the first of every network.
    pub const ZERO: Self = Self(0);
    /// The largest identifier.
    pub const MAX: Self = Self(u64::MAX - 1);

    /// The identifier as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for SwarmId {
    type Error = UnassignedSwarm;

    fn try_from(id: u64) -> Result<Self, UnassignedSwarm> {
        if id == u64::MAX { Err(UnassignedSwarm) } else { Ok(Self(id)) }
    }
}

impl FromStr for SwarmId {
    type Err = ParseSwarmIdError;

    fn from_str(text: &str) -> Result<Self, ParseSwarmIdError> {
        let canonical = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && (text == "0" || !text.starts_with('0'));
        let id = u64::from_str_radix(text, 16).map_err(|_| ParseSwarmIdError::Malformed)?;
        if !canonical {
            return Err(ParseSwarmIdError::Malformed);
        }
        Ok(Self::try_from(id)?)
    }
}

impl fmt::Display for SwarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

/// The number was 2^64 − 1, by which the network marks a service node that is in no swarm.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("swarm id is the mark of an unassigned node")]
pub struct UnassignedSwarm;

/// Why a text is no swarm id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSwarmIdError {
    /// Not 1 to 16 lower-case hexadecimal digits without leading zeros.
    #[error("swarm id is not lower-case hexadecimal without leading zeros")]
    Malformed,
    /// `ffffffffffffffff`: in no swarm.
    #[error(transparent)]
    Unassigned(#[from] UnassignedSwarm),
}

#[cfg(test)]
mod tests;
