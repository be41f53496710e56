use alloc::{string::ToString, vec, vec::Vec};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
};
use session_identity::GroupId;

use super::*;
use crate::{
    answer::AnswerError, limits::MAX_DATA_LENGTH, message_hash::MessageHash,
    subaccount::SubaccountAuth,
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The member of §6.4.
fn member() -> Ed25519Keypair {
    let seed = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn group() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([9; 32]))
}

fn request() -> MonitorRequest {
    let namespaces = [5, 0, 2].map(Namespace::new);
    MonitorRequest::sign(&Signer::user(&member()), namespaces, MonitorData::Include, NOW)
}

/// The request of the group, as an owner or as a member with these rights.
fn group_request(access: Option<Access>) -> MonitorRequest {
    let (group, member) = (group(), member());
    let namespaces = [Namespace::GROUP_MESSAGES];
    let sign =
        |signer: &Signer<'_>| MonitorRequest::sign(signer, namespaces, MonitorData::Omit, NOW);
    let Some(access) = access else { return sign(&Signer::owner(3, &group)) };
    let id = AccountId::from_public_key(member.to_x25519().public_key());
    let auth = SubaccountAuth::issue(&group, &id, access).unwrap();
    let group_id = GroupId::from_public_key(group.public_key());
    let subaccount = auth.verify(&group_id, &member, Access::NONE).unwrap();
    sign(&Signer::member(&subaccount))
}

#[test]
fn subscriptions_match_the_specification() {
    let bytes = "64313a5033323a3ccd241cffc9b3618044b97d036d8614593d8b017c340f1dee8773385517654b313a64\
                 693165313a6e6c69306569326569356565313a7336343a5eeb0af9f6df1221b65badb05216c00fade509\
                 e8b60c5f3d7f539654bf5c4057248a403c0e993e59a1e8d1d8515059d5a39aad1060dbcc658f84a58b26\
                 803e06313a7469313730303030303030306565";
    assert_eq!(hex::encode(&request().to_bencode()), bytes.replace(char::is_whitespace, ""));
}

#[test]
fn written_subscriptions_are_read_back() {
    let requests = [request(), group_request(None), group_request(Some(Access::READ))];
    for request in &requests {
        assert_eq!(MonitorRequest::from_bencode(&request.to_bencode()).as_ref(), Ok(request));
        assert_eq!(request.check(NOW), Ok(()));
    }
    let list = MonitorRequest::list_from_bencode(&MonitorRequest::list_to_bencode(&requests));
    assert_eq!(list, Ok(requests.iter().cloned().map(Ok).collect()));
    let one = MonitorRequest::list_from_bencode(&request().to_bencode());
    assert_eq!(one, Ok(vec![Ok(request())]));
    let none = MonitorRequest::sign(&Signer::user(&member()), [], MonitorData::Omit, NOW);
    assert_eq!(none.namespaces().collect::<Vec<_>>(), [Namespace::DEFAULT]);
}

#[test]
fn malformed_subscriptions_have_their_numbers() {
    let read = |bytes: &[u8]| MonitorRequest::from_bencode(bytes).unwrap_err();
    for bytes in [&b""[..], b"le", b"de", b"d1:nli0ee1:si1ee", b"{}"] {
        assert_eq!(read(bytes), MonitorErrorCode::Arguments, "{bytes:?}");
    }
    let whole = group_request(None).to_bencode();
    // The same dict with one part of it replaced.
    let with = |from: &[u8], to: &[u8]| {
        let at = whole.windows(from.len()).position(|window| window == from).unwrap();
        [&whole[..at], to, &whole[at + from.len()..]].concat()
    };
    let group = [b"1:p33:\x03", &group().public_key().to_bytes()[..]].concat();
    let namespaces = b"1:nli11ee";
    for (bytes, code) in [
        (with(&group, b""), MonitorErrorCode::Arguments),
        (with(&group, b"1:p1:\x03"), MonitorErrorCode::PublicKey),
        (
            with(&group, &group.iter().map(|b| if *b == 3 { 5 } else { *b }).collect::<Vec<_>>()),
            MonitorErrorCode::PublicKey,
        ),
        (with(namespaces, b""), MonitorErrorCode::Arguments),
        (with(namespaces, b"1:ni11e"), MonitorErrorCode::Arguments),
        (with(namespaces, b"1:nle"), MonitorErrorCode::Namespaces),
        (with(namespaces, b"1:nli11ei11ee"), MonitorErrorCode::Namespaces),
        (with(namespaces, b"1:nli12ei11ee"), MonitorErrorCode::Namespaces),
        (with(namespaces, b"1:nli40000ee"), MonitorErrorCode::Namespaces),
        (with(b"1:ti1700000000e", b""), MonitorErrorCode::Arguments),
        (with(b"1:ti1700000000e", b"1:ti-1e"), MonitorErrorCode::Arguments),
        (with(namespaces, b"1:di2e1:nli11ee"), MonitorErrorCode::Arguments),
        (
            with(namespaces, &[b"1:T36:", &[3; 36][..], namespaces].concat()),
            MonitorErrorCode::Arguments,
        ),
    ] {
        assert_eq!(read(&bytes), code, "{}", bytes.escape_ascii());
    }
    let crowd = [&b"l"[..], &b"de".repeat(1025), b"e"].concat();
    assert_eq!(MonitorRequest::list_from_bencode(&crowd), Err(MonitorErrorCode::Arguments));
    let most = [&b"l"[..], &b"de".repeat(1024), b"e"].concat();
    assert_eq!(MonitorRequest::list_from_bencode(&most).map(|list| list.len()), Ok(1024));
}

