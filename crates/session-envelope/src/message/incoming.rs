//! From what a swarm or a community stores to a message.

use alloc::vec::Vec;

use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};
use session_identity::{
    Account, AccountId, GroupId, Timestamp,
    blinding::{self, ServerPublicKey},
    id::{BlindedId, PrefixedId},
    pro::Status,
};

use super::HashInputs;
use crate::{
    blinded, community,
    content::{
        Content, DeliveryError, Kind, MAX_BODY_LENGTH, MAX_PRO_BODY_LENGTH, Place, Sender, cut_text,
    },
    direct,
    group::{self, GroupKey, framing},
    pro::{ProError, Verdict},
    received::{Received, RefusedError, TimeSource},
};

/// Where a message comes from, with what is needed to read it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Source<'a> {
    /// Namespace 0 of the reader's swarm: messages to the account, and copies from its other devices.
    Account,
    /// Namespace 11 of a group's swarm.
    Group {
        /// The group.
        group: &'a GroupId,
        /// Its keys, newest first.
        keys: &'a [GroupKey],
    },
    /// A room of a community.
    Community {
        /// Key of the server.
        server: &'a ServerPublicKey,
        /// Who posted, as the server says.
        author: PrefixedId,
        /// Signature beside the post.
        signature: &'a Ed25519Signature,
        /// When the server took the post.
        posted: Timestamp,
    },
    /// Inbox or outbox of the reader in a community.
    Inbox {
        /// Key of the server.
        server: &'a ServerPublicKey,
        /// Who sent, as the server says.
        sender: &'a BlindedId,
        /// To whom, as the server says.
        recipient: &'a BlindedId,
        /// When the server took the message.
        posted: Timestamp,
    },
}

impl Source<'_> {
    /// Kind of conversation, by whose rules the message is judged.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Account | Self::Inbox { .. } => Place::Direct,
            Self::Group { .. } => Place::Group,
            Self::Community { .. } => Place::Community,
        }
    }
}

/// A message that passed every check which it and its conversation allow (03 §3.2, steps 2 to 4 and 6 to 8).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    sender: PrefixedId,
    place: Place,
    is_own: bool,
    sent_at: Timestamp,
    time_source: TimeSource,
    content: Content,
    pro: Option<Verdict>,
    hash_inputs: Option<HashInputs>,
}

impl Message {
    /// Who wrote the message, proven. In the room of a community a blinded id, in its inbox the Account ID.
    #[must_use]
    pub const fn sender(&self) -> PrefixedId {
        self.sender
    }

    /// Whether the reader wrote it, on this or another device.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        self.is_own
    }

    /// Kind of conversation.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Whether the message is to be processed even if the user has blocked its sender (03 §4.0).
    #[must_use]
    pub fn may_come_from_blocked(&self) -> bool {
        self.content.check_delivery(self.place, Sender::Blocked).is_ok()
    }

    /// When it was written by the sender's clock; in a community, when the server took it.
    #[must_use]
    pub const fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Who says that it was written at [`Self::sent_at`].
    #[must_use]
    pub const fn time_source(&self) -> TimeSource {
        self.time_source
    }

    /// What was written.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// What was written, without the rest.
    #[must_use]
    pub fn into_content(self) -> Content {
        self.content
    }

    /// Text of a message to be shown, cut to what its sender may write: 2 000 code points, with valid Pro 10 000
    /// (09 §4, step 9). [`Content::body`] is the whole text.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        let has_pro = self.pro.as_ref().is_some_and(|pro| pro.status() == Status::Valid);
        let limit = if has_pro { MAX_PRO_BODY_LENGTH } else { MAX_BODY_LENGTH };
        self.content.body().map(|body| cut_text(body, limit))
    }

    /// What the message says about its sender's Pro, and what that is worth: `None` if it says nothing. Revocations
    /// are for the application to know.
    #[must_use]
    pub const fn pro(&self) -> Option<&Verdict> {
        self.pro.as_ref()
    }

    /// Whose swarm stores the message and in which namespace: `None` for communities.
    #[must_use]
    pub const fn hash_inputs(&self) -> Option<HashInputs> {
        self.hash_inputs
    }
}

