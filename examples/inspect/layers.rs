//! From the outermost layer to the innermost: what opens, who signed, what does not fit.

use session_protocol::{
    bt::Reader,
    config::{encryption::ConfigKey, message::Authority},
    crypto::x25519::X25519Keypair,
    envelope::{
        blinded, community,
        content::Content,
        direct,
        envelope::Envelope,
        group::{self, framing, kicked},
        multi_box::MultiBox,
        padding,
        pro::{ProError, Verdict},
        schema::Schema,
        signed_box,
    },
    identity::{
        AccountId, Timestamp,
        id::PrefixedId,
        pro::{BACKEND_PUBLIC_KEY, Status},
    },
};

use crate::{
    Result, config,
    input::{Form, Input},
    keys::Keys,
    program::UsageError,
    protobuf,
    tree::{Node, hex},
    url,
};

/// Deepest nesting of layers: a push notification holds a message, and that a config.
const MAX_DEPTH: u8 = 4;

pub(crate) struct Inspector<'k> {
    keys: &'k Keys,
    schema: Schema,
}

/// What the user says the bytes are, or nothing.
pub(crate) const KINDS: &str = "direct, envelope, content, group, community, blinded, push, kicked, config, bt, url, \
     or the name of any message of the schema";

impl<'k> Inspector<'k> {
    pub(crate) fn new(keys: &'k Keys) -> Self {
        Self { keys, schema: Schema::new() }
    }

    /// The tree of an input, whose layers are found out unless `kind` names the outermost.
    pub(crate) fn explain(&self, input: &Input, kind: Option<&str>) -> Result<Node> {
        let root = Node::new(format!("input, {}", input.form.name())).at(0, input.bytes.len());
        let bytes = input.bytes.as_slice();
        let node = match kind {
            None if input.form == Form::Url => Some(url_node(bytes)),
            None => self.find(bytes, 0),
            Some(kind) => self.as_kind(kind, bytes)?,
        };
        Ok(root.with(node.ok_or_else(|| self.helpless(bytes))?))
    }

    fn as_kind(&self, kind: &str, bytes: &[u8]) -> Result<Option<Node>> {
        let failed = |what: &str| Some(Node::bad(format!("this is no {what} for the keys given")));
        Ok(match kind {
            "direct" => Some(self.direct(bytes, 0)),
            "envelope" => Some(self.envelope(bytes, 0)),
            "content" => Some(self.content(bytes, None, 0)),
            "group" => self.group(bytes, 0).or_else(|| failed("group message")),
            "community" => Some(self.community(bytes, 0)),
            "blinded" => Some(self.blinded(bytes, 0)),
            "push" => self.push(bytes, 0).or_else(|| failed("push notification")),
            "kicked" => Some(self.multi_box(bytes)),
            "config" => self.config(bytes).or_else(|| failed("config message")),
            "bt" => Some(config::value(bytes)),
            "url" => Some(url_node(bytes)),
            name if self.schema.message(name).is_some() => Some(self.message(name, bytes, 0)),
            _ => return Err(UsageError(format!("{kind:?} is not a kind of bytes")).into()),
        })
    }

    /// The first layer that fits: those that are recognised by their form, then those that a key opens.
    fn find(&self, bytes: &[u8], depth: u8) -> Option<Node> {
        if depth > MAX_DEPTH || bytes.is_empty() {
            return None;
        }
        let by_form = match bytes {
            [0, 2, ..] if bytes.len() >= 1536 => Some(next_generation(bytes)),
            [5 | 3 | 0x15 | 0x25, ..] if bytes.len() == 33 => id(bytes),
            [b'd', .., b'e'] if is_bt(bytes) => Some(self.dict(bytes)),
            _ if Envelope::from_web_socket(bytes).is_ok() => Some(self.direct(bytes, depth)),
            _ if Envelope::from_bytes(bytes).is_ok() => Some(self.envelope(bytes, depth)),
            _ => None,
        };
        by_form
            .or_else(|| self.group(bytes, depth))
            .or_else(|| self.push(bytes, depth))
            .or_else(|| self.config(bytes))
            .or_else(|| (bytes.first() == Some(&0)).then(|| self.blinded(bytes, depth)))
            .or_else(|| self.is_content(bytes).then(|| self.community(bytes, depth)))
            .or_else(|| self.damaged(bytes, depth))
    }

    /// Something that has the outline of a stored message and breaks a rule inside.
    fn damaged(&self, bytes: &[u8], depth: u8) -> Option<Node> {
        let clean = |name| protobuf::is_clean(&self.schema, name, bytes);
        if clean("WebSocketMessage") {
            return Some(self.direct(bytes, depth));
        }
        clean("Envelope").then(|| self.envelope(bytes, depth))
    }

