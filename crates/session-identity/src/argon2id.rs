//! Argon2id v1.3 in one lane, with memory that is asked for politely and wiped.

use alloc::vec::Vec;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize as _, Zeroizing};

/// `N` bytes from `password`, or `None` if the system has no `memory_kib` KiB to give. Callers give parameters
/// that are possible, so that there is no other reason.
pub(crate) fn argon2id<const N: usize>(
    password: &[u8],
    salt: &[u8; 16],
    passes: u32,
    memory_kib: u32,
) -> Option<Zeroizing<[u8; N]>> {
    let parameters = Params::new(memory_kib, passes, 1, Some(N)).ok()?;
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(parameters.block_count()).ok()?;
    blocks.resize_with(parameters.block_count(), Block::new);
    let mut output = Zeroizing::new([0; N]);
    let result = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into_with_memory(password, salt, output.as_mut_slice(), &mut blocks);
    blocks.iter_mut().for_each(|block| block.zeroize());
    result.ok()?;
    Some(output)
}
