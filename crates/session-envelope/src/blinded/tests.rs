use alloc::format;

use session_crypto::{
    ed25519::{Ed25519KeyError, Ed25519Seed},
    encoding::hex,
    rand_core::{TryCryptoRng, TryRng},
    system_rng,
};

use super::*;
use crate::content::ContentError;

/// The nonce of 02 §5.
struct Counting;

impl TryRng for Counting {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.iter_mut().zip(0..).for_each(|(byte, number)| *byte = number);
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

fn server() -> ServerPublicKey {
    "1d7e7f92b1ed3643855c98ecac02fc7274033a3467653f047d6e433540c03f17".parse().unwrap()
}

fn keypair(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn one() -> Ed25519Keypair {
    keypair("0123456789abcdef0123456789abcdef00000000000000000000000000000000")
}

fn two() -> Ed25519Keypair {
    keypair("00112233445566778899aabbccddeeff00000000000000000000000000000000")
}

fn blinded(prefix: &str, key: &str) -> BlindedId {
    BlindedId::from_bytes(hex::decode_array(&[prefix, key].concat()).unwrap()).unwrap()
}

/// Sender and recipient of both kinds.
fn ids() -> [(BlindedId, BlindedId); 2] {
    [
        (
            blinded("15", "5678ab7f648665b1e90e3c19e56bbaa9d5890f367d1000101aebe265c46ae8c4"),
            blinded("15", "9ee46909a9656e978e9555fbbf62db8bf4629790fbc556ced2f363a0ae272aeb"),
        ),
        (
            blinded("25", "8ce2ed7e357093056e9c4a72a1cba4718647134f2c23b76dedcc9c79b7a1f53a"),
            blinded("25", "4a9f0487029641ea81a674ee06cbcf05fe1e53bcd1e6447d1cbf14ccfdabd78b"),
        ),
    ]
}

#[test]
fn payloads_are_those_of_the_specification() {
    let expected = [
        "000449294bb842ef395bbefdc209909ed85b3a2516f438815a302f29a6b8bd2f2453bc64968fe927262e3db59fa8\
         14972fc8cf528f87000102030405060708090a0b0c0d0e0f1011121314151617",
        "001fc6748a5e4aef59d666c57e0c8a4e1f299f9b32dffd1fb4602a20ac32a8907c5a43fea78f116bb1714fa9c449\
         0eeb06ed90b23e92000102030405060708090a0b0c0d0e0f1011121314151617",
    ];
    for ((from, to), expected) in ids().into_iter().zip(expected) {
        let sealed = seal(b"hello", &one(), &server(), &to, &mut Counting).unwrap();
        assert_eq!(hex::encode(&sealed), expected);
        for reader in [one(), two()] {
            let opened = open(&sealed, &reader, &server(), &from, &to).unwrap();
            assert_eq!(opened.message(), b"hello");
            assert_eq!(opened.sender_key(), one().public_key());
            assert_eq!(opened.sender().public_key(), one().to_x25519().public_key());
        }
    }
}

#[test]
fn keys_are_those_of_the_specification() {
    let expected = [
        "4ba8639720b89e5b13d968298391180aed73e84ef4e24fbe09c081c198f71a66",
        "efcd6660b9f10125c51bf34944b37368b0a20d03eec402f01a96f4bac824e083",
    ];
    for ((from, to), expected) in ids().into_iter().zip(expected) {
        for (own, peer) in [(one(), to), (two(), from)] {
            let own = OwnKey::derive(&own, &server(), &to);
            let key = own.message_key(&peer, &from, &to).unwrap();
            assert_eq!(hex::encode(key.expose_bytes()), expected);
        }
    }
}

#[test]
fn every_bit_and_every_length_counts() {
    for (from, to) in ids() {
        let sealed = seal(b"hi", &one(), &server(), &to, &mut system_rng()).unwrap();
        let open = |sealed: &[u8]| open(sealed, &two(), &server(), &from, &to);
        for bit in 8..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&altered), Err(OpenError::Unauthentic), "bit {bit}");
        }
        for version in 1..=u8::MAX {
            let mut altered = sealed.clone();
            altered[0] = version;
            assert_eq!(open(&altered), Err(OpenError::UnsupportedVersion { version }));
        }
        for found in 0..OVERHEAD {
            assert_eq!(open(&sealed[..found]), Err(OpenError::TooShort { found }));
        }
        assert_eq!(open(&sealed[..OVERHEAD]), Err(OpenError::Unauthentic));
    }
}

