use alloc::{format, string::String, vec, vec::Vec};
use core::time::Duration;

use session_crypto::ed25519::Ed25519PublicKey;

use super::*;
use crate::{
    PathError,
    blame::{Blame, Failure, PathBlame, Retry, Severity},
    network::Network,
    pool::list::NodeList,
    reply::Unauthenticated,
    test_rng::SeededRng,
    test_world::service_node,
};

mod lists;
mod repair;

const NODES: u8 = 60;

const fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn config() -> Config {
    Config { no_prebuilt_paths: true, ..Config::for_network(Network::Mainnet) }
}

/// Paths over 60 nodes, with what a test needs around them.
struct World {
    paths: Paths,
    rng: SeededRng,
    now: Timestamp,
}

impl World {
    fn new(config: Config) -> Self {
        Self::of((1..=NODES).map(|number| format!("{}\n", service_node(number))), config)
    }

    fn of(lines: impl Iterator<Item = String>, config: Config) -> Self {
        let pool = NodePool::load(&lines.collect::<String>(), &[], at(0));
        let mut world =
            Self { paths: Paths::new(config, pool), rng: SeededRng::new(1), now: at(0) };
        world.paths.resume(world.now, &mut world.rng);
        world
    }

    fn commands(&mut self) -> Vec<Command> {
        core::iter::from_fn(|| self.paths.poll_command()).collect()
    }

    fn enqueue(&mut self, number: u64, category: Category, destination: Option<Ed25519PublicKey>) {
        let deadline = build::later(self.now, Duration::from_secs(60));
        let Self { paths, rng, now } = self;
        paths.enqueue(RequestId(number), category, destination, deadline, *now, rng).unwrap();
    }

    /// Lets every handshake succeed; returns the other commands.
    fn connect_all(&mut self) -> Vec<Command> {
        let mut others = Vec::new();
        while let Some(command) = self.paths.poll_command() {
            match command {
                Command::Connect { path, .. } => {
                    self.paths.handle_connected(path, self.now, &mut self.rng);
                }
                other => others.push(other),
            }
        }
        others
    }

    fn wait(&mut self, pause: Duration) {
        self.now = build::later(self.now, pause);
        self.paths.handle_timeout(self.now, &mut self.rng);
    }

    fn fail(&mut self, number: u64, failure: &Failure) -> Blame {
        self.paths.handle_failure(RequestId(number), failure, self.now, &mut self.rng).unwrap()
    }

    fn succeed(&mut self, number: u64) {
        self.paths.handle_success(RequestId(number), self.now, &mut self.rng);
    }

    fn strikes(&self, node: Ed25519PublicKey) -> usize {
        self.paths.pool.strikes().count(node, self.paths.config.strike_lifetime, self.now)
    }

    /// Sends one request and returns its path.
    fn sent_over(&mut self, number: u64, destination: Option<Ed25519PublicKey>) -> PathId {
        self.enqueue(number, Category::Standard, destination);
        let sent = self.connect_all().into_iter().find_map(|command| match command {
            Command::Send { request, path } if request == RequestId(number) => Some(path),
            _ => None,
        });
        sent.expect("the request is sent")
    }

    fn keys(&self, path: PathId) -> Vec<Ed25519PublicKey> {
        self.paths.hops(path).iter().map(ServiceNode::key).collect()
    }
}

fn claim(error: PathError) -> Failure {
    Failure::Path(Unauthenticated::new(error))
}

/// The edge would be the exit, and know both the client and the server (§11).
#[test]
fn paths_of_one_hop_are_for_nodes_alone() {
    for (path_length, is_taken) in [(1, false), (2, true)] {
        let mut world = World::new(Config { path_length, ..config() });
        let mut enqueue = |number: u64, destination| {
            let (category, deadline) = (Category::Standard, at(60));
            let paths = &mut world.paths;
            paths.enqueue(RequestId(number), category, destination, deadline, at(0), &mut world.rng)
        };
        let refused = Err(EnqueueError::EdgeIsExit);
        assert_eq!(enqueue(1, None), if is_taken { Ok(()) } else { refused });
        assert_eq!(enqueue(2, Some(crate::test_world::keys(1).ed25519())), Ok(()));
    }
}

