//! From a content to what a swarm or a community stores.

use alloc::{borrow::Cow, vec::Vec};
use core::time::Duration;

use session_crypto::{
    ed25519::Ed25519Signature, hazmat::MultiplyError, rand_core::CryptoRng,
    xed25519::XEd25519Keypair,
};
use session_identity::{
    Account, AccountId, GroupId, Timestamp,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    id::{BlindedId, PrefixedId},
    pro::RotatingKeypair,
};
use zeroize::Zeroizing;

use super::HashInputs;
use crate::{
    blinded, community,
    content::{Content, DeliveryError, Place, ProProof, Sender},
    direct,
    envelope::ProSignature,
    group::{self, GroupKey},
    padding::pad,
};

/// The author of a message: an account and, with Session Pro, the rotating key that signs the claim to it.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    account: &'a Account,
    rotating: Option<&'a RotatingKeypair>,
}

impl<'a> Author<'a> {
    /// This account, without Pro.
    #[must_use]
    pub const fn new(account: &'a Account) -> Self {
        Self { account, rotating: None }
    }

    /// The account with Pro: the key that the proof in its contents speaks for.
    #[must_use]
    pub const fn with_pro(self, rotating: &'a RotatingKeypair) -> Self {
        Self { rotating: Some(rotating), ..self }
    }

    /// Checks that the author signs with the key of the proof in the content. Otherwise every recipient refuses the claim to
    /// Pro.
    fn check_claim(&self, content: &Content) -> Result<(), EncodeError> {
        let claimed = content.pro().and_then(|pro| pro.proof()).and_then(ProProof::rotating_key);
        let own = self.rotating.map(RotatingKeypair::public_key);
        if claimed.is_none() || claimed == own { Ok(()) } else { Err(EncodeError::ForeignProof) }
    }
}

/// Where a message goes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Destination<'a> {
    /// An account. The author's own account is the destination of a note to oneself, which then names its author as
    /// [`Content::copy_of`], and of the [copy](Content::to_copy) of a message to somebody else.
    Account(&'a AccountId),
    /// A group.
    Group {
        /// The group.
        group: &'a GroupId,
        /// Its newest key.
        key: &'a GroupKey,
    },
    /// A room of a community.
    Community {
        /// Key of the server.
        server: &'a ServerPublicKey,
        /// Under which id the author is known there.
        identity: CommunityIdentity,
    },
    /// Somebody who is known by a blinded id only, through the inbox of a community.
    Inbox {
        /// Key of the server.
        server: &'a ServerPublicKey,
        /// The blinded id. The author appears under one of the same kind.
        recipient: &'a BlindedId,
    },
}

impl Destination<'_> {
    /// Kind of conversation, by whose rules the message goes.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Account(_) | Self::Inbox { .. } => Place::Direct,
            Self::Group { .. } => Place::Group,
            Self::Community { .. } => Place::Community,
        }
    }
}

/// By which of its ids an account posts in a community (02 §4.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CommunityIdentity {
    /// `15`: on servers with the capability `blind`, as clients of today do.
    Blinded15,
    /// `25`: on servers that know these.
    Blinded25,
    /// `05`: on servers without blinding, which see who posts.
    Unblinded,
}

/// What to hand to the swarm or the community.
#[derive(Clone, Eq, PartialEq)]
pub struct Outgoing {
    data: Vec<u8>,
    stored: Option<(HashInputs, Duration)>,
    signature: Option<(PrefixedId, Ed25519Signature)>,
}

impl Outgoing {
    /// The bytes. Swarms and communities take them in base64.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Whose swarm stores the bytes and in which namespace: `None` for communities.
    #[must_use]
    pub fn hash_inputs(&self) -> Option<HashInputs> {
        self.stored.map(|(inputs, _)| inputs)
    }

    /// How long the swarm is to keep the bytes: `None` for communities.
    #[must_use]
    pub fn ttl(&self) -> Option<Duration> {
        self.stored.map(|(_, ttl)| ttl)
    }

    /// The author's id in the community and the signature that goes beside a post: `None` everywhere else.
    #[must_use]
    pub const fn signature(&self) -> Option<&(PrefixedId, Ed25519Signature)> {
        self.signature.as_ref()
    }
}

impl core::fmt::Debug for Outgoing {
    /// Posts are plain: of the bytes only their number is shown.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Outgoing")
            .field("length", &self.data.len())
            .field("stored", &self.stored)
            .finish_non_exhaustive()
    }
}

