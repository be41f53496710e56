//! The inline vectors of part 07 of the specification, through the public API.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "helpers of tests fail as tests do"
)]

use session_config::{
    Config, Contacts, GroupInfo, Incoming, StoredHash, UserGroups, UserProfile,
    config::ResolutionForm,
    contacts::Contact,
    data::{Scalar, Value},
    encryption::{ConfigKey, Domain},
    merge::{Merged, Resolution, merge},
    message::{Authority, Draft, Lag, Message, ParseError},
    padding,
    picture::ProfilePicture,
    user_groups::JoinedCommunity,
    wrapping::{WrappedKind, Wrapper},
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
};
use session_identity::{AccountId, Timestamp};
use session_types::community::Community;

const LAG: Lag = Lag::DEFAULT;
const UNSIGNED: Authority = Authority::Unsigned;
const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
/// Hash of revision 0, escaped as the specification writes messages.
const H0: &[u8] = b"\xea\x17\x3b\x57\xbe\xca\x8a\xf1\x8c\x35\x19\xa7\xbb\xf6\x9c\x3e\x7a\x05\xd1\xc0\x49\xfa\x95\x58\x34\x1d\x8e\xbb\x48\xb0\xc9\x65";

fn hash(message: &Message) -> String {
    message.id().hash.to_string()
}

fn set(scalars: &[Scalar]) -> Option<Value> {
    Some(Value::Set(scalars.iter().cloned().collect()))
}

fn int(integer: i64) -> Option<Value> {
    Some(Value::from(integer))
}

fn text(text: &str) -> Option<Value> {
    Some(Value::from(text))
}

fn scalar(text: &str) -> Scalar {
    Scalar::from(text.as_bytes())
}

/// The first vector of §4.4.
fn first() -> Draft {
    let mut draft = Draft::starting_at(10);
    draft.assign(&[b"foo"], int(123));
    draft.assign(&[b"bar", b"asdf"], int(123));
    draft.assign(&[b"bar", b"xyz"], text("abc"));
    draft.assign(&[b"bar", b""], set(&[scalar("a"), scalar("b"), Scalar::from(42)]));
    draft
}

#[test]
fn section_4_the_empty_revision() {
    let empty = Message::empty();
    assert_eq!(*empty.to_bytes(), *b"d1:#i0e1:&de1:<le1:=dee");
    assert_eq!(empty.id().hash.as_bytes(), H0);
}

#[test]
fn section_4_4_revisions() {
    let message = first().finish(&UNSIGNED);
    assert_eq!(
        message.to_bytes().escape_ascii().to_string(),
        "d1:#i10e1:&d3:bard0:li42e1:a1:be4:asdfi123e3:xyz3:abce3:fooi123ee1:<le1:=d3:bard0:lli42e1:a1:belee4:asdf0:3:xyz0:e3:foo0:ee"
    );
    assert_eq!(hash(&message), "d65738bba88b0f3455cef20fe09a7b4b10f25f9db82be24a6ce1bd06da197526");

    let mut draft = message.successor(LAG);
    draft.assign(&[b"foo"], None);
    let message = draft.finish(&UNSIGNED);
    assert_eq!(hash(&message), "5b30b4abf4cba71db25dbc0d977cc25df1d0a8a87cad7f561cdec2b8caf65f5e");

    let mut draft = message.successor(LAG);
    draft.assign(&[b"foo"], int(123));
    draft.assign(&[b"bar", b"xyz"], int(42));
    draft.assign(&[b"bar", b"a"], int(42));
    let elements = [scalar("a"), scalar("c"), Scalar::from(42), Scalar::from(99)];
    draft.assign(&[b"bar", b""], set(&elements));
    let mut message = draft.finish(&UNSIGNED);
    assert_eq!(hash(&message), "027552203cf669070d3ecbeecfa65c65497d59aa4da490e0f68f8131ce081320");
    let bytes = message.to_bytes().escape_ascii().to_string();
    assert!(bytes.ends_with("1:=d3:bard0:lli99e1:cel1:bee1:a0:3:xyz0:e3:foo0:ee"), "{bytes}");

    for prefix in ["b83871ea06587f92", "c30e2cfa7ec93c64", "3234eb7da8cf4b79b9eec2a144247279"] {
        message = message.successor(LAG).finish(&UNSIGNED);
        assert!(hash(&message).starts_with(prefix), "{prefix}");
    }
    let lagged: Vec<i64> = message.lagged().map(|(id, _)| id.seqno).collect();
    assert_eq!((message.seqno(), lagged), (15, vec![11, 12, 13, 14]));
}

