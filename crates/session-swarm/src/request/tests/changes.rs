//! Requests that change or delete what is stored, and revocations.

use super::*;
use crate::hard_fork::HardFork;

/// H1 and H2 of §4.1.
const HASHES: [&str; 2] =
    ["7Oc1rKHW0wR4AEcpRnRbcC20o6Q7RQh08N6ZI+qBAsE", "JtzcFsragp4aBXmMxvYoqDLj+JT1fsUmBOtmHLXfmv4"];

/// Token of §6.4.
const TOKEN: &str = "0303000085af311da72570859cae7e84d6a135e716a8c0b7f7f4d554b8da4778a636e839";

fn hashes() -> Vec<MessageHash> {
    HASHES.map(|hash| hash.parse().unwrap()).into()
}

fn token() -> SubaccountToken {
    SubaccountToken::from_bytes(hex::decode_array(TOKEN).unwrap())
}

fn account() -> Address {
    *Signer::user(&member()).account()
}

fn default() -> Namespaces {
    Namespaces::One(Namespace::DEFAULT)
}

/// Base64 of the signature by the member of §6.4.
fn signed(request: &Request) -> String {
    let params = Value::from(request.to_params()).to_json();
    let params = Value::from_json(&params).unwrap();
    Fields::of(&params).unwrap().required("signature").unwrap()
}

#[test]
fn signatures_match_the_table_of_the_specification() {
    let member = member();
    let signer = Signer::user(&member);
    let (account, hashes) = (account(), hashes());
    let (day_later, two_days_later) = (at(1_700_086_400_000), at(1_700_172_800_000));
    let sweep = |request: SweepRequest| Request::from(request.sign(&signer).unwrap());
    let expire = |request: ExpireRequest| Request::from(request.sign(&signer).unwrap());
    let each = [(hashes[0], day_later), (hashes[1], two_days_later)];
    for (request, signature) in [
        (
            DeleteRequest::new(account, hashes.clone()).sign(&signer).unwrap().into(),
            "thOEcGNv59ftX1tAMJuAC4KdCyzfd4097tsadKWGkwtVzgJGGGIfmv3c23nr86Hqm7et3Ik0TqyfzHjq8PPICw==",
        ),
        (
            sweep(SweepRequest::delete_all(account, default(), NOW)),
            "FYqxAE3wGHFxqLEi11YYwbSBSmlEfhMEK3r5q2C3qb8VXsOU5C+oOwqku5P2lIJiQUTgfW5dDPeR6bUKiA+BBw==",
        ),
        (
            sweep(SweepRequest::delete_all(account, Namespaces::All, NOW)),
            "818oRa1fZ1DkreDgDUupJXn1p1gjWcINQQo/s3UhZEFq47KiHplgqwN5UJVQeWBnPjutzIIHNYtBQbUjjIUsCw==",
        ),
        (
            sweep(SweepRequest::delete_before(account, default(), NOW)),
            "SoDB7z4vUufS5ZE3hKMjbFelxDPfMCcWxVzKXTwCeZ1eYawBKx4WSNklj6xBZ3FhZ3zlZolgrJwzMvaWEJMlBA==",
        ),
        (
            sweep(SweepRequest::expire_all(account, Namespaces::All, day_later)),
            "Ljy51WR9eGS4+QeGJEwLxGrchAg8o+PKgsuUoXboFXYz4cvvFf/2tuKawuBa5rnSuJ3YPscvQ0e4U9kFIW35AQ==",
        ),
        (
            expire(ExpireRequest::new(account, hashes.clone(), day_later)),
            "IyeIi/XvhvfXsOQ4Vc1nkzLSLGtGAe40UuiXivAw3rfpWOwlqVDC6qe2XgK+OIdJINgVUn+tMjDmTdpn8QL/BQ==",
        ),
        (
            expire(
                ExpireRequest::new(account, hashes.clone(), day_later)
                    .with_mode(ExpireMode::Extend),
            ),
            "/NoL0Wz8WicWbuQAihB3W7W8sdYYnmwX3AgcEcl6ORRonqOHjJfq3E6KdCKQHgOv7TntAntOJ9s2rWWmtCbxDA==",
        ),
        (
            expire(ExpireRequest::each(account, &each)),
            "2ZwiXD2AnrDLxra9xa/9RiNVG3cNQVc65zf3kx4DvmvX+z3u5wqhmlshgJjQta6+6T6WdOJfH2fvAgxs44aMBQ==",
        ),
        (
            GetExpiriesRequest::new(account, hashes.clone(), NOW).sign(&signer).unwrap().into(),
            "Dgl4sgrfu/TMd5SqPiiR4xgUkEZX4Jg3KcbouWo4THA4fMHFbff0GesyA7jn5L31qksKuThXE9gkf9Oe9xsVBQ==",
        ),
    ] {
        assert_eq!(self::signed(&request), signature, "{request:?}");
        assert_eq!(decide(request, NOW), Ok(()));
    }
}

