//! Releases of the program that nodes run, as far as they answer differently.

use core::time::Duration;

use crate::{hard_fork::HardFork, limits::MAX_TTL, namespace::Namespace, request::Method};

/// A release of the storage server. What it does not know, a node of it does not answer.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Release {
    /// 2.8 (2024), on a network of hard fork 19.3.
    V2_8,
    /// 2.11 and later (2026): `revoked_subaccounts`, `active_nodes_bin`, `reverse_direction`, the testing namespace,
    /// small extensions that are left.
    #[default]
    Newest,
}

/// Not the number of a release that is told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("no release of this name: there are 2.8 and newest")]
pub struct UnknownRelease;

impl core::str::FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        match text {
            "2.8" => Ok(Self::V2_8),
            "newest" => Ok(Self::Newest),
            _ => Err(UnknownRelease),
        }
    }
}

impl Release {
    /// Version that nodes of the release name.
    #[must_use]
    pub const fn version(self) -> [u16; 3] {
        match self {
            Self::V2_8 => [2, 8, 0],
            Self::Newest => [2, 11, 3],
        }
    }

    /// Rules of the network at the time of the release.
    #[must_use]
    pub const fn hard_fork(self) -> HardFork {
        match self {
            Self::V2_8 => HardFork::TIMELESS_HASH,
            Self::Newest => HardFork { number: 21, revision: 0 },
        }
    }

    /// Whether nodes of the release know the method.
    #[must_use]
    pub const fn has_method(self, method: Method) -> bool {
        match self {
            Self::V2_8 => !matches!(method, Method::RevokedSubaccounts | Method::ActiveNodes),
            Self::Newest => true,
        }
    }

    /// Whether `retrieve` knows `reverse_direction` (§5.3).
    #[must_use]
    pub const fn reads_backwards(self) -> bool {
        matches!(self, Self::Newest)
    }

    /// Shortest extension of a message of this life that `expire` carries out; a shorter one is left (§5.7).
    #[must_use]
    pub fn least_extension(self, life: Duration) -> Duration {
        match self {
            Self::V2_8 => Duration::ZERO,
            Self::Newest => life.min(MAX_TTL) / 100,
        }
    }

    /// Whether the namespace is the one that takes no message (§4.2).
    #[must_use]
    pub fn is_testing(self, namespace: Namespace) -> bool {
        self == Self::Newest && namespace == Namespace::TESTING
    }
}