/// Edits a message.
fn edit(message: &Message, edit: impl FnOnce(&mut Draft)) -> Message {
    let mut draft = message.clone().successor(LAG);
    edit(&mut draft);
    draft.finish(&UNSIGNED)
}

#[track_caller]
fn resolved(messages: &[&Message]) -> Resolution {
    match merge(messages.iter().map(|message| (*message).clone()).collect(), LAG, &UNSIGNED) {
        Some(Merged::Resolved(resolution)) => resolution,
        other => panic!("no conflict: {other:?}"),
    }
}

fn data_118() -> Message {
    let mut draft = Draft::starting_at(118);
    draft.assign(&[b"dictB", b"changed"], int(-1));
    draft.assign(&[b"dictB", b"foo"], int(123));
    draft.assign(&[b"dictB", b"removed"], text("x"));
    draft.assign(&[b"dictB", b"removed2"], text("y"));
    draft.assign(&[b"dictC", b"x", b"y"], int(1));
    draft.assign(&[b"good"], set(&[Scalar::from(99), Scalar::from(456), scalar("bar")]));
    draft.assign(&[b"great"], set(&[Scalar::from(-42), scalar("omg")]));
    draft.assign(&[b"int0"], int(-9999));
    draft.assign(&[b"int1"], int(100));
    draft.assign(&[b"string1"], text("hello"));
    draft.assign(&[b"string2"], text("goodbye"));
    draft.finish(&UNSIGNED)
}

fn large_update(draft: &mut Draft) {
    draft.assign(&[b"dictA", b"hello"], int(123));
    draft.assign(&[b"dictA", b"goodbye"], set(&[Scalar::from(123), Scalar::from(456)]));
    draft.assign(&[b"dictB", b"changed"], int(1));
    draft.assign(&[b"dictB", b"added"], int(9999));
    draft.assign(&[b"dictB", b"nested", b"a"], int(1));
    draft.assign(&[b"dictB", b"removed"], None);
    draft.assign(&[b"dictB", b"removed2"], None);
    draft.assign(&[b"dictC"], None);
    let good = [scalar("Foo"), scalar("bar"), Scalar::from(99), Scalar::from(123)];
    draft.assign(&[b"good"], set(&good));
    draft.assign(&[b"int1"], int(42));
    draft.assign(&[b"string1"], None);
    draft.assign(&[b"string2"], text("hello"));
    draft.assign(&[b"string3"], text("omg"));
    draft.assign(&[b"great"], None);
}