#[test]
fn only_the_two_can_read() {
    let three = keypair(&"03".repeat(32));
    for (from, to) in ids() {
        let sealed = seal(b"hi", &one(), &server(), &to, &mut system_rng()).unwrap();
        let error = open(&sealed, &three, &server(), &from, &to);
        assert_eq!(error, Err(OpenError::Unauthentic));
        let error = open(&sealed, &two(), &server(), &to, &from);
        assert_eq!(error, Err(OpenError::Unauthentic), "direction");
    }
    let [(from, _), (_, to)] = ids();
    let sealed = seal(b"hi", &one(), &server(), &to, &mut system_rng()).unwrap();
    let error = open(&sealed, &two(), &server(), &from, &to);
    assert_eq!(error, Err(OpenError::Unauthentic), "mixed kinds");
}

/// The sender agrees on a key as itself, but puts somebody else's name inside.
#[test]
fn the_key_inside_is_the_senders() {
    for (from, to) in ids() {
        let own = OwnKey::derive(&one(), &server(), &to);
        let key = own.message_key(&to, &own.id, &to).unwrap();
        let nonce = XChaCha20Nonce::from_bytes([1; 24]);
        for name in [two().public_key(), Ed25519PublicKey::from_bytes([0; 32])] {
            let plaintext = [b"hi".as_slice(), name.as_bytes()].concat();
            let ciphertext = key.encrypt(&nonce, &plaintext);
            let sealed = [&[0], ciphertext.as_slice(), nonce.as_bytes()].concat();
            let error = open(&sealed, &two(), &server(), &from, &to);
            assert_eq!(error, Err(OpenError::SenderMismatch));
        }
    }
}

/// The server may know the sender by the other sign. The bytes of the id are part of the key, so that
/// this does not decrypt; the comparison of ids alone accepts both.
#[test]
fn both_signs_of_a_15_id_are_one_account() {
    let [(BlindedId::Blinded15(from), _), (from_25, _)] = ids() else { panic!("kinds") };
    assert!(blinds_to(&one().public_key(), &server(), &BlindedId::Blinded15(from)));
    assert!(blinds_to(&one().public_key(), &server(), &BlindedId::Blinded15(from.negated())));
    assert!(blinds_to(&one().public_key(), &server(), &from_25));
    assert!(!blinds_to(&two().public_key(), &server(), &from_25));
    let own = OwnKey::derive(&one(), &server(), &BlindedId::Blinded15(from));
    assert!(own.is(&BlindedId::Blinded15(from.negated())));
}

#[test]
fn ids_that_are_no_keys_are_refused() {
    let refused = MultiplyError::Point(Ed25519KeyError::SmallOrder);
    for prefix in ["15", "25"] {
        let nobody = blinded(prefix, &"00".repeat(32));
        let error = seal(b"hi", &one(), &server(), &nobody, &mut system_rng());
        assert_eq!(error, Err(refused));
        let own = OwnKey::derive(&two(), &server(), &nobody).id;
        let error = open(&[0; 100], &two(), &server(), &nobody, &own);
        assert_eq!(error, Err(OpenError::Peer(refused)));
    }
}

#[test]
fn the_message_does_not_print() {
    let [(from, to), _] = ids();
    let sealed = seal(b"hello", &one(), &server(), &to, &mut system_rng()).unwrap();
    let opened = open(&sealed, &two(), &server(), &from, &to).unwrap();
    let sender = format!("{:?}", opened.sender());
    assert_eq!(format!("{opened:?}"), format!("Opened {{ sender: {sender}, length: 5, .. }}"));
}

#[test]
fn contents_travel_in_both_directions() {
    let account = |seed: u8| {
        let seed = session_identity::AccountSeed::from_bytes(&[seed; 16]).unwrap();
        Account::from_seed(seed)
    };
    let (alice, bob) = (account(1), account(2));
    let now = Timestamp::from_millis(1_700_000_000_000);
    let content = Content::text("hi").unwrap();
    for like in ids().map(|(from, _)| from) {
        let [from, to] =
            [&alice, &bob].map(|account| OwnKey::derive(account.ed25519(), &server(), &like).id);
        let sealed = encode(&content, &alice, (&server(), &to), now, &mut system_rng()).unwrap();
        for reader in [&alice, &bob] {
            let received = decode(&sealed, reader, (&server(), &from, &to), now).unwrap();
            assert_eq!(received, (alice.id(), content.clone()));
        }
        let late = Timestamp::from_millis(now.as_millis() + 6 * 3_600_000 + 1);
        let error = decode(&sealed, &bob, (&server(), &from, &to), late);
        let refused = community::RefusedError::Timestamp { signed: now, posted: late };
        assert_eq!(error, Err(DecodeError::Refused(refused)));
        let error = decode(&sealed[1..], &bob, (&server(), &from, &to), now);
        assert!(matches!(error, Err(DecodeError::Open(_))));
        let noise = seal(b"\x08", alice.ed25519(), &server(), &to, &mut system_rng()).unwrap();
        let error = decode(&noise, &bob, (&server(), &from, &to), now);
        let malformed = matches!(
            error,
            Err(DecodeError::Post(community::OpenError::Content(ContentError::Malformed(_))))
        );
        assert!(malformed);
    }
}
