use alloc::{format, string::ToString as _, vec};

use session_bt::Malformed;
use session_crypto::{
    blake2b::Blake2b,
    ed25519::Ed25519Seed,
    encoding::hex,
    rand_core::{TryCryptoRng, TryRng},
    system_rng,
};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::compression::DecompressError;

/// Hands out the bytes of a nonce.
struct Nonce(Vec<u8>);

impl TryRng for Nonce {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.copy_from_slice(&self.0.split_off(self.0.len() - out.len()));
        Ok(())
    }
}

impl TryCryptoRng for Nonce {}

fn keypair(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn sender() -> Ed25519Keypair {
    keypair("0123456789abcdef0123456789abcdef00000000000000000000000000000000")
}

fn group() -> GroupId {
    GroupId::from_public_key(keypair(&"77".repeat(32)).public_key())
}

fn key() -> GroupKey {
    GroupKey::from_bytes([0x55; 32])
}

/// The dict as given, encrypted.
fn framed(dict: &[u8]) -> Vec<u8> {
    let nonce = XChaCha20Nonce::from_bytes([9; 24]);
    let mut stored = nonce.as_bytes().to_vec();
    key().cipher().encrypt_into(&nonce, dict, &mut stored);
    stored
}

fn open_dict(dict: &[u8]) -> Result<Opened, OpenError> {
    open(&framed(dict), &group(), &[key()])
}

/// A dict with these values, each left out or replaced by a test.
struct Parts {
    version: Option<i64>,
    author: Option<Vec<u8>>,
    plain: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
    compressed: Option<Vec<u8>>,
}

impl Parts {
    fn good() -> Self {
        Self::signed(b"hello", None)
    }

    fn signed(data: &[u8], compressed: Option<&[u8]>) -> Self {
        let signed = signed_bytes(compressed.unwrap_or(data), Some(group()));
        Self {
            version: Some(1),
            author: Some(sender().public_key().to_bytes().to_vec()),
            plain: compressed.is_none().then(|| data.to_vec()),
            signature: Some(sender().sign(&signed).to_bytes().to_vec()),
            compressed: compressed.map(<[u8]>::to_vec),
        }
    }

    fn encode(&self) -> Vec<u8> {
        encode_dict(|dict| {
            if let Some(version) = self.version {
                dict.integer(b"", version);
            }
            for (key, value) in [
                (b"a", &self.author),
                (b"d", &self.plain),
                (b"s", &self.signature),
                (b"z", &self.compressed),
            ] {
                if let Some(value) = value {
                    dict.bytes(key, value);
                }
            }
        })
    }

    fn open(&self) -> Result<Opened, OpenError> {
        open_dict(&self.encode())
    }
}

/// 02 §8: sender seed 1, group seed 32×77, key 32×55, nonce 00…17, plaintext `hello`.
#[test]
fn the_frame_is_that_of_the_specification() {
    let nonce: Vec<u8> = (0..24).collect();
    let stored = seal(b"hello", &sender(), &group(), &key(), &mut Nonce(nonce.clone())).unwrap();
    assert_eq!(stored.len(), 256);
    assert_eq!(
        hex::encode(&Sha256::digest(&stored)),
        "3277c707bcf40be2ff2e73a8bb8d096e40fe5e90eb3ef1fa1431a490b7d5f6cb"
    );
    let nonce = XChaCha20Nonce::from_bytes(nonce.try_into().unwrap());
    let dict = key().cipher().decrypt(&nonce, &stored[24..]).unwrap();
    assert_eq!(
        hex::encode(without_zeros(&dict)),
        "64303a693165313a6133323a4cb76fdc6d32278e3f83dbf608360ecc6b65727934b85d2fb86862ff98c46ab7\
         313a64353a68656c6c6f313a7336343a694d5063a4f3a6fb65ef5296f32c4e544db2408b89ff9c42a517324e\
         da61d7514adf26dbea0db4eae89967d4c2cf8a7543ae2a1e9206ea90752361e717af6c0065"
    );
    let opened = open(&stored, &group(), &[key()]).unwrap();
    assert_eq!(opened.plaintext(), b"hello");
    assert_eq!(opened.sender_key(), sender().public_key());
    assert_eq!(opened.sender().public_key(), sender().to_x25519().public_key());
}

/// What the vectors of 06 §4 share: key, author, group and nonce.
mod gm {
    use super::*;

    pub(super) fn key() -> GroupKey {
        let key = "947df47813b6801e2a54edaca60093664aac6ac92b724504ac0afe5f020e2261";
        GroupKey::from_bytes(hex::decode_array(key).unwrap())
    }

    pub(super) fn author() -> Ed25519Keypair {
        keypair("0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210")
    }

    pub(super) fn group() -> GroupId {
        "03c50cb3ae956947a8de19135b5be2685ff348afc63fc34a837aca12bc5c1f5625".parse().unwrap()
    }

    pub(super) fn nonce() -> Vec<u8> {
        hex::decode("32ab4bb45d6df5cc14e1c330fb1a8b68ea3826a8c2213a49").unwrap()
    }

    /// The message of a dict whose data stand under `form` and are signed like this.
    pub(super) fn message(form: &[u8], data: &[u8], signature: &str) -> Vec<u8> {
        let mut dict = encode_dict(|dict| {
            dict.integer(b"", 1);
            dict.bytes(b"a", author().public_key().as_bytes());
            if form == b"d" {
                dict.bytes(b"d", data);
            }
            dict.bytes(b"s", &hex::decode(signature).unwrap());
            if form == b"z" {
                dict.bytes(b"z", data);
            }
        });
        dict.resize(256 - 40, 0);
        let mut stored = nonce();
        let nonce = XChaCha20Nonce::from_bytes(nonce().try_into().unwrap());
        key().cipher().encrypt_into(&nonce, &dict, &mut stored);
        stored
    }
}

#[test]
fn gm_1_is_made_and_read() {
    let signature = "66ba743e07bc405bf320fef74fb90ab7ad522547457fcce28e4f80a95445f5f7\
                     c879d3fb9719c5eb8458150601a79ad840c78246c41bd4208a58d17c579c9d05";
    let form = Form { signed_for: Some(gm::group()), compressed: false, block_length: 256 };
    let stored = form.seal(b"hello group", &gm::author(), &gm::key(), &mut Nonce(gm::nonce()));
    let stored = stored.unwrap();
    assert_eq!(
        hex::encode(&Sha256::digest(&stored)),
        "cd0ec9f1b865966eeb0aefbb2b301d1b58e5de274e5d412cd884898c3310560c"
    );
    assert_eq!(hex::encode(&stored[24..40]), "293270ec42e84611253574b3e024c8bf");
    assert_eq!(stored, gm::message(b"d", b"hello group", signature));
    let opened = open(&stored, &gm::group(), &[gm::key()]).unwrap();
    assert_eq!(opened.plaintext(), b"hello group");
    assert_eq!(
        opened.sender().to_string(),
        "05f1e8b64bbf761edf8f7b47e3a1f369985644cce0a62adb8e21604474bdd49627"
    );

    let unbound = "11cd5c6eeeb7717dde72883adcdc4cfc279f06233cd252aa2de816c351c3a032\
                   030ad739b4ade02fb9f123d29491fd9f75cfde0dbef87a22e6d89505cb93120f";
    let old = gm::message(b"d", b"hello group", unbound);
    assert_eq!(open(&old, &gm::group(), &[gm::key()]), Err(OpenError::Signature));
    assert_eq!(open_signed_for(None, &old, &[gm::key()]).unwrap().plaintext(), b"hello group");
    assert_eq!(open(&stored, &group(), &[gm::key()]), Err(OpenError::Signature));
    let mut altered = stored;
    *altered.last_mut().unwrap() ^= 4;
    let error = open(&altered, &gm::group(), &[gm::key()]);
    assert_eq!(error, Err(OpenError::NoKeyFits { keys: 1 }));
}

#[test]
fn gm_2_is_read() {
    let frame = hex::decode("28b52ffd6068006d00003067726f75702001005f514b11").unwrap();
    let signature = "759e685a50000b48f1326dbf0bd3bb6af811a9cb89d8e3bd3c99a454704e4ae3\
                     a4df612de44dc31d749b9e6ffc636fd6959323ebcff24d3177e3a5532dcb0800";
    let stored = gm::message(b"z", &frame, signature);
    assert_eq!(
        hex::encode(&Sha256::digest(&stored)),
        "ad87331fb4691ae87d1ae574f0f9ca35f220c67d93c005ffc62744af9f7d959a"
    );
    let opened = open(&stored, &gm::group(), &[gm::key()]).unwrap();
    assert_eq!(opened.plaintext(), b"group ".repeat(60));
    assert_eq!(opened.sender_key(), gm::author().public_key());
}

#[test]
fn what_is_sealed_is_opened() {
    for plaintext in
        [vec![1], vec![7; 100], vec![7; 5000], (0..=255).collect(), vec![0; MAX_PLAINTEXT_LENGTH]]
    {
        let stored = seal(&plaintext, &sender(), &group(), &key(), &mut system_rng()).unwrap();
        assert_eq!(stored.len() % 256, 0);
        assert!(stored.len() < 1024, "{} compresses", plaintext.len());
        assert_eq!(open(&stored, &group(), &[key()]).unwrap().plaintext(), plaintext);
    }
}

#[test]
fn limits_hold_on_both_sides() {
    let seal = |plaintext: &[u8]| seal(plaintext, &sender(), &group(), &key(), &mut system_rng());
    assert_eq!(seal(b""), Err(SealError::Empty));
    let found = MAX_PLAINTEXT_LENGTH + 1;
    assert_eq!(seal(&vec![0; found]), Err(SealError::TooLong { found }));
    let bomb = compress(&vec![0; found]);
    let too_long = DecompressError::TooLong { limit: MAX_PLAINTEXT_LENGTH };
    let error = Parts::signed(b"", Some(&bomb)).open();
    assert_eq!(error, Err(OpenError::Compression(too_long)));
}

#[test]
fn the_fitting_key_is_named() {
    let stored = seal(b"hello", &sender(), &group(), &key(), &mut system_rng()).unwrap();
    let [one, two] = [1, 2].map(|byte| GroupKey::from_bytes([byte; 32]));
    let opened = open(&stored, &group(), &[one.clone(), key(), two.clone()]).unwrap();
    assert_eq!(opened.key_index(), 1);
    assert_eq!(open(&stored, &group(), &[one, two]), Err(OpenError::NoKeyFits { keys: 2 }));
    assert_eq!(open(&stored, &group(), &[]), Err(OpenError::NoKeyFits { keys: 0 }));
}

#[test]
fn every_bit_and_every_length_counts() {
    let stored = seal(b"hello", &sender(), &group(), &key(), &mut system_rng()).unwrap();
    let none = Err(OpenError::NoKeyFits { keys: 1 });
    for bit in 0..stored.len() * 8 {
        let mut altered = stored.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&altered, &group(), &[key()]), none, "bit {bit}");
    }
    for found in 0..40 {
        let error = open(&stored[..found], &group(), &[key()]);
        assert_eq!(error, Err(OpenError::TooShort { found }));
    }
    for length in 40..stored.len() {
        assert_eq!(open(&stored[..length], &group(), &[key()]), none, "{length}");
    }
}

