//! Target of `session-bt`.

use session_bt::{Reader, Value};

/// Reading and checking agree, and what is read writes the same bytes.
pub fn value(data: &[u8]) {
    let value = Value::decode(data);
    assert_eq!(Reader::new(data).finish(), value.as_ref().map(|_| ()).map_err(|error| *error));
    if let Ok(value) = value {
        assert_eq!(value.encode(), data, "a second spelling");
    }
}
