//! Storing and reading: who holds what, who may read, what is refused (05 §4, §5).

use std::time::Duration;

use session_envelope::direct;
use session_identity::Timestamp;
use session_swarm::{
    answer::{Body, MemberFailure, Rejection},
    auth::Signer,
    limits::{MAX_DATA_LENGTH, MAX_TTL, MAX_TTL_INBOX},
    message_hash::MessageHash,
    namespace::Namespace,
    request::{Request, RetrieveRequest, StoreRequest},
};

use crate::client::{NOW, World, public_keys};

#[test]
fn every_member_of_the_swarm_holds_a_message_and_nobody_else() {
    let mut world = World::new();
    let swarm = world.swarm();
    assert!((5..=10).contains(&swarm.len()), "swarm of {}", swarm.len());
    let request = world.store_request("hello");
    let verified = world.store(&swarm[0], &request).verify(&request, &public_keys(&swarm));
    assert_eq!(verified.confirmed(), public_keys(&swarm));
    assert_eq!(verified.rejected(), []);
    for node in world.network.directory().nodes() {
        let held = world.network.node(&node.ed25519).unwrap().storage();
        let expected = swarm.contains(node);
        assert_eq!(
            held.holds(&request.message_hash(), NOW).unwrap(),
            expected,
            "{:?}",
            node.ed25519
        );
        assert_eq!(held.len(), usize::from(expected));
    }
}

#[test]
fn bob_reads_at_every_member() {
    let mut world = World::new();
    let swarm = world.swarm();
    let request = world.store_request("hello");
    world.store(&swarm[0], &request);
    for member in &swarm {
        let answer = world.retrieve(member);
        assert!(!answer.more);
        let [stored] = answer.messages.as_slice() else { panic!("{answer:?}") };
        assert_eq!(stored.hash, request.message_hash());
        assert!(stored.is_named_rightly(request.account(), Namespace::DEFAULT));
        let received = direct::decode(&stored.data, &world.bob).unwrap();
        assert_eq!(received.sender(), world.alice.id());
        assert_eq!(received.sent_at(), NOW);
        assert_eq!(received.content().body(), Some("hello"));
    }
}

#[test]
fn storing_again_changes_nothing_but_the_expiry() {
    let mut world = World::new();
    let swarm = world.swarm();
    let first = world.store_request("hello");
    world.store(&swarm[0], &first);
    for (ttl, expiry) in
        [(MAX_TTL_INBOX - Duration::from_secs(1), first.expiry()), (MAX_TTL_INBOX, first.expiry())]
    {
        let data = first.data().to_vec();
        let again =
            StoreRequest::new(*first.account(), Namespace::DEFAULT, data, NOW, ttl).unwrap();
        let answer = world.store(&swarm[1], &again);
        for (node, entry) in answer.entries() {
            assert!(entry.was_there(), "{node:?}");
            assert_eq!(entry.expiry(), expiry, "{node:?}");
        }
    }
    assert_eq!(world.retrieve(&swarm[0]).messages.len(), 1);
}

#[test]
fn a_member_that_is_down_is_named_and_the_others_hold_the_message() {
    let mut world = World::new();
    let swarm = world.swarm();
    world.network.take_down(swarm[2].ed25519);
    let request = world.store_request("hello");
    let verified = world.store(&swarm[0], &request).verify(&request, &public_keys(&swarm));
    let timeout = (swarm[2].ed25519, Rejection::Failed(MemberFailure::Timeout));
    assert_eq!(verified.rejected(), [timeout]);
    assert_eq!(verified.confirmed().len(), swarm.len() - 1);
    assert!(verified.is_success());

    // It never learns what it missed: clients poll several members (05 §3).
    world.network.bring_up(&swarm[2].ed25519);
    assert_eq!(world.retrieve(&swarm[2]).messages, []);
}

#[test]
fn messages_are_gone_when_they_expire() {
    let mut world = World::new();
    let swarm = world.swarm();
    let data = world.message("soon gone");
    let ttl = Duration::from_secs(20);
    let bob = world.bob.id().into();
    let request = StoreRequest::new(bob, Namespace::DEFAULT, data, NOW, ttl).unwrap();
    world.store(&swarm[0], &request);
    world.now = Timestamp::from_millis(request.expiry().as_millis() - 1);
    assert_eq!(world.retrieve(&swarm[1]).messages.len(), 1);
    world.now = request.expiry();
    assert_eq!(world.retrieve(&swarm[1]).messages, []);
}

#[test]
fn only_the_owner_reads() {
    let mut world = World::new();
    let member = world.swarm()[0];
    let bob = world.bob.id().into();

    // Without a signature.
    let request = Request::Retrieve(RetrieveRequest::new(bob, Namespace::DEFAULT)).to_json();
    let refused = world.refusal(&member, &request);
    assert_eq!(refused, (401, "retrieve: request signature required".to_owned()));

    // With Alice's signature under Bob's name.
    let alice = world.alice.clone();
    let signer = Signer::user(alice.ed25519());
    let own = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT);
    let signed = Request::Retrieve(own.sign(&signer, NOW).unwrap()).to_json();
    let text = String::from_utf8(signed).unwrap();
    let forged = text.replace(&alice.id().to_string(), &world.bob.id().to_string());
    assert_ne!(forged, text);
    let refused = world.refusal(&member, forged.as_bytes());
    assert_eq!(refused, (401, "retrieve signature verification failed".to_owned()));
}

