//! One case of a vector file, and typed access to its inputs.

use serde_json::{Map, Value};
use session_crypto::encoding::hex;

/// One case: an operation, its inputs, and what must come out.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    value: &'a Map<String, Value>,
    file: &'a Map<String, Value>,
}

/// The vector file is not what its suite expects: a defect of the file or of the suite, reported as a failure.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadVector {
    /// A field is missing or has another form.
    #[error("bad vector: {0}")]
    Malformed(String),
    /// A field has not the length of its type. Where the case must fail this is the refusal: our API takes the
    /// type, and other bytes cannot be said to it.
    #[error("`{field}`: expected {expected} bytes, found {found}")]
    Length {
        /// Name of the field.
        field: String,
        /// Bytes that the type has.
        expected: usize,
        /// Bytes that the vector has.
        found: usize,
    },
}

impl<'a> Case<'a> {
    /// Case `value` of the file `file`.
    pub(crate) const fn new(value: &'a Map<String, Value>, file: &'a Map<String, Value>) -> Self {
        Self { value, file }
    }

    /// Name of the case, for reports.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.value.get("name").and_then(Value::as_str).unwrap_or("(no name)")
    }

    /// Name of the operation.
    #[must_use]
    pub fn op(&self) -> &'a str {
        self.value.get("op").and_then(Value::as_str).unwrap_or("(no op)")
    }

    /// Whether the oracle refuses what ours is to accept: `"ours": "accept"`, with `ours_out` for what comes out.
    fn is_ours_to_accept(&self) -> bool {
        self.value.get("ours").and_then(Value::as_str) == Some("accept")
    }

    /// The oracle's message where the case must fail.
    #[must_use]
    pub fn error(&self) -> Option<&'a str> {
        if self.is_ours_to_accept() {
            return None;
        }
        self.value.get("error").and_then(Value::as_str)
    }

    /// The oracle's class of failure, in files that name one beside the message.
    #[must_use]
    pub fn error_class(&self) -> Option<&'a str> {
        self.value.get("error_class").and_then(Value::as_str)
    }

    /// The stated outputs: ours where the file says that they differ from the oracle's.
    #[must_use]
    pub fn out(&self) -> Option<&'a Map<String, Value>> {
        let field = if self.is_ours_to_accept() { "ours_out" } else { "out" };
        self.value.get(field).and_then(Value::as_object)
    }

    /// A field of the file outside its cases.
    #[must_use]
    pub fn file_field(&self, field: &str) -> Option<&'a Value> {
        self.file.get(field)
    }

    /// Input `field`, `None` if it is absent or null.
    #[must_use]
    pub fn input(&self, field: &str) -> Option<&'a Value> {
        self.value.get("in").and_then(|input| input.get(field)).filter(|value| !value.is_null())
    }

    /// Input `field`, which must be there.
    ///
    /// # Errors
    /// [`BadVector`] if it is absent or null.
    pub fn required(&self, field: &str) -> Result<&'a Value, BadVector> {
        self.input(field).ok_or_else(|| BadVector::Malformed(format!("no input `{field}`")))
    }

    /// Text of input `field`.
    ///
    /// # Errors
    /// [`BadVector`] if it is absent or no string.
    pub fn text(&self, field: &str) -> Result<&'a str, BadVector> {
        let value = self.required(field)?;
        value
            .as_str()
            .ok_or_else(|| BadVector::Malformed(format!("`{field}` is no string: {value}")))
    }

    /// Bytes of the hexadecimal input `field`; `"@17"` stands for entry `@17` of the file's `blobs`.
    ///
    /// # Errors
    /// [`BadVector`] if it is absent or not hexadecimal.
    pub fn bytes(&self, field: &str) -> Result<Vec<u8>, BadVector> {
        self.hex(field, self.text(field)?)
    }

    /// Bytes of the hexadecimal input `field`, `None` if it is absent or null.
    ///
    /// # Errors
    /// [`BadVector`] if it is not hexadecimal.
    pub fn optional_bytes(&self, field: &str) -> Result<Option<Vec<u8>>, BadVector> {
        self.input(field).map(|_| self.bytes(field)).transpose()
    }

    /// Exactly `N` bytes of the hexadecimal input `field`.
    ///
    /// # Errors
    /// [`BadVector`] for anything else.
    pub fn array<const N: usize>(&self, field: &str) -> Result<[u8; N], BadVector> {
        let bytes = self.bytes(field)?;
        let wrong = BadVector::Length { field: field.to_owned(), expected: N, found: bytes.len() };
        bytes.try_into().map_err(|_| wrong)
    }

    /// Input `field` as an integer of type `T`.
    ///
    /// # Errors
    /// [`BadVector`] if it is absent, no integer or out of range.
    pub fn integer<T: TryFrom<i128>>(&self, field: &str) -> Result<T, BadVector> {
        let value = self.required(field)?;
        let number = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| BadVector::Malformed(format!("`{field}` is no such integer: {value}")))
    }

    /// Input `field` as a boolean.
    ///
    /// # Errors
    /// [`BadVector`] if it is absent or no boolean.
    pub fn boolean(&self, field: &str) -> Result<bool, BadVector> {
        let value = self.required(field)?;
        value
            .as_bool()
            .ok_or_else(|| BadVector::Malformed(format!("`{field}` is no boolean: {value}")))
    }

    /// Bytes of the hexadecimal *output* `field`: for `random`, which an operation must be fed with. A case that
    /// must fail states none, and is fed none.
    ///
    /// # Errors
    /// [`BadVector`] if it is absent or not hexadecimal.
    pub fn stated_bytes(&self, field: &str) -> Result<Vec<u8>, BadVector> {
        if self.error().is_some() {
            return Ok(Vec::new());
        }
        let text = self.out().and_then(|out| out.get(field)).and_then(Value::as_str);
        self.hex(field, text.ok_or_else(|| BadVector::Malformed(format!("no output `{field}`")))?)
    }

    /// `value` with every reference to the file's `blobs` replaced by what it refers to.
    #[must_use]
    pub fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.starts_with('@') => {
                self.blob(text).map_or_else(|| value.clone(), Value::from)
            }
            Value::Array(values) => values.iter().map(|value| self.resolve(value)).collect(),
            Value::Object(fields) => {
                let resolved =
                    |(name, value): (&String, &Value)| (name.clone(), self.resolve(value));
                Value::Object(fields.iter().map(resolved).collect())
            }
            _ => value.clone(),
        }
    }

    fn blob(&self, name: &str) -> Option<&'a str> {
        self.file_field("blobs")?.get(name)?.as_str()
    }

    /// Bytes of a hexadecimal text, which may refer to the file's `blobs`.
    ///
    /// # Errors
    /// [`BadVector`] if it is neither; `field` is for the message.
    pub fn hex(&self, field: &str, text: &str) -> Result<Vec<u8>, BadVector> {
        let text = match text.strip_prefix('@') {
            Some(_) => self.blob(text).ok_or_else(|| {
                BadVector::Malformed(format!("`{field}` refers to no blob: {text}"))
            })?,
            None => text,
        };
        hex::decode(text).map_err(|error| BadVector::Malformed(format!("`{field}`: {error}")))
    }
}
