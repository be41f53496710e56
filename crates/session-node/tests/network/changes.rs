//! Changing what is stored, and who may: every member does it and signs for it (05 §5.4 to §5.14).

use std::{collections::BTreeMap, time::Duration};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_identity::Timestamp;
use session_node::{chain::Change, directory::ServiceNode};
use session_swarm::{
    address::Address,
    answer::{Answer, Body, Entry, MemberFailure, Rejection, Response, SwarmAnswer, SweptMessages},
    auth::{Auth, Signer},
    hard_fork::HardFork,
    limits::{MAX_TTL, MAX_TTL_INBOX},
    message_hash::MessageHash,
    namespace::Namespace,
    request::{
        BatchMode, BatchRequest, Conditions, DeleteRequest, ExpireMode, ExpireRequest,
        GetExpiriesRequest, IfElseRequest, Namespaces, Request, RetrieveRequest, Revocation,
        RevokeRequest, RevokedSubaccountsRequest, StoreRequest, SweepRequest,
    },
    subaccount::{Access, SubaccountProof, SubaccountToken},
};

use crate::client::{NOW, World, public_keys};

const GROUP: Namespace = Namespace::GROUP_MESSAGES;

/// An account that a key pair owns: a group, so that it may have subaccounts.
struct Owner {
    keypair: Ed25519Keypair,
}

impl Owner {
    fn new() -> Self {
        Self { keypair: keypair(3) }
    }

    fn signer(&self) -> Signer<'_> {
        Signer::owner(3, &self.keypair)
    }

    fn account(&self) -> Address {
        *self.signer().account()
    }

    fn token(&self, access: Access) -> SubaccountToken {
        SubaccountToken::new(3, access, keypair(4).public_key())
    }

    /// Signs `input` as the member with the subaccount `token`.
    fn member_auth(&self, token: SubaccountToken, input: &[u8]) -> Auth {
        let signature = self.keypair.sign(token.as_bytes());
        let subaccount = Some(SubaccountProof { token, signature });
        Auth { user_key: None, signature: keypair(4).sign(input), subaccount }
    }

    fn message(&self, data: &str, namespace: Namespace) -> StoreRequest {
        let data = data.as_bytes().to_vec();
        let request = StoreRequest::new(self.account(), namespace, data, NOW, MAX_TTL_INBOX);
        request.unwrap().sign(&self.signer(), NOW).unwrap()
    }

    fn retrieve(&self, namespace: Namespace) -> RetrieveRequest {
        RetrieveRequest::new(self.account(), namespace).sign(&self.signer(), NOW).unwrap()
    }

    fn retrieve_as_member(&self, token: SubaccountToken, namespace: Namespace) -> RetrieveRequest {
        let auth = self.member_auth(token, &RetrieveRequest::signed_input(namespace, NOW));
        RetrieveRequest::new(self.account(), namespace).with_auth(NOW, auth)
    }

    fn revocation(&self, what: Revocation, token: SubaccountToken, at: Timestamp) -> RevokeRequest {
        RevokeRequest::new(what, self.account(), vec![token], at).sign(&self.signer()).unwrap()
    }
}

fn info() -> Request {
    Request::from_json(br#"{"method":"info","params":{}}"#).unwrap()
}

fn keypair(seed: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]))
}

impl World {
    fn swarm_of(&self, owner: &Owner) -> Vec<ServiceNode> {
        self.network.directory().members_for(&owner.account()).copied().collect()
    }

    fn ask(&mut self, to: &ServiceNode, request: impl Into<Request>) -> Response {
        self.send(to, &request.into()).unwrap()
    }

