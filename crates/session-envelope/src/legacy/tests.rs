use alloc::{format, vec};

use prost::Message as _;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};

use super::*;

const PAIR: [u8; 32] = [7; 32];

fn pair() -> X25519Keypair {
    X25519Keypair::from_secret_key(X25519SecretKey::from_bytes(PAIR))
}

fn member(number: u8) -> Vec<u8> {
    [vec![5], vec![number; 32]].concat()
}

fn id(number: u8) -> AccountId {
    AccountId::try_from(member(number).as_slice()).unwrap()
}

fn pair_message(public_key: Vec<u8>, private_key: &[u8]) -> Vec<u8> {
    let private_key = Some(private_key.to_vec());
    KeyPair { public_key: Some(public_key), private_key }.encode_to_vec()
}

fn good_pair() -> Vec<u8> {
    pair_message(pair().public_key().to_bytes().to_vec(), &PAIR)
}

fn decode(control: &ClosedGroupControlMessage) -> Result<Control, ControlError> {
    let data = DataMessage {
        closed_group_control_message: vec![control.encode_to_vec()],
        ..DataMessage::default()
    };
    let content = Content { data_message: vec![data.encode_to_vec()], ..Content::default() };
    Control::from_content(&content.encode_to_vec())
}

fn new_group() -> ClosedGroupControlMessage {
    ClosedGroupControlMessage {
        r#type: Some(1),
        public_key: Some(member(9)),
        name: Some("group".into()),
        encryption_key_pair: vec![good_pair()],
        members: vec![member(1), member(2)],
        admins: vec![member(1)],
        wrappers: vec![],
        expiration_timer: Some(60),
    }
}

#[test]
fn a_new_group_is_read_whole() {
    let expected = Control::New {
        group: id(9),
        name: "group".into(),
        members: vec![id(1), id(2)],
        admins: vec![id(1)],
        keypair: pair(),
        expiration_seconds: 60,
    };
    assert_eq!(decode(&new_group()), Ok(expected));
}

