//! Columns as the values that they hold, and values as columns.

use rusqlite::Row as SqlRow;
use session_identity::Timestamp;
use session_swarm::{
    address::Address, message_hash::MessageHash, namespace::Namespace, subaccount::SubaccountToken,
    transfer::Transfer,
};

use crate::storage::StorageError;

/// Columns `account, namespace, timestamp, expiry, data`, from this one on.
pub(super) fn to_transfer(row: &SqlRow<'_>, first: usize) -> Result<Transfer, StorageError> {
    let at = |offset: usize| first.saturating_add(offset);
    let namespace = Namespace::new(row.get(at(1))?);
    let (timestamp, expiry) = (stamp(row, at(2))?, stamp(row, at(3))?);
    Ok(Transfer::new(address(row, first)?, namespace, row.get(at(4))?, timestamp, expiry))
}

pub(super) fn hash(row: &SqlRow<'_>, column: usize) -> Result<MessageHash, StorageError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| StorageError::Malformed { field: "hash" })
}

pub(super) fn address(row: &SqlRow<'_>, column: usize) -> Result<Address, StorageError> {
    Ok(Address::from_bytes(array(row, column, "account")?))
}

pub(super) fn array<const N: usize>(
    row: &SqlRow<'_>,
    column: usize,
    field: &'static str,
) -> Result<[u8; N], StorageError> {
    let bytes = row.get_ref(column)?.as_blob().ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(StorageError::Malformed { field })
}

pub(super) fn tokens(bytes: &[u8]) -> Result<Vec<SubaccountToken>, StorageError> {
    let (tokens, rest) = bytes.as_chunks::<{ SubaccountToken::LENGTH }>();
    if !rest.is_empty() {
        return Err(StorageError::Malformed { field: "token" });
    }
    Ok(tokens.iter().copied().map(SubaccountToken::from_bytes).collect())
}

pub(super) fn stamp(row: &SqlRow<'_>, column: usize) -> Result<Timestamp, StorageError> {
    Ok(time(row.get(column)?))
}

/// SQLite has signed numbers only; no time that matters lies behind their end.
pub(super) fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(u64::try_from(millis).unwrap_or_default())
}

pub(super) fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
