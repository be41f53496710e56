//! The random bytes that an oracle drew, handed out once more.

use std::convert::Infallible;

use session_crypto::rand_core::{TryCryptoRng, TryRng};

/// Hands out recorded bytes in order. Asked for more than there are, it gives zeros and remembers it, so that
/// a case cannot pass by drawing another amount than the oracle did.
#[derive(Debug)]
pub struct ReplayRng {
    bytes: std::vec::IntoIter<u8>,
    overdrawn: bool,
}

impl ReplayRng {
    /// Generator of these bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into_iter(), overdrawn: false }
    }

    /// Whether exactly the recorded bytes were drawn.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.overdrawn && self.bytes.len() == 0
    }
}

impl TryRng for ReplayRng {
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
            let next = self.bytes.next();
            self.overdrawn |= next.is_none();
            *byte = next.unwrap_or(0);
        }
        Ok(())
    }
}

// For tests only: the bytes are as good as the oracle's generator was.
impl TryCryptoRng for ReplayRng {}
