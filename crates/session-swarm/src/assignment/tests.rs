use alloc::{format, string::String, vec, vec::Vec};

use super::*;

fn id(id: u64) -> SwarmId {
    SwarmId::try_from(id).unwrap()
}

const HALF: u64 = 0x7fffffffffffffff;
const THREE_QUARTERS: u64 = 0xbfffffffffffffff;

/// Swarms after a run on these.
fn run(swarms: &[(u64, &[u32])], joining: Vec<u32>, seed: u64) -> Vec<(u64, Vec<u32>)> {
    let swarms = swarms.iter().map(|(number, nodes)| (id(*number), nodes.to_vec()));
    let mut network: Assignment<u32> = swarms.collect();
    network.reassign(joining, seed);
    network.iter().map(|(id, nodes)| (id.get(), nodes.to_vec())).collect()
}

#[test]
fn new_swarms_take_the_middle_of_the_widest_gap() {
    let single = 12345678901234567890_u64;
    for (ids, new) in [
        (&[][..], 0),
        (&[0], HALF),
        (&[0, HALF], THREE_QUARTERS),
        (&[0, HALF, THREE_QUARTERS], 0x3fffffffffffffff),
        (&[HALF], 0xfffffffffffffffe),
        (&[single], single - (1 << 63)),
        (&[0x7fffffffffffff9b, 0x8000000000000063], 0xfffffffffffffffe),
        (&[0x7fffffffffffff9b, 0x8000000000000064], 0),
        (&[0x7fffffffffffff9a, 0x8000000000000064], 0xfffffffffffffffe),
        (&[0x7fffffffffffff9a, 0x8000000000000065], 0),
        (&[0x3fffffffffffffff], 0xbffffffffffffffe),
    ] {
        let ring = SwarmRing::new(ids.iter().map(|number| id(*number)));
        assert_eq!(next_swarm_id(&ring), Some(id(new)), "{ids:x?}");
    }
}

#[test]
fn ids_match_the_long_vector_of_the_specification() {
    let mut rng = Mt19937::new(12345);
    let mut ids: Vec<SwarmId> = Vec::new();
    for _ in 0..10_000 {
        let number = rng.next();
        if number < 1 << 62 && !ids.is_empty() {
            ids.remove(usize::try_from(number % u64::try_from(ids.len()).unwrap()).unwrap());
        } else {
            let new = next_swarm_id(&SwarmRing::new(ids.iter().copied())).unwrap();
            ids.insert(ids.partition_point(|id| *id < new), new);
        }
    }
    assert_eq!(ids.len(), 5048);
    for (index, number) in [
        (0, 1548112371908607),
        (1, 4398046511103999),
        (25, 72796465851793407),
        (404, 1203745330089164798),
        (888, 2829738309616402430),
        (3333, 11669248846982021118),
        (5047, 18445442251942264830),
    ] {
        assert_eq!(ids[index], id(number), "index {index}");
    }
}

#[test]
fn fourteen_nodes_make_two_swarms() {
    // V1
    let expected = vec![(0, vec![1, 5, 6, 9, 11, 13, 14]), (HALF, vec![4, 7, 12, 10, 8, 3, 2])];
    assert_eq!(run(&[], (1..=14).collect(), 0), expected);
    assert_eq!(run(&[], (1..=13).collect(), 0), vec![(0, (1..=13).collect())]);
    assert_eq!(run(&[], vec![], 0), vec![]);
}

#[test]
fn poor_swarms_steal_or_dissolve() {
    let seed = 0x0123456789abcdef;
    // V2
    let rich = (HALF, &[2, 3, 4, 7, 8, 10, 12, 15, 16][..]);
    let expected = vec![(0, vec![1, 5, 6, 9, 12]), (HALF, vec![2, 3, 4, 7, 8, 10, 15, 16])];
    assert_eq!(run(&[(0, &[1, 5, 6, 9]), rich], vec![], seed), expected);
    // V3
    let expected = vec![(HALF, vec![2, 3, 4, 7, 8, 1, 5, 6, 9])];
    assert_eq!(run(&[(0, &[1, 5, 6, 9]), (HALF, &[2, 3, 4, 7, 8])], vec![], seed), expected);
}