#[test]
fn a_request_gets_a_path_of_three_apart_nodes() {
    let mut world = World::new(config());
    assert_eq!(world.paths.status(Category::Standard, at(0)), Status::Idle);
    world.enqueue(1, Category::Standard, None);
    assert_eq!(world.paths.status(Category::Standard, at(0)), Status::Connecting);
    let commands = world.commands();
    let [Command::Connect { path, edge }, Command::Connect { path: second, .. }] = commands[..]
    else {
        panic!("two paths are wanted: {commands:?}");
    };
    assert_eq!(world.paths.hops(path)[0], edge);
    let all: Vec<_> = [path, second].iter().flat_map(|path| world.paths.hops(*path)).collect();
    let mut subnets: Vec<_> = all.iter().map(|node| node.subnet()).collect();
    subnets.sort();
    subnets.dedup();
    assert_eq!((all.len(), subnets.len()), (6, 6));
    world.paths.handle_connected(path, at(0), &mut world.rng);
    assert_eq!(world.commands(), [Command::Send { request: RequestId(1), path }]);
    assert_eq!(world.paths.status(Category::StandardSmall, at(0)), Status::Ready);
}

#[test]
fn neighbours_are_never_in_use_together() {
    // Thirty networks of two nodes each: only with luck would six random nodes be in six.
    let line = |number: u8| {
        let line = format!("{}\n", service_node(number));
        line.replace(&format!("20.0.{number}.1"), &format!("20.0.{}.{number}", number / 2))
    };
    for seed in 0..20 {
        let mut world = World::of((0..NODES).map(line), config());
        world.rng = SeededRng::new(seed);
        for number in 1..=12 {
            let path = world.sent_over(number, None);
            let lost = world.keys(path)[1];
            world.fail(number, &claim(PathError::NodeNotFound(lost)));
            world.connect_all();
            let in_use = world.paths.paths.values().flat_map(|path| &path.nodes);
            let mut subnets: Vec<_> = in_use.map(ServiceNode::subnet).collect();
            let count = subnets.len();
            subnets.sort();
            subnets.dedup();
            assert_eq!(subnets.len(), count, "seed {seed}, repair {number}");
        }
    }
}

#[test]
fn a_struck_edge_is_not_replaced_in_place() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    let path = world.sent_over(0, None);
    let edge = world.keys(path)[0];
    for number in 1..=3 {
        assert_eq!(world.sent_over(number, None), path);
        world.fail(number, &claim(PathError::EdgeBusy));
    }
    assert_eq!(world.keys(path)[0], edge, "the first request is still under way");
    assert_ne!(world.sent_over(4, None), path);
    world.succeed(0);
    assert!(world.commands().contains(&Command::Close { path }));
    assert!(!world.paths.snapshot(world.now).edges.contains(&format!("{edge}")));
}

#[test]
fn files_have_paths_of_their_own() {
    let mut world = World::new(config());
    let standard = world.sent_over(1, None);
    world.enqueue(2, Category::FileSmall, None);
    let sent = world.connect_all();
    let [Command::Send { request: RequestId(2), path }] = sent[..] else { panic!("{sent:?}") };
    assert_ne!(path, standard);
    assert_eq!(world.paths.paths[&path].category, PathCategory::File);
    assert_eq!(world.paths.paths.len(), 4);
}

#[test]
fn requests_go_where_the_fewest_are() {
    let mut world = World::new(config());
    let mut counts: BTreeMap<PathId, usize> = BTreeMap::new();
    for number in 0..20 {
        *counts.entry(world.sent_over(number, None)).or_default() += 1;
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [10, 10]);
}

