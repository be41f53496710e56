//! `community_urls.json`: addresses of communities.

use session_types::community::{Community, ParseUrlError, UrlParts, server_key_to_base32z};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "community_urls",
    context: &[],
    reasons: &[
        Reason { theirs: "Invalid encoded pubkey", ours: &["server key is no hex"] },
        Reason { theirs: "invalid port", ours: &["no valid port"] },
        Reason { theirs: "unexpected trailing value", ours: &["has something after its host"] },
        Reason { theirs: "invalid hostname", ours: &["no valid host"] },
        Reason { theirs: "invalid/missing protocol", ours: &["neither http:// nor https://"] },
        Reason { theirs: "invalid characters", ours: &["invalid character"] },
        Reason { theirs: "token cannot be empty", ours: &["room token is empty"] },
        Reason { theirs: "token is too long", ours: &["at most 64 are possible"] },
        Reason { theirs: "no valid server pubkey", ours: &["no server key"] },
        Reason { theirs: "base URL is too long", ours: &["at most 267 are possible"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    let url = case.text("url")?;
    let result = match case.op() {
        "parse_full_url" => parse_full(url).map(|parts| outputs(&parts)),
        "parse_partial_url" => UrlParts::parse(url).map(|parts| outputs(&parts)),
        "community_from_url" => url.parse().map(community),
        _ => return Ok(Ran::UnknownOperation),
    };
    Ok(match result {
        // 07 §14.1: the oracle drops the port, newer ones keep it in the address.
        Err(error @ ParseUrlError::PortZero) => Ran::RefusedBySpecification(error.to_string()),
        result => Ran::from_result(result),
    })
}

/// The pieces of an address with a key; the room is not looked at.
fn parse_full(url: &str) -> Result<UrlParts, ParseUrlError> {
    let parts = UrlParts::parse(url)?;
    if parts.server_key().is_none() { Err(ParseUrlError::NoKey) } else { Ok(parts) }
}

fn outputs(parts: &UrlParts) -> Outputs {
    Outputs::new()
        .value("base_url", parts.base_url().as_str())
        .value("room", parts.token())
        .value("pubkey", parts.server_key().map(|key| key.to_string()))
}

fn community(community: Community) -> Outputs {
    let key = community.server_key();
    Outputs::new()
        .value("base_url", community.base_url().as_str())
        .value("room", community.room().as_str())
        .value("room_norm", community.room().key())
        .value("full_url", community.to_string())
        .hex("pubkey_hex", key.as_bytes())
        .base64("pubkey_base64", key.as_bytes())
        .value("pubkey_base32z", server_key_to_base32z(&key))
}