    fn is_content(&self, bytes: &[u8]) -> bool {
        protobuf::is_clean(&self.schema, "Content", padding::unpad(bytes))
    }

    fn helpless(&self, bytes: &[u8]) -> String {
        let mut text = format!("nothing here explains these {} bytes", bytes.len());
        if bytes.len().is_multiple_of(256) && self.keys.groups.is_empty() {
            text += "; group messages and configs have such lengths: give the group and its keys, or the account";
        } else if self.keys.accounts.is_empty() {
            text += "; what is encrypted needs keys: see --help";
        }
        text
    }

    /// Fields of a message; layers inside are opened.
    fn message(&self, name: &str, bytes: &[u8], depth: u8) -> Node {
        let mut time = None;
        if name == "Envelope" {
            time = Envelope::from_bytes(bytes).ok().map(|envelope| envelope.claimed_timestamp());
        }
        let nodes = protobuf::fields(&self.schema, name, bytes, &mut |inside, number, value| {
            if depth > MAX_DEPTH {
                return None;
            }
            let deeper = depth.saturating_add(1);
            match (inside, number) {
                ("WebSocketRequestMessage", 3) => Some(vec![self.envelope(value, deeper)]),
                ("Envelope", 8) => Some(vec![self.in_envelope(value, time, deeper)]),
                ("SharedConfigMessage", 3) => {
                    let unknown = || Node::bad("config message that no account given opens");
                    Some(vec![self.config(value).unwrap_or_else(unknown)])
                }
                _ => None,
            }
        });
        Node::new(name.to_owned()).at(0, bytes.len()).with_all(nodes)
    }

    fn direct(&self, bytes: &[u8], depth: u8) -> Node {
        let node = self.message("WebSocketMessage", bytes, depth);
        if let Err(error) = Envelope::from_web_socket(bytes) {
            return node.with(Node::bad(error));
        }
        let accounts = self.keys.accounts.iter().map(|account| account.x25519());
        let verdict =
            direct::open(bytes, accounts).ok().map(|opened| opened.pro(&BACKEND_PUBLIC_KEY));
        node.with_all(verdict.and_then(pro))
    }

    fn envelope(&self, bytes: &[u8], depth: u8) -> Node {
        let node = self.message("Envelope", bytes, depth);
        match Envelope::from_bytes(bytes) {
            Ok(_) => node.with(Node::new("nothing of an envelope is signed but its content")),
            Err(error) => node.with(Node::bad(error)),
        }
    }

    /// Plain in a group, a signed box everywhere else.
    fn in_envelope(&self, bytes: &[u8], time: Option<Timestamp>, depth: u8) -> Node {
        if self.is_content(bytes) {
            return self.content(bytes, time, depth);
        }
        let accounts = self.keys.accounts.iter().map(|account| account.x25519());
        let recipients: Vec<_> = accounts.chain(&self.keys.legacy_groups).collect();
        let parts = Node::new("signed box")
            .at(0, bytes.len())
            .with(Node::new("one-time key").at(0, 32))
            .with(Node::new("authenticator").at(32, 16))
            .with(Node::new("ciphertext").at(48, bytes.len().saturating_sub(48)));
        if recipients.is_empty() {
            return parts.with(Node::bad("not opened: no account was given"));
        }
        for recipient in &recipients {
            match signed_box::open(bytes, recipient) {
                Err(signed_box::OpenError::Unauthentic) => {}
                Err(error) => return parts.with(Node::bad(error)),
                Ok(opened) => {
                    let content = self.content(opened.message(), time, depth);
                    return parts
                        .with(Node::good(format!("opened by {}", self.name(recipient))))
                        .with(Node::good(format!(
                            "signed for this recipient by {}",
                            opened.sender()
                        )))
                        .with(Node::new(format!("with the Ed25519 key {}", opened.sender_key())))
                        .with(content);
                }
            }
        }
        let count = recipients.len();
        parts.with(Node::bad(format!(
            "none of {count} keys opens it: for somebody else, or altered"
        )))
    }

    fn name(&self, recipient: &X25519Keypair) -> String {
        let id = AccountId::from_public_key(recipient.public_key());
        let own = self.keys.accounts.iter().any(|account| account.id() == id);
        if own { format!("the account {id}") } else { format!("the legacy group's key {id}") }
    }

