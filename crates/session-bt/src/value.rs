//! Owned values, for what is kept or passed on without being understood.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{DecodeError, Integer, Reader, writer};

/// Any value. Its encoding is canonical whatever it holds.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the encoding has these four kinds and no others")]
pub enum Value {
    /// `i…e`.
    Integer(Integer),
    /// `length:bytes`.
    Bytes(Vec<u8>),
    /// `l…e`.
    List(Vec<Value>),
    /// `d…e`.
    Dict(BTreeMap<Vec<u8>, Value>),
}

impl Value {
    /// The value whose encoding is exactly `bytes`. Allocates at most some 40 bytes for each byte.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = reader.value()?.to_value()?;
        reader.finish()?;
        Ok(value)
    }

    /// The canonical encoding.
    ///
    /// A value deeper than [`MAX_DEPTH`](crate::MAX_DEPTH) encodes to bytes that no reader accepts.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        writer::put_value(&mut out, self);
        out
    }
}

impl<T: Into<Integer>> From<T> for Value {
    fn from(integer: T) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}
