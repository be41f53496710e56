//! What the tool says of messages that are known, of others, and of none.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use session_protocol::{
    config::{Config, Contacts, UserProfile, contacts::Contact},
    crypto::{
        aead::{XChaCha20Key, XChaCha20Nonce},
        ed25519::{Ed25519Keypair, Ed25519Seed},
        encoding::{base64, hex},
        system_rng,
    },
    envelope::{
        content::{Content, Kind, Typing, TypingAction},
        group::{GroupKey, kicked},
        message::{self, Author, CommunityIdentity, Destination, Outgoing},
    },
    identity::{
        Account, AccountSeed, GroupId, Timestamp,
        blinding::{Blinded15Keypair, ServerPublicKey},
        id::BlindedId,
    },
};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The stored message of 02 §3: seed 1 to seed 2, whose content has nothing but a time.
const STORED: &str = "08011285030a0012001afc02080628d209380142b002405fb7f066b61ec9cf66aa5aa3412abc9df1e9fa\
    d254bee2077d5fa6de24926e6d1353f29c46e4c9c53ef035661853c7ccf6f6852e24cee002777280b8b43c9718c0b552f1a397\
    780ea8528e9693e777143d160196a7d1c75cee6b13e29cdd485c75e19091176cc7843fe80e386663a1682c71f54ed014400213\
    a67855fe61360593881a63b2e3400ba1e80480150387b77d0f9e9bb7e091d65ff49e965393e8c7d7ed15b12f620aabc89f2c59\
    4e5a5a79a52b3c5d0cf671d2325cfd2f9769d42648c219a2f7a041979e702ba765743567500a812b5ded985342393ef33c9165\
    d0fef2429d58644d6773bb2d3d996992fb92ae002efe64b5955422385509901ca4446d3f9f9a6673dfc111cf34d43162b94589\
    485ea397fc810bbab63ddc9acdc4ecb5ce9edf7c57db67f86429a658a75a40d95c1f839b336d4ed941934559c0713483ca6068\
    c4560ae8ae46099edd05fe47e1c333e804a21dc19d25338926178f3ec24eb3db1cb5c7cf57b3de734cd6cb062000";
const SEED_2: &str = "account 00112233445566778899aabbccddeeff";

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap())
}

fn seed_line(number: u8) -> String {
    format!("account {}\n", hex::encode(&[number; 16]))
}

fn group() -> (Ed25519Keypair, GroupId) {
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x77; 32]));
    let id = GroupId::from_public_key(keypair.public_key());
    (keypair, id)
}

fn server() -> ServerPublicKey {
    "1d7e7f92b1ed3643855c98ecac02fc7274033a3467653f047d6e433540c03f17".parse().unwrap()
}

fn inspect(bytes: &[u8], keys: &str, kind: Option<&str>) -> Result<String> {
    let keys = Keys::parse(keys)?;
    let input = Input::new(bytes.to_vec(), None)?;
    Ok(Inspector::new(&keys).explain(&input, kind)?.to_string())
}

fn explain(bytes: &[u8], keys: &str) -> String {
    inspect(bytes, keys, None).unwrap()
}

fn send(content: &Content, to: Destination<'_>) -> Outgoing {
    message::encode(content, &Author::new(&account(1)), to, NOW, &mut system_rng()).unwrap()
}

/// Asserts that the lines are there, in this order.
#[track_caller]
fn says(tree: &str, lines: &[&str]) {
    let mut rest = tree;
    for line in lines {
        let Some((_, behind)) = rest.split_once(line) else { panic!("no {line:?} in\n{rest}") };
        rest = behind;
    }
}

#[test]
fn the_message_of_the_specification_is_explained() {
    let tree = explain(STORED.as_bytes(), SEED_2);
    says(
        &tree,
        &[
            "      0     394  input, hexadecimal",
            "      0     394  └─ WebSocketMessage",
            "      0       2     ├─ 1 type = 1 REQUEST",
            "├─ 1 verb = \"\"",
            "3 body: 380 bytes",
            "      0       2        │     ├─ 1 type = 6 SESSION_MESSAGE",
            "      2       3        │     ├─ 5 timestamp = 1234 (1970-01-01 00:00:01.234 UTC)",
            "8 content: 304 bytes",
            "✓ opened by the account 05aa654f00fc39fc69fd0db829410ca38177d7732a8d2f0934ab3872ac56d5aa74",
            "✓ signed for this recipient by 05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72",
            "15 sigTimestamp = 1 (1970-01-01 00:00:00.001 UTC)",
            "      2     158  ",
            "✗ receivers drop it: content of unknown kind",
            "11 proSig: 64 bytes d95c1f83",
            "4 requestId = 0",
        ],
    );
}

