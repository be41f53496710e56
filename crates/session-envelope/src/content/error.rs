//! Which rule a content breaks.

use session_identity::Timestamp;
use session_types::community::ParseUrlError;

use super::MAX_LENGTH;
use crate::envelope::ProtobufError;

/// Why bytes or parts are no content: the first rule that is broken. Fields are named as in the schema.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Longer than every message that a conversation carries.
    #[error("content of {found} bytes, at most {MAX_LENGTH} are possible")]
    TooLong {
        /// Bytes that were given.
        found: usize,
    },
    /// Broken protobuf.
    #[error("malformed content")]
    Malformed(#[from] ProtobufError),
    /// The content is about nothing that this library knows (03 §1.2).
    #[error("content of unknown kind")]
    UnknownKind,
    /// The content is of a kind that old clients sent, and that means nothing any more (03 §4): to be dropped.
    #[error("{field} is of an obsolete kind")]
    Obsolete {
        /// Field that makes the content of this kind.
        field: &'static str,
    },
    /// The content is about several things, of which clients would pick different ones (03 §1.2).
    #[error("content of two kinds, {first} and {second}")]
    SeveralKinds {
        /// Field that makes the content of one kind.
        first: &'static str,
        /// Field that makes it of another.
        second: &'static str,
    },
    /// A control message of a legacy group: see [`crate::legacy`].
    #[error("control message of a legacy group")]
    LegacyGroup,
    /// A required field is absent, or is a number that its enumeration does not have (03, wire rules 1 and 2).
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A text, a list or a number that must say something says nothing.
    #[error("{field} is empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A key, seed or signature has the wrong length.
    #[error("{field} has {found} bytes, expected {expected}")]
    Length {
        /// The field.
        field: &'static str,
        /// Bytes that were wanted.
        expected: usize,
        /// Bytes that were found.
        found: usize,
    },
    /// A list, or the texts in it together, are longer than any client accepts (03 §2).
    #[error("{field} has {found} elements or bytes, at most {limit} are accepted")]
    TooMany {
        /// The field.
        field: &'static str,
        /// How many are accepted.
        limit: usize,
        /// How many were found.
        found: usize,
    },
    /// A text is no id, or no id of the kind that belongs there.
    #[error("{field} is no id of the right kind")]
    Id {
        /// The field.
        field: &'static str,
    },
    /// An invitation has no address of a room with the server's key in 64 digits (03 §4.1), and nothing else is to be shown.
    #[error("OpenGroupInvitation.url is no URL of a community's room")]
    CommunityUrl(#[source] ParseUrlError),
    /// A preview is not of an `http` or `https` link in the text (03 §4.1).
    #[error("Preview.url is no link to a web page in the text")]
    PreviewUrl,
    /// A visible message has nothing to show (03 §4.1).
    #[error("message is blank")]
    Blank,
    /// The text is longer than the sender may write (02 §9.2).
    #[error("message of {found} code points, at most {limit} are allowed")]
    BodyTooLong {
        /// Code points that are allowed.
        limit: usize,
        /// Code points of the text.
        found: usize,
    },
    /// A typing notice is about another time than it was sent (03 §4.4).
    #[error("typing notice about {found} ms, sent at {sent_at} ms")]
    TypingTimestamp {
        /// Time of sending.
        sent_at: Timestamp,
        /// Time in the notice.
        found: Timestamp,
    },
    /// The three lists of network candidates are not equally long (03 §4.10).
    #[error("candidates of {descriptions} descriptions, {lines} lines, {media} media")]
    UnevenCandidates {
        /// Length of `sdps`.
        descriptions: usize,
        /// Length of `sdpMLineIndexes`.
        lines: usize,
        /// Length of `sdpMids`.
        media: usize,
    },
}
