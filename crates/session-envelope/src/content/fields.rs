//! Rules for single fields that occur in several messages.

use alloc::{string::String, vec::Vec};

use session_crypto::ed25519::Ed25519Signature;
use session_identity::{AccountId, GroupId, id::PrefixedId};
use session_types::typed;

use super::ContentError;
use crate::wire;

/// A required field.
pub(super) fn required<T>(value: Option<T>, field: &'static str) -> Result<T, ContentError> {
    value.ok_or(ContentError::Missing { field })
}

/// A required field of an enumeration: a number that it does not have counts as absent.
pub(super) fn enumerated<T>(
    number: Option<i32>,
    from_wire: impl FnOnce(i32) -> Option<T>,
    field: &'static str,
) -> Result<T, ContentError> {
    required(number.and_then(from_wire), field)
}

/// A text in which a person must see something (01 §3.5).
pub(super) fn not_blank(text: String, field: &'static str) -> Result<String, ContentError> {
    if typed::is_blank(&text) { Err(ContentError::Empty { field }) } else { Ok(text) }
}

/// A list that must hold something.
pub(super) fn not_empty<T>(list: Vec<T>, field: &'static str) -> Result<Vec<T>, ContentError> {
    if list.is_empty() { Err(ContentError::Empty { field }) } else { Ok(list) }
}

/// A list with a limit.
pub(super) fn at_most<T>(
    list: Vec<T>,
    limit: usize,
    field: &'static str,
) -> Result<Vec<T>, ContentError> {
    match list.len() {
        found if found > limit => Err(ContentError::TooMany { field, limit, found }),
        _ => Ok(list),
    }
}

/// A list of numbers, which is counted before it takes memory: packed, each may be one byte.
pub(super) fn at_most_numbers(
    message: &[u8],
    number: u32,
    limit: usize,
    field: &'static str,
) -> Result<(), ContentError> {
    match wire::count_numbers(message, number) {
        found if found > limit => Err(ContentError::TooMany { field, limit, found }),
        _ => Ok(()),
    }
}

/// Bytes of a fixed length.
pub(super) fn array<const N: usize>(
    bytes: &[u8],
    field: &'static str,
) -> Result<[u8; N], ContentError> {
    let wrong = ContentError::Length { field, expected: N, found: bytes.len() };
    bytes.try_into().map_err(|_| wrong)
}

/// Bytes of a signature.
pub(super) fn signature(
    bytes: &[u8],
    field: &'static str,
) -> Result<Ed25519Signature, ContentError> {
    array(bytes, field).map(Ed25519Signature::from_bytes)
}

/// Text of any id.
pub(super) fn id(text: &str, field: &'static str) -> Result<PrefixedId, ContentError> {
    text.parse().map_err(|_| ContentError::Id { field })
}

/// Text of an Account ID.
pub(super) fn account_id(text: &str, field: &'static str) -> Result<AccountId, ContentError> {
    text.parse().map_err(|_| ContentError::Id { field })
}

/// Text of a group id.
pub(super) fn group_id(text: &str, field: &'static str) -> Result<GroupId, ContentError> {
    text.parse().map_err(|_| ContentError::Id { field })
}
