//! Targets of `session-envelope`: what a service node, a server or a stranger may put in front of a client.

use session_crypto::{
    aead::{XChaCha20Key, XChaCha20Nonce},
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::{X25519Keypair, X25519SecretKey},
};
use session_envelope::{
    attachment::{self, AttachmentKey, DecryptError, Decryptor, Purpose},
    community,
    compression::{compress, decompress},
    content::Content,
    direct,
    envelope::Envelope,
    group::{self, GroupKey, framing},
    multi_box::MultiBox,
    padding::{pad, unpad},
    push::PushKey,
    signed_box,
};
use session_identity::{GroupId, Timestamp};

fn signer() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]))
}

fn recipient() -> X25519Keypair {
    X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([7; 32]))
}

/// Bytes that only the holder of `key` could have made: what is inside is the fuzzer's.
fn encrypted(key: [u8; 32], plaintext: &[u8]) -> Vec<u8> {
    let nonce = XChaCha20Nonce::from_bytes([9; 24]);
    let mut out = nonce.as_bytes().to_vec();
    XChaCha20Key::from_bytes(key).encrypt_into(&nonce, plaintext, &mut out);
    out
}

/// Envelopes and the messages around them are written as they were read.
pub fn envelope(data: &[u8]) {
    if let Ok(envelope) = Envelope::from_bytes(data) {
        assert_eq!(Envelope::from_bytes(&envelope.to_bytes()).as_ref(), Ok(&envelope));
        assert_eq!(Envelope::from_web_socket(&envelope.to_web_socket()), Ok(envelope));
    }
    if let Ok(envelope) = Envelope::from_web_socket(data) {
        assert_eq!(Envelope::from_web_socket(&envelope.to_web_socket()), Ok(envelope));
    }
}

/// A content means the same after it was written again.
pub fn content(data: &[u8]) {
    let Ok((content, sent_at)) = Content::decode(data) else { return };
    let sent_at = sent_at.unwrap_or(Timestamp::from_millis(1));
    let again = content.encode(sent_at);
    assert_eq!(Content::decode(&again), Ok((content.clone(), Some(sent_at))));
    assert_eq!(content.encode(sent_at), again, "encoding is a function");
}

/// Nobody but the sender makes a message; what others change is refused or changes nothing that is signed.
pub fn direct(data: &[u8]) {
    assert!(direct::open(data, [&recipient()]).is_err(), "a message that nobody sealed opened");
    assert!(signed_box::open(data, &recipient()).is_err(), "a box that nobody sealed opened");
    assert_eq!(unpad(&pad(data)), data);
    assert!(data.starts_with(unpad(data)));

    let padded = pad(b"\x0a\x04\x0a\x02hi\x78\x01");
    let sealed = signed_box::seal_deterministic(&padded, &signer(), &recipient().public_key());
    let mut stored = sealed.unwrap_or_default();
    stored.iter_mut().zip(data).for_each(|(byte, change)| *byte ^= change);
    if let Ok(opened) = signed_box::open(&stored, &recipient()) {
        assert!(data.iter().take(stored.len()).all(|change| *change == 0), "an altered box opened");
        assert_eq!(opened.message(), padded);
    }
}

/// What a member writes is framed and read; what a member forges in the frame is refused.
pub fn group(data: &[u8]) {
    let (key, group) = ([5; 32], GroupId::from_public_key(signer().public_key()));
    let keys = [GroupKey::from_bytes(key)];
    assert!(group::open(data, &group, &keys).is_err(), "a message that nobody sealed opened");
    if let Ok(opened) = framing::open(&encrypted(key, data), &group, &keys) {
        // A fuzzer can write down a dict that somebody signed for this group, not for two groups.
        let other = GroupId::from_public_key(
            Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([2; 32])).public_key(),
        );
        assert!(framing::open(&encrypted(key, data), &other, &keys).is_err());
        assert!(opened.plaintext().len() <= framing::MAX_PLAINTEXT_LENGTH);
    }
}

