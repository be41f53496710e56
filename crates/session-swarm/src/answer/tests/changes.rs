//! Entries of requests that change or delete what is stored.

use alloc::{collections::BTreeMap, vec::Vec};

use super::*;
use crate::{
    message_hash::MessageHash,
    request::{
        DeleteRequest, ExpireMode, ExpireRequest, GetExpiriesRequest, Namespaces, Revocation,
        RevokeRequest, RevokedSubaccountsRequest, SweepRequest,
    },
    subaccount::SubaccountToken,
};

const DAY_LATER: Timestamp = Timestamp::from_millis(1_700_086_400_000);
const TWO_DAYS_LATER: Timestamp = Timestamp::from_millis(1_700_172_800_000);

/// H1 and H2 of §4.1.
fn hashes() -> [MessageHash; 2] {
    ["7Oc1rKHW0wR4AEcpRnRbcC20o6Q7RQh08N6ZI+qBAsE", "JtzcFsragp4aBXmMxvYoqDLj+JT1fsUmBOtmHLXfmv4"]
        .map(|hash| hash.parse().unwrap())
}

fn account() -> Address {
    *request().account()
}

fn token() -> SubaccountToken {
    let token = base64::decode("AwMAAIWvMR2nJXCFnK5+hNahNecWqMC39/TVVLjaR3imNug5").unwrap();
    SubaccountToken::from_bytes(token.try_into().unwrap())
}

/// Whether the JSON of an answer with this entry holds `signature`, and what verifying the entry says.
fn check<E>(
    request: E::Request,
    entry: E,
    answer: impl Fn(SwarmAnswer<E>) -> Answer,
) -> (alloc::string::String, Verified)
where
    E: Entry + Clone,
    E::Request: Clone + Into<Request>,
{
    let key = node().public_key();
    let members = SwarmAnswer::from_iter([(key, Ok(entry))]);
    let verified = members.verify(&request, &[key]);
    let response = Response::answer(answer(members), NOW, FORK);
    assert_eq!(read(&request.into(), &response), response);
    (alloc::string::String::from_utf8(response.to_json()).unwrap(), verified)
}

