//! Laws that hold for every input.

use proptest::{collection::vec, prelude::*};
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_identity::{AccountId, GroupId, Timestamp};
use session_swarm::{
    address::Address,
    assignment::{Assignment, MIN_SWARM_SIZE, NEW_SWARM_SIZE},
    auth::Signer,
    limits::MAX_TTL_INBOX,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{Circumstances, Method, Request, RetrieveRequest, StoreRequest},
    space::{SwarmId, SwarmPosition, SwarmRing},
    subaccount::{Access, SubaccountAuth, SubaccountToken},
};

/// Ids in clumps: adjacent ones and the ends of the ring are where lookups go wrong.
fn swarm_id() -> impl Strategy<Value = SwarmId> {
    prop_oneof![any::<u64>(), 0..8_u64, u64::MAX - 8..u64::MAX]
        .prop_map(|id| SwarmId::try_from(id).unwrap_or(SwarmId::MAX))
}

fn position() -> impl Strategy<Value = SwarmPosition> {
    prop_oneof![any::<u64>(), 0..8_u64, u64::MAX - 8..=u64::MAX].prop_map(SwarmPosition::from)
}

/// Any namespace that messages go into.
fn namespace() -> impl Strategy<Value = Namespace> {
    let any = prop_oneof![-130..130_i16, any::<i16>()].prop_map(Namespace::new);
    any.prop_filter("takes no message", |namespace| *namespace != Namespace::TESTING)
}

/// The slow and obvious form of §1.4: the least distance, then the anticlockwise side.
fn nearest_by_scan(swarms: &[SwarmId], position: SwarmPosition) -> Option<SwarmId> {
    let distance = |id: &SwarmId| {
        let ahead = id.get().wrapping_sub(position.get());
        let behind = position.get().wrapping_sub(id.get());
        (ahead.min(behind), behind > ahead)
    };
    swarms.iter().copied().min_by_key(distance)
}

/// Requests to be altered.
const REQUESTS: [&str; 3] = [
    r#"{"method":"store","params":{"pubkey":"03ddc5974547d87d6c22172ce984ea25628d0ffed98c534e6c56970a46564ec91b","timestamp":1795296658702,"ttl":86400000,"data":"zA==","namespace":11}}"#,
    r#"{"method":"retrieve","params":{"pubkey":"03ddc5974547d87d6c22172ce984ea25628d0ffed98c534e6c56970a46564ec91b","namespace":-10,"max_count":17,"max_size":-5,"last_hash":"4sMyAuaZlMwww3oFvfhazfw7ASx/7TDtO+TVc8aAjHs"}}"#,
    r#"{"method":"get_swarm","params":{"pubkey":"03ddc5974547d87d6c22172ce984ea25628d0ffed98c534e6c56970a46564ec91b"}}"#,
];

