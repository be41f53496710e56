//! The schema of all messages, as data: for tools that explain bytes (03 §1).
//!
//! The text is that of `schema/session.proto`; a test holds the types of this crate to it.
//!
//! ```
//! use session_envelope::schema::{Kind, Schema};
//!
//! let schema = Schema::new();
//! let content = schema.message("Content").ok_or("no such message")?;
//! let time = content.field(15).ok_or("no such field")?;
//! assert_eq!((time.name(), time.kind()), ("sigTimestamp", Kind::Uint64));
//! # Ok::<(), &str>(())
//! ```

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString as _},
    vec::Vec,
};

/// The schema as a proto2 file.
pub const PROTO: &str = include_str!("../schema/session.proto");

/// Messages and enumerations by their full names; nested ones as in `DataMessage.Quote`.
#[derive(Clone, Debug)]
pub struct Schema {
    messages: BTreeMap<String, Message>,
    enums: BTreeMap<String, Enumeration>,
}

/// Fields of a message, by number.
#[derive(Clone, Debug, Default)]
pub struct Message(BTreeMap<u32, Field>);

/// Names of the numbers of an enumeration.
#[derive(Clone, Debug, Default)]
pub struct Enumeration(BTreeMap<i32, &'static str>);

/// One field of a message.
#[derive(Clone, Debug)]
pub struct Field {
    name: &'static str,
    label: Label,
    kind: Kind,
    /// Full name of the message or enumeration.
    refers_to: Option<String>,
    packed: bool,
    note: &'static str,
}

/// How often a field occurs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "proto2 has these three")]
pub enum Label {
    /// Once.
    Required,
    /// At most once.
    Optional,
    /// Any number of times.
    Repeated,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// UTF-8.
    String,
    /// Bytes.
    Bytes,
    /// 0 or 1.
    Bool,
    /// Varint of 32 bits.
    Uint32,
    /// Varint of 64 bits.
    Uint64,
    /// Varint of 64 bits, negative ones in ten bytes.
    Int64,
    /// Varint of 32 bits in zigzag.
    Sint32,
    /// Eight bytes, little-endian.
    Fixed64,
    /// Eight bytes, little-endian, in two's complement.
    Sfixed64,
    /// A message: see [`Field::refers_to`].
    Message,
    /// A number of an enumeration: see [`Field::refers_to`].
    Enum,
}

impl Kind {
    fn of_scalar(word: &str) -> Option<Self> {
        Some(match word {
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "bool" => Self::Bool,
            "uint32" => Self::Uint32,
            "uint64" => Self::Uint64,
            "int64" => Self::Int64,
            "sint32" => Self::Sint32,
            "fixed64" => Self::Fixed64,
            "sfixed64" => Self::Sfixed64,
            _ => return None,
        })
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self::new()
    }
}

impl Schema {
    /// The schema of this crate.
    #[must_use]
    pub fn new() -> Self {
        let mut schema = Self { messages: BTreeMap::new(), enums: BTreeMap::new() };
        // Names of the messages and enumerations around the line.
        let mut scope: Vec<&str> = Vec::new();
        for line in PROTO.lines() {
            let (code, note) = line.split_once("//").unwrap_or((line, ""));
            let words: Vec<&str> = code
                .split([' ', ';', '{', '=', '[', ']'])
                .filter(|word| !word.is_empty())
                .collect();
            match words.as_slice() {
                ["message", name] => {
                    scope.push(name);
                    schema.messages.insert(scope.join("."), Message::default());
                }
                ["enum", name] => {
                    scope.push(name);
                    schema.enums.insert(scope.join("."), Enumeration::default());
                }
                ["}"] => {
                    scope.pop();
                }
                [name, number] => schema.add_value(&scope.join("."), name, number),
                [label, kind, name, number, options @ ..] => {
                    let field = Field {
                        name,
                        label: match *label {
                            "required" => Label::Required,
                            "repeated" => Label::Repeated,
                            _ => Label::Optional,
                        },
                        kind: Kind::of_scalar(kind).unwrap_or(Kind::Message),
                        refers_to: Some((*kind).to_string()),
                        packed: options.contains(&"packed"),
                        note: note.trim(),
                    };
                    schema.add_field(&scope.join("."), number, field);
                }
                _ => {}
            }
        }
        schema.resolve();
        schema
    }

    /// The message of this name.
    #[must_use]
    pub fn message(&self, name: &str) -> Option<&Message> {
        self.messages.get(name)
    }

    /// The enumeration of this name.
    #[must_use]
    pub fn enumeration(&self, name: &str) -> Option<&Enumeration> {
        self.enums.get(name)
    }

    /// All messages with their names.
    pub fn messages(&self) -> impl Iterator<Item = (&str, &Message)> {
        self.messages.iter().map(|(name, message)| (name.as_str(), message))
    }

    /// All enumerations with their names.
    pub fn enumerations(&self) -> impl Iterator<Item = (&str, &Enumeration)> {
        self.enums.iter().map(|(name, values)| (name.as_str(), values))
    }

    fn add_value(&mut self, scope: &str, name: &'static str, number: &str) {
        if let (Some(values), Ok(number)) = (self.enums.get_mut(scope), number.parse()) {
            values.0.insert(number, name);
        }
    }

    fn add_field(&mut self, scope: &str, number: &str, field: Field) {
        if let (Some(message), Ok(number)) = (self.messages.get_mut(scope), number.parse()) {
            message.0.insert(number, field);
        }
    }

    /// Finds what the names of types mean: the innermost scope around the field decides.
    fn resolve(&mut self) {
        let Self { messages, enums } = self;
        let names: Vec<String> = messages.keys().cloned().collect();
        for (scope, message) in messages {
            for field in message.0.values_mut() {
                if field.kind != Kind::Message {
                    // Flags are numbers; the note says what their bits mean.
                    let flags = format!("{scope}.{}", field.note);
                    field.refers_to = enums.contains_key(&flags).then_some(flags);
                    continue;
                }
                let word = field.refers_to.take().unwrap_or_default();
                let inner = format!("{scope}.{word}");
                let full = [inner, word].into_iter();
                let mut full = full.filter(|name| names.contains(name) || enums.contains_key(name));
                field.refers_to = full.next();
                if field.refers_to.as_ref().is_some_and(|name| enums.contains_key(name)) {
                    field.kind = Kind::Enum;
                }
            }
        }
    }
}

impl Message {
    /// The field of this number.
    #[must_use]
    pub fn field(&self, number: u32) -> Option<&Field> {
        self.0.get(&number)
    }

    /// All fields with their numbers, in ascending order.
    pub fn fields(&self) -> impl Iterator<Item = (u32, &Field)> {
        self.0.iter().map(|(number, field)| (*number, field))
    }
}

impl Enumeration {
    /// Name of a number.
    #[must_use]
    pub fn name(&self, number: i32) -> Option<&'static str> {
        self.0.get(&number).copied()
    }

    /// All numbers with their names, in ascending order.
    pub fn values(&self) -> impl Iterator<Item = (i32, &'static str)> {
        self.0.iter().map(|(number, name)| (*number, *name))
    }
}

impl Field {
    /// Its name in the newest schema.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How often it occurs.
    #[must_use]
    pub const fn label(&self) -> Label {
        self.label
    }

    /// What it holds.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Full name of the message or enumeration that it holds; of the enumeration whose numbers are its bits.
    #[must_use]
    pub fn refers_to(&self) -> Option<&str> {
        self.refers_to.as_deref()
    }

    /// Whether its numbers are written one after the other in one record.
    #[must_use]
    pub const fn is_packed(&self) -> bool {
        self.packed
    }

    /// Unit, length or status; empty if there is nothing to say.
    #[must_use]
    pub const fn note(&self) -> &'static str {
        self.note
    }
}

#[cfg(test)]
mod tests;
