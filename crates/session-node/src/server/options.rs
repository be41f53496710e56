//! What a network is like: from code, or from the command line.

#[cfg(feature = "sqlite")]
use std::path::PathBuf;
use std::{str::FromStr, time::Duration};

use session_swarm::{hard_fork::HardFork, release::Release};

use super::FORWARD_TIMEOUT;
use crate::{
    directory::Directory,
    fault::{Chance, Faults, Skew},
};

/// How to use the program.
const USAGE: &str = "\
usage: session-node [option …]

  --nodes N         nodes of the network (24)
  --seed TEXT       the same text gives the same keys and swarms
  --data DIR        messages stay in this folder, and the network goes on there the next time: then
                    --nodes and --seed do not count (feature sqlite)
  --release R       2.8: what nodes of that release do and nothing newer, hard fork 19.3; or newest
  --hard-fork N.R   rules of the network (those of the release)
  --port N          first port: the seed; nodes follow on every second one (22000, 0 = any)
  --http            plain HTTP instead of HTTPS
  --no-rate-limit   no limit of requests per client
  --block-time S    seconds from block to block (120)
  --churn           with each block a node fails or works again
  --drop P          percentage of messages that are lost
  --corrupt P       percentage of messages of which a bit is altered
  --delay MS        each message takes up to this long
  --skew N:MS       the clocks of N nodes are fast by MS, or slow if it is negative
  --partition N     N nodes and the others do not reach each other
  --verbose         one line for each request
  --help            this text";

/// What a network is like. The default is what `session-node` starts without options.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "independent fields, to be set by name over the default"
)]
pub struct Options {
    /// Number of nodes.
    pub nodes: usize,
    /// What keys and swarms follow from; without it every network is another.
    pub seed: Option<[u8; 32]>,
    /// Folder in which the network stays; without it all is in memory, and gone when the network stops.
    #[cfg(feature = "sqlite")]
    pub data: Option<PathBuf>,
    /// Release whose version the nodes name and whose rules they follow.
    pub release: Release,
    /// Rules of the network, if they are not those of the release, or of the folder.
    pub hard_fork: Option<HardFork>,
    /// First port; 0 has the system choose all ports.
    pub first_port: u16,
    /// How nodes are reached.
    pub transport: Transport,
    /// Whether clients get only so many answers in a second (05 §4.3).
    pub rate_limited: bool,
    /// Time from block to block.
    pub block_time: Duration,
    /// Whether a node fails or works again with each block.
    pub churn: bool,
    /// What goes wrong.
    pub faults: FaultOptions,
    /// How long nodes wait for each other and for clients.
    pub timeouts: Timeouts,
    /// Whether the program logs each request. In code, that is a matter of the subscriber.
    pub verbose: bool,
}

/// How nodes are reached.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are these two")]
pub enum Transport {
    /// HTTPS with a certificate that the node signed itself.
    #[default]
    Https,
    /// Plain HTTP.
    Http,
}

/// How long nodes wait for each other and for clients.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "independent fields, to be set by name")]
pub struct Timeouts {
    /// For the answer of a member of the swarm (05 §3).
    pub forward: Duration,
    /// For the answer of the next hop (04 §5.3).
    pub relay: Duration,
    /// For each thing that a client does: the TLS handshake, the head of a request, its body, and reading the
    /// whole answer. Then the connection is closed.
    pub client: Duration,
}

/// What goes wrong, by number of nodes: which ones, the order of their keys decides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "independent fields, to be set by name over the default"
)]
pub struct FaultOptions {
    /// How often messages are lost.
    pub loss: Chance,
    /// How often a bit of a message is altered.
    pub corruption: Chance,
    /// How long a message takes at most.
    pub delay: Duration,
    /// How many clocks are wrong, and how.
    pub skew: Option<(usize, Skew)>,
    /// How many nodes are apart from the others.
    pub apart: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 24,
            seed: None,
            #[cfg(feature = "sqlite")]
            data: None,
            release: Release::Newest,
            hard_fork: None,
            first_port: 22_000,
            transport: Transport::Https,
            rate_limited: true,
            block_time: Duration::from_secs(120),
            churn: false,
            faults: FaultOptions::default(),
            timeouts: Timeouts::default(),
            verbose: false,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let long = Duration::from_secs(30);
        Self { forward: FORWARD_TIMEOUT, relay: long, client: long }
    }
}

