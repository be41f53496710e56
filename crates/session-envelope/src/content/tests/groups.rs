//! Control messages of groups (03 §5): fields, rules, signatures.

use super::*;

fn group() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x77; 32]))
}

fn group_id() -> GroupId {
    GroupId::from_public_key(group().public_key())
}

fn update(number: u64, message: &[Vec<u8>]) -> Vec<u8> {
    data(&[bytes(120, bytes(number, message.concat()))])
}

fn signature(hex: &str) -> Ed25519Signature {
    hex.parse().unwrap()
}

fn invite() -> Invite {
    let auth = MemberAuth::from_bytes([5; 100]);
    Invite::new(&group(), "name", auth, &BOB.parse().unwrap(), NOW).unwrap()
}

fn info(update: InfoUpdate) -> InfoChange {
    InfoChange::new(&group(), update, NOW).unwrap()
}

fn members(membership: Membership) -> MemberChange {
    MemberChange::new(&group(), membership, vec![BOB.parse().unwrap()], NOW).unwrap()
}

fn deletion() -> DeleteContent {
    DeleteContent::by_admin(&group(), &[BOB.parse().unwrap()], vec!["abc".into()], NOW).unwrap()
}

fn encoded(update: GroupUpdate) -> Vec<u8> {
    Content::new(Kind::Group(update)).encode(NOW)
}

fn holds(message: &[u8], part: &[u8]) -> bool {
    message.windows(part.len()).any(|window| window == part)
}

/// The four signatures of 03 §5.
#[test]
fn signatures_are_those_of_the_specification() {
    for (message, expected) in [
        (
            encoded(GroupUpdate::Invite(invite())),
            "afa0c04a8b9460fa1103059f0a4b29a0c42e191963e66a34fffea9ff725e95b4\
             cbf4efa0ba8ba6b6b80a3a1f809eef8f9f6ebd0b55b2a98557f173f7cdebcd09",
        ),
        (
            encoded(GroupUpdate::InfoChange(info(InfoUpdate::Name("a".into())))),
            "e301c4af95d36286331a517ec67c31b350f70a4ce467a91d24a13c91a4168c29\
             6d889fa2528298b4be77e879f26311a64e8be9b4b9df4249c2a09f6374e0fd0c",
        ),
        (
            encoded(GroupUpdate::MemberChange(members(Membership::Promoted))),
            "a72cb0bed673d04a474faf743a4616309d9edb5488f3d69a6742a477ba8cd747\
             38082a252d76b91190763222bfc9f3ec70edcc4b4d47d734abb9aa3440eea706",
        ),
        (
            encoded(GroupUpdate::DeleteContent(deletion())),
            "6586a2ec3c419e5b17c1c6a6b816978f0afafbaf2901361b98214c6faa7038e9\
             fc8b36176d14d99fa74ad1ada4ea7d38ab1326fb78fa5138c99db8e27027650c",
        ),
    ] {
        assert!(holds(&message, signature(expected).as_bytes()), "{expected}");
    }
}

#[test]
fn signatures_cover_what_the_specification_says() {
    let [alice, bob] = [ALICE, BOB].map(|id| id.parse::<AccountId>().unwrap());
    let later = Timestamp::from_millis(NOW.as_millis() + 1);
    let other = GroupId::from_public_key(
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32])).public_key(),
    );
    let wrong = Err(VerifyError::Signature);

    assert_eq!(invite().verify(&bob, NOW), Ok(()));
    assert_eq!(invite().verify(&alice, NOW), wrong);
    assert_eq!(invite().verify(&bob, later), wrong);

    for update in
        [InfoUpdate::Name("a".into()), InfoUpdate::Picture, InfoUpdate::ExpirationSeconds(0)]
    {
        let change = info(update);
        assert_eq!(change.verify(&group_id(), NOW), Ok(()));
        assert_eq!(change.verify(&group_id(), later), wrong);
        assert_eq!(change.verify(&other, NOW), wrong);
    }
    let added = Membership::Added { history_shared: Some(true) };
    for membership in [added, Membership::Removed, Membership::Promoted] {
        let change = members(membership);
        assert_eq!(change.verify(&group_id(), NOW), Ok(()));
        assert_eq!(change.verify(&group_id(), later), wrong);
        assert_eq!(change.verify(&other, NOW), wrong);
    }
    assert_eq!(deletion().verify(&group_id(), NOW), Ok(true));
    assert_eq!(deletion().verify(&group_id(), later), Err(VerifyError::Signature));
    assert_eq!(deletion().verify(&other, NOW), Err(VerifyError::Signature));
    let own = DeleteContent::of_own(vec!["abc".into()]).unwrap();
    assert_eq!(own.verify(&group_id(), NOW), Ok(false));
}