proptest! {
    #[test]
    fn ring_lookup_agrees_with_a_linear_scan(
        swarms in vec(swarm_id(), 0..40),
        positions in vec(position(), 1..20),
        halfway in any::<proptest::sample::Index>(),
    ) {
        let ring = SwarmRing::new(swarms.iter().copied());
        // Also the ties: a point halfway between two neighbours.
        let tie = ring.ids().split_first().map(|(first, rest)| {
            let next = rest.get(halfway.index(rest.len().max(1))).unwrap_or(first);
            let half = next.get().wrapping_sub(first.get()) / 2;
            SwarmPosition::from(first.get().wrapping_add(half))
        });
        for position in positions.into_iter().chain(tie) {
            prop_assert_eq!(ring.nearest(position), nearest_by_scan(&swarms, position));
        }
    }

    #[test]
    fn ranges_partition_the_ring(swarms in vec(swarm_id(), 1..40), position in position()) {
        let ring = SwarmRing::new(swarms);
        let serving: Vec<_> = ring
            .ids()
            .iter()
            .copied()
            .filter(|id| ring.range(*id).is_some_and(|range| range.contains(position)))
            .collect();
        prop_assert_eq!(serving, Vec::from_iter(ring.nearest(position)));
    }

    #[test]
    fn swarm_ids_survive_their_text(id in swarm_id()) {
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn whatever_is_read_is_written_back(
        edits in vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
        text in prop::sample::select(&REQUESTS[..]),
    ) {
        let mut text = text.as_bytes().to_vec();
        for (at, byte) in edits {
            *at.get_mut(&mut text) = byte;
        }
        if let Ok(request) = Request::from_json(&text) {
            prop_assert_eq!(Request::from_json(&request.to_json()), Ok(request));
        }
    }

    #[test]
    fn signed_requests_are_read_and_authorised(
        seed in any::<[u8; 32]>(),
        prefix in prop_oneof![Just(3), Just(5), any::<u8>()],
        namespace in namespace(),
        now in 1_000_000_000_000..9_000_000_000_000_u64,
        data in vec(any::<u8>(), 0..300),
        last in any::<Option<[u8; 4]>>(),
    ) {
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed));
        let signer = Signer::owner(prefix, &keypair);
        let (account, now) = (*signer.account(), Timestamp::from_millis(now));
        let store = StoreRequest::new(account, namespace, data, now, MAX_TTL_INBOX).unwrap();
        let mut retrieve = RetrieveRequest::new(account, namespace);
        if let Some(last) = last {
            retrieve = retrieve.after(MessageHash::of(&account, namespace, &last));
        }
        for request in [
            Request::from(store.sign(&signer, now).unwrap()),
            Request::from(retrieve.sign(&signer, now).unwrap()),
        ] {
            let read = Request::from_json(&request.to_json()).unwrap();
            prop_assert_eq!(&read, &request);
            prop_assert!(read.authorise(&Circumstances::at(now)).is_ok());
        }
    }

    #[test]
    fn no_node_is_lost_and_swarms_are_well_formed(
        blocks in vec((any::<[u8; 32]>(), 0..4_u32, 0..60_u32), 1..12),
    ) {
        let mut network: Assignment<u32> = Assignment::default();
        let (mut nodes, mut newest) = (Vec::new(), 0);
        for (hash, leaving, joining) in blocks {
            // None, all, every second or every third node leaves.
            let leaves = |node: &u32| leaving > 0 && node.is_multiple_of(leaving);
            nodes.retain(|node| !leaves(node));
            nodes.extend(newest..newest + joining);
            network.advance(leaves, (newest..newest + joining).collect(), &hash);
            newest += joining;
            let mut members: Vec<u32> =
                network.iter().flat_map(|(_, nodes)| nodes.to_vec()).collect();
            members.sort_unstable();
            prop_assert_eq!(&members, &nodes);
            let sizes: Vec<usize> = network.iter().map(|(_, nodes)| nodes.len()).collect();
            let starving = sizes.iter().any(|size| *size < MIN_SWARM_SIZE);
            prop_assert!(sizes.len() <= 1 || !starving, "{sizes:?}");
            let excess: usize = sizes.iter().map(|size| size.saturating_sub(MIN_SWARM_SIZE)).sum();
            prop_assert!(starving || excess < NEW_SWARM_SIZE + 2 * sizes.len(), "{sizes:?}");
        }
    }

    /// A node that has followed every block has the same swarms as one that starts from the last node list, in
    /// whatever order that lists its nodes.
    #[test]
    fn following_blocks_is_the_same_as_starting_from_a_list(
        blocks in vec((any::<[u8; 32]>(), 0..5_u32, 0..40_u32), 1..10),
        salt in any::<u32>(),
    ) {
        let mut followed: Assignment<u32> = Assignment::default();
        let mut newest = 0;
        for (hash, leaving, joining) in blocks {
            // As a list: each active node beside its swarm. The order is anybody's.
            let listed = followed.iter().flat_map(|(id, nodes)| nodes.iter().map(move |n| (id, *n)));
            let leaves = |node: &u32| leaving > 0 && (node ^ salt).is_multiple_of(leaving + 1);
            let mut listed: Vec<_> = listed.filter(|(_, node)| !leaves(node)).collect();
            listed.sort_by_key(|(_, node)| node.wrapping_mul(0x9e37_79b9) ^ salt);
            let joins: Vec<u32> = (newest..newest + joining).collect();
            let mut recomputed: Assignment<u32> =
                listed.into_iter().map(|(id, node)| (id, vec![node])).collect();
            recomputed.advance(|_| false, joins.iter().rev().copied().collect(), &hash);
            followed.advance(leaves, joins, &hash);
            prop_assert_eq!(&followed, &recomputed);
            newest += joining;
        }
    }

    /// When swarms come and go, an account moves exactly if the range that serves it is another one.
    #[test]
    fn accounts_move_with_their_ranges(
        before in vec(swarm_id(), 1..20),
        joining in vec(swarm_id(), 0..4),
        leaving in vec(any::<proptest::sample::Index>(), 0..4),
        positions in vec(position(), 1..20),
    ) {
        let ring = SwarmRing::new(before.iter().copied());
        let gone: Vec<SwarmId> = leaving.iter().map(|at| *at.get(ring.ids())).collect();
        let stay = ring.ids().iter().copied().filter(|id| !gone.contains(id));
        let next = SwarmRing::new(stay.chain(joining));
        for position in positions {
            let (old, new) = (ring.nearest(position), next.nearest(position));
            prop_assert_eq!(new, nearest_by_scan(next.ids(), position));
            // The old swarm keeps it if and only if its new range, if it still is a swarm, holds it.
            let keeps = old.and_then(|id| next.range(id)).is_some_and(|range| range.contains(position));
            prop_assert_eq!(old == new && old.is_some(), keeps);
        }
    }

    #[test]
    fn subaccounts_of_anybody_sign_for_their_group(
        seeds in any::<[[u8; 32]; 2]>(),
        access in any::<u8>().prop_map(Access::from_bits),
        message in vec(any::<u8>(), 0..100),
    ) {
        let [group, member] = seeds.map(Ed25519Seed::from_bytes).map(Ed25519Keypair::from_seed);
        let id = AccountId::from_public_key(member.to_x25519().public_key());
        let sent = SubaccountAuth::issue(&group, &id, access).unwrap().expose_bytes();
        let group_id = GroupId::from_public_key(group.public_key());
        let received = SubaccountAuth::try_from(sent.as_slice()).unwrap();
        let signer = received.verify(&group_id, &member, Access::NONE);
        prop_assert_eq!(signer.is_ok(), access.contains(Access::READ));
        if let Ok(signer) = signer {
            prop_assert_eq!(signer.token(), &SubaccountToken::derive(&group, &id, access).unwrap());
            let auth = signer.sign(&message);
            prop_assert_eq!(auth.verify(&group_id.into(), &message, access, &[]), Ok(()));
        }
    }

    #[test]
    fn addresses_are_their_bytes(bytes in any::<[u8; 33]>()) {
        let address = Address::from_bytes(bytes);
        prop_assert_eq!(address.to_bytes(), bytes);
        prop_assert_eq!(address.to_string().parse(), Ok(address));
    }
}

