//! What a node owes to others when membership changes, and how it hands messages over (05 §3).

use std::{collections::BTreeSet, sync::Arc};

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::Timestamp;
use session_swarm::{
    address::Address,
    answer::StoredMessage,
    namespace::Namespace,
    space::SwarmId,
    transfer::{Transfer, read_batch, write_batches},
};

use super::{Node, outbox::Next};
use crate::{
    directory::Directory,
    link::{Endpoint, LinkMessage, Missed, read_revocations, write_revocations},
    storage::StorageError,
};

/// Namespaces that a message may be of whose sender does not say it.
const KNOWN_NAMESPACES: [Namespace; 13] = [
    Namespace::DEFAULT,
    Namespace::USER_PROFILE,
    Namespace::CONTACTS,
    Namespace::CONVO_INFO_VOLATILE,
    Namespace::USER_GROUPS,
    Namespace::GROUP_MESSAGES,
    Namespace::GROUP_KEYS,
    Namespace::GROUP_INFO,
    Namespace::GROUP_MEMBERS,
    Namespace::REVOKED_RETRIEVABLE,
    Namespace::LEGACY_GROUP,
    Namespace::DEVICES,
    Namespace::ACCOUNT_KEYS,
];

impl Node {
    /// Takes note of a new block. What the node owes to others then waits in [`Self::peers_waiting`].
    pub fn take_block(&mut self, directory: Arc<Directory>) {
        let peers = self.owes(&directory);
        self.directory = directory;
        let directory = &self.directory;
        self.outbox.retain(|peer| directory.node(peer).is_some_and(|node| node.swarm.is_some()));
        peers.into_iter().for_each(|peer| self.outbox.hand_over(peer));
        self.has_surplus = true;
        self.drop_surplus();
        self.note_owed();
    }

    /// Nodes for which something waits. The driver asks for it with [`Self::transmit`], sends it and reports
    /// with [`Self::take_receipt`], as long as there is something and the peer answers; later it tries again.
    #[must_use]
    pub fn peers_waiting(&self) -> Vec<Ed25519PublicKey> {
        self.outbox.peers().copied().collect()
    }

    /// What is to be sent to `peer` next; `None` if nothing is, or nothing can be read just now.
    pub fn transmit(&mut self, peer: &Ed25519PublicKey, now: Timestamp) -> Option<LinkMessage> {
        let message = loop {
            match self.outbox.next(peer) {
                None => break None,
                Some(Next::Command(command)) => break Some(command),
                Some(next) => match self.hand_over(peer, &next, now) {
                    Ok(None) => {}
                    Ok(Some(message)) => break Some(message),
                    Err(_) => return None,
                },
            }
        };
        self.drop_surplus();
        self.note_owed();
        message
    }

    /// The batch that comes next; `None` if there is no further one.
    fn hand_over(
        &mut self,
        peer: &Ed25519PublicKey,
        next: &Next,
        now: Timestamp,
    ) -> Result<Option<LinkMessage>, StorageError> {
        let swarm = self.directory.node(peer).and_then(|node| node.swarm);
        let directory = &self.directory;
        let wanted = |account: &Address| swarm.is_some() && directory.swarm_of(account) == swarm;
        match next {
            Next::Revocations(after) => {
                let batch = self.storage.revocations_behind(after.as_ref(), &wanted)?;
                let Some((last, _)) = batch.last() else {
                    self.outbox.revocations_handed_over(peer);
                    return Ok(None);
                };
                self.outbox.revocations_sent(peer, *last);
                let parts = vec![write_revocations(&batch)];
                Ok(Some(LinkMessage::new(Endpoint::Revocations, parts)))
            }
            Next::Messages(row) => {
                let (batch, end) = self.storage.batch_from(*row, now, &wanted)?;
                let Some(batch) = write_batches(&batch).into_iter().next() else {
                    self.outbox.messages_handed_over(peer);
                    return Ok(None);
                };
                self.outbox.batch_sent(peer, end);
                Ok(Some(LinkMessage::new(Endpoint::Data, vec![batch])))
            }
            Next::Command(_) => Ok(None),
        }
    }

