use session_identity::GroupId;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const MESSAGES: Namespace = Namespace::GROUP_MESSAGES;

/// A message that no other is like.
fn message(number: usize, length: usize) -> StoredMessage {
    let group = GroupId::from_bytes([3; 33]).unwrap().into();
    let mut data = number.to_le_bytes().to_vec();
    data.resize(length, 0);
    StoredMessage::new(MessageHash::of(&group, MESSAGES, &data), NOW, NOW, data)
}

fn later(by: Duration) -> Timestamp {
    NOW.checked_add(by).unwrap()
}

#[test]
fn junk_that_waits_is_bounded_in_number_and_the_oldest_goes() {
    let mut inbox = Inbox::default();
    for number in 0..=MAX_WAITING {
        assert!(!inbox.has_lost);
        inbox.wait(MESSAGES, message(number, 40), NOW);
        inbox.wait(MESSAGES, message(number, 40), NOW);
    }
    assert!(inbox.has_lost);
    let taken = inbox.take_waiting(MESSAGES);
    assert_eq!(taken.len(), MAX_WAITING);
    assert_eq!(taken.first(), Some(&message(1, 40)));
    assert_eq!((inbox.waiting_length, inbox.waiting_hashes.len()), (0, 0));
}

#[test]
fn junk_that_waits_is_bounded_in_bytes_and_the_oldest_goes() {
    let mut inbox = Inbox::default();
    let length = MAX_WAITING_LENGTH / 4;
    (0..5).for_each(|number| inbox.wait(MESSAGES, message(number, length), NOW));
    assert!(inbox.has_lost);
    let taken = inbox.take_waiting(MESSAGES);
    assert_eq!((taken.len(), taken.first()), (4, Some(&message(1, length))));
}

#[test]
fn what_is_remembered_is_bounded_and_the_oldest_goes() {
    let mut inbox = Inbox::default();
    let author = AccountId::from_bytes([5; 33]).unwrap();
    let first = message(0, 40).hash;
    inbox.remember(first, Some((author, NOW)), NOW);
    for number in 1..=MAX_SEEN {
        assert!(inbox.has_seen(&first));
        inbox.remember(message(number, 40).hash, None, later(Duration::from_secs(1)));
    }
    assert!(!inbox.has_seen(&first));
    let sizes = (inbox.seen.len(), inbox.by_age.len(), inbox.said.len());
    assert_eq!(sizes, (MAX_SEEN, MAX_SEEN, 0));
}

/// A node says of every message that it ended when it was stored.
#[test]
fn our_own_clock_says_what_is_forgotten() {
    let mut inbox = Inbox::default();
    let seen = message(1, 40);
    inbox.remember(seen.hash, None, NOW);
    inbox.wait(MESSAGES, message(2, 40), NOW);
    inbox.forget_expired(later(MAX_TTL));
    assert!(inbox.has_seen(&seen.hash));
    assert_eq!(inbox.waiting.len(), 1);
    inbox.forget_expired(later(MEMORY + Duration::from_millis(1)));
    assert!(!inbox.has_seen(&seen.hash));
    assert_eq!((inbox.waiting.len(), inbox.waiting_hashes.len()), (0, 0));
}

#[test]
fn words_under_a_second_name_are_told_from_the_first() {
    let mut inbox = Inbox::default();
    let author = AccountId::from_bytes([5; 33]).unwrap();
    for (number, is_new) in [(1, true), (1, false), (2, false)] {
        inbox.remember(message(number, 40).hash, Some((author, NOW)), NOW);
        assert_eq!(inbox.is_first(author, NOW), is_new);
        assert_eq!(inbox.is_repeated(&author, NOW), number == 2);
    }
}

/// Writes an inbox without `untold` and reads it again.
fn restarted(inbox: &Inbox, untold: &[MessageHash]) -> Inbox {
    let untold = untold.iter().copied().collect();
    let dump = session_bt::encode_dict(|dict| inbox.write(dict, &untold));
    let mut reader = session_bt::Reader::new(&dump);
    let mut read = Inbox::default();
    read.read(reader.value().unwrap().dict().unwrap()).unwrap();
    reader.finish().unwrap();
    read
}

#[test]
fn what_is_remembered_is_read_from_the_disk() {
    let mut inbox = Inbox::default();
    let author = AccountId::from_bytes([5; 33]).unwrap();
    let node = session_crypto::ed25519::Ed25519PublicKey::from_bytes([1; 32]);
    let ended = later(Duration::from_secs(60));
    let mut read = message(1, 40);
    read.expiry = ended;
    for namespace in [MESSAGES, Namespace::GROUP_KEYS] {
        assert!(inbox.cursors.advance(node, namespace, None, &[read.clone()], NOW));
    }
    inbox.remember(message(1, 40).hash, Some((author, NOW)), NOW);
    assert!(inbox.is_first(author, NOW));
    inbox.remember(message(2, 40).hash, Some((author, ended)), later(Duration::from_secs(1)));
    inbox.remember(message(3, 40).hash, None, NOW);
    inbox.wait(Namespace::GROUP_INFO, message(4, 300), NOW);
    let again = restarted(&inbox, &[]);
    assert!(!again.needs_dump);
    let seen = |inbox: &Inbox| format!("{:?} {:?} {:?}", inbox.seen, inbox.by_age, inbox.said);
    let rest = |inbox: &Inbox| format!("{:?} {:?}", inbox.waiting, inbox.cursors);
    assert_eq!((seen(&again), rest(&again)), (seen(&inbox), rest(&inbox)));
    assert_eq!((again.waiting_hashes.len(), again.waiting_length), (1, 300));
    // What was not told is found again: its namespace is read from the beginning.
    let again = restarted(&inbox, &[message(2, 40).hash]);
    assert!(again.has_seen(&message(1, 40).hash) && !again.has_seen(&message(2, 40).hash));
    assert_eq!(again.cursors.after(node, MESSAGES, NOW), None);
    assert_eq!(again.cursors.after(node, Namespace::GROUP_KEYS, NOW), Some(read.hash));
}
