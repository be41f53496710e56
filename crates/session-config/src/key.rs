//! Keys of dicts. Most have one byte, so that short ones take no allocation; copies of long ones share it.

use std::{borrow::Borrow, fmt, sync::Arc};

/// Longest key that is kept in place.
const SHORT: usize = 22;

/// A key: any bytes, in the order of the bytes.
#[derive(Clone)]
pub(crate) enum Key {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Arc<[u8]>),
}

impl Key {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl From<&[u8]> for Key {
    fn from(key: &[u8]) -> Self {
        match u8::try_from(key.len()) {
            Ok(length) if key.len() <= SHORT => {
                let mut bytes = [0; SHORT];
                bytes.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
                Self::Short { length, bytes }
            }
            _ => Self::Long(key.into()),
        }
    }
}

/// Equality and order are those of the bytes, as `Borrow` demands.
impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_as_their_bytes() {
        let long = [b'a'; SHORT + 1];
        let keys: [&[u8]; 6] = [b"", b"\0", b"a", &long[..SHORT], &long, b"b"];
        for one in keys {
            assert_eq!(Key::from(one).as_bytes(), one);
            for other in keys {
                assert_eq!(Key::from(one).cmp(&Key::from(other)), one.cmp(other));
                assert_eq!(Key::from(one) == Key::from(other), one == other);
            }
        }
    }
}
