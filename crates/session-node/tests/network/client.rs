//! A client: what the stories have in common.

use session_crypto::{
    ed25519::Ed25519PublicKey,
    rand_core::{TryCryptoRng, TryRng},
};
use session_envelope::{content::Content, direct};
use session_identity::{Account, AccountSeed, Timestamp};
use session_node::{Network, ONION_REQUEST_PATH, directory::ServiceNode};
use session_onion::{
    Destination, EncryptionType, Hop, NodeKeys, OnionRequest, PathError,
    reply::{NodeReply, ReplyError},
};
use session_swarm::{
    answer::{Answer, Body, Response, RetrieveAnswer, StoreEntry, SwarmAnswer},
    auth::Signer,
    limits::MAX_TTL_INBOX,
    namespace::Namespace,
    request::{Request, RetrieveRequest, StoreRequest},
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A network, and a path of three nodes through it to any other.
pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) rng: TestRng,
    pub(crate) alice: Account,
    pub(crate) bob: Account,
    pub(crate) now: Timestamp,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut rng = TestRng(7);
        let network = Network::start(24, &mut rng).unwrap();
        Self { network, rng, alice: account(1), bob: account(2), now: NOW }
    }

    /// Bob's swarm.
    pub(crate) fn swarm(&self) -> Vec<ServiceNode> {
        self.network.directory().members_for(&self.bob.id().into()).copied().collect()
    }

    /// Three nodes outside Bob's swarm.
    pub(crate) fn path(&self) -> [ServiceNode; 3] {
        let swarm = self.swarm();
        let others = self.network.directory().nodes().filter(|node| !swarm.contains(node));
        others.copied().take(3).collect::<Vec<_>>().try_into().unwrap()
    }

    /// A message to Bob, as it is stored.
    pub(crate) fn message(&mut self, text: &str) -> Vec<u8> {
        let content = Content::text(text).unwrap();
        direct::encode(&content, &self.alice, &self.bob.id(), self.now, &mut self.rng).unwrap()
    }

    pub(crate) fn store_request(&mut self, text: &str) -> StoreRequest {
        let data = self.message(text);
        let bob = self.bob.id().into();
        StoreRequest::new(bob, Namespace::DEFAULT, data, self.now, MAX_TTL_INBOX).unwrap()
    }

    pub(crate) fn retrieve_request(&self) -> RetrieveRequest {
        let signer = Signer::user(self.bob.ed25519());
        let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT);
        request.sign(&signer, self.now).unwrap()
    }

    pub(crate) fn build(
        &mut self,
        path: &[ServiceNode],
        to: &ServiceNode,
        payload: &[u8],
    ) -> OnionRequest {
        let hops: Vec<_> =
            path.iter().map(|node| Hop::new(keys(node), EncryptionType::XChaCha20)).collect();
        let to = Destination::service_node(keys(to));
        OnionRequest::build(&hops, &to, EncryptionType::XChaCha20, payload, &mut self.rng).unwrap()
    }

    /// Sends `payload` to `to` through the three nodes of the path.
    pub(crate) fn send_bytes(
        &mut self,
        to: &ServiceNode,
        payload: &[u8],
    ) -> Result<NodeReply, ReplyError> {
        let path = self.path();
        let onion = self.build(&path, to, payload);
        let edge = path[0].ed25519;
        let reply = self
            .network
            .post(&edge, ONION_REQUEST_PATH, onion.body(), self.now, &mut self.rng)
            .unwrap();
        onion.keys().decode_node_reply(&reply)
    }

    pub(crate) fn send(
        &mut self,
        to: &ServiceNode,
        request: &Request,
    ) -> Result<Response, PathError> {
        match self.send_bytes(to, &request.to_json()) {
            Ok(reply) => {
                let body = reply.body().as_bytes();
                Ok(Response::from_json(request, reply.status(), body).unwrap())
            }
            Err(ReplyError::Path(error)) => Err(*error.claim()),
            Err(other) => panic!("{other:?}"),
        }
    }

    pub(crate) fn store(
        &mut self,
        to: &ServiceNode,
        request: &StoreRequest,
    ) -> SwarmAnswer<StoreEntry> {
        let response = self.send(to, &Request::Store(request.clone())).unwrap();
        match response.into_body() {
            Body::Answer(Answer::Store(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn retrieve(&mut self, from: &ServiceNode) -> RetrieveAnswer {
        let request = self.retrieve_request();
        let response = self.send(from, &Request::Retrieve(request)).unwrap();
        match response.into_body() {
            Body::Answer(Answer::Retrieve(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// Status and text of a request that is refused by the destination.
    pub(crate) fn refusal(&mut self, to: &ServiceNode, payload: &[u8]) -> (u16, String) {
        let reply = self.send_bytes(to, payload).unwrap();
        (reply.status(), reply.body().to_owned())
    }
}

pub(crate) fn keys(node: &ServiceNode) -> NodeKeys {
    NodeKeys::new(node.ed25519, node.x25519)
}

pub(crate) fn public_keys(nodes: &[ServiceNode]) -> Vec<Ed25519PublicKey> {
    nodes.iter().map(|node| node.ed25519).collect()
}

fn account(seed: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[seed; 16]).unwrap())
}

/// SplitMix64: every run is the same. Not for keys outside tests.
pub(crate) struct TestRng(pub(crate) u64);

impl TryRng for TestRng {
    type Error = std::convert::Infallible;

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_le_bytes(self.try_next_u64()?.to_le_bytes()[..4].try_into().unwrap()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}
