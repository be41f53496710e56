//! The numbers of a client, in one place (§8.4, §9, §11, §12.5). Those that paths and pool do not use are for their
//! owner, who sends.

use core::time::Duration;

use crate::network::Network;

/// What can be tuned. [`Config::for_network`] gives the values of the newest clients, where the specification
/// names any; the section behind each is that of its value, "ours" where it names none.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Hops of a path: 3 (§12.5).
    pub path_length: usize,
    /// Whether nodes in use have to be in different /24 networks: on mainnet (§11, §12.1).
    pub subnet_diversity: bool,
    /// Whether nodes whose addresses are not public are left out of the pool, as a list could otherwise send the
    /// client to machines beside it: but for one's own network (ours).
    pub public_addresses: bool,
    /// Paths for standard requests that are kept ready: 2 (§12.5).
    pub standard_paths: usize,
    /// Paths for file requests that are kept ready once one was asked for: 2 (§12.5).
    pub file_paths: usize,
    /// One path for everything, as app extensions need: no. A request may then go to a node of its own path (§11).
    pub single_path: bool,
    /// Paths are built when a request needs one, not before: no (§12.5).
    pub no_prebuilt_paths: bool,
    /// Attempts to build a path before the requests that wait for it fail: 10 (§12.5).
    pub build_retry_limit: u32,
    /// First pause after a failed attempt; each further one is twice as long: 200 ms (§12.5).
    pub min_retry_delay: Duration,
    /// Longest pause: 5 s (§12.5).
    pub max_retry_delay: Duration,
    /// Time for the handshake with an edge node: 3 s (§12.5).
    pub connect_timeout: Duration,
    /// Pause after which a quiet connection to an edge node is shown to be alive: 10 s (§12.5).
    pub keep_alive: Duration,
    /// Time for the check of a rotated path: 10 s (§11).
    pub verify_timeout: Duration,
    /// After this time the hops behind the edge are replaced: 10 min (§12.5).
    pub rotation_interval: Duration,
    /// Pause after a rotation that failed: 1 min (§11).
    pub rotation_retry: Duration,
    /// How long an edge node is kept from its first connection: 10 days (§12.5).
    pub edge_lifetime: Duration,
    /// Strikes that retire a path: 3 (§12.5).
    pub path_strike_threshold: u32,
    /// Strikes that make a node unusable: 3 (§12.5).
    pub node_strike_threshold: usize,
    /// How long a strike lasts: 48 h (§8.4).
    pub strike_lifetime: Duration,
    /// Shortest time between two writings of the strike file: 5 min (§8.4).
    pub strike_save_interval: Duration,
    /// Nodes that hearsay can make unusable at once in one hour; more get single strikes: 20 (ours).
    pub max_drops_per_hour: usize,
    /// Age at which the pool is fetched again: 2 h (§12.5).
    pub pool_lifetime: Duration,
    /// Shortest time between two fetches: 2 s (§12.5).
    pub min_refresh_interval: Duration,
    /// Time between two fetches while the pool, though fetched, has too few free nodes: 1 min (ours).
    pub small_pool_interval: Duration,
    /// Nodes below which a pool is none, and free nodes below which it is fetched again: 12 (§12.5).
    pub min_pool_size: usize,
    /// Members below which a swarm takes struck nodes back: 3 (§12.5).
    pub min_swarm_size: usize,
    /// Nodes that are asked for the list; 0 asks seeds alone: 3 (§12.5).
    pub refresh_nodes: usize,
    /// Lists in which a node must be: 2 (§12.5).
    pub refresh_presence: usize,
    /// Time for one list to come: 10 s (§12.3).
    pub refresh_timeout: Duration,
    /// Requests that may wait for a path: 1000 (ours).
    pub max_queued: usize,
    /// Requests that may be under way at once; more wait: 1000 (ours).
    pub max_in_flight: usize,
    /// How often a request is sent in all, whatever the causes of its failures: 5 (§8.4, §15).
    pub max_tries: u32,
    /// How often a request follows a node that says it belongs to another swarm: 1 (§12.5).
    pub redirect_retries: u32,
    /// Time for a request and its reply: 10 s (§9).
    pub request_timeout: Duration,
    /// The same for a file that is sent: 60 s (§9).
    pub upload_timeout: Duration,
    /// The same for a file that is fetched: 30 s (§9).
    pub download_timeout: Duration,
    /// Largest file that is sent, in bytes: 10,000,000 (§12.5).
    pub max_file_size: usize,
    /// Nodes whose clocks are asked for the time of the network: 3 (§12.5).
    pub clock_nodes: usize,
    /// Shortest time between two comparisons of the clock when the client resumes: 10 min (§12.5).
    pub clock_resync_interval: Duration,
}