/// What is signed has no separators: the first digit of an id could count as the last of the time, which made
/// the request one of a far future.
#[test]
fn times_of_requests_to_delete_have_thirteen_digits() {
    let admins =
        DeleteContent::by_admin(&group(), &[ALICE, BOB].map(|id| id.parse().unwrap()), vec![], NOW);
    let message = encoded(GroupUpdate::DeleteContent(admins.unwrap()));
    // Alice's id without its first digit: that is the fourteenth of the time now.
    let ids = |first: &str| [bytes(1, first), bytes(1, BOB)].concat();
    let (before, after) = (ids(ALICE), ids(ALICE.strip_prefix('0').unwrap()));
    let at = message.windows(before.len()).position(|window| window == before).unwrap();
    let signature = message[at + before.len()..][..66].to_vec();
    let content = decode(&update(7, &[after, signature])).unwrap();
    let Kind::Group(GroupUpdate::DeleteContent(request)) = content.kind() else {
        panic!("{content:?}")
    };
    let later = Timestamp::from_millis(NOW.as_millis() * 10);
    assert_eq!(request.verify(&group_id(), later), Err(VerifyError::Signature));
}

/// Signatures of one change do not pass for another: the numbers of the kinds are signed.
#[test]
fn a_change_is_of_the_signed_kind() {
    let change = info(InfoUpdate::Picture);
    let message = encoded(GroupUpdate::InfoChange(change));
    let mut altered = message.clone();
    let kind = message.windows(3).position(|window| window == [0x08, 2, 0x22]).unwrap() + 1;
    altered[kind] = 3;
    let missing = ContentError::Missing { field: "GroupUpdateInfoChangeMessage.updatedExpiration" };
    assert_eq!(decode(&altered), Err(missing));

    let message = encoded(GroupUpdate::MemberChange(members(Membership::Removed)));
    let kind = message.windows(3).position(|window| window == [0x08, 2, 0x12]).unwrap() + 1;
    let mut altered = message;
    altered[kind] = 3;
    let content = decode(&altered).unwrap();
    let Kind::Group(GroupUpdate::MemberChange(change)) = content.kind() else {
        panic!("{content:?}")
    };
    assert_eq!(change.membership(), Membership::Promoted);
    assert_eq!(change.verify(&group_id(), NOW), Err(VerifyError::Signature));
}

#[test]
fn every_field_survives() {
    let id = group_id().to_string();
    let sig = |number| bytes(number, [6; 64]);
    for message in [
        update(1, &[bytes(1, &id), bytes(2, "n"), bytes(3, [5; 100]), sig(4), unknown("i")]),
        update(2, &[number(1, 1), bytes(2, "name"), sig(4), unknown("name")]),
        update(2, &[number(1, 2), sig(4), unknown("picture")]),
        update(2, &[number(1, 3), number(3, 60), sig(4), unknown("timer")]),
        update(
            3,
            &[number(1, 1), bytes(2, ALICE), bytes(2, BOB), number(3, 0), sig(4), unknown("m")],
        ),
        update(3, &[number(1, 2), bytes(2, ALICE), sig(4), unknown("m")]),
        update(4, &[bytes(1, [0x77; 32]), bytes(2, "n"), unknown("p")]),
        update(5, &[unknown("left")]),
        update(6, &[number(1, 1), unknown("joined")]),
        update(7, &[bytes(1, "anybody"), bytes(2, "hash"), bytes(2, "h2"), sig(3), unknown("d")]),
        update(8, &[unknown("left")]),
        data(&[bytes(120, [bytes(5, []), unknown("update")].concat()), unknown("message")]),
    ] {
        survives(&message);
    }
}

