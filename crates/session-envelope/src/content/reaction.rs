//! Reactions: an emoji on somebody's message (03 §4.3).

use alloc::{format, string::String, vec::Vec};

use super::{ContentError, MessageId, MessageReference, fields};
use crate::wire::{self, UnknownFields, data};

/// Longest emoji in bytes: a family of four with skin tones has 41.
const MAX_EMOJI_LENGTH: usize = 64;

/// A reaction, set or taken back. Setting one twice is setting it once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reaction {
    target: MessageReference,
    emoji: String,
    action: ReactionAction,
    unknown: UnknownFields,
}

/// What happens to the reaction.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ReactionAction {
    /// It is set.
    React,
    /// It is taken back.
    Remove,
}

impl Reaction {
    /// Reaction to `target`.
    ///
    /// # Errors
    /// [`ContentError::Empty`] without an emoji, [`ContentError::TooMany`] above 64 bytes.
    pub fn new(
        target: MessageReference,
        emoji: impl Into<String>,
        action: ReactionAction,
    ) -> Result<Self, ContentError> {
        Self { target, emoji: emoji.into(), action, unknown: UnknownFields::default() }.check()
    }

    /// The message that is reacted to.
    #[must_use]
    pub const fn target(&self) -> MessageReference {
        self.target
    }

    /// The emoji.
    #[must_use]
    pub fn emoji(&self) -> &str {
        &self.emoji
    }

    /// Whether it is set or taken back.
    #[must_use]
    pub const fn action(&self) -> ReactionAction {
        self.action
    }

    fn check(self) -> Result<Self, ContentError> {
        let field = "Reaction.emoji";
        match self.emoji.len() {
            0 => Err(ContentError::Empty { field }),
            found if found > MAX_EMOJI_LENGTH => {
                Err(ContentError::TooMany { field, limit: MAX_EMOJI_LENGTH, found })
            }
            _ => Ok(self),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let reaction = data::Reaction {
            msg_timestamp: Some(self.target.sent_at().as_millis()),
            author: Some(format!("{}", self.target.author())),
            emoji: Some(self.emoji.clone()),
            action: Some(match self.action {
                ReactionAction::React => 0,
                ReactionAction::Remove => 1,
            }),
            msg_id: self.target.message_id().map(MessageId::to_wire),
        };
        wire::encode_with(&reaction, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (reaction, unknown) = wire::decode_keeping::<data::Reaction>(bytes)?;
        let target = MessageReference::from_wire(
            (reaction.msg_timestamp, "Reaction.msgTimestamp"),
            (reaction.author.as_deref(), "Reaction.author"),
            reaction.msg_id,
        )?;
        let action = |number| match number {
            0 => Some(ReactionAction::React),
            1 => Some(ReactionAction::Remove),
            _ => None,
        };
        let action = fields::enumerated(reaction.action, action, "Reaction.action")?;
        let emoji = reaction.emoji.unwrap_or_default();
        Self { target, emoji, action, unknown }.check()
    }
}
