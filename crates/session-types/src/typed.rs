//! Text that a person typed or pasted, without what keyboards, clipboards and other programs add to it (01 §3.5).
//!
//! Messengers, mail programs and word processors put marks of direction, zero-width spaces, quotation marks and
//! brackets around what a person copies, and break long lines. [`trim`] takes these away from any text, and [`digits`]
//! from a text of hexadecimal digits. Every reader of typed text in the workspace begins with one of the two.
//!
//! ```
//! use session_types::typed;
//!
//! assert_eq!(typed::trim("\u{2068}“https://example.org/”\u{2069}\n").as_str(), "https://example.org/");
//! assert_eq!(typed::digits("<05ab\n34cd>.").as_str(), "05ab34cd");
//! ```

use alloc::string::String;

use zeroize::Zeroizing;

/// Greatest length of a typed text in bytes: several times that of 25 words with their numbers and line breaks.
/// Longer ones are not looked at: [`trim`] and [`digits`] return nothing for them.
pub const MAX_LENGTH: usize = 4096;

/// The text without invisible characters, and without white space, quotation marks and brackets around it.
///
/// A text of more than [`MAX_LENGTH`] bytes comes back empty. The result is wiped when dropped, as the text may be a
/// secret.
#[must_use]
pub fn trim(text: &str) -> Zeroizing<String> {
    // Memory has room for all of the text: a reallocation would leave a copy of it.
    let mut visible = Zeroizing::new(String::with_capacity(bounded(text).len()));
    visible.extend(bounded(text).chars().filter(|c| !is_invisible(*c)));
    let inner = visible.trim_matches(is_wrapping);
    if inner.len() == visible.len() { visible } else { Zeroizing::new(inner.into()) }
}

/// A text of hexadecimal digits without what is no digit of it: invisible characters, white space, quotation marks and
/// brackets anywhere, one full stop at the end. Fullwidth letters and digits become those of ASCII.
///
/// Every other character stays, for the reader to refuse. A text of more than [`MAX_LENGTH`] bytes comes back empty.
/// The result is wiped when dropped, as the text may be a secret.
#[must_use]
pub fn digits(text: &str) -> Zeroizing<String> {
    let is_kept = |c: &char| !is_invisible(*c) && !is_wrapping(*c);
    let mut digits = Zeroizing::new(String::with_capacity(bounded(text).len()));
    digits.extend(bounded(text).chars().filter(is_kept).map(narrow));
    if digits.ends_with(is_full_stop) {
        digits.pop();
    }
    digits
}

/// Whether a character has no width and no meaning of its own: format characters (category Cf), variation selectors and
/// all others that Unicode lets programs ignore (`Default_Ignorable_Code_Point`).
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a person would see nothing of this text: it has only white space, control characters, invisible characters
/// and blank ones. A name must not be blank (09 §2.1).
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || c.is_control() || c == '\u{2800}';
    text.chars().all(|c| is_blank(c) || is_invisible(c))
}

/// The start of a text, or nothing of it if it is too long to be what a person meant to type.
fn bounded(text: &str) -> &str {
    if text.len() <= MAX_LENGTH { text } else { "" }
}

fn is_wrapping(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || is_bracket(c)
}

/// Quotation marks (categories Pi and Pf, and those of ASCII, of Chinese and Japanese) and accents and primes that are
/// typed for them.
const fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '`' | '´' | '«' | '»' | '\u{2bc}' | '\u{2018}'..='\u{201f}'
            | '\u{2032}'..='\u{2037}' | '\u{2039}' | '\u{203a}' | '\u{275b}'..='\u{2760}'
            | '\u{2e02}'..='\u{2e05}' | '\u{2e09}' | '\u{2e0a}' | '\u{2e0c}' | '\u{2e0d}'
            | '\u{2e1c}' | '\u{2e1d}' | '\u{2e20}' | '\u{2e21}' | '\u{2e42}'
            | '\u{301d}'..='\u{301f}' | '\u{ff02}' | '\u{ff07}' | '\u{ff40}'
    )
}

