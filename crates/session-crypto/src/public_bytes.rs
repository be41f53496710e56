//! The common face of public keys and signatures: fixed bytes with a hexadecimal text form.

/// The bytes have not the length of the value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("expected {expected} bytes, found {found}")]
pub struct LengthError {
    /// Bytes that were wanted.
    pub expected: usize,
    /// Bytes that were given.
    pub found: usize,
}

/// Implements the common face for a newtype over `[u8; N]`.
macro_rules! public_bytes {
    ($name:ident, $length:literal) => {
        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $length;

            #[doc = concat!("Takes `bytes` as they are; nothing is checked.")]
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; $length] {
                self.0
            }

            /// The bytes, borrowed.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = $crate::LengthError;

            fn try_from(bytes: &[u8]) -> Result<Self, $crate::LengthError> {
                let wrong = $crate::LengthError { expected: $length, found: bytes.len() };
                bytes.try_into().map(Self).map_err(|_| wrong)
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::encoding::hex::ParseHexError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::encoding::hex::decode_array(text).map(Self)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "("))?;
                self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("…)")
            }
        }
    };
}

pub(crate) use public_bytes;