#[test]
fn every_form_of_input_is_recognised() {
    let bytes = hex::decode(STORED).unwrap();
    let text = base64::encode(&bytes);
    let url_safe = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let upper = STORED.to_uppercase();
    let spaced = upper.as_bytes().chunks(32).map(|line| [line, b"\n"].concat());
    for (input, form) in [
        (bytes.clone(), "binary"),
        (STORED.into(), "hexadecimal"),
        (spaced.flatten().collect(), "hexadecimal"),
        (format!("  {text}\n").into_bytes(), "base64"),
        (url_safe.into_bytes(), "base64"),
    ] {
        let tree = explain(&input, SEED_2);
        says(&tree, &[&format!("0     394  input, {form}"), "WebSocketMessage", "✓ opened by"]);
    }
    assert!(Input::new(b"zz".to_vec(), Some(Form::Hex)).is_err());
    assert!(Input::new(b"!".to_vec(), Some(Form::Base64)).is_err());
}

#[test]
fn what_was_not_opened_says_why() {
    says(&explain(STORED.as_bytes(), ""), &["✗ not opened: no account was given"]);
    says(&explain(STORED.as_bytes(), &seed_line(9)), &["✗ none of 1 keys opens it"]);
    let mut altered = hex::decode(STORED).unwrap();
    altered[100] ^= 1;
    says(&explain(&altered, SEED_2), &["✗ none of 1 keys opens it"]);
}

#[test]
fn groups_posts_and_inboxes_are_explained() {
    let (_, group) = group();
    let key = GroupKey::from_bytes([5; 32]);
    let hello = Content::text("hello").unwrap();
    let keys = format!("group {group} {} {}", "06".repeat(32), "05".repeat(32));
    let stored = send(&hello, Destination::Group { group: &group, key: &key });
    let id = account(1).id();
    says(
        &explain(stored.data(), &keys),
        &[
            "group message",
            "      0      24  ",
            "✓ decrypted by key 1",
            &format!("✓ signed for this group by {id}"),
            "1 type = 7 CLOSED_GROUP_MESSAGE",
            "1 body = \"hello\"",
            "✓ its time is that of the envelope",
        ],
    );
    let error = inspect(stored.data(), "", None).unwrap_err().to_string();
    assert!(error.contains("give the group and its keys"), "{error}");

    let server = server();
    let identity = CommunityIdentity::Blinded15;
    let post = send(&hello, Destination::Community { server: &server, identity });
    let (author, signature) = post.signature().unwrap();
    let keys = format!("author {author}\nsignature {signature}");
    says(&explain(post.data(), &keys), &["post", &format!("✓ signed by {author}"), "\"hello\""]);
    says(&explain(post.data(), ""), &["signature not checked", "\"hello\""]);
    let wrong = format!("author {id}\nsignature {signature}");
    says(&explain(post.data(), &wrong), &["✗ post is not signed by its author"]);

    let [from, to] = [1, 2].map(|number| {
        BlindedId::Blinded15(Blinded15Keypair::derive(account(number).ed25519(), &server).id())
    });
    let inbox = send(&hello, Destination::Inbox { server: &server, recipient: &to });
    let [from, to] = [from, to].map(|id| hex::encode(&id.to_bytes()));
    let keys = format!("{}server {server}\nfrom {from}\nto {to}", seed_line(2));
    says(
        &explain(inbox.data(), &keys),
        &["message between blinded ids", &format!("who is {id}"), "\"hello\""],
    );
    says(&explain(inbox.data(), ""), &["✗ not opened: give an account, server, from and to"]);
}

fn encrypted(key: [u8; 32], plaintext: &[u8]) -> Vec<u8> {
    let nonce = XChaCha20Nonce::from_bytes([9; 24]);
    let mut out = nonce.as_bytes().to_vec();
    XChaCha20Key::from_bytes(key).encrypt_into(&nonce, plaintext, &mut out);
    out
}

