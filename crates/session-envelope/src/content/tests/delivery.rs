//! The matrix of 03 §4.0.

use super::*;

fn call(step: CallStep) -> Kind {
    Kind::Call(Call::new("uuid", step).unwrap())
}

const DAYS: u64 = 14 * 86_400;

/// Name; places (direct, group, community); what is allowed or there; meaning of the setting; TTL in seconds.
const MATRIX: [(&str, &str, &str, &str, u64); 20] = [
    ("visible", "dgc", "own copied profile", "setting", DAYS),
    ("reaction", "dg", "own copied profile", "setting", DAYS),
    ("timer update", "d", "own copied", "setting", DAYS),
    ("read receipt", "d", "", "no", DAYS),
    ("typing", "d", "", "no", 20),
    ("media saved", "d", "", "read", DAYS),
    ("unsend", "d", "own copied", "no", DAYS),
    ("request accepted", "d", "profile", "no", DAYS),
    ("pre-offer", "d", "", "read", 300),
    ("offer", "d", "", "read", 300),
    ("answer", "d", "own copied", "read", 300),
    ("end of call", "d", "own copied", "read", 300),
    ("invite", "d", "profile", "no", DAYS),
    ("promotion", "d", "blocked profile", "no", DAYS),
    ("info change", "g", "own blocked", "setting", DAYS),
    ("member change", "g", "own blocked", "setting", DAYS),
    ("member left", "g", "own blocked", "no", DAYS),
    ("left notification", "g", "own blocked", "setting", DAYS),
    ("invite accepted", "g", "own blocked profile", "no", DAYS),
    ("delete content", "g", "own blocked", "no", DAYS),
];

/// One of each kind, in the order of the matrix.
pub(super) fn kinds() -> [Kind; 20] {
    let group = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x77; 32]));
    let bob = BOB.parse().unwrap();
    let reference = MessageReference::new(bob, NOW);
    let sdp = String::from("sdp");
    let auth = MemberAuth::from_bytes([1; 100]);
    let promotion = Promotion::new(Ed25519Seed::from_bytes([0x77; 32]), "g").unwrap();
    let members = MemberChange::new(&group, Membership::Removed, vec![bob], NOW).unwrap();
    [
        Kind::Visible(Visible::text("a").unwrap()),
        Kind::Reaction(Reaction::new(reference, "x", ReactionAction::React).unwrap()),
        Kind::TimerUpdate,
        Kind::ReadReceipt(ReadReceipt::new([NOW]).unwrap()),
        Kind::Typing(Typing::new(TypingAction::Stopped)),
        Kind::MediaSaved(MediaSaved::new(NOW).unwrap()),
        Kind::Unsend(Unsend::new(reference)),
        Kind::RequestAccepted(RequestAccepted::new()),
        call(CallStep::PreOffer),
        call(CallStep::Offer { description: sdp.clone() }),
        call(CallStep::Answer { description: sdp }),
        call(CallStep::End),
        Kind::Group(GroupUpdate::Invite(Invite::new(&group, "g", auth, &bob, NOW).unwrap())),
        Kind::Group(GroupUpdate::Promotion(promotion)),
        Kind::Group(GroupUpdate::InfoChange(
            InfoChange::new(&group, InfoUpdate::Picture, NOW).unwrap(),
        )),
        Kind::Group(GroupUpdate::MemberChange(members)),
        Kind::Group(GroupUpdate::MemberLeft(Bare::new())),
        Kind::Group(GroupUpdate::MemberLeftNotification(Bare::new())),
        Kind::Group(GroupUpdate::InviteAccepted(Bare::new())),
        Kind::Group(GroupUpdate::DeleteContent(
            DeleteContent::of_own(vec!["hash".into()]).unwrap(),
        )),
    ]
}

#[test]
fn the_matrix_allows_and_forbids() {
    let error = |allowed, error| if allowed { Ok(()) } else { Err(error) };
    for ((name, places, allowed, ..), kind) in MATRIX.into_iter().zip(kinds()) {
        let content = Content::new(kind).with_profile(Profile::new());
        for (place, letter) in [(Place::Direct, 'd'), (Place::Group, 'g'), (Place::Community, 'c')]
        {
            let expected = error(places.contains(letter), DeliveryError::WrongPlace);
            assert_eq!(content.check_delivery(place, Sender::Other), expected, "{name} {place:?}");
        }
        let home = if places.starts_with('d') { Place::Direct } else { Place::Group };
        let expected = error(allowed.contains("own"), DeliveryError::OwnMessage);
        assert_eq!(content.check_delivery(home, Sender::Own), expected, "{name} own");
        let expected = error(allowed.contains("blocked"), DeliveryError::Blocked);
        assert_eq!(content.check_delivery(home, Sender::Blocked), expected, "{name} blocked");
        let copy = content.to_copy(&BOB.parse().unwrap());
        assert_eq!(copy.is_some(), allowed.contains("copied"), "{name} copied");
        assert_eq!(content.profile().is_some(), allowed.contains("profile"), "{name} profile");
    }
}

