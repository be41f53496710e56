//! The `xn--` form of a name beyond ASCII: IDNA ToASCII, unassigned code points allowed (01 §10.1; RFC 3490 §4.1).
//!
//! Names are registered in this form only. So what differs here from RFC 3491 cannot lead to a wrong account, it
//! can only fail to find one: case folding is that of today's Unicode, and the rules for text that runs from
//! right to left are not applied.

use alloc::{borrow::ToOwned as _, string::String, vec::Vec};

use unicode_normalization::UnicodeNormalization as _;

const ACE_PREFIX: &str = "xn--";
/// Longest label in its ASCII form (RFC 3490 §4.1, step 8).
const MAX_LABEL_LENGTH: usize = 63;

/// ASCII form of one label, or `None` if it has none.
pub(super) fn to_ascii(label: &str) -> Option<String> {
    let visible: String = label.chars().filter(|c| !is_ignored(*c)).collect();
    // Twice: compatibility forms may hide capitals.
    let once: String = fold(&visible).nfkc().collect();
    let prepared: String = fold(&once).nfkc().collect();
    if prepared.chars().any(is_prohibited) {
        return None;
    }
    let ascii = if prepared.is_ascii() {
        prepared
    } else if prepared.starts_with(ACE_PREFIX) || prepared.chars().count() > MAX_LABEL_LENGTH {
        return None;
    } else {
        ACE_PREFIX.to_owned() + &punycode(&prepared)
    };
    (ascii.len() <= MAX_LABEL_LENGTH).then_some(ascii)
}