impl FaultOptions {
    pub(super) fn faults(&self, directory: &Directory) -> Faults {
        let mut faults = Faults::default();
        faults.lose(self.loss);
        faults.corrupt(self.corruption);
        let keys = || directory.nodes().map(|node| node.ed25519);
        faults.part(keys().take(self.apart), 1);
        if let Some((count, skew)) = self.skew {
            keys().take(count).for_each(|key| faults.skew(key, skew));
        }
        faults
    }
}

/// The program cannot start a network with this command line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// The user asked for help: this is the help.
    #[error("{USAGE}")]
    Help,
    /// The program does not know this option.
    #[error("unknown option {option:?}; session-node --help lists the options")]
    Unknown {
        /// The argument as it was given.
        option: String,
    },
    /// The option has no value, or one of another form.
    #[error("{option}: {expected} expected; session-node --help lists the options")]
    Value {
        /// The option.
        option: &'static str,
        /// What its value is.
        expected: &'static str,
    },
}

impl Options {
    /// Reads the arguments of the command line, without the name of the program.
    ///
    /// # Errors
    /// [`UsageError`], whose text is for the user.
    pub fn from_args(args: impl IntoIterator<Item = String>) -> Result<Self, UsageError> {
        let mut options = Self::default();
        let mut args = args.into_iter();
        while let Some(option) = args.next() {
            let mut value = || args.next();
            match option.as_str() {
                "--nodes" => options.nodes = parse("--nodes", value(), "a number")?,
                "--seed" => options.seed = Some(seed(value())?),
                #[cfg(feature = "sqlite")]
                "--data" => options.data = Some(parse("--data", value(), "a folder")?),
                "--release" => options.release = parse("--release", value(), "2.8 or newest")?,
                "--hard-fork" => {
                    let fork = parse("--hard-fork", value(), "a hard fork such as 19.3")?;
                    options.hard_fork = Some(fork);
                }
                "--port" => options.first_port = parse("--port", value(), "a port")?,
                "--http" => options.transport = Transport::Http,
                "--no-rate-limit" => options.rate_limited = false,
                "--block-time" => {
                    let seconds = parse("--block-time", value(), "a number of seconds")?;
                    options.block_time = Duration::from_secs(seconds);
                }
                "--churn" => options.churn = true,
                "--drop" => options.faults.loss = chance("--drop", value())?,
                "--corrupt" => options.faults.corruption = chance("--corrupt", value())?,
                "--delay" => {
                    let millis = parse("--delay", value(), "a number of milliseconds")?;
                    options.faults.delay = Duration::from_millis(millis);
                }
                "--skew" => options.faults.skew = Some(skew(value())?),
                "--partition" => {
                    options.faults.apart = parse("--partition", value(), "a number of nodes")?;
                }
                "--verbose" => options.verbose = true,
                "--help" | "-h" => return Err(UsageError::Help),
                _ => return Err(UsageError::Unknown { option }),
            }
        }
        Ok(options)
    }
}

fn parse<T: FromStr>(
    option: &'static str,
    value: Option<String>,
    expected: &'static str,
) -> Result<T, UsageError> {
    let value = value.and_then(|text| text.parse().ok());
    value.ok_or(UsageError::Value { option, expected })
}

/// Any text: its hash is the seed.
fn seed(value: Option<String>) -> Result<[u8; 32], UsageError> {
    let text = value.ok_or(UsageError::Value { option: "--seed", expected: "a text" })?;
    Ok(session_crypto::blake2b::Blake2b::new().chain(text.as_bytes()).finalize())
}

/// A percentage, of which three decimals count.
fn chance(option: &'static str, value: Option<String>) -> Result<Chance, UsageError> {
    let malformed = UsageError::Value { option, expected: "a percentage" };
    let text = value.ok_or(malformed.clone())?;
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 3 {
        return Err(malformed);
    }
    // A percent has 10,000 millionths: four digits.
    match format!("{whole}{decimals:0<4}").parse() {
        Ok(millionths @ 0..=1_000_000) => Ok(Chance::per_million(millionths)),
        _ => Err(malformed),
    }
}