#[test]
fn section_5_2_conflicts() {
    let mut m = data_118();
    let mut stray = None;
    for expected in [
        "43094f68c1faa37eff79e1c2f3973ffd5f9d6423b00ccda306fc6e7dac5f0c44",
        "e3a237f91014d31e4d30569c4a8bfcd72157804f99b8732c611c48bf126432b5",
        "1a7f602055124deaf21175ef3f32983dee7c9de570e5d9c9a0bbc2db71dcb97f",
        "46560604fe352101bb869435260d7100ccfe007be5f741c7e96303f02f394e8a",
    ] {
        m = m.successor(LAG).finish(&UNSIGNED);
        assert_eq!(hash(&m), expected, "{}", m.seqno());
        stray = stray.or((m.seqno() == 120).then(|| m.clone()));
    }
    let stray = edit(&stray.unwrap(), |_| {});
    let m123 = edit(&m, |draft| {
        draft.assign(&[b"int1"], int(1));
        draft.assign(&[b"int2"], int(2));
        draft.assign(&[b"int0"], None);
    });
    assert_eq!(hash(&m123), "d9398c597b058ac7e28e3febb76ed68eb8c5b6c369610562ab5f2b596775d73c");
    let unchanged = edit(&m123, |_| {});
    assert_eq!(
        hash(&unchanged),
        "3ea36410cf7086ce816eb193b0c94e88632abfb75771d82f8ddb3a909124c580"
    );

    let b124 = edit(&m123, large_update);
    assert_eq!(hash(&b124), "8b73f316178765b9b3b37168e865c84bb5a78610cbb59b84d0fa4d3b4b3c102b");
    let a125 = edit(&b124, |draft| draft.assign(&[b"dictB", b"foo"], None));
    assert_eq!(hash(&a125), "80f229c3667de6d0fa6f96b53118e097fbda82db3ca1aea221a3db91ea9c45fb");
    let b125 = edit(&b124, |draft| draft.assign(&[b"int1"], int(5)));
    assert_eq!(hash(&b125), "ab12f0efe9a9ed00db6b17b44ae0ff36b9f49094077fb114f415522f2a0e98de");

    let old = data_118();
    for messages in [
        vec![&a125, &b125],
        vec![&b125, &a125],
        vec![&b124, &b125, &old, &a125],
        vec![&a125, &b124, &stray, &b125],
    ] {
        let a126 = resolved(&messages).into_draft().finish(&UNSIGNED);
        assert_eq!(hash(&a126), "4880a507551dc04b578482b1f4d0872f022c96d04b9cd5f711d5616261e3f649");
        assert_eq!(a126.data().at(&[b"int1"]), Some(&Value::from(5)));
        assert_eq!(a126.data().at(&[b"dictB", b"foo"]), None);
    }
    let a126 = resolved(&[&a125, &b125]).into_draft().finish(&UNSIGNED);
    let a124 = edit(&m123, |draft| {
        draft.assign(&[b"dictB", b"foo"], int(66));
        draft.assign(&[b"dictB", b"answer"], int(42));
    });
    assert_eq!(hash(&a124), "8634712e5345e11858674ce8bd1de1801ee19d7b5fb3ba8afa98c486a31cd8fe");
    let b126 = resolved(&[&b125, &a124, &a125, &m123, &old]).into_draft().finish(&UNSIGNED);
    assert_eq!(hash(&b126), "6de3eb60b334acb357525709d10f3bc2616be98bcd6bc8c3d77a8a30f23173e1");

    let mut draft = resolved(&[&a126, &b126]).into_draft();
    let goodbye = [Scalar::from(123), Scalar::from(456), Scalar::from(789)];
    draft.assign(&[b"dictA", b"goodbye"], set(&goodbye));
    let m127 = draft.finish(&UNSIGNED);
    assert_eq!(hash(&m127), "f589694ca0acf72923c3bcd84c1c415809227044fc194ed44c6b06109472aaf8");
    let lagged: Vec<i64> = m127.lagged().map(|(id, _)| id.seqno).collect();
    assert_eq!(lagged, [123, 124, 124, 125, 125, 126, 126]);
    assert_eq!(m127.data().at(&[b"dictB", b"foo"]), None);
    assert_eq!(m127.data().at(&[b"dictB", b"answer"]), Some(&Value::from(42)));

    match merge(vec![a125, m127.clone(), b126], LAG, &UNSIGNED) {
        Some(Merged::Unmerged { index: 1, message }) => assert_eq!(*message, m127),
        other => panic!("127 includes the others: {other:?}"),
    }
}

#[test]
fn section_10_signatures() {
    let secret = hex::decode("79f530dbf3d81aecc04072933c1b3e3edc0b7d91f2dcc2f7756f2611886cca5f4384261cdd338f5820ca9cbbe3fc72ac8944ee60d3b795b797fbbf5597b09f17").unwrap();
    let keypair = Ed25519Keypair::from_secret_bytes(&secret).unwrap();
    let reader = Authority::ReadOnly(keypair.public_key().check().unwrap());
    let message = first().finish(&Authority::Signer(Box::new(keypair)));
    assert_eq!(hash(&message), "4abf5ced953abae3d3a815bfab200755dd565d7d173411f85e2b98d2d9ed2821");
    let mut bytes = message.to_bytes().to_vec();
    let signature = &bytes[bytes.len() - 65..bytes.len() - 1];
    assert_eq!(
        hex::encode(signature),
        "77267f4de7701ae348eba0ef73175281512ba3f1051cfed22dc3e31b9c6993302938863e09bc8b33638161071bd8dc397d5c1d3f674120d08fbb9c64dde2e907"
    );
    let read = Message::parse(&bytes, LAG, &reader).unwrap();
    assert_eq!((read.id(), read.to_bytes()), (message.id(), message.to_bytes()));
    let last = bytes.len() - 2;
    bytes[last] = 0x17;
    assert_eq!(Message::parse(&bytes, LAG, &reader), Err(ParseError::Signature));
    let unsigned = first().finish(&UNSIGNED).to_bytes();
    assert_eq!(Message::parse(&unsigned, LAG, &reader), Err(ParseError::Unsigned));
}

