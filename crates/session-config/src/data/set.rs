//! Sets of scalars, in one piece of memory.

use std::sync::Arc;

use session_bt::{Kind, ListReader, ListWriter};

use super::{Budget, DataError, Scalar};

/// Distinct scalars in ascending order: integers first, then strings. Copies share them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Set(Option<Arc<[Scalar]>>);

impl Set {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    fn of_sorted(scalars: Vec<Scalar>) -> Self {
        Self((!scalars.is_empty()).then(|| scalars.into()))
    }

    fn as_slice(&self) -> &[Scalar] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The elements in ascending order.
    pub fn iter(&self) -> std::slice::Iter<'_, Scalar> {
        self.as_slice().iter()
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether `scalar` is an element.
    #[must_use]
    pub fn contains(&self, scalar: &Scalar) -> bool {
        self.as_slice().binary_search(scalar).is_ok()
    }

    /// Adds an element. False if it was there.
    pub fn insert(&mut self, scalar: Scalar) -> bool {
        let is_new = !self.contains(&scalar);
        if is_new {
            *self = self.iter().cloned().chain([scalar]).collect();
        }
        is_new
    }

    /// Removes an element. False if it was not there.
    pub fn remove(&mut self, scalar: &Scalar) -> bool {
        let was_there = self.contains(scalar);
        if was_there {
            *self = self.iter().filter(|element| *element != scalar).cloned().collect();
        }
        was_there
    }

    /// The elements that are not in `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        Self::of_sorted(self.iter().filter(|element| !other.contains(element)).cloned().collect())
    }

    /// The elements of both.
    pub(crate) fn with(&self, other: &Self) -> Self {
        if other.is_empty() {
            self.clone()
        } else {
            self.iter().chain(other.iter()).cloned().collect()
        }
    }
}

impl FromIterator<Scalar> for Set {
    fn from_iter<I: IntoIterator<Item = Scalar>>(scalars: I) -> Self {
        let mut scalars = Vec::from_iter(scalars);
        scalars.sort_unstable();
        scalars.dedup();
        Self::of_sorted(scalars)
    }
}

impl<'s> IntoIterator for &'s Set {
    type Item = &'s Scalar;
    type IntoIter = std::slice::Iter<'s, Scalar>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Scalars in strictly ascending order; there may be none.
pub(crate) fn read_set(
    mut list: ListReader<'_, '_>,
    budget: &mut Budget,
) -> Result<Set, DataError> {
    let mut scalars: Vec<Scalar> = Vec::new();
    while let Some(item) = list.next()? {
        budget.charge(0)?;
        let position = item.position();
        let scalar = match item.kind()? {
            Kind::Integer => Scalar::Integer(item.integer()?),
            Kind::Bytes => {
                let bytes = item.bytes()?;
                budget.take(bytes.len());
                Scalar::from(bytes)
            }
            Kind::List | Kind::Dict => return Err(DataError::NoScalar { position }),
        };
        if let Some(last) = scalars.last() {
            match last.cmp(&scalar) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Err(DataError::SetDuplicate { position }),
                std::cmp::Ordering::Greater => return Err(DataError::SetOrder { position }),
            }
        }
        scalars.push(scalar);
    }
    Ok(Set::of_sorted(scalars))
}

pub(crate) fn write_set(set: &Set, list: &mut ListWriter<'_>) {
    for scalar in set {
        match scalar {
            Scalar::Integer(integer) => list.integer(*integer),
            Scalar::Bytes(bytes) => list.bytes(bytes.expose_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(integers: &[i64]) -> Set {
        integers.iter().map(|integer| Scalar::from(*integer)).collect()
    }

    #[test]
    fn elements_are_distinct_and_sorted() {
        let mut one = set(&[3, 1, 2, 3]);
        assert_eq!(one, set(&[1, 2, 3]));
        assert!(one.insert(Scalar::from(b"a".as_slice())));
        assert!(one.insert(Scalar::from(0)) && !one.insert(Scalar::from(0)));
        assert_eq!(one.len(), 5);
        assert_eq!(one.iter().last(), Some(&Scalar::from(b"a".as_slice())));
        assert!(one.remove(&Scalar::from(2)) && !one.remove(&Scalar::from(2)));
        assert!(one.contains(&Scalar::from(1)) && !one.contains(&Scalar::from(2)));
    }

    #[test]
    fn sets_are_joined_and_subtracted() {
        assert_eq!(set(&[1, 2]).with(&set(&[2, 3])), set(&[1, 2, 3]));
        assert_eq!(set(&[1, 2]).with(&Set::new()), set(&[1, 2]));
        assert_eq!(set(&[1, 2, 3]).without(&set(&[2])), set(&[1, 3]));
        assert!(set(&[1]).without(&set(&[1])).is_empty());
    }
}
