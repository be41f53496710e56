//! Revocations as members hand them over (05 §3): a list of lists `[account (33 bytes), token (36 bytes) …]`,
//! the accounts ascending, the tokens of each with the oldest revocation first.

use session_bt::{DecodeError, Reader, encode_list};
use session_swarm::{
    address::Address,
    limits::{MAX_REQUEST_LENGTH, MAX_REVOCATIONS},
    subaccount::SubaccountToken,
};

/// Revoked subaccounts of an account.
pub(crate) type Revoked = (Address, Vec<SubaccountToken>);

pub(crate) fn write_revocations(accounts: &[Revoked]) -> Vec<u8> {
    encode_list(|list| {
        for (account, tokens) in accounts {
            list.list(|list| {
                list.bytes(&account.to_bytes());
                tokens.iter().for_each(|token| list.bytes(token.as_bytes()));
            });
        }
    })
}

/// Reads what [`write_revocations`] wrote.
pub(crate) fn read_revocations(bytes: &[u8]) -> Result<Vec<Revoked>, RevocationsError> {
    if bytes.len() > MAX_REQUEST_LENGTH {
        return Err(RevocationsError::TooLong);
    }
    let mut reader = Reader::new(bytes);
    let mut list = reader.value()?.list()?;
    let mut accounts = Vec::new();
    while let Some(item) = list.next()? {
        let mut list = item.list()?;
        let account = Address::from_bytes(*list.require()?.array()?);
        let mut tokens = Vec::new();
        while let Some(token) = list.next()? {
            tokens.push(SubaccountToken::from_bytes(*token.array()?));
            if tokens.len() > MAX_REVOCATIONS {
                return Err(RevocationsError::TooMany);
            }
        }
        accounts.push((account, tokens));
    }
    reader.finish()?;
    Ok(accounts)
}

/// Why bytes are no revocations.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum RevocationsError {
    #[error("more than {MAX_REQUEST_LENGTH} bytes of revocations")]
    TooLong,
    #[error("more than {MAX_REVOCATIONS} revocations of an account")]
    TooMany,
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let token = |number| SubaccountToken::from_bytes([number; 36]);
        let account = |number| Address::from_bytes([number; 33]);
        let full: Vec<_> = (0..50).map(token).collect();
        let revoked = [(account(3), vec![token(2), token(1)]), (account(5), full)];
        let bytes = write_revocations(&revoked);
        assert!(bytes.starts_with(b"ll33:"));
        assert_eq!(read_revocations(&bytes).unwrap(), revoked);
        for length in 0..bytes.len() {
            assert!(
                matches!(read_revocations(&bytes[..length]), Err(RevocationsError::Malformed(_))),
                "{length}"
            );
        }
        let longer = [&bytes[..], b"e"].concat();
        assert!(matches!(read_revocations(&longer), Err(RevocationsError::Malformed(_))));
        let many = [(account(3), (0..51).map(token).collect())];
        assert_eq!(read_revocations(&write_revocations(&many)), Err(RevocationsError::TooMany));
        let long = vec![b'l'; MAX_REQUEST_LENGTH + 1];
        assert_eq!(read_revocations(&long), Err(RevocationsError::TooLong));
    }
}
