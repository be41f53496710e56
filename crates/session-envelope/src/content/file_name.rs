//! File names of peers, made safe to save under (03 §1.4).

use alloc::string::String;

/// Longest name that common file systems take, in bytes of UTF-8.
pub const MAX_FILE_NAME_LENGTH: usize = 255;
/// A longer ending than this is no extension, and is cut like the rest; in bytes with its dot.
const MAX_EXTENSION_LENGTH: usize = 16;

/// The name under which a file of a peer can be saved in a folder, or `None` if nothing is left of `name` (03 §1.4).
///
/// The result is one name and no path on any system: it has no separators, controls, invisible characters or
/// characters that Windows reserves, neither begins nor ends with white space, does not end with a dot, is not the
/// name of a device, and has at most [`MAX_FILE_NAME_LENGTH`] bytes. That a file of this name exists already is for
/// the application to check.
///
/// ```
/// use session_envelope::content::safe_file_name;
///
/// assert_eq!(safe_file_name("../../etc/passwd").as_deref(), Some("passwd"));
/// assert_eq!(safe_file_name("nul.txt").as_deref(), Some("_nul.txt"));
/// assert_eq!(safe_file_name(".."), None);
/// ```
#[must_use]
pub fn safe_file_name(name: &str) -> Option<String> {
    // 1: the last part of a path of either kind of system.
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // 2, 3.
    let visible = last.chars().filter(|character| !is_hidden(*character));
    let mut safe: String = visible.map(|c| if is_reserved(c) { '_' } else { c }).collect();
    // 4, 5.
    trim(&mut safe);
    if safe.is_empty() {
        return None;
    }
    // 6, 7.
    if is_device(&safe) {
        safe.insert(0, '_');
    }
    shorten(&mut safe);
    Some(safe)
}

/// Removes white space around the name and, as Windows does, dots at its end.
fn trim(name: &mut String) {
    let end = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).len();
    name.truncate(end);
    let start = name.len().saturating_sub(name.trim_start().len());
    name.drain(..start);
}

/// Cuts a name that is too long, in front of its extension.
fn shorten(name: &mut String) {
    if name.len() <= MAX_FILE_NAME_LENGTH {
        return;
    }
    let extension = name.rfind('.').and_then(|dot| name.get(dot..));
    let extension = extension.filter(|extension| extension.len() <= MAX_EXTENSION_LENGTH);
    let extension = String::from(extension.unwrap_or_default());
    let longest = MAX_FILE_NAME_LENGTH.saturating_sub(extension.len());
    let end = (0..=longest).rev().find(|end| name.is_char_boundary(*end));
    name.truncate(end.unwrap_or(0));
    name.push_str(&extension);
    trim(name);
}

/// Characters that Windows allows in no name.
const fn is_reserved(character: char) -> bool {
    matches!(character, '<' | '>' | ':' | '"' | '|' | '?' | '*')
}

/// Controls, format characters (category Cf of Unicode 16), and the separators of lines and paragraphs: a name that
/// holds them is shown as another.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

