//! An onion request, layer by layer: built over a path of three nodes, peeled by each of them in turn, answered by
//! the destination. Prints what every node sees, with sizes, and draws the same as a picture.
//!
//!     cargo run --example onion [picture.svg]

use std::{env, ffi::OsString, fmt::Write as _, path::PathBuf, process::ExitCode};

use session_protocol::{
    crypto::{ed25519::Ed25519Keypair, system_rng},
    onion::{
        Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest, Peeled, ReplyBody,
        frame::Frame,
    },
};

mod program;

use program::{Result, UsageError, say};

const NAMES: [&str; 4] = ["edge", "middle", "exit", "destination"];
const PAYLOAD: &[u8] = br#"{"method":"info","params":{}}"#;

/// What one node sees of the request.
struct Seen {
    name: &'static str,
    encryption: EncryptionType,
    /// Bytes that the node gets encrypted.
    sealed: usize,
    /// Bytes of the trailer inside, which says what to do with the rest.
    trailer: usize,
    task: String,
}

const USAGE: &str = "usage: onion [--force] [PICTURE]

Builds an onion request, peels it layer by layer, and draws it as SVG in PICTURE, or in a new file of the folder
for temporary files.

  --force  overwrite PICTURE";

fn main() -> ExitCode {
    program::main("onion", USAGE, run)
}

/// The file of the picture, and whether it may be overwritten.
fn picture(mut words: Vec<OsString>) -> Result<(PathBuf, bool)> {
    let force = words.iter().position(|word| word == "--force").map(|at| words.remove(at));
    let picture = match words.as_slice() {
        [] => env::temp_dir().join(format!("onion-{}.svg", std::process::id())),
        [option, ..] if option.to_string_lossy().starts_with('-') => {
            return Err(UsageError::unknown(option));
        }
        [picture] => PathBuf::from(picture),
        [_, second, ..] => return Err(UsageError::unknown(second)),
    };
    Ok((picture, force.is_some()))
}

fn run(words: Vec<OsString>) -> Result<()> {
    let (picture, force) = picture(words)?;
    let mut rng = system_rng();
    let nodes: [Ed25519Keypair; 4] = std::array::from_fn(|_| Ed25519Keypair::generate(&mut rng));

    // The client chooses a path. Ciphers may differ from hop to hop, as they do between real clients.
    let [edge, middle, exit, destination] =
        nodes.each_ref().map(|node| NodeKeys::derive(node.public_key()));
    let path = [
        Hop::new(edge?, EncryptionType::XChaCha20),
        Hop::new(middle?, EncryptionType::AesGcm),
        Hop::new(exit?, EncryptionType::XChaCha20),
    ];
    let destination = Destination::service_node(destination?);
    say!("Path");
    for (name, node) in NAMES.iter().zip(&nodes) {
        say!("  {name:<12}{}", node.public_key());
    }

    // From the inside out: one layer for the destination, one for each hop.
    let request =
        OnionRequest::build(&path, &destination, EncryptionType::XChaCha20, PAYLOAD, &mut rng)?;
    say!("\nThe client asks {}", String::from_utf8_lossy(PAYLOAD));
    say!("and sends {} bytes to the edge.\n", request.body().len());

    // Each node opens its own layer, and learns no more than where the rest goes.
    let mut seen = Vec::new();
    let mut layer = Layer::from_edge_body(request.body())?.into_owned();
    let mut received = None;
    for (name, node) in NAMES.into_iter().zip(&nodes) {
        let node = node.to_x25519();
        let (_, plaintext) = layer.decrypt(&node)?;
        let frame = Frame::parse(&plaintext)?;
        let (encryption, sealed) = (layer.encryption(), layer.blob().len());
        let trailer = frame.trailer().len();
        let (task, next) = match layer.peel(&node)? {
            Peeled::NextNode(next) => {
                let task =
                    format!("pass {} bytes on to {}", next.layer().blob().len(), next.node());
                (task, Some(next.layer().clone()))
            }
            Peeled::Final(request) => {
                let task = format!("answer {}", String::from_utf8_lossy(request.body()));
                received = Some(request);
                (task, None)
            }
            other => return Err(format!("no server was asked for: {other:?}").into()),
        };
        seen.push(Seen { name, encryption, sealed, trailer, task });
        layer = next.unwrap_or(layer);
    }
    print_layers(&seen);

    // One encryption for the way back: every hop copies the reply, only the client reads it.
    let received = received.ok_or("nobody was the destination")?;
    let answer = ReplyBody::Text("at your service");
    let reply = received.reply().encode(200, answer, &mut rng);
    let read = request.keys().decode_node_reply(&reply)?;
    say!("\nThe reply is the same {} bytes at every hop:", reply.body().len());
    say!("  {}", String::from_utf8_lossy(reply.body()));
    say!("and says {:?} with status {}.", read.body(), read.status());

    let drawing = draw(request.body().len(), &seen)?;
    program::write_file(&picture, drawing.as_bytes(), force)?;
    say!("\nA picture of the layers is in {}", picture.display());
    Ok(())
}

