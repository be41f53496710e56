//! Limits of the network (spec 05 §4.3).

use core::time::Duration;

/// Largest message in bytes.
pub const MAX_DATA_LENGTH: usize = 76_800;
/// Largest request in bytes, whatever carries it.
pub const MAX_REQUEST_LENGTH: usize = 10 * 1024 * 1024;
/// Shortest life of a message.
pub const MIN_TTL: Duration = Duration::from_secs(10);
/// Longest life of a message in a public inbox.
pub const MAX_TTL_INBOX: Duration = Duration::from_secs(14 * 86_400);
/// Longest life of any other message. The expiry that a request sets is cut to it too.
pub const MAX_TTL: Duration = Duration::from_secs(30 * 86_400);
/// How far a stored message may come from the future, or have expired already.
pub const STORE_TOLERANCE: Duration = Duration::from_secs(10);
/// How far the time of a signature may be from the node's clock.
pub const SIGNATURE_TOLERANCE: Duration = Duration::from_secs(60);
/// The same for `delete_all` and `expire_all` that another member of the swarm forwards.
pub const FORWARDED_TOLERANCE: Duration = Duration::from_secs(70);
/// Accounting bytes of a page of retrieved messages, at most (§5.3).
pub const MAX_PAGE_SIZE: u64 = 7_800_000;
/// Requests in a `batch` or `sequence`, at most.
pub const MAX_SUBREQUESTS: usize = 20;
/// Depth of `ifelse` in `ifelse`, at most (§5.14).
pub const MAX_NESTING: usize = 4;
/// Subaccount tokens in one revocation, and revocations kept for an account, at most.
pub const MAX_REVOCATIONS: usize = 50;
/// Message hashes in one request, at most. The deployed nodes have no limit; this is a hundred times what
/// clients send, and far below what fits into a request.
pub const MAX_HASHES: usize = 10_000;
/// Time that a member of the swarm has for a forwarded request (§3).
pub const FORWARD_TIMEOUT: Duration = Duration::from_secs(5);
/// Life of a `monitor` subscription (§5.15).
pub const SUBSCRIPTION_LIFETIME: Duration = Duration::from_secs(65 * 60);
