use std::time::Duration;

use session_identity::GroupId;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const NODE: Ed25519PublicKey = Ed25519PublicKey::from_bytes([1; 32]);
const OTHER: Ed25519PublicKey = Ed25519PublicKey::from_bytes([2; 32]);
const MESSAGES: Namespace = Namespace::GROUP_MESSAGES;

fn at(seconds: u64) -> Timestamp {
    NOW.checked_add(Duration::from_secs(seconds)).unwrap()
}

fn hash(number: u32) -> MessageHash {
    let group = GroupId::from_bytes([3; 33]).unwrap().into();
    MessageHash::of(&group, MESSAGES, &number.to_le_bytes())
}

/// A message that ends so many seconds after [`NOW`].
fn message(number: u32, end: u64) -> StoredMessage {
    StoredMessage::new(hash(number), NOW, at(end), Vec::new())
}

fn page(numbers: impl IntoIterator<Item = u32>) -> Vec<StoredMessage> {
    numbers.into_iter().map(|number| message(number, 1_000)).collect()
}

/// Takes a page of messages with these numbers as the answer to the question after `asked`.
fn take(cursors: &mut Cursors, asked: Option<u32>, numbers: impl IntoIterator<Item = u32>) -> bool {
    cursors.advance(NODE, MESSAGES, asked.map(hash), &page(numbers), NOW)
}

#[test]
fn nodes_and_namespaces_have_orders_of_their_own() {
    let mut cursors = Cursors::default();
    assert!(take(&mut cursors, None, [1, 2]));
    assert_eq!(cursors.after(NODE, MESSAGES, NOW), Some(hash(2)));
    assert_eq!(cursors.after(OTHER, MESSAGES, NOW), None);
    assert_eq!(cursors.after(NODE, Namespace::GROUP_KEYS, NOW), None);
    assert!(take(&mut cursors, Some(2), []));
    assert_eq!(cursors.after(NODE, MESSAGES, NOW), Some(hash(2)));
}

#[test]
fn the_message_before_is_used_when_the_newest_has_ended_or_was_deleted() {
    let mut cursors = Cursors::default();
    let page = [message(1, 30), message(2, 10), message(3, 20)];
    assert!(cursors.advance(NODE, MESSAGES, None, &page, NOW));
    for (seconds, number) in [(19, Some(3)), (20, Some(1)), (29, Some(1)), (30, None)] {
        assert_eq!(cursors.after(NODE, MESSAGES, at(seconds)), number.map(hash), "{seconds}");
    }
    cursors.forget(&[hash(3)]);
    assert_eq!(cursors.after(NODE, MESSAGES, NOW), Some(hash(2)));
    cursors.forget_expired(at(10));
    assert_eq!(cursors.iter().map(|(_, kept)| kept.len()).collect::<Vec<_>>(), [1]);
    cursors.forget_expired(at(30));
    assert_eq!(cursors.iter().count(), 0);
}

#[test]
fn a_late_answer_moves_nothing_back() {
    for (first, second, newest) in
        [(vec![1, 2, 3], vec![1, 2], 3), (vec![1, 2], vec![1, 2, 3], 3), (vec![5], vec![1, 2], 5)]
    {
        let mut cursors = Cursors::default();
        assert!(take(&mut cursors, None, [0]));
        assert!(take(&mut cursors, Some(0), first.clone()));
        let goes_on = take(&mut cursors, Some(0), second.clone());
        assert_eq!(goes_on, second.contains(first.last().unwrap()), "{second:?}");
        assert_eq!(cursors.after(NODE, MESSAGES, NOW), Some(hash(newest)), "{second:?}");
    }
    // Longer than what is kept: the end of the late page is not remembered any more.
    let mut cursors = Cursors::default();
    assert!(take(&mut cursors, None, 0..500));
    assert!(!take(&mut cursors, Some(7), 8..300));
    assert_eq!(cursors.after(NODE, MESSAGES, NOW), Some(hash(499)));
}

#[test]
fn an_answer_from_before_a_new_beginning_is_not_gone_on_from() {
    let mut cursors = Cursors::default();
    assert!(take(&mut cursors, None, [1]));
    cursors.clear();
    assert!(!take(&mut cursors, Some(1), [2]));
    assert!(!take(&mut cursors, Some(1), []));
    assert_eq!(cursors.after(NODE, MESSAGES, NOW), None);
}

/// A node that does not know the message any more hands out everything.
#[test]
fn a_page_from_the_beginning_takes_the_place_of_what_was_known() {
    let mut cursors = Cursors::default();
    assert!(take(&mut cursors, None, [1, 2, 3]));
    assert!(take(&mut cursors, Some(3), [2, 1]));
    let (_, kept) = cursors.iter().next().unwrap();
    let kept: Vec<_> = kept.iter().map(|(hash, _)| *hash).collect();
    assert_eq!(kept, [3, 2, 1].map(hash));
}

#[test]
fn what_is_kept_is_bounded() {
    let mut cursors = Cursors::default();
    assert!(take(&mut cursors, None, 0..1_000));
    let (_, kept) = cursors.iter().next().unwrap();
    assert_eq!((kept.len(), kept.front().unwrap().0), (MAX_KEPT, hash(900)));
    for number in 0..=MAX_CURSORS {
        let node = Ed25519PublicKey::from_bytes([u8::try_from(number % 250).unwrap(); 32]);
        let namespace = Namespace::new(i16::try_from(20 + number / 250).unwrap());
        let end = 2_000 + u64::try_from(number).unwrap();
        cursors.advance(node, namespace, None, &[message(1, end)], NOW);
    }
    assert_eq!(cursors.iter().count(), MAX_CURSORS);
    assert_eq!(cursors.after(NODE, MESSAGES, NOW), None, "it ended first");
}

/// A node says that a message stays for ever.
#[test]
fn no_end_is_later_than_a_swarm_keeps_anything() {
    let mut cursors = Cursors::default();
    let mut eternal = message(1, 0);
    eternal.expiry = Timestamp::from_millis(u64::MAX);
    assert!(cursors.advance(NODE, MESSAGES, None, &[eternal], NOW));
    cursors.forget_expired(NOW.checked_add(MAX_TTL).unwrap());
    assert_eq!(cursors.iter().count(), 0);
}
