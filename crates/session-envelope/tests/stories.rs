//! Whole stories with the pair that bots use: every destination, every source, and what is refused.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::{num::NonZeroU32, time::Duration};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature},
    system_rng,
};
use session_envelope::{
    blinded, community,
    content::{
        Call, CallStep, Content, ContentError, DeliveryError, Expiration, Kind, MediaSaved,
        MessageReference, Place, ProMessage, ProProof, Profile, Reaction, ReactionAction,
        ReadReceipt, RequestAccepted, Typing, TypingAction, Unsend, Visible,
        group::{Bare, GroupUpdate},
    },
    direct,
    envelope::{Envelope, EnvelopeError, EnvelopeKind},
    group::{self, GroupKey, framing},
    message::{
        self, Author, CommunityIdentity, DecodeError, Destination, EncodeError, HashInputs,
        Message, Outgoing, Source,
    },
    padding::pad,
    pro::ProError,
    received::{RefusedError, TimeSource},
    signed_box,
};
use session_identity::{
    Account, AccountSeed, GroupId, Timestamp,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    id::{BlindedId, PrefixedId},
    pro::{RevocationTag, RotatingKeypair, Status},
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const FOURTEEN_DAYS: Duration = Duration::from_secs(14 * 86_400);

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap())
}

fn server() -> ServerPublicKey {
    "1d7e7f92b1ed3643855c98ecac02fc7274033a3467653f047d6e433540c03f17".parse().unwrap()
}

fn group() -> GroupId {
    "03c853ad0f0cd2b619aea92ceec4fd56a24d6499d584ce79257e45cfd8139b60a7".parse().unwrap()
}

fn group_key(number: u8) -> GroupKey {
    GroupKey::from_bytes([number; 32])
}

fn text(body: &str) -> Content {
    Content::text(body).unwrap()
}

fn send(content: &Content, from: &Account, to: Destination<'_>) -> Result<Outgoing, EncodeError> {
    message::encode(content, &Author::new(from), to, NOW, &mut system_rng())
}

/// The backend of 02 §9.5, whose seed is known.
fn backend() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x88; 32]))
}

fn read(stored: &[u8], reader: &Account, source: Source<'_>) -> Result<Message, DecodeError> {
    message::decode(stored, reader, source, &backend().public_key())
}

/// A stored direct message of these bytes of content, in an envelope of this time.
fn stored(content: &[u8], from: &Account, to: &Account, claimed: Timestamp) -> Vec<u8> {
    let rng = &mut system_rng();
    let sealed = signed_box::seal(&pad(content), from.ed25519(), &to.id().public_key(), rng);
    let signature = Ed25519Signature::decoy(rng);
    Envelope::new(EnvelopeKind::Direct, claimed, sealed.unwrap(), signature).to_web_socket()
}

#[test]
fn a_conversation_with_copies_for_own_devices() {
    let (alice, bob) = (account(1), account(2));
    let hello = text("hello").with_profile(Profile::new().with_name("Alice"));
    let outgoing = send(&hello, &alice, Destination::Account(&bob.id())).unwrap();
    let inputs = HashInputs { owner: bob.id().into(), namespace: 0 };
    assert_eq!(outgoing.hash_inputs(), Some(inputs));
    assert_eq!(outgoing.ttl(), Some(FOURTEEN_DAYS));
    assert_eq!(outgoing.signature(), None);

    let message = read(outgoing.data(), &bob, Source::Account).unwrap();
    assert_eq!(message.sender(), alice.id().into());
    assert_eq!((message.sent_at(), message.time_source()), (NOW, TimeSource::Signed));
    assert_eq!(message.content(), &hello);
    assert_eq!((message.is_own(), message.place(), message.pro()), (false, Place::Direct, None));
    assert!(!message.may_come_from_blocked());
    assert_eq!(message.hash_inputs(), Some(inputs));

    // Alice's other devices learn of it from a copy in her own swarm, for Bob's eyes not.
    let copy = hello.to_copy(&bob.id()).unwrap();
    let copied = send(&copy, &alice, Destination::Account(&alice.id())).unwrap();
    let message = read(copied.data(), &alice, Source::Account).unwrap();
    assert!(message.is_own());
    assert_eq!(message.content().copy_of(), Some(bob.id()));
    assert_eq!(message.into_content().body(), Some("hello"));
    let foreign = DeliveryError::ForeignCopy;
    let error = send(&copy, &alice, Destination::Account(&bob.id()));
    assert_eq!(error, Err(EncodeError::Delivery(foreign)));
    let forged = stored(&copy.encode(NOW), &bob, &alice, NOW);
    assert_eq!(read(&forged, &alice, Source::Account), Err(DecodeError::Delivery(foreign)));
}