/// Boxes for several recipients are written as they were read, and open for nobody by chance.
pub fn multi_box(data: &[u8]) {
    let Ok(sealed) = MultiBox::from_bytes(data) else { return };
    assert_eq!(MultiBox::from_bytes(&sealed.to_bytes()).as_ref(), Ok(&sealed));
    assert_eq!(sealed.open(&recipient(), &recipient().public_key(), b"fuzz"), None);
}

/// A post is read the same with and without padding, and Pro signs it once.
pub fn community(data: &[u8]) {
    let Ok(post) = community::open(data) else { return };
    assert!(post.content().len() <= data.len());
    let posted = Timestamp::from_millis(1_700_000_000_000);
    if post.envelope().is_none() {
        let padded = community::open(&pad(post.content()));
        assert_eq!(padded.as_ref().map(community::Post::content), Ok(post.content()));
        assert_eq!(padded.map(|padded| padded.to_content(posted)), Ok(post.to_content(posted)));
    }
}

/// A file decrypts to the same in one piece and in many; cut or extended it does not decrypt.
pub fn attachment(data: &[u8]) {
    let key = AttachmentKey::from_bytes([3; 32]);
    let whole = attachment::decrypt(data, &key);
    assert!(whole.is_err(), "a file that nobody encrypted decrypted");

    // The stream inside is good: its first byte says how it is cut, the rest is the content.
    let Some((cut, content)) = data.split_first() else { return };
    let seed = Ed25519Seed::from_bytes([4; 32]);
    let Ok((file, key)) = attachment::encrypt(content, &seed, Purpose::Attachment) else { return };
    assert_eq!(attachment::decrypt(&file, &key).as_deref(), Ok(content));
    let size = 1 + usize::from(*cut) * 257;
    assert_eq!(in_pieces(&file, size, &key).as_deref(), Ok(content));
    let shorter = file.get(..file.len().saturating_sub(size)).unwrap_or_default();
    assert!(in_pieces(shorter, size, &key).is_err(), "a file that was cut decrypted");
}

fn in_pieces(file: &[u8], size: usize, key: &AttachmentKey) -> Result<Vec<u8>, DecryptError> {
    let (mut decryptor, mut content) = (Decryptor::new(key), Vec::new());
    file.chunks(size).try_for_each(|piece| decryptor.update(piece, &mut content))?;
    decryptor.finish(&mut content)?;
    Ok(content)
}

/// Decompression stays within its limit. Whatever is compressed comes back, always makes the same frame, and one that is
/// no longer than raw blocks.
pub fn compression(data: &[u8]) {
    if let Ok(content) = decompress(data, 100_000) {
        assert!(content.len() <= 100_000);
        compressed(&content);
    }
    compressed(data);
    // The matcher has other tables for long contents, and blocks remember codes of those before.
    if let [repeats, piece @ ..] = data
        && piece.len() > 1_000
    {
        compressed(&piece.repeat(usize::from(*repeats)));
    }
}

fn compressed(content: &[u8]) {
    let frame = compress(content);
    assert_eq!(decompress(&frame, content.len()).as_deref(), Ok(content));
    assert_eq!(frame, compress(content), "a frame depends on its content alone");
    let blocks = content.len() / (128 << 10) + 1;
    assert!(frame.len() <= content.len() + 13 + 3 * blocks, "longer than raw blocks");
}

/// Payloads of the push server are refused or read, with whatever inside.
pub fn push(data: &[u8]) {
    let key = PushKey::from_bytes([6; 32]);
    assert!(key.open(data).is_err(), "a payload that nobody encrypted opened");
    let payload = encrypted([6; 32], data);
    let plaintext = key.decrypt(&payload).expect("encrypted with this key");
    assert!(data.starts_with(&plaintext));
    if let Ok(notification) = key.open(&payload) {
        assert!(notification.message().is_none_or(|message| message.len() < data.len()));
    }
}
