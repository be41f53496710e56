//! What costs a field and not the message: names cut inside a character, and what is of the past.

use super::*;

/// "ab" and half of a letter.
const CUT: &[u8] = b"ab\xc3";

#[test]
fn a_broken_name_of_a_file_costs_the_name() {
    let file = |name: &[u8]| {
        let pointer = [eight(1, [0; 8]), bytes(101, "http://a/1"), bytes(7, name)].concat();
        let content = decode(&data(&[bytes(1, "text"), bytes(2, pointer)])).unwrap();
        let Kind::Visible(visible) = content.kind() else { panic!("{content:?}") };
        assert_eq!(visible.body(), Some("text"));
        assert_eq!(visible.attachments()[0].url(), "http://a/1");
        visible.attachments()[0].file_name()
    };
    assert_eq!(file(b"ab.c").as_deref(), Some("ab.c"));
    for broken in [CUT, b"\xff", b"a\xf0\x9f\x98"] {
        assert_eq!(file(broken), None, "{broken:02x?}");
    }
}

#[test]
fn a_broken_name_of_a_person_costs_the_name() {
    let profile = bytes(101, [bytes(1, CUT), number(3, 9)].concat());
    let content = decode(&data(&[bytes(1, "text"), profile])).unwrap();
    let profile = content.profile().unwrap();
    assert_eq!((profile.name(), profile.updated_at_secs()), (None, Some(9)));
    let response = content_of_response(CUT);
    assert_eq!(response.profile().unwrap().name(), None);
    assert_eq!(content_of_response(b"Alice").profile().unwrap().name(), Some("Alice"));
}

fn content_of_response(name: &[u8]) -> Content {
    decode(&content(10, &[number(1, 1), bytes(3, bytes(1, name))])).unwrap()
}

#[test]
fn a_broken_name_that_must_be_there_loses_its_end() {
    let group = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x77; 32]));
    let update = |number, fields: &[Vec<u8>]| {
        let decoded = decode(&data(&[bytes(120, bytes(number, fields.concat()))])).unwrap();
        let Kind::Group(update) = decoded.kind() else { panic!("{decoded:?}") };
        update.clone()
    };
    let id = GroupId::from_public_key(group.public_key()).to_string();
    let invite = [bytes(1, id), bytes(2, CUT), bytes(3, [1; 100]), bytes(4, [2; 64])];
    let GroupUpdate::Invite(invite) = update(1, &invite) else { panic!("invite") };
    assert_eq!(invite.name(), "ab\u{fffd}");
    let promotion = [bytes(1, [0x77; 32]), bytes(2, CUT)];
    let GroupUpdate::Promotion(promotion) = update(4, &promotion) else { panic!("promotion") };
    assert_eq!(promotion.name(), "ab\u{fffd}");
    let change = [number(1, 1), bytes(2, CUT), bytes(4, [2; 64])];
    let GroupUpdate::InfoChange(change) = update(2, &change) else { panic!("change") };
    assert_eq!(change.update(), &InfoUpdate::Name("ab\u{fffd}".into()));

    let invitation = [bytes(1, room()), bytes(3, CUT)].concat();
    let content = decode(&data(&[bytes(102, invitation)])).unwrap();
    let Kind::Visible(visible) = content.kind() else { panic!("{content:?}") };
    assert_eq!(visible.invitation().unwrap().name(), "ab\u{fffd}");
}

#[test]
fn other_texts_are_as_strict_as_before() {
    let reaction = [number(1, 5), bytes(2, ALICE), bytes(3, CUT), number(4, 0)].concat();
    let url = [eight(1, [0; 8]), bytes(101, CUT)].concat();
    let preview = [bytes(1, "https://a"), bytes(2, CUT)].concat();
    for message in [
        data(&[bytes(1, CUT)]),
        data(&[bytes(11, reaction)]),
        data(&[bytes(2, url)]),
        data(&[bytes(1, "https://a"), bytes(10, preview)]),
        data(&[bytes(1, "text"), bytes(105, CUT)]),
        data(&[bytes(1, "text"), bytes(101, bytes(2, CUT))]),
    ] {
        let error = decode(&message);
        assert!(matches!(error, Err(ContentError::Malformed(_))), "{error:?}");
    }
}

#[test]
fn kinds_of_the_past_are_named_so() {
    let obsolete = |field| Err(ContentError::Obsolete { field });
    // A notice of a screenshot, as session.js sends it.
    let screenshot = decode(&hex::decode("42090801109bc3b3f3a2346000").unwrap());
    assert_eq!(screenshot, obsolete("DataExtractionNotification.type"));
    let delivered = decode(&content(5, &[number(1, 0), number(2, 5)]));
    assert_eq!(delivered, obsolete("ReceiptMessage.type"));
    assert_eq!(decode(&content(7, &[bytes(3, "Alice")])), obsolete("configurationMessage"));
    assert_eq!(decode(&content(11, &[number(1, 1)])), obsolete("sharedConfigMessage"));
    // Beside something that means something they do not count.
    let both = [bytes(7, b""), bytes(1, bytes(1, "text"))].concat();
    assert_eq!(decode(&both).unwrap().body(), Some("text"));
    // Numbers that no client ever sent are unknown.
    let missing = |field| Err(ContentError::Missing { field });
    for (kind, field) in [(8, "DataExtractionNotification.type"), (5, "ReceiptMessage.type")] {
        assert_eq!(decode(&content(kind, &[number(1, 3), number(2, 5)])), missing(field));
        assert_eq!(decode(&content(kind, &[number(2, 5)])), missing(field));
    }
}

#[test]
fn what_a_quote_claims_is_readable() {
    let file = |name: &[u8]| {
        bytes(4, [bytes(1, "image/png"), bytes(2, name), bytes(3, pointer("u"))].concat())
    };
    let quote = |claims: &[Vec<u8>]| {
        let quote = [&[number(1, 5), bytes(2, ALICE)], claims].concat().concat();
        let message = data(&[bytes(1, "text"), bytes(8, quote)]);
        let content = decode(&message).unwrap();
        // What is not written by this crate is passed on as it came.
        assert_eq!(decode(&content.encode(NOW)).as_ref(), Ok(&content));
        let Kind::Visible(visible) = content.kind() else { panic!("{content:?}") };
        assert!(visible.quote().is_some());
        visible.claimed_quote()
    };
    assert_eq!(quote(&[]), None);
    let claimed = quote(&[bytes(3, "what was said"), file(b"../a.png"), file(CUT)]).unwrap();
    assert_eq!(claimed.text(), Some("what was said"));
    let files: Vec<_> = claimed.files().iter().map(|f| (f.content_type(), f.file_name())).collect();
    let png = Some("image/png");
    assert_eq!(files, [(png, Some("a.png".into())), (png, None)]);
    let broken = quote(&[bytes(4, [0xff]), bytes(3, "a")]).unwrap();
    assert_eq!((broken.text(), broken.files().len()), (Some("a"), 0));
    let own = Visible::text("a").unwrap();
    assert_eq!(own.claimed_quote(), None);
    let reference = MessageReference::new(ALICE.parse::<PrefixedId>().unwrap(), NOW);
    assert_eq!(own.with_quote(reference).claimed_quote(), None);
}