#[test]
fn entries_match_the_table_of_the_specification() {
    let (node, [one, two]) = (node(), hashes());
    let delete = DeleteRequest::new(account(), [one, two].into());
    let entry = DeleteEntry::sign(&node, &delete, [two, one].into());
    assert_eq!(entry.deleted(), [one, two]);
    let (json, verified) = check(delete, entry, Answer::Delete);
    let signature =
        "HsquphPd8IEUypxbKPh+OjaK/FJ9rKHMupPIS7TZRa3g5HB4Bb06KaSdT+snTmrvZmQ5Il7xypl9SzScnJQtDw==";
    assert!(json.contains(signature) && verified.is_success(), "{json}");

    let sweep = SweepRequest::delete_all(account(), Namespaces::All, NOW);
    let namespaces = [(Namespace::DEFAULT, [two].into()), (Namespace::CONTACTS, [one].into())];
    let entry = SweepEntry::sign(&node, &sweep, SweptMessages::All(namespaces.into()));
    let (json, verified) = check(sweep, entry, Answer::Sweep);
    let signature =
        "psLo2cU3KFy8CdJ8fZ+4nLMhvAMrtoSAuieFY9Q8rEsIsealDnk5Mw+ohukT8ocA0in+FA9JAMEFMrepXOgQCw==";
    assert!(json.contains(signature) && verified.is_success(), "{json}");
    assert!(json.contains(&format!(r#""deleted":{{"0":["{two}"],"3":["{one}"]}}"#)), "{json}");

    let expire = ExpireRequest::new(account(), [one, two].into(), DAY_LATER);
    let expire = expire.with_mode(ExpireMode::Extend);
    let (updated, unchanged) = ([(one, DAY_LATER)].into(), [(two, TWO_DAYS_LATER)].into());
    let entry = ExpireEntry::sign(&node, &expire, DAY_LATER, &updated, unchanged);
    let (json, verified) = check(expire, entry, Answer::Expire);
    let signature =
        "T6eN9e22WfQfIxP4bzU0f1VvUfNT8m0vsLbf1elUP0+/Y+FTuMnx36kDhvToBa1r56QOBX9OEzWCHVsM6MODCA==";
    assert!(json.contains(signature) && verified.is_success(), "{json}");
    assert!(json.contains(&format!(r#""unchanged":{{"{two}":1700172800000}}"#)), "{json}");

    let group = "03c50cb3ae956947a8de19135b5be2685ff348afc63fc34a837aca12bc5c1f5625".parse();
    let tokens = [token()].into();
    let revoke = RevokeRequest::new(Revocation::Revoke, group.unwrap(), tokens, NOW);
    let entry = RevokeEntry::sign(&node, &revoke);
    let (json, verified) = check(revoke, entry, Answer::Revoke);
    let signature =
        "eCufgSdSXRt4/IXLUUn9Gp1rCuf8l1tRYhjwDLzhT4g/I2WoMu5V3JQO6jspfZ5U6+WG4JmRqhOa+z3JIK9ZCA==";
    assert!(json.contains(signature) && verified.is_success(), "{json}");
}

#[test]
fn an_answer_of_the_real_network_verifies() {
    let account = "058dc8432a63f9dda4d642bfc3eb5e037838bbd779f73e0a6dfb92b8040a1e7848";
    let hash: MessageHash = "MVeBDGJz+O1NXcb8f8u9zEjJuwJidwwFYazrgOCqdDg".parse().unwrap();
    let expiry = Timestamp::from_millis(1_696_913_568_281);
    let node: Ed25519PublicKey =
        "d9a0fe4581988bdbb3a586f0b254ef60f4e411523be6267b128d1d49bb4585bb".parse().unwrap();
    let request = ExpireRequest::new(account.parse().unwrap(), [hash].into(), expiry);
    let json = format!(
        r#"{{"swarm":{{"{node}":{{"updated":["{hash}"],"expiry":1696913568281,"signature":"8j/1IR3Cnbf0XLL0G+unge6888alheMLAcWehRbQ8zOChqxXwOBHmGu6ZZ99dhvhL8laPg3UAtVcf2iW1CViCQ=="}}}}}}"#
    );
    let response = Response::from_json(&request.clone().into(), 200, json.as_bytes()).unwrap();
    let Body::Answer(Answer::Expire(answer)) = response.body() else { panic!("{response:?}") };
    assert_eq!(answer.verify(&request, &[node]).confirmed(), [node]);
}

#[test]
fn entries_about_other_messages_do_not_hold() {
    let (node, [one, two]) = (node(), hashes());
    let key = node.public_key();
    // What is signed here is what the node says; what it says is not what was asked.
    let delete = DeleteRequest::new(account(), [one].into());
    let entry = DeleteEntry::sign(&node, &delete, [one, two].into());
    assert_eq!(entry.verify(&delete, &key), Err(EntryError::OtherMessage(two)));
    let entry = DeleteEntry::sign(&node, &delete, [one, one].into());
    assert_eq!(entry.verify(&delete, &key), Err(EntryError::OtherMessage(one)));
    let entry = DeleteEntry::sign(&node, &delete, [].into());
    assert_eq!(entry.verify(&delete, &key), Ok(()));

    let expire = ExpireRequest::new(account(), [one].into(), DAY_LATER);
    let extend = expire.clone().with_mode(ExpireMode::Extend);
    let none = BTreeMap::new;
    let both = [(one, DAY_LATER), (two, DAY_LATER)].into();
    let entry = ExpireEntry::sign(&node, &expire, DAY_LATER, &both, none());
    assert_eq!(entry.verify(&expire, &key), Err(EntryError::OtherMessage(two)));
    let foreign = [(two, DAY_LATER)].into();
    let entry = ExpireEntry::sign(&node, &extend, DAY_LATER, &none(), foreign);
    assert_eq!(entry.verify(&extend, &key), Err(EntryError::OtherMessage(two)));
    // A node may cut the time and must not lengthen it.
    let updated = [(one, TWO_DAYS_LATER)].into();
    let entry = ExpireEntry::sign(&node, &expire, TWO_DAYS_LATER, &updated, none());
    assert_eq!(entry.verify(&expire, &key), Err(EntryError::OtherExpiry(one)));
    let updated = [(one, NOW)].into();
    let entry = ExpireEntry::sign(&node, &expire, NOW, &updated, none());
    assert_eq!(entry.verify(&expire, &key), Ok(()));
}

#[test]
fn each_message_has_the_expiry_that_was_asked_for_it() {
    let (node, [one, two]) = (node(), hashes());
    let asked = [(two, TWO_DAYS_LATER), (one, DAY_LATER)];
    let request = ExpireRequest::each(account(), &asked);
    let entry = ExpireEntry::sign(&node, &request, NOW, &asked.into(), BTreeMap::new());
    let updated: Vec<_> = entry.updated().collect();
    assert_eq!(updated, [(one, DAY_LATER), (two, TWO_DAYS_LATER)]);
    let (json, verified) = check(request.clone(), entry, Answer::Expire);
    assert!(verified.is_success());
    let sorted = r#""expiry":[1700086400000,1700172800000],"signature""#;
    assert!(json.contains(sorted) && json.contains(&format!(r#"["{one}","{two}"]"#)), "{json}");
    // Unsorted, the pairs still belong together.
    let unsorted = json
        .replace("[1700086400000,1700172800000]", "[1700172800000,1700086400000]")
        .replace(&format!(r#"["{one}","{two}"]"#), &format!(r#"["{two}","{one}"]"#));
    let verify = |json: &str| {
        let response = Response::from_json(&request.clone().into(), 200, json.as_bytes()).unwrap();
        let Body::Answer(Answer::Expire(answer)) = response.into_body() else { panic!("{json}") };
        answer.verify(&request, &[node.public_key()])
    };
    assert!(verify(&unsorted).is_success());
    let swapped = json.replace("[1700086400000,1700172800000]", "[1700172800000,1700086400000]");
    let longer = (node.public_key(), Rejection::Entry(EntryError::OtherExpiry(one)));
    assert_eq!(verify(&swapped).rejected(), [longer]);
}

#[test]
fn altered_answers_do_not_verify() {
    let (node, [one, two]) = (node(), hashes());
    let key = node.public_key();
    let sweep =
        SweepRequest::expire_all(account(), Namespaces::One(Namespace::CONTACTS), DAY_LATER);
    let entry = SweepEntry::sign(&node, &sweep, SweptMessages::One([two, one].into()));
    let (json, verified) = check(sweep.clone(), entry, Answer::Sweep);
    assert!(verified.is_success());
    assert!(json.contains(&format!(r#""updated":["{one}","{two}"]"#)), "{json}");
    let altered = json.replace(&format!(r#""{one}","#), "");
    let response = Response::from_json(&sweep.clone().into(), 200, altered.as_bytes()).unwrap();
    let Body::Answer(Answer::Sweep(answer)) = response.body() else { panic!("{response:?}") };
    let rejected = [(key, Rejection::Entry(EntryError::Signature))];
    assert_eq!(answer.verify(&sweep, &[key]).rejected(), rejected);
    // The same entry is no answer to a request of another time.
    let later = SweepRequest::expire_all(account(), sweep.namespaces(), TWO_DAYS_LATER);
    assert_eq!(answer.verify(&later, &[key]).rejected(), rejected);
}

#[test]
fn each_method_has_its_threshold() {
    let [one, _] = hashes();
    let (a, b) = (node(), other_node(1));
    let members = [a.public_key(), b.public_key()];
    let delete = DeleteRequest::new(account(), [one].into());
    let entry = DeleteEntry::sign(&a, &delete, [one].into());
    let answer = SwarmAnswer::from_iter([
        (members[0], Ok(entry)),
        (members[1], Err(MemberFailure::Timeout)),
    ]);
    assert!(answer.verify(&delete, &members).is_success());
    let expire = ExpireRequest::new(account(), [one].into(), DAY_LATER);
    let updated = [(one, DAY_LATER)].into();
    let entry = ExpireEntry::sign(&a, &expire, DAY_LATER, &updated, BTreeMap::new());
    let answer = SwarmAnswer::from_iter([
        (members[0], Ok(entry)),
        (members[1], Err(MemberFailure::Timeout)),
    ]);
    assert!(!answer.verify(&expire, &members).is_success());
    let namespaces = Namespaces::All;
    for (sweep, success) in [
        (SweepRequest::delete_all(account(), namespaces, NOW), true),
        (SweepRequest::delete_before(account(), namespaces, NOW), true),
        (SweepRequest::expire_all(account(), namespaces, NOW), false),
    ] {
        let entry = SweepEntry::sign(&a, &sweep, SweptMessages::One([].into()));
        let answer = SwarmAnswer::from_iter([
            (members[0], Ok(entry)),
            (members[1], Err(MemberFailure::Timeout)),
        ]);
        assert_eq!(answer.verify(&sweep, &members).is_success(), success, "{sweep:?}");
    }
}

#[test]
fn members_send_their_entries_in_bencode() {
    let (node, [one, two]) = (node(), hashes());
    let delete = DeleteRequest::new(account(), [one, two].into());
    let entry = DeleteEntry::sign(&node, &delete, [one].into());
    let bytes = entry.to_bencode();
    assert!(bytes.starts_with(format!("d7:deletedl43:{one}e9:signature64:").as_bytes()));
    assert_eq!(DeleteEntry::from_bencode(&bytes), Ok(entry));
    let stored = super::entry(&node);
    assert_eq!(StoreEntry::from_bencode(&stored.to_bencode()), Ok(stored));
    let revoke = RevokeRequest::new(Revocation::Unrevoke, account(), [token()].into(), NOW);
    let entry = RevokeEntry::sign(&node, &revoke).with_count(1);
    assert_eq!(RevokeEntry::from_bencode(&entry.to_bencode()), Ok(entry));
    assert_eq!(DeleteEntry::from_bencode(b"d"), Err(AnswerError::Syntax));
    assert_eq!(DeleteEntry::from_bencode(b"le"), Err(AnswerError::NoObject));
    let missing = FieldError::Missing { field: "deleted" };
    assert_eq!(DeleteEntry::from_bencode(b"de"), Err(AnswerError::Field(missing)));
    assert_eq!(SweepEntry::from_bencode(b"de"), Err(AnswerError::Field(missing)));
}

#[test]
fn what_had_to_be_deleted_and_was_not_has_status_404() {
    let (node, [one, _]) = (node(), hashes());
    let request = DeleteRequest::new(account(), [one].into()).required();
    let response = |deleted| {
        let entry = DeleteEntry::sign(&node, &request, deleted);
        let answer = SwarmAnswer::from_iter([(node.public_key(), Ok(entry))]);
        Response::answer(Answer::Delete(answer), NOW, FORK).required()
    };
    assert_eq!(response([one].into()).status(), 200);
    let none = response([].into());
    assert_eq!((none.status(), none.is_success()), (404, false));
    assert_eq!(read(&request.clone().into(), &none), none);
    // Where every member failed nobody knows whether there was anything.
    let failed = SwarmAnswer::from_iter([(node.public_key(), Err(MemberFailure::Timeout))]);
    assert_eq!(Response::answer(Answer::Delete(failed), NOW, FORK).required().status(), 500);
}

#[test]
fn answers_of_one_node_are_read_back() {
    let [one, two] = hashes();
    let request = GetExpiriesRequest::new(account(), [one, two].into(), NOW).into();
    let times = BTreeMap::from([(one, DAY_LATER), (two, NOW)]);
    let response = Response::answer(Answer::GetExpiries(times.into()), NOW, FORK);
    assert_eq!(read(&request, &response), response);
    let json = format!(r#"{{"expiries":{{"{one}":1700086400000,"{two}":1700000000000}}}}"#);
    assert_eq!(str::from_utf8(&response.to_json()), Ok(json.as_str()));

    let request = RevokedSubaccountsRequest::new(account(), NOW).into();
    let response = Response::answer(Answer::RevokedSubaccounts(vec![token()].into()), NOW, FORK);
    assert_eq!(read(&request, &response), response);
}

#[test]
fn malformed_entries_are_failures_of_their_member() {
    let request = ExpireRequest::new(account(), hashes().into(), DAY_LATER);
    let key = node().public_key();
    let signature = base64::encode(&[0; 64]);
    for (fields, error) in [
        (
            r#""updated":[],"expiry":[1]"#,
            "Invalid 'expiry' value: not one time for each updated message",
        ),
        (
            &format!(r#""updated":["{}"],"expiry":[]"#, "A".repeat(43)),
            "Invalid 'expiry' value: not one time for each updated message",
        ),
        (r#""updated":[],"expiry":1"#, "Invalid value given for 'expiry': must be in milliseconds"),
        (r#""updated":[]"#, "Required field 'expiry' missing"),
        (
            r#""updated":[],"expiry":1700086400000,"unchanged":[]"#,
            "Invalid 'unchanged' value: not times by message hash",
        ),
        (
            r#""updated":[],"expiry":1700086400000,"unchanged":{"x":1}"#,
            "Invalid 'unchanged' value: not times by message hash",
        ),
    ] {
        let json = format!(r#"{{"swarm":{{"{key}":{{{fields},"signature":"{signature}"}}}}}}"#);
        let response = Response::from_json(&request.clone().into(), 200, json.as_bytes()).unwrap();
        let Body::Answer(Answer::Expire(answer)) = response.body() else { panic!("{response:?}") };
        let Some((_, Err(MemberFailure::Malformed(found)))) = answer.iter().next() else {
            panic!("{answer:?}")
        };
        assert_eq!(found.to_string(), error, "{fields}");
    }
}