    fn answer(&mut self, to: &ServiceNode, request: impl Into<Request>) -> Answer {
        match self.ask(to, request).into_body() {
            Body::Answer(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn refused(&mut self, to: &ServiceNode, request: impl Into<Request>) -> (u16, String) {
        let response = self.ask(to, request);
        match response.body() {
            Body::Text(text) => (response.status(), text.clone()),
            other => panic!("{other:?}"),
        }
    }

    /// What this member holds of the owner's messages.
    fn read(
        &mut self,
        from: &ServiceNode,
        owner: &Owner,
        namespace: Namespace,
    ) -> Vec<MessageHash> {
        match self.answer(from, owner.retrieve(namespace)) {
            Answer::Retrieve(page) => page.messages.iter().map(|message| message.hash).collect(),
            other => panic!("{other:?}"),
        }
    }
}

/// Every member confirms.
fn assert_confirmed<E: Entry + std::fmt::Debug>(
    answer: &SwarmAnswer<E>,
    request: &E::Request,
    swarm: &[ServiceNode],
) {
    let verified = answer.verify(request, &public_keys(swarm));
    assert_eq!(verified.rejected(), [], "{answer:?}");
    assert_eq!(verified.confirmed(), public_keys(swarm));
}

#[test]
fn every_member_deletes() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let [a, b] = ["a", "b"].map(|data| owner.message(data, GROUP));
    let hashes = vec![a.message_hash(), MessageHash::of(&owner.account(), GROUP, b"unknown")];
    for message in [&a, &b] {
        world.answer(&swarm[0], message.clone());
    }
    let request = DeleteRequest::new(owner.account(), hashes).required();
    let request = request.sign(&owner.signer()).unwrap();
    let Answer::Delete(answer) = world.answer(&swarm[1], request.clone()) else { panic!() };
    assert_confirmed(&answer, &request, &swarm);
    assert!(answer.entries().all(|(_, entry)| entry.deleted() == [a.message_hash()]));
    for member in &swarm {
        assert_eq!(world.read(member, &owner, GROUP), [b.message_hash()]);
    }
    assert_eq!(world.ask(&swarm[1], request).status(), 404, "nothing is left to delete");
}

#[test]
fn every_member_sweeps_one_namespace_or_all() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let messages = [("a", GROUP), ("b", GROUP), ("c", Namespace::GROUP_INFO)];
    let hashes = messages.map(|(data, namespace)| {
        let message = owner.message(data, namespace);
        world.answer(&swarm[0], message.clone());
        message.message_hash()
    });
    let account = owner.account();
    let early = Timestamp::from_millis(NOW.as_millis() + 60_000);
    let one = Namespaces::One(GROUP);
    for (request, swept) in [
        (SweepRequest::expire_all(account, Namespaces::All, early), 3),
        (SweepRequest::expire_all(account, Namespaces::All, early), 0),
        (SweepRequest::delete_before(account, one, Timestamp::from_millis(1_699_999_999_999)), 0),
        (SweepRequest::delete_before(account, one, NOW), 2),
        (SweepRequest::delete_before(account, Namespaces::All, NOW), 1),
        (SweepRequest::delete_all(account, Namespaces::All, NOW), 0),
    ] {
        let request = request.sign(&owner.signer()).unwrap();
        let Answer::Sweep(answer) = world.answer(&swarm[2], request.clone()) else { panic!() };
        assert_confirmed(&answer, &request, &swarm);
        for (_, entry) in answer.entries() {
            assert_eq!(entry.messages().iter().count(), swept, "{request:?}");
            assert!(entry.messages().iter().all(|hash| hashes.contains(hash)));
            let all = matches!(entry.messages(), SweptMessages::All(_));
            assert_eq!(all, request.namespaces() == Namespaces::All);
        }
    }
    assert!(
        swarm.iter().all(|node| world.network.node(&node.ed25519).unwrap().storage().is_empty())
    );
}

#[test]
fn every_member_moves_the_expiry_as_far_as_its_clock_allows() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let message = owner.message("a", GROUP);
    let hash = message.message_hash();
    world.answer(&swarm[0], message.clone());
    let latest = NOW.checked_add(MAX_TTL).unwrap();
    let after = |seconds: u64| NOW.checked_add(Duration::from_secs(seconds)).unwrap();
    for (mode, asked, updated, then) in [
        (ExpireMode::Extend, after(60), false, message.expiry()),
        (ExpireMode::Extend, after(31 * 86_400), true, latest),
        (ExpireMode::Shorten, after(600), true, after(600)),
        (ExpireMode::Set, after(700), true, after(700)),
    ] {
        let request = ExpireRequest::new(owner.account(), vec![hash], asked).with_mode(mode);
        let request = request.sign(&owner.signer()).unwrap();
        let Answer::Expire(answer) = world.answer(&swarm[0], request.clone()) else { panic!() };
        assert_confirmed(&answer, &request, &swarm);
        for (_, entry) in answer.entries() {
            assert_eq!(entry.updated().count(), usize::from(updated), "{mode:?}");
            assert_eq!(entry.unchanged().count(), usize::from(!updated), "{mode:?}");
        }
        let request = GetExpiriesRequest::new(owner.account(), vec![hash], NOW);
        let request = request.sign(&owner.signer()).unwrap();
        for member in &swarm {
            let answer = world.answer(member, request.clone());
            let expected = BTreeMap::from([(hash, then)]);
            assert_eq!(answer, Answer::GetExpiries(expected.into()), "{mode:?}");
        }
    }
    // What one request names twice counts once, as what became of it: extended, then left.
    let twice = ExpireRequest::each(owner.account(), &[(hash, after(900)), (hash, after(800))]);
    let twice = twice.with_mode(ExpireMode::Extend).sign(&owner.signer()).unwrap();
    let Answer::Expire(answer) = world.answer(&swarm[0], twice) else { panic!() };
    for (_, entry) in answer.entries() {
        assert_eq!((entry.updated().count(), entry.unchanged().count()), (1, 0));
    }
    let each = ExpireRequest::each(owner.account(), &[(hash, after(1)), (hash, after(2))]);
    let each = Request::from(each.sign(&owner.signer()).unwrap());
    assert!(matches!(world.answer(&swarm[0], each.clone()), Answer::Expire(_)));
    // They came with hard fork 19.4.
    let before = vec![Change::Fork(HardFork::TIMELESS_HASH)];
    world.network.next_block(Vec::new(), before, NOW, &mut world.rng);
    assert_eq!(world.refused(&swarm[0], each).0, 403);
    let past = Timestamp::from_millis(NOW.as_millis() - 60_001);
    let late = ExpireRequest::new(owner.account(), vec![hash], past);
    assert_eq!(world.refused(&swarm[0], late.sign(&owner.signer()).unwrap()).0, 401);
}

