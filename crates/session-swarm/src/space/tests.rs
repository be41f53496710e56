use alloc::string::ToString;

use session_crypto::encoding::hex;

use super::*;

/// Last 64 digits of the ids of §1.2, with their positions.
const POSITIONS: [(&str, u64); 13] = [
    ("3506f4a71324b7dd114eddbf4e311f39dde243e1f2cb97c40db1961f70ebaae8", 17589930838143112648),
    ("cf27da303a50ac8c4b2d43d27259505c9bcd73fc21cf2a57902c3d050730b604", 10370619079776428163),
    ("d3511706b8b34f6e8411bf07bd22ba6b2435ca56846fbccf6eb1e166a6cd15cc", 2144983569669512198),
    ("0f06693428fca9102a451e3f28d9cc743d8ea60a89ab6aa69eb119470c11cbd3", 9690840703409570833),
    ("ffba630924aa1224bb930dde21c0d11bf004608f2812217f8ac812d6c7e3ad48", 4532060000165252872),
    ("eeeeeeeeeeeeeeee777777777777777711111111111111118888888888888888", 0),
    ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0),
    ("fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe", 1),
    ("ffffffffffffffffffffffffffffffffffffffffffffffff7fffffffffffffff", 1 << 63),
    ("000000000000000000000000000000000000000000000000ffffffffffffffff", u64::MAX),
    ("c5ba413c336f2fe1fb9a2c525f8a86a412a1db128a7841b4e0e217fa9eb7fd5e", 0xcc63a186782a15af),
    ("f1e8b64bbf761edf8f7b47e3a1f369985644cce0a62adb8e21604474bdd49627", 0x09b7793c057b3aee),
    ("c50cb3ae956947a8de19135b5be2685ff348afc63fc34a837aca12bc5c1f5625", 0x92971d8fad573351),
];

/// Table A of §1.6 for [`TABLE_A_IDS`].
const TABLE_A: [(u64, u64); 29] = [
    (0x64, 100),
    (0xc8, 200),
    (0x1f2, 498),
    (0, 100),
    (1, 100),
    (0x8000000000000000, 694),
    (0xa000000000000000, 100),
    (u64::MAX, 100),
    (u64::MAX - 1, 100),
    (0x95, 100),
    (0x96, 100),
    (0x97, 200),
    (0xf9, 200),
    (0xfa, 200),
    (0xfb, 300),
    (0x15d, 300),
    (0x15e, 399),
    (0x1c0, 399),
    (0x1c1, 498),
    (0x222, 498),
    (0x223, 498),
    (0x224, 596),
    (0x285, 596),
    (0x286, 694),
    (0x800000000000018c, 694),
    (0x800000000000018d, 694),
    (0x800000000000018e, 100),
    (0x12c, 300),
    (0x2b6, 694),
];
const TABLE_A_IDS: [u64; 7] = [100, 200, 300, 399, 498, 596, 694];

fn ring(ids: &[u64]) -> SwarmRing {
    SwarmRing::new(ids.iter().map(|id| SwarmId(*id)))
}

#[test]
fn positions_match_the_table_of_the_specification() {
    for (key, position) in POSITIONS {
        let key = hex::decode_array(key).unwrap();
        assert_eq!(SwarmPosition::of_key(&key).get(), position, "{key:02x?}");
    }
}

#[test]
fn ties_go_anticlockwise_even_across_the_wrap() {
    let ring = ring(&TABLE_A_IDS);
    for (point, swarm) in TABLE_A {
        assert_eq!(ring.nearest(SwarmPosition(point)), Some(SwarmId(swarm)), "point {point:x}");
    }
}

#[test]
fn swarms_near_the_wrap_point_serve_both_sides() {
    let mut ids = TABLE_A_IDS.to_vec();
    ids.push(u64::MAX - 19);
    for (point, swarm) in [(0x27, u64::MAX - 19), (0x28, u64::MAX - 19), (0x29, 100)] {
        assert_eq!(ring(&ids).nearest(SwarmPosition(point)), Some(SwarmId(swarm)), "{point:x}");
    }
    ids.push(0);
    for point in [u64::MAX, u64::MAX - 1] {
        assert_eq!(ring(&ids).nearest(SwarmPosition(point)), Some(SwarmId(0)), "{point:x}");
    }
}

#[test]
fn ranges_match_the_table_of_the_specification() {
    let table_b = [
        (0, 0xf878787878787879, 0x1fffffffffffffff),
        (0x3fffffffffffffff, 0x2000000000000000, 0x5fffffffffffffff),
        (0x7fffffffffffffff, 0x6000000000000000, 0x9fffffffffffffff),
        (0xbfffffffffffffff, 0xa000000000000000, 0xd878787878787877),
        (0xf0f0f0f0f0f0f0f0, 0xd878787878787878, 0xf878787878787878),
    ];
    let ring = ring(&table_b.map(|(id, ..)| id));
    for (id, first, last) in table_b {
        let range = ring.range(SwarmId(id)).unwrap();
        assert_eq!((range.first().get(), range.last().get()), (first, last), "{id:x}");
        for (point, inside) in [
            (first, true),
            (last, true),
            (id, true),
            (first.wrapping_sub(1), false),
            (last.wrapping_add(1), false),
        ] {
            assert_eq!(range.contains(SwarmPosition(point)), inside, "{point:x} in {id:x}");
        }
    }
    let serves =
        [(10, 0xbfffffffffffffff), (11, 0), (12, 0x7fffffffffffffff), (4, 0x3fffffffffffffff)];
    for (row, id) in serves {
        assert_eq!(ring.nearest(SwarmPosition(POSITIONS[row].1)), Some(SwarmId(id)), "row {row}");
    }
}

#[test]
fn adjacent_swarms_share_the_ring() {
    let ring = ring(&[0x10, 0x11]);
    let range = |id| ring.range(SwarmId(id)).map(|range| (range.first().get(), range.last().get()));
    assert_eq!(range(0x10), Some((0x8000000000000011, 0x10)));
    assert_eq!(range(0x11), Some((0x11, 0x8000000000000010)));
    assert_eq!(range(0x12), None);
}

#[test]
fn a_lone_swarm_serves_everything_and_an_empty_ring_nothing() {
    for point in [0, 7, u64::MAX] {
        assert_eq!(ring(&[7]).nearest(SwarmPosition(point)), Some(SwarmId(7)));
        assert!(ring(&[7]).range(SwarmId(7)).unwrap().contains(SwarmPosition(point)));
        assert_eq!(ring(&[]).nearest(SwarmPosition(point)), None);
    }
}

#[test]
fn the_mark_of_unassigned_nodes_is_no_id() {
    assert_eq!(SwarmId::try_from(u64::MAX), Err(UnassignedSwarm));
    assert_eq!(SwarmId::try_from(u64::MAX - 1), Ok(SwarmId::MAX));
    assert_eq!(
        "ffffffffffffffff".parse::<SwarmId>(),
        Err(ParseSwarmIdError::Unassigned(UnassignedSwarm))
    );
}

#[test]
fn text_forms_have_one_spelling() {
    for (id, text) in [(0, "0"), (0x1f, "1f"), (u64::MAX - 1, "fffffffffffffffe")] {
        assert_eq!(SwarmId(id).to_string(), text);
        assert_eq!(text.parse(), Ok(SwarmId(id)), "{text}");
    }
    for text in ["", "00", "01f", "1F", "+1", "-0", "0x1", " 1", "fffffffffffffffff"] {
        assert_eq!(text.parse::<SwarmId>(), Err(ParseSwarmIdError::Malformed), "{text:?}");
    }
}