#[test]
fn signatures_live_for_a_minute() {
    let mut world = World::new();
    let member = world.swarm()[0];
    let request = Request::Retrieve(world.retrieve_request()).to_json();
    for (distance, status) in [(60_000, 200), (60_001, 406)] {
        for now in [NOW.as_millis() + distance, NOW.as_millis() - distance] {
            world.now = Timestamp::from_millis(now);
            assert_eq!(world.refusal(&member, &request).0, status, "at {now}");
        }
    }
    let (_, why) = world.refusal(&member, &request);
    assert!(why.ends_with("timestamp too far from current time"), "{why}");
}

#[test]
fn stores_are_refused_by_size_life_and_time() {
    let mut world = World::new();
    let member = world.swarm()[0];
    let valid = world.store_request("hello");
    let text = String::from_utf8(Request::Store(valid).to_json()).unwrap();
    let mut with = |field: &str, value: String| {
        let (before, rest) = text.split_once(&format!("\"{field}\":")).unwrap();
        let end = rest.find([',', '}']).unwrap();
        world.refusal(&member, format!("{before}\"{field}\":{value}{}", &rest[end..]).as_bytes())
    };
    let clock = (406, "Timestamp error: check your clock".to_owned());
    let life = (403, "Provided expiry/TTL is not valid.".to_owned());
    let time = NOW.as_millis();
    assert_eq!(with("timestamp", (time + 10_000).to_string()).0, 200);
    assert_eq!(with("timestamp", (time + 10_001).to_string()), clock);
    assert_eq!(with("ttl", "9999".to_owned()), life);
    assert_eq!(with("ttl", (MAX_TTL_INBOX.as_millis() + 1).to_string()), life);
    assert_eq!(with("ttl", u64::MAX.to_string()).0, 400);
    let large = session_crypto::encoding::base64::encode(&vec![0; MAX_DATA_LENGTH + 1]);
    let (status, why) = with("data", format!("\"{large}\""));
    assert_eq!(status, 400, "{why}");
    assert!(why.starts_with("invalid request: "), "{why}");
    let largest = session_crypto::encoding::base64::encode(&vec![0; MAX_DATA_LENGTH]);
    assert_eq!(with("data", format!("\"{largest}\"")).0, 200);
}

#[test]
fn private_namespaces_need_the_owner_at_every_member() {
    let mut world = World::new();
    let swarm = world.swarm();
    let bob = world.bob.clone();
    let signer = Signer::user(bob.ed25519());
    let config = b"config".to_vec();
    let unsigned =
        StoreRequest::new(*signer.account(), Namespace::CONTACTS, config, NOW, MAX_TTL).unwrap();
    let refused = world.refusal(&swarm[0], &Request::Store(unsigned.clone()).to_json());
    assert_eq!(refused, (401, "store: signature required to store to namespace 3".to_owned()));
    let signed = unsigned.sign(&signer, NOW).unwrap();
    let verified = world.store(&swarm[0], &signed).verify(&signed, &public_keys(&swarm));
    assert_eq!(verified.confirmed().len(), swarm.len());

    // A member checks the copy itself: a changed signature does not spread through the swarm.
    let text = String::from_utf8(Request::Store(signed).to_json()).unwrap();
    let (before, signature) = text.split_once("\"signature\":\"").unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let altered = format!("{before}\"signature\":\"{other}{}", &signature[1..]);
    let refused = world.refusal(&swarm[0], altered.as_bytes());
    assert_eq!(refused, (401, "store signature verification failed".to_owned()));
}

#[test]
fn other_swarms_send_the_client_on() {
    let mut world = World::new();
    let swarm = world.swarm();
    let outsider = world.path()[1];
    let request = Request::Retrieve(world.retrieve_request());
    let response = world.send(&outsider, &request).unwrap();
    assert_eq!(response.status(), 421);
    let Body::WrongSwarm(info) = response.into_body() else { panic!("no swarm") };
    assert_eq!(info.swarm, swarm[0].swarm);
    let named: Vec<_> = info.members.iter().map(|member| member.ed25519).collect();
    assert_eq!(named, public_keys(&swarm));
}

#[test]
fn pages_go_on_behind_the_last_hash() {
    let mut world = World::new();
    let member = world.swarm()[0];
    let bob = world.bob.clone();
    let signer = Signer::user(bob.ed25519());
    let mut sent: Vec<MessageHash> = Vec::new();
    for number in 0..7 {
        let request = world.store_request(&format!("message {number}"));
        sent.push(request.message_hash());
        world.store(&member, &request);
    }
    let mut read = Vec::new();
    let mut more = true;
    while more {
        let mut request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT).max_count(3);
        if let Some(last) = read.last() {
            request = request.after(*last);
        }
        let request = request.sign(&signer, NOW).unwrap();
        let response = world.send(&member, &Request::Retrieve(request)).unwrap();
        let Body::Answer(session_swarm::answer::Answer::Retrieve(page)) = response.into_body()
        else {
            panic!("no page")
        };
        assert!(page.messages.len() <= 3);
        read.extend(page.messages.iter().map(|message| message.hash));
        more = page.more;
    }
    assert_eq!(read, sent, "each once, in the order of the node");
}
