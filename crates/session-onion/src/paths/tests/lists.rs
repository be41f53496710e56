//! Lists of nodes: from seeds, and from nodes that have to agree.

use super::*;

fn binary_list(numbers: impl IntoIterator<Item = u8>) -> NodeList {
    let records = numbers.into_iter().flat_map(|number| {
        let node = service_node(number);
        let ports = [node.https_port(), node.omq_port()].map(u16::to_be_bytes).concat();
        let swarm = node.swarm_id().unwrap().to_be_bytes();
        [node.key().as_bytes().as_slice(), &swarm, &node.ip().octets(), &ports, &[2, 11, 0]]
            .concat()
    });
    NodeList::from_binary(&records.collect::<Vec<_>>()).unwrap()
}

#[test]
fn an_empty_pool_starts_at_a_seed() {
    let mut paths = Paths::new(config(), NodePool::new());
    let mut rng = SeededRng::new(1);
    paths.resume(at(0), &mut rng);
    assert_eq!(paths.poll_command(), Some(Command::Refresh { source: RefreshSource::Seed }));
    assert_eq!(paths.status(Category::Standard, at(0)), Status::NoNodes);
    paths.enqueue(RequestId(1), Category::Standard, None, at(60), at(0), &mut rng).unwrap();
    assert_eq!(paths.poll_command(), None);
    // The seed stays silent; the next attempt comes on its own.
    assert_eq!(paths.poll_timeout(), Some(at(10)));
    paths.handle_timeout(at(10), &mut rng);
    assert_eq!(paths.poll_command(), Some(Command::Refresh { source: RefreshSource::Seed }));
    paths.handle_refresh_failed(None, at(10), &mut rng);
    assert_eq!(paths.poll_timeout(), Some(at(12)));
    paths.handle_timeout(at(12), &mut rng);
    assert_eq!(paths.poll_command(), Some(Command::Refresh { source: RefreshSource::Seed }));
    paths.handle_node_list(None, binary_list(1..=40), at(12), &mut rng);
    assert_eq!(paths.pool().len(), 40);
    assert!(matches!(paths.poll_command(), Some(Command::Connect { .. })));
}

#[test]
fn an_old_pool_is_fetched_from_three_nodes() {
    let mut world = World::new(config());
    world.wait(config().pool_lifetime);
    let [Command::Refresh { source: RefreshSource::Nodes(ref sources) }] = world.commands()[..]
    else {
        panic!("the pool is old");
    };
    let sources = sources.clone();
    let now = world.now;
    world.paths.handle_node_list(None, binary_list(1..=2), now, &mut world.rng);
    let stranger = service_node(200).key();
    world.paths.handle_node_list(Some(stranger), binary_list(1..=2), now, &mut world.rng);
    world.paths.handle_node_list(Some(sources[0]), binary_list(1..=20), now, &mut world.rng);
    world.paths.handle_node_list(Some(sources[0]), binary_list(40..=60), now, &mut world.rng);
    world.paths.handle_node_list(Some(sources[1]), binary_list(10..=40), now, &mut world.rng);
    assert_eq!(world.paths.pool().len(), usize::from(NODES), "one answer is missing");
    world.paths.handle_node_list(Some(sources[2]), binary_list(15..=30), now, &mut world.rng);
    assert_eq!(world.paths.pool().len(), 21, "10 to 30 are in two lists");
    assert_eq!(world.commands(), []);
}

#[test]
fn a_seed_decides_when_nodes_disagree() {
    let mut world = World::new(config());
    world.wait(config().pool_lifetime);
    let [Command::Refresh { source: RefreshSource::Nodes(ref sources) }] = world.commands()[..]
    else {
        panic!("the pool is old");
    };
    let sources = sources.clone();
    world.paths.handle_node_list(Some(sources[0]), binary_list(1..=20), world.now, &mut world.rng);
    world.paths.handle_refresh_failed(Some(sources[1]), world.now, &mut world.rng);
    world.wait(Duration::from_secs(10));
    assert_eq!(world.commands(), [Command::Refresh { source: RefreshSource::Seed }]);
    world.paths.handle_node_list(None, binary_list(1..=30), world.now, &mut world.rng);
    assert_eq!(world.paths.pool().len(), 30);
}