/// The message in `stored`, for `reader`. Proofs of Pro are judged by the key of `pro_backend`, usually
/// [`BACKEND_PUBLIC_KEY`](session_identity::pro::BACKEND_PUBLIC_KEY).
///
/// # Errors
/// [`DecodeError`]: the first step that fails.
pub fn decode(
    stored: &[u8],
    reader: &Account,
    source: Source<'_>,
    pro_backend: &Ed25519PublicKey,
) -> Result<Message, DecodeError> {
    let message = match source {
        Source::Account => {
            direct_message(direct::open(stored, [reader.x25519()])?, reader, pro_backend)?
        }
        Source::Group { group, keys } => {
            let opened = group::open(stored, group, keys)?;
            // Pro first: what both steps need at once is more memory. A refused content is reported first.
            let pro = opened.pro(pro_backend);
            let received = opened.into_received()?;
            let owner = PrefixedId::from(*group);
            stored_message(received, pro?, reader, (owner, Place::Group))
        }
        Source::Community { server, author, signature, posted } => {
            let post = community::verify(stored, signature, author)?;
            let pro = post.pro(posted, pro_backend);
            let content = post.to_content(posted)?;
            posted_message(content, pro?, Place::Community, (author, posted, reader.id(), server))
        }
        Source::Inbox { server, sender, recipient, posted } => {
            let opened = blinded::open(stored, reader.ed25519(), server, sender, recipient)?;
            let post = community::open(opened.message())?;
            let author = opened.sender().into();
            drop(opened);
            let pro = post.pro(posted, pro_backend);
            let content = post.to_content(posted)?;
            let pro = pro?;
            if author != PrefixedId::from(reader.id()) {
                check_unsend(&content, [author, PrefixedId::from(*sender)])?;
            }
            posted_message(content, pro, Place::Direct, (author, posted, reader.id(), server))
        }
    };
    delivered(message, source)
}

/// Many messages from one source, as a poll brings them. The answers are in their order, and each is that of [`decode`].
///
/// The signatures of messages to an account are verified together, and each sender's key is read once
/// ([`direct::open_batch`]); messages of other sources are decoded one by one. A message of a group may take 1 MB when it is
/// decompressed, however short it is stored: give as many at once as there is memory for.
#[must_use]
pub fn decode_batch<T: AsRef<[u8]>>(
    stored: &[T],
    reader: &Account,
    source: Source<'_>,
    pro_backend: &Ed25519PublicKey,
) -> Vec<Result<Message, DecodeError>> {
    if !matches!(source, Source::Account) {
        let decode = |stored: &T| decode(stored.as_ref(), reader, source, pro_backend);
        return stored.iter().map(decode).collect();
    }
    let opened = direct::open_batch(stored, &[reader.x25519()]);
    let message = |opened: Result<direct::Opened, _>| {
        delivered(direct_message(opened?, reader, pro_backend)?, source)
    };
    opened.into_iter().map(message).collect()
}

/// [`decode_batch`] on the threads of `rayon`: a part of the messages on each. The answers are the same.
#[cfg(feature = "rayon")]
#[must_use]
pub fn decode_batch_parallel<T: AsRef<[u8]> + Sync>(
    stored: &[T],
    reader: &Account,
    source: Source<'_>,
    pro_backend: &Ed25519PublicKey,
) -> Vec<Result<Message, DecodeError>> {
    use rayon::{iter::ParallelIterator as _, slice::ParallelSlice as _};

    /// A smaller batch is not worth a thread.
    const LEAST: usize = 16;
    let part = stored.len().div_ceil(rayon::current_num_threads()).max(LEAST);
    let decode = |part: &[T]| decode_batch(part, reader, source, pro_backend);
    stored.par_chunks(part).flat_map_iter(decode).collect()
}