#[test]
fn a_group_with_an_old_and_a_new_key() {
    let (alice, bob, group) = (account(1), account(2), group());
    let keys = [group_key(2), group_key(1)];
    let minute = Expiration::AfterSend(NonZeroU32::new(60).unwrap());
    let hello = text("hello").with_expiration(minute);
    let old = Destination::Group { group: &group, key: &keys[1] };
    let outgoing = send(&hello, &alice, old).unwrap();
    let inputs = HashInputs { owner: group.into(), namespace: 11 };
    assert_eq!(outgoing.hash_inputs(), Some(inputs));
    assert_eq!(outgoing.ttl(), Some(Duration::from_secs(60)));

    let source = Source::Group { group: &group, keys: &keys };
    for (reader, is_own) in [(&alice, true), (&bob, false)] {
        let message = read(outgoing.data(), reader, source).unwrap();
        assert_eq!(message.sender(), alice.id().into());
        assert_eq!((message.is_own(), message.content()), (is_own, &hello));
        assert_eq!(message.hash_inputs(), Some(inputs));
    }
    let left = Content::new(Kind::Group(GroupUpdate::MemberLeft(Bare::new())));
    let outgoing = send(&left, &bob, old).unwrap();
    assert!(read(outgoing.data(), &alice, source).unwrap().may_come_from_blocked());

    // Without the key: perhaps it comes later.
    let none = Source::Group { group: &group, keys: &keys[..1] };
    let error = read(outgoing.data(), &alice, none).unwrap_err();
    let frame = group::OpenError::Frame(framing::OpenError::NoKeyFits { keys: 1 });
    assert_eq!(error, DecodeError::Group(frame));
    assert!(error.may_open_later());
}

#[test]
fn a_room_where_people_post_under_three_kinds_of_id() {
    let (alice, bob, server) = (account(1), account(2), server());
    let keypair = alice.ed25519();
    let ids: [PrefixedId; 3] = [
        Blinded15Keypair::derive(keypair, &server).id().into(),
        Blinded25Keypair::derive(keypair, &server).id().into(),
        alice.id().into(),
    ];
    let identities =
        [CommunityIdentity::Blinded15, CommunityIdentity::Blinded25, CommunityIdentity::Unblinded];
    for (identity, id) in identities.into_iter().zip(ids) {
        let room = Destination::Community { server: &server, identity };
        let post = send(&text("hello"), &alice, room).unwrap();
        assert_eq!((post.hash_inputs(), post.ttl()), (None, None));
        let (author, signature) = *post.signature().unwrap();
        assert_eq!(author, id);

        let posted = Timestamp::from_millis(NOW.as_millis() + 1_000);
        let source = |author, posted| Source::Community {
            server: &server,
            author,
            signature: &signature,
            posted,
        };
        let message = read(post.data(), &bob, source(author, posted)).unwrap();
        assert_eq!((message.sender(), message.is_own()), (author, false));
        assert_eq!((message.sent_at(), message.time_source()), (posted, TimeSource::Server));
        assert_eq!((message.place(), message.hash_inputs()), (Place::Community, None));
        assert!(read(post.data(), &alice, source(author, posted)).unwrap().is_own());

        // Six hours apart is not too late; a millisecond more is.
        let six = NOW.as_millis() + 6 * 3_600_000;
        assert!(read(post.data(), &bob, source(author, Timestamp::from_millis(six))).is_ok());
        let late = Timestamp::from_millis(six + 1);
        let error = community::RefusedError::Timestamp { signed: NOW, posted: late };
        let refused = read(post.data(), &bob, source(author, late));
        assert_eq!(refused, Err(DecodeError::RefusedPost(error)));

        let other = Blinded15Keypair::derive(bob.ed25519(), &server).id().into();
        let error = read(post.data(), &bob, source(other, posted));
        assert!(matches!(error, Err(DecodeError::Post(community::OpenError::Signature(_)))));
        let error = read(post.data(), &bob, source(group().into(), posted));
        assert_eq!(error, Err(DecodeError::Post(community::OpenError::Author)));
    }
}

