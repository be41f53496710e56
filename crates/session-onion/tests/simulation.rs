//! Ten thousand requests over a network of a thousand nodes of which many are dead, slow, busy, or lie.
//!
//! The network is simulated down to what each node answers; nothing is encrypted here, which other tests do. After
//! every event the rules of path selection are checked, and the same seed gives the same run.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    time::Duration,
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    rand_core::{TryCryptoRng, TryRng},
};
use session_identity::Timestamp;
use session_onion::{
    Destination, EncryptionType, NodeKeys, OnionRequest, PathError, Reply,
    blame::{Failure, Retry},
    config::Config,
    network::Network,
    paths::{Category, Command, PathId, Paths, RequestId},
    pool::{NodePool, RefreshSource, list::NodeList, node::ServiceNode},
    reply::ReplyKeys,
};

const NODES: u16 = 1000;
/// Time between two requests. Ten thousand of them take three hours: rotations and a refresh are among them.
const INTERVAL: Duration = Duration::from_secs(1);
/// The client's own patience.
const PATIENCE: Duration = Duration::from_secs(10);

/// SplitMix64.
#[derive(Clone)]
struct SeededRng(u64);

impl SeededRng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [a, b, c, d, ..] = self.next().to_le_bytes();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}

/// What a node is like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Good,
    /// Answers nobody.
    Dead,
    /// Keeps every third request for longer than anybody waits.
    Slow,
    /// Says of every third request that it is not ready.
    Busy,
    /// Loses every second request, and says that others are at fault, or that the request is wrong.
    Liar,
}

struct World {
    kinds: BTreeMap<Ed25519PublicKey, Kind>,
    /// When nodes that were good go dark, if ever: every third of them.
    blackout_at: Option<Timestamp>,
    keys: Vec<Ed25519PublicKey>,
    list: Vec<u8>,
    /// Keys of some request, to read the answers of hops with.
    reader: ReplyKeys,
}

impl World {
    /// `kind` says what node number n of each hundred is like.
    fn new(kind_of: fn(u16) -> Kind) -> Self {
        let mut kinds = BTreeMap::new();
        let mut keys = Vec::new();
        let mut list = Vec::new();
        for number in 0..NODES {
            let mut seed = [0; 32];
            seed[..2].copy_from_slice(&number.to_be_bytes());
            let key = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed)).public_key();
            let [high, low] = number.to_be_bytes();
            list.extend_from_slice(key.as_bytes());
            list.extend_from_slice(&u64::from(number % 200).to_be_bytes());
            // Two nodes share each /24 network.
            list.extend_from_slice(&[20 + high, low / 2, 1, low]);
            list.extend_from_slice(&[86, 5, 86, 4, 2, 11, 0]);
            kinds.insert(key, kind_of(number % 100));
            keys.push(key);
        }
        let destination = Destination::service_node(NodeKeys::derive(keys[0]).unwrap());
        let mut rng = SeededRng(0);
        let (_, reader) =
            OnionRequest::build(&[], &destination, EncryptionType::XChaCha20, b"", &mut rng)
                .unwrap()
                .into_parts();
        Self { kinds, blackout_at: None, keys, list, reader }
    }

    fn kind(&self, node: Ed25519PublicKey, now: Timestamp) -> Kind {
        let is_dark =
            self.blackout_at.is_some_and(|at| at <= now) && node.as_bytes()[0].is_multiple_of(3);
        if is_dark { Kind::Dead } else { self.kinds[&node] }
    }

    fn any_node(&self, rng: &mut SeededRng) -> Ed25519PublicKey {
        self.keys[usize::try_from(rng.next() % u64::from(NODES)).unwrap()]
    }

    /// What a client hears of an error that a hop sends.
    fn heard(&self, error: PathError) -> Outcome {
        let reply: Reply = error.to_reply();
        let error = self.reader.decode_node_reply(&reply).expect_err("an error of the path");
        Outcome::Failed(Failure::from(&error))
    }

    /// What becomes of a request along its path.
    fn travel(
        &self,
        hops: &[Ed25519PublicKey],
        destination: Ed25519PublicKey,
        now: Timestamp,
        rng: &mut SeededRng,
    ) -> Outcome {
        if self.kind(hops[0], now) == Kind::Dead {
            return Outcome::Failed(Failure::Unconnected);
        }
        let nexts = hops.iter().skip(1).copied().chain([destination]);
        for (node, next) in hops.iter().copied().zip(nexts) {
            match self.kind(node, now) {
                Kind::Dead => unreachable!("the hop before has noticed, or the client"),
                Kind::Slow if rng.percent(33) => return Outcome::Silence,
                Kind::Busy if rng.percent(33) => return self.heard(PathError::NodeNotReady(node)),
                Kind::Liar if rng.percent(50) => {
                    let victim = match rng.next() % 3 {
                        0 => next,
                        1 => hops[usize::try_from(rng.next() % 3).unwrap()],
                        _ => self.any_node(rng),
                    };
                    return self.heard(match rng.next() % 8 {
                        0 => PathError::InvalidCiphertext,
                        1 => PathError::TooLarge,
                        2 => PathError::RateLimited,
                        3 => PathError::Other { status: 421 },
                        4 => PathError::NodeNotReady(victim),
                        _ => PathError::NodeNotFound(victim),
                    });
                }
                Kind::Good | Kind::Slow | Kind::Busy | Kind::Liar => {}
            }
            if self.kind(next, now) == Kind::Dead {
                return self.heard(PathError::NodeUnreachable(next));
            }
        }
        Outcome::Answered
    }
}