#[test]
fn the_destination_is_never_a_hop() {
    let mut world = World::new(config());
    world.sent_over(0, None);
    for number in 1..=60 {
        let destination = service_node(u8::try_from(number).unwrap()).key();
        let path = world.sent_over(number, Some(destination));
        assert!(!world.keys(path).contains(&destination), "{number}");
        world.succeed(number);
    }
    assert_eq!(world.paths.paths.len(), 2, "two disjoint paths always leave one");
}

#[test]
fn a_small_network_has_paths_over_nodes_that_are_wanted() {
    let config = Config { standard_paths: 1, ..config() };
    let lines = || (1..=3).map(|number| format!("{}\n", service_node(number)));
    let mut world = World::of(lines(), config);
    world.enqueue(1, Category::Standard, Some(service_node(1).key()));
    let commands = world.connect_all();
    assert!(!commands.iter().any(|command| matches!(command, Command::Send { .. })));
    // The path is there for whoever asks somebody else.
    let path = world.sent_over(2, None);
    assert_eq!(world.keys(path).len(), 3);
}

#[test]
fn a_single_path_may_contain_the_destination() {
    let mut world = World::new(Config { single_path: true, ..config() });
    let path = world.sent_over(0, None);
    let edge = world.keys(path)[0];
    assert_eq!(world.sent_over(1, Some(edge)), path);
    world.enqueue(2, Category::File, None);
    assert_eq!(world.commands(), [Command::Send { request: RequestId(2), path }]);
}

#[test]
fn one_path_is_joined_by_another_for_its_own_nodes() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    let path = world.sent_over(0, None);
    let edge = world.keys(path)[0];
    let other = world.sent_over(1, Some(edge));
    assert_ne!(path, other);
    assert!(!world.keys(other).contains(&edge));
}

#[test]
fn failed_handshakes_strike_the_edge_and_are_tried_again() {
    let mut world = World::new(config());
    world.enqueue(1, Category::Standard, None);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let mut edges = Vec::new();
        for command in world.commands() {
            if let Command::Connect { path, edge } = command {
                edges.push(edge.key());
                world.paths.handle_unconnected(path, world.now, &mut world.rng);
            }
        }
        assert!(edges.iter().all(|edge| world.strikes(*edge) >= 1), "{edges:?}");
        let due = world.paths.poll_timeout().unwrap();
        pauses.push(due.saturating_duration_since(world.now).as_millis());
        world.wait(due.saturating_duration_since(world.now));
    }
    assert_eq!(pauses, [400, 1600, 5000, 5000]);
}

#[test]
fn after_ten_failed_attempts_what_waits_fails() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    world.enqueue(1, Category::Standard, None);
    let mut attempts = 0;
    let failed = loop {
        match world.paths.poll_command() {
            Some(Command::Connect { path, .. }) => {
                attempts += 1;
                world.paths.handle_unconnected(path, world.now, &mut world.rng);
            }
            Some(Command::Fail { request, reason }) => break (request, reason),
            Some(Command::Close { .. }) => {}
            Some(other) => panic!("{other:?}"),
            None => {
                let due = world.paths.poll_timeout().unwrap();
                world.wait(due.saturating_duration_since(world.now));
            }
        }
    };
    assert_eq!(failed, (RequestId(1), FailReason::NoPath));
    assert_eq!(attempts, 10);
}

#[test]
fn a_silent_edge_is_given_up_after_three_seconds() {
    let mut world = World::new(Config { standard_paths: 1, ..config() });
    world.enqueue(1, Category::Standard, None);
    let [Command::Connect { path, edge }] = world.commands()[..] else { panic!() };
    assert_eq!(world.paths.poll_timeout(), Some(at(3)));
    world.wait(Duration::from_millis(2999));
    assert_eq!(world.commands(), []);
    world.wait(Duration::from_millis(1));
    assert_eq!(world.commands(), [Command::Close { path }]);
    assert_eq!(world.strikes(edge.key()), 1);
    world.paths.handle_connected(path, world.now, &mut world.rng);
    assert_eq!(world.commands(), [], "too late");
}

