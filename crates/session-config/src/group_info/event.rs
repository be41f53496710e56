//! What of a group may change.

/// A field of a group.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum InfoField {
    /// Name of the group.
    Name,
    /// Description of the group.
    Description,
    /// Picture of the group.
    Picture,
    /// After how long messages disappear.
    ExpiryTimer,
    /// When the group was made.
    CreatedAt,
    /// Before when messages are to be deleted.
    DeleteBefore,
    /// Before when attachments are to be deleted.
    DeleteAttachmentsBefore,
    /// Whether the group was destroyed.
    IsDestroyed,
    /// What this version does not know.
    Other,
}

impl InfoField {
    pub(super) const fn of(key: &[u8]) -> Self {
        match key {
            b"n" => Self::Name,
            b"o" => Self::Description,
            b"p" | b"q" => Self::Picture,
            b"E" => Self::ExpiryTimer,
            b"c" => Self::CreatedAt,
            b"d" => Self::DeleteBefore,
            b"D" => Self::DeleteAttachmentsBefore,
            b"!" => Self::IsDestroyed,
            _ => Self::Other,
        }
    }
}