    /// Padding, fields, and what every receiver checks.
    fn content(&self, padded: &[u8], claimed: Option<Timestamp>, depth: u8) -> Node {
        let bytes = padding::unpad(padded);
        let rest = padded.len().saturating_sub(bytes.len());
        let mut node = self.message("Content", bytes, depth);
        if rest > 0 {
            node = node.with(Node::new("padding").at(bytes.len(), rest));
        }
        let signed = match Content::decode(bytes) {
            Ok((_, signed)) => signed,
            Err(error) => return node.with(Node::bad(format!("receivers drop it: {error}"))),
        };
        node = node.with(Node::good("a valid content"));
        if let Some(claimed) = claimed {
            node = node.with(match signed {
                Some(signed) if signed == claimed => Node::good("its time is that of the envelope"),
                Some(_) => Node::bad("receivers drop it: its time is not that of the envelope"),
                None => Node::bad("it has no time: whoever stored it chose that of the envelope"),
            });
        }
        node
    }

    fn group(&self, bytes: &[u8], depth: u8) -> Option<Node> {
        let opened = self.keys.groups.iter().find_map(|(group, keys)| {
            match framing::open(bytes, group, keys) {
                Err(framing::OpenError::NoKeyFits { .. } | framing::OpenError::TooShort { .. }) => {
                    None
                }
                result => Some((group, result)),
            }
        });
        let (group, result) = opened?;
        let node = Node::new("group message")
            .at(0, bytes.len())
            .with(Node::new("nonce").at(0, 24))
            .with(Node::new("ciphertext").at(24, bytes.len().saturating_sub(40)))
            .with(Node::new("authenticator").at(bytes.len().saturating_sub(16), 16));
        Some(match result {
            Err(error) => node.with(Node::bad(error)),
            Ok(opened) => node
                .with_all(self.pro_in_group(bytes))
                .with(Node::good(format!("decrypted by key {} of {group}", opened.key_index())))
                .with(Node::good(format!("signed for this group by {}", opened.sender())))
                .with(Node::new(format!("with the Ed25519 key {}", opened.sender_key())))
                .with(Node::new("whether the author is a member, this does not tell"))
                .with(self.envelope(opened.plaintext(), depth.saturating_add(1))),
        })
    }

    fn pro_in_group(&self, bytes: &[u8]) -> Option<Node> {
        let mut groups = self.keys.groups.iter();
        let opened = groups.find_map(|(group, keys)| group::open(bytes, group, keys).ok())?;
        pro(opened.pro(&BACKEND_PUBLIC_KEY))
    }

    fn community(&self, bytes: &[u8], depth: u8) -> Node {
        let mut node = Node::new("post in a community").at(0, bytes.len());
        node = node.with(match (&self.keys.signature, self.keys.author) {
            (Some(signature), Some(author)) => match community::verify(bytes, signature, author) {
                Ok(_) => Node::good(format!("signed by {author}")),
                Err(error) => Node::bad(error),
            },
            _ => Node::new("signature not checked: give author and signature"),
        });
        node.with(match community::open(bytes) {
            Ok(post) if post.envelope().is_some() => self.envelope(bytes, depth),
            Ok(_) => self.content(bytes, None, depth),
            Err(error) => Node::bad(error),
        })
    }

    fn blinded(&self, bytes: &[u8], depth: u8) -> Node {
        let node = Node::new("message between blinded ids")
            .at(0, bytes.len())
            .with(Node::new("version").at(0, 1))
            .with(Node::new("ciphertext").at(1, bytes.len().saturating_sub(41)))
            .with(Node::new("authenticator").at(bytes.len().saturating_sub(40), 16))
            .with(Node::new("nonce").at(bytes.len().saturating_sub(24), 24));
        let keys = self.keys;
        let (Some(server), Some(from), Some(to)) = (&keys.server, &keys.from, &keys.to) else {
            return node.with(Node::bad("not opened: give an account, server, from and to"));
        };
        let mut failure = "no account was given".to_owned();
        for account in &keys.accounts {
            match blinded::open(bytes, account.ed25519(), server, from, to) {
                Ok(opened) => {
                    return node
                        .with(Node::good(format!("opened by the account {}", account.id())))
                        .with(Node::good(format!(
                            "from {}, who is {}",
                            hex(&from.to_bytes()),
                            opened.sender()
                        )))
                        .with(self.community(opened.message(), depth));
                }
                Err(error) => failure = error.to_string(),
            }
        }
        node.with(Node::bad(failure))
    }

