//! Protobuf messages, field by field, with the names of the schema. Nothing is skipped: what the schema does not
//! know is shown as it is.

use session_protocol::{
    crypto::reader::Reader,
    envelope::schema::{Field, Kind, Label, Schema},
};

use crate::tree::{Node, date, hex, text};

/// Fields that hold keys.
const SECRETS: [(&str, u32); 8] = [
    ("DataMessage", 6),
    ("MessageRequestResponse", 2),
    ("AttachmentPointer", 3),
    ("GroupUpdateInviteMessage", 3),
    ("GroupUpdatePromoteMessage", 1),
    ("KeyPair", 2),
    ("ConfigurationMessage", 5),
    ("ConfigurationMessage.Contact", 4),
];

/// One field as it is on the wire.
struct Record<'a> {
    number: u32,
    wire_type: u8,
    value: Value<'a>,
    offset: usize,
    length: usize,
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Most fields of one message that are shown.
const MAX_FIELDS: usize = 1_000;

/// What explains the bytes of a field that are a layer of their own.
pub(crate) type Inner<'f> = dyn FnMut(&str, u32, &[u8]) -> Option<Vec<Node>> + 'f;

/// The fields of a message of the type `name`.
pub(crate) fn fields(
    schema: &Schema,
    name: &str,
    bytes: &[u8],
    inner: &mut Inner<'_>,
) -> Vec<Node> {
    nodes(schema, (name, 0), bytes, inner)
}

fn nodes(
    schema: &Schema,
    (name, base): (&str, usize),
    bytes: &[u8],
    inner: &mut Inner<'_>,
) -> Vec<Node> {
    let message = schema.message(name);
    let (records, broken) = records(bytes);
    let mut nodes: Vec<_> = records
        .iter()
        .take(MAX_FIELDS)
        .map(|record| {
            let at = base.saturating_add(record.offset);
            let field = message.and_then(|message| message.field(record.number));
            let node = match field {
                Some(field) => known(schema, (name, field), (record, at), inner),
                None => Node::new(format!("{} (unknown field) {}", record.number, record.raw())),
            };
            node.at(at, record.length)
        })
        .collect();
    if let Some(more) = records.len().checked_sub(MAX_FIELDS).filter(|more| *more > 0) {
        nodes.push(Node::new(format!("… and {more} fields more")));
    }
    for (number, field) in message.into_iter().flat_map(|message| message.fields()) {
        let absent = records.iter().all(|record| record.number != number);
        if absent && field.label() == Label::Required {
            nodes.push(Node::bad(format!("{number} {} is required and missing", field.name())));
        }
    }
    if let Some(offset) = broken {
        let rest = bytes.len().saturating_sub(offset);
        let at = base.saturating_add(offset);
        nodes.push(Node::bad("what follows is no protobuf").at(at, rest));
    }
    nodes
}

