//! Quotes: which message is answered, and what it is claimed to say (03 §1.3).

use alloc::{string::String, vec::Vec};

use super::{ContentError, MessageId, MessageReference, safe_file_name};
use crate::wire::{
    self, UnknownFields,
    data::{self, QuotedAttachment},
};

/// What the sender of an answer claims that the quoted message says. Read only: current clients do not send it.
///
/// Nothing of it is signed by the author of the quoted message. It is for archives and bridges, which may not have that
/// message.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClaimedQuote {
    text: Option<String>,
    files: Vec<QuotedFile>,
}

impl ClaimedQuote {
    /// Text of the quoted message.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Files of the quoted message, in their order.
    #[must_use]
    pub fn files(&self) -> &[QuotedFile] {
        &self.files
    }
}

/// A file of a quoted message, as the sender of the answer describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QuotedFile {
    content_type: Option<String>,
    file_name: Option<String>,
}

impl QuotedFile {
    /// MIME type.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// File name, made safe by [`safe_file_name`].
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        self.file_name.as_deref().and_then(safe_file_name)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let file = wire::decode_named::<QuotedAttachment>(bytes, QuotedAttachment::NAMES).ok()?;
        Some(Self { content_type: file.content_type, file_name: file.file_name })
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Quote {
    reference: MessageReference,
    unknown: UnknownFields,
}

impl Quote {
    pub(super) fn of(reference: MessageReference) -> Self {
        Self { reference, unknown: UnknownFields::default() }
    }

    pub(super) const fn reference(&self) -> MessageReference {
        self.reference
    }

    /// Text and files, which are kept as they came.
    pub(super) fn claimed(&self) -> Option<ClaimedQuote> {
        // They were parsed with the message, and are well-formed but for the files inside.
        let quote = wire::decode::<data::Quote>(self.unknown.as_bytes()).ok()?;
        let files = quote.attachments.iter().filter_map(|file| QuotedFile::decode(file));
        let claimed = ClaimedQuote { text: quote.text, files: files.collect() };
        (claimed != ClaimedQuote::default()).then_some(claimed)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let quote = data::Quote {
            msg_timestamp: Some(self.reference.sent_at().as_millis()),
            author: Some(alloc::format!("{}", self.reference.author())),
            msg_id: self.reference.message_id().map(MessageId::to_wire),
            ..data::Quote::default()
        };
        wire::encode_with(&quote, &self.unknown)
    }

    /// `None` for a quote of nothing that could be found: the message is worth more than its quote (10 §21.3).
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Self>, ContentError> {
        let (quote, unknown) = wire::decode_keeping::<data::Quote>(bytes)?;
        let reference = MessageReference::from_wire(
            (quote.msg_timestamp, "Quote.msgTimestamp"),
            (quote.author.as_deref(), "Quote.author"),
            quote.msg_id,
        );
        match reference {
            Err(ContentError::Id { .. }) => Ok(None),
            Ok(reference) if reference.sent_at().as_millis() == 0 => Ok(None),
            reference => Ok(Some(Self { reference: reference?, unknown })),
        }
    }
}
