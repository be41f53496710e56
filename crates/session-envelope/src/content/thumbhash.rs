//! Lengths of ThumbHashes, the tiny previews of pictures that newest clients put into pointers (10 §21.4).

/// Whether `bytes` are as long as a ThumbHash with their header is: at most 24 bytes, 25 with transparency. Anything else
/// is to be treated as absent.
///
/// The number of the field in [`Attachment`](super::Attachment) is not published yet; what stands there survives as a
/// field of a newer client.
#[must_use]
pub fn is_thumbhash(bytes: &[u8]) -> bool {
    let [_, _, colours, low, high, ..] = *bytes else { return false };
    let has_alpha = colours & 0x80 != 0;
    let (short, long) = (low & 7, if has_alpha { 5 } else { 7 });
    let (x, y) = if high & 0x80 != 0 { (long, short) } else { (short, long) };
    let luminance = coefficients(x.max(3), y.max(3));
    let (header, alpha) = if has_alpha { (6, coefficients(5, 5)) } else { (5, 0) };
    let colour = coefficients(3, 3);
    // Four bits each.
    let nibbles = luminance.saturating_add(colour).saturating_add(colour).saturating_add(alpha);
    (1..=long).contains(&short) && bytes.len() == nibbles.div_ceil(2).saturating_add(header)
}

/// Coefficients of a grid below its diagonal, without the first, which stands in the header.
fn coefficients(x: u8, y: u8) -> usize {
    let [nx, ny] = [x, y].map(u16::from);
    let in_row = |cy: &u16| {
        let right = nx.saturating_mul(ny.saturating_sub(*cy));
        (0..nx).filter(|cx| cx.saturating_mul(ny) < right).count()
    };
    (0..ny).map(|cy| in_row(&cy)).sum::<usize>().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// Length of a ThumbHash with this header, found by trying all.
    fn length(short: u8, landscape: bool, alpha: bool) -> Option<usize> {
        let fits = |length: &usize| {
            let mut bytes = vec![0x7f; *length];
            if let [_, _, colours, low, high, ..] = bytes.as_mut_slice() {
                *colours = if alpha { 0xff } else { 0x7f };
                (*low, *high) = (0xf8 | short, if landscape { 0xff } else { 0x7f });
            }
            is_thumbhash(&bytes)
        };
        let found: vec::Vec<_> = (0..100).filter(fits).collect();
        assert!(found.len() < 2, "{found:?}");
        found.first().copied()
    }

    #[test]
    fn the_header_implies_the_length() {
        // A grid of 7 by n has ⌈7 − 7·cy/n⌉ coefficients in row cy, less the first in all: for n = 3, 7 + 5 + 3 − 1 = 14.
        for (short, without, with) in [
            (1, 17, Some(23)),
            (2, 17, Some(23)),
            (3, 17, Some(23)),
            (4, 19, Some(25)),
            (5, 21, Some(25)),
            // With transparency the long side is 5.
            (6, 23, None),
            (7, 24, None),
        ] {
            for landscape in [false, true] {
                assert_eq!(length(short, landscape, false), Some(without), "{short} {landscape}");
                assert_eq!(length(short, landscape, true), with, "{short} {landscape} alpha");
            }
        }
        for alpha in [false, true] {
            assert_eq!(length(0, true, alpha), None);
        }
        for short in 0..5 {
            assert!(!is_thumbhash(&vec![0x7f; short]), "{short}");
        }
    }
}