fn known(
    schema: &Schema,
    (name, field): (&str, &Field),
    (record, at): (&Record<'_>, usize),
    inner: &mut Inner<'_>,
) -> Node {
    let title = format!("{} {}", record.number, field.name());
    let note = if field.note().starts_with("legacy") { " (legacy)" } else { "" };
    match (&record.value, field.kind()) {
        (Value::Bytes(bytes), Kind::String) => match std::str::from_utf8(bytes) {
            Ok(string) => Node::new(format!("{title} = {}{note}", text(string))),
            Err(_) => Node::bad(format!("{title} is no UTF-8: {}", hex(bytes))),
        },
        (Value::Bytes(bytes), Kind::Message) => {
            let inside = field.refers_to().unwrap_or_default();
            // The bytes of the message end where the record ends.
            let start = record.length.saturating_sub(bytes.len()).saturating_add(at);
            let nodes = nodes(schema, (inside, start), bytes, inner);
            Node::new(format!("{title}: {inside}{note}")).with_all(nodes)
        }
        (Value::Bytes(bytes), Kind::Bytes) => match inner(name, record.number, bytes) {
            Some(nodes) => Node::new(format!("{title}: {} bytes", bytes.len())).with_all(nodes),
            None if SECRETS.contains(&(name, record.number)) => {
                Node::new(format!("{title}: {} bytes, secret", bytes.len()))
            }
            None => Node::new(format!("{title}: {} bytes {}{note}", bytes.len(), hex(bytes))),
        },
        (Value::Bytes(bytes), kind) if field.label() == Label::Repeated => {
            match packed(kind, bytes) {
                Some(numbers) => Node::new(format!("{title} = [{}]", numbers.join(", "))),
                None => Node::bad(format!("{title} is no list of numbers: {}", hex(bytes))),
            }
        }
        (Value::Number(number), kind) if fits(kind, record.wire_type) => {
            Node::new(format!("{title} = {}{note}", shown(schema, field, *number)))
        }
        _ => Node::bad(format!("{title} has wire type {}: {}", record.wire_type, record.raw())),
    }
}

fn shown(schema: &Schema, field: &Field, number: u64) -> String {
    let values = field.refers_to().and_then(|name| schema.enumeration(name));
    match field.kind() {
        Kind::Enum => {
            // Enumerations have 32 bits; of others the lower ones count.
            let short = i32::from_le_bytes(lower(number));
            let name = values.and_then(|values| values.name(short));
            format!("{short} {}", name.unwrap_or("(unknown: counts as absent)"))
        }
        Kind::Bool => (number != 0).to_string(),
        Kind::Sint32 => {
            let short = u32::from_le_bytes(lower(number));
            let sign = if short & 1 == 0 { 0 } else { u32::MAX };
            i32::from_le_bytes(((short >> 1) ^ sign).to_le_bytes()).to_string()
        }
        Kind::Int64 => i64::from_le_bytes(number.to_le_bytes()).to_string(),
        Kind::Sfixed64 => format!(
            "{} (bytes {})",
            i64::from_le_bytes(number.to_le_bytes()),
            hex(&number.to_le_bytes())
        ),
        _ if field.note().starts_with("milliseconds") => format!("{number} ({})", date(number)),
        _ if field.note() == "seconds" => format!("{number} s"),
        _ => {
            let flags = values.into_iter().flat_map(|values| values.values());
            let set =
                flags.filter(|(bit, _)| u64::try_from(*bit).is_ok_and(|bit| number & bit != 0));
            set.fold(number.to_string(), |text, (_, name)| format!("{text} {name}"))
        }
    }
}

fn lower(number: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = number.to_le_bytes();
    [a, b, c, d]
}

const fn fits(kind: Kind, wire_type: u8) -> bool {
    match kind {
        Kind::Fixed64 | Kind::Sfixed64 => wire_type == 1,
        Kind::String | Kind::Bytes | Kind::Message => false,
        _ => wire_type == 0,
    }
}

fn packed(kind: Kind, bytes: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(bytes);
    let mut numbers = Vec::new();
    while !reader.is_empty() {
        numbers.push(match kind {
            Kind::Fixed64 | Kind::Sfixed64 => {
                i64::from_le_bytes(reader.take_array().ok()?).to_string()
            }
            _ => varint(&mut reader)?.to_string(),
        });
    }
    Some(numbers)
}

/// Records of a message, and where they end if something else follows.
fn records(bytes: &[u8]) -> (Vec<Record<'_>>, Option<usize>) {
    let mut reader = Reader::new(bytes);
    let mut records = Vec::new();
    loop {
        let offset = bytes.len().saturating_sub(reader.len());
        if reader.is_empty() {
            return (records, None);
        }
        let Some((number, wire_type, value)) = record(&mut reader) else {
            return (records, Some(offset));
        };
        let length = bytes.len().saturating_sub(reader.len()).saturating_sub(offset);
        records.push(Record { number, wire_type, value, offset, length });
    }
}

fn record<'a>(reader: &mut Reader<'a>) -> Option<(u32, u8, Value<'a>)> {
    let key = u32::try_from(varint(reader)?).ok()?;
    let (number, wire_type) = (key >> 3, u8::try_from(key & 7).ok()?);
    let value = match wire_type {
        _ if number == 0 => return None,
        0 => Value::Number(varint(reader)?),
        1 => Value::Number(u64::from_le_bytes(reader.take_array().ok()?)),
        2 => {
            let length = usize::try_from(varint(reader)?).ok()?;
            Value::Bytes(reader.take(length).ok()?)
        }
        5 => Value::Number(u32::from_le_bytes(reader.take_array().ok()?).into()),
        _ => return None,
    };
    Some((number, wire_type, value))
}

fn varint(reader: &mut Reader<'_>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = reader.take_array().ok()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

impl Record<'_> {
    fn raw(&self) -> String {
        match self.value {
            Value::Number(number) => number.to_string(),
            Value::Bytes(bytes) => format!("{} bytes {}", bytes.len(), hex(bytes)),
        }
    }
}

/// Whether the bytes are a message of the type `name` in which every record is known and of the right form.
pub(crate) fn is_clean(schema: &Schema, name: &str, bytes: &[u8]) -> bool {
    let Some(message) = schema.message(name) else { return false };
    let (records, broken) = records(bytes);
    let known = |record: &Record<'_>| {
        message.field(record.number).is_some_and(|field| match (&record.value, field.kind()) {
            (Value::Bytes(bytes), Kind::String) => std::str::from_utf8(bytes).is_ok(),
            (Value::Bytes(_), Kind::Bytes | Kind::Message) => true,
            (Value::Bytes(_), _) => field.label() == Label::Repeated,
            (Value::Number(_), kind) => fits(kind, record.wire_type),
        })
    };
    broken.is_none() && !records.is_empty() && records.iter().all(known)
}
