//! The list of nodes in the two forms that clients read (05 §2.8): JSON of the daemon, and packed records.

use session_crypto::{encoding::hex, rand_core::CryptoRng};
use session_onion::serde_json::{Map, Value, json};
use session_swarm::{
    answer::{ActiveNode, ActiveNodes},
    space::SwarmId,
};

use super::{Directory, NodeListQuery, ServiceNode, query::Fields};

impl Directory {
    /// The answer of the daemon to `query`; `rng` draws the nodes if the query limits their number.
    #[must_use]
    pub fn node_list(&self, query: &NodeListQuery, rng: &mut impl CryptoRng) -> Value {
        let block_hash = hex::encode(&self.block.hash);
        let unchanged = query.known_block.as_ref().map(|known| *known == block_hash);
        let mut list = json!({
            "height": self.block.height,
            "target_height": self.block.height,
            "block_hash": block_hash,
            "hardfork": self.block.hard_fork.number,
            "snode_revision": self.block.hard_fork.revision,
            "status": "OK",
        });
        let Some(object) = list.as_object_mut() else { return list };
        if let Some(unchanged) = unchanged {
            object.insert("unchanged".to_owned(), unchanged.into());
        }
        let version = self.release.version();
        if unchanged != Some(true) {
            let states = self
                .chosen(query, rng)
                .into_iter()
                .map(|node| node.to_state(version, &query.fields));
            object.insert("service_node_states".to_owned(), states.collect());
        }
        list
    }

    /// The active nodes that have a swarm, as `active_nodes_bin` lists them.
    #[must_use]
    pub fn active_nodes(&self) -> ActiveNodes {
        let active = self.nodes().filter(|node| node.active);
        let node = |node: &ServiceNode| {
            Some(ActiveNode {
                ed25519: node.ed25519,
                swarm: node.swarm?,
                ip: node.ip,
                https_port: node.https_port,
                omq_port: node.omq_port,
                version: self.release.version().map(|part| u8::try_from(part).unwrap_or(u8::MAX)),
            })
        };
        active.filter_map(node).collect()
    }

    fn chosen(&self, query: &NodeListQuery, rng: &mut impl CryptoRng) -> Vec<&ServiceNode> {
        let wanted = |node: &&ServiceNode| {
            (node.active || !query.active_only)
                && query.keys.as_ref().is_none_or(|keys| keys.contains(&node.ed25519))
        };
        let mut nodes: Vec<_> = self.nodes().filter(wanted).collect();
        if query.limit != 0 {
            shuffle(&mut nodes, rng);
        }
        if let Ok(limit @ 1..) = usize::try_from(query.limit) {
            nodes.truncate(limit);
        }
        nodes
    }
}

impl ServiceNode {
    fn to_state(self, version: [u16; 3], fields: &Fields) -> Value {
        let swarm = self.swarm.map_or(u64::MAX, SwarmId::get);
        let key = self.ed25519.to_string();
        let state = [
            ("service_node_pubkey", json!(key)),
            ("pubkey_ed25519", json!(key)),
            ("pubkey_x25519", json!(self.x25519.to_string())),
            ("public_ip", json!(self.ip.to_string())),
            ("storage_port", json!(self.https_port)),
            ("storage_lmq_port", json!(self.omq_port)),
            ("storage_server_version", json!(version)),
            ("swarm_id", json!(swarm)),
            ("swarm", json!(format!("{swarm:x}"))),
            ("active", json!(self.active)),
            ("funded", json!(true)),
            ("registration_height", json!(self.registered_at)),
            ("requested_unlock_height", json!(0)),
        ];
        let state = state.into_iter().filter(|(name, _)| fields.has(name));
        state.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
    }
}

/// Fisher and Yates' shuffle. The bias of the remainder is below 2^-50 for any list that there is.
fn shuffle<T>(items: &mut [T], rng: &mut impl CryptoRng) {
    for end in (1..items.len()).rev() {
        let choices = u64::try_from(end).unwrap_or(u64::MAX).saturating_add(1);
        let choice = rng.next_u64().checked_rem(choices).and_then(|at| usize::try_from(at).ok());
        items.swap(end, choice.unwrap_or(0));
    }
}