    /// Takes the answer of `peer` to what it was sent last; `None` if there was none in time. A command counts
    /// as done even if it was refused, messages only if they were taken.
    pub fn take_receipt(
        &mut self,
        peer: &Ed25519PublicKey,
        sent: Endpoint,
        answer: Option<&[Vec<u8>]>,
    ) -> Receipt {
        match answer {
            Some(parts) if sent == Endpoint::StorageCommand || parts.is_empty() => {
                self.outbox.advance(peer);
                Receipt::Taken
            }
            _ => Receipt::Missed,
        }
    }

    /// Takes messages that another member hands over: one part, a batch. Returns nothing, or `[code, reason]`
    /// if the batch cannot be read or stored. Items that are no message, and messages under a wrong name, are left out.
    pub fn take_data(&mut self, parts: &[&[u8]], now: Timestamp) -> Vec<Vec<u8>> {
        let refusal = |code: &str, reason: String| vec![code.into(), reason.into_bytes()];
        let batch = match parts {
            [batch] => read_batch(batch),
            _ => return refusal("400", format!("{} parts, expected 1", parts.len())),
        };
        let messages = match batch {
            Ok(batch) => batch.messages,
            Err(error) => return refusal("400", error.to_string()),
        };
        self.expire(now);
        for message in messages.into_iter().filter(|message| message.expiry > now) {
            let namespace = message.located(KNOWN_NAMESPACES);
            let Some(namespace) = namespace.filter(|one| *one != Namespace::TESTING) else {
                continue;
            };
            let Transfer { account, hash, timestamp, expiry, data, .. } = message;
            let message = StoredMessage::new(hash, timestamp, expiry, data);
            if let Err(error) = self.storage.store(account, namespace, message) {
                return refusal("500", error.to_string());
            }
        }
        Vec::new()
    }

    /// Takes revocations that another member hands over, of accounts that this node serves: one part. Returns
    /// nothing, or `[code, reason]`.
    pub fn take_revocations(&mut self, parts: &[&[u8]]) -> Vec<Vec<u8>> {
        let refusal = |code: &str, reason: String| vec![code.into(), reason.into_bytes()];
        let accounts = match parts {
            [accounts] => read_revocations(accounts),
            _ => return refusal("400", format!("{} parts, expected 1", parts.len())),
        };
        let accounts = match accounts {
            Ok(accounts) => accounts,
            Err(error) => return refusal("400", error.to_string()),
        };
        for (account, tokens) in accounts {
            if self.serves(&account)
                && let Err(error) = self.storage.merge_revocations(account, &tokens)
            {
                return refusal("500", error.to_string());
            }
        }
        Vec::new()
    }

    /// Has `peer` told later what it missed.
    pub(super) fn make_up(&mut self, peer: Ed25519PublicKey, missed: &Missed) {
        match missed {
            // The signature of a stored message grows old; messages between members need none.
            Missed::Message(hash) => match self.storage.transfer(hash) {
                Ok(Some(message)) => {
                    for batch in write_batches([&message]) {
                        self.outbox.command(peer, LinkMessage::new(Endpoint::Data, vec![batch]));
                    }
                }
                Ok(None) => {}
                Err(_) => self.outbox.hand_over(peer),
            },
            Missed::Revocations => self.outbox.hand_over_revocations(peer),
            Missed::Command(command) => self.outbox.command(peer, command.clone()),
        }
    }

    /// Nodes to which every message is to be handed over that they serve after this block.
    fn owes(&self, new: &Directory) -> BTreeSet<Ed25519PublicKey> {
        let (own, old) = (self.key(), &self.directory);
        let swarm = |directory: &Directory, key: &Ed25519PublicKey| {
            directory.node(key).and_then(|node| node.swarm)
        };
        let (was_in, is_in) = (swarm(old, &own), swarm(new, &own));
        let is_new = |swarm: &SwarmId| old.ring().ids().binary_search(swarm).is_err();
        // 1. A swarm that was formed: whoever holds its messages.
        let mut swarms: BTreeSet<_> = new.ring().ids().iter().copied().filter(is_new).collect();
        let mut peers = BTreeSet::new();
        if let Some(was_in) = was_in {
            let survives = new.ring().ids().binary_search(&was_in).is_ok();
            let stayed = |key: &Ed25519PublicKey| swarm(old, key) == Some(was_in);
            let members = || new.members(was_in).map(|node| node.ed25519);
            if !survives {
                // 2. Ours was dissolved: the swarms in its place.
                match self.storage.accounts() {
                    Ok(held) => swarms.extend(held.iter().filter_map(|one| new.swarm_of(one))),
                    // Then any of them may be owed something.
                    Err(_) => swarms.extend(new.ring().ids()),
                }
            } else if is_in == Some(was_in) {
                // 3. Ours has new members.
                peers.extend(members().filter(|key| !stayed(key)));
            } else if !members().any(|key| stayed(&key)) {
                // 4. We were moved, and so was everybody: the network's own nodes would lose the messages.
                peers.extend(members());
            }
        }
        let members = swarms.into_iter().flat_map(|swarm| new.members(swarm));
        peers.extend(members.map(|node| node.ed25519));
        peers.remove(&own);
        peers
    }

