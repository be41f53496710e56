//! `info`, `get_swarm` and `active_nodes_bin` (spec 05 §5.12, §2.8).

use crate::{
    address::Address,
    wire::{Dict, FieldError, Fields, Kind},
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
        params.check_types(&[("pubKey", Kind::Text), ("pubkey", Kind::Text)])?;
        match super::common::account_with_alias(params) {
            Ok(account) => Ok(Self { account }),
            // The same rule in other words than all other methods have.
            Err(FieldError::Address) => {
                Err(FieldError::Rule { text: "Pubkey must be 66 hex digits/33 bytes long" })
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn to_params(self) -> Dict<'static> {
        Dict::new().with("pubkey", self.account)
    }
}
