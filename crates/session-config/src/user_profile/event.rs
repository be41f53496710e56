//! What of the profile may change.

/// A field of the profile.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ProfileField {
    /// Display name.
    Name,
    /// Picture, as the user set it or as a client uploaded it again.
    Picture,
    /// When others saw the profile change.
    UpdatedAt,
    /// Place of Note to Self.
    NoteToSelfPriority,
    /// How long messages in Note to Self live.
    NoteToSelfTimer,
    /// Up to when messages of Note to Self are deleted.
    NoteToSelfDeleteBefore,
    /// Up to when attachments of Note to Self are deleted.
    NoteToSelfDeleteAttachmentsBefore,
    /// Whether others are told when the user saves their files.
    TellsOfSavedFiles,
    /// Whether people of communities may write.
    CommunityRequests,
    /// Features of the profile.
    Features,
    /// The Pro credential.
    ProCredential,
    /// Until when Pro is paid for, whether it renews itself, and the grace period.
    ProAccess,
    /// A purchase of Pro in flight.
    ProPurchase,
    /// A refund that was asked for.
    ProRefund,
    /// What this version does not know.
    Other,
}

impl ProfileField {
    pub(super) const fn of(key: &[u8]) -> Self {
        match key {
            b"n" => Self::Name,
            b"p" | b"q" | b"P" | b"Q" => Self::Picture,
            b"t" | b"T" => Self::UpdatedAt,
            b"+" => Self::NoteToSelfPriority,
            b"e" => Self::NoteToSelfTimer,
            b"d" => Self::NoteToSelfDeleteBefore,
            b"D" => Self::NoteToSelfDeleteAttachmentsBefore,
            b"x" => Self::TellsOfSavedFiles,
            b"M" => Self::CommunityRequests,
            b"f" => Self::Features,
            b"s" => Self::ProCredential,
            b"E" | b"A" | b"G" => Self::ProAccess,
            b"I" => Self::ProPurchase,
            b"R" => Self::ProRefund,
            _ => Self::Other,
        }
    }
}