#[test]
fn signatures_of_revocations_match_the_table_of_the_specification() {
    let group = group();
    let owner = Signer::owner(3, &group);
    let revoke = |what| {
        let request = RevokeRequest::new(what, *owner.account(), [token()].into(), NOW);
        Request::from(request.sign(&owner).unwrap())
    };
    for (request, signature) in [
        (
            revoke(Revocation::Revoke),
            "Nj3CB9W8ds+tYbHBvFk+J1904tiO4pXnslEfxiVrL6vTf63gkztMMXXr7CEL3HI1yTajYWB/OWKBYOH0x14HCw==",
        ),
        (
            revoke(Revocation::Unrevoke),
            "eyJh4L7d0oJg6ZXeL7NxU37Y35qIQn9bE/x8bRDIeIj90JDA9GpNbHGCdBgkSH32InwaGP0fBUdFDGHRPqYPAw==",
        ),
    ] {
        assert_eq!(self::signed(&request), signature, "{request:?}");
        assert_eq!(decide(request, NOW), Ok(()));
    }
}

#[test]
fn fields_of_lists_are_checked() {
    let signature = base64::encode(&[0; 64]);
    let (one, two) = (HASHES[0], format!(r#"["{}","{}"]"#, HASHES[0], HASHES[1]));
    let expire = |fields: &str| {
        malformed("expire", &format!(r#"{{"pubkey":"{KEY}","signature":"{signature}",{fields}}}"#))
    };
    let form =
        "invalid request: 'expiry' must be a single expiry, or the same length as 'messages'";
    for (fields, text) in [
        (r#""expiry":1"#.to_string(), "invalid request: Required field 'messages' missing"),
        (
            r#""messages":[],"expiry":1"#.into(),
            "invalid request: messages does not contain any message hashes",
        ),
        (r#""messages":["x"],"expiry":1"#.into(), "invalid request: invalid message hash: x"),
        (
            r#""messages":[1],"expiry":1"#.into(),
            "invalid request: Invalid value given for 'messages': expected string array",
        ),
        (
            format!(r#""messages":"{one}","expiry":"1700000000000""#),
            "invalid request: Invalid value given for 'expiry': expected timestamp array",
        ),
        (format!(r#""messages":"{one}""#), "invalid request: Required field 'expiry' missing"),
        (
            format!(r#""messages":"{one}","expiry":[]"#),
            "invalid request: 'expiry' does not contain any expiration timestamps",
        ),
        (format!(r#""messages":"{one}","expiry":[1,2]"#), form),
        (
            format!(r#""messages":{two},"expiry":1,"shorten":true,"extend":true"#),
            "invalid request: cannot specify both 'shorten' and 'extend'",
        ),
        (
            format!(r#""messages":{two},"expiry":1,"shorten":"yes""#),
            "invalid request: Invalid value given for 'shorten': expected boolean",
        ),
    ] {
        assert_eq!(expire(&fields), text, "{fields}");
    }
    let tokens = vec![format!("\"{TOKEN}\""); 51].join(",");
    let revoke = format!(r#"{{"pubkey":"{KEY}","timestamp":1700000000000,"revoke":[{tokens}]}}"#);
    let text = "invalid request: invalid revoke: cannot revoke more than 50 subaccounts at once";
    assert_eq!(malformed("revoke_subaccount", &revoke), text);
    let many = vec![format!("\"{one}\""); 10_001].join(",");
    let delete = format!(r#"{{"pubkey":"{KEY}","messages":[{many}]}}"#);
    let text = "invalid request: Invalid 'messages' value: more than 10000 items";
    assert_eq!(malformed("delete", &delete), text);
}

#[test]
fn what_must_be_signed_misses_its_signature() {
    let missing = "invalid request: Required field 'signature' missing";
    let hash = HASHES[0];
    for (method, fields) in [
        ("delete", format!(r#""messages":"{hash}""#)),
        ("delete_all", r#""timestamp":1700000000000"#.into()),
        ("delete_before", r#""before":1700000000000"#.into()),
        ("expire", format!(r#""messages":"{hash}","expiry":1700000000000"#)),
        ("expire_all", r#""expiry":1700000000000"#.into()),
        ("get_expiries", format!(r#""messages":"{hash}","timestamp":1700000000000"#)),
        ("revoke_subaccount", format!(r#""revoke":"{TOKEN}","timestamp":1700000000000"#)),
        ("unrevoke_subaccount", format!(r#""unrevoke":"{TOKEN}","timestamp":1700000000000"#)),
        ("revoked_subaccounts", r#""timestamp":1700000000000"#.into()),
    ] {
        let text = malformed(method, &format!(r#"{{"pubkey":"{KEY}",{fields}}}"#));
        assert_eq!(text, missing, "{method}");
    }
    // The same, of a request that was built here.
    assert_eq!(decide(DeleteRequest::new(account(), hashes()), NOW), refused(400, missing));
}

#[test]
fn times_are_checked_by_the_rule_of_each_method() {
    let (member, group) = (member(), group());
    let (signer, owner) = (Signer::user(&member), Signer::owner(3, &group));
    let sweep = |request: SweepRequest| Request::from(request.sign(&signer).unwrap());
    let delete_all = sweep(SweepRequest::delete_all(account(), default(), NOW));
    let delete_before = sweep(SweepRequest::delete_before(account(), default(), NOW));
    let expire_all = sweep(SweepRequest::expire_all(account(), default(), NOW));
    let expire = ExpireRequest::new(account(), hashes(), NOW).sign(&signer).unwrap().into();
    let get = GetExpiriesRequest::new(account(), hashes(), NOW).sign(&signer).unwrap().into();
    let tokens = [token()].into();
    let revoke = RevokeRequest::new(Revocation::Revoke, *owner.account(), tokens, NOW);
    let revoke = revoke.sign(&owner).unwrap().into();
    let now = NOW.as_millis();
    let odd = |name: &str| refused(406, &format!("{name} timestamp too far from current time"));
    let ok = Ok(());
    for (request, minute_early, earlier, minute_late, later) in [
        (delete_all, ok.clone(), odd("delete_all"), ok.clone(), odd("delete_all")),
        (
            delete_before,
            ok.clone(),
            refused(401, "delete_before timestamp too far in the future"),
            ok.clone(),
            ok.clone(),
        ),
        (
            expire_all,
            ok.clone(),
            ok.clone(),
            ok.clone(),
            refused(406, "expire_all timestamp should be >= current time"),
        ),
        (
            expire,
            ok.clone(),
            ok.clone(),
            ok.clone(),
            refused(401, "expire: timestamp should be >= current time"),
        ),
        (get, ok.clone(), odd("get_expiries"), ok.clone(), odd("get_expiries")),
        (revoke, ok.clone(), odd("revoke_subaccount"), ok, odd("revoke_subaccount")),
    ] {
        let name = request.method().name();
        let decide = |millis| decide(request.clone(), at(millis));
        assert_eq!(decide(now - 60_000), minute_early, "{name}");
        assert_eq!(decide(now - 60_001), earlier, "{name}");
        assert_eq!(decide(now + 60_000), minute_late, "{name}");
        assert_eq!(decide(now + 60_001), later, "{name}");
    }
}

#[test]
fn forwarded_sweeps_have_ten_seconds_more() {
    let member = member();
    let signer = Signer::user(&member);
    let now = NOW.as_millis();
    for (request, tolerant) in [
        (SweepRequest::delete_all(account(), default(), NOW), true),
        (SweepRequest::expire_all(account(), default(), NOW), true),
    ] {
        let request = Request::from(request.sign(&signer).unwrap());
        let at = |millis| Circumstances::at(at(millis)).forwarded();
        assert_eq!(decide_with(request.clone(), &at(now + 70_000)).is_ok(), tolerant);
        assert!(decide_with(request, &at(now + 70_001)).is_err());
    }
    let request = RevokeRequest::new(Revocation::Unrevoke, account(), vec![], NOW);
    let request = Request::from(request.sign(&signer).unwrap());
    let late = Circumstances::at(at(now + 60_001)).forwarded();
    assert_eq!(decide_with(request, &late).unwrap_err().0, 406);
}

#[test]
fn several_expiries_need_their_hard_fork() {
    let member = member();
    let each = [(hashes()[0], NOW), (hashes()[1], NOW)];
    let request = ExpireRequest::each(account(), &each).sign(&Signer::user(&member)).unwrap();
    let circumstances = Circumstances::at(NOW).with_hard_fork(HardFork::TIMELESS_HASH);
    let text = "expire: multi-expiry requests are not yet active on the network";
    assert_eq!(decide_with(request.clone(), &circumstances), refused(403, text));
    assert_eq!(decide(request, NOW), Ok(()));
    let single = ExpireRequest::each(account(), &each[..1]).sign(&Signer::user(&member)).unwrap();
    assert_eq!(decide_with(single, &circumstances), Ok(()));
}

/// One expiry that is over is enough: a list is carried out as a whole or not at all.
#[test]
fn one_late_expiry_of_a_list_refuses_it() {
    let member = member();
    let late = at(NOW.as_millis() - 60_001);
    for times in [[NOW, late], [late, NOW]] {
        let each = [(hashes()[0], times[0]), (hashes()[1], times[1])];
        let request = ExpireRequest::each(account(), &each).sign(&Signer::user(&member)).unwrap();
        assert_eq!(
            decide(request, NOW),
            refused(401, "expire: timestamp should be >= current time")
        );
    }
}

#[test]
fn each_method_needs_its_right() {
    let (group, member) = (group(), member());
    let owner = Signer::owner(3, &group);
    let account = *owner.account();
    let auth = |input: &[u8], access| {
        let token = SubaccountToken::new(3, access, member.public_key());
        let proof = SubaccountProof { token, signature: owner.sign(token.as_bytes()).signature };
        Auth { user_key: None, signature: member.sign(input), subaccount: Some(proof) }
    };
    let all = Access::READ | Access::WRITE | Access::DELETE;
    let sweep = |request: SweepRequest, access| {
        let auth = auth(&request.signed_input(), access);
        Request::from(request.with_auth(auth))
    };
    let cases: [(Access, &dyn Fn(Access) -> Request); 6] = [
        (
            Access::DELETE,
            &(|access| {
                let request = DeleteRequest::new(account, hashes());
                let auth = auth(&request.signed_input(), access);
                request.with_auth(auth).into()
            }),
        ),
        (Access::DELETE, &|access| {
            sweep(SweepRequest::delete_all(account, default(), NOW), access)
        }),
        (Access::DELETE, &|access| {
            sweep(SweepRequest::delete_before(account, default(), NOW), access)
        }),
        (Access::DELETE, &|access| {
            sweep(SweepRequest::expire_all(account, default(), NOW), access)
        }),
        (
            Access::WRITE,
            &(|access| {
                let request = ExpireRequest::new(account, hashes(), NOW);
                let auth = auth(&request.signed_input(), access);
                request.with_auth(auth).into()
            }),
        ),
        (
            Access::READ,
            &(|access| {
                let request = GetExpiriesRequest::new(account, hashes(), NOW);
                let auth = auth(&request.signed_input(), access);
                request.with_auth(auth).into()
            }),
        ),
    ];
    for (needed, build) in cases {
        let request = build(needed);
        let name = request.method().name_in_refusals();
        let no = refused(401, &format!("{name} signature verification failed"));
        assert_eq!(decide(request, NOW), Ok(()), "{name}");
        let others = Access::from_bits(all.bits() & !needed.bits());
        assert_eq!(decide(build(others), NOW), no, "{name}");
        let revoked = [SubaccountToken::new(3, needed, member.public_key())];
        let circumstances = Circumstances::at(NOW).with_revoked(&revoked);
        assert_eq!(decide_with(build(needed), &circumstances), no, "{name}");
    }
}

#[test]
fn a_subaccount_that_may_not_delete_only_extends() {
    let (group, member) = (group(), member());
    let owner = Signer::owner(3, &group);
    let request = |mode, access| {
        let token = SubaccountToken::new(3, access, member.public_key());
        let proof = SubaccountProof { token, signature: owner.sign(token.as_bytes()).signature };
        let request = ExpireRequest::new(*owner.account(), hashes(), NOW).with_mode(mode);
        let signature = member.sign(&request.signed_input());
        request.with_auth(Auth { user_key: None, signature, subaccount: Some(proof) })
    };
    let (writer, deleter) = (Access::WRITE, Access::WRITE | Access::DELETE);
    let shorten = refused(
        400,
        "expire: shorten parameter cannot be used with this subaccount token (missing delete access)",
    );
    assert_eq!(decide(request(ExpireMode::Shorten, writer), NOW), shorten);
    // The right to write is looked at first.
    let no = refused(401, "expire: signature verification failed");
    assert_eq!(decide(request(ExpireMode::Shorten, Access::READ), NOW), no);
    assert_eq!(decide(request(ExpireMode::Shorten, deleter), NOW), Ok(()));
    assert_eq!(decide(request(ExpireMode::Set, writer), NOW), Ok(()));
    assert_eq!(request(ExpireMode::Set, writer).applied_mode(), ExpireMode::Extend);
    assert_eq!(request(ExpireMode::Set, deleter).applied_mode(), ExpireMode::Set);
    let unsigned = ExpireRequest::new(*owner.account(), hashes(), NOW);
    assert_eq!(unsigned.applied_mode(), ExpireMode::Set);
}

#[test]
fn directions_apply_to_what_they_move() {
    let (early, late) = (at(1), at(2));
    for (mode, earlier, later) in [
        (ExpireMode::Set, true, true),
        (ExpireMode::Shorten, true, false),
        (ExpireMode::Extend, false, true),
    ] {
        assert_eq!(mode.applies(late, early), earlier, "{mode:?}");
        assert_eq!(mode.applies(early, late), later, "{mode:?}");
    }
    for mode in [ExpireMode::Shorten, ExpireMode::Extend] {
        assert!(!mode.applies(early, early), "{mode:?}");
    }
}

#[test]
fn only_the_account_itself_revokes() {
    let group = group();
    let owner = Signer::owner(3, &group);
    let signature = base64::encode(&[0; 64]);
    let text = malformed(
        "revoke_subaccount",
        &format!(
            r#"{{"pubkey":"{KEY}","timestamp":1700000000000,"revoke":"{TOKEN}","subaccount":"{TOKEN}",
                "signature":"{signature}","subaccount_sig":"{signature}"}}"#
        ),
    );
    assert_eq!(text, "invalid request: Invalid 'subaccount' value: not permitted for this method");
    let request = RevokedSubaccountsRequest::new(*owner.account(), NOW).sign(&owner).unwrap();
    assert_eq!(decide(request, NOW), Ok(()));
    // A user's address is no Ed25519 key, and the key that it names does not count here.
    let member = member();
    let request = RevokedSubaccountsRequest::new(account(), NOW);
    let request = request.sign(&Signer::user(&member)).unwrap();
    let text = "revoked_subaccounts signature verification failed";
    assert_eq!(decide(request, NOW), refused(401, text));
}

#[test]
fn times_without_thirteen_digits_are_not_signed() {
    let member = member();
    let signer = Signer::user(&member);
    let odd = at(999_999_999_999);
    let error = SignError::Time(odd);
    let sweep = SweepRequest::delete_before(account(), default(), odd);
    assert_eq!(sweep.sign(&signer), Err(error));
    let each = [(hashes()[0], NOW), (hashes()[1], odd)];
    assert_eq!(ExpireRequest::each(account(), &each).sign(&signer), Err(error));
    assert_eq!(GetExpiriesRequest::new(account(), hashes(), odd).sign(&signer), Err(error));
    let revoke = RevokeRequest::new(Revocation::Revoke, account(), vec![], odd);
    assert_eq!(revoke.sign(&signer), Err(error));
}
