//! Randomness for tests: given bytes, then no more.

use alloc::{vec, vec::Vec};
use core::convert::Infallible;

use session_crypto::rand_core::{TryCryptoRng, TryRng};

pub(crate) struct BytesRng(vec::IntoIter<u8>);

impl BytesRng {
    /// The given bytes; panics when asked for more.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into_iter())
    }

    /// More of one byte than any test needs.
    pub(crate) fn repeating(byte: u8) -> Self {
        Self::new(vec![byte; 1 << 16])
    }

    /// Bytes that were not drawn.
    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }
}

impl TryRng for BytesRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = self.0.next().expect("no more bytes");
        }
        Ok(())
    }
}

impl TryCryptoRng for BytesRng {}
