//! Bytes from a file or from standard input: as they are, or in hexadecimal, or in base64.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use session_protocol::crypto::encoding::{base64, hex};

use crate::Result;

/// More than any message has, even when it is decompressed.
const LIMIT: u64 = 2 << 20;

/// How bytes are written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Binary,
    Hex,
    Base64,
    Url,
}

impl Form {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Hex => "hexadecimal",
            Self::Base64 => "base64",
            Self::Url => "text",
        }
    }
}

/// What there is to explain.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    pub(crate) form: Form,
}

/// Bytes of a file; without a path, or with `-`, of standard input.
pub(crate) fn read(path: Option<&Path>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match path.filter(|path| path.as_os_str() != "-") {
        Some(path) => File::open(path)
            .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
            .map_err(|error| format!("{}: {error}", path.display()))?,
        None => io::stdin()
            .take(LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("standard input: {error}"))?,
    };
    if bytes.is_empty() {
        return Err("the input is empty: there is nothing to explain".into());
    }
    if u64::try_from(bytes.len())? > LIMIT {
        return Err(format!("the input has more than {LIMIT} bytes").into());
    }
    Ok(bytes)
}

impl Input {
    /// The bytes in the form `form` or, without one, in the first that fits.
    pub(crate) fn new(bytes: Vec<u8>, form: Option<Form>) -> Result<Self> {
        let text = std::str::from_utf8(&bytes).map(str::trim).unwrap_or_default();
        let packed: String = text.split_whitespace().collect();
        let decoded = |form| match form {
            Form::Hex => hex::decode(&packed).ok(),
            // The command line's base64 leaves out the padding sometimes, a URL writes other signs.
            Form::Base64 => {
                let digits = packed.trim_end_matches('=').replace('-', "+").replace('_', "/");
                let padding = "=".repeat(digits.len().wrapping_neg() % 4);
                base64::decode(&(digits + &padding)).ok()
            }
            Form::Url => (text.starts_with("http://") || text.starts_with("https://"))
                .then(|| text.as_bytes().to_vec()),
            Form::Binary => None,
        };
        if form == Some(Form::Binary) || packed.is_empty() {
            return Ok(Self { bytes, form: Form::Binary });
        }
        if let Some(form) = form {
            let bytes =
                decoded(form).ok_or_else(|| format!("the input is not in {}", form.name()))?;
            return Ok(Self { bytes, form });
        }
        let guesses = [Form::Url, Form::Hex, Form::Base64];
        let guess = guesses.into_iter().find_map(|form| Some((decoded(form)?, form)));
        Ok(match guess {
            Some((bytes, form)) => Self { bytes, form },
            None => Self { bytes, form: Form::Binary },
        })
    }
}
