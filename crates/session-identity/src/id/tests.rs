use alloc::{collections::BTreeSet, format, string::ToString as _, vec::Vec};

use session_crypto::{
    ed25519::{Ed25519KeyError, Ed25519PublicKey},
    x25519::{X25519KeyError, X25519PublicKey},
};

use super::*;

/// Id of 01 §2.3, last but one row.
const TEXT: &str = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";
/// The same without the prefix.
const KEY: &str = "4830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";

const KINDS: [IdKind; 6] = [
    IdKind::Unblinded,
    IdKind::Group,
    IdKind::Account,
    IdKind::VersionBlinded,
    IdKind::Blinded15,
    IdKind::Blinded25,
];

fn with_prefix(prefix: &str) -> alloc::string::String {
    format!("{prefix}{KEY}")
}

#[test]
fn text_is_read_in_both_cases_and_written_in_the_lower() {
    let id: AccountId = TEXT.to_uppercase().parse().unwrap();
    assert_eq!(id, TEXT.parse().unwrap());
    assert_eq!(id.to_string(), TEXT);
    assert_eq!(format!("{id:?}"), "AccountId(0548…2c69)");
}

#[test]
fn length_is_counted_in_bytes_and_first_of_all() {
    let [long, short] = [format!("{TEXT}0"), format!("5{KEY}")];
    // 64 digits without prefix are no id; 33 letters of two bytes have the right length.
    for text in ["", KEY, &short, &long, &"zz".repeat(34)] {
        let error = ParseIdError::Length { expected: 66, found: text.len() };
        assert_eq!(text.parse::<PrefixedId>(), Err(error), "{text}");
    }
    assert_eq!("ä".repeat(33).parse::<PrefixedId>(), Err(ParseIdError::Digit { position: 0 }));
}

#[test]
fn foreign_characters_are_found_before_the_prefix_is_judged() {
    for (text, position) in [
        (with_prefix("0X"), 1),
        (with_prefix("g6"), 0),
        (format!("5{KEY}g"), 65),
        // Arabic-Indic digits are digits, but not ours; each has two bytes.
        (with_prefix("05").replacen("48", "٤", 1), 2),
        (with_prefix("+5"), 0),
    ] {
        assert_eq!(text.parse::<AccountId>(), Err(ParseIdError::Digit { position }), "{text}");
    }
}

#[test]
fn every_first_byte_is_a_kind_or_refused_by_name() {
    for prefix in 0..=0xff {
        let parsed = with_prefix(&format!("{prefix:02x}")).parse::<PrefixedId>();
        match KINDS.iter().find(|kind| kind.prefix() == prefix) {
            Some(kind) => assert_eq!(parsed.unwrap().kind(), *kind),
            None => assert_eq!(parsed, Err(ParseIdError::UnknownPrefix { prefix })),
        }
    }
}

#[test]
fn kinds_do_not_pass_for_each_other() {
    for found in KINDS {
        let text = with_prefix(&format!("{:02x}", found.prefix()));
        let id: PrefixedId = text.parse().unwrap();
        let results = [
            (IdKind::Unblinded, text.parse::<UnblindedId>().map(PrefixedId::from)),
            (IdKind::Group, text.parse::<GroupId>().map(PrefixedId::from)),
            (IdKind::Account, text.parse::<AccountId>().map(PrefixedId::from)),
            (IdKind::VersionBlinded, text.parse::<VersionBlindedId>().map(PrefixedId::from)),
            (IdKind::Blinded15, text.parse::<Blinded15Id>().map(PrefixedId::from)),
            (IdKind::Blinded25, text.parse::<Blinded25Id>().map(PrefixedId::from)),
        ];
        for (expected, result) in results {
            let wrong = ParseIdError::WrongPrefix { expected, found };
            assert_eq!(result, if expected == found { Ok(id) } else { Err(wrong) });
        }
        let wrong = ParseIdError::WrongPrefix { expected: IdKind::Account, found };
        let expected = if found == IdKind::Account { Ok(id) } else { Err(wrong) };
        assert_eq!(AccountId::try_from(id).map(PrefixedId::from), expected);
    }
}

