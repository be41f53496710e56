//! Methods by name.

use crate::release::Release;

/// Method of a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Method {
    /// `store`.
    Store,
    /// `retrieve`.
    Retrieve,
    /// `delete`.
    Delete,
    /// `delete_all`.
    DeleteAll,
    /// `delete_before`.
    DeleteBefore,
    /// `expire`.
    Expire,
    /// `expire_all`.
    ExpireAll,
    /// `get_expiries`.
    GetExpiries,
    /// `revoke_subaccount`.
    RevokeSubaccount,
    /// `unrevoke_subaccount`.
    UnrevokeSubaccount,
    /// `revoked_subaccounts`.
    RevokedSubaccounts,
    /// `info`.
    Info,
    /// `get_swarm`, formerly `get_snodes_for_pubkey`.
    GetSwarm,
    /// `oxend_request`.
    OxendRequest,
    /// `batch`.
    Batch,
    /// `sequence`.
    Sequence,
    /// `ifelse`.
    IfElse,
    /// `active_nodes_bin`.
    ActiveNodes,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 18] = [
        Self::Store,
        Self::Retrieve,
        Self::Delete,
        Self::DeleteAll,
        Self::DeleteBefore,
        Self::Expire,
        Self::ExpireAll,
        Self::GetExpiries,
        Self::RevokeSubaccount,
        Self::UnrevokeSubaccount,
        Self::RevokedSubaccounts,
        Self::Info,
        Self::GetSwarm,
        Self::OxendRequest,
        Self::Batch,
        Self::Sequence,
        Self::IfElse,
        Self::ActiveNodes,
    ];

    /// Name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Retrieve => "retrieve",
            Self::Delete => "delete",
            Self::DeleteAll => "delete_all",
            Self::DeleteBefore => "delete_before",
            Self::Expire => "expire",
            Self::ExpireAll => "expire_all",
            Self::GetExpiries => "get_expiries",
            Self::RevokeSubaccount => "revoke_subaccount",
            Self::UnrevokeSubaccount => "unrevoke_subaccount",
            Self::RevokedSubaccounts => "revoked_subaccounts",
            Self::Info => "info",
            Self::GetSwarm => "get_swarm",
            Self::OxendRequest => "oxend_request",
            Self::Batch => "batch",
            Self::Sequence => "sequence",
            Self::IfElse => "ifelse",
            Self::ActiveNodes => "active_nodes_bin",
        }
    }

    /// Name that refusals give: two methods have another one there (§5.16).
    pub(crate) const fn name_in_refusals(self) -> &'static str {
        match self {
            Self::Delete => "delete_msgs",
            Self::Expire => "expire:",
            method => method.name(),
        }
    }

    /// Method of this name, or `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "get_snodes_for_pubkey" {
            return Some(Self::GetSwarm);
        }
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Method of this name that nodes of the release know.
    pub(super) fn of_release(name: &str, release: Release) -> Option<Self> {
        Self::from_name(name).filter(|method| release.has_method(*method))
    }

    /// Whether the node that gets the request has the other members of the swarm carry it out too.
    #[must_use]
    pub const fn is_recursive(self) -> bool {
        matches!(
            self,
            Self::Store
                | Self::Delete
                | Self::DeleteAll
                | Self::DeleteBefore
                | Self::Expire
                | Self::ExpireAll
                | Self::RevokeSubaccount
                | Self::UnrevokeSubaccount
        )
    }

    /// Whether the request is made of other requests.
    #[must_use]
    pub const fn holds_requests(self) -> bool {
        matches!(self, Self::Batch | Self::Sequence | Self::IfElse)
    }
}
