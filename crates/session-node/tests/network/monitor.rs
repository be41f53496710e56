//! Subscriptions: clients are told of new messages (05 §5.15).

use std::time::Duration;

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey};
use session_identity::Timestamp;
use session_node::STORAGE_RPC_PATH;
use session_swarm::{
    auth::Signer,
    monitor::{MonitorAnswer, MonitorData, MonitorErrorCode, MonitorRequest, Notification},
    namespace::Namespace,
    request::{Request, StoreRequest},
};

use crate::client::{NOW, World, public_keys};

const LIFETIME: Duration = Duration::from_secs(65 * 60);

fn later(by: Duration) -> Timestamp {
    NOW.checked_add(by).unwrap()
}

fn request(
    keypair: &Ed25519Keypair,
    namespaces: &[Namespace],
    data: MonitorData,
) -> MonitorRequest {
    MonitorRequest::sign(&Signer::user(keypair), namespaces.iter().copied(), data, NOW)
}

impl World {
    fn monitor(
        &mut self,
        node: &Ed25519PublicKey,
        request: &MonitorRequest,
        now: Timestamp,
    ) -> MonitorAnswer {
        let answer = self.network.monitor(node, 7, &request.to_bencode(), now).unwrap();
        MonitorAnswer::from_bencode(&answer).unwrap()
    }

    /// Stores a message for Bob at `node`.
    fn post_store(&mut self, node: &Ed25519PublicKey, request: &StoreRequest, now: Timestamp) {
        let body = Request::from(request.clone()).to_json();
        let reply = self.network.post(node, STORAGE_RPC_PATH, &body, now, &mut self.rng).unwrap();
        assert_eq!(reply.status(), 200);
    }
}

fn refused(error: MonitorErrorCode) -> MonitorAnswer {
    MonitorAnswer::Refused { code: error.number(), error: error.to_string() }
}

#[test]
fn every_member_tells_of_each_new_message_once() {
    let mut world = World::new();
    let swarm = public_keys(&world.swarm());
    let bob = world.bob.ed25519().clone();
    let with_data = request(&bob, &[Namespace::DEFAULT], MonitorData::Include);
    for member in &swarm {
        assert_eq!(world.monitor(member, &with_data, NOW), MonitorAnswer::Subscribed);
    }
    let stored = world.store_request("hello");
    world.post_store(&swarm[0], &stored, NOW);
    world.post_store(&swarm[1], &stored, NOW);
    for member in &swarm {
        let told = world.network.take_notifications(member);
        let [(7, notification)] = told.as_slice() else { panic!("{}", told.len()) };
        let notification = Notification::from_bencode(notification).unwrap();
        assert_eq!(notification.hash, stored.message_hash());
        assert_eq!((notification.timestamp, notification.expiry), (NOW, stored.expiry()));
        assert_eq!(notification.data.as_deref(), Some(stored.data()));
        assert!(notification.is_named_rightly());
    }
}

#[test]
fn subscriptions_widen_end_and_are_renewed() {
    let mut world = World::new();
    let member = public_keys(&world.swarm())[0];
    let bob = world.bob.ed25519().clone();
    let elsewhere = request(&bob, &[Namespace::USER_PROFILE], MonitorData::Omit);
    world.monitor(&member, &elsewhere, NOW);
    let told = |world: &mut World, text: &str, now| {
        let stored = world.store_request(text);
        world.post_store(&member, &stored, now);
        let told = world.network.take_notifications(&member);
        told.iter()
            .map(|(_, one)| Notification::from_bencode(one).unwrap().data)
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&mut world, "other namespace", NOW), []);
    world.monitor(&member, &request(&bob, &[Namespace::DEFAULT], MonitorData::Omit), NOW);
    assert_eq!(told(&mut world, "without data", NOW), [None]);
    world.monitor(&member, &request(&bob, &[Namespace::USER_PROFILE], MonitorData::Include), NOW);
    assert!(matches!(told(&mut world, "united", NOW).as_slice(), [Some(_)]));

    let last = later(LIFETIME - Duration::from_millis(1));
    assert_eq!(told(&mut world, "just before the end", last).len(), 1);
    assert_eq!(told(&mut world, "at the end", later(LIFETIME)), []);
    let again = request(&bob, &[Namespace::DEFAULT], MonitorData::Omit);
    world.monitor(&member, &again, later(LIFETIME));
    assert_eq!(told(&mut world, "anew, and narrower", later(LIFETIME)), [None]);
    world.network.node_mut(&member).unwrap().close_connection(7);
    assert_eq!(told(&mut world, "nobody there", later(LIFETIME)), []);
}

#[test]
fn only_who_may_read_is_told() {
    let mut world = World::new();
    let swarm = world.swarm();
    let member = swarm[0].ed25519;
    let bob = world.bob.ed25519().clone();
    let subscription = request(&bob, &[Namespace::DEFAULT], MonitorData::Omit);
    let other =
        world.network.directory().nodes().find(|node| !swarm.contains(node)).unwrap().ed25519;
    let wrong_swarm = world.monitor(&other, &subscription, NOW);
    assert_eq!(wrong_swarm, refused(MonitorErrorCode::WrongSwarm));
    let stale = later(Duration::from_secs(15 * 86_400));
    assert_eq!(world.monitor(&member, &subscription, stale), refused(MonitorErrorCode::Time));

    let mut forged = subscription.to_bencode();
    let at = forged.windows(5).position(|five| five == b"1:s64").unwrap() + 10;
    forged[at] ^= 1;
    let list = [b"l", forged.as_slice(), &subscription.to_bencode(), b"e"].concat();
    let answers = world.network.monitor(&member, 7, &list, NOW).unwrap();
    let answers = MonitorAnswer::list_from_bencode(&answers).unwrap();
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [refused(MonitorErrorCode::Signature), MonitorAnswer::Subscribed]);
    let answer = world.network.monitor(&member, 7, b"le", NOW).unwrap();
    assert_eq!(answer, b"le");
    let answer = world.network.monitor(&member, 7, b"x", NOW).unwrap();
    let answer = MonitorAnswer::from_bencode(&answer).unwrap();
    assert_eq!(answer, refused(MonitorErrorCode::Arguments));
}