fn account() -> Ed25519Keypair {
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(b"\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef");
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed))
}

fn kallie() -> Config<UserProfile> {
    let mut profile = Config::<UserProfile>::new(&account());
    profile.set_name("Kallie", None).unwrap();
    let key = b"secret78901234567890123456789012";
    let picture = ProfilePicture::new("http://example.org/omg-pic-123.bmp", key).unwrap();
    profile.set_picture(Some(&picture), None);
    profile.set_note_to_self_priority(9);
    profile
}

#[test]
fn section_8_and_11_1_a_push() {
    let mut empty = Config::<UserProfile>::new(&account());
    let push = empty.push(NOW).unwrap();
    assert_eq!((push.seqno(), push.messages()[0].len()), (0, 432));
    assert_eq!(
        hex::encode(&push.messages()[0]),
        "080112ab030a0012001aa20308062801429b0326ec9746282053eb119228e6c36012966e7d2642163169ba3998af44ca65f967768dd78ee80fffab6f809f6cef49c73a36c82a89622ff0de2ceee06b8c638e2c876fa9047f449dbe24b1fc89281a264fe90abdeffcdd44f797bd4572a6c5ae8d88bf372c3c717943ebd570222206fabf0ee9f3c6756f5d71a32616b1df53d12887961f5c129207a79622ccc1a4bba976886d9a6ddf0fe5d570e5075d01ecd627f656e95f27b4c40d5661b5664cedd3e568206effa1308b0ccd663ca61a6d39c0731891804a8cf5edcf8b98eaa5580c3d436e22156e38455e403869700956c3c1dd0b4470b663e75c98c5b859b53ccef6559215d8049f755be9c2d6b3f4a310f97c496fc392f65b6431dd87788ac61074fd8cd409702e1b839b3f774d38cf8b28f0226c4efa5220ac6ae060793e36e7ef278d42d042f15b21291f3bb29e3158f09d154b93f83fd8a319811a26cb5240d90cbb360fafec0b7eff4c676ae598540813d062dc9468365c73b4cfa2ffd02d48cdcd8f0c71324c6d0a60346a7a0e50af3be64684b37f9e6c831115bf112ddd18acde08eaec376f0872a3952000"
    );

    let mut profile = kallie();
    let push = profile.push(NOW).unwrap();
    let blob = Wrapper::new(&account(), WrappedKind::UserProfile).unwrap(&push.messages()[0]);
    let blob = blob.unwrap();
    assert_eq!(
        hex::encode(&blob),
        "9693a69686da3055f1ecdfb239c3bf8e746951a36d888c2fb7c02e856a5c2091b24e39a7e1af828f1fa09fe8bf7d274afde0a0847ba143c43ffb8722301b5ae32e2f078b9a5e19097403336e50b18c84aade446cd2823b011f97d6ad2116a53feb814efecc086bc172d31f4214b4d7c630b63bbe575b08682d146da44915063a07a78556ab5eff4f67f6aa26211e8d330b53d28567a931028c393709a325425de7486ccde24416a7fd4a8ba5fa73899c65f4276dfaddd5b2100adcf0f793104fb235b31ce32ec656056009a9ebf58d45d7d696b74e0c7ff0499c4d23204976f19561dc0dba6dc53a2497d28ce03498ea49bf122762d7bc1d6d9c02f6d54f8384"
    );
    let key = ConfigKey::of_account(&account().seed());
    let padded = key.decrypt(Domain::new("UserProfile").unwrap(), &blob).unwrap();
    let message = Message::parse(padding::unpad(&padded), LAG, &UNSIGNED).unwrap();
    assert_eq!(hash(&message), "9d12fda7a98ec51c11e3b13abc361f82af271b8c6728228dba8cc9d4b7fe42e1");
    let expected = [
        b"d1:#i1e1:&d1:+i9e1:n6:Kallie1:p34:http://example.org/omg-pic-123.bmp1:q32:secret78901234567890123456789012e1:<lli0e32:",
        H0,
        b"deee1:=d1:+0:1:n0:1:p0:1:q0:ee",
    ]
    .concat();
    assert_eq!(*message.to_bytes(), expected);

    // The dumps of the specification, in the newest form.
    let dump = |status: &str, end: &str| {
        [format!("d1:!i{status}e1:$180:").as_bytes(), &expected, end.as_bytes()].concat()
    };
    assert_eq!(*profile.dump(NOW), dump("2", "1:(le1:)le1:+dee"));
    profile.confirm_pushed(1, [StoredHash::new("fakehash1")]);
    assert_eq!(*profile.dump(NOW), dump("0", "1:(l9:fakehash1e1:)le1:+dee"));
    // And read in the older one.
    let old = dump("0", "1:(9:fakehash11:)le1:+dee");
    let mut loaded = Config::<UserProfile>::load(&account(), &old, NOW).unwrap();
    assert_eq!(loaded.current_hashes().collect::<Vec<_>>(), [&StoredHash::new("fakehash1")]);
    assert_eq!(loaded.push(NOW).unwrap().messages(), push.messages());
}