/// Characters that the preparation drops (RFC 3454, table B.1): invisible joiners, hyphens and selectors.
const fn is_ignored(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{1806}' | '\u{180b}'..='\u{180d}' | '\u{200b}'..='\u{200d}' | '\u{2060}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// Full case folding.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Folded to themselves. For all others it is the small form of the capital.
            'ı' | '\u{13a0}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' => folded.push(c),
            _ => folded.extend(c.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
    folded
}

/// Characters that no prepared label has: full stops, which would begin another label, and those of RFC 3454,
/// tables C.1 to C.9.
fn is_prohibited(c: char) -> bool {
    // C.1 and C.2 in part.
    let is_blank = c.is_whitespace() || c.is_control();
    // C.4: the last two of each plane, and 32 more below.
    let is_no_character = u32::from(c) & 0xfffe == 0xfffe;
    // C.2.2 (marks of formats and of music), C.3 (private use), C.6 to C.9 (replacements, descriptions, directions,
    // tags). C.5 is surrogates, which are no `char`.
    let has_no_form = matches!(
        c,
        '\u{340}' | '\u{341}' | '\u{6dd}' | '\u{70f}' | '\u{180e}' | '\u{200c}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2063}' | '\u{206a}'..='\u{206f}'
            | '\u{2ff0}'..='\u{2ffb}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffd}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}' | '\u{f0000}'..
    );
    is_blank || is_no_character || has_no_form || matches!(c, '.' | '。')
}

/// Punycode (RFC 3492 §6.3) of at most 63 characters, not all of them ASCII. So `delta` stays below 2^27.
fn punycode(label: &str) -> String {
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic: u32 = label.chars().filter(char::is_ascii).map(|_| 1).sum();
    if basic > 0 {
        output.push('-');
    }
    let mut beyond: Vec<u32> = label.chars().map(u32::from).filter(|c| *c >= INITIAL_N).collect();
    beyond.sort_unstable();
    beyond.dedup();
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0, INITIAL_BIAS, basic);
    for code_point in beyond {
        delta += (code_point - n) * (handled + 1);
        n = code_point;
        for c in label.chars().map(u32::from) {
            if c < n {
                delta += 1;
            }
            if c == n {
                push_integer(&mut output, delta, bias);
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta += 1;
        n += 1;
    }
    output
}

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 0x80;

/// Appends `value` as a generalised variable-length integer (RFC 3492 §3.3).
fn push_integer(output: &mut String, mut value: u32, bias: u32) {
    for k in (BASE..).step_by(36) {
        let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if value < t {
            break;
        }
        push_digit(output, t + (value - t) % (BASE - t));
        value = (value - t) / (BASE - t);
    }
    push_digit(output, value);
}

/// 0 to 25 are letters, 26 to 35 are digits.
fn push_digit(output: &mut String, digit: u32) {
    let offset = if digit < 26 { u32::from(b'a') } else { u32::from(b'0') - 26 };
    output.extend(char::from_u32(digit + offset));
}

/// Bias for the next integer (RFC 3492 §6.1).
const fn adapt(delta: u32, points: u32, is_first: bool) -> u32 {
    let mut delta = delta / if is_first { DAMP } else { 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3492 §7.1, the samples without capitals.
    #[test]
    fn punycode_of_the_rfc() {
        for (text, expected) in [
            ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb"),
            ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
            ("ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v"),
            ("そのスピードで", "d9juau41awczczp"),
        ] {
            assert_eq!(punycode(text), expected, "{text}");
        }
    }

    /// Expected values: `ToASCII` of Python's standard library, which implements RFC 3490.
    #[test]
    fn names_beyond_ascii_take_their_registered_form() {
        for (typed, expected) in [
            ("Bücher", "xn--bcher-kva"),
            ("MÜNCHEN", "xn--mnchen-3ya"),
            ("u\u{308}", "xn--tda"),
            ("straße", "strasse"),
            ("ẞ", "ss"),
            ("παράδειγμας", "xn--hxajbheg2az3al3a"),
            ("ПРИМЕР", "xn--e1afmkfd"),
            ("例え", "xn--r8jz45g"),
            ("ﾃｽﾄ", "xn--zckzah"),
            ("قهوة", "xn--ogb3cpe"),
            ("ıstanbul", "xn--stanbul-qfb"),
            ("İstanbul", "xn--istanbul-o0e"),
            ("ﬁ", "fi"),
            ("Ａü", "xn--a-eha"),
            ("ℌü", "xn--h-eha"),
            ("ŉa", "xn--na-bob"),
            ("ᾳ", "xn--mxaq"),
            ("Ω", "xn--bya"),
            ("a\u{ad}ü", "xn--a-eha"),
            ("x\u{200d}ü", "xn--x-eha"),
            ("😀", "xn--e28h"),
        ] {
            assert_eq!(to_ascii(typed).as_deref(), Some(expected), "{typed}");
        }
        // RFC 3454 has no mapping for Cherokee, which had one case then. Python goes by today's Unicode here.
        assert_eq!(to_ascii("Ꭰ").as_deref(), Some("xn--58d"));
    }

    /// First and last of each range of RFC 3454, tables C.1.2 and C.2 to C.9, and what lies beside it.
    #[test]
    fn prohibited_characters_are_those_of_the_rfc() {
        for (first, last) in [
            ('\u{80}', '\u{a0}'),
            ('\u{340}', '\u{341}'),
            ('\u{6dd}', '\u{6dd}'),
            ('\u{70f}', '\u{70f}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{180e}', '\u{180e}'),
            ('\u{200c}', '\u{200f}'),
            ('\u{2028}', '\u{202f}'),
            ('\u{205f}', '\u{2063}'),
            ('\u{206a}', '\u{206f}'),
            ('\u{2ff0}', '\u{2ffb}'),
            ('\u{3000}', '\u{3000}'),
            ('\u{e000}', '\u{f8ff}'),
            ('\u{fdd0}', '\u{fdef}'),
            ('\u{feff}', '\u{feff}'),
            ('\u{fff9}', '\u{ffff}'),
            ('\u{1d173}', '\u{1d17a}'),
            ('\u{1fffe}', '\u{1ffff}'),
            ('\u{dfffe}', '\u{dffff}'),
            ('\u{e0001}', '\u{e0001}'),
            ('\u{e0020}', '\u{e007f}'),
            ('\u{efffe}', '\u{fffff}'),
        ] {
            assert!((first..=last).all(is_prohibited), "{first:?} to {last:?}");
            let beside = [u32::from(first) - 1, u32::from(last) + 1].map(char::from_u32);
            let beside = beside.into_iter().flatten();
            // Control characters of ASCII stand before the first row, private use behind the last.
            for c in beside.filter(|c| !matches!(c, '\u{7f}' | '\u{100000}')) {
                assert!(!is_prohibited(c), "{c:?}");
            }
        }
    }

    #[test]
    fn what_has_no_ascii_form_is_refused() {
        let long = "x".repeat(58) + "ü";
        for typed in [
            "xn--ü",
            "\u{e000}",
            "ü b",
            "ü\u{3000}",
            "日本語。ü",
            "ü．de",
            "a\u{202e}ü",
            "\u{7f}ü",
            &long,
        ] {
            assert_eq!(to_ascii(typed), None, "{typed:?}");
        }
        assert_eq!(to_ascii(&"ü".repeat(64)), None);
        let longest = to_ascii(&("x".repeat(55) + "ü")).unwrap();
        assert_eq!(longest.len(), 63);
    }
}