#[test]
fn exactly_one_update_is_accepted() {
    assert_eq!(decode(&data(&[bytes(120, [])])), Err(ContentError::UnknownKind));
    let both = [bytes(5, []), bytes(8, [])].concat();
    let first = "memberLeftMessage";
    let second = "memberLeftNotificationMessage";
    let error = ContentError::SeveralKinds { first, second };
    assert_eq!(decode(&data(&[bytes(120, both)])), Err(error));
}

#[test]
fn required_fields_are_required() {
    let id = group_id().to_string();
    let invite = [bytes(1, &id), bytes(2, "n"), bytes(3, [5; 100]), bytes(4, [6; 64])];
    let without = |fields: &[Vec<u8>], skip: usize| -> Vec<Vec<u8>> {
        fields.iter().enumerate().filter(|(i, _)| *i != skip).map(|(_, f)| f.clone()).collect()
    };
    for (i, field) in
        ["groupSessionId", "name", "memberAuthData", "adminSignature"].iter().enumerate()
    {
        let Err(ContentError::Missing { field: found }) = decode(&update(1, &without(&invite, i)))
        else {
            panic!("{field}")
        };
        assert!(found.ends_with(field), "{found}");
    }
    for (message, field) in [
        (update(2, &[bytes(4, [6; 64])]), "GroupUpdateInfoChangeMessage.type"),
        (update(2, &[number(1, 4), bytes(4, [6; 64])]), "GroupUpdateInfoChangeMessage.type"),
        (update(2, &[number(1, 1), bytes(4, [6; 64])]), "GroupUpdateInfoChangeMessage.updatedName"),
        (update(2, &[number(1, 2)]), "GroupUpdateInfoChangeMessage.adminSignature"),
        (update(3, &[bytes(2, BOB), bytes(4, [6; 64])]), "GroupUpdateMemberChangeMessage.type"),
        (
            update(3, &[number(1, 4), bytes(2, BOB), bytes(4, [6; 64])]),
            "GroupUpdateMemberChangeMessage.type",
        ),
        (
            update(3, &[number(1, 2), bytes(2, BOB)]),
            "GroupUpdateMemberChangeMessage.adminSignature",
        ),
        (update(4, &[bytes(2, "n")]), "GroupUpdatePromoteMessage.groupIdentitySeed"),
        (update(4, &[bytes(1, [1; 32])]), "GroupUpdatePromoteMessage.name"),
        (update(6, &[]), "GroupUpdateInviteResponseMessage.isApproved"),
    ] {
        assert_eq!(decode(&message), Err(ContentError::Missing { field }));
    }
}

