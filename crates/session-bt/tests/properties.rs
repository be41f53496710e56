//! The laws of the encoding: one value, one encoding, and the reader agrees with an obvious slow check.

use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};
use session_bt::{DecodeError, Dict, Integer, Item, Kind, Reader, Value, encode_dict};

fn values() -> impl Strategy<Value = Value> {
    let integer =
        prop_oneof![any::<i64>().prop_map(Integer::from), any::<u64>().prop_map(Integer::from)];
    let integer = integer.prop_map(Value::Integer);
    let small = (-20_i64..20).prop_map(Value::from);
    let bytes = || vec(prop_oneof![any::<u8>(), Just(b'e'), Just(b'0')], 0..12);
    let leaf = prop_oneof![integer, small, bytes().prop_map(Value::Bytes)];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|list| Value::List(list.into_iter().collect())),
            btree_map(bytes(), inner, 0..6)
                .prop_map(|dict| Value::Dict(dict.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn decoding_inverts_encoding(value in values()) {
        prop_assert_eq!(Value::decode(&value.encode()), Ok(value));
    }

    /// What a value gives when it is looked into makes the same value again.
    #[test]
    fn looking_into_a_value_loses_nothing(value in values()) {
        prop_assert_eq!(taken_apart(&value), value);
    }

    #[test]
    fn every_prefix_and_every_suffix_is_refused(value in values(), extra: u8) {
        let mut bytes = value.encode();
        for length in 0..bytes.len() {
            prop_assert!(Value::decode(&bytes[..length]).is_err(), "prefix of {length} bytes");
        }
        bytes.push(extra);
        prop_assert!(Value::decode(&bytes).is_err());
    }

    #[test]
    fn an_altered_encoding_is_an_error_or_another_canonical_value(value in values()) {
        let bytes = value.encode();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            if let Ok(other) = Value::decode(&altered) {
                prop_assert_ne!(&other, &value);
                prop_assert_eq!(other.encode(), altered);
            }
        }
    }

    /// Bytes made of the encoding's own alphabet reach deep into the reader.
    #[test]
    fn what_is_accepted_is_canonical(bytes in vec(prop::sample::select(b"idle0123:-ab".as_slice()), 0..24)) {
        let decoded = Value::decode(&bytes);
        prop_assert_eq!(Reader::new(&bytes).finish(), decoded.as_ref().map(|_| ()).map_err(|e| *e));
        if let Ok(value) = decoded {
            prop_assert_eq!(value.encode(), bytes);
        }
    }

    #[test]
    fn writing_in_any_order_is_canonical(entries in vec((vec(0_u8..3, 0..3), -9_i64..9), 0..12)) {
        let bytes = encode_dict(|dict| {
            entries.iter().for_each(|(key, number)| dict.integer(key, *number));
        });
        let sorted = entries.into_iter().map(|(key, number)| (key, Value::from(number))).collect();
        prop_assert_eq!(bytes, Value::Dict(sorted).encode());
    }

    /// Whatever a reader leaves unread, it ends at the same place with the same verdict.
    #[test]
    fn reading_half_checks_all(value in values(), choices in vec(any::<bool>(), 40)) {
        let bytes = value.encode();
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(read_some(reader.value().unwrap(), &mut choices.into_iter()), Ok(()));
        prop_assert_eq!(reader.finish(), Ok(()));
    }
}

fn taken_apart(value: &Value) -> Value {
    match value {
        Value::List(list) => Value::List(list.iter().map(|value| taken_apart(&value)).collect()),
        Value::Dict(dict) => {
            let mut entries: Vec<_> =
                dict.iter().map(|(key, value)| (key.to_vec(), taken_apart(&value))).collect();
            assert!(entries.iter().all(|(key, value)| dict.get(key).as_ref() == Some(value)));
            entries.reverse();
            let mut inserted = Dict::new();
            entries.iter().for_each(|(key, value)| inserted.insert(key, value));
            Value::Dict(inserted)
        }
        leaf => leaf.clone(),
    }
}

fn read_some(
    item: Item<'_, '_>,
    choices: &mut impl Iterator<Item = bool>,
) -> Result<(), DecodeError> {
    if choices.next() != Some(true) {
        return Ok(());
    }
    match item.kind()? {
        Kind::Integer => drop(item.any_integer()?),
        Kind::Bytes => drop(item.bytes()?),
        Kind::List => {
            let mut list = item.list()?;
            while choices.next() == Some(true)
                && let Some(item) = list.next()?
            {
                read_some(item, choices)?;
            }
        }
        Kind::Dict => {
            let mut dict = item.dict()?;
            while choices.next() == Some(true)
                && let Some((_, item)) = dict.next()?
            {
                read_some(item, choices)?;
            }
        }
    }
    Ok(())
}
