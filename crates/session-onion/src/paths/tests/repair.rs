//! Hops and edges that fail or grow old.

use super::*;

#[test]
fn a_missing_hop_is_replaced_in_place() {
    let mut world = World::new(config());
    let path = world.sent_over(1, None);
    let before = world.keys(path);
    let blame = world.fail(1, &claim(PathError::NodeNotFound(before[1])));
    assert_eq!((blame.path, blame.retry), (PathBlame::Struck, Retry::Again));
    let after = world.keys(path);
    assert_eq!((after[0], after[2]), (before[0], before[2]));
    assert_ne!(after[1], before[1]);
    assert!(world.paths.pool.is_struck(before[1], &config(), world.now));
}

#[test]
fn a_request_is_judged_by_the_nodes_it_went_over() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    let path = world.sent_over(1, None);
    assert_eq!(world.sent_over(2, None), path);
    let lost = world.keys(path)[1];
    world.fail(1, &claim(PathError::NodeNotFound(lost)));
    assert!(!world.keys(path).contains(&lost));
    // The second request left before the repair: the same complaint is still about its path.
    let blame = world.fail(2, &claim(PathError::NodeNotFound(lost)));
    assert_eq!(blame.node, Some((lost, Severity::Drop)));
}

#[test]
fn a_lost_edge_retires_the_path_when_its_requests_are_done() {
    let mut world = World::new(config());
    let path = world.sent_over(1, None);
    let edge = world.keys(path)[0];
    world.paths.handle_unconnected(path, world.now, &mut world.rng);
    assert_eq!(world.strikes(edge), 1);
    assert!(world.connect_all().iter().all(|c| *c != Command::Close { path }), "one is under way");
    world.fail(1, &Failure::Unconnected);
    assert!(world.connect_all().contains(&Command::Close { path }));
    assert_eq!(world.strikes(edge), 2);
    assert!(world.paths.hops(path).is_empty());
}

#[test]
fn three_failures_without_a_culprit_retire_the_path() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    let path = world.sent_over(1, None);
    let hops = world.keys(path);
    let strikes = |world: &World| hops.iter().map(|hop| world.strikes(*hop)).collect::<Vec<_>>();
    world.fail(1, &claim(PathError::NodeNotReady(hops[2])));
    for number in 2..=4 {
        assert_eq!(strikes(&world), [0, 0, 1]);
        assert_eq!(world.sent_over(number, None), path);
        assert_eq!(world.fail(number, &claim(PathError::TimedOut)).path, PathBlame::Struck);
    }
    assert!(world.paths.hops(path).is_empty());
    // Who was blamed already is spared.
    assert_eq!(strikes(&world), [1, 1, 1]);
}

#[test]
fn hops_rotate_behind_their_edge() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    let old = world.sent_over(1, None);
    world.succeed(1);
    let before = world.keys(old);
    assert_eq!(world.paths.poll_timeout(), Some(at(600)));
    world.wait(Duration::from_secs(600));
    let [Command::Verify { path: new }] = world.commands()[..] else { panic!() };
    let after = world.keys(new);
    assert_eq!(after[0], before[0]);
    assert!(!before.contains(&after[1]) && !before.contains(&after[2]));
    world.paths.handle_verified(new, world.now, &mut world.rng);
    assert_eq!(world.commands(), [Command::Close { path: old }]);
    assert_eq!(world.sent_over(2, None), new);
}

#[test]
fn a_failed_rotation_changes_nothing_for_a_minute() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    let old = world.sent_over(1, None);
    world.wait(Duration::from_secs(600));
    let [Command::Verify { path: new }] = world.commands()[..] else { panic!() };
    world.wait(Duration::from_secs(10));
    assert_eq!(world.commands(), [Command::Close { path: new }]);
    assert_eq!(world.sent_over(2, None), old);
    assert_eq!(world.paths.poll_timeout(), Some(at(670)));
    world.wait(Duration::from_secs(60));
    assert!(matches!(world.commands()[..], [Command::Verify { .. }]));
}

#[test]
fn an_edge_is_replaced_after_ten_days() {
    let config = Config { standard_paths: 1, edge_lifetime: Duration::from_secs(600), ..config() };
    let mut world = World::new(config);
    let old = world.sent_over(1, None);
    let edge = world.keys(old)[0];
    world.wait(Duration::from_secs(600));
    let [Command::Connect { path: new, edge: other }] = world.commands()[..] else { panic!() };
    assert_ne!(other.key(), edge);
    world.paths.handle_connected(new, world.now, &mut world.rng);
    assert_eq!(world.commands(), [], "the old path has a request under way");
    world.succeed(1);
    assert_eq!(world.commands(), [Command::Close { path: old }]);
}

#[test]
fn edges_are_kept_over_a_restart() {
    let mut world = World::new(config());
    let first = world.sent_over(1, None);
    let edges: Vec<_> = world.paths.paths.values().map(|path| path.nodes[0].key()).collect();
    assert!(edges.contains(&world.keys(first)[0]));
    let snapshot = world.paths.snapshot(world.now);
    for seed in 0..5 {
        let mut paths = Paths::load(config(), &snapshot, at(0));
        let mut rng = SeededRng::new(seed);
        paths.resume(world.now, &mut rng);
        paths.enqueue(RequestId(1), Category::Standard, None, at(60), world.now, &mut rng).unwrap();
        let mut again: Vec<_> = core::iter::from_fn(|| paths.poll_command())
            .filter_map(|command| match command {
                Command::Connect { edge, .. } => Some(edge.key()),
                _ => None,
            })
            .collect();
        again.sort();
        let mut expected = edges.clone();
        expected.sort();
        assert_eq!(again, expected, "seed {seed}");
        assert_eq!(paths.snapshot(world.now), snapshot);
    }
}
