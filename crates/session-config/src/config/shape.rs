//! Which type a tree of data looks like, so that the dump of one type is not loaded as another.
//!
//! A dump does not say its type. Its data do, by their keys: a dump is refused if what is in it belongs to another
//! type, and nothing in it to the one that was asked for. Keys that this version does not know say nothing.

use crate::{
    data::{Dict, Value},
    encryption::Domain,
};

/// The domain of a type, and whether data have what only data of that type have.
type Shape = (&'static str, fn(&Dict) -> bool);

const SHAPES: [Shape; 7] = [
    ("UserProfile", is_profile),
    ("Contacts", is_contacts),
    ("ConvoInfoVolatile", is_read_state),
    ("UserGroups", is_group_list),
    ("groups::Info", is_group_info),
    ("groups::Members", is_member_list),
    ("Local", is_local),
];

/// Whether `data` belong to another type than that of `domain`.
pub(super) fn is_of_another_type(domain: Domain<'_>, data: &Dict) -> bool {
    let mut own = SHAPES.iter().filter(|(name, _)| *name == domain.0);
    let mut others = SHAPES.iter().filter(|(name, _)| *name != domain.0);
    if own.any(|(_, fits)| fits(data)) {
        return false;
    }
    let has_common =
        has_keys_of_profile_and_group(data) && !matches!(domain.0, "UserProfile" | "groups::Info");
    has_common || others.any(|(_, fits)| fits(data))
}

fn is_integer(data: &Dict, key: &[u8]) -> bool {
    data.integer(key).is_some()
}

fn is_string(data: &Dict, key: &[u8]) -> bool {
    data.bytes(key).is_some()
}

/// `n`, `p`, `q`, `E`, `d` and `D` are those of a group too.
fn is_profile(data: &Dict) -> bool {
    let integers: [&[u8]; 10] = [b"+", b"e", b"M", b"t", b"T", b"A", b"G", b"I", b"R", b"x"];
    let strings: [&[u8]; 3] = [b"P", b"Q", b"s"];
    integers.iter().any(|key| is_integer(data, key))
        || strings.iter().any(|key| is_string(data, key))
        || data.set(b"f").is_some()
}

/// `n`, `p`, `q`, `E`, `d` and `D` are those of a profile too.
fn is_group_info(data: &Dict) -> bool {
    is_string(data, b"o") || is_integer(data, b"c") || is_integer(data, b"!")
}

fn has_keys_of_profile_and_group(data: &Dict) -> bool {
    let integers: [&[u8]; 3] = [b"E", b"d", b"D"];
    let strings: [&[u8]; 3] = [b"n", b"p", b"q"];
    integers.iter().any(|key| is_integer(data, key))
        || strings.iter().any(|key| is_string(data, key))
}

fn is_contacts(data: &Dict) -> bool {
    any_entry(data, b"c", |contact| is_string(contact, b"n"))
        || any_on_server(data, b"b", |contact| is_string(contact, b"n"))
}

fn is_read_state(data: &Dict) -> bool {
    let is_read = |entry: &Dict| [b"r", b"u", b"e"].iter().any(|key| is_integer(entry, *key));
    // An entry of a group in the list may have `r` as well, for why it is no longer there, and a `K` always.
    let keys: [&[u8]; 4] = [b"1", b"C", b"b", b"g"];
    keys.iter().any(|key| any_entry(data, key, |e| is_read(e) && !is_string(e, b"K")))
        || any_on_server(data, b"o", is_read)
}

fn is_group_list(data: &Dict) -> bool {
    any_entry(data, b"g", |group| is_string(group, b"K"))
        || any_entry(data, b"C", |group| is_string(group, b"n"))
        || any_on_server(data, b"o", |room| is_string(room, b"n"))
}

fn is_member_list(data: &Dict) -> bool {
    data.dict(b"m").is_some()
}

fn is_local(data: &Dict) -> bool {
    let integers: [&[u8]; 4] =
        [b"notify_content", b"notify_sound", b"theme", b"theme_primary_color"];
    integers.iter().any(|key| is_integer(data, key)) || data.dict(b"settings").is_some()
}

/// Whether an entry of the dict under `key` is so.
fn any_entry(data: &Dict, key: &[u8], is_so: impl Fn(&Dict) -> bool) -> bool {
    data.dict(key).is_some_and(|entries| {
        entries.iter().any(|(_, value)| matches!(value, Value::Dict(entry) if is_so(entry)))
    })
}

/// Whether an entry on a server in the dict under `key` is so.
fn any_on_server(data: &Dict, key: &[u8], is_so: impl Fn(&Dict) -> bool) -> bool {
    any_entry(data, key, |server| any_entry(server, b"R", &is_so))
}