/// Two devices with the first revision, and what makes the second.
fn two_devices<T: session_config::config::AccountType>(
    first: &mut Config<T>,
    edits: [&dyn Fn(&mut Config<T>); 2],
) -> [(Config<T>, StoredHash, Vec<u8>); 2] {
    let push = first.push(NOW).unwrap();
    let base = StoredHash::new("base");
    first.confirm_pushed(push.seqno(), [base.clone()]);
    let mut number = 0;
    edits.map(|edit| {
        let mut device = Config::<T>::new(&account());
        device.merge(&[Incoming::new(base.clone(), &push.messages()[0])], NOW).unwrap();
        edit(&mut device);
        let push = device.push(NOW).unwrap();
        number += 1;
        let stored = StoredHash::new(format!("second-{number}"));
        device.confirm_pushed(push.seqno(), [stored.clone()]);
        (device, stored, push.messages()[0].clone())
    })
}

/// Hash of the current revision.
fn current<T: session_config::config::AccountType>(
    device: &mut Config<T>,
    domain: &str,
) -> (usize, String) {
    let push = device.push(NOW).unwrap();
    let blob = Wrapper::new(&account(), T::WRAPPED_KIND).unwrap(&push.messages()[0]).unwrap();
    let key = ConfigKey::of_account(&account().seed());
    let padded = key.decrypt(Domain::new(domain).unwrap(), &blob).unwrap();
    let body = padding::unpad(&padded);
    let bytes = match body.strip_prefix(b"z") {
        Some(frame) => session_config::compression::decompress(frame).unwrap().to_vec(),
        None => body.to_vec(),
    };
    (bytes.len(), hash(&Message::parse(&bytes, LAG, &UNSIGNED).unwrap()))
}

#[test]
fn section_11_1_a_conflict_in_both_forms() {
    let raz = |profile: &mut Config<UserProfile>| {
        profile.set_name("Raz", None).unwrap();
        let key = b"qwert\0yuio1234567890123456789012";
        assert_eq!(
            hex::encode(key),
            "7177657274007975696f31323334353637383930313233343536373839303132"
        );
        let picture = ProfilePicture::new("http://new.example.com/pic", key).unwrap();
        profile.set_picture(Some(&picture), None);
        profile.set_note_to_self_timer(Some(std::time::Duration::from_secs(86_400)));
        profile.set_community_requests(Some(true), None);
    };
    for (form, expected) in [
        (ResolutionForm::Plain, "f4d66993cd7c00b1ccf3d0a1bb667f5c70cdc70d16e8e4d5d0acd1b853d1dd66"),
        (
            ResolutionForm::Deployed,
            "4c7bc1cc830a0a39df677619fc1c0028268d87013a4a237d184fe3d74cf65c4b",
        ),
    ] {
        let nibbler: &dyn Fn(&mut Config<UserProfile>) =
            &|profile| profile.set_name("Nibbler", None).unwrap();
        let [mut a, mut b] = two_devices(&mut kallie(), [nibbler, &raz]);
        assert_eq!(
            current(&mut a.0, "UserProfile").1,
            "ecad80272b2fa68171cc6adcf6cba9a26a54d083799a7b9ad7ae76a2f58a09e8"
        );
        assert_eq!(
            current(&mut b.0, "UserProfile").1,
            "4be39976ba4495c5d8895250e22a0b5126257f6e8d99499ce66c57d956af7f24"
        );
        for (device, stored, message) in [(&mut a.0, &b.1, &b.2), (&mut b.0, &a.1, &a.2)] {
            device.set_resolution_form(form);
            device.merge(&[Incoming::new(stored.clone(), message)], NOW).unwrap();
            assert_eq!(device.name().as_deref(), Some("Nibbler"));
            assert_eq!(device.community_requests(), Some(true));
            assert_eq!(device.seqno(), 3);
            assert_eq!(current(device, "UserProfile").1, expected, "{form:?}");
        }
    }
}

