//! The network on loopback ports: every node over HTTPS, and a seed that tells of them (feature `server`).
//!
//! | port | what | paths |
//! |---|---|---|
//! | first | the seed, over plain HTTP as seeds of test networks are | `POST /json_rpc`, `GET /metrics`, the page at `GET /` |
//! | each second one behind it | a node, over HTTPS | `POST /onion_req/v2`, `/storage_rpc/v1`, `/ping_test/v1`, `GET /get_stats/v1` |
//!
//! The port behind a node's is the number of its link port. Links between the nodes do not leave the process,
//! and nothing listens there.
//!
//! ```no_run
//! # async fn run() -> Result<(), session_node::server::StartError> {
//! use session_node::server::{Options, Server};
//!
//! let server = Server::start(&Options::default()).await?;
//! let node = server.directory().nodes().next().map(|node| node.https_port);
//! println!("seed at {}, a node at port {node:?}", server.seed_address());
//! server.stop().await;
//! # Ok(())
//! # }
//! ```

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
use hyper_util::server::graceful::GracefulShutdown;
use session_crypto::rand_core::Rng as _;
use session_swarm::limits::FORWARD_TIMEOUT;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_rustls::rustls;

mod body;
pub mod client;
mod connections;
mod fabric;
mod genesis;
mod http;
mod metrics;
mod options;
mod page;
mod rate;
#[cfg(feature = "sqlite")]
mod state;
mod tls;

use fabric::Fabric;
use genesis::Genesis;
use http::Port;
pub use options::{FaultOptions, Options, Timeouts, Transport, UsageError};

use crate::{chain::Change, directory::Directory, network::MAX_NODES, storage::StorageError};

/// How often expired messages are removed (05 §4.3).
const EXPIRY_INTERVAL: Duration = Duration::from_secs(10);
/// How often nodes try again to reach those they owe something (05 §3).
const RETRY_INTERVAL: Duration = Duration::from_secs(30);
/// How long requests may take that are under way when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A running network.
#[derive(Debug)]
pub struct Server {
    fabric: Arc<Fabric>,
    seed_address: SocketAddrV4,
    tasks: JoinSet<()>,
    graceful: Arc<GracefulShutdown>,
}

/// Why the network cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A network has 1 to [`MAX_NODES`] nodes.
    #[error("network of {found} nodes, 1 to {MAX_NODES} are possible")]
    Size {
        /// Nodes that were asked for.
        found: usize,
    },
    /// The ports that follow the first one do not reach.
    #[error("ports from {first} do not reach for all nodes")]
    Ports {
        /// The first port.
        first: u16,
    },
    /// A port cannot be opened.
    #[error("port {port} of 127.0.0.1 cannot be opened")]
    Port {
        /// The port; 0 if the system was to choose one.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// TLS cannot be set up for a node.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The folder cannot be read or written, or another process uses it.
    #[error("data cannot be opened")]
    Storage(#[from] StorageError),
}

impl Server {
    /// Starts the network. Nothing but `127.0.0.1` can reach it.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        let mut rng = ChaCha20Rng::from_seed(options.seed.unwrap_or_else(random_seed));
        let genesis = Genesis::new(options, &mut rng)?;
        let mut ports = Ports::from(options.first_port);
        let (seed_listener, seed_address) = ports.open().await?;
        let (mut addresses, mut listeners) = (Vec::new(), Vec::new());
        for keypair in &genesis.keypairs {
            let (listener, address) = ports.open().await?;
            addresses.push((address, ports.skip()?.unwrap_or(address.port())));
            listeners.push((keypair.public_key(), listener));
        }
        let world = genesis.settle(&addresses, &mut rng)?;
        let fabric = Arc::new(Fabric::new(world, &options.faults, options.timeouts, rng));

        let graceful = Arc::new(GracefulShutdown::new());
        let mut tasks = JoinSet::new();
        let seed = Arc::new(Port::seed(Arc::clone(&fabric), options));
        tasks.spawn(seed.serve(seed_listener, None, Arc::clone(&graceful)));
        for (key, listener) in listeners {
            let tls = match options.transport {
                Transport::Https => Some(tls::acceptor()?),
                Transport::Http => None,
            };
            let port = Port::node(Arc::clone(&fabric), key, options);
            tasks.spawn(Arc::new(port).serve(listener, tls, Arc::clone(&graceful)));
        }
        tasks.spawn(keep_house(Arc::clone(&fabric)));
        tasks.spawn(make_blocks(Arc::clone(&fabric), options.block_time, options.churn));
        tracing::info!(nodes = addresses.len(), seed = %seed_address, "network is up");
        Ok(Self { fabric, seed_address, tasks, graceful })
    }

    /// The nodes and their swarms at the latest block.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.fabric.directory()
    }

    /// Where the seed is.
    #[must_use]
    pub const fn seed_address(&self) -> SocketAddrV4 {
        self.seed_address
    }

    /// Adds a block to the chain now, and has the nodes hand over what they owe. Only nodes that run can
    /// [join](Change::Join).
    pub async fn next_block(&self, changes: &[Change]) {
        self.fabric.next_block(changes).await;
    }

    /// Takes no further connection, answers what has been asked, for ten seconds at most, and stops.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        // The tasks that shared it have ended.
        let Some(graceful) = Arc::into_inner(self.graceful) else { return };
        if timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off");
        }
        tracing::info!("network is down");
    }
}

/// Removes what has expired and retries what failed, forever.
async fn keep_house(fabric: Arc<Fabric>) {
    let (mut expiry, mut ticks) = (interval(EXPIRY_INTERVAL), 0_u64);
    expiry.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        expiry.tick().await;
        fabric.expire();
        // At once too: a network that goes on may owe something from before.
        if ticks.is_multiple_of(RETRY_INTERVAL.as_secs() / EXPIRY_INTERVAL.as_secs()) {
            fabric.settle().await;
        }
        ticks = ticks.wrapping_add(1);
    }
}

/// Makes a block whenever it is time, forever.
async fn make_blocks(fabric: Arc<Fabric>, block_time: Duration, churn: bool) {
    let mut blocks = interval(block_time.max(Duration::from_millis(1)));
    blocks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    blocks.tick().await; // The first one comes at once, and the first block is there.
    loop {
        blocks.tick().await;
        let changes: Vec<_> = if churn { fabric.churn() } else { None }.into_iter().collect();
        fabric.next_block(&changes).await;
        let directory = fabric.directory();
        tracing::info!(
            height = directory.block().height,
            swarms = directory.ring().ids().len(),
            active = directory.nodes().filter(|node| node.active).count(),
            "block"
        );
    }
}

/// Ports one after the other; if the first is 0, whatever the system gives.
struct Ports {
    first: u16,
    next: Option<u16>,
}

impl Ports {
    const fn from(first: u16) -> Self {
        Self { first, next: Some(first) }
    }

    async fn open(&mut self) -> Result<(TcpListener, SocketAddrV4), StartError> {
        let port = self.skip()?.unwrap_or(0);
        let failed = |source| StartError::Port { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok((listener, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)))
    }

    /// The next port, `None` if the system chooses.
    fn skip(&mut self) -> Result<Option<u16>, StartError> {
        if self.first == 0 {
            return Ok(None);
        }
        let port = self.next.ok_or(StartError::Ports { first: self.first })?;
        self.next = port.checked_add(1);
        Ok(Some(port))
    }
}

fn random_seed() -> [u8; 32] {
    let mut seed = [0; 32];
    session_crypto::system_rng().fill_bytes(&mut seed);
    seed
}
