//! Config messages, and bt-encoding in general.

use session_protocol::{
    bt::{DecodeError, Item, Kind, Reader},
    config::{
        compression,
        encryption::{ConfigKey, Domain},
        message::{Authority, Lag, Message},
        padding,
    },
    crypto::encoding::hex as hexadecimal,
};

use crate::tree::{Node, hex, text};

/// Domains of the configs of an account, and of a group.
pub(crate) const OF_ACCOUNT: [&str; 5] =
    ["UserProfile", "Contacts", "ConvoInfoVolatile", "UserGroups", "Local"];
pub(crate) const OF_GROUP: [&str; 2] = ["groups::Info", "groups::Members"];

/// Keys in the data of configs behind which secrets stand: of pictures, of groups, of access to them, of Pro.
const SECRETS: [&[u8]; 6] = [b"q", b"Q", b"k", b"K", b"s", b"r"];

/// Deepest nesting of bt-encoding in the strings of bt-encoding.
const MAX_DEPTH: u8 = 3;

/// The config in an encrypted blob, if one of the domains fits.
pub(crate) fn blob(
    blob: &[u8],
    key: &ConfigKey,
    domains: &[&str],
    authority: &Authority,
) -> Option<Node> {
    let (name, plain) = domains.iter().find_map(|name| {
        let domain = Domain::new(name).ok()?;
        Some((name, key.decrypt(domain, blob).ok()?))
    })?;
    let message = padding::unpad(&plain);
    let padding = plain.len().saturating_sub(message.len());
    let node = Node::new(format!("config message of the type {name}"))
        .with(Node::new("ciphertext").at(0, blob.len().saturating_sub(40)))
        .with(Node::new("authenticator").at(blob.len().saturating_sub(40), 16))
        .with(Node::new("nonce").at(blob.len().saturating_sub(24), 24))
        .with(Node::good("decrypted"))
        .with(Node::new("padding of zeros").at(0, padding));
    Some(node.with(stored(message, authority)))
}

/// What is in a decrypted blob: compressed, a part, or a dict.
fn stored(message: &[u8], authority: &Authority) -> Node {
    match message.split_first() {
        Some((&compression::MARKER, frame)) => match compression::decompress(frame) {
            Ok(plain) => Node::new(format!("zstd, {} bytes", plain.len()))
                .at(0, message.len())
                .with(revision(&plain, authority)),
            Err(error) => Node::bad(error).at(0, message.len()),
        },
        // The chunk is a piece of a message, in which secrets stand anywhere.
        Some((b'm', list)) => Node::new("part of a longer message").with(read(list, 0, true)),
        _ => revision(message, authority),
    }
}

/// One revision: whether it is one, and what is in it.
pub(crate) fn revision(bytes: &[u8], authority: &Authority) -> Node {
    let node = match Message::parse(bytes, Lag::DEFAULT, authority) {
        Ok(message) => {
            let id = message.id();
            let earlier = message.lagged().count();
            let signed = match authority {
                Authority::Unsigned => Node::new("nobody signs configs of an account"),
                _ => Node::good("signed by the group"),
            };
            Node::good(format!("revision {}", id.seqno))
                .with(Node::new(format!("hash {}", hexadecimal::encode(id.hash.as_bytes()))))
                .with(Node::new(format!("knows {earlier} earlier revisions")))
                .with(signed)
        }
        Err(error) => Node::bad(format!("no valid revision: {error}")),
    };
    node.with(value(bytes))
}

/// A bt value with whatever is inside.
pub(crate) fn value(bytes: &[u8]) -> Node {
    read(bytes, 0, false)
}

fn read(bytes: &[u8], depth: u8, secret: bool) -> Node {
    let mut reader = Reader::new(bytes);
    match reader.value().and_then(|item| item_node("bt value", item, (depth, secret))) {
        Ok(node) if reader.finish().is_ok() => node,
        Ok(node) => node.with(Node::new("something follows")),
        Err(error) => Node::bad(format!("no bt-encoding: {error}")),
    }
}

fn item_node(
    title: &str,
    item: Item<'_, '_>,
    (depth, secret): (u8, bool),
) -> Result<Node, DecodeError> {
    let position = item.position();
    let node = match item.kind()? {
        Kind::Integer => Node::new(format!("{title} = {}", item.any_integer()?.get())),
        Kind::Bytes => bytes_node(title, item.bytes()?, (depth, secret)),
        Kind::List => {
            let (mut list, mut nodes) = (item.list()?, Vec::new());
            while let Some(item) = list.next()? {
                nodes.push(item_node("·", item, (depth, secret))?);
            }
            Node::new(format!("{title}: list of {}", nodes.len())).with_all(nodes)
        }
        Kind::Dict => {
            let (mut dict, mut nodes) = (item.dict()?, Vec::new());
            while let Some((key, item)) = dict.next()? {
                let secret = secret || SECRETS.contains(&key);
                nodes.push(item_node(&key_text(key), item, (depth, secret))?);
            }
            Node::new(format!("{title}: dict of {}", nodes.len())).with_all(nodes)
        }
    };
    Ok(node.at(position, 0))
}

/// A string, which may hold bt-encoding again, as the message in a dump does.
fn bytes_node(title: &str, bytes: &[u8], (depth, secret): (u8, bool)) -> Node {
    let length = bytes.len();
    let nested = matches!(bytes, [b'd' | b'l', .., b'e']);
    let shown = match std::str::from_utf8(bytes) {
        _ if secret => format!("{length} bytes, perhaps secret"),
        _ if nested && depth < MAX_DEPTH => {
            let inside = read(bytes, depth.saturating_add(1), secret);
            return Node::new(format!("{title}: {length} bytes")).with(inside);
        }
        _ if nested => format!("{length} bytes"),
        Ok(string) if !string.chars().any(char::is_control) => text(string),
        _ => format!("{length} bytes {}", hex(bytes)),
    };
    Node::new(format!("{title} = {shown}"))
}

/// Keys are short texts, or ids.
fn key_text(key: &[u8]) -> String {
    match std::str::from_utf8(key) {
        Ok(string) if string.chars().all(|c| !c.is_control()) => text(string),
        _ => hexadecimal::encode(key.get(..40).unwrap_or(key)),
    }
}
