//! `info`, `get_swarm` and `active_nodes_bin` (spec 05 §5.12, §2.8).

use crate::{
    address::Address,
    wire::{Dict, FieldError, Fields},
};

/// Asks a node for its version and its time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct InfoRequest {}

/// Asks any node for the list of active nodes in its short form (newest).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ActiveNodesRequest {}

/// Asks any node for the swarm of an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "complete by the specification")]
pub struct GetSwarmRequest {
    /// The account.
    pub account: Address,
}

impl GetSwarmRequest {
    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        Ok(Self { account: super::common::account_with_alias(params)? })
    }

    pub(super) fn to_params(self) -> Dict<'static> {
        Dict::new().with("pubkey", self.account)
    }
}