impl Config {
    /// The values for a network.
    #[must_use]
    pub const fn for_network(network: Network) -> Self {
        Self {
            path_length: 3,
            subnet_diversity: network.has_subnet_diversity(),
            public_addresses: !matches!(network, Network::Devnet),
            standard_paths: 2,
            file_paths: 2,
            single_path: false,
            no_prebuilt_paths: false,
            build_retry_limit: 10,
            min_retry_delay: Duration::from_millis(200),
            max_retry_delay: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            keep_alive: Duration::from_secs(10),
            verify_timeout: Duration::from_secs(10),
            rotation_interval: Duration::from_secs(10 * 60),
            rotation_retry: Duration::from_secs(60),
            edge_lifetime: Duration::from_secs(10 * 24 * 3600),
            path_strike_threshold: 3,
            node_strike_threshold: 3,
            strike_lifetime: Duration::from_secs(48 * 3600),
            strike_save_interval: Duration::from_secs(5 * 60),
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
            max_in_flight: 1000,
            max_tries: 5,
            redirect_retries: 1,
            request_timeout: Duration::from_secs(10),
            upload_timeout: Duration::from_secs(60),
            download_timeout: Duration::from_secs(30),
            max_file_size: 10_000_000,
            clock_nodes: 3,
            clock_resync_interval: Duration::from_secs(10 * 60),
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
        assert!(Config::for_network(Network::Testnet).public_addresses);
        assert!(!Config::for_network(Network::Devnet).public_addresses);
    }

    /// The table of §12.5 row by row, then §8.4 and §9.
    #[test]
    fn defaults_are_those_of_the_specification() {
        let c = Config::for_network(Network::Mainnet);
        let seconds = |duration: Duration| duration.as_secs();
        assert_eq!((c.path_length, c.standard_paths, c.file_paths), (3, 2, 2));
        assert_eq!((c.single_path, c.no_prebuilt_paths), (false, false));
        assert_eq!((c.redirect_retries, c.clock_nodes, c.max_file_size), (1, 3, 10_000_000));
        assert_eq!((c.min_retry_delay.as_millis(), c.max_retry_delay.as_millis()), (200, 5000));
        assert_eq!(seconds(c.clock_resync_interval), 600);
        assert_eq!((seconds(c.connect_timeout), seconds(c.keep_alive)), (3, 10));
        assert_eq!((seconds(c.pool_lifetime), seconds(c.min_refresh_interval)), (7200, 2));
        assert_eq!((c.min_pool_size, c.min_swarm_size), (12, 3));
        assert_eq!((c.refresh_nodes, c.refresh_presence), (3, 2));
        assert_eq!((c.node_strike_threshold, c.path_strike_threshold), (3, 3));
        assert_eq!(c.build_retry_limit, 10);
        assert_eq!((seconds(c.rotation_interval), seconds(c.edge_lifetime)), (600, 864_000));
        assert_eq!((seconds(c.verify_timeout), seconds(c.rotation_retry)), (10, 60));
        assert_eq!((seconds(c.strike_lifetime), seconds(c.strike_save_interval)), (172_800, 300));
        assert_eq!((seconds(c.refresh_timeout), c.max_tries), (10, 5));
        let timeouts = [c.request_timeout, c.upload_timeout, c.download_timeout];
        assert_eq!(timeouts.map(seconds), [10, 60, 30]);
    }
}