#[test]
fn a_message_cannot_be_moved_to_another_group() {
    let stored = seal(b"hello", &sender(), &group(), &key(), &mut system_rng()).unwrap();
    let other = GroupId::from_public_key(keypair(&"78".repeat(32)).public_key());
    assert_eq!(open(&stored, &other, &[key()]), Err(OpenError::Signature));
    let unbound = sender().sign(b"hello").to_bytes().to_vec();
    let old = Parts { signature: Some(unbound), ..Parts::good() };
    assert_eq!(old.open(), Err(OpenError::Signature));
    let opened = open_signed_for(None, &framed(&old.encode()), &[key()]);
    assert_eq!(opened.unwrap().plaintext(), b"hello");
}

#[test]
fn padding_is_any_number_of_zeros() {
    let dict = Parts::good().encode();
    for zeros in [0, 1, 255] {
        let padded = [dict.as_slice(), &vec![0; zeros]].concat();
        assert_eq!(open_dict(&padded).unwrap().plaintext(), b"hello");
    }
    for no_dict in [b"".as_slice(), b"\0\0\0", b"le", b"i1e", b"d", b"dx", b"hello"] {
        assert_eq!(open_dict(no_dict), Err(OpenError::NoDict), "{no_dict:?}");
    }
}

#[test]
fn each_rule_of_the_dict_has_its_error() {
    let good = Parts::good;
    let missing = |field| Err(OpenError::Missing { field });
    assert_eq!(Parts { version: None, ..good() }.open(), missing("version"));
    for version in [0, 2, -1, i64::MAX] {
        let error = Parts { version: Some(version), ..good() }.open();
        assert_eq!(error, Err(OpenError::UnsupportedVersion { version: version.into() }));
    }
    assert_eq!(Parts { author: None, ..good() }.open(), missing("author"));
    for found in [0, 31, 33] {
        let error = Parts { author: Some(vec![1; found]), ..good() }.open();
        assert_eq!(error, Err(OpenError::Length { field: "author", expected: 32, found }));
    }
    assert_eq!(Parts { author: Some(vec![0; 32]), ..good() }.open(), Err(OpenError::SenderKey));
    assert_eq!(Parts { plain: None, ..good() }.open(), missing("data"));
    let empty = |field| Err(OpenError::Empty { field });
    assert_eq!(Parts { plain: Some(vec![]), ..good() }.open(), empty("plain data"));
    assert_eq!(Parts { compressed: Some(vec![]), ..good() }.open(), empty("compressed data"));
    assert_eq!(Parts { compressed: Some(vec![1]), ..good() }.open(), Err(OpenError::TwoForms));
    assert_eq!(Parts { signature: None, ..good() }.open(), missing("signature"));
    for found in [0, 63, 65] {
        let error = Parts { signature: Some(vec![1; found]), ..good() }.open();
        assert_eq!(error, Err(OpenError::Length { field: "signature", expected: 64, found }));
    }
    assert_eq!(
        Parts { plain: Some(b"hallo".to_vec()), ..good() }.open(),
        Err(OpenError::Signature)
    );
}