    fn push(&self, bytes: &[u8], depth: u8) -> Option<Node> {
        let key = self.keys.push.iter().find(|key| key.decrypt(bytes).is_ok())?;
        let node = Node::new("push notification")
            .at(0, bytes.len())
            .with(Node::new("nonce").at(0, 24))
            .with(Node::new("ciphertext").at(24, bytes.len().saturating_sub(40)))
            .with(Node::new("authenticator").at(bytes.len().saturating_sub(16), 16));
        let notification = match key.open(bytes) {
            Ok(notification) => notification,
            Err(error) => return Some(node.with(Node::bad(error))),
        };
        let mut node = node
            .with(Node::good("decrypted: what follows, the push server says"))
            .with(Node::new(format!("@ for {}", notification.account())));
        if let Some(namespace) = notification.namespace() {
            node = node.with(Node::new(format!("n in namespace {namespace}")));
        }
        if let Some(hash) = notification.hash() {
            node = node.with(Node::new(format!("# stored as {}", crate::tree::text(hash))));
        }
        node = match notification.message() {
            None => node.with(Node::new("the message was left out: fetch it from the swarm")),
            Some(message) => {
                let unknown =
                    || Node::bad(format!("message of {} bytes, not explained", message.len()));
                let inner = self.find(message, depth.saturating_add(1));
                node.with(inner.unwrap_or_else(unknown).at(0, message.len()))
            }
        };
        Some(node)
    }

    fn config(&self, bytes: &[u8]) -> Option<Node> {
        let accounts = self.keys.accounts.iter().find_map(|account| {
            let key = ConfigKey::of_account(&account.ed25519().seed());
            config::blob(bytes, &key, &config::OF_ACCOUNT, &Authority::Unsigned)
        });
        accounts.or_else(|| {
            self.keys.groups.iter().find_map(|(group, keys)| {
                let authority = Authority::ReadOnly(group.check().ok()?);
                keys.iter().find_map(|key| {
                    let key = ConfigKey::from_bytes(*key.expose_bytes());
                    config::blob(bytes, &key, &config::OF_GROUP, &authority)
                })
            })
        })
    }

    /// A bt dict in clear: a multi-recipient box, a config revision, or something else.
    fn dict(&self, bytes: &[u8]) -> Node {
        if MultiBox::from_bytes(bytes).is_ok() {
            return self.multi_box(bytes);
        }
        if bytes.starts_with(b"d1:#i") {
            return config::revision(bytes, &Authority::Unsigned);
        }
        config::value(bytes)
    }

    fn multi_box(&self, bytes: &[u8]) -> Node {
        let node =
            Node::new("box for several recipients, as notices of removal are").at(0, bytes.len());
        let found = match MultiBox::from_bytes(bytes) {
            Ok(found) => found,
            Err(error) => return node.with(Node::bad(error)),
        };
        let lengths: Vec<_> = found.entries().iter().map(Vec::len).collect();
        let mut node = node.with(Node::new(format!(
            "{} entries of {} to {} bytes, some of which may be junk",
            lengths.len(),
            lengths.iter().min().unwrap_or(&0),
            lengths.iter().max().unwrap_or(&0),
        )));
        let mut opened = false;
        for (group, _) in &self.keys.groups {
            for account in &self.keys.accounts {
                if let Ok(Some(generation)) = kicked::open(bytes, account.x25519(), group) {
                    opened = true;
                    let (id, text) = (account.id(), "was removed");
                    node = node.with(Node::good(format!(
                        "{id} {text} from {group}, whose key then had the number {generation}"
                    )));
                }
            }
        }
        if opened {
            node
        } else {
            node.with(Node::new("no entry is a notice for the accounts and groups given"))
        }
    }
}

/// What a claim of Session Pro is worth, if there is one.
fn pro(verdict: std::result::Result<Option<Verdict>, ProError>) -> Option<Node> {
    match verdict {
        Ok(verdict) => verdict.map(|verdict| match verdict.status() {
            Status::Valid => Node::good("Session Pro: proven, unless it was revoked"),
            status => Node::bad(format!("Session Pro is claimed, and not proven: {status:?}")),
        }),
        Err(error) => Some(Node::bad(error)),
    }
}

fn url_node(bytes: &[u8]) -> Node {
    url::explain(std::str::from_utf8(bytes).map(str::trim).unwrap_or_default())
}

fn is_bt(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    reader.value().and_then(|item| item.raw()).is_ok() && reader.finish().is_ok()
}

fn id(bytes: &[u8]) -> Option<Node> {
    let id = PrefixedId::from_bytes(bytes.try_into().ok()?).ok()?;
    Some(Node::new(format!("id {id}")).with(Node::new(format!("{:?}", id.kind()))))
}

/// 10 §5: what can be seen without keys.
fn next_generation(bytes: &[u8]) -> Node {
    Node::new("message of the next generation, which this tool does not open")
        .at(0, bytes.len())
        .with(Node::new("version").at(0, 2))
        .with(Node::new("which account key, masked").at(2, 2))
        .with(Node::new("one-time X25519 key").at(4, 32))
        .with(Node::new("ML-KEM-768 ciphertext").at(36, 1088))
        .with(Node::new("ciphertext").at(1124, bytes.len().saturating_sub(1140)))
        .with(Node::new("authenticator").at(bytes.len().saturating_sub(16), 16))
}