fn skew(value: Option<String>) -> Result<(usize, Skew), UsageError> {
    let malformed = UsageError::Value { option: "--skew", expected: "nodes:milliseconds" };
    let text = value.ok_or(malformed.clone())?;
    let (count, millis) = text.split_once(':').ok_or(malformed.clone())?;
    let (Ok(count), Ok(millis)) = (count.parse(), millis.parse::<i64>()) else {
        return Err(malformed);
    };
    let by = Duration::from_millis(millis.unsigned_abs());
    Ok((count, if millis < 0 { Skew::Slow(by) } else { Skew::Fast(by) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, UsageError> {
        Options::from_args(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_read() {
        let options = read(
            "--nodes 7 --seed x --port 0 --http --no-rate-limit --block-time 5 --churn --drop 1.5 \
             --corrupt 0.001 --delay 20 --skew 2:-3000 --partition 3 --verbose",
        )
        .unwrap();
        assert_eq!((options.nodes, options.first_port), (7, 0));
        assert_eq!(options.seed, read("--seed x").unwrap().seed);
        assert_ne!(options.seed, read("--seed y").unwrap().seed);
        assert_eq!(options.transport, Transport::Http);
        assert!(!options.rate_limited && options.churn && options.verbose);
        assert_eq!(options.block_time, Duration::from_secs(5));
        let expected = FaultOptions {
            loss: Chance::per_million(15_000),
            corruption: Chance::per_million(10),
            delay: Duration::from_millis(20),
            skew: Some((2, Skew::Slow(Duration::from_secs(3)))),
            apart: 3,
        };
        assert_eq!(options.faults, expected);
    }

    #[test]
    fn releases_and_hard_forks_have_names() {
        let options = read("--release 2.8").unwrap();
        assert_eq!((options.release, options.hard_fork), (Release::V2_8, None));
        let options = read("--release newest --hard-fork 20.1").unwrap();
        assert_eq!(options.release, Release::Newest);
        assert_eq!(options.hard_fork, Some(HardFork { number: 20, revision: 1 }));
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn data_has_a_folder() {
        assert_eq!(read("--data /there").unwrap().data, Some(PathBuf::from("/there")));
        assert!(matches!(read("--data"), Err(UsageError::Value { option: "--data", .. })));
    }

    #[test]
    fn faulty_lines_are_refused_by_name() {
        for line in ["nodes", "--nodes=3", "-n 3", "--Nodes 3", "--nodes 3 --hlep"] {
            let Err(UsageError::Unknown { option }) = read(line) else { panic!("{line}") };
            assert!(line.contains(&option) && option != "3", "{line}: {option}");
        }
        for line in ["--help", "-h", "--nodes 3 --help"] {
            assert_eq!(read(line).unwrap_err(), UsageError::Help, "{line}");
        }
        for (line, name) in [
            ("--nodes", "--nodes"),
            ("--nodes x", "--nodes"),
            ("--nodes -1", "--nodes"),
            ("--seed", "--seed"),
            ("--release 2.9", "--release"),
            ("--release", "--release"),
            ("--hard-fork 19", "--hard-fork"),
            ("--hard-fork 19.+3", "--hard-fork"),
            ("--hard-fork 19.65536", "--hard-fork"),
            ("--port 65536", "--port"),
            ("--block-time 1.5", "--block-time"),
            ("--drop 100.001", "--drop"),
            ("--drop -1", "--drop"),
            ("--drop .5", "--drop"),
            ("--drop 1.0001", "--drop"),
            ("--corrupt x", "--corrupt"),
            ("--delay", "--delay"),
            ("--skew 3", "--skew"),
            ("--skew x:1", "--skew"),
            ("--partition", "--partition"),
        ] {
            let UsageError::Value { option, .. } = read(line).unwrap_err() else {
                panic!("{line}")
            };
            assert_eq!(option, name, "{line}");
        }
        assert_eq!(read("--drop 100").unwrap().faults.loss, Chance::ALWAYS);
    }
}