#[test]
fn networks_grow_and_shrink() {
    // V4a
    let expected = vec![
        (0, vec![4, 7, 8, 11, 15, 17, 19, 21]),
        (HALF, vec![12, 14, 10, 16, 18, 20]),
        (THREE_QUARTERS, vec![2, 6, 1, 13, 5, 9, 3]),
    ];
    assert_eq!(run(&[], (1..=21).collect(), 42), expected);
    // V4b
    let swarms =
        [(0, &[4, 7, 8, 11, 15][..]), (HALF, &[10, 12, 14]), (THREE_QUARTERS, &[1, 2, 3, 5, 6, 9])];
    let expected =
        vec![(0, vec![4, 7, 8, 11, 15, 10, 14]), (THREE_QUARTERS, vec![1, 2, 3, 5, 6, 9, 12])];
    assert_eq!(run(&swarms, vec![], 7), expected);
}

/// SHA-256 of the lines `<id>:<node,node,…>`.
fn digest(swarms: &[(u64, Vec<u32>)]) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for (id, nodes) in swarms {
        let nodes: Vec<String> = nodes.iter().map(|node| format!("{node}")).collect();
        hasher.update(format!("{id:016x}:{}\n", nodes.join(",")));
    }
    session_crypto::encoding::hex::encode(&hasher.finalize())
}

#[test]
fn large_networks_need_the_unstable_sort() {
    // V5a
    let mut swarms = run(&[], (1..=280).collect(), 1);
    assert_eq!(swarms.len(), 40);
    assert_eq!(digest(&swarms), "27640b9ac6a89f691812a9298ce6d6c11119fb9c4a92d93b3df64539243c3055");
    // V5b
    swarms.iter_mut().for_each(|(_, nodes)| nodes.sort_unstable());
    let swarms: Vec<_> = swarms.iter().map(|(id, nodes)| (*id, nodes.as_slice())).collect();
    let swarms = run(&swarms, (281..=285).collect(), 2);
    let swarm_of = |node| swarms.iter().find(|(_, nodes)| nodes.contains(&node)).unwrap().0;
    assert_eq!(
        [281, 282, 283, 284, 285].map(swarm_of),
        [0, 0x23ffffffffffffff, 0x33ffffffffffffff, 0x1bffffffffffffff, 0x67ffffffffffffff]
    );
    assert_eq!(digest(&swarms), "211216dea8164e3c9787efc0ce0a7a25447327f1af868f31caeafce1487656ad");
}

#[test]
fn the_last_swarm_stays_whatever_its_size() {
    let swarms = run(&[(0, &[1]), (HALF, &[2]), (THREE_QUARTERS, &[3])], vec![], 0);
    assert_eq!(swarms.len(), 1);
    let nodes: Vec<u32> = swarms[0].1.clone();
    assert_eq!(nodes.len(), 3);
}

#[test]
fn blocks_sort_the_nodes_first() {
    let mut hash = [0; 32];
    hash[..9].copy_from_slice(&[0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, 0xff]);
    assert_eq!(seed_of_block(&hash), 0x0123456789abcdef);
    let mut one: Assignment<u32> = [(id(0), vec![6, 1, 5, 9, 99])].into_iter().collect();
    one.advance(|node| *node == 99, vec![12, 3, 2], &hash);
    let expected = run(&[(0, &[1, 5, 6, 9])], vec![2, 3, 12], 0x0123456789abcdef);
    let found: Vec<_> = one.iter().map(|(id, nodes)| (id.get(), nodes.to_vec())).collect();
    assert_eq!(found, expected);
    one.advance(|_| true, vec![], &hash);
    assert!(one.is_empty());
    assert_eq!(one.ring(), SwarmRing::default());
}

#[test]
fn swarms_without_nodes_do_not_exist() {
    let swarms = [(id(5), vec![]), (id(3), vec![1]), (id(3), vec![2])];
    let network: Assignment<u32> = swarms.into_iter().collect();
    assert_eq!((network.len(), network.iter().next()), (1, Some((id(3), &[1, 2][..]))));
}
