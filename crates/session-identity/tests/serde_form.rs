//! Ids and times in serde: text where people read, bytes where they do not.

use serde_test::{Configure as _, Token, assert_de_tokens_error, assert_tokens};
use session_identity::{
    AccountId, GroupId, Timestamp,
    id::{BlindedId, PrefixedId},
};

const ID: &str = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";
const BLINDED: &str = "154830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";

#[test]
fn ids_are_text_for_people_and_bytes_for_machines() {
    let id: AccountId = ID.parse().unwrap();
    let bytes = Vec::leak(id.to_bytes().to_vec());
    assert_tokens(&id.readable(), &[Token::Str(ID)]);
    assert_tokens(&id.compact(), &[Token::Bytes(bytes)]);
    assert_tokens(&PrefixedId::from(id).readable(), &[Token::Str(ID)]);
    assert_tokens(&PrefixedId::from(id).compact(), &[Token::Bytes(bytes)]);
    let blinded: BlindedId = BLINDED.parse().unwrap();
    assert_tokens(&blinded.readable(), &[Token::Str(BLINDED)]);
}

#[test]
fn ids_of_another_kind_are_refused() {
    let error = "expected group id (03), found account id (05)";
    assert_de_tokens_error::<serde_test::Readable<GroupId>>(&[Token::Str(ID)], error);
    let bytes: &'static [u8] = &[5; 33];
    assert_de_tokens_error::<serde_test::Compact<GroupId>>(&[Token::Bytes(bytes)], error);
    let error = "id of 32 bytes, expected 33";
    let bytes: &'static [u8] = &[5; 32];
    assert_de_tokens_error::<serde_test::Compact<PrefixedId>>(&[Token::Bytes(bytes)], error);
}

#[test]
fn times_are_their_milliseconds() {
    let time = Timestamp::from_millis(1_704_067_200_999);
    assert_tokens(&time, &[Token::U64(1_704_067_200_999)]);
}
