//! What a group is, and which of its messages are to go (06 §6).
//!
//! The data are [`Config<GroupInfo>`]; here is what clients make of them.

use std::time::Duration;

use session_config::{Config, GroupInfo, group_info::EditGroupError};
use session_identity::Timestamp;

/// Longest description that is written, in bytes. Clients read any.
pub const MAX_DESCRIPTION_LENGTH: usize = 600;

/// Why the description was not changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// It is longer than what other clients take from a person.
    #[error("description of {found} bytes, at most {MAX_DESCRIPTION_LENGTH} are possible")]
    TooLong {
        /// Bytes that were given.
        found: usize,
    },
    /// The config refuses it.
    #[error(transparent)]
    Edit(#[from] EditGroupError),
}

/// Sets the description of the group; an empty one removes it.
///
/// # Errors
/// [`DescriptionError`].
pub fn set_description(
    info: &mut Config<GroupInfo>,
    description: &str,
) -> Result<(), DescriptionError> {
    match description.len() {
        0..=MAX_DESCRIPTION_LENGTH => Ok(info.set_description(description)?),
        found => Err(DescriptionError::TooLong { found }),
    }
}

/// What is to become of a message that is in the group or kept by a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Retention {
    /// It stays.
    Keep,
    /// It goes if it has attachments.
    DropIfAttached,
    /// It goes.
    Drop,
}

/// How far the clock of an admin may be ahead of ours.
const CLOCK_MARGIN: Duration = Duration::from_secs(3_600);

/// What an admin wants to become of messages that were sent at `sent_at`.
///
/// A time more than an hour after `now` counts as none: an admin whose clock is wrong would have every message
/// dropped until then, also those that are not written yet.
#[must_use]
pub fn retention(info: &Config<GroupInfo>, sent_at: Timestamp, now: Timestamp) -> Retention {
    let latest = now.checked_add(CLOCK_MARGIN).unwrap_or(now);
    let is_before =
        |limit: Option<Timestamp>| limit.is_some_and(|limit| limit <= latest && sent_at < limit);
    if is_before(info.delete_before()) {
        Retention::Drop
    } else if is_before(info.delete_attachments_before()) {
        Retention::DropIfAttached
    } else {
        Retention::Keep
    }
}

#[cfg(test)]
mod tests;