#[test]
fn revocations_outlive_messages_and_can_be_taken_back() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let token = owner.token(Access::READ | Access::WRITE);
    let reads = |world: &mut World, node: &ServiceNode, namespace| {
        world.ask(node, owner.retrieve_as_member(token, namespace)).status()
    };
    assert_eq!(reads(&mut world, &swarm[0], GROUP), 200);

    // No message is there that the revocation could hang on.
    let revoke = owner.revocation(Revocation::Revoke, token, NOW);
    let Answer::Revoke(answer) = world.answer(&swarm[0], revoke.clone()) else { panic!() };
    assert_confirmed(&answer, &revoke, &swarm);
    for member in &swarm {
        assert_eq!(reads(&mut world, member, GROUP), 401);
        assert_eq!(reads(&mut world, member, Namespace::REVOKED_RETRIEVABLE), 200);
    }
    let list = RevokedSubaccountsRequest::new(owner.account(), NOW).sign(&owner.signer()).unwrap();
    let listed = world.answer(&swarm[1], list.clone());
    assert_eq!(listed, Answer::RevokedSubaccounts(vec![token].into()));

    // It survives the account's last message.
    let message = owner.message("a", GROUP);
    world.answer(&swarm[0], message);
    let sweep = SweepRequest::delete_all(owner.account(), Namespaces::All, NOW);
    world.answer(&swarm[0], sweep.sign(&owner.signer()).unwrap());
    assert_eq!(reads(&mut world, &swarm[1], GROUP), 401);

    let back = owner.revocation(Revocation::Unrevoke, token, NOW);
    let Answer::Revoke(answer) = world.answer(&swarm[0], back.clone()) else { panic!() };
    assert_confirmed(&answer, &back, &swarm);
    assert!(answer.entries().all(|(_, entry)| entry.count() == Some(1)));
    assert_eq!(reads(&mut world, &swarm[1], GROUP), 200);
    assert_eq!(world.answer(&swarm[1], list), Answer::RevokedSubaccounts(vec![].into()));
}