#[test]
fn data_is_verified_before_it_is_decompressed() {
    let unsigned = Parts { plain: None, compressed: Some(b"no frame".to_vec()), ..Parts::good() };
    assert_eq!(unsigned.open(), Err(OpenError::Signature));
    let signed = Parts::signed(b"", Some(b"no frame"));
    assert_eq!(signed.open(), Err(OpenError::Compression(DecompressError::Malformed)));
    let frame = compress(&[7; 100]);
    assert_eq!(Parts::signed(b"", Some(&frame)).open().unwrap().plaintext(), [7; 100]);
}

#[test]
fn dicts_are_strict_but_open() {
    let dict = Parts::good().encode();
    let inside = &dict[1..dict.len() - 1];
    let more = [b"d", inside, b"1:xi1ee"].concat();
    assert_eq!(open_dict(&more).unwrap().plaintext(), b"hello");
    for (broken, reason) in [
        ([b"d", inside, b"1:ai1ee"].concat(), Malformed::KeyOrder),
        ([b"d", inside, b"1:xi01ee"].concat(), Malformed::IntegerLeadingZero),
        ([dict.as_slice(), b"e"].concat(), Malformed::TrailingBytes),
    ] {
        let Err(OpenError::Malformed(error)) = open_dict(&broken) else { panic!("{reason:?}") };
        assert_eq!(error.reason, reason);
    }
}

#[test]
fn the_plaintext_does_not_print() {
    let opened = Parts::good().open().unwrap();
    let sender = format!("{:?}", opened.sender());
    assert_eq!(format!("{opened:?}"), format!("Opened {{ sender: {sender}, length: 5, .. }}"));
}

/// Incompressible bytes go out plain: compression that does not help is not used.
#[test]
fn incompressible_bytes_are_sent_plain() {
    let noise: [u8; 64] = Blake2b::new().chain(b"noise").finalize();
    let stored = seal(&noise, &sender(), &group(), &key(), &mut system_rng()).unwrap();
    let (nonce, ciphertext) = stored.split_first_chunk().unwrap();
    let dict = key().cipher().decrypt(&XChaCha20Nonce::from_bytes(*nonce), ciphertext).unwrap();
    let message = SignedMessage::parse(without_zeros(&dict)).unwrap();
    assert_eq!((message.plain, message.compressed), (Some(noise.as_slice()), None));
}
