//! The inline vectors of 01 §7 to §9, and what §8.3 warns of.

use alloc::{
    format,
    string::{String, ToString as _},
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::{base64, hex},
};

use super::*;
use crate::{
    Account, AccountSeed, Timestamp,
    id::{Blinded15Id, Blinded25Id, BlindedId},
};

const K1: &str = "fecd9a6034bc9aba273925dee7062b123334587c3c6257341afae2d7fe85e122";
const K2: &str = "8659efdcbe0949e0f81141e6d397e8be75f45d09262f209d5950e97989eb43c7";
const K3: &str = "c010d89eccbaf5d1c6d19df766c6eedf965d4a28a56f87c9fc819edb59896dd9";
/// The server of the example with K3.
const S_K3: &str = "c3b3c6f32f0ab5a57f853cc4f30f5da7fda5624b0c77b3fb0829de562ada081d";

fn keypair(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn account_id(seed: &str) -> AccountId {
    AccountId::from_public_key(keypair(seed).to_x25519().public_key())
}

/// The test servers of 01 §8.5: `abcdef0123456789` four times, with another start.
fn server(start: &str) -> ServerPublicKey {
    let mut text = "abcdef0123456789".repeat(4);
    text.replace_range(..start.len(), start);
    text.parse().unwrap()
}

fn hex_scalar(bytes: &[u8; 32]) -> String {
    hex::encode(bytes)
}

#[test]
fn the_15_ids_of_the_specification() {
    let [c0, c1] = Blinded15Id::candidates(&account_id(K1), &server("")).unwrap();
    let expected = "15b74ed205f1f931e1bb1291183778a9456b835937d923b0f2e248aa3a44c07844";
    assert_eq!(c0.to_string(), expected);
    assert_eq!(c1, c0.negated());
    assert_eq!(Blinded15Keypair::derive(&keypair(K1), &server("")).id(), c0, "K1 is positive");

    let [c0, c1] = Blinded15Id::candidates(&account_id(K2), &server("")).unwrap();
    let expected = "1561e070286ff7a71f167e92b18c709882b148d8238c8872caf414b301ba0564fd";
    assert_eq!(c0.to_string(), expected);
    assert_eq!(c1.to_string(), expected.replace("64fd", "647d"));
    assert_eq!(Blinded15Keypair::derive(&keypair(K2), &server("")).id(), c1, "K2 is negative");
    // "First" is not "positive": here the first candidate has its sign bit set.
    assert_eq!((c0.absolute(), c1.absolute()), (c1, c1));
}

#[test]
fn the_25_ids_of_the_specification() {
    for (seed, start, expected) in [
        (K1, "", "253b991dcbba44cfdb45d5b38880d95cff723309e3ece6fd01415ad5fa1dccc7ac"),
        (K1, "00", "2598589c7885b56cbeae6ab7b4224f202815520a54995872cb1833b44db6401c8d"),
        (K2, "", "25a69cc6884530bf8498d22892e563716c4742f2845a7eb608de2aecbe7b6b5996"),
    ] {
        let id = Blinded25Id::of_account(&account_id(seed), &server(start)).unwrap();
        assert_eq!(id.to_string(), expected);
        let keypair = Blinded25Keypair::derive(&keypair(seed), &server(start));
        assert_eq!(keypair.id(), id);
    }
}

#[test]
fn the_key_pairs_of_the_specification() {
    let (account, server) = (keypair(K3), S_K3.parse().unwrap());
    let blind15 = Blinded15Keypair::derive(&account, &server);
    assert_eq!(
        hex_scalar(BlindingFactor::blind15(&server).as_bytes()),
        "84e3eb75028a9b73fec031b7448e322a68ca6485fad81ab1bead56f759ebeb0f"
    );
    assert_eq!(
        blind15.id().to_string(),
        "1598932d4bccbe595a8789d7eb1629cefc483a0eaddc7e20e8fe5c771efafd9af5"
    );
    assert_eq!(
        hex_scalar(blind15.expose_scalar()),
        "16663322d6b684e1c9dcc02b9e8642c3affd3bc431a9ea9e63dbbac88ce7a305"
    );
    let blind25 = Blinded25Keypair::derive(&account, &server);
    assert_eq!(
        hex_scalar(BlindingFactor::blind25(&account_id(K3), &server).as_bytes()),
        "f1fd41bf8036d0cbaa49e408a1c3789d19043cf781945c4217570962d4f28308"
    );
    assert_eq!(
        blind25.id().to_string(),
        "25c0a17a5594f3708414f61a76517ddb02a97d07e715c4225188977990fc6283f0"
    );
    assert_eq!(
        hex_scalar(blind25.expose_scalar()),
        "8c35261f847cb4a49e3699af92b14171f17e23c711a17ccc5d829bb611267e02"
    );
}

#[test]
fn the_15_signatures_of_the_specification() {
    for (seed, start, message, expected) in [
        (
            K1,
            "",
            "hello",
            "1a5ade20b43af0e16b3e591d6f86303938d7557c0ac54469dd4f5aea759f82d2\
             2cafa42587251756e133acdddd8cbec2f707a9ce09a49f2193f46a91502c5006",
        ),
        (
            K2,
            "",
            "this",
            "dacf91dfb411e99cd8ef4cb07b195b49289cf1a724fef122c73462818560bc29\
             832a98d870ec4feb79dedca5b59aba6a466d3ce8f3e35adf25a1813f6989fd0a",
        ),
        (
            K2,
            "888",
            "",
            "8b0d6447decff3a21ec1809141580139c4a51e24977b0605fe7984439993f537\
             7ebc9681e4962593108d03cc8b6873c5c5ba8c30287188137d2dee9ab10afd0f",
        ),
    ] {
        let keypair = Blinded15Keypair::derive(&keypair(seed), &server(start));
        let signature = keypair.sign(message.as_bytes());
        assert_eq!(signature.to_string(), expected, "{message}");
        assert_eq!(keypair.id().public_key().verify(message.as_bytes(), &signature), Ok(()));
    }
}

#[test]
fn the_25_signatures_of_the_specification() {
    for (seed, start, message, expected) in [
        (
            K1,
            "",
            "hello",
            "e6c57de4ac0cd278abbeef815bd88b163a037085deae789ecaaf4805884c4c3d\
             3db25f3afa856241366cb341a3a4c9bbaa2cda81d028079c956fab16a7fe6206",
        ),
        (
            K2,
            "",
            "this",
            "57bb2f80c88ce2f677902ee58e02cbd83e4e1ec9e06e1c72a34b4ab76d0f5219\
             cfd141ac5ce7016c73c8382db99df9f317f2bc0af6ca68edac2a9a7670938902",
        ),
        (
            K1,
            "777",
            "omg!",
            "322e280fbc3547c6b6512dbea4d60563d32acaa2df10d665c40a336c99fc3b8e\
             4b13a7109dfdeadab2ab58b2cb314eb0510b947f43e5dfb6e0ce5bf1499d240f",
        ),
    ] {
        let keypair = Blinded25Keypair::derive(&keypair(seed), &server(start));
        let signature = keypair.sign(message.as_bytes());
        assert_eq!(signature.to_string(), expected, "{message}");
        assert_eq!(keypair.id().public_key().verify(message.as_bytes(), &signature), Ok(()));
    }
}

/// The request of 01 §8.5: server ‖ nonce ‖ seconds ‖ method ‖ path.
fn community_request() -> (Ed25519Keypair, ServerPublicKey, alloc::vec::Vec<u8>) {
    let server: ServerPublicKey = S_K3.parse().unwrap();
    let mut message = server.as_bytes().to_vec();
    message.extend(base64::decode("CdB5nyKVmQGCw6s0Bvv8Ww==").unwrap());
    message.extend(b"1642472103GET/room/the-best-room/messages/recent?limit=25");
    (keypair(K3), server, message)
}

#[test]
fn a_community_request_is_signed_as_specified() {
    let (account, server, message) = community_request();
    let signature = Blinded15Keypair::derive(&account, &server).sign(&message);
    assert_eq!(
        signature.to_string(),
        "917c4c6e0ebee3dda3788f83eb5b3deb7ea2c5872d9ffaa78649e1521413b79e\
         1447778ff6fb2571cde21127410b28a4a6a632c9f10ea74cfe863baf5c65b209"
    );
    assert_eq!(
        base64::encode(account.sign(&message).as_bytes()),
        "xxLpXHbomAJMB9AtGMyqvBsXrdd2040y+Ol/IKzElWfKJa3EYZRv1GLO6CTLhrDFUwVQe8PPltyGs54Kd7O5Cg=="
    );
}

#[cfg(feature = "hazmat")]
#[test]
fn the_seed_form_is_that_of_desktop_and_verifies_too() {
    let (account, server, message) = community_request();
    let signature = hazmat::sign_with_seed_prefix(&account, &server, &message);
    assert_eq!(
        base64::encode(signature.as_bytes()),
        "gYqpWZX6fnF4Gb2xQM3xaXs0WIYEI49+B8q4mUUEg8Rw0ObaHUWfoWjMHMArAtP9QlORfiydsKWz1o6zdPVeCQ=="
    );
    let id = Blinded15Keypair::derive(&account, &server).id();
    assert_eq!(id.public_key().verify(&message, &signature), Ok(()));
    // Why it must not be used: the account's own signature over kA ‖ M has the same R.
    let bound = [id.public_key().as_bytes(), message.as_slice()].concat();
    assert_eq!(account.sign(&bound).as_bytes()[..32], signature.as_bytes()[..32]);
    let safe = Blinded15Keypair::derive(&account, &server).sign(&message);
    assert_ne!(safe.as_bytes()[..32], signature.as_bytes()[..32]);
}

#[test]
fn the_version_keys_of_the_specification() {
    let keypair = VersionBlindedKeypair::derive(&keypair(K1).seed());
    assert_eq!(
        hex::encode(keypair.ed25519().seed().expose_bytes()),
        "91faddc2c36da4f7bcf24fd977d9ca5346ae7489cfd43c58cad9eaaa6ed60f69"
    );
    assert_eq!(
        keypair.id().to_string(),
        "0788e8adb27e7b8ce776fcc25bc1501fb2888fcac0308e52fb10044f789ae1a8fa"
    );
    let now = Timestamp::from_millis(1_234_567_890_999);
    assert_eq!(
        keypair.sign_version_check(Platform::Desktop, now).to_string(),
        "143c2c9828f7680ee81e6247bc7aa4777c4991add87cd724149b00452bed4e92\
         0fa57daf4627c68f43fcbddb2d465d5ea11def523f3befb2bbee39c769676305"
    );
    let body = b"some body (once told me)";
    assert_eq!(
        keypair.sign_request("GET", "/path/to/somewhere", body, now).to_string(),
        "8e78143dc8e37ca78f8230f9908aed95163b9f4a8991a39b65f6bc47e3f7f4fb\
         af51873e9a17e2e98e974e75ba977508f963f7bfef9f9200a6c6bacec85b3900"
    );
}

/// The 07 column of the table of 01 §7.
#[test]
fn the_version_ids_of_three_accounts() {
    for (seed, expected) in [
        (
            "00000000000000000000000000000000",
            "07feca5cb5bccdfa50cc3a86456077c0552e79d4d2dadcd1bb1bf412fbeaa6520d",
        ),
        (
            "000102030405060708090a0b0c0d0e0f",
            "07dd3d6d153503c02e1c65231b6839805c664534140936349de53a8cfe1d179c16",
        ),
        (
            "39038c8988db02c1af44e8c847bd9713",
            "072a30df2ab2b7517ede1a6e8fd6d795a200f7fe2a696e652666aad2d9043721d6",
        ),
    ] {
        let seed = AccountSeed::from_bytes(&hex::decode(seed).unwrap()).unwrap();
        let account = Account::from_seed(seed);
        let keypair = VersionBlindedKeypair::derive(&account.ed25519().seed());
        assert_eq!(keypair.id().to_string(), expected);
    }
}

#[test]
fn upper_case_ids_match_too() {
    // A reference compares text, and so never matches an id in upper case (01 §8.3).
    let [c0, _] = Blinded15Id::candidates(&account_id(K1), &server("")).unwrap();
    let id: BlindedId = c0.to_string().to_uppercase().parse().unwrap();
    assert_eq!(matches(&account_id(K1), &id, &server("")), Ok(true));
}

#[test]
fn a_25_id_is_not_matched_by_the_rule_of_15() {
    let [c0, c1] = Blinded15Id::candidates(&account_id(K1), &server("")).unwrap();
    for key in [c0.public_key(), c1.public_key()] {
        let id = BlindedId::Blinded25(Blinded25Id::from_public_key(key));
        assert_eq!(matches(&account_id(K1), &id, &server("")), Ok(false));
    }
    let id = Blinded25Id::of_account(&account_id(K1), &server("")).unwrap();
    let as_15 = BlindedId::Blinded15(Blinded15Id::from_public_key(id.public_key()));
    assert_eq!(matches(&account_id(K1), &as_15, &server("")), Ok(false));
    // Nor does the other sign match: a 25 id has one.
    let negated = Blinded25Id::from_public_key(id.public_key().negated());
    let negated = BlindedId::Blinded25(negated);
    assert_eq!(matches(&account_id(K1), &negated, &server("")), Ok(false));
    assert_eq!(matches(&account_id(K1), &BlindedId::Blinded25(id), &server("")), Ok(true));
    assert_eq!(matches(&account_id(K1), &BlindedId::Blinded25(id), &server("00")), Ok(false));
}

#[test]
fn a_matcher_finds_what_matches_and_nothing_else() {
    let mut matcher = Matcher::new(server(""));
    for seed in [K1, K2] {
        matcher.insert(account_id(seed)).unwrap();
    }
    for seed in [K1, K2, K3] {
        let known = (seed != K3).then(|| account_id(seed));
        for start in ["", "00"] {
            let [c0, c1] = Blinded15Id::candidates(&account_id(seed), &server(start)).unwrap();
            let exact = Blinded25Id::of_account(&account_id(seed), &server(start)).unwrap();
            let expected = known.filter(|_| start.is_empty());
            for id in
                [BlindedId::Blinded15(c0), BlindedId::Blinded15(c1), BlindedId::Blinded25(exact)]
            {
                assert_eq!(matcher.find(&id), expected, "{id:?} on {start}");
            }
        }
    }
}

#[test]
fn account_ids_that_nobody_can_have_are_refused() {
    let server = server("");
    let mut u = [0; 32];
    for (low, reason) in [(1, X25519KeyError::SmallOrder), (2, X25519KeyError::OnTwist)] {
        u[0] = low;
        let id = AccountId::from_public_key(X25519PublicKey::from_bytes(u));
        let refused = BlindError::AccountId(reason);
        assert_eq!(Blinded15Id::candidates(&id, &server), Err(refused));
        assert_eq!(Blinded25Id::of_account(&id, &server), Err(refused));
        assert_eq!(Matcher::new(server).insert(id), Err(refused));
    }
    // A second spelling of K1's id would otherwise be another name for the same blinded ids.
    let mut second = account_id(K1).public_key().to_bytes();
    second[31] |= 0x80;
    let id = AccountId::from_public_key(X25519PublicKey::from_bytes(second));
    let refused = BlindError::AccountId(X25519KeyError::NonCanonical);
    assert_eq!(Blinded15Id::candidates(&id, &server), Err(refused));
}

/// `1/u` is K1's point plus the point of order 2: half of all servers' factors would map the two to one id.
#[test]
fn the_twin_of_an_account_id_is_refused() {
    // u⁻¹ mod 2^255 − 19, computed elsewhere.
    let twin = "051126391ec8467a7208835768422bff1092699c6d9563680f4e6c072ef5d65944";
    let id: AccountId = twin.parse().unwrap();
    assert_eq!(id.check(), Ok(()));
    let refused = BlindError::Key(Ed25519KeyError::MixedOrder);
    assert_eq!(Blinded15Id::candidates(&id, &server("")), Err(refused));
    assert_eq!(Blinded25Id::of_account(&id, &server("")), Err(refused));
}

#[test]
fn ed25519_keys_give_the_ids_of_their_accounts() {
    for seed in [K1, K2, K3] {
        let (account, server) = (keypair(seed), server("888"));
        let id = Blinded15Id::of_ed25519(&account.public_key(), &server);
        assert_eq!(id, Ok(Blinded15Keypair::derive(&account, &server).id()), "{seed}");
        let id = Blinded25Id::of_ed25519(&account.public_key(), &server);
        assert_eq!(id, Ok(Blinded25Keypair::derive(&account, &server).id()), "{seed}");
    }
    let mut y = [0; 32];
    for (low, reason) in [(1, Ed25519KeyError::SmallOrder), (2, Ed25519KeyError::NotOnCurve)] {
        y[0] = low;
        let key = Ed25519PublicKey::from_bytes(y);
        let refused = BlindError::Key(reason);
        assert_eq!(Blinded15Id::of_ed25519(&key, &server("")), Err(refused));
        assert_eq!(Blinded25Id::of_ed25519(&key, &server("")), Err(refused));
    }
}

#[test]
fn zero_factors_have_a_name() {
    assert_eq!(BlindError::from(MultiplyError::ZeroScalar), BlindError::ZeroFactor);
}

#[test]
fn server_keys_are_64_digits_or_32_bytes() {
    let key = server("");
    assert_eq!(key.to_string().to_uppercase().parse(), Ok(key));
    let short = "ab".repeat(31).parse::<ServerPublicKey>();
    assert_eq!(short, Err(ParseHexError::Length { expected: 64, found: 62 }));
    let text = key.to_string().replace("ab", "zb");
    let error = ParseHexError::Digit { position: 0 };
    assert_eq!(text.parse::<ServerPublicKey>(), Err(error));
    assert_eq!(ServerPublicKey::try_from(key.as_bytes().as_slice()), Ok(key));
    for found in [0, 31, 33, 64] {
        let error = ServerPublicKey::try_from([0; 64].get(..found).unwrap()).unwrap_err();
        assert_eq!((error.expected, error.found), (32, found));
    }
}

#[test]
fn debug_shows_ids_only() {
    let (account, server) = (keypair(K1), server(""));
    let blind15 = Blinded15Keypair::derive(&account, &server);
    assert_eq!(format!("{blind15:?}"), "Blinded15Keypair(Blinded15Id(15b7…7844))");
    let blind25 = Blinded25Keypair::derive(&account, &server);
    assert_eq!(format!("{blind25:?}"), "Blinded25Keypair(Blinded25Id(253b…c7ac))");
    let version = VersionBlindedKeypair::derive(&account.seed());
    assert_eq!(format!("{version:?}"), "VersionBlindedKeypair(VersionBlindedId(0788…a8fa))");
    assert_eq!(format!("{:?}", BlindingFactor::blind15(&server)), "BlindingFactor(Scalar(..))");
}