/// A network in bad shape.
const fn ailing(number: u16) -> Kind {
    match number {
        0..70 => Kind::Good,
        70..80 => Kind::Dead,
        80..88 => Kind::Slow,
        88..94 => Kind::Busy,
        _ => Kind::Liar,
    }
}

/// A network that somebody has infiltrated.
const fn infiltrated(number: u16) -> Kind {
    if number < 70 { Kind::Good } else { Kind::Liar }
}

enum Outcome {
    Answered,
    Failed(Failure),
    Silence,
}

enum Event {
    /// Without a destination, some node is asked.
    Ask {
        task: u64,
        attempt: u32,
        destination: Option<Ed25519PublicKey>,
    },
    Connected(PathId),
    Unconnected(PathId),
    Verified(PathId),
    Outcome(RequestId, Outcome),
    List(Option<Ed25519PublicKey>, NodeList),
    Timeout,
}

#[derive(Debug, Default, Eq, PartialEq)]
struct Tally {
    answered: u64,
    failed: u64,
    /// Attempts that each quarter of the run took.
    attempts: [u64; 4],
    /// Requests that were answered at their first try, their second, and so on.
    answered_at: [u64; 5],
    /// How often each node was put on a path.
    served: BTreeMap<Ed25519PublicKey, u64>,
}

struct Simulation<'a> {
    world: &'a World,
    rng: SeededRng,
    paths: Paths,
    now: Timestamp,
    events: BTreeMap<(Timestamp, u64), Event>,
    next_event: u64,
    requests: BTreeMap<RequestId, (u64, u32, Ed25519PublicKey)>,
    next_request: u64,
    tasks: u64,
    tally: Tally,
    /// The hops of every path as they were last seen.
    known: BTreeMap<PathId, Vec<Ed25519PublicKey>>,
}

impl<'a> Simulation<'a> {
    fn new(world: &'a World, tasks: u64, seed: u64) -> Self {
        let config = Config::for_network(Network::Mainnet);
        let mut simulation = Self {
            world,
            rng: SeededRng(seed),
            paths: Paths::new(config, NodePool::new()),
            now: Timestamp::from_millis(1_700_000_000_000),
            events: BTreeMap::new(),
            next_event: 0,
            requests: BTreeMap::new(),
            next_request: 0,
            tasks,
            tally: Tally::default(),
            known: BTreeMap::new(),
        };
        for task in 0..tasks {
            let pause = INTERVAL * u32::try_from(task).unwrap();
            simulation.after(pause, Event::Ask { task, attempt: 1, destination: None });
        }
        simulation.paths.resume(simulation.now, &mut simulation.rng);
        simulation.carry_out();
        simulation
    }

    fn after(&mut self, pause: Duration, event: Event) {
        let at = self.now.checked_add(pause).unwrap();
        self.events.insert((at, self.next_event), event);
        self.next_event += 1;
    }

    fn soon(&mut self, event: Event) {
        let millis = 100 + self.rng.next() % 900;
        self.after(Duration::from_millis(millis), event);
    }

    fn run(mut self) -> (Tally, Timestamp, Paths) {
        while self.tally.answered + self.tally.failed < self.tasks {
            let (due, event) = match (self.events.first_key_value(), self.paths.poll_timeout()) {
                (Some((key, _)), timeout) if timeout.is_none_or(|at| key.0 <= at) => {
                    let key = *key;
                    (key.0, self.events.remove(&key).unwrap())
                }
                (_, timeout) => (timeout.expect("something is due"), Event::Timeout),
            };
            self.now = self.now.max(due);
            self.handle(event);
            self.carry_out();
            self.check();
        }
        (self.tally, self.now, self.paths)
    }

