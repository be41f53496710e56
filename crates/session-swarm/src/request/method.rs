//! Methods by name.

/// Method of a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Method {
    /// `store`.
    Store,
    /// `retrieve`.
    Retrieve,
    /// `info`.
    Info,
    /// `get_swarm`, formerly `get_snodes_for_pubkey`.
    GetSwarm,
}

impl Method {
    const ALL: [Self; 4] = [Self::Store, Self::Retrieve, Self::Info, Self::GetSwarm];

    /// Name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Retrieve => "retrieve",
            Self::Info => "info",
            Self::GetSwarm => "get_swarm",
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

    /// Whether the node that gets the request has the other members of the swarm carry it out too.
    #[must_use]
    pub const fn is_recursive(self) -> bool {
        matches!(self, Self::Store)
    }
}
