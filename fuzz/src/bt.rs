//! Target of `session-bt`.

use session_bt::{Reader, Value};

/// Reading and checking agree, and what is read writes the same bytes.
pub fn value(data: &[u8]) {
    let value = Value::decode(data);
    assert_eq!(Reader::new(data).finish(), value.as_ref().map(|_| ()).map_err(|error| *error));
    if let Ok(value) = value {
        assert_eq!(value.encode(), data, "a second spelling");
        assert_eq!(taken_apart(&value), value);
    }
}

/// The value, made again of what it gives when it is looked into.
fn taken_apart(value: &Value) -> Value {
    match value {
        Value::List(list) => Value::List(list.iter().map(|value| taken_apart(&value)).collect()),
        Value::Dict(dict) => {
            let entry = |(key, value): (&[u8], Value)| (key.to_vec(), taken_apart(&value));
            Value::Dict(dict.iter().map(entry).collect())
        }
        leaf => leaf.clone(),
    }
}
