//! Dumps: what is loaded, what is refused, and what a restart must not change.

use session_config::{
    Config, Contacts, ConvoInfoVolatile, GroupInfo, GroupMembers, Incoming, Local, StoredHash,
    UserGroups, UserProfile,
    config::{GroupType, LoadError},
    contacts::Contact,
    encryption::{ConfigKey, Domain},
    group_members::Member,
    message::Authority,
    padding,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn admin() -> Authority {
    Authority::Signer(Box::new(account()))
}

fn key() -> ConfigKey {
    ConfigKey::from_bytes([8; 32])
}

fn id() -> AccountId {
    AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32]))
}

/// A dump with these data, as every type may have it.
fn dump_of(data: &[u8]) -> Vec<u8> {
    let message = [b"d1:#i1e1:&", data, b"1:<le1:=dee"].concat();
    let length = message.len().to_string();
    [b"d1:!i0e1:$", length.as_bytes(), b":", &message, b"1:(le1:)le1:+dee"].concat()
}

type Load = fn(&[u8]) -> Result<(), LoadError>;

/// The loaders of all types, and data of each.
fn types() -> Vec<(&'static str, Load, Vec<Vec<u8>>)> {
    fn group<T: GroupType>(dump: &[u8]) -> Result<(), LoadError> {
        Config::<T>::load_group(admin(), [key()], dump, NOW).map(drop)
    }
    let entry = |kind: &str, id: &[u8], entry: &str| {
        let id = [id.len().to_string().as_bytes(), b":", id].concat();
        [b"d1:", kind.as_bytes(), b"d", &id, entry.as_bytes(), b"ee"].concat()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    let person = [[5].as_slice(), &[9; 32]].concat();
    let group_id = [[3].as_slice(), &[9; 32]].concat();
    let room = |entry: &str| text(&format!("d1:od12:http://a.comd1:#1:k1:Rd4:room{entry}eeee"));
    vec![
        (
            "profile",
            |dump| Config::<UserProfile>::load(&account(), dump, NOW).map(drop),
            ["d1:n1:A1:ti5ee", "d1:+i1ee", "d1:Mi1ee", "d1:fli0eee", "d1:xi1ee"].map(text).to_vec(),
        ),
        (
            "contacts",
            |dump| Config::<Contacts>::load(&account(), dump, NOW).map(drop),
            vec![
                entry("c", &person, "d1:n0:e"),
                text("d1:bd12:http://a.comd1:#1:k1:Rd2:aad1:n0:eeeee"),
            ],
        ),
        (
            "read state",
            |dump| Config::<ConvoInfoVolatile>::load(&account(), dump, NOW).map(drop),
            vec![
                entry("1", &person, "d1:ri5ee"),
                entry("1", &person, "d1:ei5ee"),
                entry("g", &group_id, "d1:ri5ee"),
                entry("C", &person, "d1:ui1ee"),
                room("d1:ri5ee"),
            ],
        ),
        (
            "group list",
            |dump| Config::<UserGroups>::load(&account(), dump, NOW).map(drop),
            vec![
                entry("g", &group_id, "d1:K0:e"),
                entry("g", &group_id, "d1:K0:1:ri1ee"),
                entry("C", &person, "d1:n0:e"),
                room("d1:n4:Roome"),
            ],
        ),
        (
            "group info",
            group::<GroupInfo>,
            ["d1:ci5e1:n1:Ge", "d1:!i1ee", "d1:n1:G1:o1:De"].map(text).to_vec(),
        ),
        ("member list", group::<GroupMembers>, vec![entry("m", &person, "d1:n0:e")]),
        (
            "settings",
            |dump| Config::<Local>::load_device(dump, NOW).map(drop),
            ["d5:themei1ee", "d8:settingsd1:ai1eee"].map(text).to_vec(),
        ),
    ]
}

#[test]
fn a_dump_of_another_type_is_refused() {
    for (own, load, _) in types() {
        assert_eq!(load(&dump_of(b"de")), Ok(()), "{own}: nothing was ever edited");
        assert_eq!(load(&dump_of(b"d6:futurei1ee")), Ok(()), "{own}: from a later version");
        for (other, _, data) in types() {
            for data in data {
                let expected = if own == other { Ok(()) } else { Err(LoadError::WrongType) };
                let data_text = data.escape_ascii();
                assert_eq!(load(&dump_of(&data)), expected, "{other} as {own}: {data_text}");
            }
        }
    }
    // What a profile and a group have in common is neither's.
    for (own, load, _) in types() {
        let expected = match own {
            "profile" | "group info" => Ok(()),
            _ => Err(LoadError::WrongType),
        };
        for data in ["d1:n1:Ae", "d1:p1:Ae", "d1:q1:Ae", "d1:Ei5ee", "d1:di5ee", "d1:Di5ee"] {
            assert_eq!(load(&dump_of(data.as_bytes())), expected, "{data} as {own}");
        }
    }
}

#[test]
fn a_signed_dump_is_no_dump_of_an_account() {
    let mut group = Config::<GroupInfo>::for_group(admin(), [key()]);
    group.set_name("G").unwrap();
    let push = group.push(NOW).unwrap();
    let reader = Authority::ReadOnly(account().public_key().check().unwrap());
    let mut member = Config::<GroupInfo>::for_group(reader, [key()]);
    member.merge(&[Incoming::new(StoredHash::new("1"), &push.messages()[0])], NOW).unwrap();
    let dump = member.dump(NOW);
    let loaded = Config::<UserProfile>::load(&account(), &dump, NOW).map(drop);
    assert_eq!(loaded, Err(LoadError::WrongType));
}

#[test]
fn real_dumps_are_loaded_again() {
    let mut contacts = Config::<Contacts>::new(&account());
    contacts.set(&Contact::new(id()));
    let dump = contacts.dump(NOW);
    assert!(Config::<Contacts>::load(&account(), &dump, NOW).is_ok());
    assert_eq!(
        Config::<UserProfile>::load(&account(), &dump, NOW).map(drop),
        Err(LoadError::WrongType)
    );
    let mut members = Config::<GroupMembers>::for_group(admin(), [key()]);
    members.set(&Member::invited(id())).unwrap();
    let dump = members.dump(NOW);
    assert!(Config::<GroupMembers>::load_group(admin(), [key()], &dump, NOW).is_ok());
    assert_eq!(
        Config::<GroupInfo>::load_group(admin(), [key()], &dump, NOW).map(drop),
        Err(LoadError::WrongType)
    );
}

/// What a device wrote that mixes up its types is dumped and loaded like anything else, by its own type.
#[test]
fn strange_data_of_ones_own_are_loaded_again() {
    let body = b"d1:#i1e1:&d1:md1:ai1eee1:<le1:=dee";
    let key = ConfigKey::of_account(&account().seed());
    let padded = padding::pad(body);
    let stored = key.encrypt(Domain::new("Contacts").unwrap(), &padded);
    let mut contacts = Config::<Contacts>::new(&account());
    let report = contacts.merge(&[Incoming::new(StoredHash::new("1"), &stored)], NOW).unwrap();
    assert_eq!(report.rejected(), []);
    let dump = contacts.dump(NOW);
    let loaded = Config::<Contacts>::load(&account(), &dump, NOW).unwrap();
    assert_eq!(loaded.data(), contacts.data());
    assert_eq!(
        Config::<UserProfile>::load(&account(), &dump, NOW).map(drop),
        Err(LoadError::WrongType)
    );
}

/// Two dumps of an empty group, as other libraries write them.
const EMPTY_DUMPS: [&str; 2] = [
    "64313a21693065313a2432333a64313a23693065313a266465313a3c6c65313a3d646565313a286c65313a296c65313a2a6465313a2b646565",
    "64313a21693065313a2432333a64313a23693065313a266465313a3c6c65313a3d646565313a286c65313a296c65313a2b646565",
];

/// Every object starts from the same revision 0, by its unsigned hash: two admins make the same first edit.
#[test]
fn revision_0_is_listed_by_its_unsigned_hash_after_a_load() {
    let edited = |mut group: Config<GroupInfo>| {
        group.set_name("G").unwrap();
        group.push(NOW).unwrap().messages().to_vec()
    };
    let fresh = edited(Config::for_group(admin(), [key()]));
    for dump in EMPTY_DUMPS {
        let dump = hex::decode(dump).unwrap();
        let loaded = Config::load_group(admin(), [key()], &dump, NOW).unwrap();
        assert_eq!(edited(loaded), fresh);
    }
    // Also when revision 0 was pushed, to fill the storage of a new group, and after a restart on the way.
    let mut pushed = Config::<GroupInfo>::for_group(admin(), [key()]);
    let push = pushed.push(NOW).unwrap();
    pushed.confirm_pushed(push.seqno(), [StoredHash::new("0")]);
    let dump = pushed.dump(NOW);
    let mut loaded = Config::<GroupInfo>::load_group(admin(), [key()], &dump, NOW).unwrap();
    assert_eq!(loaded.push(NOW).unwrap().messages(), push.messages(), "signed when it is pushed");
    assert_eq!(edited(loaded), fresh);
}

/// The obsolete hashes are a list and the local data a dict: anything else is no dump (07 §6.4).
#[test]
fn fields_of_the_wrong_type_are_refused() {
    let load = |end: &str| {
        let dump = format!("d1:!i0e1:$23:d1:#i0e1:&de1:<le1:=dee{end}");
        Config::<Contacts>::load(&account(), dump.as_bytes(), NOW).map(drop)
    };
    assert_eq!(load("1:(le1:)le1:+dee"), Ok(()));
    assert_eq!(load("1:(0:1:)le1:+dee"), Ok(()), "the form of 2025");
    for end in [
        "1:(le1:)0:1:+dee",
        "1:(le1:)1:a1:+dee",
        "1:(le1:)dee",
        "1:(le1:)i1e1:+dee",
        "1:(le1:)le1:+lee",
        "1:(le1:)le1:+0:e",
        "1:(le1:)le1:+i1ee",
        "1:(de1:)le1:+dee",
        "1:(le1:)li1ee1:+dee",
    ] {
        assert!(matches!(load(end), Err(LoadError::Encoding(_))), "{end}");
    }
}