/// Brackets (categories Ps and Pe) and the signs less and greater.
const fn is_bracket(c: char) -> bool {
    matches!(
        c,
        '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '\u{f3a}'..='\u{f3d}' | '\u{169b}'
            | '\u{169c}' | '\u{2045}' | '\u{2046}' | '\u{207d}' | '\u{207e}' | '\u{208d}'
            | '\u{208e}' | '\u{2308}'..='\u{230b}' | '\u{2329}' | '\u{232a}'
            | '\u{2768}'..='\u{2775}' | '\u{27c5}' | '\u{27c6}' | '\u{27e6}'..='\u{27ef}'
            | '\u{2983}'..='\u{2998}' | '\u{29d8}'..='\u{29db}' | '\u{29fc}' | '\u{29fd}'
            | '\u{2e22}'..='\u{2e29}' | '\u{2e55}'..='\u{2e5c}' | '\u{3008}'..='\u{3011}'
            | '\u{3014}'..='\u{301b}' | '\u{fd3e}' | '\u{fd3f}' | '\u{fe17}' | '\u{fe18}'
            | '\u{fe35}'..='\u{fe44}' | '\u{fe47}' | '\u{fe48}' | '\u{fe59}'..='\u{fe5e}'
            | '\u{fe64}' | '\u{fe65}' | '\u{ff08}' | '\u{ff09}' | '\u{ff1c}' | '\u{ff1e}'
            | '\u{ff3b}' | '\u{ff3d}' | '\u{ff5b}' | '\u{ff5d}' | '\u{ff5f}' | '\u{ff60}'
            | '\u{ff62}' | '\u{ff63}'
    )
}

pub(crate) const fn is_full_stop(c: char) -> bool {
    matches!(c, '.' | '。' | '｡')
}

/// The ASCII character that a fullwidth one (U+FF01 to U+FF5E) is a wide form of; any other stays.
fn narrow(c: char) -> char {
    /// Distance from the fullwidth forms to ASCII.
    const WIDE: u32 = 0xfee0;
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c).saturating_sub(WIDE)).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_text_is_dropped() {
        for (typed, kept) in [
            ("", ""),
            (" \u{200b}\n", ""),
            ("a b", "a b"),
            ("\u{2068}a\u{200d}b\u{2069}", "ab"),
            ("« a »", "a"),
            ("<[(“a”)]>", "a"),
            ("「a」", "a"),
            ("\u{feff}\u{a0}a\u{3000}\u{fe0f}", "a"),
            ("a.", "a."),
            ("'it's'", "it's"),
        ] {
            assert_eq!(trim(typed).as_str(), kept, "{typed:?}");
        }
    }

    #[test]
    fn digits_come_together() {
        for (typed, kept) in [
            ("05 ab\r\nCD", "05abCD"),
            ("＜０５ａｂＦ＞．", "05abF"),
            ("\"05\"\u{2060}\u{ad}ab。", "05ab"),
            ("05ab..", "05ab."),
            ("05…ab", "05…ab"),
            // Digits of other scripts, and those that only look like digits, are for the reader to refuse.
            ("٠٥⁵①𝟎", "٠٥⁵①𝟎"),
            ("05,ab-cd", "05,ab-cd"),
        ] {
            assert_eq!(digits(typed).as_str(), kept, "{typed:?}");
        }
    }

    #[test]
    fn blank_texts_show_nothing() {
        for blank in [
            "",
            " ",
            "\t\u{a0}\u{3000}\n",
            "\u{200b}",
            "\u{2800}\u{3164}\u{feff}",
            "\u{202e} ",
            "\0\u{1b}\u{7f}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for name in ["a", " . ", "\u{200b}-", "名", "\u{1f600}\u{fe0f}"] {
            assert!(!is_blank(name), "{name:?}");
        }
    }

    #[test]
    fn long_texts_are_not_looked_at() {
        let longest = "a".repeat(MAX_LENGTH);
        assert_eq!(*trim(&longest), longest);
        assert_eq!(*digits(&longest), longest);
        for long in [longest + "a", "\u{200b}".repeat(1 << 20)] {
            assert_eq!(*trim(&long), "");
            assert_eq!(*digits(&long), "");
        }
    }
}
