use alloc::{format, string::ToString, vec::Vec};

use session_crypto::{
    ed25519::{Ed25519KeyError, Ed25519Seed},
    encoding::{base64, hex},
};
use session_identity::Timestamp;

use super::*;
use crate::{
    auth::{Signer, Unauthorised},
    namespace::Namespace,
    request::{Circumstances, Request, RetrieveRequest},
};

const READ_WRITE: Access = Access::from_bits(3);

/// The group of §6.4.
fn group() -> Ed25519Keypair {
    keypair("0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210")
}

/// The member of §6.4.
fn member() -> Ed25519Keypair {
    keypair("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
}

fn keypair(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn group_id() -> GroupId {
    GroupId::from_public_key(group().public_key())
}

fn id_of(keypair: &Ed25519Keypair) -> AccountId {
    AccountId::from_public_key(keypair.to_x25519().public_key())
}

fn issued() -> SubaccountAuth {
    SubaccountAuth::issue(&group(), &id_of(&member()), READ_WRITE).unwrap()
}

/// The subaccount with some bytes changed.
fn altered(change: impl FnOnce(&mut [u8; 100])) -> SubaccountAuth {
    let mut bytes = *issued().expose_bytes();
    change(&mut bytes);
    SubaccountAuth::from_bytes(&bytes)
}

fn verify(auth: &SubaccountAuth) -> Result<(), SubaccountAuthError> {
    auth.verify(&group_id(), &member(), Access::NONE).map(|_| ())
}

#[test]
fn subaccounts_match_the_specification() {
    let token = "0303000085af311da72570859cae7e84d6a135e716a8c0b7f7f4d554b8da4778a636e839";
    let factor = "013cb83a207d36c574aefe7dc51a5d1c3ad69d17f6c8d1c9398bee1180f8770a";
    let signature =
        "6brvv/2jfciBAJeRKMGSepNJLullyrVVHijyVDE+8GC5Oc89UNxjNrq1kVV1P+pkUIRDOew24gSLFgLZfdl+BQ==";
    let derived = SubaccountToken::derive(&group(), &id_of(&member()), READ_WRITE).unwrap();
    assert_eq!(hex::encode(derived.as_bytes()), token);
    let expected: Vec<u8> = [
        hex::decode("03030000").unwrap(),
        hex::decode(factor).unwrap(),
        base64::decode(signature).unwrap(),
    ]
    .concat();
    assert_eq!(issued().expose_bytes().as_slice(), expected);

    let signer = issued().verify(&group_id(), &member(), READ_WRITE).unwrap();
    assert_eq!(signer.token(), &derived);
    assert_eq!(signer.keypair.public_key(), derived.key());
    let auth = signer.sign(b"retrieve9991693340111000");
    assert_eq!(
        base64::encode(auth.signature.as_bytes()),
        "c3PJ4g29v5RivKm8Tdg49vGU2/6kVd0yONnpz5U5zePMYptqW3iYQ0TYf2rEzv3qqkPhS5p67M5GAccHoBHGDQ=="
    );
    let account = Address::from(group_id());
    assert_eq!(auth.verify(&account, b"retrieve9991693340111000", Access::READ, &[]), Ok(()));
    let needed = auth.verify(&account, b"retrieve9991693340111000", Access::DELETE, &[]);
    assert_eq!(needed, Err(Unauthorised));
}

#[test]
fn members_of_either_sign_can_sign() {
    let mut signs = [false; 2];
    for seed in 0..16 {
        let member = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]));
        signs[usize::from(member.public_key().is_negative())] = true;
        let auth = SubaccountAuth::issue(&group(), &id_of(&member), READ_WRITE).unwrap();
        let subaccount = auth.verify(&group_id(), &member, READ_WRITE).unwrap();
        let signer = Signer::member(&subaccount);
        let now = Timestamp::from_millis(1_700_000_000_000);
        let request = RetrieveRequest::new(*signer.account(), Namespace::GROUP_MESSAGES);
        let request = Request::from(request.sign(&signer, now).unwrap());
        assert!(request.authorise(&Circumstances::at(now)).is_ok(), "seed {seed}");
    }
    assert_eq!(signs, [true; 2], "both signs occur");
}