    /// Forgets messages of other swarms once nobody waits for them. If the node kept them, those that are
    /// deleted meanwhile would come back with it.
    fn drop_surplus(&mut self) {
        if self.has_surplus && self.outbox.is_empty() {
            let directory = &self.directory;
            let own = directory.node(&self.ed25519.public_key()).and_then(|node| node.swarm);
            let stays = |account: &Address| own.is_some() && directory.swarm_of(account) == own;
            self.has_surplus = self.storage.retain(&stays).is_err();
        }
    }

    /// Has the storage remember for whom something waits, in case that this process ends. If that fails, what
    /// waits is still sent as long as it does not.
    pub(super) fn note_owed(&mut self) {
        let peers = self.outbox.peers().copied().collect();
        _ = self.storage.set_owed(&peers);
    }
}

/// Whether a peer has taken what it was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "taken or not")]
pub enum Receipt {
    /// It has; there may be more.
    Taken,
    /// It has not, and is to get it again later.
    Missed,
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

    use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
    use session_swarm::space::SwarmId;

    use super::*;
    use crate::directory::ServiceNode;

    /// Seeds of nodes' keys, by swarm.
    type Swarms<'a> = &'a [(u64, &'a [u8])];

    fn keypair(seed: u8) -> Ed25519Keypair {
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]))
    }

    /// Directory of nodes in these swarms.
    fn directory(swarms: Swarms<'_>) -> Arc<Directory> {
        let nodes = swarms.iter().flat_map(|(swarm, seeds)| {
            let swarm = SwarmId::try_from(*swarm).ok();
            let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1);
            seeds.iter().map(move |seed| ServiceNode::new(&keypair(*seed), swarm, address, 2))
        });
        Arc::new(Directory::new(nodes))
    }

    /// Seeds of the nodes that node 1 owes messages after a change from the one directory to the other.
    fn owed(before: Swarms<'_>, after: Swarms<'_>) -> Vec<u8> {
        let mut node = Node::new(keypair(1), directory(before));
        node.take_block(directory(after));
        let waiting = node.peers_waiting();
        (0..10).filter(|seed| waiting.contains(&keypair(*seed).public_key())).collect()
    }

    #[test]
    fn each_event_has_its_duty() {
        let before: Swarms<'_> = &[(0, &[1, 2, 3]), (100, &[4, 5])];
        let cases: [(&str, Swarms<'_>, &[u8]); 8] = [
            ("nothing", before, &[]),
            ("a new member of our swarm", &[(0, &[1, 2, 6]), (100, &[4, 5])], &[6]),
            ("a new member elsewhere", &[(0, &[1, 2]), (100, &[4, 5, 6])], &[]),
            ("a new swarm", &[(0, &[1, 2]), (100, &[4, 5]), (50, &[3, 6])], &[3, 6]),
            ("moved, others stay", &[(0, &[2, 6]), (100, &[1, 4])], &[]),
            ("moved, nobody stays", &[(0, &[6, 7]), (100, &[1, 2, 3])], &[6, 7]),
            ("dissolved, nothing held", &[(100, &[1, 2, 4])], &[]),
            ("left", &[(0, &[2, 6]), (100, &[4])], &[]),
        ];
        for (event, after, expected) in cases {
            assert_eq!(owed(before, after), expected, "{event}");
        }
    }
}