#[test]
fn push_notifications_hold_messages() {
    let bob = account(2);
    let stored = send(&Content::text("hello").unwrap(), Destination::Account(&bob.id()));
    let json = format!(r##"{{"@":"{}","#":"hash","n":0}}"##, bob.id());
    let message = stored.data();
    let head = format!("l{}:{json}{}:", json.len(), message.len());
    let plain = [head.as_bytes(), message, b"e\0\0\0"];
    let payload = encrypted([6; 32], &plain.concat());
    let keys = format!("{}push {}", seed_line(2), "06".repeat(32));
    says(
        &explain(&payload, &keys),
        &["push notification", "in namespace 0", "# stored as \"hash\"", "\"hello\""],
    );
}

#[test]
fn configs_are_explained_bare_and_wrapped() {
    let alice = account(1);
    let mut contacts = Config::<Contacts>::new(alice.ed25519());
    let mut contact = Contact::new(account(2).id());
    contact.set_nickname("Bob").unwrap();
    contacts.set(&contact);
    let push = contacts.push(NOW).unwrap();
    let tree = explain(&push.messages()[0], &seed_line(1));
    let id = account(2).id().to_string();
    says(
        &tree,
        &[
            "WebSocketMessage",
            "sharedConfigMessage: SharedConfigMessage",
            "1 kind = 2 CONTACTS",
            "config message of the type Contacts",
            "✓ revision 1",
            &id,
            "\"Bob\"",
        ],
    );
    let mut profile = Config::<UserProfile>::new(alice.ed25519());
    profile.set_name("Alice", None).unwrap();
    let push = profile.push(NOW).unwrap();
    says(&explain(&push.messages()[0], &seed_line(1)), &["type UserProfile", "\"Alice\""]);

    // A revision in clear: the key of a picture is a text in the vector of 07 §11.1.
    let plain =
        b"d1:#i1e1:&d1:n6:Kallie1:q32:secret78901234567890123456789012e1:<le1:=d1:n0:1:q0:ee";
    let tree = explain(plain, "");
    says(&tree, &["\"n\" = \"Kallie\"", "\"q\" = 32 bytes, perhaps secret"]);
    assert!(!tree.contains("secret789"), "{tree}");
    let head = format!("d1:!i0e1:${}:", plain.len());
    let dump = [head.as_bytes(), plain, b"e"];
    let tree = explain(&dump.concat(), "");
    says(&tree, &["\"$\":", "\"Kallie\""]);
    assert!(!tree.contains("secret789"), "{tree}");
}

#[test]
fn notices_of_removal_are_explained() {
    let (keypair, group) = group();
    let bob = account(2);
    let notice = kicked::seal(&[bob.id()], 7, &keypair, &mut system_rng()).unwrap();
    let keys = format!("{}group {group}", seed_line(2));
    let removed = format!("✓ {} was removed from {group}", bob.id());
    says(&explain(&notice, &keys), &["1 entries of", &removed, "the number 7"]);
    says(&explain(&notice, ""), &["no entry is a notice"]);
}

#[test]
fn urls_and_pointers_are_explained() {
    let url = "http://filev2.getsession.org/file/123#p=00&d&e=abcd&x";
    let tree = explain(url.as_bytes(), "");
    says(
        &tree,
        &[
            "host \"filev2.getsession.org\"",
            "file \"123\"",
            "✗ p is no key",
            "d: the file is in the stream format",
            "✗ e is a key that must never be sent",
            "unknown item \"x\"",
        ],
    );
    assert!(!tree.contains("abcd"));
    let room = explain(b"https://open.example/main?public_key=0123", "");
    says(&room, &["room \"main\"", "public key of the community \"0123\""]);
    let pointer = hex::decode("0900000000000000001a04aabbccddaa0603616263").unwrap();
    let tree = inspect(&pointer, "", Some("AttachmentPointer")).unwrap();
    says(&tree, &["1 id = 0", "3 key: 4 bytes, secret", "101 url = \"abc\""]);
    assert!(!tree.contains("aabbccdd"));
}

#[test]
fn what_is_unknown_or_wrong_is_shown() {
    // Field 1000; a wrong wire type; an unknown number; a missing field; what is no record.
    let content = hex::decode("c23e026869787b0a0232040801100532020801ff").unwrap();
    let tree = inspect(&content, "", Some("Content")).unwrap();
    says(&tree, &["1000 (unknown field) 2 bytes 6869", "15 sigTimestamp = 123"]);
    let tree = inspect(&hex::decode("0d00000000").unwrap(), "", Some("Content")).unwrap();
    says(&tree, &["✗ 1 dataMessage has wire type 5"]);
    let tree =
        inspect(&hex::decode("3204080110053202080aff").unwrap(), "", Some("content")).unwrap();
    says(
        &tree,
        &[
            "2 action = 5 (unknown: counts as absent)",
            "✗ 2 action is required and missing",
            "✗ what follows is no protobuf",
            "✗ receivers drop it",
        ],
    );
    let next = [[0, 2].as_slice(), &[7; 1534]].concat();
    says(&explain(&next, ""), &["message of the next generation", "   1088  ", "ML-KEM"]);
    let id = account(1).id().to_string();
    says(&explain(id.as_bytes(), ""), &[&format!("id {id}"), "Account"]);
    let error = inspect(b"\x01\x02", "", Some("letter")).unwrap_err().to_string();
    assert!(error.contains("\"letter\""), "{error}");
}

/// Whoever wrote the text cannot take over the terminal.
#[test]
fn texts_cannot_move_the_cursor() {
    let content = Content::text("a\u{1b}[2J\r\n\u{202e}b\u{7f}").unwrap().encode(NOW);
    let tree = inspect(&content, "", Some("content")).unwrap();
    says(&tree, &["\"a\\u{1b}[2J\\r\\n\\u{202e}b\\u{7f}\""]);
    assert!(!tree.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn hostile_input_gets_an_answer() {
    let (_, group) = group();
    let key = GroupKey::from_bytes([5; 32]);
    let keys =
        format!("{}group {group} {}\npush {}", seed_line(2), "05".repeat(32), "06".repeat(32));
    let bob = account(2);
    let typing = Content::new(Kind::Typing(Typing::new(TypingAction::Started)));
    let samples = [
        send(&typing, Destination::Account(&bob.id())).data().to_vec(),
        send(&Content::text("a").unwrap(), Destination::Group { group: &group, key: &key })
            .data()
            .to_vec(),
        encrypted([6; 32], b"l2:{}e"),
        typing.encode(NOW),
        b"d1:#24:xxxxxxxxxxxxxxxxxxxxxxxx1:el1:aee".to_vec(),
        [b"ld".repeat(100), b"e".repeat(200)].concat(),
    ];
    for sample in samples {
        // Every length of what is short and of what stands in front, some of the rest.
        for length in (0..sample.len()).filter(|length| *length < 24 || length % 23 == 0) {
            let mut altered = sample.clone();
            altered[length] ^= 0x55;
            let _ = inspect(&sample[..length], &keys, None);
            let _ = inspect(&altered, &keys, None);
            for kind in
                ["direct", "group", "push", "community", "blinded", "kicked", "config", "bt"]
            {
                assert!(inspect(&altered, &keys, Some(kind)).is_ok(), "{kind} {length}");
            }
        }
    }
    let error = inspect(b"", "", None).unwrap_err().to_string();
    assert!(error.starts_with("nothing here explains these 0 bytes"), "{error}");
    // Strings in strings in strings.
    let mut nested = b"de".to_vec();
    for _ in 0..100 {
        nested = [format!("d1:a{}:", nested.len()).as_bytes(), &nested, b"e"].concat();
    }
    says(&explain(&nested, ""), &["\"a\":", "\"a\":", "\"a\":", "\"a\" ="]);
    let many = b"\x78\x01".repeat(5_000);
    says(&inspect(&many, "", Some("Content")).unwrap(), &["… and 4000 fields more"]);
}

#[test]
fn keys_are_read_and_never_repeated() {
    let password =
        account(3).recovery_password(session_protocol::identity::mnemonic::Language::English);
    let words = password.expose_words();
    let text = format!("# mine\n\naccount {}\nlegacy-group {}\n", *words, "01".repeat(32));
    let keys = Keys::parse(&text).unwrap();
    assert_eq!(keys.accounts[0].id(), account(3).id());
    assert_eq!(keys.legacy_groups.len(), 1);
    for line in ["account secret words", "push 00", "group 05", "hello", "group"] {
        let error = Keys::parse(&format!("\n{line}")).err().unwrap().to_string();
        assert!(error.starts_with("line 2 of the keys"), "{error}");
        assert!(!error.contains("secret words"), "{error}");
    }
}

#[test]
fn dates_are_those_of_the_calendar() {
    for (millis, date) in [
        (0, "1970-01-01 00:00:00.000 UTC"),
        (951_782_400_000, "2000-02-29 00:00:00.000 UTC"),
        (1_700_000_000_123, "2023-11-14 22:13:20.123 UTC"),
        (4_107_542_399_999, "2100-02-28 23:59:59.999 UTC"),
        (4_107_542_400_000, "2100-03-01 00:00:00.000 UTC"),
    ] {
        assert_eq!(tree::date(millis), date);
    }
    assert!(tree::date(u64::MAX).ends_with("UTC"));
}

#[test]
fn the_demonstration_opens_what_it_made() {
    says(
        &demo::run().unwrap(),
        &["✓ opened by", "\"Look, the garden!\"", "3 key: 32 bytes, secret"],
    );
}
