//! Who stores how much: draws the ring of the swarms, from a list of service nodes or from a network that is
//! formed here as the real one forms itself.
//!
//!     cargo run --example swarm_map -- --nodes 300 --seed 7 --svg ring.svg
//!     cargo run --example swarm_map -- nodes.json --svg ring.svg
//!     cat nodes.json | cargo run --example swarm_map -- -
//!
//! `nodes.json` is the answer of a seed to `get_n_service_nodes`. Accounts are spread evenly over the ring, so
//! that the arc of a swarm is its share of all accounts.

use std::{
    collections::BTreeMap,
    f64::consts::TAU,
    ffi::OsString,
    fmt::Write as _,
    fs,
    io::{self, Read as _},
    process::ExitCode,
    str::FromStr,
};

use session_protocol::{
    onion::pool::list::NodeList,
    swarm::{
        assignment::Assignment,
        space::{SwarmId, SwarmRange, SwarmRing},
    },
};

mod program;

use program::{Result, UsageError, say};

/// Nodes of the network that is made up if there is no list.
const DEFAULT_NODES: u32 = 300;
/// More take minutes to form.
const MOST_NODES: u32 = 20_000;
/// Nodes that join at one block of that network.
const NODES_FOR_BLOCK: usize = 20;
/// Width and height of the drawing.
const SIZE: f64 = 800.0;

const USAGE: &str = "usage: swarm_map [--nodes NUMBER] [--seed NUMBER] [--svg FILE [--force]] [LIST]

Shows the swarms of a network and the load of each: of the nodes in LIST (the answer of a seed, - for standard input),
or of a network that forms itself here.

  --nodes NUMBER  nodes of that network, 1 to 20000; 300 without
  --seed NUMBER   another network for each number
  --svg FILE      draw the ring
  --force         overwrite FILE";

fn main() -> ExitCode {
    program::main("swarm_map", USAGE, run)
}

fn run(words: Vec<OsString>) -> Result<()> {
    let arguments = Arguments::parse(words.into_iter())?;
    let sizes = match arguments.list.as_deref() {
        Some("-") => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes)?;
            listed(&bytes).map_err(|error| format!("standard input: {error}"))?
        }
        Some(path) => {
            let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
            listed(&bytes).map_err(|error| format!("{path}: {error}"))?
        }
        None => formed(arguments.nodes, arguments.seed),
    };
    let swarms = swarms(&sizes);
    say!("{}", table(&swarms).trim_end());
    if let Some(path) = arguments.svg {
        program::write_file(path.as_ref(), drawing(&swarms).as_bytes(), arguments.force)?;
        say!("\nThe ring is drawn in {path}.");
    }
    Ok(())
}

struct Arguments {
    list: Option<String>,
    nodes: u32,
    seed: u64,
    svg: Option<String>,
    force: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut arguments =
            Self { list: None, nodes: DEFAULT_NODES, seed: 0, svg: None, force: false };
        while let Some(word) = words.next() {
            let mut value = || words.next().and_then(|value| value.into_string().ok());
            match word.to_str() {
                Some("--nodes") => arguments.nodes = number("--nodes", value())?,
                Some("--seed") => arguments.seed = number("--seed", value())?,
                Some("--svg") => {
                    let file =
                        value().ok_or(UsageError("--svg needs the name of a file".into()))?;
                    arguments.svg = Some(file);
                }
                Some("--force") => arguments.force = true,
                Some(list)
                    if arguments.list.is_none() && (list == "-" || !list.starts_with('-')) =>
                {
                    arguments.list = Some(list.to_owned());
                }
                _ => return Err(UsageError::unknown(&word)),
            }
        }
        if !(1..=MOST_NODES).contains(&arguments.nodes) {
            return Err(UsageError(format!("--nodes takes 1 to {MOST_NODES}")).into());
        }
        if arguments.force && arguments.svg.is_none() {
            return Err(UsageError("--force is for the file of --svg".into()).into());
        }
        Ok(arguments)
    }
}

/// The value of an option that takes a number.
fn number<T: FromStr>(option: &str, value: Option<String>) -> Result<T> {
    let wrong = || UsageError(format!("{option} needs a whole number")).into();
    value.and_then(|value| value.parse().ok()).ok_or_else(wrong)
}

/// A swarm as it is shown.
struct Swarm {
    id: SwarmId,
    nodes: usize,
    range: SwarmRange,
}

impl Swarm {
    /// Part of all accounts that it serves, 0 to 1.
    fn share(&self) -> f64 {
        // Wrapping, because the range may lead across the end of the numbers.
        part(self.range.last().get().wrapping_sub(self.range.first().get()))
    }

    /// Share of one of its nodes: each holds all messages, but answers only its part of the questions.
    fn load(&self) -> f64 {
        u32::try_from(self.nodes).map_or(0.0, |nodes| self.share() / f64::from(nodes))
    }
}

/// Sizes of the swarms in a list of nodes. Nodes without a swarm do not count.
fn listed(bytes: &[u8]) -> Result<BTreeMap<SwarmId, usize>> {
    let list = NodeList::from_json(bytes)?;
    let mut sizes = BTreeMap::new();
    for id in list.nodes().filter_map(|node| SwarmId::try_from(node.swarm_id()?).ok()) {
        *sizes.entry(id).or_default() += 1;
    }
    Ok(sizes)
}