/// The content, written by `author` at `sent_at`, in the form of its destination.
///
/// `sent_at` is the author's clock, corrected by that of the network: 03 §3.1. Admin signatures inside the content
/// must have been made for the same time.
///
/// # Errors
/// [`EncodeError`]: the first rule that forbids the message.
pub fn encode(
    content: &Content,
    author: &Author<'_>,
    destination: Destination<'_>,
    sent_at: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Outgoing, EncodeError> {
    if sent_at.as_millis() == 0 {
        return Err(EncodeError::ZeroTimestamp);
    }
    let account = author.account;
    let role = match destination {
        Destination::Account(id) if *id == account.id() => Sender::Own,
        _ => Sender::Other,
    };
    content.check_delivery(destination.place(), role)?;
    author.check_claim(content)?;
    let content = match destination {
        Destination::Account(id) => direct::for_recipient(content, account, id)?,
        _ => Cow::Borrowed(content),
    };

    let bytes = Zeroizing::new(content.encode(sent_at));
    let signature = author.rotating.map_or(ProSignature::Decoy, ProSignature::By);
    let data = match destination {
        Destination::Account(id) => {
            direct::seal(&bytes, account.ed25519(), id, sent_at, signature, rng)?
        }
        Destination::Group { group, key } => {
            let envelope = group::envelope(&bytes, sent_at, signature, rng)?;
            group::seal(&envelope, account.ed25519(), group, key, rng)?
        }
        Destination::Community { .. } => author.post(&bytes)?,
        Destination::Inbox { server, recipient } => {
            let padded = Zeroizing::new(author.post(&bytes)?);
            blinded::seal(&padded, account.ed25519(), server, recipient, rng)?
        }
    };
    let owner = match destination {
        Destination::Account(id) => Some(PrefixedId::from(*id)),
        Destination::Group { group, .. } => Some(PrefixedId::from(*group)),
        Destination::Community { .. } | Destination::Inbox { .. } => None,
    };
    let stored = owner.zip(content.storage(destination.place()));
    let stored = stored.map(|(owner, (namespace, ttl))| (HashInputs { owner, namespace }, ttl));
    let signature = match destination {
        Destination::Community { server, identity } => {
            Some(identity.sign(account, server, &data, rng))
        }
        _ => None,
    };
    Ok(Outgoing { data, stored, signature })
}

impl Author<'_> {
    /// What a community stores: padded, with the signature of the Pro key inside (02 §4.3).
    fn post(&self, content: &[u8]) -> Result<Vec<u8>, community::SignProError> {
        match self.rotating {
            Some(rotating) => community::encode_with_pro(content, rotating),
            None => Ok(pad(content)),
        }
    }
}

impl CommunityIdentity {
    fn sign(
        self,
        account: &Account,
        server: &ServerPublicKey,
        data: &[u8],
        rng: &mut impl CryptoRng,
    ) -> (PrefixedId, Ed25519Signature) {
        match self {
            Self::Blinded15 => {
                let keypair = Blinded15Keypair::derive(account.ed25519(), server);
                (keypair.id().into(), keypair.sign(data))
            }
            Self::Blinded25 => {
                let keypair = Blinded25Keypair::derive(account.ed25519(), server);
                (keypair.id().into(), keypair.sign(data))
            }
            Self::Unblinded => {
                let keypair = XEd25519Keypair::from_x25519(account.x25519().secret_key());
                (account.id().into(), keypair.sign(data, rng))
            }
        }
    }
}

/// Why a message cannot be sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The time of sending is 0, which means "none" to other clients.
    #[error("time of sending is 0")]
    ZeroTimestamp,
    /// Such messages do not go there: every recipient would drop it.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The content claims Pro by a proof for another key than the author's, or the author has none.
    #[error("proof of Pro is not for the key that signs")]
    ForeignProof,
    /// It cannot be sealed to the account.
    #[error(transparent)]
    Direct(#[from] direct::SealError),
    /// It cannot be framed for the group.
    #[error(transparent)]
    Group(#[from] group::SealError),
    /// The content carries a Pro signature already: it was somebody's post.
    #[error(transparent)]
    Post(#[from] community::SignProError),
    /// The blinded id of the recipient is none that anybody has.
    #[error("blinded id of the recipient refused")]
    Recipient(#[from] MultiplyError),
}
