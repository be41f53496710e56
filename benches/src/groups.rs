//! Key messages and messages of closed groups as a composition of libsodium calls (06 §3.2, §3.4, §4).

use libsodium_sys as sodium;

const MEMBER_DOMAIN: &[u8] = b"SessionGroupKeyMemberKey";

/// `crypto_generichash` of `parts` one after the other.
pub fn hash<const N: usize>(key: &[u8], parts: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let input = parts.concat();
    // SAFETY: every pointer goes with the length of what it points to.
    unsafe {
        sodium::crypto_generichash(
            out.as_mut_ptr(),
            N,
            input.as_ptr(),
            input.len().try_into().expect("fits"),
            key.as_ptr(),
            key.len(),
        )
    };
    out
}

fn encrypt(key: &[u8; 32], nonce: &[u8; 24], text: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + text.len() + 16, 0);
    // SAFETY: `out` has room for text and tag; nonce and key have 24 and 32 bytes.
    unsafe {
        sodium::crypto_aead_xchacha20poly1305_ietf_encrypt(
            out[start..].as_mut_ptr(),
            std::ptr::null_mut(),
            text.as_ptr(),
            text.len().try_into().expect("fits"),
            std::ptr::null(),
            0,
            std::ptr::null(),
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
}

/// `crypto_aead_xchacha20poly1305_ietf_decrypt`.
pub fn decrypt(key: &[u8; 32], nonce: &[u8; 24], text: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; text.len().checked_sub(16)?];
    // SAFETY: `out` has room for the text; nonce and key have 24 and 32 bytes.
    let result = unsafe {
        sodium::crypto_aead_xchacha20poly1305_ietf_decrypt(
            out.as_mut_ptr(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            text.as_ptr(),
            text.len().try_into().expect("fits"),
            std::ptr::null(),
            0,
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    (result == 0).then_some(out)
}

/// Key between the group (secret, public) and a member, for copies of keys.
pub fn member_key(
    secret: &[u8; 32],
    peer: &[u8; 32],
    group: &[u8; 32],
    own: &[u8; 32],
) -> [u8; 32] {
    hash(MEMBER_DOMAIN, &[&crate::scalarmult(secret, peer), group, own])
}

/// The key message of a rekey for `members`, whose ids are sorted, under number `generation`.
pub fn rekey(seed: &[u8; 32], members: &[([u8; 32], String)], generation: u8) -> Vec<u8> {
    let (public, secret) = crate::sign_seed_keypair(seed);
    let x_secret = crate::secret_key_to_x25519(&secret);
    let x_public = crate::public_key_to_x25519(&public);
    let number = generation.to_string();
    let seed_hash: [u8; 32] = hash(b"SessionGroupKeySeed", &[seed]);
    let mut parts: Vec<&[u8]> = members.iter().map(|(_, id)| id.as_bytes()).collect();
    parts.extend([number.as_bytes(), &seed_hash]);
    let all: [u8; 56] = hash(b"SessionGroupKeyGen", &parts);
    let key: [u8; 32] = all[..32].try_into().expect("32");
    let nonce: [u8; 24] = all[32..].try_into().expect("24");

    let wrapping: [u8; 32] = hash(b"SessionGroupKeyAdminKey", &[seed]);
    let mut for_admins = Vec::new();
    encrypt(&wrapping, &nonce, &key, &mut for_admins);
    let mut copies = Vec::new();
    for (member, _) in members {
        let own = member_key(&x_secret, member, &x_public, member);
        encrypt(&own, &nonce, &key, &mut copies);
    }
    let junk_seed: [u8; 32] = hash(b"SessionGroupJunkMembers", &[&all, seed, &public]);
    let start = copies.len();
    copies.resize(start.next_multiple_of(45 * 48), 0);
    // SAFETY: the pointers go with their lengths; the seed has 32 bytes.
    unsafe {
        sodium::randombytes_buf_deterministic(
            copies[start..].as_mut_ptr().cast(),
            copies.len() - start,
            junk_seed.as_ptr(),
        )
    };

    let mut out = b"d1:#24:".to_vec();
    out.extend(nonce);
    out.extend(format!("1:Gi{generation}e1:K48:").bytes());
    out.extend(for_admins);
    out.extend(b"1:kl");
    for copy in copies.chunks(48) {
        out.extend(b"48:");
        out.extend(copy);
    }
    out.push(b'e');
    let signature = crate::sign(&secret, &out);
    out.extend(b"1:~64:");
    out.extend(signature);
    out.push(b'e');
    out
}

/// What a member does with a key message of a number of one digit: verifies it and tries the copies.
pub fn load(group: &[u8; 32], own: &[u8; 32], message: &[u8]) -> Option<Vec<u8>> {
    let (signed, end) = message.split_at(message.len() - 71);
    let signature: &[u8; 64] = end[6..70].try_into().expect("64");
    if !crate::verify(group, signed, signature) {
        return None;
    }
    let nonce: &[u8; 24] = message[7..31].try_into().expect("24");
    // d1:#24: nonce 1:Gi?e 1:K48: copy 1:kl
    let copies = &message[31 + 6 + 6 + 48 + 4..];
    copies.chunks_exact(51).find_map(|copy| decrypt(own, nonce, &copy[3..]))
}

/// What a member does with a message of the group that is not compressed. Returns the author's X25519 key and
/// the length of the text.
pub fn open(group: &[u8; 32], key: &[u8; 32], stored: &[u8]) -> Option<([u8; 32], usize)> {
    let (nonce, text) = stored.split_first_chunk::<24>()?;
    let dict = decrypt(key, nonce, text)?;
    // d 0:i1e 1:a32: author 1:d ???: data 1:s64: signature e
    let author: &[u8; 32] = dict[12..44].try_into().ok()?;
    let digits = dict[47..].iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&dict[47..47 + digits]).ok()?.parse().ok()?;
    let start = 47 + digits + 1;
    let signature: &[u8; 64] = dict[start + length + 6..][..64].try_into().ok()?;
    let x25519 = crate::public_key_to_x25519(author);
    let signed = [&dict[start..start + length], group].concat();
    crate::verify(author, &signed, signature).then_some((x25519, length))
}