/// Boxes in boxes; what a node sees is its own frame.
fn print_layers(seen: &[Seen]) {
    for (depth, layer) in seen.iter().enumerate() {
        let bars = "│ ".repeat(depth);
        let Seen { name, encryption, sealed, trailer, task } = layer;
        say!(
            "{bars}┌ {name}: {sealed} bytes of {encryption}, {} of them nonce and tag",
            encryption.overhead()
        );
        say!("{bars}│   trailer of {trailer} bytes: {task}");
    }
    for depth in (0..seen.len()).rev() {
        say!("{}└{}", "│ ".repeat(depth), "─".repeat(60 - 2 * depth));
    }
}

const SEALED: &str = "#b9a7e0";
/// Pieces of a layer, and their colours.
const PIECES: [(&str, &str); 4] = [
    ("length, nonce, tag", "#9aa3ad"),
    ("trailer: what to do with the rest", "#f2c166"),
    ("sealed for the next", SEALED),
    ("payload", "#7fc8a0"),
];
const WIDTH: usize = 960;
const MARGIN: usize = 20;
const ROW: usize = 66;
const BAR: usize = 30;

/// A bar of the picture.
struct Bar {
    title: String,
    /// Byte of the request at which it starts.
    start: usize,
    /// Bytes and colour of each piece.
    pieces: Vec<(usize, &'static str)>,
}

/// A bar for the request and one for each layer: each lies below that piece of the one above which it is.
fn bars(request: usize, seen: &[Seen]) -> Vec<Bar> {
    let [small, trailer, sealed, payload] = PIECES.map(|(_, colour)| colour);
    let edge = seen.first().map_or(0, |layer| layer.sealed);
    let outside = request - 4 - edge;
    let title = format!(
        "the client sends {request} bytes: {edge} sealed for the edge, {outside} of trailer"
    );
    let pieces = vec![(4, small), (edge, sealed), (outside, trailer)];
    let mut bars = vec![Bar { title, start: 0, pieces }];
    let mut start = 4;
    for (depth, layer) in seen.iter().enumerate() {
        let nonce = layer.encryption.overhead() - 16;
        let inner = layer.sealed - nonce - 4 - layer.trailer - 16;
        let (what, colour) = match seen.get(depth + 1) {
            Some(next) => (format!("sealed for {}", next.name), sealed),
            None => ("of payload".to_owned(), payload),
        };
        let Seen { name, encryption, sealed, .. } = layer;
        let title = format!(
            "{name} opens {sealed} bytes of {encryption}: {inner} {what}, {} of trailer",
            layer.trailer
        );
        let ends = [(nonce, small), (4, small), (inner, colour), (layer.trailer, trailer)];
        bars.push(Bar { title, start, pieces: ends.into_iter().chain([(16, small)]).collect() });
        start += nonce + 4;
    }
    bars
}

/// The bars as SVG, to scale.
fn draw(request: usize, seen: &[Seen]) -> Result<String> {
    let scale = |bytes: usize| MARGIN + bytes * WIDTH / request;
    let height = 60 + ROW * (seen.len() + 1) + 30;
    let mut svg = String::new();
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{height}" viewBox="0 0 {w} {height}" font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#ffffff"/>"##,
        w = WIDTH + 2 * MARGIN
    )?;
    writeln!(
        svg,
        r#"<text x="{MARGIN}" y="30" font-size="18">An onion request, layer by layer</text>"#
    )?;
    for (row, bar) in bars(request, seen).into_iter().enumerate() {
        let y = 60 + ROW * row;
        writeln!(svg, r#"<text x="{}" y="{y}">{}</text>"#, scale(bar.start), bar.title)?;
        let (top, mut from) = (y + 8, bar.start);
        for (bytes, colour) in bar.pieces {
            let (x, end) = (scale(from), scale(from + bytes));
            writeln!(
                svg,
                r##"<rect x="{x}" y="{top}" width="{}" height="{BAR}" fill="{colour}" stroke="#ffffff"/>"##,
                end - x
            )?;
            // From a sealed piece to the bar that it opens to.
            for edge in [x, end].into_iter().filter(|_| colour == SEALED) {
                writeln!(
                    svg,
                    r##"<path d="M {edge} {} V {}" stroke="{SEALED}" stroke-dasharray="3 3"/>"##,
                    top + BAR,
                    top + ROW
                )?;
            }
            from += bytes;
        }
    }
    let (mut x, y) = (MARGIN, height - 18);
    for (name, colour) in PIECES {
        writeln!(svg, r#"<rect x="{x}" y="{}" width="14" height="14" fill="{colour}"/>"#, y - 12)?;
        writeln!(svg, r#"<text x="{}" y="{y}">{name}</text>"#, x + 20)?;
        x += 50 + 7 * name.len();
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}