/// Whether Windows takes the name for a device: it looks at what stands before the first dot, without blanks at its
/// end.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is = |device: &str| stem.eq_ignore_ascii_case(device);
    let is_port = |port: &str| {
        let (start, number) = stem.split_at_checked(3).unwrap_or_default();
        let mut number = number.chars();
        let is_number = matches!(number.next(), Some('1'..='9' | '¹' | '²' | '³'));
        start.eq_ignore_ascii_case(port) && is_number && number.next().is_none()
    };
    ["CON", "PRN", "AUX", "NUL"].into_iter().any(is) || ["COM", "LPT"].into_iter().any(is_port)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn shows(name: &str, safe: Option<&str>) {
        assert_eq!(safe_file_name(name).as_deref(), safe, "{name:?}");
    }

    #[test]
    fn only_the_last_part_of_a_path_counts() {
        shows("photo.jpg", Some("photo.jpg"));
        shows("../../etc/passwd", Some("passwd"));
        shows("C:\\x\\evil.exe", Some("evil.exe"));
        shows("a\\b/c", Some("c"));
        shows("a/", None);
        shows("a/..", None);
        shows("C:evil.exe", Some("C_evil.exe"));
    }

    #[test]
    fn what_is_not_seen_goes() {
        for hidden in ['\0', '\n', '\u{7f}', '\u{85}', '\u{ad}', '\u{180e}', '\u{200d}', '\u{2029}']
        {
            shows(&format!("x{hidden}y"), Some("xy"));
        }
        for hidden in ['\u{202e}', '\u{2066}', '\u{feff}', '\u{e0041}', '\u{13439}'] {
            shows(&format!("x{hidden}y"), Some("xy"));
        }
        shows("CO\u{200b}N", Some("_CON"));
        shows(".\u{200b}.", None);
        for shown in ["ü.png", "…", "\u{2065}", "a\u{fe0f}", "e\u{301}"] {
            shows(shown, Some(shown));
        }
    }

    #[test]
    fn reserved_characters_are_replaced() {
        shows("a<b>c:d\"e|f?g*h", Some("a_b_c_d_e_f_g_h"));
        shows("?", Some("_"));
    }

    #[test]
    fn ends_are_clean() {
        shows(" a ", Some("a"));
        shows("evil.exe . .", Some("evil.exe"));
        shows("\u{3000}a\u{a0}", Some("a"));
        shows(" .bashrc", Some(".bashrc"));
        for nothing in ["", " ", ".", "..", ". .", " ...", "\u{a0}."] {
            shows(nothing, None);
        }
    }

    #[test]
    fn devices_get_another_name() {
        for device in ["CON", "con", "Prn", "AUX", "nul", "COM1", "com9", "LPT1", "COM¹", "lpt³"]
        {
            shows(device, Some(&format!("_{device}")));
            shows(&format!("{device}.tar.gz"), Some(&format!("_{device}.tar.gz")));
            shows(&format!("{device} .x"), Some(&format!("_{device} .x")));
        }
        for other in
            ["CONS", "_CON", "COM0", "COM", "COM10", "COM⁴", "a.CON", "XCOM1", "Nül", "éCO"]
        {
            shows(other, Some(other));
        }
    }

    #[test]
    fn long_names_are_cut_in_front_of_their_extension() {
        let long = |stem: usize, rest: &str| format!("{}{rest}", "n".repeat(stem));
        shows(&long(255, ""), Some(&long(255, "")));
        shows(&long(256, ""), Some(&long(255, "")));
        shows(&long(300, ".tar.gz"), Some(&long(252, ".gz")));
        // 16 bytes with the dot are an extension, 17 are not.
        shows(&long(300, ".123456789012345"), Some(&long(239, ".123456789012345")));
        shows(&long(300, ".1234567890123456"), Some(&long(255, "")));
        shows(&long(250, ".1234567890123456"), Some(&long(250, ".1234")));
        // Of a character that does not fit, nothing is left; the end is clean again.
        shows(&format!("{}.txt", "ж".repeat(200)), Some(&format!("{}.txt", "ж".repeat(125))));
        shows(&long(254, &format!(" {}", "x".repeat(50))), Some(&long(254, "")));
        shows(&long(254, &format!(".{}", "x".repeat(50))), Some(&long(254, "")));
        let device = format!("NUL.{}", "x".repeat(300));
        shows(&device, Some(&format!("_NUL.{}", "x".repeat(250))));
    }

    #[test]
    fn a_safe_name_stays() {
        for name in ["a.txt", "_NUL", "x.y ", "CON", &"ж".repeat(200), &"a. ".repeat(100)] {
            let safe = safe_file_name(name);
            assert_eq!(safe.as_deref().and_then(safe_file_name), safe, "{name:?}");
        }
    }
}