#[test]
fn blinded_ids_are_both_forms_and_no_other() {
    for kind in KINDS {
        let text = with_prefix(&format!("{:02x}", kind.prefix()));
        let bytes = text.parse::<PrefixedId>().unwrap().to_bytes();
        let parsed = BlindedId::from_bytes(bytes);
        match kind {
            IdKind::Blinded15 | IdKind::Blinded25 => assert_eq!(parsed.unwrap().to_bytes(), bytes),
            found => {
                let expected = IdKind::Blinded15;
                assert_eq!(parsed, Err(ParseIdError::WrongPrefix { expected, found }));
            }
        }
    }
}

#[test]
fn slices_of_another_length_are_refused() {
    let bytes = [5; 34];
    for found in (0..=34).filter(|length| *length != 33) {
        let error = ParseIdError::Length { expected: 33, found };
        assert_eq!(AccountId::try_from(&bytes[..found]), Err(error));
        assert_eq!(PrefixedId::try_from(&bytes[..found]), Err(error));
    }
    assert_eq!(AccountId::try_from(&bytes[..33]).unwrap().to_bytes(), bytes[..33]);
}

#[test]
fn order_is_that_of_the_bytes() {
    let ids = KINDS.map(|kind| {
        let mut bytes = [0xff - kind.prefix(); 33];
        bytes[0] = kind.prefix();
        PrefixedId::from_bytes(bytes).unwrap()
    });
    let ordered: Vec<_> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut bytes = ids.map(|id| id.to_bytes());
    bytes.sort_unstable();
    assert_eq!(ordered.iter().map(PrefixedId::to_bytes).collect::<Vec<_>>(), bytes);
}

#[test]
fn account_ids_that_nobody_can_have_fail_the_check() {
    let id = |u| AccountId::from_public_key(X25519PublicKey::from_bytes(u));
    let mut u = [0; 32];
    u[0] = 9;
    assert_eq!(id(u).check(), Ok(()));
    u[0] = 1;
    assert_eq!(id(u).check(), Err(X25519KeyError::SmallOrder));
    u[0] = 2;
    assert_eq!(id(u).check(), Err(X25519KeyError::OnTwist));
    u[31] = 0x80;
    assert_eq!(id(u).check(), Err(X25519KeyError::NonCanonical));
    for order_8 in [
        "05e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "055f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ] {
        let id: AccountId = order_8.parse().unwrap();
        assert_eq!(id.check(), Err(X25519KeyError::SmallOrder));
    }
}

#[test]
fn ids_with_bad_edwards_points_fail_the_check() {
    let id = |y| GroupId::from_public_key(Ed25519PublicKey::from_bytes(y));
    let mut y = [0; 32];
    y[0] = 1;
    assert_eq!(id(y).check(), Err(Ed25519KeyError::SmallOrder));
    y[0] = 2;
    assert_eq!(id(y).check(), Err(Ed25519KeyError::NotOnCurve));
    assert_eq!(id([0xff; 32]).check(), Err(Ed25519KeyError::NonCanonical));
}

#[test]
fn typed_ids_may_have_space_around_and_must_be_account_ids() {
    let id: AccountId = TEXT.parse().unwrap();
    assert_eq!(AccountId::from_user_input(&format!("\u{a0}\n {TEXT}\t")), Ok(id));
    for found in KINDS.into_iter().filter(|kind| *kind != IdKind::Account) {
        let text = with_prefix(&format!("{:02x}", found.prefix()));
        let error = ParseIdError::WrongPrefix { expected: IdKind::Account, found };
        assert_eq!(AccountId::from_user_input(&text), Err(UserInputError::Form(error)));
    }
    let twist = format!("0502{}", "0".repeat(62));
    let error = UserInputError::Point(X25519KeyError::OnTwist);
    assert_eq!(AccountId::from_user_input(&twist), Err(error));
    let inside = TEXT.replacen("05", "0 5", 1);
    let error = ParseIdError::Length { expected: 66, found: 67 };
    assert_eq!(AccountId::from_user_input(&inside), Err(error.into()));
}

#[test]
fn errors_say_what_was_wanted_and_what_was_found() {
    let group = with_prefix("03").parse::<AccountId>().unwrap_err();
    assert_eq!(group.to_string(), "expected account id (05), found group id (03)");
    let unknown = with_prefix("06").parse::<AccountId>().unwrap_err();
    assert_eq!(unknown.to_string(), "unknown id prefix 06");
}