#[test]
fn the_other_kinds_are_read() {
    for (number, expected) in [
        (4, Control::NameChange("group".into())),
        (5, Control::MembersAdded(vec![id(1), id(2)])),
        (6, Control::MembersRemoved(vec![id(1), id(2)])),
        (7, Control::MemberLeft),
    ] {
        let control = ClosedGroupControlMessage { r#type: Some(number), ..new_group() };
        assert_eq!(decode(&control), Ok(expected));
    }
    for number in [None, Some(0), Some(2), Some(8), Some(9)] {
        let control = ClosedGroupControlMessage { r#type: number, ..new_group() };
        assert_eq!(decode(&control), Err(ControlError::Missing { field: "type" }), "{number:?}");
    }
}

/// 02 §6: a wrapper's pair opens for its member, whichever spelling its public half has.
#[test]
fn wrapped_key_pairs_open_for_their_member() {
    let admin = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let reader = X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([2; 32]));
    let short = pair().public_key().to_bytes().to_vec();
    let long = [vec![5], short.clone()].concat();
    for public_key in [short, long] {
        let message = pair_message(public_key, &PAIR);
        let sealed =
            signed_box::seal_deterministic(&message, &admin, &reader.public_key()).unwrap();
        let wrapper = KeyPairWrapper {
            public_key: Some([vec![5], reader.public_key().to_bytes().to_vec()].concat()),
            encrypted_key_pair: Some(sealed),
        };
        let control = ClosedGroupControlMessage {
            r#type: Some(3),
            wrappers: vec![wrapper.encode_to_vec()],
            ..ClosedGroupControlMessage::default()
        };
        let Ok(Control::EncryptionKeypair(wrappers)) = decode(&control) else { panic!("refused") };
        assert_eq!(wrappers[0].member(), AccountId::from_public_key(reader.public_key()));
        assert_eq!(wrappers[0].open(&reader), Ok((pair(), admin.public_key())));
        let other = wrappers[0].open(&pair());
        assert_eq!(other, Err(ControlError::Box(signed_box::OpenError::Unauthentic)));
    }
}

#[test]
fn key_pairs_must_fit() {
    let public = pair().public_key().to_bytes().to_vec();
    for (message, field) in [
        (pair_message(public.clone(), &[7; 31]), "KeyPair.privateKey"),
        (pair_message(public[..31].to_vec(), &PAIR), "KeyPair.publicKey"),
        (pair_message([vec![3], public.clone()].concat(), &PAIR), "KeyPair.publicKey"),
        (pair_message(public, &[8; 32]), "KeyPair.publicKey"),
    ] {
        let control =
            ClosedGroupControlMessage { encryption_key_pair: vec![message], ..new_group() };
        assert_eq!(decode(&control), Err(ControlError::Key { field }));
    }
}

#[test]
fn required_fields_are_required() {
    let new = new_group();
    for (control, field) in [
        (ClosedGroupControlMessage { public_key: None, ..new.clone() }, "publicKey"),
        (ClosedGroupControlMessage { name: None, ..new.clone() }, "name"),
        (
            ClosedGroupControlMessage { encryption_key_pair: vec![], ..new.clone() },
            "encryptionKeyPair",
        ),
        (ClosedGroupControlMessage { name: None, r#type: Some(4), ..new.clone() }, "name"),
    ] {
        assert_eq!(decode(&control), Err(ControlError::Missing { field }));
    }
    let wrapper = |wrapper: KeyPairWrapper| ClosedGroupControlMessage {
        r#type: Some(3),
        wrappers: vec![wrapper.encode_to_vec()],
        ..new.clone()
    };
    let error = decode(&wrapper(KeyPairWrapper::default()));
    assert_eq!(error, Err(ControlError::Missing { field: "KeyPairWrapper.publicKey" }));
    let error =
        decode(&wrapper(KeyPairWrapper { public_key: Some(member(1)), ..Default::default() }));
    assert_eq!(error, Err(ControlError::Missing { field: "KeyPairWrapper.encryptedKeyPair" }));
}

#[test]
fn members_are_ids_and_not_too_many() {
    let control = ClosedGroupControlMessage { members: vec![vec![5; 32]], ..new_group() };
    assert_eq!(decode(&control), Err(ControlError::Key { field: "members" }));
    let control = ClosedGroupControlMessage { members: vec![member(1); 1001], ..new_group() };
    assert_eq!(decode(&control), Err(ControlError::TooMany { found: 1001 }));
}

#[test]
fn other_contents_are_told_apart() {
    assert_eq!(Control::from_content(b"\x78\x01"), Err(ControlError::NoControlMessage));
    assert_eq!(Control::from_content(b"\x0a\x00"), Err(ControlError::NoControlMessage));
    assert!(matches!(Control::from_content(b"\x0a"), Err(ControlError::Malformed(_))));
}

/// 02 §6: an envelope of kind 7 around a box to the group's encryption key, opened with several keys.
#[test]
fn messages_of_legacy_groups_open_with_their_key_pair() {
    use crate::{
        direct,
        envelope::{Envelope, EnvelopeKind},
        padding::pad,
    };
    use session_identity::Timestamp;

    let sender = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let sealed =
        signed_box::seal_deterministic(&pad(b"\x78\x01"), &sender, &pair().public_key()).unwrap();
    let signature = sender.sign(&sealed);
    let sent_at = Timestamp::from_millis(1);
    let stored = Envelope::new(EnvelopeKind::Group, sent_at, sealed, signature).to_web_socket();
    let older = X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([2; 32]));
    let opened = direct::open(&stored, [&older, &pair()]).unwrap();
    assert_eq!(opened.envelope().claimed_kind(), EnvelopeKind::Group);
    assert_eq!(
        (opened.content(), opened.sender_key()),
        (b"\x78\x01".as_slice(), sender.public_key())
    );
}

#[test]
fn private_keys_do_not_print() {
    let text = format!("{:?}", decode(&new_group()).unwrap());
    assert!(text.contains("keypair: X25519Keypair(X25519PublicKey("), "{text}");
}

/// Field `number` with bytes of less than 128.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    [vec![number << 3 | 2, u8::try_from(value.len()).unwrap()], value.to_vec()].concat()
}

fn configuration(fields: &[Vec<u8>]) -> Result<Configuration, ControlError> {
    let fields = fields.concat();
    let mut content = vec![7 << 3 | 2];
    prost::encoding::encode_varint(u64::try_from(fields.len()).unwrap(), &mut content);
    content.extend(fields);
    Configuration::from_content(&content)
}

fn old_group() -> Vec<Vec<u8>> {
    vec![field(1, &member(9)), field(2, b"g"), field(3, &good_pair())]
}

#[test]
fn a_configuration_is_read_whole() {
    let group = [old_group().concat(), field(4, &member(1)), vec![0x30, 60]].concat();
    let group = [vec![10, u8::try_from(group.len()).unwrap() | 0x80, 1], group].concat();
    let contact = [
        field(1, &member(1)),
        field(2, b"Bob"),
        field(3, b"http://a/1"),
        field(4, &[8; 32]),
        vec![0x28, 1, 0x38, 1],
    ];
    let old = configuration(&[
        group,
        field(2, b"https://a/r"),
        field(3, b"Alice"),
        field(4, b"http://a/2"),
        field(5, &[9; 16]),
        field(6, &contact.concat()),
    ]);
    let old = old.unwrap();
    let group = &old.groups[0];
    assert_eq!((group.group, group.name.as_str(), &group.keypair), (id(9), "g", &pair()));
    assert_eq!((group.members.as_slice(), group.expiration_seconds), ([id(1)].as_slice(), 60));
    assert_eq!((old.communities, old.name), (vec!["https://a/r".into()], Some("Alice".into())));
    assert_eq!(old.picture, None, "a key of 16 bytes is none");
    let contact = &old.contacts[0];
    assert_eq!((contact.id, contact.name.as_str()), (id(1), "Bob"));
    assert_eq!(contact.picture.as_ref().map(crate::content::Picture::url), Some("http://a/1"));
    assert_eq!(
        (contact.is_approved, contact.is_blocked, contact.did_approve_me),
        (true, false, true)
    );
}

#[test]
fn configurations_obey_their_rules() {
    for (i, missing) in ["publicKey", "name", "encryptionKeyPair"].into_iter().enumerate() {
        let mut group = old_group();
        group.remove(i);
        let error = configuration(&[field(1, &group.concat())]);
        assert_eq!(error, Err(ControlError::Missing { field: missing }));
    }
    for (contact, missing) in [(field(2, b"Bob"), "publicKey"), (field(1, &member(1)), "name")] {
        let error = configuration(&[field(6, &contact)]);
        assert_eq!(error, Err(ControlError::Missing { field: missing }));
    }
    let wrong = configuration(&[field(6, &[field(1, b"short"), field(2, b"")].concat())]);
    assert_eq!(wrong, Err(ControlError::Key { field: "publicKey" }));
    for list in [1, 2, 6] {
        let error = configuration(&vec![field(list, b""); 1_001]);
        assert_eq!(error, Err(ControlError::TooMany { found: 1_001 }), "{list}");
    }
    assert_eq!(Configuration::from_content(b""), Err(ControlError::NoControlMessage));
    let empty = configuration(&[]).unwrap();
    assert_eq!((empty.groups.len(), empty.contacts.len(), empty.name), (0, 0, None));
}
