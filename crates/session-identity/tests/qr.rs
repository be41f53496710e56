//! QR codes, read back from both drawings by another implementation.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use rqrr::{Grid, SimpleGrid};
use session_identity::qr::{QrCode, TextTooLong};

const ID: &str = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";

/// Text of a drawing with its border; `true` is dark.
fn read(rows: &[Vec<bool>]) -> String {
    let border = rows.iter().take_while(|row| row.iter().all(|dark| !dark)).count();
    assert!(border >= 4, "border of {border}");
    let inner = |line: &[bool]| line[border..line.len() - border].to_vec();
    for row in rows {
        let (left, right) = (&row[..border], &row[row.len() - border..]);
        assert!(left.iter().chain(right).all(|dark| !dark), "no border at the sides");
    }
    let code: Vec<_> = rows[border..rows.len() - border].iter().map(|row| inner(row)).collect();
    let grid = SimpleGrid::from_func(code.len(), |x, y| code[y][x]);
    Grid::new(grid).decode().unwrap().1
}

/// Modules of a terminal drawing, in which light is lit.
fn from_terminal(text: &str) -> Vec<Vec<bool>> {
    let halves = |letter| match letter {
        '█' => (false, false),
        '▀' => (false, true),
        '▄' => (true, false),
        ' ' => (true, true),
        other => panic!("{other:?} in the drawing"),
    };
    let mut rows = Vec::new();
    for line in text.lines() {
        let (upper, lower) = line.chars().map(halves).unzip();
        rows.extend([upper, lower]);
    }
    // The number of rows is odd.
    let below: Vec<bool> = rows.pop().unwrap();
    assert!(below.iter().all(|dark| *dark), "lit below the code");
    rows
}

/// Modules of an SVG drawing: a light ground, and a path of dark runs `Mx yhwv1h-wz`.
fn from_svg(svg: &str) -> Vec<Vec<bool>> {
    let (_, rest) = svg.split_once("viewBox=\"0 0 ").unwrap();
    let side: usize = rest.split([' ', '"']).next().unwrap().parse().unwrap();
    let ground = format!("<path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>");
    let (_, rest) = rest.split_once(&ground).unwrap();
    let path = rest.strip_prefix("<path d=\"").and_then(|rest| rest.strip_suffix("\"/></svg>"));
    let mut rows = vec![vec![false; side]; side];
    for run in path.unwrap().split_terminator('z') {
        let (x, rest) = run.strip_prefix('M').unwrap().split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let (width, back) = rest.split_once("v1h-").unwrap();
        assert_eq!(width, back);
        let [x, y, width]: [usize; 3] = [x, y, width].map(|number| number.parse().unwrap());
        rows[y][x..x + width].fill(true);
    }
    rows
}

#[test]
fn both_drawings_are_read_back() {
    let url = format!("https://open.getsession.org/lobby?public_key={}", &ID.repeat(2)[2..66]);
    for text in [ID, &ID[2..34], &ID.repeat(35), "", &url] {
        let code = QrCode::new(text).unwrap();
        let rows: Vec<_> = code.rows().map(<[bool]>::to_vec).collect();
        assert_eq!(read(&rows), text);
        assert_eq!(from_terminal(&code.to_terminal()), rows);
        assert_eq!(from_svg(&code.to_svg()), rows);
    }
}

#[test]
fn a_text_that_does_not_fit_is_an_error() {
    assert!(QrCode::new(&"a".repeat(2331)).is_ok());
    for found in [2332, 2953, 2954, 3917, 3918, 3919, 100_000] {
        let error: TextTooLong = QrCode::new(&"a".repeat(found)).unwrap_err();
        assert_eq!(error.found, found);
    }
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", QrCode::new(ID).unwrap()), "QrCode(..)");
}