#[test]
fn the_matrix_says_what_disappears_and_when() {
    let seconds = NonZeroU32::new(60).unwrap();
    let (read, send) = (Expiration::AfterRead(seconds), Expiration::AfterSend(seconds));
    for ((name, _, _, meaning, ttl), kind) in MATRIX.into_iter().zip(kinds()) {
        let content = Content::new(kind);
        let states = |content: &Content| (content.expiration(), content.ttl().as_secs());
        let off = (meaning != "no").then_some(Expiration::Off);
        assert_eq!(states(&content), (off, ttl), "{name} off");
        let (after_read, after_send) = match meaning {
            "setting" => ((Some(read), ttl), (Some(send), 60)),
            "read" => ((Some(read), ttl), (Some(read), ttl)),
            _ => ((None, ttl), (None, ttl)),
        };
        assert_eq!(states(&content.clone().with_expiration(read)), after_read, "{name} after read");
        assert_eq!(states(&content.with_expiration(send)), after_send, "{name} after send");
    }
}

#[test]
fn every_time_to_live_is_one_that_swarms_accept() {
    let limits = |setting| match setting {
        Expiration::AfterSend(seconds) => u64::from(seconds.get()).clamp(10, DAYS),
        _ => DAYS,
    };
    for seconds in [1, 5, 9, 10, 11, 1_209_599, 1_209_600, 1_209_601, 2_592_000, u32::MAX] {
        let seconds = NonZeroU32::new(seconds).unwrap();
        for setting in [Expiration::AfterRead(seconds), Expiration::AfterSend(seconds)] {
            for ((name, _, _, meaning, ttl), kind) in MATRIX.into_iter().zip(kinds()) {
                let content = Content::new(kind).with_expiration(setting);
                let expected = if meaning == "setting" { limits(setting) } else { ttl };
                assert_eq!(content.ttl().as_secs(), expected, "{name} {setting:?}");
                let stored = content.storage(Place::Group).map(|(_, ttl)| ttl.as_secs());
                assert_eq!(stored, Some(expected), "{name} {setting:?}");
            }
        }
    }
}

#[test]
fn every_kind_survives() {
    for ((name, ..), kind) in MATRIX.into_iter().zip(kinds()) {
        let content = Content::new(kind);
        assert_eq!(Content::decode(&content.encode(NOW)), Ok((content, Some(NOW))), "{name}");
    }
}

#[test]
fn copies_name_the_recipient_and_come_from_own_devices() {
    let bob = BOB.parse().unwrap();
    let copy = Content::text("a").unwrap().to_copy(&bob).unwrap();
    assert_eq!(copy.copy_of(), Some(bob));
    assert_eq!(copy.check_delivery(Place::Direct, Sender::Own), Ok(()));
    let foreign = copy.check_delivery(Place::Direct, Sender::Other);
    assert_eq!(foreign, Err(DeliveryError::ForeignCopy));
    let unsend = Content::new(Kind::Unsend(Unsend::new(MessageReference::new(bob, NOW))));
    assert_eq!(unsend.to_copy(&bob), Some(unsend));
}

#[test]
fn only_the_author_takes_a_message_back() {
    let [alice, bob] = [ALICE, BOB].map(|id| id.parse::<AccountId>().unwrap());
    let unsend = Unsend::new(MessageReference::new(alice, NOW));
    assert!(unsend.may_be_sent_by(alice));
    assert!(!unsend.may_be_sent_by(bob));
}

#[test]
fn places_have_namespaces() {
    let places = [Place::Direct, Place::Group, Place::Community];
    assert_eq!(places.map(Place::namespace), [Some(0), Some(11), None]);
    let day = Expiration::AfterSend(NonZeroU32::new(86_400).unwrap());
    let content = Content::text("a").unwrap().with_expiration(day);
    let day = core::time::Duration::from_secs(86_400);
    let stored = places.map(|place| content.storage(place));
    assert_eq!(stored, [Some((0, day)), Some((11, day)), None]);
}
