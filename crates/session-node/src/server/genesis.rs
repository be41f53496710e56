//! How a network begins: with new nodes and a first block, or where it stopped, from a folder.

use std::{net::SocketAddrV4, sync::Arc};

use chacha20::ChaCha20Rng;
use session_crypto::{ed25519::Ed25519Keypair, rand_core::Rng as _};
use session_swarm::{hard_fork::HardFork, release::Release};

#[cfg(feature = "sqlite")]
use super::state::State;
use super::{Options, StartError};
use crate::{
    chain::{Chain, Change},
    directory::{Block, Directory, ServiceNode},
    network::MAX_NODES,
    node::Node,
    storage::StorageError,
};

/// The keys of the nodes, in the order of their ports, and what is known of the network that they were in.
#[derive(Debug)]
pub(super) struct Genesis {
    pub(super) keypairs: Vec<Ed25519Keypair>,
    saved: Option<Directory>,
    release: Release,
    hard_fork: Option<HardFork>,
    #[cfg(feature = "sqlite")]
    state: Option<State>,
}

/// The network, ready to run.
#[derive(Debug)]
pub(super) struct World {
    pub(super) nodes: Vec<Node>,
    pub(super) chain: Chain,
    pub(super) directory: Arc<Directory>,
    #[cfg(feature = "sqlite")]
    pub(super) state: Option<State>,
}

impl Genesis {
    /// Reads the network in the folder of `options`; makes the keys of a new one if there is none.
    pub(super) fn new(options: &Options, rng: &mut ChaCha20Rng) -> Result<Self, StartError> {
        let Options { release, hard_fork, .. } = *options;
        #[cfg(feature = "sqlite")]
        let mut state = options.data.as_deref().map(State::open).transpose()?;
        #[cfg(feature = "sqlite")]
        if let Some(saved) = state.as_ref().map(State::load).transpose()?.flatten() {
            let (keypairs, directory) = saved;
            let saved = Some(directory);
            return Ok(Self { keypairs, saved, release, hard_fork, state });
        }
        if !(1..=MAX_NODES).contains(&options.nodes) {
            return Err(StartError::Size { found: options.nodes });
        }
        let keypairs: Vec<_> = (0..options.nodes).map(|_| Ed25519Keypair::generate(rng)).collect();
        #[cfg(feature = "sqlite")]
        if let Some(state) = &mut state {
            state.save_keys(&keypairs)?;
        }
        Ok(Self {
            keypairs,
            saved: None,
            release,
            hard_fork,
            #[cfg(feature = "sqlite")]
            state,
        })
    }

    /// The nodes at their addresses: HTTPS, and the port of their links.
    pub(super) fn settle(
        self,
        addresses: &[(SocketAddrV4, u16)],
        rng: &mut ChaCha20Rng,
    ) -> Result<World, StartError> {
        let placed = self.keypairs.iter().zip(addresses);
        let nodes = placed.map(|(keypair, (address, link_port))| {
            ServiceNode::new(keypair, None, *address, *link_port)
        });
        let (mut chain, mut directory) = match &self.saved {
            Some(saved) => {
                let nodes = nodes.filter_map(|node| {
                    let ServiceNode { swarm, active, registered_at, .. } =
                        *saved.node(&node.ed25519)?;
                    Some(ServiceNode { swarm, active, registered_at, ..node })
                });
                let directory =
                    Directory::new(nodes).of_release(self.release).at_block(*saved.block());
                (Chain::of(&directory), directory)
            }
            None => {
                let mut hash = [0; 32];
                rng.fill_bytes(&mut hash);
                let mut chain = Chain::of(&Directory::new([]).of_release(self.release));
                let directory = chain.advance(&nodes.map(Change::Join).collect::<Vec<_>>(), hash);
                (chain, directory)
            }
        };
        if let Some(hard_fork) = self.hard_fork {
            directory = directory.clone().at_block(Block { hard_fork, ..*directory.block() });
            chain = Chain::of(&directory);
        }
        let directory = Arc::new(directory);
        #[cfg(feature = "sqlite")]
        let mut state = self.state;
        // Before the stores are made, so that there is never a store without its network. A network that goes on
        // has its block, and a full disk must not keep it from being read.
        #[cfg(feature = "sqlite")]
        if let (Some(state), None) = (&mut state, &self.saved) {
            state.save(&directory)?;
        }
        let open = |keypair| {
            #[cfg(feature = "sqlite")]
            if let Some(state) = &state {
                return state.open_node(keypair, Arc::clone(&directory));
            }
            Ok(Node::new(keypair, Arc::clone(&directory)))
        };
        let nodes = self.keypairs.into_iter().map(open);
        let nodes = nodes.collect::<Result<_, StorageError>>()?;
        Ok(World {
            nodes,
            chain,
            directory,
            #[cfg(feature = "sqlite")]
            state,
        })
    }
}
