//! What can go wrong between nodes, on purpose: lost and altered messages, partitions, wrong clocks.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;

use crate::link::LinkMessage;

/// How often something happens, in millionths. Nothing is drawn for what never happens.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Chance(u32);

impl Chance {
    /// Never.
    pub const NEVER: Self = Self(0);
    /// Always.
    pub const ALWAYS: Self = Self(1_000_000);

    /// `count` times in a million; more is always.
    #[must_use]
    pub const fn per_million(count: u32) -> Self {
        if count < Self::ALWAYS.0 { Self(count) } else { Self::ALWAYS }
    }

    /// Whether it happens this time.
    pub fn strikes(self, rng: &mut impl CryptoRng) -> bool {
        self > Self::NEVER && rng.next_u64() % u64::from(Self::ALWAYS.0) < u64::from(self.0)
    }
}

/// How far a node's clock is from the right time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are two directions")]
pub enum Skew {
    /// It is fast by this much.
    Fast(Duration),
    /// It is slow by this much.
    Slow(Duration),
}

/// The faults of a network. By default there are none.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    loss: Chance,
    corruption: Chance,
    parts: BTreeMap<Ed25519PublicKey, u8>,
    skews: BTreeMap<Ed25519PublicKey, Skew>,
}

impl Faults {
    /// Loses messages and answers this often, each by itself.
    pub const fn lose(&mut self, chance: Chance) {
        self.loss = chance;
    }

    /// Alters a bit of every part of a message this often. Real links would notice and lose it.
    pub const fn corrupt(&mut self, chance: Chance) {
        self.corruption = chance;
    }

    /// Puts nodes into a part of the network by themselves: nothing passes between parts but what clients
    /// send. All other nodes are in part 0.
    pub fn part(&mut self, nodes: impl IntoIterator<Item = Ed25519PublicKey>, part: u8) {
        self.parts.extend(nodes.into_iter().map(|node| (node, part)));
    }

    /// Joins the parts again.
    pub fn heal(&mut self) {
        self.parts.clear();
    }

    /// Sets a node's clock wrong.
    pub fn skew(&mut self, node: Ed25519PublicKey, skew: Skew) {
        self.skews.insert(node, skew);
    }

    /// Whether a message or answer is lost.
    pub fn loses(&self, rng: &mut impl CryptoRng) -> bool {
        self.loss.strikes(rng)
    }

    /// Alters a bit of `bytes` if one is to be altered.
    pub(crate) fn alter(&self, bytes: &mut Cow<'_, [u8]>, rng: &mut impl CryptoRng) {
        if !bytes.is_empty() && self.corruption.strikes(rng) {
            flip(bytes.to_mut(), rng.next_u64());
        }
    }

    /// The message with one bit altered if one is to be altered.
    pub(crate) fn altered<'a>(
        &self,
        message: &'a LinkMessage,
        rng: &mut impl CryptoRng,
    ) -> Cow<'a, LinkMessage> {
        if !self.corruption.strikes(rng) {
            return Cow::Borrowed(message);
        }
        let parts = message.parts().map(|part| {
            let mut part = part.to_vec();
            flip(&mut part, rng.next_u64());
            part
        });
        Cow::Owned(LinkMessage::new(message.endpoint(), parts.collect()))
    }

    /// Whether no message passes between two nodes.
    #[must_use]
    pub fn separate(&self, one: &Ed25519PublicKey, other: &Ed25519PublicKey) -> bool {
        let part = |node| self.parts.get(node).copied().unwrap_or_default();
        part(one) != part(other)
    }

    /// What a node's clock shows when it is `now`.
    #[must_use]
    pub fn clock(&self, node: &Ed25519PublicKey, now: Timestamp) -> Timestamp {
        let end = Timestamp::from_millis(u64::MAX);
        match self.skews.get(node) {
            None => now,
            Some(Skew::Fast(by)) => now.checked_add(*by).unwrap_or(end),
            Some(Skew::Slow(by)) => {
                let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
                Timestamp::from_millis(now.as_millis().saturating_sub(by))
            }
        }
    }
}

/// Flips the bit that `place` names.
fn flip(bytes: &mut [u8], place: u64) {
    let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let byte = (place / 8).checked_rem(count).and_then(|at| usize::try_from(at).ok());
    if let Some(byte) = byte.and_then(|at| bytes.get_mut(at)) {
        *byte ^= 1 << (place % 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_fast_and_slow_and_never_wrap() {
        let [fast, slow, right] = [1, 2, 3].map(|byte| Ed25519PublicKey::from_bytes([byte; 32]));
        let mut faults = Faults::default();
        faults.skew(fast, Skew::Fast(Duration::from_secs(1)));
        faults.skew(slow, Skew::Slow(Duration::from_secs(2)));
        let read = |node, now| faults.clock(node, Timestamp::from_millis(now)).as_millis();
        assert_eq!([&fast, &slow, &right].map(|node| read(node, 5_000)), [6_000, 3_000, 5_000]);
        assert_eq!((read(&slow, 1), read(&fast, u64::MAX)), (0, u64::MAX));
    }

    #[test]
    fn parts_are_separate_until_they_heal() {
        let [a, b, c] = [1, 2, 3].map(|byte| Ed25519PublicKey::from_bytes([byte; 32]));
        let mut faults = Faults::default();
        faults.part([a, b], 1);
        assert!(faults.separate(&a, &c) && faults.separate(&c, &b));
        assert!(!faults.separate(&a, &b) && !faults.separate(&c, &c));
        faults.heal();
        assert!(!faults.separate(&a, &c));
    }

    #[test]
    fn one_bit_flips() {
        for place in [0, 9, 77, u64::MAX] {
            let mut bytes = [0; 5];
            flip(&mut bytes, place);
            assert_eq!(bytes.map(u8::count_ones).iter().sum::<u32>(), 1, "{place}");
        }
        flip(&mut [], 3);
    }
}