#[test]
fn fields_obey_their_rules() {
    let id = group_id().to_string();
    let invite = |id: &str, name: &str, auth: usize, signature: usize| {
        let fields =
            [bytes(1, id), bytes(2, name), bytes(3, vec![5; auth]), bytes(4, vec![6; signature])];
        decode(&update(1, &fields))
    };
    assert!(invite(&id, "n", 100, 64).is_ok());
    let not_group = ContentError::Id { field: "GroupUpdateInviteMessage.groupSessionId" };
    for text in [ALICE, "", &id.replacen("c8", "", 1)] {
        assert_eq!(invite(text, "n", 100, 64), Err(not_group.clone()), "{text}");
    }
    let field = "GroupUpdateInviteMessage.name";
    assert_eq!(invite(&id, " ", 100, 64), Err(ContentError::Empty { field }));
    let (field, expected) = ("GroupUpdateInviteMessage.memberAuthData", 100);
    assert_eq!(invite(&id, "n", 99, 64), Err(ContentError::Length { field, expected, found: 99 }));
    let (field, expected) = ("GroupUpdateInviteMessage.adminSignature", 64);
    assert_eq!(invite(&id, "n", 100, 65), Err(ContentError::Length { field, expected, found: 65 }));

    let (field, expected) = ("GroupUpdatePromoteMessage.groupIdentitySeed", 32);
    for found in [0, 31, 33, 64] {
        let error = decode(&update(4, &[bytes(1, vec![1; found]), bytes(2, "n")]));
        assert_eq!(error, Err(ContentError::Length { field, expected, found }));
    }
    for (message, field) in [
        (
            update(2, &[number(1, 1), bytes(2, " "), bytes(4, [6; 64])]),
            "GroupUpdateInfoChangeMessage.updatedName",
        ),
        (
            update(3, &[number(1, 2), bytes(4, [6; 64])]),
            "GroupUpdateMemberChangeMessage.memberSessionIds",
        ),
        (
            update(3, &[number(1, 2), bytes(2, "x"), bytes(4, [6; 64])]),
            "GroupUpdateMemberChangeMessage.memberSessionIds",
        ),
        (update(6, &[number(1, 0)]), "GroupUpdateInviteResponseMessage.isApproved"),
        (update(7, &[]), "GroupUpdateDeleteMemberContentMessage.memberSessionIds"),
    ] {
        assert_eq!(decode(&message), Err(ContentError::Empty { field }));
    }
}

#[test]
fn names_of_which_nothing_is_seen_are_read_and_not_written() {
    for blank in [" ", "\u{200b}", "\u{3164}", "\u{2800}\u{a0}"] {
        let change = InfoChange::new(&group(), InfoUpdate::Name(blank.into()), NOW);
        let field = "GroupUpdateInfoChangeMessage.updatedName";
        assert_eq!(change, Err(ContentError::Empty { field }), "{blank:?}");
        let promotion = Promotion::new(Ed25519Seed::from_bytes([0x77; 32]), blank);
        let field = "GroupUpdatePromoteMessage.name";
        assert_eq!(promotion, Err(ContentError::Empty { field }), "{blank:?}");
    }
    let promotion = [bytes(1, [0x77; 32]), bytes(2, "\u{3164}")];
    let content = survives(&update(4, &promotion));
    let Kind::Group(GroupUpdate::Promotion(promotion)) = content.kind() else {
        panic!("{content:?}")
    };
    assert_eq!(promotion.name(), "\u{3164}");
}

#[test]
fn names_of_nobody_are_left_out() {
    let blinded = ALICE.replacen("05", "15", 1);
    let fields = [number(1, 2), bytes(2, "x"), bytes(2, BOB), bytes(2, blinded), bytes(4, [6; 64])];
    let content = decode(&update(3, &fields)).unwrap();
    let Kind::Group(GroupUpdate::MemberChange(change)) = content.kind() else {
        panic!("{content:?}")
    };
    assert_eq!(change.members(), [BOB.parse().unwrap()]);
}

#[test]
fn a_promotion_names_its_group_by_the_seed() {
    let promotion = Promotion::new(Ed25519Seed::from_bytes([0x77; 32]), "g").unwrap();
    assert_eq!(
        promotion.group().to_string(),
        "03c853ad0f0cd2b619aea92ceec4fd56a24d6499d584ce79257e45cfd8139b60a7"
    );
}

#[test]
fn secrets_do_not_print() {
    assert_eq!(format!("{:?}", invite().auth()), "MemberAuth(..)");
    let promotion = Promotion::new(Ed25519Seed::from_bytes([0x77; 32]), "g").unwrap();
    assert!(format!("{promotion:?}").contains("Ed25519Seed(..)"));
}
