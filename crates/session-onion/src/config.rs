//! The numbers of path selection and of the pool, in one place (§8.4, §11, §12.5).

use core::time::Duration;

use crate::network::Network;

/// What can be tuned. [`Config::for_network`] gives the values of the newest clients, where the specification
/// names any.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Hops of a path: 3.
    pub path_length: usize,
    /// Whether nodes in use have to be in different /24 networks.
    pub subnet_diversity: bool,
    /// Paths for standard requests that are kept ready: 2.
    pub standard_paths: usize,
    /// Paths for file requests that are kept ready once one was asked for: 2.
    pub file_paths: usize,
    /// One path for everything, as app extensions need: no. A request may then go to a node of its own path.
    pub single_path: bool,
    /// Paths are built when a request needs one, not before: no.
    pub no_prebuilt_paths: bool,
    /// Attempts to build a path before the requests that wait for it fail: 10.
    pub build_retry_limit: u32,
    /// First pause after a failed attempt; each further one is twice as long: 200 ms.
    pub min_retry_delay: Duration,
    /// Longest pause: 5 s.
    pub max_retry_delay: Duration,
    /// Time for the handshake with an edge node: 3 s.
    pub connect_timeout: Duration,
    /// Time for the check of a rotated path: 10 s.
    pub verify_timeout: Duration,
    /// After this time the hops behind the edge are replaced: 10 min.
    pub rotation_interval: Duration,
    /// Pause after a rotation that failed: 1 min.
    pub rotation_retry: Duration,
    /// How long an edge node is kept from its first connection: 10 days.
    pub edge_lifetime: Duration,
    /// Strikes that retire a path: 3.
    pub path_strike_threshold: u32,
    /// Strikes that make a node unusable: 3.
    pub node_strike_threshold: usize,
    /// How long a strike lasts: 48 h.
    pub strike_lifetime: Duration,
    /// Nodes that hearsay can make unusable at once in one hour; more get single strikes: 20. Ours.
    pub max_drops_per_hour: usize,
    /// Age at which the pool is fetched again: 2 h.
    pub pool_lifetime: Duration,
    /// Shortest time between two fetches: 2 s.
    pub min_refresh_interval: Duration,
    /// Time between two fetches while the pool, though fetched, has too few free nodes: 1 min. Ours.
    pub small_pool_interval: Duration,
    /// Nodes below which a pool is none, and free nodes below which it is fetched again: 12.
    pub min_pool_size: usize,
    /// Members below which a swarm takes struck nodes back: 3.
    pub min_swarm_size: usize,
    /// Nodes that are asked for the list; 0 asks seeds alone: 3.
    pub refresh_nodes: usize,
    /// Lists in which a node must be: 2.
    pub refresh_presence: usize,
    /// Time for one list to come: 10 s.
    pub refresh_timeout: Duration,
    /// Requests that may wait for a path: 1000. Ours.
    pub max_queued: usize,
}

impl Config {
    /// The values for a network.
    #[must_use]
    pub const fn for_network(network: Network) -> Self {
        Self {
            path_length: 3,
            subnet_diversity: network.has_subnet_diversity(),
            standard_paths: 2,
            file_paths: 2,
            single_path: false,
            no_prebuilt_paths: false,
            build_retry_limit: 10,
            min_retry_delay: Duration::from_millis(200),
            max_retry_delay: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            verify_timeout: Duration::from_secs(10),
            rotation_interval: Duration::from_secs(10 * 60),
            rotation_retry: Duration::from_secs(60),
            edge_lifetime: Duration::from_secs(10 * 24 * 3600),
            path_strike_threshold: 3,
            node_strike_threshold: 3,
            strike_lifetime: Duration::from_secs(48 * 3600),
            max_drops_per_hour: 20,
            pool_lifetime: Duration::from_secs(2 * 3600),
            min_refresh_interval: Duration::from_secs(2),
            small_pool_interval: Duration::from_secs(60),
            min_pool_size: 12,
            min_swarm_size: 3,
            refresh_nodes: 3,
            refresh_presence: 2,
            refresh_timeout: Duration::from_secs(10),
            max_queued: 1000,
        }
    }

    /// Pause before attempt `attempt + 1`, after `attempt` failed ones.
    #[must_use]
    pub fn retry_delay(&self, attempt: u32) -> Duration {
        let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.min_retry_delay.saturating_mul(factor).min(self.max_retry_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_limit() {
        let config = Config::for_network(Network::Mainnet);
        let millis = [0, 1, 2, 3, 4, 5, 6, 40, u32::MAX].map(|n| config.retry_delay(n).as_millis());
        assert_eq!(millis, [200, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    }

    #[test]
    fn small_networks_share_addresses() {
        assert!(Config::for_network(Network::Mainnet).subnet_diversity);
        assert!(!Config::for_network(Network::Testnet).subnet_diversity);
    }
}