#[test]
fn an_inbox_and_an_outbox() {
    let (alice, bob, eve, server) = (account(1), account(2), account(3), server());
    let ids15 = [&alice, &bob].map(|account| {
        BlindedId::Blinded15(Blinded15Keypair::derive(account.ed25519(), &server).id())
    });
    let ids25 = [&alice, &bob].map(|account| {
        BlindedId::Blinded25(Blinded25Keypair::derive(account.ed25519(), &server).id())
    });
    for [from, to] in [ids15, ids25] {
        let inbox = Destination::Inbox { server: &server, recipient: &to };
        let outgoing = send(&text("hello"), &alice, inbox).unwrap();
        assert_eq!((outgoing.hash_inputs(), outgoing.signature()), (None, None));
        let source = Source::Inbox { server: &server, sender: &from, recipient: &to, posted: NOW };
        for (reader, is_own) in [(&bob, false), (&alice, true)] {
            let message = read(outgoing.data(), reader, source).unwrap();
            assert_eq!((message.sender(), message.is_own()), (alice.id().into(), is_own));
            assert_eq!((message.place(), message.content().body()), (Place::Direct, Some("hello")));
        }
        let error = read(outgoing.data(), &eve, source);
        assert_eq!(error, Err(DecodeError::Inbox(blinded::OpenError::Unauthentic)));

        // A message is taken back by its author, under either name, and by no other; own devices delete any.
        for (author, taken) in
            [(PrefixedId::from(alice.id()), true), (from.into(), true), (to.into(), false)]
        {
            let unsend = Unsend::new(MessageReference::new(author, NOW));
            let outgoing = send(&Content::new(Kind::Unsend(unsend)), &alice, inbox).unwrap();
            let error = DecodeError::Refused(RefusedError::ForeignUnsend { author });
            let expected = if taken { Ok(()) } else { Err(error) };
            assert_eq!(read(outgoing.data(), &bob, source).map(|_| ()), expected, "{author:?}");
            let is_own = read(outgoing.data(), &alice, source).map(|message| message.is_own());
            assert_eq!(is_own, Ok(true), "{author:?}");
        }
    }
    let small = [[0x15].as_slice(), &[1], &[0; 31]].concat();
    let small = BlindedId::from_bytes(small.try_into().unwrap()).unwrap();
    let error = send(&text("a"), &alice, Destination::Inbox { server: &server, recipient: &small });
    assert!(matches!(error, Err(EncodeError::Recipient(_))), "{error:?}");
}

/// A proof for the key of `rotating`, which expires in the year 2027.
fn claim(rotating: &RotatingKeypair) -> ProMessage {
    let (tag, key, expiry) = ([0x99; 32], rotating.public_key(), 1_800_000_000);
    // 02 §9.5: what the backend signs in the newest generation.
    let signed = [b"ProProof_v0_____".as_slice(), &tag, key.as_bytes(), b"1800000000"];
    let signature = backend().sign(&signed.concat());
    let tag = RevocationTag::from_bytes(tag);
    let proof = ProProof::new(None, tag, key, expiry, signature);
    ProMessage::new(proof, 1, 1)
}

