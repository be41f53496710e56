//! Laws: what is written is read, merging does not depend on order or repetition, devices converge.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use session_config::{
    data::{Scalar, Value},
    merge::{Merged, merge},
    message::{Authority, Draft, Lag, Message},
};

const LAG: Lag = Lag::DEFAULT;
const UNSIGNED: Authority = Authority::Unsigned;

/// An edit: where, and what is put there.
type Edit = (Vec<u8>, Option<Value>);

fn keys() -> impl Strategy<Value = Vec<u8>> {
    vec(prop::sample::select(b"ab".as_slice()), 1..4)
}

fn scalars() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        (-2_i64..3).prop_map(Scalar::from),
        vec(any::<u8>(), 0..2).prop_map(|bytes| Scalar::from(bytes.as_slice())),
        any::<i64>().prop_map(Scalar::from),
    ]
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let value = prop_oneof![
        2 => scalars().prop_map(|scalar| Some(Value::Scalar(scalar))),
        2 => vec(scalars(), 1..4).prop_map(|set| Some(Value::Set(set.into_iter().collect()))),
        1 => Just(None),
    ];
    vec((keys(), value), 0..6)
}

/// A path of one-byte keys.
fn apply(draft: &mut Draft, edits: &[Edit]) {
    for (path, value) in edits {
        let path: Vec<&[u8]> = path.chunks(1).collect();
        draft.assign(&path, value.clone());
    }
}

fn revise(message: &Message, edits: &[Edit]) -> Message {
    let mut draft = message.clone().successor(LAG);
    apply(&mut draft, edits);
    draft.finish(&UNSIGNED)
}

fn merged(messages: Vec<Message>) -> Option<Message> {
    match merge(messages, LAG, &UNSIGNED)? {
        Merged::Unmerged { message, .. } => Some(*message),
        Merged::Resolved(resolution) => Some(resolution.into_draft().finish(&UNSIGNED)),
        _ => None,
    }
}

/// A common past, and branches of revisions from it.
fn branches() -> impl Strategy<Value = Vec<Message>> {
    (vec(edits(), 1..4), vec(vec(edits(), 1..4), 1..4)).prop_map(|(past, branches)| {
        let base = past.iter().fold(Message::empty(), |message, edits| revise(&message, edits));
        let mut messages = vec![base.clone()];
        for branch in branches {
            let mut message = base.clone();
            for edits in branch {
                message = revise(&message, &edits);
                messages.push(message.clone());
            }
        }
        messages
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(messages in branches()) {
        for message in messages {
            let bytes = message.to_bytes();
            let read = Message::parse(&bytes, LAG, &UNSIGNED).unwrap();
            prop_assert_eq!(&read, &message);
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }

    /// The diff of a revision leads from the old data to the new, on whatever device it is replayed.
    #[test]
    fn a_diff_replays_what_was_edited(base in edits(), one in edits()) {
        let base = revise(&Message::empty(), &base);
        let one = revise(&base, &one);
        let untouched = revise(&base, &[]);
        let both = merged(vec![one.clone(), untouched]).unwrap();
        prop_assert_eq!(both.data(), one.data());
    }

    #[test]
    fn order_and_repetition_do_not_matter(
        (messages, shuffled) in branches().prop_flat_map(|messages| {
            let doubled = [messages.clone(), messages.clone()].concat();
            (Just(messages), Just(doubled).prop_shuffle())
        })
    ) {
        prop_assert_eq!(merged(messages), merged(shuffled));
    }

    #[test]
    fn a_merge_includes_what_it_merged(messages in branches()) {
        let all = merged(messages.clone()).unwrap();
        let again = [messages, vec![all.clone()]].concat();
        prop_assert_eq!(merged(again), Some(all));
    }

    /// Edits of different keys all survive.
    #[test]
    fn disjoint_edits_survive(values in vec(scalars(), 2..6)) {
        let base = revise(&Message::empty(), &[]);
        let keys: Vec<Vec<u8>> = (b'a'..).take(values.len()).map(|key| vec![key]).collect();
        let messages = keys.iter().zip(&values).map(|(key, value)| {
            revise(&base, &[(key.clone(), Some(Value::Scalar(value.clone())))])
        });
        let all = merged(messages.collect()).unwrap();
        let expected: BTreeMap<_, _> = keys.iter().map(Vec::as_slice).zip(&values).collect();
        let found: BTreeMap<_, _> = all
            .data()
            .iter()
            .map(|(key, value)| match value {
                Value::Scalar(scalar) => (key, scalar),
                other => panic!("{other:?}"),
            })
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn altered_messages_are_refused_or_canonical(messages in branches(), bit: prop::sample::Index) {
        let mut bytes = messages.last().unwrap().to_bytes().to_vec();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(message) = Message::parse(&bytes, LAG, &UNSIGNED) {
            let written = message.to_bytes();
            let again = Message::parse(&written, LAG, &UNSIGNED).unwrap();
            // An entry that became too old is dropped; everything else comes back as it was.
            let remembered = |message: &Message| message.lagged().count();
            prop_assert_eq!(again.data(), message.data());
            prop_assert_eq!(remembered(&again), remembered(&message));
            if written.len() == bytes.len() {
                prop_assert_eq!(written.as_slice(), bytes);
            }
        }
    }
}
