//! QR codes of Account IDs and seeds, as SVG and as text for a terminal (feature `qr`; 01 §5).
//!
//! ```
//! use session_identity::{link::Payload, qr::QrCode};
//!
//! let id = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69".parse()?;
//! let code = QrCode::new(&Payload::AccountId(id).expose_text())?;
//! println!("{}", code.to_terminal().as_str());
//! assert!(code.to_svg().starts_with("<svg "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{string::String, vec, vec::Vec};
use core::{
    fmt::{self, Write as _},
    iter,
};

use qrcodegen_no_heap::{QrCodeEcc, Version};
use zeroize::Zeroizing;

/// Width of the light border that a reader needs, in modules.
const BORDER: i32 = 4;

/// QR code of a text: a square of dark and light modules. It is wiped when dropped, as the text may be a
/// secret.
#[derive(Clone)]
pub struct QrCode {
    side: usize,
    /// Row by row, `true` for dark.
    modules: Zeroizing<Vec<bool>>,
}

impl QrCode {
    /// QR code of `text`, in byte mode, with error correction of level M or better.
    ///
    /// # Errors
    /// [`TextTooLong`] for more than 2331 bytes.
    pub fn new(text: &str) -> Result<Self, TextTooLong> {
        let too_long = TextTooLong { found: text.len() };
        let room = || Zeroizing::new(vec![0; Version::MAX.buffer_len()]);
        let [mut work, mut drawing] = [room(), room()];
        work.get_mut(..text.len()).ok_or(too_long)?.copy_from_slice(text.as_bytes());
        let code = qrcodegen_no_heap::QrCode::encode_binary(
            &mut work,
            text.len(),
            &mut drawing,
            QrCodeEcc::Medium,
            Version::MIN,
            Version::MAX,
            None,
            true,
        )
        .map_err(|_| too_long)?;
        // Outside the code every module is light, which makes the border.
        let line = || -BORDER..code.size() + BORDER;
        let places = line().flat_map(|y| line().map(move |x| (x, y)));
        let mut modules = Zeroizing::new(Vec::with_capacity(line().len().pow(2)));
        modules.extend(places.map(|(x, y)| code.get_module(x, y)));
        Ok(Self { side: line().len(), modules })
    }

    /// Rows of modules from the top, `true` for dark, with a light border of four.
    pub fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.modules.chunks(self.side)
    }

    /// The code as an SVG document, one unit for each module; scale it as you like.
    #[must_use]
    pub fn to_svg(&self) -> Zeroizing<String> {
        // Room for the longest path: a reallocation would leave a copy behind.
        let mut svg = Zeroizing::new(String::with_capacity(300 + 12 * self.modules.len()));
        // Writing to a string cannot fail.
        let _ = self.write_svg(&mut svg);
        svg
    }

    fn write_svg(&self, svg: &mut String) -> fmt::Result {
        let side = self.side;
        write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
             <path d=\""
        )?;
        for (y, row) in self.rows().enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, next| one == next) {
                let width = run.len();
                if run.first() == Some(&true) {
                    write!(svg, "M{x} {y}h{width}v1h-{width}z")?;
                }
                x += width;
            }
        }
        svg.write_str("\"/></svg>")
    }

    /// The code for a terminal with light letters on a dark ground: two rows of modules to a line.
    #[must_use]
    pub fn to_terminal(&self) -> Zeroizing<String> {
        // Each letter has at most three bytes; each line has one letter for a column, and its end.
        let room = self.side.div_ceil(2) * (3 * self.side + 1);
        let mut text = Zeroizing::new(String::with_capacity(room));
        for rows in self.modules.chunks(2 * self.side) {
            let (upper, lower) = rows.split_at(self.side);
            // The number of rows is odd: below the last there is nothing to light up.
            let lower = lower.iter().chain(iter::repeat(&true));
            text.extend(upper.iter().zip(lower).map(|halves| match halves {
                (false, false) => '█',
                (false, true) => '▀',
                (true, false) => '▄',
                (true, true) => ' ',
            }));
            text.push('\n');
        }
        text
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QrCode(..)")
    }
}

/// The text does not fit into the largest QR code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("text of {found} bytes is too long for a qr code")]
pub struct TextTooLong {
    /// Bytes that were given; 2331 are possible.
    pub found: usize,
}