#[test]
fn bad_subaccounts_are_refused_by_reason() {
    assert_eq!(verify(&issued()), Ok(()));
    let other = keypair(&"ab".repeat(32));
    let not_mine = issued().verify(&group_id(), &other, Access::NONE);
    assert_eq!(not_mine.unwrap_err(), SubaccountAuthError::Signature);
    let other_group = GroupId::from_public_key(other.public_key());
    let not_theirs = issued().verify(&other_group, &member(), Access::NONE);
    assert_eq!(not_theirs.unwrap_err(), SubaccountAuthError::Signature);

    let prefix = SubaccountAuthError::Prefix { found: 5 };
    assert_eq!(verify(&altered(|bytes| bytes[0] = 5)), Err(prefix));
    // With the flag the prefix is free; then the signature tells.
    let free = altered(|bytes| (bytes[0], bytes[1]) = (5, 0x0b));
    assert_eq!(verify(&free), Err(SubaccountAuthError::Signature));
    let access = SubaccountAuthError::Access { found: Access::WRITE };
    assert_eq!(verify(&altered(|bytes| bytes[1] = 2)), Err(access));
    let deleter = issued().verify(&group_id(), &member(), Access::DELETE);
    assert_eq!(deleter.unwrap_err(), SubaccountAuthError::Access { found: READ_WRITE });
    assert_eq!(verify(&altered(|bytes| bytes[4..36].fill(0))), Err(SubaccountAuthError::Factor));
    // Bit 255 of the factor, which an unclamped multiplication would ignore.
    assert_eq!(verify(&altered(|bytes| bytes[35] |= 0x80)), Err(SubaccountAuthError::Factor));
}

#[test]
fn every_bit_counts() {
    let bytes = *issued().expose_bytes();
    for bit in 0..800 {
        let mut flipped = bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&SubaccountAuth::from_bytes(&flipped)).is_err(), "bit {bit}");
    }
}

#[test]
fn a_factor_has_one_spelling() {
    // k + L is the same scalar.
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let larger = altered(|bytes| {
        let mut carry = 0_u16;
        for (byte, add) in bytes[4..36].iter_mut().zip(order.unwrap()) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
    });
    assert_eq!(verify(&larger), Err(SubaccountAuthError::Factor));
}

#[test]
fn lengths_are_exact() {
    let bytes = *issued().expose_bytes();
    for found in (0..100).chain([101, 200]) {
        let given: Vec<u8> = bytes.iter().copied().cycle().take(found).collect();
        let error = SubaccountAuthLengthError { found };
        assert_eq!(SubaccountAuth::try_from(given.as_slice()), Err(error));
    }
    assert_eq!(SubaccountAuth::try_from(&bytes[..]), Ok(issued()));
}

#[test]
fn account_ids_off_the_curve_are_refused() {
    let mut u = [0; 33];
    (u[0], u[1]) = (5, 2);
    let error = SubaccountAuth::issue(&group(), &AccountId::from_bytes(u).unwrap(), READ_WRITE);
    let point = MultiplyError::Point(Ed25519KeyError::NotOnCurve);
    assert_eq!(error, Err(MemberKeyError(point)));
    let zero = AccountId::from_bytes(
        [5].into_iter().chain([0; 32]).collect::<Vec<_>>().try_into().unwrap(),
    );
    let error = SubaccountToken::derive(&group(), &zero.unwrap(), READ_WRITE).unwrap_err();
    assert_eq!(error.to_string(), "account id of the member is refused");
}

#[test]
fn secrets_do_not_print() {
    assert_eq!(format!("{:?}", issued()), "SubaccountAuth(..)");
    let signer = issued().verify(&group_id(), &member(), Access::NONE).unwrap();
    assert_eq!(
        format!("{signer:?}"),
        "SubaccountSigner(SubaccountToken(03, 03, Ed25519PublicKey(85af311d…)))"
    );
}