#[test]
fn pro_is_proven_in_every_place() {
    let (alice, bob, server, group) = (account(1), account(2), server(), group());
    let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([0x66; 32]));
    let author = Author::new(&alice).with_pro(&rotating);
    let long = Visible::pro_text("a".repeat(10_000)).unwrap();
    let long = Content::new(Kind::Visible(long)).with_pro(claim(&rotating));

    let recipient = BlindedId::Blinded15(Blinded15Keypair::derive(bob.ed25519(), &server).id());
    let sender = BlindedId::Blinded15(Blinded15Keypair::derive(alice.ed25519(), &server).id());
    let identity = CommunityIdentity::Blinded15;
    let key = group_key(1);
    let (bob_id, keys) = (bob.id(), [key.clone()]);
    for destination in [
        Destination::Account(&bob_id),
        Destination::Group { group: &group, key: &key },
        Destination::Community { server: &server, identity },
        Destination::Inbox { server: &server, recipient: &recipient },
    ] {
        let outgoing = message::encode(&long, &author, destination, NOW, &mut system_rng());
        let outgoing = outgoing.unwrap();
        let source = match destination {
            Destination::Account(_) => Source::Account,
            Destination::Group { .. } => Source::Group { group: &group, keys: &keys },
            Destination::Community { .. } => {
                let (author, signature) = outgoing.signature().unwrap();
                Source::Community { server: &server, author: *author, signature, posted: NOW }
            }
            _ => Source::Inbox {
                server: &server,
                sender: &sender,
                recipient: &recipient,
                posted: NOW,
            },
        };
        let message = read(outgoing.data(), &bob, source).unwrap();
        let verdict = message.pro().unwrap();
        assert_eq!(verdict.status(), Status::Valid, "{destination:?}");
        assert_eq!(verdict.message(), long.pro().unwrap());
        let other = message::decode(outgoing.data(), &bob, source, &rotating.public_key()).unwrap();
        assert_eq!(other.pro().unwrap().status(), Status::InvalidBackendSignature);
    }

    // Whoever claims Pro has the key that the proof is for.
    let to_bob = Destination::Account(&bob_id);
    assert_eq!(send(&long, &alice, to_bob), Err(EncodeError::ForeignProof));
    let other = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([0x67; 32]));
    let other = Author::new(&alice).with_pro(&other);
    let error = message::encode(&long, &other, to_bob, NOW, &mut system_rng());
    assert_eq!(error, Err(EncodeError::ForeignProof));
    // A proof in a message without time cannot be judged.
    let mut timeless = long.encode(NOW);
    let time = timeless.windows(2).rposition(|pair| pair == [0x78, 0x80]).unwrap();
    timeless.drain(time..time + 7);
    let error = read(&stored(&timeless, &alice, &bob, NOW), &bob, Source::Account);
    assert_eq!(error, Err(DecodeError::Pro(ProError::NoTimestamp)));
}

#[test]
fn a_text_is_cut_to_what_its_sender_may_write() {
    let (alice, bob) = (account(1), account(2));
    let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([0x66; 32]));
    let author = Author::new(&alice).with_pro(&rotating);
    let long = Content::new(Kind::Visible(Visible::pro_text("a".repeat(10_000)).unwrap()));
    let long = long.with_pro(claim(&rotating));
    let bob_id = bob.id();
    let pro =
        message::encode(&long, &author, Destination::Account(&bob_id), NOW, &mut system_rng());
    let pro = pro.unwrap();
    let length = |message: Message| message.body().unwrap().len();
    assert_eq!(length(read(pro.data(), &bob, Source::Account).unwrap()), 10_000);
    let doubted = message::decode(pro.data(), &bob, Source::Account, &rotating.public_key());
    assert_eq!(length(doubted.unwrap()), 2_000);
    for (written, shown) in [(2_000, 2_000), (2_001, 2_000)] {
        let unproven = Visible::pro_text("ж".repeat(written)).unwrap();
        let unproven = Content::new(Kind::Visible(unproven)).encode(NOW);
        let unproven = read(&stored(&unproven, &alice, &bob, NOW), &bob, Source::Account).unwrap();
        assert_eq!(unproven.body().unwrap().chars().count(), shown);
        assert_eq!(unproven.content().body().unwrap().chars().count(), written);
    }
}