    fn handle(&mut self, event: Event) {
        let Self { paths, rng, now, .. } = self;
        match event {
            Event::Ask { task, attempt, destination } => self.ask(task, attempt, destination),
            Event::Connected(path) => paths.handle_connected(path, *now, rng),
            Event::Unconnected(path) => paths.handle_unconnected(path, *now, rng),
            Event::Verified(path) => paths.handle_verified(path, *now, rng),
            Event::List(source, list) => paths.handle_node_list(source, list, *now, rng),
            Event::Timeout => paths.handle_timeout(*now, rng),
            Event::Outcome(request, Outcome::Answered) => {
                paths.handle_success(request, *now, rng);
                let (_, attempt, _) = self.requests.remove(&request).unwrap();
                self.tally.answered += 1;
                self.tally.answered_at[usize::try_from(attempt - 1).unwrap()] += 1;
            }
            Event::Outcome(request, Outcome::Silence) => self.failed(request, &Failure::TimedOut),
            Event::Outcome(request, Outcome::Failed(failure)) => self.failed(request, &failure),
        }
    }

    /// A node that the client does not hold to be dead, as it would choose one of a swarm. With a blackout, one
    /// that is alive: then the paths alone are at stake.
    fn any_destination(&mut self) -> Ed25519PublicKey {
        loop {
            let node = self.world.any_node(&mut self.rng);
            if self.world.blackout_at.is_some() && self.world.kind(node, self.now) == Kind::Dead {
                continue;
            }
            if !self.paths.pool().is_struck(node, self.paths.config(), self.now) {
                return node;
            }
        }
    }

    fn ask(&mut self, task: u64, attempt: u32, destination: Option<Ed25519PublicKey>) {
        let destination = destination.unwrap_or_else(|| self.any_destination());
        let quarter = usize::try_from(task * 4 / self.tasks).unwrap();
        self.tally.attempts[quarter] += 1;
        let request = RequestId(self.next_request);
        self.next_request += 1;
        self.requests.insert(request, (task, attempt, destination));
        let deadline = self.now.checked_add(Duration::from_secs(30)).unwrap();
        let Self { paths, rng, now, .. } = self;
        paths
            .enqueue(request, Category::Standard, Some(destination), deadline, *now, rng)
            .expect("the queue has room");
    }

    fn failed(&mut self, request: RequestId, failure: &Failure) {
        let blame = self.paths.handle_failure(request, failure, self.now, &mut self.rng);
        let blame = blame.expect("the request was under way");
        let (task, attempt, destination) = self.requests.remove(&request).unwrap();
        let destination = match blame.retry {
            Retry::Again | Retry::Later => Some(destination),
            Retry::OtherDestination => None,
            other => panic!("nodes of this network give no cause for {other:?}"),
        };
        if attempt == self.paths.config().max_tries {
            self.tally.failed += 1;
        } else {
            self.soon(Event::Ask { task, attempt: attempt + 1, destination });
        }
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.paths.poll_command() {
            match command {
                Command::Connect { path, edge } => {
                    if self.world.kind(edge.key(), self.now) == Kind::Dead {
                        self.soon(Event::Unconnected(path));
                    } else {
                        self.soon(Event::Connected(path));
                    }
                }
                Command::Verify { path } => {
                    let hops = self.hops(path);
                    let destination = self.world.keys[0];
                    match self.world.travel(&hops, destination, self.now, &mut self.rng) {
                        Outcome::Answered => self.soon(Event::Verified(path)),
                        Outcome::Failed(_) => self.soon(Event::Unconnected(path)),
                        Outcome::Silence => {}
                    }
                }
                Command::Send { request, path } => self.send(request, path),
                Command::Fail { request, .. } => {
                    self.requests.remove(&request).unwrap();
                    self.tally.failed += 1;
                }
                Command::Refresh { source } => self.answer_refresh(source),
                Command::Close { path } => assert!(self.hops(path).is_empty()),
                other => panic!("unknown command {other:?}"),
            }
        }
    }

    fn send(&mut self, request: RequestId, path: PathId) {
        let hops = self.hops(path);
        let (_, _, destination) = self.requests[&request];
        assert_eq!(hops.len(), 3);
        assert!(!hops.contains(&destination), "the destination is a hop");
        match self.world.travel(&hops, destination, self.now, &mut self.rng) {
            Outcome::Silence => self.after(PATIENCE, Event::Outcome(request, Outcome::Silence)),
            outcome => self.soon(Event::Outcome(request, outcome)),
        }
    }

    /// One source of three leaves out half of the network; a seed tells all of it.
    fn answer_refresh(&mut self, source: RefreshSource) {
        let whole = NodeList::from_binary(&self.world.list).unwrap();
        match source {
            RefreshSource::Nodes(nodes) => {
                for (position, node) in nodes.into_iter().enumerate() {
                    let half = &self.world.list[..self.world.list.len() / 102 * 51];
                    let list = match position {
                        0 => NodeList::from_binary(half).unwrap(),
                        _ => whole.clone(),
                    };
                    self.soon(Event::List(Some(node), list));
                }
            }
            _ => self.soon(Event::List(None, whole)),
        }
    }

