//! Session Pro in messages: whether one was sent with Pro, and for what (02 §9.4).
//!
//! The proof stands in the content, the signature of the proof's key beside it: in the envelope, or in a
//! community in the content too. A verdict never drops a message; what is not [`Status::Valid`], or was revoked,
//! grants nothing.

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::{
    Timestamp,
    pro::{SignedMessage, Status},
};

use crate::{
    content::{ContentError, ProMessage},
    wire::{self, content::ProClaim},
};

/// What a message says about its sender's Pro, and what that is worth.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    status: Status,
    message: ProMessage,
}

impl Verdict {
    /// What the claim is worth.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The claim: proof and features.
    #[must_use]
    pub const fn message(&self) -> &ProMessage {
        &self.message
    }
}

/// At which time a proof must be valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ValidAt {
    /// When the content was signed.
    Signing,
    /// When the server took the message.
    Posting(Timestamp),
}

/// Judges what the content of these bytes says about Pro: `None` if it says nothing, or there is no signature.
pub(crate) fn judge(
    content: &[u8],
    signed: Option<SignedMessage<'_>>,
    time: ValidAt,
    backend: &Ed25519PublicKey,
) -> Result<Option<Verdict>, ProError> {
    let content: ProClaim = wire::decode(content).map_err(ContentError::Malformed)?;
    let (Some(claim), Some(signed)) = (wire::merged(content.pro_message), signed) else {
        return Ok(None);
    };
    let message = ProMessage::decode(&claim)?;
    let time = match time {
        ValidAt::Posting(posted) => posted,
        ValidAt::Signing => match content.sig_timestamp {
            None | Some(0) => return Err(ProError::NoTimestamp),
            Some(millis) => Timestamp::from_millis(millis),
        },
    };
    let status =
        message.proof().map_or(Status::Unreadable, |proof| proof.status(backend, signed, time));
    Ok(Some(Verdict { status, message }))
}

/// Why a message with a proof of Pro is refused (01 §11.6).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProError {
    /// A field has the wrong length, or there is no content.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The content has no time, at which the proof could be valid or not.
    #[error("proof of Pro in a content without timestamp")]
    NoTimestamp,
}

#[cfg(test)]
mod tests;