#[test]
fn what_goes_nowhere_is_not_made() {
    let (alice, server, group, key) = (account(1), server(), group(), group_key(1));
    let (bob, own) = (account(2).id(), alice.id());
    let identity = CommunityIdentity::Blinded15;
    let typing = Content::new(Kind::Typing(Typing::new(TypingAction::Started)));
    let to_group = Destination::Group { group: &group, key: &key };
    for destination in [to_group, Destination::Community { server: &server, identity }] {
        let error = send(&typing, &alice, destination);
        assert_eq!(error, Err(EncodeError::Delivery(DeliveryError::WrongPlace)));
    }
    let error = send(&typing, &alice, Destination::Account(&own));
    assert_eq!(error, Err(EncodeError::Delivery(DeliveryError::OwnMessage)));
    let zero = Timestamp::from_millis(0);
    for destination in [to_group, Destination::Account(&bob)] {
        let author = Author::new(&alice);
        let error = message::encode(&text("a"), &author, destination, zero, &mut system_rng());
        assert_eq!(error, Err(EncodeError::ZeroTimestamp));
    }
    let long = Visible::pro_text("😀".repeat(10_000)).unwrap();
    let files =
        vec![session_envelope::content::Attachment::new("a".repeat(3_000), &[], 1).unwrap(); 32];
    let long = Content::new(Kind::Visible(long.with_attachments(files).unwrap()));
    let error = send(&long, &alice, Destination::Account(&bob));
    assert!(matches!(error, Err(EncodeError::Direct(direct::SealError::TooLong { .. }))));
}

/// "Delete on all my devices" names whoever wrote the message (03 §4.8).
#[test]
fn own_devices_delete_what_others_wrote() {
    let (alice, bob) = (account(1), account(2));
    let unsend = |author: &Account| {
        Content::new(Kind::Unsend(Unsend::new(MessageReference::new(author.id(), NOW))))
    };
    for author in [&alice, &bob] {
        let to_own = Destination::Account(&alice.id());
        let outgoing = send(&unsend(author), &alice, to_own).unwrap();
        let message = read(outgoing.data(), &alice, Source::Account).unwrap();
        assert!(message.is_own());
        assert_eq!(message.content(), &unsend(author));
        let received = direct::decode(outgoing.data(), &alice).unwrap();
        assert_eq!(received.content(), &unsend(author));
        let batch = direct::decode_batch(&[outgoing.data()], &alice);
        assert_eq!(batch, [Ok(received)]);
    }
    // From anybody else only of the own messages: also where it names the reader, and in a group.
    for (author, delivered) in [(&alice, true), (&bob, false), (&account(3), false)] {
        let forged = stored(&unsend(author).encode(NOW), &alice, &bob, NOW);
        let error = RefusedError::ForeignUnsend { author: author.id().into() };
        let expected = if delivered { Ok(()) } else { Err(DecodeError::Refused(error)) };
        let found = read(&forged, &bob, Source::Account).map(|_| ());
        assert_eq!(found, expected, "{:?}", author.id());
    }
    let (group, key) = (group(), group_key(1));
    let content = unsend(&bob).encode(NOW);
    let decoy = session_envelope::envelope::ProSignature::Decoy;
    let envelope = group::envelope(&content, NOW, decoy, &mut system_rng()).unwrap();
    let framed = group::seal(&envelope, alice.ed25519(), &group, &key, &mut system_rng()).unwrap();
    let error = RefusedError::ForeignUnsend { author: bob.id().into() };
    let source = Source::Group { group: &group, keys: &[key] };
    assert_eq!(read(&framed, &alice, source), Err(DecodeError::Refused(error)));
}