#[test]
fn requests_fail_at_their_deadline() {
    let mut world = World::new(config());
    let deadline = at(1);
    world
        .paths
        .enqueue(RequestId(1), Category::Standard, None, deadline, at(0), &mut world.rng)
        .unwrap();
    world.commands();
    assert_eq!(world.paths.poll_timeout(), Some(deadline));
    world.wait(Duration::from_secs(1));
    let reason = FailReason::TimedOut;
    assert_eq!(world.commands(), [Command::Fail { request: RequestId(1), reason }]);
}

#[test]
fn the_queue_is_bounded_and_names_are_unique() {
    let mut world = World::new(Config { max_queued: 2, ..config() });
    world.enqueue(1, Category::Standard, None);
    let mut enqueue = |number| {
        world.paths.enqueue(
            RequestId(number),
            Category::Standard,
            None,
            at(60),
            at(0),
            &mut world.rng,
        )
    };
    assert_eq!(enqueue(1), Err(EnqueueError::Duplicate));
    assert_eq!(enqueue(2), Ok(()));
    assert_eq!(enqueue(3), Err(EnqueueError::Full));
    world.connect_all();
    let again =
        world.paths.enqueue(RequestId(1), Category::Standard, None, at(60), at(0), &mut world.rng);
    assert_eq!(again, Err(EnqueueError::Duplicate), "it is under way");
    world.paths.cancel(RequestId(1), at(0), &mut world.rng);
    assert!(
        world
            .paths
            .handle_failure(RequestId(1), &Failure::TimedOut, at(0), &mut world.rng)
            .is_none()
    );
}

#[test]
fn no_more_requests_are_under_way_than_may() {
    let mut world = World::new(Config { max_in_flight: 2, ..config() });
    for number in 1..=4 {
        world.enqueue(number, Category::Standard, None);
    }
    let sent = |commands: Vec<Command>| {
        let sent = commands.into_iter().filter_map(|command| match command {
            Command::Send { request, .. } => Some(request.0),
            _ => None,
        });
        sent.collect::<Vec<_>>()
    };
    assert_eq!(sent(world.connect_all()), [1, 2]);
    assert_eq!((world.paths.in_flight(), world.paths.waiting()), (2, 2));
    world.succeed(2);
    assert_eq!(sent(world.commands()), [3]);
    world.fail(1, &Failure::TimedOut);
    assert_eq!(sent(world.commands()), [4]);
    assert_eq!((world.paths.in_flight(), world.paths.waiting()), (2, 0));
    world.paths.cancel(RequestId(3), world.now, &mut world.rng);
    assert_eq!(world.paths.in_flight(), 1);
}

#[test]
fn suspension_fails_what_waits_and_runs() {
    let mut world = World::new(config());
    let path = world.sent_over(1, None);
    world.enqueue(2, Category::File, None);
    world.commands();
    let paths: Vec<_> = world.paths.paths.keys().copied().collect();
    world.paths.suspend();
    let reason = FailReason::Suspended;
    let fail = |number| Command::Fail { request: RequestId(number), reason };
    let mut expected = vec![fail(2), fail(1)];
    expected.extend(paths.iter().map(|path| Command::Close { path: *path }));
    assert_eq!(world.commands(), expected);
    assert_eq!(world.paths.status(Category::Standard, at(0)), Status::Suspended);
    assert_eq!(world.paths.poll_timeout(), None);
    world.wait(Duration::from_secs(10_000));
    world.paths.handle_connected(path, world.now, &mut world.rng);
    assert_eq!(world.commands(), []);
    let refused = world.paths.enqueue(
        RequestId(3),
        Category::Standard,
        None,
        at(60_000),
        world.now,
        &mut world.rng,
    );
    assert_eq!(refused, Err(EnqueueError::Suspended));
}

#[test]
fn paths_are_built_ahead_unless_told_otherwise() {
    let mut world = World::new(Config::for_network(Network::Mainnet));
    let commands = world.connect_all();
    assert_eq!(commands, []);
    assert_eq!(world.paths.status(Category::Standard, at(0)), Status::Ready);
    assert_eq!(world.paths.status(Category::File, at(0)), Status::Idle);
}
