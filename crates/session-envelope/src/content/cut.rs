//! Texts that are longer than their sender may write (02 §9.2, 09 §4 step 9).

/// So far back a cut looks for the start of what belongs together, in code points. Longer runs are cut where they are.
const LONGEST_CLUSTER: usize = 32;

/// The start of `text`, at most `limit` Unicode code points of it.
///
/// It ends in front of a whole character as readers see it where that is near: an accent stays with its letter, and an
/// emoji of several code points is left out whole.
///
/// ```
/// use session_envelope::content::cut_text;
///
/// assert_eq!(cut_text("hello", 4), "hell");
/// assert_eq!(cut_text("hello", 5), "hello");
/// assert_eq!(cut_text("hi \u{1f468}\u{200d}\u{1f469}", 4), "hi ");
/// ```
#[must_use]
pub fn cut_text(text: &str, limit: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(limit) else { return text };
    let (hard, _) = text.split_at_checked(end).unwrap_or((text, ""));
    let starts = hard.char_indices().map(|(start, _)| start).rev().take(LONGEST_CLUSTER);
    let mut cuts = core::iter::once(end).chain(starts);
    let cut = cuts.find(|cut| is_between_clusters(text, *cut)).unwrap_or(end);
    text.get(..cut).unwrap_or(hard)
}

/// Whether the character after `cut` begins something that is shown by itself.
fn is_between_clusters(text: &str, cut: usize) -> bool {
    let (before, after) = text.split_at_checked(cut).unwrap_or((text, ""));
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else {
        return true;
    };
    let flags = before.chars().rev().take_while(|c| is_flag_half(*c)).count();
    let splits_flag = is_flag_half(next) && flags % 2 == 1;
    !(extends(next) || last == '\u{200d}' || splits_flag || (last == '\r' && next == '\n'))
}

/// Half of the flag of a country.
const fn is_flag_half(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Joiners, combining marks of the common blocks, variation selectors, skin tones, tags.
const fn extends(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{93a}'..='\u{93c}'
        | '\u{93e}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200c}'..='\u{200d}'
        | '\u{20d0}'..='\u{20ff}' | '\u{3099}'..='\u{309a}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}'
        | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use super::*;

    #[test]
    fn code_points_are_counted() {
        for (text, limit, cut) in [
            ("", 0, ""),
            ("abc", 0, ""),
            ("abc", 2, "ab"),
            ("abc", 3, "abc"),
            ("abc", usize::MAX, "abc"),
            ("жжж", 2, "жж"),
            ("😀😀😀", 2, "😀😀"),
        ] {
            assert_eq!(cut_text(text, limit), cut, "{text} {limit}");
        }
        for limit in [2_000, 10_000] {
            let longest = "😀".repeat(limit);
            assert_eq!(cut_text(&longest, limit), longest);
            assert_eq!(cut_text(&format!("{longest}a"), limit), longest);
        }
    }

    #[test]
    fn what_is_shown_as_one_is_not_split() {
        for (whole, length) in [
            ("e\u{301}", 2),
            ("👍\u{1f3fd}", 2),
            ("👨\u{200d}👩\u{200d}👧", 5),
            ("❤\u{fe0f}", 2),
            ("🇩🇪", 2),
            ("\r\n", 2),
            ("🏴\u{e0067}\u{e0062}\u{e007f}", 4),
        ] {
            let text = format!("ab{whole}c");
            for inside in 1..length {
                assert_eq!(cut_text(&text, 2 + inside), "ab", "{whole:?} {inside}");
            }
            assert_eq!(cut_text(&text, 2 + length), format!("ab{whole}"), "{whole:?}");
        }
        assert_eq!(cut_text("🇩🇪🇫🇷🇮🇹", 3), "🇩🇪");
        assert_eq!(cut_text("🇩🇪🇫🇷🇮🇹", 4), "🇩🇪🇫🇷");
    }

    #[test]
    fn endless_clusters_are_cut() {
        let endless: String = format!("a{}", "\u{301}".repeat(3_000));
        assert_eq!(cut_text(&endless, 2_000).chars().count(), 2_000);
        let within = format!("ab{}", "\u{301}".repeat(40));
        assert_eq!(cut_text(&within, 20), "a");
        let flags = "🇩".repeat(100_001);
        assert_eq!(cut_text(&flags, 100_000).chars().count(), 100_000);
    }
}