/// Sizes of the swarms of a network into which so many nodes came, some at each block.
fn formed(nodes: u32, seed: u64) -> BTreeMap<SwarmId, usize> {
    let mut network = Assignment::default();
    let nodes: Vec<u32> = (0..nodes).collect();
    for (joining, height) in nodes.chunks(NODES_FOR_BLOCK).zip(seed..) {
        network.reassign(joining.to_vec(), height);
    }
    network.iter().map(|(id, nodes)| (id, nodes.len())).collect()
}

fn swarms(sizes: &BTreeMap<SwarmId, usize>) -> Vec<Swarm> {
    let ring = SwarmRing::new(sizes.keys().copied());
    let swarm = |(id, nodes): (&SwarmId, &usize)| {
        Some(Swarm { id: *id, nodes: *nodes, range: ring.range(*id)? })
    };
    sizes.iter().filter_map(swarm).collect()
}

fn table(swarms: &[Swarm]) -> String {
    let mut text =
        format!("{:>16} {:>6} {:>9} {:>14}\n", "swarm", "nodes", "accounts", "load of a node");
    let mean = mean_load(swarms);
    for swarm in swarms {
        let (share, load) = (swarm.share() * 100.0, swarm.load() / mean);
        let bar = "#".repeat(swarm.nodes.min(40));
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "{:>16} {:>6} {share:>8.3}% {load:>13.2}x {bar}", swarm.id, swarm.nodes);
    }
    let nodes: usize = swarms.iter().map(|swarm| swarm.nodes).sum();
    let _ =
        writeln!(text, "{} swarms, {nodes} nodes; 1.00x is the mean load of a node.", swarms.len());
    text
}

/// The ring as SVG: an arc for each swarm, the darker the higher the load of its nodes, and a bar for each node.
fn drawing(swarms: &[Swarm]) -> String {
    let centre = SIZE / 2.0;
    let highest = swarms.iter().map(Swarm::load).fold(0.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIZE} {SIZE}\" font-family=\"sans-serif\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for swarm in swarms {
        let lightness = 85.0 - 55.0 * swarm.load() / highest;
        let (start, width) = (part(swarm.range.first().get()), swarm.share());
        let arc = arc(centre, centre * 0.62, start, width);
        let title = format!("{}: {} nodes, {:.3}%", swarm.id, swarm.nodes, width * 100.0);
        let _ = writeln!(
            svg,
            "<path d=\"{arc}\" fill=\"none\" stroke=\"hsl(150 60% {lightness:.0}%)\" stroke-width=\"60\">\
             <title>{title}</title></path>"
        );
        let (x, y) = point(centre, centre * 0.72, part(swarm.id.get()));
        let bar = u32::try_from(swarm.nodes).map_or(0.0, |nodes| f64::from(nodes) * 0.015);
        let (x2, y2) = point(centre, centre * (0.72 + bar.min(0.25)), part(swarm.id.get()));
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#333\" stroke-width=\"2\"/>"
        );
    }
    let nodes: usize = swarms.iter().map(|swarm| swarm.nodes).sum();
    let loads = || swarms.iter().map(|swarm| swarm.load() / mean_load(swarms));
    let (least, most) = (loads().fold(f64::INFINITY, f64::min), loads().fold(0.0, f64::max));
    let lines = [
        (28, format!("{} swarms, {nodes} nodes", swarms.len())),
        (15, "an arc: the accounts of a swarm".to_owned()),
        (15, format!("dark: load of a node, {least:.2} to {most:.2} of the mean")),
        (15, "a line: the nodes of a swarm, at its place".to_owned()),
    ];
    for (row, (size, line)) in (0_u8..).zip(lines) {
        let y = centre - 30.0 + 28.0 * f64::from(row);
        let _ = writeln!(
            svg,
            "<text x=\"{centre}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"{size}\">{line}</text>"
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Arc of a circle around the centre; position and width are parts of the circle, clockwise from the top.
fn arc(centre: f64, radius: f64, start: f64, width: f64) -> String {
    // A full circle has no ends that an arc could lead from and to.
    let width = width.min(0.9999);
    let ((x1, y1), (x2, y2)) = (point(centre, radius, start), point(centre, radius, start + width));
    let large = u8::from(width > 0.5);
    format!("M {x1:.1} {y1:.1} A {radius:.1} {radius:.1} 0 {large} 1 {x2:.1} {y2:.1}")
}

fn point(centre: f64, radius: f64, turn: f64) -> (f64, f64) {
    let (sin, cos) = (turn * TAU).sin_cos();
    (centre + radius * sin, centre - radius * cos)
}

/// A number of the ring as a part of it, 0 to 1. The high half of the bits is more than a drawing shows.
fn part(number: u64) -> f64 {
    u32::try_from(number >> 32).map_or(0.0, |high| f64::from(high) / (f64::from(u32::MAX) + 1.0))
}

fn mean_load(swarms: &[Swarm]) -> f64 {
    let count = u32::try_from(swarms.len()).unwrap_or(u32::MAX);
    swarms.iter().map(Swarm::load).sum::<f64>() / f64::from(count.max(1))
}
