//! Which nodes and fields a request for the node list names (05 §2.8).
//!
//! The parameters are foreign and not authorised: each is read as what it is to be, without a tree of the rest.

use std::{collections::BTreeSet, fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};
use session_crypto::ed25519::Ed25519PublicKey;
use session_onion::serde_json::{from_str, value::RawValue};

/// Most fields or keys that a query names.
const MAX_NAMED: usize = 10_000;

/// Which nodes and which of their fields are asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NodeListQuery {
    pub(super) active_only: bool,
    pub(super) fields: Fields,
    pub(super) limit: i64,
    pub(super) known_block: Option<String>,
    pub(super) keys: Option<BTreeSet<Ed25519PublicKey>>,
}

/// Fields by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Fields {
    #[default]
    All,
    AllBut(BTreeSet<String>),
    Only(BTreeSet<String>),
}

/// A parameter has another form than the daemon takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("invalid parameter {field}: {expected} expected")]
#[non_exhaustive]
pub struct QueryError {
    /// The parameter.
    pub field: &'static str,
    /// Its form.
    pub expected: &'static str,
}

/// The parameters, of which null is the same as none.
#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow, default)]
    active_only: Option<&'a RawValue>,
    #[serde(borrow, default)]
    fields: Option<&'a RawValue>,
    #[serde(borrow, default)]
    limit: Option<&'a RawValue>,
    #[serde(borrow, default)]
    poll_block_hash: Option<&'a RawValue>,
    #[serde(borrow, default)]
    service_node_pubkeys: Option<&'a RawValue>,
}

impl NodeListQuery {
    /// Reads the parameters, a JSON object.
    ///
    /// # Errors
    /// [`QueryError`] if there is no object, or a parameter in it of another form.
    pub fn from_json(params: &str) -> Result<Self, QueryError> {
        if !params.trim_start().starts_with('{') {
            return Err(malformed("params", "an object"));
        }
        let params: Params<'_> = from_str(params).map_err(|_| malformed("params", "json"))?;
        let hash = read::<String>(params.poll_block_hash, malformed("poll_block_hash", "a text"))?;
        let fields = malformed("fields", "a list of names, or an object of names");
        let keys = malformed("service_node_pubkeys", "a list of keys");
        Ok(Self {
            active_only: read(params.active_only, malformed("active_only", "true or false"))?
                .unwrap_or_default(),
            fields: read(params.fields, fields)?.map_or(Fields::All, Fields::of_names),
            limit: read(params.limit, malformed("limit", "an integer"))?.unwrap_or_default(),
            known_block: hash.map(|hash| hash.to_lowercase()),
            keys: read(params.service_node_pubkeys, keys)?.map(|Keys(keys)| keys),
        })
    }
}

/// Reads a parameter; `error` says what it is to be.
fn read<T: DeserializeOwned>(
    value: Option<&RawValue>,
    error: QueryError,
) -> Result<Option<T>, QueryError> {
    value.map(|value| from_str(value.get())).transpose().map_err(|_| error)
}

impl Fields {
    fn of_names(Names(names): Names) -> Self {
        if names.contains("all") {
            let without = names.iter().filter_map(|name| name.strip_prefix('-'));
            Self::AllBut(without.map(str::to_owned).collect())
        } else if names.is_empty() {
            Self::All
        } else {
            Self::Only(names)
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(without) => !without.contains(name),
            Self::Only(names) => names.contains(name),
        }
    }
}

/// A list of names, or an object of names with `true`.
struct Names(BTreeSet<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Few(PhantomData)).map(Names)
    }
}

/// A list of keys.
struct Keys(BTreeSet<Ed25519PublicKey>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Few(PhantomData)).map(Keys)
    }
}

/// Reads at most [`MAX_NAMED`] different texts.
struct Few<T>(PhantomData<T>);

impl<T: FromStr + Ord> Few<T> {
    fn add<E: Error>(items: &mut BTreeSet<T>, text: &str) -> Result<(), E> {
        items.insert(text.parse().map_err(|_| E::custom("malformed text"))?);
        if items.len() > MAX_NAMED { Err(E::custom("too many texts")) } else { Ok(()) }
    }
}

impl<'de, T: FromStr + Ord> Visitor<'de> for Few<T> {
    type Value = BTreeSet<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<BTreeSet<T>, A::Error> {
        let mut items = BTreeSet::new();
        while let Some(text) = texts.next_element::<String>()? {
            Self::add(&mut items, &text)?;
        }
        Ok(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut names: A) -> Result<BTreeSet<T>, A::Error> {
        let mut items = BTreeSet::new();
        while let Some(name) = names.next_key::<String>()? {
            if names.next_value::<Wanted>()?.0 {
                Self::add(&mut items, &name)?;
            }
        }
        Ok(items)
    }
}

/// Whether a value is `true`.
struct Wanted(bool);

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(value.get() == "true"))
    }
}

const fn malformed(field: &'static str, expected: &'static str) -> QueryError {
    QueryError { field, expected }
}
