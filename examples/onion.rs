//! An onion request, layer by layer: built over a path of three nodes, peeled by each of them in turn, answered by
//! the destination. Prints what every node sees, with sizes, and draws the same as a picture.
//!
//!     cargo run --example onion [picture.svg]

use std::{env, error::Error, fmt::Write as _, fs};

use session_protocol::{
    crypto::{ed25519::Ed25519Keypair, system_rng},
    onion::{
        Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest, Peeled, ReplyBody,
        frame::Frame,
    },
};

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

fn main() -> Result<(), Box<dyn Error>> {
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
    println!("Path");
    for (name, node) in NAMES.iter().zip(&nodes) {
        println!("  {name:<12}{}", node.public_key());
    }

    // From the inside out: one layer for the destination, one for each hop.
    let request =
        OnionRequest::build(&path, &destination, EncryptionType::XChaCha20, PAYLOAD, &mut rng)?;
    println!("\nThe client asks {}", String::from_utf8_lossy(PAYLOAD));
    println!("and sends {} bytes to the edge.\n", request.body().len());

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
    println!("\nThe reply is the same {} bytes at every hop:", reply.body().len());
    println!("  {}", String::from_utf8_lossy(reply.body()));
    println!("and says {:?} with status {}.", read.body(), read.status());

    let picture =
        env::args_os().nth(1).map_or_else(|| env::temp_dir().join("onion.svg"), Into::into);
    fs::write(&picture, draw(request.body().len(), &seen)?)?;
    println!("\nA picture of the layers is in {}", picture.display());
    Ok(())
}

/// Boxes in boxes; what a node sees is its own frame.
fn print_layers(seen: &[Seen]) {
    for (depth, layer) in seen.iter().enumerate() {
        let bars = "│ ".repeat(depth);
        let Seen { name, encryption, sealed, trailer, task } = layer;
        println!(
            "{bars}┌ {name}: {sealed} bytes of {encryption}, {} of them nonce and tag",
            encryption.overhead()
        );
        println!("{bars}│   trailer of {trailer} bytes: {task}");
    }
    for depth in (0..seen.len()).rev() {
        println!("{}└{}", "│ ".repeat(depth), "─".repeat(60 - 2 * depth));
    }
}

/// Rectangles in rectangles, their widths to scale.
fn draw(request: usize, seen: &[Seen]) -> Result<String, Box<dyn Error>> {
    const WIDTH: usize = 960;
    const STEP: usize = 44;
    const COLOURS: [&str; 4] = ["#c9b6e4", "#b6d0e4", "#b6e4c9", "#f2e2a8"];
    let height = 2 * STEP * (seen.len() + 1);
    let mut svg = String::new();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" font-family="sans-serif" font-size="14">"#,
        WIDTH + 40,
        height + 60
    )?;
    writeln!(svg, r##"<rect width="100%" height="100%" fill="#ffffff"/>"##)?;
    writeln!(svg, r#"<text x="20" y="28" font-size="18">Onion request of {request} bytes</text>"#)?;
    for (depth, (layer, colour)) in seen.iter().zip(COLOURS).enumerate() {
        let (x, y) = (20 + 12 * depth, 44 + STEP * depth);
        let width = layer.sealed * WIDTH / request;
        let height = height - 2 * STEP * depth;
        writeln!(
            svg,
            r##"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12" fill="{colour}" stroke="#444444"/>"##
        )?;
        writeln!(
            svg,
            r#"<text x="{}" y="{}">{} · {} bytes</text>"#,
            x + 12,
            y + 22,
            layer.name,
            layer.sealed
        )?;
        writeln!(
            svg,
            r##"<text x="{}" y="{}" font-size="11" fill="#333333">{}</text>"##,
            x + 12,
            y + 37,
            layer.encryption
        )?;
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}
