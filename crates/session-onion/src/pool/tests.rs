use alloc::{format, string::ToString as _, vec};
use core::net::Ipv4Addr;

use super::*;
use crate::{network::Network, pool::node::StorageVersion, test_rng::SeededRng, test_world::keys};

fn config() -> Config {
    Config { min_pool_size: 4, ..Config::for_network(Network::Mainnet) }
}

const fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn node(number: u8) -> ServiceNode {
    in_swarm(number, 1)
}

fn in_swarm(number: u8, swarm_id: u64) -> ServiceNode {
    let ip = Ipv4Addr::new(20, 0, number, 1);
    ServiceNode::new(keys(number).ed25519(), ip, [1, 2], StorageVersion([2, 11, 0]), swarm_id)
        .unwrap()
}

fn list(nodes: &[ServiceNode]) -> NodeList {
    let records = nodes.iter().map(|node| {
        let version = node.version().0.map(|number| u8::try_from(number).unwrap());
        [
            node.key().as_bytes().as_slice(),
            &node.swarm_id().unwrap_or(u64::MAX).to_be_bytes(),
            &node.ip().octets(),
            &node.https_port().to_be_bytes(),
            &node.omq_port().to_be_bytes(),
            &version,
        ]
        .concat()
    });
    NodeList::from_binary(&records.collect::<Vec<_>>().concat()).unwrap()
}

fn nodes(numbers: impl IntoIterator<Item = u8>) -> Vec<ServiceNode> {
    numbers.into_iter().map(node).collect()
}

fn pool(numbers: impl IntoIterator<Item = u8>) -> NodePool {
    let mut pool = NodePool::new();
    pool.replace(&list(&nodes(numbers)), &config(), at(0)).unwrap();
    pool
}

#[test]
fn a_quorum_keeps_what_two_of_three_say() {
    let mut pool = pool(1..=6);
    let mut moved = nodes(1..=6);
    moved[5] = in_swarm(6, 2);
    // 1 to 4 are in all, 5 in one list only, 6 differs in each, 7 in two.
    let lists = [
        list(&nodes(1..=6)),
        list(&[&nodes([1, 2, 3, 4, 7])[..], &moved[5..]].concat()),
        list(&nodes([1, 2, 3, 4, 7])),
    ];
    assert_eq!(pool.merge(&lists, &config(), at(1)), Ok(()));
    let kept: Vec<_> = pool.nodes().map(ServiceNode::key).collect();
    let mut expected: Vec<_> = nodes([1, 2, 3, 4, 7]).iter().map(ServiceNode::key).collect();
    expected.sort();
    assert_eq!(kept, expected);
}

#[test]
fn without_agreement_the_pool_stays() {
    let mut pool = pool(1..=6);
    let before = pool.dump();
    for lists in [vec![], vec![list(&nodes(1..=9))], vec![list(&nodes(1..=4)), list(&nodes(5..=9))]]
    {
        assert_eq!(
            pool.merge(&lists, &config(), at(1)),
            Err(RefreshError { found: 0, minimum: 4 })
        );
    }
    let lists = [list(&nodes(1..=3)), list(&nodes(1..=3))];
    assert_eq!(pool.merge(&lists, &config(), at(1)), Err(RefreshError { found: 3, minimum: 4 }));
    assert_eq!(pool.dump(), before);
}

#[test]
fn a_refresh_comes_when_it_is_due() {
    let mut rng = SeededRng::new(1);
    let config = config();
    let mut empty = NodePool::new();
    let mut now = at(0);
    for pause in [2000, 2000, 2000, 2000, 3200, 5000, 5000].map(Duration::from_millis) {
        assert!(empty.refresh_at(&[], &config, now) <= now);
        assert_eq!(empty.start_refresh(&config, now, &mut rng), RefreshSource::Seed);
        empty.refresh_failed();
        let due = empty.refresh_at(&[], &config, now);
        assert_eq!(due.saturating_duration_since(now), pause);
        now = due;
    }

    let mut pool = pool(1..=6);
    let old = at(config.pool_lifetime.as_secs());
    assert_eq!(pool.refresh_at(&[], &config, at(10)), old, "fresh and large enough");
    let in_use: Vec<_> = nodes(1..=3).iter().map(ServiceNode::key).collect();
    assert!(pool.refresh_at(&in_use, &config, at(10)) <= at(10), "too few nodes are free");
    let RefreshSource::Nodes(sources) = pool.start_refresh(&config, at(10), &mut rng) else {
        panic!("the pool has three nodes to ask");
    };
    assert_eq!(sources.len(), 3);
    assert_eq!(pool.replace(&list(&nodes(1..=6)), &config, at(11)), Ok(()));
    assert_eq!(pool.refresh_at(&in_use, &config, at(12)), at(70), "another list would be the same");
}

