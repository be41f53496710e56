//! Features of profiles: those of the account and of others (07 §11).

use crate::data::{Dict, Scalar, Set, Value};

/// A feature of a profile that Pro accounts turn on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Feature {
    /// The badge beside the name: bit 0.
    ProBadge,
    /// A picture that moves: bit 1.
    AnimatedAvatar,
    /// Another bit.
    Other(u8),
}

impl Feature {
    fn bit(self) -> Scalar {
        Scalar::Integer(match self {
            Self::ProBadge => 0,
            Self::AnimatedAvatar => 1,
            Self::Other(bit) => bit.into(),
        })
    }
}

/// The features that are on: the set under `f`, also what this version does not know in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Features(Set);

impl Features {
    pub(crate) const fn new() -> Self {
        Self(Set::new())
    }

    pub(crate) fn read(dict: &Dict) -> Self {
        Self(dict.set(b"f").cloned().unwrap_or_default())
    }

    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.0.contains(&feature.bit())
    }

    pub(crate) fn set(&mut self, feature: Feature, is_on: bool) {
        if is_on {
            self.0.insert(feature.bit());
        } else {
            self.0.remove(&feature.bit());
        }
    }

    pub(crate) fn write(&self) -> Option<Value> {
        (!self.0.is_empty()).then(|| Value::Set(self.0.clone()))
    }
}