#[test]
fn subaccounts_do_what_their_flags_say() {
    let (mut world, owner) = (World::new(), Owner::new());
    let member = world.swarm_of(&owner)[0];
    let store = |world: &mut World, access, namespace| {
        let input = StoreRequest::signed_input(namespace, NOW);
        let auth = owner.member_auth(owner.token(access), &input);
        let data = b"from a member".to_vec();
        let request = StoreRequest::new(owner.account(), namespace, data, NOW, MAX_TTL).unwrap();
        world.ask(&member, request.with_auth(NOW, auth)).status()
    };
    let outbox = Namespace::new(-21);
    assert_eq!(store(&mut world, Access::READ, GROUP), 401);
    assert_eq!(store(&mut world, Access::WRITE, GROUP), 200);
    assert_eq!(store(&mut world, Access::WRITE, outbox), 401);
    assert_eq!(store(&mut world, Access::WRITE | Access::DELETE, outbox), 200);
    let read = |world: &mut World, access| {
        world.ask(&member, owner.retrieve_as_member(owner.token(access), GROUP)).status()
    };
    assert_eq!(read(&mut world, Access::WRITE), 401);
    assert_eq!(read(&mut world, Access::READ), 200);
    let hash = owner.message("x", GROUP).message_hash();
    let delete = DeleteRequest::new(owner.account(), vec![hash]);
    for (access, status) in [(Access::WRITE, 401), (Access::DELETE, 200)] {
        let auth = owner.member_auth(owner.token(access), &delete.signed_input());
        assert_eq!(world.ask(&member, delete.clone().with_auth(auth)).status(), status);
    }
}

#[test]
fn an_outbox_holds_the_newest_message_and_everybody_reads_it() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let outbox = Namespace::new(-21);
    let mut store = |data: &str, age: u64| {
        let time = Timestamp::from_millis(NOW.as_millis() - age);
        let request = StoreRequest::new(owner.account(), outbox, data.into(), time, MAX_TTL);
        let request = request.unwrap().sign(&owner.signer(), NOW).unwrap();
        world.answer(&swarm[0], request);
    };
    for (data, age) in [("first", 5), ("older", 6), ("newest", 4), ("as new", 4)] {
        store(data, age);
    }
    for member in &swarm {
        let unsigned = RetrieveRequest::new(owner.account(), outbox);
        let Answer::Retrieve(page) = world.answer(member, unsigned) else { panic!() };
        let data: Vec<_> = page.messages.into_iter().map(|message| message.data).collect();
        assert_eq!(data, [b"newest".to_vec()]);
    }
}

#[test]
fn a_sequence_stores_revokes_and_stops_at_the_first_refusal() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let token = owner.token(Access::READ);
    let [a, b] = ["a", "b"].map(|data| owner.message(data, GROUP));
    let requests = || {
        vec![
            a.clone().into(),
            owner.revocation(Revocation::Revoke, token, NOW).into(),
            owner.retrieve_as_member(token, GROUP).into(),
            b.clone().into(),
        ]
    };
    for (mode, statuses, held) in [
        (BatchMode::UntilFailure, &[200, 200, 401][..], vec![a.message_hash()]),
        (BatchMode::All, &[200, 200, 401, 200], vec![a.message_hash(), b.message_hash()]),
    ] {
        let request = BatchRequest::new(mode, requests()).unwrap();
        let Answer::Batch(results) = world.answer(&swarm[0], request) else { panic!() };
        let found: Vec<_> = results.iter().map(Response::status).collect();
        assert_eq!(found, statuses, "{mode:?}");
        let Body::Answer(Answer::Store(stored)) = results[0].body() else { panic!() };
        assert_confirmed(stored, &a, &swarm);
        for member in &swarm {
            assert_eq!(world.read(member, &owner, GROUP), held, "{mode:?}");
        }
    }
}

#[test]
fn a_batch_answers_for_each_account_by_itself() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let elsewhere = world.network.directory().nodes().map(|node| node.swarm).collect::<Vec<_>>();
    assert!(elsewhere.iter().any(|swarm_id| *swarm_id != swarm[0].swarm), "one swarm only");
    let stranger = (0..=255)
        .map(|byte| Address::of_ed25519(byte, keypair(byte).public_key()))
        .find(|account| world.network.directory().swarm_of(account) != swarm[0].swarm);
    let other =
        StoreRequest::new(stranger.unwrap(), Namespace::DEFAULT, vec![1], NOW, MAX_TTL_INBOX);
    let requests = vec![other.unwrap().into(), owner.message("a", GROUP).into()];
    let request = BatchRequest::new(BatchMode::All, requests).unwrap();
    let Answer::Batch(results) = world.answer(&swarm[0], request) else { panic!() };
    assert_eq!(results.iter().map(Response::status).collect::<Vec<_>>(), [421, 200]);
}

