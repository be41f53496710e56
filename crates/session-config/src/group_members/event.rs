//! What of a member may change.

/// A field of a member.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum MemberField {
    /// Name of the member.
    Name,
    /// Picture of the member.
    Picture,
    /// When the member changed name or picture.
    ProfileUpdatedAt,
    /// Whether the member is or will be an admin.
    IsAdmin,
    /// Whether the member gets the keys that are in use.
    NeedsSupplement,
    /// How far the invitation is.
    Invite,
    /// How far the promotion is.
    Promotion,
    /// Whether the member is about to be removed.
    Removal,
    /// What this version does not know.
    Other,
}

impl MemberField {
    pub(super) const fn of(key: &[u8]) -> Self {
        match key {
            b"n" => Self::Name,
            b"p" | b"q" => Self::Picture,
            b"t" => Self::ProfileUpdatedAt,
            b"A" => Self::IsAdmin,
            b"s" => Self::NeedsSupplement,
            b"I" => Self::Invite,
            b"P" => Self::Promotion,
            b"R" => Self::Removal,
            _ => Self::Other,
        }
    }
}
