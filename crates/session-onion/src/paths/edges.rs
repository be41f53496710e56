//! The edge nodes of earlier days (§11): a client keeps them, so that few nodes ever see its address.

use alloc::{collections::BTreeMap, string::String};
use core::{fmt::Write as _, time::Duration};

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::Timestamp;

use crate::pool::node::ServiceNode;

/// Most edges that are remembered.
const MAX_EDGES: usize = 32;

/// Edge nodes, and when each was first connected.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct EdgeCache(BTreeMap<Ed25519PublicKey, (ServiceNode, Timestamp)>);

impl EdgeCache {
    /// Remembers a connection. A node that is known already keeps its date; one too many takes the place of the
    /// oldest.
    pub(super) fn add(&mut self, edge: ServiceNode, now: Timestamp) {
        self.0.entry(edge.key()).or_insert((edge, now));
        let others = self.0.iter().filter(|(key, _)| **key != edge.key());
        let oldest = others.min_by_key(|(_, (_, since))| *since).map(|(key, _)| *key);
        if let Some(oldest) = oldest.filter(|_| self.0.len() > MAX_EDGES) {
            self.0.remove(&oldest);
        }
    }

    pub(super) fn remove(&mut self, node: Ed25519PublicKey) {
        self.0.remove(&node);
    }

    /// Whether a node is known and not due to be replaced.
    pub(super) fn is_young(
        &self,
        node: Ed25519PublicKey,
        lifetime: Duration,
        now: Timestamp,
    ) -> bool {
        self.age(node, now).is_some_and(|age| age < lifetime)
    }

    /// Whether a node is known and due to be replaced.
    pub(super) fn is_old(
        &self,
        node: Ed25519PublicKey,
        lifetime: Duration,
        now: Timestamp,
    ) -> bool {
        self.age(node, now).is_some_and(|age| age >= lifetime)
    }

    /// A connection in the future was made under a wrong clock: it is as old as it is far away.
    fn age(&self, node: Ed25519PublicKey, now: Timestamp) -> Option<Duration> {
        let (_, since) = self.0.get(&node)?;
        Some(now.saturating_duration_since(*since).max(since.saturating_duration_since(now)))
    }

    /// Text of the cache: the line of each node, then `|` and the seconds since 1970 of its first connection.
    pub(super) fn dump(&self) -> String {
        let mut text = String::new();
        for (edge, since) in self.0.values() {
            // Writing to a string cannot fail.
            _ = writeln!(text, "{edge}|{}", since.as_secs());
        }
        text
    }

    /// Reads the cache. Lines that are no edges are left out.
    pub(super) fn load(text: &str) -> Self {
        let edge = |line: &str| {
            let (node, since) = line.rsplit_once('|')?;
            let node: ServiceNode = node.parse().ok()?;
            let since = since.parse::<u64>().ok()?.checked_mul(1000)?;
            Some((node.key(), (node, Timestamp::from_millis(since))))
        };
        Self(text.lines().filter_map(edge).take(MAX_EDGES).collect())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::test_world;

    const LIFETIME: Duration = Duration::from_secs(100);

    const fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn edges_age_from_their_first_connection() {
        let [one, other] = [1, 2].map(test_world::service_node);
        let mut edges = EdgeCache::default();
        edges.add(one, at(10));
        edges.add(one, at(50));
        edges.add(other, at(500));
        assert!(edges.is_old(other.key(), LIFETIME, at(10)), "a date in the far future");
        edges.remove(other.key());
        for (now, young) in [(0, true), (10, true), (109, true), (110, false)] {
            assert_eq!(edges.is_young(one.key(), LIFETIME, at(now)), young);
            assert_eq!(edges.is_old(one.key(), LIFETIME, at(now)), !young);
        }
        assert!(!edges.is_young(other.key(), LIFETIME, at(10)));
        assert!(!edges.is_old(other.key(), LIFETIME, at(1000)));
        edges.remove(one.key());
        assert_eq!(edges, EdgeCache::default());
    }

    /// A reader that refuses the lines that its own writer makes would lose every edge at every start.
    #[test]
    fn the_cache_is_read_back() {
        let mut edges = EdgeCache::default();
        edges.add(test_world::service_node(1), at(1_700_000_000));
        edges.add(test_world::service_node(2), at(1_700_000_100));
        let text = edges.dump();
        assert!(text.contains("|1700000000\n"), "{text}");
        assert_eq!(EdgeCache::load(&text), edges);
        let damaged = format!("nonsense\n{}\n{text}|\n", test_world::service_node(3));
        assert_eq!(EdgeCache::load(&damaged), edges);
    }

    #[test]
    fn memory_is_bounded() {
        let mut edges = EdgeCache::default();
        let last = u8::try_from(MAX_EDGES).unwrap();
        for number in 0..=last {
            edges.add(test_world::service_node(number), at(100 - u64::from(number)));
        }
        assert_eq!(edges.0.len(), MAX_EDGES);
        // The date of the last is the oldest; still it is the one in use.
        assert!(edges.0.contains_key(&test_world::service_node(last).key()));
        assert!(!edges.0.contains_key(&test_world::service_node(last - 1).key()));
        let long = format!("{}{}|1\n", edges.dump(), test_world::service_node(last - 1));
        assert_eq!(EdgeCache::load(&long).0.len(), MAX_EDGES);
    }
}