fn direct_message(
    opened: direct::Opened,
    reader: &Account,
    pro_backend: &Ed25519PublicKey,
) -> Result<Message, DecodeError> {
    let pro = opened.pro(pro_backend);
    let received = opened.into_received()?;
    Ok(stored_message(received, pro?, reader, (reader.id().into(), Place::Direct)))
}

/// The message, if it may come from where it comes from.
///
/// Own devices see what they sent to groups and in communities there; from a swarm they get copies, which name their
/// conversation (09 §4, step 4).
fn delivered(message: Message, source: Source<'_>) -> Result<Message, DecodeError> {
    let content = &message.content;
    let lacks_conversation = content.names_conversation() && content.copy_of().is_none();
    if message.is_own && lacks_conversation && matches!(source, Source::Account) {
        return Err(DeliveryError::OwnMessage.into());
    }
    let role = if message.is_own { Sender::Own } else { Sender::Other };
    message.content.check_delivery(message.place, role)?;
    Ok(message)
}

fn stored_message(
    received: Received,
    pro: Option<Verdict>,
    reader: &Account,
    (owner, place): (PrefixedId, Place),
) -> Message {
    let namespace = place.namespace();
    Message {
        sender: received.sender().into(),
        place,
        is_own: received.sender() == reader.id(),
        sent_at: received.sent_at(),
        time_source: received.time_source(),
        content: received.into_content(),
        pro,
        hash_inputs: namespace.map(|namespace| HashInputs { owner, namespace }),
    }
}

fn posted_message(
    content: Content,
    pro: Option<Verdict>,
    place: Place,
    (sender, sent_at, reader, server): (PrefixedId, Timestamp, AccountId, &ServerPublicKey),
) -> Message {
    let is_own = match sender {
        PrefixedId::Account(id) => id == reader,
        PrefixedId::Blinded15(id) => is_blinded(&reader, &BlindedId::Blinded15(id), server),
        PrefixedId::Blinded25(id) => is_blinded(&reader, &BlindedId::Blinded25(id), server),
        _ => false,
    };
    let time_source = TimeSource::Server;
    Message { sender, place, is_own, sent_at, time_source, content, pro, hash_inputs: None }
}

fn is_blinded(reader: &AccountId, id: &BlindedId, server: &ServerPublicKey) -> bool {
    blinding::matches(reader, id, server).unwrap_or(false)
}

/// In an inbox people know each other by blinded ids too.
fn check_unsend(content: &Content, sender: [PrefixedId; 2]) -> Result<(), RefusedError> {
    match content.kind() {
        Kind::Unsend(unsend) if !sender.iter().any(|id| unsend.may_be_sent_by(*id)) => {
            Err(RefusedError::ForeignUnsend { author: unsend.target().author() })
        }
        _ => Ok(()),
    }
}

/// Why bytes are no message for this reader.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A direct message did not open.
    #[error(transparent)]
    Direct(#[from] direct::OpenError),
    /// A message of a group did not open.
    #[error(transparent)]
    Group(#[from] group::OpenError),
    /// A post is not by its author, or is none.
    #[error(transparent)]
    Post(#[from] community::OpenError),
    /// A message of an inbox did not open.
    #[error(transparent)]
    Inbox(#[from] blinded::OpenError),
    /// The content breaks a rule.
    #[error(transparent)]
    Refused(#[from] RefusedError),
    /// The content of a post breaks a rule.
    #[error(transparent)]
    RefusedPost(#[from] community::RefusedError),
    /// What the content says about Pro is malformed.
    #[error(transparent)]
    Pro(#[from] ProError),
    /// Such messages do not come from there. What an own device sent counts as processed.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl DecodeError {
    /// Whether the bytes are worth keeping: a key of the group that comes later, or a later version of this library,
    /// may open them (03 §3.2, step 1). Everything else fails for ever.
    #[must_use]
    pub const fn may_open_later(&self) -> bool {
        matches!(
            self,
            Self::Direct(direct::OpenError::NextGeneration)
                | Self::Group(group::OpenError::Frame(framing::OpenError::NoKeyFits { .. }))
        )
    }
}
