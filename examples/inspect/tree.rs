//! What is printed: a tree whose nodes say where their bytes are.

use std::fmt::{self, Write as _};

/// One line with what is inside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Offset and length in the bytes of the layer.
    at: Option<(usize, usize)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { at: None, text: text.into(), children: Vec::new() }
    }

    /// Something that was verified.
    pub(crate) fn good(text: impl fmt::Display) -> Self {
        Self::new(format!("✓ {text}"))
    }

    /// Something that is wrong, or could not be done.
    pub(crate) fn bad(text: impl fmt::Display) -> Self {
        Self::new(format!("✗ {text}"))
    }

    pub(crate) fn at(self, offset: usize, length: usize) -> Self {
        Self { at: Some((offset, length)), ..self }
    }

    pub(crate) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    pub(crate) fn with_all(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    fn write(&self, out: &mut String, first: &str, rest: &str) {
        let (offset, length) =
            self.at.map_or((String::new(), String::new()), |(offset, length)| {
                (offset.to_string(), length.to_string())
            });
        let _ = writeln!(out, "{offset:>7} {length:>7}  {first}{}", self.text);
        if let Some((last, before)) = self.children.split_last() {
            for child in before {
                child.write(out, &format!("{rest}├─ "), &format!("{rest}│  "));
            }
            last.write(out, &format!("{rest}└─ "), &format!("{rest}   "));
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::from(" offset  length\n");
        self.write(&mut out, "", "");
        f.write_str(&out)
    }
}

/// Longest text and longest bytes that are shown whole.
const MAX_SHOWN: usize = 100;

/// A text in quotes, cut, with nothing in it that could move the cursor or turn the direction.
pub(crate) fn text(text: &str) -> String {
    let shown: String = text.chars().take(MAX_SHOWN).flat_map(escape).collect();
    let more = if text.chars().nth(MAX_SHOWN).is_some() { " …" } else { "" };
    format!("\"{shown}\"{more}")
}

fn escape(c: char) -> Vec<char> {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if bidi { c.escape_unicode().collect() } else { c.escape_debug().collect() }
}

/// Bytes in hexadecimal, cut.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let shown = bytes.get(..MAX_SHOWN / 2).unwrap_or(bytes);
    let more = if shown.len() < bytes.len() { "…" } else { "" };
    format!("{}{more}", session_protocol::crypto::encoding::hex::encode(shown))
}

/// A time in milliseconds since 1970, as people write it, in UTC.
pub(crate) fn date(millis: u64) -> String {
    let (days, in_day) = (millis / 86_400_000, millis % 86_400_000);
    let (seconds, millis) = (in_day / 1000, in_day % 1000);
    // Days are counted from 1 March of the year 0, in eras of 400 years.
    let days = days.saturating_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era.saturating_mul(400).saturating_add(year).saturating_add(next);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03} UTC")
}