    fn hops(&self, path: PathId) -> Vec<Ed25519PublicKey> {
        self.paths.hops(path).iter().map(ServiceNode::key).collect()
    }

    /// The rules that hold at any time.
    fn check(&mut self) {
        let Self { paths, known, tally, now, .. } = self;
        let config = paths.config();
        let mut nodes = BTreeSet::new();
        let mut subnets = BTreeSet::new();
        let mut seen = BTreeMap::new();
        for path in paths.ready() {
            for node in paths.hops(path) {
                assert!(nodes.insert(node.key()), "paths share {node}");
                assert!(subnets.insert(node.subnet()), "paths share the network of {node}");
                let is_struck = paths.pool().is_struck(node.key(), config, *now);
                assert!(!is_struck, "{node} is still in service");
                if !known.get(&path).is_some_and(|before| before.contains(&node.key())) {
                    *tally.served.entry(node.key()).or_default() += 1;
                }
            }
            seen.insert(path, paths.hops(path).iter().map(ServiceNode::key).collect());
        }
        *known = seen;
        // Nothing grows: one path more than wanted serves requests whose destinations are hops of the others.
        assert!(known.len() <= config.standard_paths + 1, "{} paths", known.len());
        assert!(paths.waiting() <= config.max_queued && paths.in_flight() <= config.max_in_flight);
        assert!(paths.waiting() + paths.in_flight() <= self.requests.len());
        assert!(paths.pool().len() <= usize::from(NODES));
    }
}

/// Runs a simulation and returns its tally, and how many nodes of each kind are unusable at its end.
fn run(world: &World, requests: u64) -> (Tally, impl Fn(Kind) -> usize) {
    let (tally, now, paths) = Simulation::new(world, requests, 1).run();
    let snapshot = paths.snapshot(now);
    assert_eq!(snapshot.pool.lines().count(), usize::from(NODES));
    assert!(snapshot.edges.lines().count() <= 32);
    assert!(snapshot.strikes.len() <= 4 + usize::from(NODES) * (34 + 16 * 8));
    assert_eq!((paths.waiting(), paths.in_flight()), (0, 0));
    let struck = move |kind| {
        let nodes = world.kinds.iter().filter(|(_, found)| **found == kind).map(|(key, _)| *key);
        nodes.filter(|node| paths.pool().is_struck(*node, paths.config(), now)).count()
    };
    (tally, struck)
}

#[test]
fn ten_thousand_requests_arrive() {
    let world = World::new(ailing);
    let (tally, struck) = run(&world, 10_000);
    assert_eq!(tally.answered + tally.failed, 10_000);
    assert!(tally.failed <= 5, "{tally:?}");
    // A tenth of the destinations is dead, which costs an attempt each until they are known.
    assert!(tally.attempts.iter().sum::<u64>() <= 10_600, "{tally:?}");
    assert!(tally.answered_at[2..].iter().sum::<u64>() <= 70, "{tally:?}");
    assert!(struck(Kind::Dead) >= 50, "{} dead nodes are known", struck(Kind::Dead));
    assert!(struck(Kind::Good) <= 14, "{} good nodes are lost", struck(Kind::Good));
    // Seven of ten nodes are good, and have more than that share of the places; no few of them have all.
    let places: u64 = tally.served.values().sum();
    let good = || tally.served.iter().filter(|(node, _)| world.kinds[*node] == Kind::Good);
    assert!(good().map(|(_, served)| served).sum::<u64>() * 10 >= places * 7, "{tally:?}");
    assert!(good().count() >= 60 && good().all(|(_, served)| *served <= 25), "{tally:?}");
}

#[test]
fn liars_cannot_take_the_honest_nodes_away() {
    let world = World::new(infiltrated);
    let (tally, struck) = run(&world, 3_000);
    assert!(tally.failed <= 3, "{tally:?}");
    assert!(tally.attempts.iter().sum::<u64>() <= 3_150, "{tally:?}");
    assert!(struck(Kind::Good) <= 21, "{} good nodes are lost", struck(Kind::Good));
}

#[test]
fn paths_recover_from_a_blackout_within_the_tries_of_a_request() {
    let mut world = World::new(ailing);
    world.blackout_at = Some(Timestamp::from_millis(1_700_001_000_000));
    let (tally, _) = run(&world, 3_000);
    // The requests that were under way when their destinations went dark.
    assert!(tally.failed <= 2, "{tally:?}");
    assert!(tally.answered_at[1..].iter().sum::<u64>() <= 60, "{tally:?}");
    assert!(tally.attempts[3] <= 760, "{tally:?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let world = World::new(ailing);
    let runs = [5, 5, 6].map(|seed| {
        let (tally, now, paths) = Simulation::new(&world, 500, seed).run();
        (tally, now, paths.snapshot(now))
    });
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}