#[test]
fn sources_are_in_different_networks() {
    let config = config();
    let mut rng = SeededRng::new(2);
    let neighbours = (1..=6).map(|number| {
        let ip = Ipv4Addr::new(20, 0, number % 2, number);
        ServiceNode::new(keys(number).ed25519(), ip, [1, 2], StorageVersion::default(), 1).unwrap()
    });
    let mut pool = NodePool::new();
    pool.replace(&list(&neighbours.collect::<Vec<_>>()), &config, at(0)).unwrap();
    // Two networks are not enough for three sources.
    assert_eq!(pool.start_refresh(&config, at(0), &mut rng), RefreshSource::Seed);
    let shared = Config { subnet_diversity: false, ..config.clone() };
    let source = pool.start_refresh(&shared, at(0), &mut rng);
    assert!(matches!(source, RefreshSource::Nodes(nodes) if nodes.len() == 3));
    let seeds_only = Config { refresh_nodes: 0, ..config };
    assert_eq!(pool.start_refresh(&seeds_only, at(0), &mut rng), RefreshSource::Seed);
}

#[test]
fn three_strikes_make_a_node_unusable_for_two_days() {
    let config = config();
    let mut pool = pool(1..=6);
    let key = node(1).key();
    for strikes in 0..3 {
        assert!(!pool.is_struck(key, &config, at(strikes)));
        pool.strike(key, Severity::Strike, &config, at(strikes));
    }
    assert!(pool.is_struck(key, &config, at(3)));
    assert_eq!(pool.usable(&config, at(3)).count(), 5);
    assert!(!pool.is_struck(key, &config, at(48 * 3600)), "the first strike has expired");
    pool.strike(node(9).key(), Severity::Drop, &config, at(3));
    assert_eq!(pool.strikes().count(node(9).key(), config.strike_lifetime, at(3)), 0, "a stranger");
}

#[test]
fn hearsay_cannot_empty_the_pool() {
    let config = Config { max_drops_per_hour: 2, ..config() };
    let mut pool = pool(1..=6);
    for number in 1..=6 {
        pool.strike(node(number).key(), Severity::Drop, &config, at(0));
    }
    assert_eq!(pool.usable(&config, at(0)).count(), 4);
    pool.strike(node(3).key(), Severity::Drop, &config, at(3600));
    assert!(pool.is_struck(node(3).key(), &config, at(3600)), "an hour later there is room again");
}

#[test]
fn nodes_outside_swarms_do_not_serve() {
    let pool = NodePool::load(&format!("{}\n", in_swarm(1, u64::MAX)), &[], at(0));
    assert_eq!((pool.len(), pool.usable(&config(), at(0)).count()), (1, 0));
}

#[test]
fn small_swarms_take_struck_members_back() {
    let config = config();
    let mut pool = NodePool::new();
    let members: Vec<_> = (1..=5).map(|number| in_swarm(number, 7)).collect();
    pool.replace(&list(&members), &config, at(0)).unwrap();
    let keys = |nodes: Vec<&ServiceNode>| nodes.iter().map(|node| node.key()).collect::<Vec<_>>();
    assert_eq!(pool.swarm(7, &config, at(0)).len(), 5);
    assert_eq!(pool.swarm(8, &config, at(0)).len(), 0);
    pool.strike(members[0].key(), Severity::Drop, &config, at(0));
    pool.strike(members[1].key(), Severity::Drop, &config, at(0));
    let swarm = keys(pool.swarm(7, &config, at(0)));
    assert_eq!(swarm.len(), 3);
    assert!(!swarm.contains(&members[0].key()) && !swarm.contains(&members[1].key()));
    pool.strike(members[2].key(), Severity::Drop, &config, at(0));
    pool.strike(members[2].key(), Severity::Strike, &config, at(0));
    let swarm = keys(pool.swarm(7, &config, at(0)));
    assert_eq!(swarm.len(), 3, "one struck member is needed");
    assert!(!swarm.contains(&members[2].key()), "that with the most strikes is not");
}

#[test]
fn the_cache_is_read_back() {
    let config = config();
    let mut pool = pool(1..=6);
    pool.strike(node(1).key(), Severity::Drop, &config, at(5));
    let (text, strikes) = (pool.dump(), pool.strikes().to_bytes());
    let loaded = NodePool::load(&text, &strikes, at(0));
    assert_eq!(loaded.dump(), text);
    assert!(loaded.is_struck(node(1).key(), &config, at(6)));
    let old = at(config.pool_lifetime.as_secs());
    assert_eq!(loaded.refresh_at(&[], &config, at(10)), old, "it is fresh");
    let damaged = format!("nonsense\n{text}\u{0}\n||||\n");
    let loaded = NodePool::load(&damaged, b"nonsense", at(0));
    assert_eq!(loaded.dump(), text);
    assert!(!loaded.is_struck(node(1).key(), &config, at(6)));
    let wrong_clock = NodePool::load(&text, &[], at(1_000_000_000));
    assert!(wrong_clock.refresh_at(&[], &config, at(1)) <= at(1));
    let nothing = NodePool::load("", &[], at(0));
    assert!(nothing.is_empty());
    assert!(nothing.refresh_at(&[], &config, at(1)) <= at(1));
}