#[test]
fn conditions_choose_a_branch_at_any_depth() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let version = |major| {
        let mut conditions = Conditions::new();
        conditions.v_at_least = Some(vec![major]);
        conditions
    };
    let message = owner.message("a", GROUP);
    let batch = BatchRequest::new(BatchMode::All, vec![message.clone().into()]).unwrap();
    let inner = IfElseRequest::new(version(99), None, Some(batch.into())).unwrap();
    let outer = IfElseRequest::new(version(2), Some(inner.into()), Some(info()));
    let Answer::IfElse(answer) = world.answer(&swarm[0], outer.unwrap()) else { panic!() };
    assert!(answer.condition);
    let inner = answer.result.unwrap().into_body();
    let Body::Answer(Answer::IfElse(inner)) = inner else { panic!("{inner:?}") };
    assert!(!inner.condition);
    let results = inner.result.unwrap().into_body();
    let Body::Answer(Answer::Batch(results)) = results else { panic!("{results:?}") };
    let Body::Answer(Answer::Store(stored)) = results[0].body() else { panic!("{results:?}") };
    assert_confirmed(stored, &message, &swarm);

    let none = IfElseRequest::new(version(99), Some(info()), None).unwrap();
    let Answer::IfElse(answer) = world.answer(&swarm[0], none) else { panic!() };
    assert_eq!((answer.condition, answer.result), (false, None));
}

#[test]
fn members_that_are_down_fail_and_the_others_answer() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let token = owner.token(Access::READ);
    world.network.take_down(swarm[3].ed25519);
    let revoke = owner.revocation(Revocation::Revoke, token, NOW);
    let Answer::Revoke(answer) = world.answer(&swarm[0], revoke.clone()) else { panic!() };
    let verified = answer.verify(&revoke, &public_keys(&swarm));
    let timeout = (swarm[3].ed25519, Rejection::Failed(MemberFailure::Timeout));
    assert_eq!(verified.rejected(), [timeout]);
    assert!(!verified.is_success(), "a revocation must hold everywhere");
}

#[test]
fn members_check_what_is_forwarded() {
    let (mut world, owner) = (World::new(), Owner::new());
    let swarm = world.swarm_of(&owner);
    let outsider = world.network.directory().nodes().find(|node| !swarm.contains(node)).copied();
    let node = |world: &mut World, node: &ServiceNode, parts: &[&[u8]], now| {
        world.network.node_mut(&node.ed25519).unwrap().take_forwarded(parts, now)
    };
    let store = Request::from(owner.message("a", GROUP));
    let params = store.to_forwarded().unwrap();
    let code = |parts: Vec<Vec<u8>>| match parts.as_slice() {
        [code, _] => String::from_utf8(code.clone()).unwrap(),
        [_] => "200".to_owned(),
        other => panic!("{other:?}"),
    };
    let member = swarm[0];
    let later = Timestamp::from_millis(NOW.as_millis() + 65_000);
    let sweep = SweepRequest::delete_all(owner.account(), Namespaces::All, NOW);
    let sweep = Request::from(sweep.sign(&owner.signer()).unwrap()).to_forwarded().unwrap();
    let mut altered = params.clone();
    *altered.iter_mut().rev().nth(40).unwrap() ^= 1;
    for (to, method, params, now, expected) in [
        (member, "store", &params, NOW, "200"),
        (member, "store", &params, later, "406"),
        (member, "delete_all", &sweep, later, "200"),
        (member, "retrieve", &params, NOW, "400"),
        (member, "nope", &params, NOW, "400"),
        (outsider.unwrap(), "store", &params, NOW, "421"),
    ] {
        let parts: [&[u8]; 2] = [method.as_bytes(), params];
        assert_eq!(code(node(&mut world, &to, &parts, now)), expected, "{method}");
    }
    assert_ne!(code(node(&mut world, &member, &[b"store", &altered], NOW)), "200");
    assert_eq!(code(node(&mut world, &member, &[b"store"], NOW)), "400");
}
