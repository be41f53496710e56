//! Maps from keys to values that stay small where there is little in them.
//!
//! Most dicts of configs have a handful of entries, and a hostile message has millions of dicts of one entry. A
//! vector takes what its entries take; the first leaf of a tree takes as much as eleven.

use std::{borrow::Borrow, collections::BTreeMap};

/// Most entries that are kept in a vector.
const FEW: usize = 16;

/// Entries in ascending order of the bytes of their keys.
#[derive(Clone)]
pub(crate) enum Map<K, V> {
    Few(Vec<(K, V)>),
    Many(BTreeMap<K, V>),
}

impl<K: Borrow<[u8]> + Ord, V> Map<K, V> {
    pub(crate) const fn new() -> Self {
        Self::Few(Vec::new())
    }

    /// Map of entries whose keys ascend.
    pub(crate) fn of_sorted(mut entries: Vec<(K, V)>) -> Self {
        if entries.len() > FEW {
            return Self::Many(entries.into_iter().collect());
        }
        entries.shrink_to_fit();
        Self::Few(entries)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Few(entries) => entries.len(),
            Self::Many(entries) => entries.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<&V> {
        match self {
            Self::Few(entries) => {
                let at = find(entries, key).ok()?;
                entries.get(at).map(|(_, value)| value)
            }
            Self::Many(entries) => entries.get(key),
        }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.make_room();
        match self {
            Self::Few(entries) => match find(entries, key.borrow()) {
                Ok(at) => {
                    if let Some((_, old)) = entries.get_mut(at) {
                        *old = value;
                    }
                }
                Err(at) => add(entries, at, (key, value)),
            },
            Self::Many(entries) => _ = entries.insert(key, value),
        }
    }

    /// Value of `key`, made by `new` if there is none.
    pub(crate) fn slot(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        self.make_room();
        match self {
            Self::Few(entries) => {
                let at = find(entries, key.borrow()).unwrap_or_else(|at| {
                    add(entries, at, (key, new()));
                    at
                });
                match entries.get_mut(at) {
                    Some((_, value)) => value,
                    None => unreachable!("the entry was just found or added"),
                }
            }
            Self::Many(entries) => entries.entry(key).or_insert_with(new),
        }
    }

    /// Makes a tree of a vector that is full.
    fn make_room(&mut self) {
        if let Self::Few(entries) = self
            && entries.len() >= FEW
        {
            *self = Self::Many(std::mem::take(entries).into_iter().collect());
        }
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        match self {
            Self::Few(entries) => {
                if let Ok(at) = find(entries, key) {
                    entries.remove(at);
                }
            }
            Self::Many(entries) => _ = entries.remove(key),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (few, many) = match self {
            Self::Few(entries) => (Some(entries), None),
            Self::Many(entries) => (None, Some(entries)),
        };
        let few = few.into_iter().flatten().map(|(key, value)| (key, value));
        few.chain(many.into_iter().flatten())
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&mut V) -> bool) {
        match self {
            Self::Few(entries) => entries.retain_mut(|(_, value)| keep(value)),
            Self::Many(entries) => entries.retain(|_, value| keep(value)),
        }
    }
}

fn find<K: Borrow<[u8]>, V>(entries: &[(K, V)], key: &[u8]) -> Result<usize, usize> {
    entries.binary_search_by(|(known, _)| known.borrow().cmp(key))
}

/// Adds an entry. The first one takes no more memory than it needs: most dicts of some types have one.
fn add<K, V>(entries: &mut Vec<(K, V)>, at: usize, entry: (K, V)) {
    if entries.is_empty() {
        entries.reserve_exact(1);
    }
    entries.insert(at, entry);
}

impl<K: Borrow<[u8]> + Ord, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

/// Equality is that of the entries, however they are kept.
impl<K: Borrow<[u8]> + Ord, V: PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Borrow<[u8]> + Ord, V: Eq> Eq for Map<K, V> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    fn key(number: u8) -> Key {
        Key::from([number].as_slice())
    }

    /// A map and a tree that went through the same edits hold the same entries.
    #[test]
    fn few_and_many_behave_alike() {
        let (mut map, mut tree) = (Map::new(), BTreeMap::new());
        for step in 0..2000_u32 {
            let [number, ..] = step.wrapping_mul(2_654_435_761).to_be_bytes();
            let number = number % 40;
            match step % 5 {
                0 | 1 => {
                    map.insert(key(number), step);
                    tree.insert(key(number), step);
                }
                2 => {
                    let slot = map.slot(key(number), || step);
                    assert_eq!(*slot, *tree.entry(key(number)).or_insert(step));
                }
                3 => {
                    map.remove(&[number]);
                    tree.remove(&key(number));
                }
                _ if step % 400 == 4 => {
                    map.retain(|value| *value % 3 == 0);
                    tree.retain(|_, value| *value % 3 == 0);
                }
                _ => assert_eq!(map.get(&[number]), tree.get(&key(number))),
            }
            assert!(map.iter().eq(tree.iter()), "step {step}");
            assert_eq!((map.len(), map.is_empty()), (tree.len(), tree.is_empty()));
            let sorted = Map::of_sorted(tree.clone().into_iter().collect());
            assert!(map == sorted, "step {step}");
        }
    }

    #[test]
    fn maps_differ_by_keys_and_values() {
        let of = |entries: &[(u8, u32)]| {
            Map::of_sorted(entries.iter().map(|(number, value)| (key(*number), *value)).collect())
        };
        assert!(of(&[(1, 1)]) != of(&[(1, 2)]));
        assert!(of(&[(1, 1)]) != of(&[(2, 1)]));
        assert!(of(&[(1, 1)]) != of(&[(1, 1), (2, 2)]));
    }

    #[test]
    fn one_entry_takes_the_room_of_one() {
        let mut map = Map::new();
        map.insert(key(1), 1_u64);
        let Map::Few(entries) = &map else { panic!("one is few") };
        assert_eq!(entries.capacity(), 1);
    }
}
