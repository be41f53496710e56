//! Accounts of the Session messenger protocol: seed, recovery password, keys, Account ID and every other id.