/// 09 §4, step 4: what own devices store for one another names its conversation.
#[test]
fn own_messages_name_their_conversation() {
    let (alice, bob) = (account(1), account(2));
    let reference = MessageReference::new(bob.id(), NOW);
    let reaction = Reaction::new(reference, "x", ReactionAction::React).unwrap();
    let kinds =
        [text("a"), Content::new(Kind::Reaction(reaction)), Content::new(Kind::TimerUpdate)];
    for content in kinds {
        let bare = stored(&content.encode(NOW), &alice, &alice, NOW);
        let dropped = Err(DecodeError::Delivery(DeliveryError::OwnMessage));
        assert_eq!(read(&bare, &alice, Source::Account), dropped, "{content:?}");
        let batch =
            message::decode_batch(&[&bare], &alice, Source::Account, &backend().public_key());
        assert_eq!(batch, [dropped], "{content:?}");
        // To somebody else it is what it is.
        let to_bob = stored(&content.encode(NOW), &alice, &bob, NOW);
        assert!(read(&to_bob, &bob, Source::Account).is_ok(), "{content:?}");

        // A note to oneself names oneself, a copy the recipient of the original.
        let note = send(&content, &alice, Destination::Account(&alice.id())).unwrap();
        let note = read(note.data(), &alice, Source::Account).unwrap();
        assert_eq!((note.is_own(), note.content().copy_of()), (true, Some(alice.id())));
        let note = direct::encode(&content, &alice, &alice.id(), NOW, &mut system_rng()).unwrap();
        let note = read(&note, &alice, Source::Account).unwrap();
        assert_eq!(note.content().copy_of(), Some(alice.id()));
        let copy = content.to_copy(&bob.id()).unwrap();
        let copy = send(&copy, &alice, Destination::Account(&alice.id())).unwrap();
        let copy = read(copy.data(), &alice, Source::Account).unwrap();
        assert_eq!(copy.content().copy_of(), Some(bob.id()));
    }
    // Other kinds name none.
    let end = Call::new("uuid", CallStep::End).unwrap();
    let end = stored(&Content::new(Kind::Call(end)).encode(NOW), &alice, &alice, NOW);
    assert!(read(&end, &alice, Source::Account).is_ok());
}

/// The single steps refuse what the pair refuses.
#[test]
fn every_way_to_encode_asks_where_a_kind_may_go() {
    let (alice, bob, group, key) = (account(1), account(2), group(), group_key(1));
    let typing = Content::new(Kind::Typing(Typing::new(TypingAction::Started)));
    let receipt = Content::new(Kind::ReadReceipt(ReadReceipt::new([NOW]).unwrap()));
    let call = Content::new(Kind::Call(Call::new("uuid", CallStep::PreOffer).unwrap()));
    let accepted = Content::new(Kind::RequestAccepted(RequestAccepted::new()));
    let saved = Content::new(Kind::MediaSaved(MediaSaved::new(NOW).unwrap()));
    let unsend = Content::new(Kind::Unsend(Unsend::new(MessageReference::new(bob.id(), NOW))));
    let left = Content::new(Kind::Group(GroupUpdate::MemberLeft(Bare::new())));
    let rng = &mut system_rng();
    for content in [&typing, &receipt, &call, &accepted, &saved, &unsend] {
        let encoded = group::encode(content, &alice, &group, &key, NOW, rng).map(|_| ());
        assert!(matches!(encoded, Err(group::SealError::Delivery(_))), "{content:?}: {encoded:?}");
        assert!(direct::encode(content, &alice, &bob.id(), NOW, rng).is_ok(), "{content:?}");
    }
    for content in [&text("a"), &left] {
        assert!(group::encode(content, &alice, &group, &key, NOW, rng).is_ok(), "{content:?}");
    }
    let wrong = direct::SealError::Delivery(DeliveryError::WrongPlace);
    assert_eq!(direct::encode(&left, &alice, &bob.id(), NOW, rng), Err(wrong));
    let own = direct::SealError::Delivery(DeliveryError::OwnMessage);
    assert_eq!(direct::encode(&typing, &alice, &alice.id(), NOW, rng), Err(own));
    let copy = text("a").to_copy(&bob.id()).unwrap();
    let foreign = direct::SealError::Delivery(DeliveryError::ForeignCopy);
    assert_eq!(direct::encode(&copy, &alice, &bob.id(), NOW, rng), Err(foreign));
    let in_group = group::encode(&copy, &alice, &group, &key, NOW, rng);
    assert_eq!(in_group, Err(group::SealError::Delivery(DeliveryError::ForeignCopy)));
}