#[test]
fn a_user_is_named_by_exactly_one_key() {
    let user = request().to_bencode();
    let group = group_request(None).to_bencode();
    // `d`, then the whole field `P` of the one, then all fields of the other.
    let both = [b"d", &user[1..39], &group[1..]].concat();
    assert!(Value::from_bencode(&both).is_ok());
    assert_eq!(MonitorRequest::from_bencode(&both), Err(MonitorErrorCode::Arguments));
}

#[test]
fn signatures_live_for_two_weeks() {
    let (day, now) = (86_400_000, NOW.as_millis());
    let check = |millis| request().check(Timestamp::from_millis(millis));
    assert_eq!(check(now + 14 * day), Ok(()));
    assert_eq!(check(now + 14 * day + 1), Err(MonitorErrorCode::Time));
    assert_eq!(check(now - day), Ok(()));
    assert_eq!(check(now - day - 1), Err(MonitorErrorCode::Time));
    let mut far = request();
    far.time_secs = u64::MAX;
    assert_eq!(far.check(NOW), Err(MonitorErrorCode::Time));
}

#[test]
fn altered_subscriptions_are_refused() {
    let signature = Err(MonitorErrorCode::Signature);
    assert_eq!(MonitorRequest { data: MonitorData::Omit, ..request() }.check(NOW), signature);
    let namespaces = [Namespace::DEFAULT].into();
    assert_eq!(MonitorRequest { namespaces, ..request() }.check(NOW), signature);
    let account = *group_request(None).account();
    assert_eq!(MonitorRequest { account, ..request() }.check(NOW), signature);
    assert_eq!(MonitorRequest { time_secs: 1_700_000_001, ..request() }.check(NOW), signature);
    // A subaccount needs the right to read, which `verify` does not give to one that lacks it.
    let mut blind = group_request(Some(Access::READ));
    let proof = blind.auth.subaccount.as_mut().unwrap();
    proof.token = SubaccountToken::new(3, Access::WRITE, proof.token.key());
    proof.signature = group().sign(proof.token.as_bytes());
    assert_eq!(blind.check(NOW), signature);
}

#[test]
fn answers_are_read_back() {
    let refused = MonitorAnswer::from(Err(MonitorErrorCode::Namespaces));
    assert_eq!(refused.to_bencode(), b"d7:errcodei3e5:error28:namespaces must be ascendinge");
    let subscribed = MonitorAnswer::from(Ok(()));
    assert_eq!(subscribed.to_bencode(), b"d7:successi1ee");
    for answer in [&refused, &subscribed] {
        assert_eq!(MonitorAnswer::from_bencode(&answer.to_bencode()).as_ref(), Ok(answer));
    }
    let both = [refused, subscribed];
    let list = MonitorAnswer::list_from_bencode(&MonitorAnswer::list_to_bencode(&both));
    assert_eq!(list, Ok(both.clone().map(Ok).to_vec()));
    // One that cannot be read leaves the others in their places.
    let odd =
        [b"l".as_slice(), &both[1].to_bencode(), b"dei5e", &both[0].to_bencode(), b"e"].concat();
    let list = MonitorAnswer::list_from_bencode(&odd).unwrap();
    let missing = AnswerError::Field(FieldError::Missing { field: "errcode" });
    let [refused, subscribed] = both;
    assert_eq!(list, [Ok(subscribed), Err(missing), Err(AnswerError::NoObject), Ok(refused)]);
    let many = [b"l".as_slice(), &b"de".repeat(MAX_SUBSCRIPTIONS + 1), b"e"].concat();
    let error = FieldError::TooMany { field: "body", max: MAX_SUBSCRIPTIONS };
    assert_eq!(MonitorAnswer::list_from_bencode(&many), Err(error.into()));
    for (bytes, error) in [
        (&b"x"[..], AnswerError::Syntax),
        (b"le", AnswerError::NoObject),
        (b"de", AnswerError::Field(FieldError::Missing { field: "errcode" })),
    ] {
        assert_eq!(MonitorAnswer::from_bencode(bytes), Err(error));
    }
    let newer = MonitorAnswer::Refused { code: 99, error: "".to_string() };
    assert_eq!(MonitorAnswer::from_bencode(b"d7:errcodei99ee"), Ok(newer));
}

#[test]
fn notifications_are_read_back() {
    let (account, namespace) = (*request().account(), Namespace::new(-11));
    let hash = MessageHash::of(&account, namespace, b"abc");
    let bare = Notification::new(account, namespace, hash, NOW, NOW);
    let full = bare.clone().with_data(b"abc".to_vec());
    for notification in [&bare, &full] {
        let bytes = notification.to_bencode();
        assert_eq!(Notification::from_bencode(&bytes).as_ref(), Ok(notification));
        assert!(notification.is_named_rightly());
    }
    assert!(!bare.clone().with_data(b"abd".to_vec()).is_named_rightly());
    assert!(full.to_bencode().ends_with(b"1:zi1700000000000e1:~3:abce"));
    let long = bare.with_data(vec![0; MAX_DATA_LENGTH + 1]);
    let length = AnswerError::Field(FieldError::DataLength);
    assert_eq!(Notification::from_bencode(&long.to_bencode()), Err(length));
    assert_eq!(Notification::from_bencode(b"le"), Err(AnswerError::NoObject));
}