#[test]
fn free_nodes_are_counted_as_by_looking_at_each() {
    let config = config();
    let lines = (1..=20).map(|number| {
        let swarm = if number % 3 == 0 { u64::MAX } else { 7 };
        format!("{}\n", in_swarm(number, swarm))
    });
    let mut pool = NodePool::load(&lines.collect::<String>(), &[], at(0));
    let mut rng = SeededRng::new(1);
    let mut in_use = Vec::new();
    for _ in 0..40 {
        let number = u8::try_from(random::below(22, &mut rng)).unwrap();
        match random::below(3, &mut rng) {
            0 => in_use.push(node(number).key()),
            1 => pool.strike(node(number).key(), Severity::Strike, &config, at(1)),
            _ => pool.strike(node(number).key(), Severity::Drop, &config, at(1)),
        }
        let slow = pool.usable(&config, at(2)).filter(|node| !in_use.contains(&node.key()));
        assert_eq!(pool.free_nodes(&in_use, &config, at(2)), slow.count());
    }
}

#[test]
fn lists_cannot_send_the_client_to_machines_beside_it() {
    let private = |number: u8| {
        let ip = Ipv4Addr::new(192, 168, number, 1);
        ServiceNode::new(keys(number).ed25519(), ip, [1, 2], StorageVersion::default(), 1).unwrap()
    };
    let mixed = [nodes(1..=4), (5..=8).map(private).collect()].concat();
    let mut pool = NodePool::new();
    assert_eq!(pool.replace(&list(&mixed), &config(), at(0)), Ok(()));
    assert_eq!(pool.len(), 4);
    let lists = [list(&mixed[1..]), list(&mixed[1..])];
    let error = RefreshError { found: 3, minimum: 4 };
    assert_eq!(pool.merge(&lists, &config(), at(0)), Err(error));
    let own = Config { public_addresses: false, ..config() };
    assert_eq!(pool.merge(&lists, &own, at(0)), Ok(()));
    assert_eq!(pool.len(), 7);
}

#[test]
fn strikes_of_nodes_that_left_go_in_time() {
    let mut pool = pool(1..=6);
    pool.strike(node(6).key(), Severity::Drop, &config(), at(0));
    let rest = list(&nodes(1..=5));
    pool.replace(&rest, &config(), at(10)).unwrap();
    pool.replace(&list(&nodes(1..=6)), &config(), at(20)).unwrap();
    assert!(pool.is_struck(node(6).key(), &config(), at(20)), "leaving is no way out");
    let later = at(config().strike_lifetime.as_secs());
    pool.replace(&rest, &config(), later).unwrap();
    assert_eq!(pool.strikes(), &Strikes::default());
}

#[test]
fn hostile_caches_load_as_what_is_right_in_them() {
    let line = node(1).to_string();
    let moved = in_swarm(1, 9).to_string();
    let mut text =
        format!("{line}\n\0\n|||||\n{line}|\n{}\n{moved}\r\n{line} \n", "|".repeat(100_000));
    text.push_str(&format!("{}\n", node(2)).repeat(list::MAX_NODES));
    text.push_str(&node(3).to_string());
    let pool = NodePool::load(&text, &[0xff; 1000], at(0));
    let kept: Vec<_> = pool.nodes().copied().collect();
    let mut expected = [in_swarm(1, 9), node(2)];
    expected.sort_by_key(ServiceNode::key);
    assert_eq!(kept, expected, "the last line is beyond the limit");
    assert_eq!(pool.strikes(), &Strikes::default());
    // Strikes of strangers, from the end of time, and a hundred for one node.
    let entry = |number: u8, count: u16, secs: u64| {
        let times = secs.to_le_bytes().repeat(count.into());
        [node(number).key().as_bytes().as_slice(), &count.to_le_bytes(), &times].concat()
    };
    let end = u64::MAX / 1000;
    let now = at(0).as_secs();
    let entries = [entry(1, 3, end), entry(2, 100, now), entry(9, u16::MAX, now)].concat();
    let strikes = [3_u32.to_le_bytes().as_slice(), &entries].concat();
    let pool = NodePool::load(&text, &strikes, Timestamp::from_millis(u64::MAX));
    let struck = [1, 2].map(|number| pool.is_struck(node(number).key(), &config(), at(1)));
    assert_eq!(struck, [false, true]);
    assert!(pool.strikes().to_bytes().len() < 1000);
    // A cache from the future is one of unknown age.
    assert!(pool.refresh_at(&[], &Config { min_pool_size: 1, ..config() }, at(1)) <= at(1));
}

#[test]
fn a_421_leads_to_known_nodes_alone() {
    let nodes = [node(1), node(2), node(3), node(4)];
    let mut pool = NodePool::new();
    pool.replace(&list(&nodes), &config(), at(0)).unwrap();
    let keys = [3, 9, 1, 3].map(|number| keys(number).ed25519());
    assert_eq!(pool.redirected(&keys), [&nodes[2], &nodes[0]]);
    assert!(pool.redirected(&[]).is_empty());
}