/// Numbers at the borders of what fields hold.
fn number() -> impl Strategy<Value = String> {
    let borders = [
        "0",
        "1",
        "-1",
        "5",
        "6",
        "10000",
        "999999999",
        "1000000000",
        "1700000000000",
        "2147483647",
        "2147483648",
        "-2147483648",
        "4294967296",
        "4294967301",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "-9223372036854775808",
        "1.0",
        "1e3",
        "null",
        "true",
        "\"7\"",
        "\"18446744073709551615\"",
        "[]",
        "[7]",
        "[1700000000000,0]",
        "\"all\"",
    ];
    proptest::sample::select(borders.to_vec()).prop_map(str::to_owned)
}

/// Params of any method, with every field that one has, each there or not.
fn params() -> impl Strategy<Value = String> {
    let account = prop_oneof![Just("03".repeat(33)), Just("05".repeat(33)), Just("Ff".repeat(33))];
    let times = [
        "timestamp",
        "ttl",
        "expiry",
        "sig_timestamp",
        "before",
        "namespace",
        "max_count",
        "max_size",
    ];
    let flags = ["required", "shorten", "extend", "reverse_direction"];
    let numbers = vec(proptest::option::weighted(0.4, number()), times.len());
    let switches = vec(proptest::option::weighted(0.2, any::<bool>()), flags.len());
    let hash = format!("\"{}\"", "A".repeat(43));
    let fixed = [
        ("data", "\"AAAA\"".to_owned()),
        ("messages", hash.clone()),
        ("messages", format!("[{hash},{hash}]")),
        ("last_hash", hash),
        ("signature", format!("\"{}==\"", "A".repeat(86))),
        ("pubkey_ed25519", format!("\"{}\"", "07".repeat(32))),
        ("subaccount", format!("\"{}\"", "A".repeat(48))),
        ("subaccount_sig", format!("\"{}\"", "A".repeat(86))),
        ("revoke", format!("\"{}\"", "03".repeat(36))),
        ("unrevoke", format!("[\"{}\"]", "A".repeat(48))),
        ("endpoint", "\"ons_resolve\"".to_owned()),
        ("params", r#"{"b":[1.5,{}],"a":"\n"}"#.to_owned()),
    ];
    let chosen = proptest::sample::subsequence(fixed.to_vec(), 0..=fixed.len());
    (account, numbers, switches, chosen).prop_map(move |(account, numbers, switches, chosen)| {
        let mut fields = std::collections::BTreeMap::from([("pubkey", format!("\"{account}\""))]);
        fields.extend(
            times.into_iter().zip(numbers).filter_map(|(name, value)| Some((name, value?))),
        );
        let switch = |(name, value): (_, Option<bool>)| Some((name, value?.to_string()));
        fields.extend(flags.into_iter().zip(switches).filter_map(switch));
        fields.extend(chosen);
        let fields: Vec<String> =
            fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever a node reads it can write again, in every form, and reads the same.
    #[test]
    fn what_is_read_can_be_forwarded(
        params in params(),
        method in proptest::sample::select(Method::ALL.to_vec()),
    ) {
        let json = format!(r#"{{"method":"{}","params":{params}}}"#, method.name());
        let batch = format!(r#"{{"method":"batch","params":{{"requests":[{json},{json}]}}}}"#);
        let conditions = r#"{"v_before":[-1,70000],"height_at_least":-5,"hf_before":[]}"#;
        let if_else = format!(r#"{{"method":"ifelse","params":{{"if":{conditions},"else":{json}}}}}"#);
        for text in [json, batch, if_else] {
            let Ok(request) = Request::from_json(text.as_bytes()) else { continue };
            let again = Request::from_json(&request.to_json());
            prop_assert_eq!(again.as_ref(), Ok(&request));
            let name = request.method().name();
            let again = Request::from_params_bytes(name, &request.to_bencode());
            prop_assert_eq!(again.as_ref(), Ok(&request));
            let Some(bytes) = request.to_forwarded() else { continue };
            let forwarded = Request::from_forwarded(name, &bytes);
            prop_assert!(forwarded.is_ok(), "{}: {:?}", text, forwarded);
            let forwarded = forwarded.unwrap();
            prop_assert_eq!(forwarded.to_forwarded(), Some(bytes));
            if !matches!(&request, Request::Delete(request) if request.is_required()) {
                prop_assert_eq!(forwarded, request);
            }
        }
    }
}
