use alloc::{
    collections::BTreeSet,
    format,
    string::{String, ToString as _},
    vec::Vec,
};

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

fn with_prefix(prefix: &str) -> String {
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
    let short = TEXT.replacen("05", "0 ", 1);
    let error = ParseIdError::Length { expected: 66, found: 65 };
    assert_eq!(AccountId::from_user_input(&short), Err(error.into()));
}

/// 01 §3.5.
#[test]
fn what_programs_put_around_and_into_a_typed_id_is_dropped() {
    let id: AccountId = TEXT.parse().unwrap();
    let (start, end) = TEXT.split_at(33);
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
    for typed in [
        TEXT.to_uppercase(),
        format!("\u{2068}{TEXT}\u{2069}"),
        format!("{start}\u{200b}\u{ad}{end}\u{feff}"),
        format!("{start}\r\n    {end}"),
        format!("> {start}\n> {end}"),
        format!("“{TEXT}”."),
        format!("(<{TEXT}>)."),
        format!("「{TEXT}」。"),
        TEXT.chars().map(wide).collect(),
    ] {
        assert_eq!(AccountId::from_user_input(&typed), Ok(id), "{typed:?}");
        assert_eq!(PrefixedId::from_user_input(&typed), Ok(id.into()), "{typed:?}");
    }
    for typed in [
        format!("{TEXT}.."),
        format!("{TEXT},"),
        format!("id: {TEXT}"),
        format!("{TEXT} {TEXT}"),
        format!("{start}-{end}"),
        TEXT.replacen('0', "O", 1),
        TEXT.replacen('0', "٠", 1),
        TEXT.replacen('5', "⁵", 1),
        format!("{start}…"),
        String::new(),
    ] {
        let answer = AccountId::from_user_input(&typed);
        assert!(matches!(answer, Err(UserInputError::Form(_))), "{typed:?}");
    }
    let long = " ".repeat(1 << 20) + TEXT;
    let error = ParseIdError::Length { expected: 66, found: long.len() };
    assert_eq!(AccountId::from_user_input(&long), Err(error.into()));
}

#[test]
fn typed_ids_of_every_kind_are_checked() {
    let y = |prefix: &str, y: &str| format!(" {prefix}{y}{}\u{200b}", "0".repeat(62));
    let point = Err(UserInputError::EdwardsPoint(Ed25519KeyError::NotOnCurve));
    for prefix in ["00", "03", "07", "15", "25"] {
        // 2 is the y of no point, 3 of one.
        assert_eq!(PrefixedId::from_user_input(&y(prefix, "02")), point);
        let id: PrefixedId = y(prefix, "03").trim_matches([' ', '\u{200b}']).parse().unwrap();
        assert_eq!(PrefixedId::from_user_input(&y(prefix, "03").to_uppercase()), Ok(id));
    }
    assert!(GroupId::from_user_input(&y("03", "03")).is_ok());
    assert!(Blinded15Id::from_user_input(&y("15", "03")).is_ok());
    assert!(BlindedId::from_user_input(&y("25", "03")).is_ok());
    let point = Err(UserInputError::EdwardsPoint(Ed25519KeyError::NotOnCurve));
    assert_eq!(BlindedId::from_user_input(&y("25", "02")), point);
    let found = IdKind::Group;
    let error = ParseIdError::WrongPrefix { expected: IdKind::Blinded15, found };
    assert_eq!(BlindedId::from_user_input(&y("03", "03")), Err(error.into()));
}

/// One rule for all kinds, wherever an id is read (01 §3.2): either case is the same id.
#[test]
fn capitals_are_read_in_every_kind_of_id() {
    for prefix in ["15", "25"] {
        let text = with_prefix(prefix);
        let id: BlindedId = text.parse().unwrap();
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        assert_eq!(id.to_string(), text);
    }
}

#[test]
fn errors_say_what_was_wanted_and_what_was_found() {
    let group = with_prefix("03").parse::<AccountId>().unwrap_err();
    assert_eq!(group.to_string(), "expected account id (05), found group id (03)");
    let unknown = with_prefix("06").parse::<AccountId>().unwrap_err();
    assert_eq!(unknown.to_string(), "unknown id prefix 06");
}