fn contact(byte: u8, name: &str) -> Contact {
    let mut id = [byte; 33];
    id[0] = 5;
    let mut contact = Contact::new(AccountId::from_bytes(id).unwrap());
    contact.set_name(name);
    contact
}

#[test]
fn section_12_contacts_in_conflict() {
    for (form, length, expected) in [
        (
            ResolutionForm::Plain,
            495,
            "b84423680d2e7239371dcfb23ce1eb65baa8b7e275ad5f718731694768a978f1",
        ),
        (
            ResolutionForm::Deployed,
            629,
            "49558c389fccd782678922dbc08a60f57dc6cf251676f2a9df9f5ebb989c654d",
        ),
    ] {
        let mut first = Config::<Contacts>::new(&account());
        first.set(&contact(0, "alfonso"));
        let [mut a, b] = two_devices(
            &mut first,
            [&|contacts| contacts.set(&contact(0x11, "barney")), &|contacts| {
                contacts.set(&contact(0x22, "chalmondeley"))
            }],
        );
        assert_eq!(
            current(&mut first, "Contacts").1,
            "1c99c0a46d4db1207f3f937a966cf17c3a3c10110c0781d33354b07c13d70999"
        );
        a.0.set_resolution_form(form);
        a.0.merge(&[Incoming::new(b.1.clone(), &b.2)], NOW).unwrap();
        assert_eq!(a.0.len(), 3);
        let push = a.0.push(NOW).unwrap();
        assert_eq!(push.seqno(), 3);
        assert_eq!(push.obsolete(), [a.1, b.1]);
        assert_eq!(current(&mut a.0, "Contacts"), (length, expected.to_owned()));
    }
}

#[test]
fn section_14_a_community() {
    let url = "http://EXAMPLE.org:5678/SudokuRoom?public_key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let mut joined = JoinedCommunity::new(url.parse::<Community>().unwrap());
    joined.settings.priority = 14;
    let mut groups = Config::<UserGroups>::new(&account());
    groups.set_community(&joined);
    assert_eq!(
        current(&mut groups, "UserGroups").1,
        "c8033a93561586ee63a15cee96c6ff7a88c1aa1df481a7441aaeeb8319c8c29d"
    );
}

#[test]
fn section_15_a_group() {
    let seed =
        hex::decode_array("0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210");
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed.unwrap()));
    assert_eq!(
        keypair.public_key().to_string(),
        "cbd569f56fb13ea95a3f0c05c331cc24139c0090feb412069dc49fab34406ece"
    );
    let admin = Authority::Signer(Box::new(keypair));
    let mut info = Config::<GroupInfo>::for_group(admin, [ConfigKey::from_bytes([0xaa; 32])]);
    info.set_name("GROUP Name").unwrap();
    let push = info.push(NOW).unwrap();
    let blob: [u8; 32] = Blake2b::new().chain(&push.messages()[0]).finalize();
    assert_eq!(push.messages()[0].len(), 256);
    assert_eq!(
        hex::encode(&blob),
        "a028421c471ac8909442dbb974b0b52f90b3c2e8ba63ff936aef9d1bfe5f2f75"
    );
}