#[test]
fn what_others_forge_is_refused() {
    let (alice, bob) = (account(1), account(2));
    let bytes = text("hello").encode(NOW);
    let refused = |content: &[u8], claimed| {
        read(&stored(content, &alice, &bob, claimed), &bob, Source::Account)
    };
    assert!(refused(&bytes, NOW).is_ok());
    for millis in [NOW.as_millis() - 1, NOW.as_millis() + 1] {
        let claimed = Timestamp::from_millis(millis);
        let error = RefusedError::Timestamp { signed: NOW, claimed };
        assert_eq!(refused(&bytes, claimed), Err(DecodeError::Refused(error)));
    }
    let unsend = Unsend::new(MessageReference::new(bob.id(), NOW));
    let unsend = Content::new(Kind::Unsend(unsend)).encode(NOW);
    let error = RefusedError::ForeignUnsend { author: bob.id().into() };
    assert_eq!(refused(&unsend, NOW), Err(DecodeError::Refused(error)));
    let left = Content::new(Kind::Group(GroupUpdate::MemberLeft(Bare::new()))).encode(NOW);
    assert_eq!(refused(&left, NOW), Err(DecodeError::Delivery(DeliveryError::WrongPlace)));
    let typing = Content::new(Kind::Typing(Typing::new(TypingAction::Started))).encode(NOW);
    let own = read(&stored(&typing, &bob, &bob, NOW), &bob, Source::Account);
    assert_eq!(own, Err(DecodeError::Delivery(DeliveryError::OwnMessage)));
    let error = RefusedError::Content(ContentError::UnknownKind);
    assert_eq!(refused(b"", NOW), Err(DecodeError::Refused(error)));

    // What is no message at all.
    let outgoing = send(&text("a"), &alice, Destination::Account(&bob.id())).unwrap();
    let error = read(outgoing.data(), &alice, Source::Account).unwrap_err();
    assert_eq!(error, DecodeError::Direct(direct::OpenError::NoKeyFits { keys: 1 }));
    assert!(!error.may_open_later());
    let error = read(&[0, 2], &bob, Source::Account).unwrap_err();
    assert_eq!(error, DecodeError::Direct(direct::OpenError::NextGeneration));
    assert!(error.may_open_later());
    let error = read(b"", &bob, Source::Account);
    let missing = EnvelopeError::Missing { field: "request" };
    assert_eq!(error, Err(DecodeError::Direct(direct::OpenError::Envelope(missing))));
}

/// Posts are plain: nothing of them prints.
#[test]
fn what_goes_out_does_not_print() {
    let alice = account(1);
    let (server, identity) = (server(), CommunityIdentity::Unblinded);
    let room = Destination::Community { server: &server, identity };
    let outgoing = send(&text("a"), &alice, room).unwrap();
    assert_eq!(format!("{outgoing:?}"), "Outgoing { length: 160, stored: None, .. }");
}
