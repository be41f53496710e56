//! The state machine of an object: pushes, confirmations, merges, dumps, and hostile messages.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use session_config::{
    Config, Contacts, GroupInfo, GroupMembers, Incoming, StoredHash,
    compression::DecompressError,
    config::{LoadError, PushError, Rejection, Status},
    contacts::Contact,
    data::Value,
    encryption::{ConfigKey, Domain},
    group_info::EditGroupError,
    group_members::{Member, MemberStatus, PendingRemoval, Progress},
    message::{Authority, Lag, Message, ParseError},
    multipart::PartError,
    padding,
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::base64,
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn keypair(byte: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([byte; 32]))
}

fn device() -> Config<Contacts> {
    Config::new(&keypair(7))
}

fn contact(number: u32, name: &str) -> Contact {
    let key: [u8; 32] = Blake2b::new().chain(&number.to_be_bytes()).finalize();
    let id = AccountId::from_public_key(X25519PublicKey::from_bytes(key));
    let mut contact = Contact::new(id);
    contact.set_name(name);
    contact
}

fn hash(name: &str) -> StoredHash {
    StoredHash::new(name)
}

/// Pushes and has the messages stored as `name-0`, `name-1` …
fn push(device: &mut Config<Contacts>, name: &str) -> Vec<(StoredHash, Vec<u8>)> {
    let push = device.push(NOW).unwrap();
    let stored = (0..).zip(push.messages());
    let stored: Vec<_> = stored.map(|(n, m)| (hash(&format!("{name}-{n}")), m.clone())).collect();
    device.confirm_pushed(push.seqno(), stored.iter().map(|(hash, _)| hash.clone()));
    stored
}

fn merge(device: &mut Config<Contacts>, stored: &[(StoredHash, Vec<u8>)]) -> Vec<Rejection> {
    let incoming: Vec<_> = stored.iter().map(|(h, m)| Incoming::new(h.clone(), m)).collect();
    let report = device.merge(&incoming, NOW).unwrap();
    report.rejected().iter().map(|(_, rejection)| *rejection).collect()
}

/// `body` as somebody stores it who has the account's key.
fn blob(body: &[u8]) -> Vec<u8> {
    let key = ConfigKey::of_account(&keypair(7).seed());
    key.encrypt(Domain::new("Contacts").unwrap(), &padding::pad(body))
}

#[test]
fn what_changes_nothing_makes_no_revision() {
    let mut device = device();
    device.set(&contact(1, "a"));
    push(&mut device, "one");
    assert_eq!((device.status(), device.seqno()), (Status::Clean, 1));
    device.dump(NOW);
    device.set(&contact(1, "a"));
    assert!(!device.remove(&contact(2, "").id()));
    assert_eq!((device.status(), device.seqno()), (Status::Clean, 1));
    assert!(!device.needs_dump());
}

#[test]
fn a_confirmation_of_an_older_push_is_ignored() {
    let mut device = device();
    device.set(&contact(1, "a"));
    let first = device.push(NOW).unwrap();
    assert_eq!(device.status(), Status::Waiting);
    assert!(device.needs_push(), "it may have failed");
    device.set(&contact(2, "b"));
    device.confirm_pushed(first.seqno(), [hash("first")]);
    assert_eq!((device.status(), device.seqno()), (Status::Dirty, 2));
    let second = device.push(NOW).unwrap();
    device.confirm_pushed(first.seqno(), [hash("first")]);
    assert_eq!(device.status(), Status::Waiting);
    device.confirm_pushed(second.seqno(), [hash("second")]);
    device.confirm_pushed(second.seqno(), [hash("other")]);
    assert_eq!(device.current_hashes().collect::<Vec<_>>(), [&hash("second")]);
}

#[test]
fn obsolete_messages_are_handed_out_once() {
    let mut device = device();
    device.set(&contact(1, "a"));
    push(&mut device, "one");
    device.set(&contact(1, "b"));
    assert_eq!(device.push(NOW).unwrap().obsolete(), [hash("one-0")]);
    assert!(device.push(NOW).unwrap().obsolete().is_empty());
}

#[test]
fn a_current_message_is_never_obsolete() {
    let mut device = device();
    device.set(&contact(1, "a"));
    let stored = push(&mut device, "one");
    merge(&mut device, &stored);
    merge(&mut device, &stored);
    assert_eq!(device.current_hashes().collect::<Vec<_>>(), [&stored[0].0]);
    assert!(device.push(NOW).unwrap().obsolete().is_empty());

    // Found before the confirmation came, under a name of which nothing was known yet.
    device.set(&contact(2, "b"));
    let waiting = device.push(NOW).unwrap();
    let found = [(hash("two"), waiting.messages()[0].clone())];
    merge(&mut device, &found);
    assert!(device.push(NOW).unwrap().obsolete().is_empty());
    device.confirm_pushed(waiting.seqno(), [hash("two")]);
    assert!(device.push(NOW).unwrap().obsolete().is_empty());
    assert_eq!(device.status(), Status::Clean);
}

#[test]
fn a_late_device_learns_which_edits_are_lost() {
    let (mut late, mut other) = (device(), device());
    late.set(&contact(1, "base"));
    let base = push(&mut late, "base");
    merge(&mut other, &base);
    late.set(&contact(1, "late"));
    for number in 0..6 {
        other.set(&contact(1, &format!("name {number}")));
        push(&mut other, "newer");
    }
    let newest = push(&mut other, "newest");
    let report = late.merge(&[Incoming::new(newest[0].0.clone(), &newest[0].1)], NOW).unwrap();
    assert_eq!((late.status(), late.seqno()), (Status::Clean, 7));
    let [change] = report.changes() else { panic!("{:?}", report.changes()) };
    assert!(change.is_lost_edit());
    assert_eq!(change.before(), Some(&Value::from("late")));
    assert_eq!(change.after(), Some(&Value::from("name 5")));
    assert_eq!(change.path().last().copied(), Some(b"n".as_slice()));
    let source = change.source().unwrap();
    assert_eq!(source.seqno, 7);
    assert_eq!(report.stored(source), [hash("newest-0")]);
}

#[test]
fn a_merge_tells_what_changed_and_from_where() {
    let (mut a, mut b) = (device(), device());
    a.set(&contact(1, "one"));
    let base = push(&mut a, "base");
    merge(&mut b, &base);
    a.set(&contact(2, "two"));
    let from_a = push(&mut a, "from-a");
    b.set(&contact(3, "three"));
    b.remove(&contact(1, "").id());
    push(&mut b, "from-b");
    let report = b.merge(&[Incoming::new(from_a[0].0.clone(), &from_a[0].1)], NOW).unwrap();
    let [change] = report.changes() else { panic!("{:?}", report.changes()) };
    assert_eq!(change.path()[1], contact(2, "").id().to_bytes());
    assert_eq!((change.before(), change.after()), (None, Some(&Value::from("two"))));
    assert_eq!(report.stored(change.source().unwrap()), [hash("from-a-0")]);
    assert!(!change.is_lost_edit());
    assert_eq!(b.status(), Status::Dirty, "the resolution is to be pushed");
}

#[test]
fn bad_messages_are_passed_over_for_their_reason() {
    let mut device = device();
    device.set(&contact(1, "kept"));
    let before = device.data().clone();
    let zstd = |error| Rejection::Compression(error);
    for (body, expected) in [
        (b"".as_slice(), Rejection::Empty),
        (b"\0\0\0", Rejection::Empty),
        (b"hello", Rejection::NoMessage),
        (b"z", zstd(DecompressError::Malformed)),
        (b"znonsense", zstd(DecompressError::Malformed)),
        (b"d1:#i1e1:&de1:<lee", Rejection::Revision(ParseError::NoDiff)),
        (b"d1:#i1e1:<le1:=dee", Rejection::Revision(ParseError::NoData)),
        (b"d1:!i1e1:#i1ee", Rejection::Revision(ParseError::NoSeqno)),
        (b"d1:#i1e1:&de1:=de2:~~i1ee", Rejection::Revision(ParseError::KeyBehindSignature)),
        (
            b"d1:#i4611686018427387905e1:&de1:=dee",
            Rejection::Revision(ParseError::SeqnoTooLarge { seqno: (1 << 62) + 1 }),
        ),
    ] {
        let rejected = merge(&mut device, &[(hash("bad"), blob(body))]);
        assert_eq!(rejected, [expected], "{}", body.escape_ascii());
    }
    assert_eq!(merge(&mut device, &[(hash("bad"), vec![7; 300])]), [Rejection::Undecryptable]);
    assert_eq!(merge(&mut device, &[(hash("bad"), Vec::new())]), [Rejection::Undecryptable]);
    assert_eq!(device.data(), &before);
    assert!(device.push(NOW).unwrap().obsolete().is_empty(), "a later version may read them");
}

#[test]
fn an_integer_in_a_diff_ends_the_parse() {
    // It sends the parser of deployed clients into a loop.
    let parse = |bytes: &[u8]| Message::parse(bytes, Lag::DEFAULT, &Authority::Unsigned);
    let error = parse(b"d1:#i1e1:&de1:<le1:=d1:ai5eee").unwrap_err();
    assert_eq!(error.to_string(), "diff holds no change at byte 24");
    let lagged =
        |entries: &str| parse(format!("d1:#i3e1:&de1:<l{entries}e1:=dee").as_bytes()).unwrap_err();
    let h = "h".repeat(32);
    assert_eq!(lagged("li3eee"), ParseError::LaggedSeqno { seqno: 3, lagged: 3 });
    assert_eq!(lagged(&format!("li2e32:{h}deeli2e32:{h}dee")), ParseError::LaggedOrder);
    let many: String = (0..=256).map(|n| format!("li2e32:{h:.28}{n:04}dee")).collect();
    assert_eq!(lagged(&many), ParseError::TooManyLagged);
    let nested = [b"d1:#i1e1:&".as_slice(), &b"d1:a".repeat(40)].concat();
    assert!(
        parse(&nested).unwrap_err().to_string().starts_with("containers are nested too deeply")
    );
}

#[test]
fn unknown_keys_survive_edits() {
    let body = b"d1:#i1e2:#xi7e1:&d1:cd1:xi5ee1:zd1:yi6eee1:<le2:<xle1:=d1:cd1:x0:e1:zd1:y0:ee2:=xd1:ai1eee";
    let mut device = device();
    assert!(merge(&mut device, &[(hash("later"), blob(body))]).is_empty());
    device.set(&contact(1, "a"));
    let dump = device.dump(NOW);
    for part in ["2:#xi7e", "2:<xle", "2:=xd1:ai1ee", "1:xi5e", "1:zd1:yi6e"] {
        assert!(dump.windows(part.len()).any(|window| window == part.as_bytes()), "{part}");
    }
    assert_eq!(device.iter().count(), 1, "an entry that is no dict is skipped");
}

/// Enough contacts that do not compress for several parts.
fn large() -> (Config<Contacts>, Vec<(StoredHash, Vec<u8>)>) {
    let mut device = device();
    for number in 0..4000 {
        device.set(&contact(number, ""));
    }
    let stored = push(&mut device, "part");
    assert!(stored.len() > 1);
    (device, stored)
}

#[test]
fn large_data_travel_in_parts() {
    let (mut large, parts) = large();
    let lengths: Vec<usize> = parts.iter().map(|(_, part)| part.len()).collect();
    assert!(lengths[..lengths.len() - 1].iter().all(|length| *length == 76_800), "{lengths:?}");

    let mut other = device();
    let (last, first) = parts.split_last().unwrap();
    // One by one, in reverse, with repetitions and a restart in between.
    assert!(merge(&mut other, std::slice::from_ref(last)).is_empty());
    assert!(merge(&mut other, std::slice::from_ref(last)).is_empty());
    assert!(other.is_empty());
    assert_eq!(other.active_hashes().collect::<Vec<_>>(), [&last.0]);
    let mut other = Config::<Contacts>::load(&keypair(7), &other.dump(NOW), NOW).unwrap();
    assert!(merge(&mut other, first).is_empty());
    assert_eq!(other.len(), 4000);
    assert_eq!(other.current_hashes().count(), parts.len());
    assert_eq!(other.push(NOW).unwrap().messages(), large.push(NOW).unwrap().messages());
    // Known by now: ignored.
    assert!(merge(&mut other, &parts).is_empty());
    assert!(other.push(NOW).unwrap().obsolete().is_empty());
}

#[test]
fn parts_are_given_up_after_a_week() {
    let (_, parts) = large();
    let mut other = device();
    merge(&mut other, &parts[..1]);
    let later = Timestamp::from_millis(NOW.as_millis() + 7 * 24 * 3_600_000);
    other.merge(&[], later).unwrap();
    assert_eq!(other.active_hashes().count(), 0);
}

#[test]
fn malformed_parts_are_refused() {
    let h = "h".repeat(32);
    let part = |index: u8, count: u8, chunk: &str| {
        let mut bytes = format!("ml32:{h}1:").into_bytes();
        bytes.push(index);
        bytes.extend_from_slice(b"1:");
        bytes.push(count);
        bytes.extend_from_slice(format!("{}:{chunk}e", chunk.len()).as_bytes());
        (hash("part"), blob(&bytes))
    };
    let mut device = device();
    for (part, expected) in [
        (part(0, 1, "x"), PartError::Count { count: 1 }),
        (part(2, 2, "x"), PartError::Index { index: 2, count: 2 }),
        (part(0, 2, ""), PartError::EmptyChunk),
    ] {
        assert_eq!(merge(&mut device, &[part]), [Rejection::Part(expected)]);
    }
    let encoding = merge(&mut device, &[(hash("part"), blob(b"mle"))]);
    assert!(matches!(encoding[..], [Rejection::Part(PartError::Encoding(_))]));
    assert!(merge(&mut device, &[part(0, 2, "x")]).is_empty());
    let mismatch = merge(&mut device, &[part(1, 3, "y")]);
    assert_eq!(mismatch, [Rejection::Part(PartError::CountMismatch)]);
    let wrong = merge(&mut device, &[part(1, 2, "y")]);
    assert_eq!(wrong, [Rejection::Part(PartError::WholeHash)]);
    assert_eq!(device.active_hashes().count(), 0, "the set is given up");
}

/// What a forger changes in a part.
type Lie = fn(&mut Vec<u8>);

/// A part of the same message as `part` that somebody else made up, stored under a name of its own.
fn forged(name: &str, part: &(StoredHash, Vec<u8>), change: Lie) -> (StoredHash, Vec<u8>) {
    let key = ConfigKey::of_account(&keypair(7).seed());
    let domain = Domain::new("Contacts").unwrap();
    let mut bytes = key.decrypt(domain, &part.1).unwrap().to_vec();
    change(&mut bytes);
    (hash(name), key.encrypt(domain, &bytes))
}

/// Bytes of a part: `m`, `l`, `32:` and the hash, `1:` and the index, `1:` and the count, the chunk.
const COUNT_AT: usize = 2 + 3 + 32 + 3 + 2;
const CHUNK_AT: usize = COUNT_AT + 20;

#[test]
fn forged_parts_do_not_make_the_message_vanish() {
    let (sender, parts) = large();
    let wrong_chunk = |part: &mut Vec<u8>| part[CHUNK_AT] ^= 1;
    let wrong_count = |part: &mut Vec<u8>| part[COUNT_AT] = 77;
    let last = parts.len() - 1;
    let lies: [Lie; 2] = [wrong_chunk, wrong_count];
    for (name, lie) in ["chunk", "count"].into_iter().zip(lies) {
        for index in 0..parts.len() {
            let lie = forged("lie", &parts[index], lie);
            for place in 0..=parts.len() {
                let mut other = device();
                let mut all = parts.clone();
                all.insert(place, lie.clone());
                // In several polls, with a restart between them.
                for part in all {
                    merge(&mut other, &[part]);
                    let dump = other.dump(NOW);
                    other = Config::load(&keypair(7), &dump, NOW).unwrap();
                }
                assert_eq!(other.data(), sender.data(), "{name} of {index} at {place}");
                let current: Vec<_> = other.current_hashes().cloned().collect();
                assert!(!current.contains(&hash("lie")) && current.len() == last + 1);
            }
        }
    }
}

#[test]
fn alternatives_are_bounded() {
    let (sender, parts) = large();
    let mut other = device();
    for number in 0..20_u8 {
        let name = format!("lie {number}");
        let mut lie = forged(&name, &parts[0], |_| {});
        let key = ConfigKey::of_account(&keypair(7).seed());
        let domain = Domain::new("Contacts").unwrap();
        let mut bytes = key.decrypt(domain, &lie.1).unwrap().to_vec();
        bytes[CHUNK_AT] ^= number + 1;
        lie.1 = key.encrypt(domain, &bytes);
        let expected: &[Rejection] = match number {
            0..4 => &[],
            _ => &[Rejection::Part(PartError::TooManyAlternatives)],
        };
        assert_eq!(merge(&mut other, &[lie]), expected, "{number}");
    }
    assert_eq!(other.active_hashes().count(), 4);
    // Three lies at an index leave room for the truth, whichever comes first.
    let mut other = device();
    for change in [
        |part: &mut Vec<u8>| part[CHUNK_AT] ^= 1,
        |part: &mut Vec<u8>| part[CHUNK_AT] ^= 2,
        |part: &mut Vec<u8>| part[CHUNK_AT] ^= 3,
    ] {
        for part in &parts {
            merge(&mut other, &[forged("lie", part, change)]);
        }
    }
    merge(&mut other, &parts);
    assert_eq!(other.data(), sender.data());
}

/// Parts of a message that was put together once are not collected again.
#[test]
fn a_message_that_is_done_is_not_collected_again() {
    let (_, parts) = large();
    let mut other = device();
    assert_eq!(merge(&mut other, &parts), []);
    assert_eq!(other.active_hashes().count(), parts.len());
    let again = forged("again", &parts[0], |_| {});
    assert_eq!(merge(&mut other, &[again]), []);
    assert_eq!(other.active_hashes().count(), parts.len(), "nothing is open");
}

#[test]
fn what_no_parts_can_hold_stays_dirty() {
    let mut device = device();
    // Names that do not compress: 75 bytes in 100 characters.
    let noise = |seed: u32| {
        let hash = |part: u8| -> [u8; 64] {
            Blake2b::new().chain(&seed.to_be_bytes()).chain(&[part]).finalize()
        };
        base64::encode_unpadded(&[hash(0), hash(1)].concat()[..75])
    };
    for number in 0..30_000 {
        let mut large = contact(number, &noise(number));
        large.set_nickname(&noise(number + 30_000)).unwrap();
        device.set(&large);
    }
    assert!(matches!(device.push(NOW), Err(PushError::TooLarge { .. })));
    assert_eq!((device.status(), device.seqno()), (Status::Dirty, 1));
    device.set(&contact(0, "still editable"));
    assert_eq!(device.seqno(), 1);
}

#[test]
fn dumps_are_checked() {
    let load = |dump: &[u8]| Config::<Contacts>::load(&keypair(7), dump, NOW).map(|_| ());
    let message = "23:d1:#i0e1:&de1:<le1:=dee";
    let ok = format!("d1:!i0e1:${message}1:(le1:)le1:+dee");
    assert_eq!(load(ok.as_bytes()), Ok(()));
    for length in 0..ok.len() {
        assert!(load(&ok.as_bytes()[..length]).is_err(), "{length} bytes");
    }
    let status = format!("d1:!i3e1:${message}e");
    assert_eq!(load(status.as_bytes()), Err(LoadError::Status { status: 3 }));
    let text = format!("d1:!i0e1:${message}1:(l1:");
    let text = [text.as_bytes(), b"\xffe1:)lee"].concat();
    assert_eq!(load(&text), Err(LoadError::StoredHash));
    assert_eq!(load(b"d1:!i0e1:$2:dee"), Err(LoadError::Message(ParseError::NoSeqno)));
    let unknown = format!("d1:!i0e1:${message}1:(0:1:)le1:+de1:~i1ee");
    assert_eq!(load(unknown.as_bytes()), Ok(()), "later keys are skipped");
}

#[test]
fn a_dirty_dump_skips_a_number() {
    let mut device = device();
    device.set(&contact(1, "a"));
    let loaded = Config::<Contacts>::load(&keypair(7), &device.dump(NOW), NOW).unwrap();
    assert_eq!((loaded.status(), loaded.seqno()), (Status::Dirty, 2));
    assert_eq!(loaded.data(), device.data());
}

fn admin() -> Authority {
    Authority::Signer(Box::new(keypair(9)))
}

fn member() -> Authority {
    Authority::ReadOnly(keypair(9).public_key().check().unwrap())
}

fn key(byte: u8) -> ConfigKey {
    ConfigKey::from_bytes([byte; 32])
}

#[test]
fn members_read_what_admins_sign_and_store_it_again() {
    let mut info = Config::<GroupInfo>::for_group(admin(), [key(1), key(2), key(1)]);
    assert_eq!(info.keys().len(), 2);
    info.set_name("Group").unwrap();
    let push = info.push(NOW).unwrap();

    let mut reader = Config::<GroupInfo>::for_group(member(), [key(2)]);
    let incoming = [Incoming::new(hash("info"), &push.messages()[0])];
    let report = reader.merge(&incoming, NOW).unwrap();
    assert_eq!(report.rejected()[0].1, Rejection::Undecryptable, "the old key");
    assert!(reader.set_keys([key(1)]));
    reader.merge(&incoming, NOW).unwrap();
    assert_eq!(reader.name().as_deref(), Some("Group"));
    assert!(matches!(reader.set_name("Mine"), Err(EditGroupError::ReadOnly(_))));
    assert!(reader.touch().is_err());
    assert_eq!(reader.name().as_deref(), Some("Group"));

    let loaded = Config::<GroupInfo>::load_group(member(), [key(1)], &reader.dump(NOW), NOW);
    assert_eq!(loaded.unwrap().push(NOW).unwrap().messages(), push.messages());

    let forger = Authority::Signer(Box::new(keypair(8)));
    let mut forged = Config::<GroupInfo>::for_group(forger, [key(1)]);
    forged.set_name("Forged").unwrap();
    let forged = forged.push(NOW).unwrap();
    let report = reader.merge(&[Incoming::new(hash("x"), &forged.messages()[0])], NOW).unwrap();
    assert_eq!(report.rejected()[0].1, Rejection::Revision(ParseError::Signature));
}

#[test]
fn a_promoted_member_writes_what_others_take() {
    let mut info = Config::<GroupInfo>::for_group(admin(), [key(1)]);
    info.set_name("Group").unwrap();
    let push = info.push(NOW).unwrap();
    let mut promoted = Config::<GroupInfo>::for_group(member(), [key(1)]);
    promoted.merge(&[Incoming::new(hash("one"), &push.messages()[0])], NOW).unwrap();
    promoted.set_authority(admin());
    promoted.set_name("Mine").unwrap();
    let push = promoted.push(NOW).unwrap();
    let mut reader = Config::<GroupInfo>::for_group(member(), [key(1)]);
    reader.merge(&[Incoming::new(hash("two"), &push.messages()[0])], NOW).unwrap();
    assert_eq!(reader.name().as_deref(), Some("Mine"));
}

/// The list of earlier revisions may be left out or hold entries that are too old. What was signed is the message as it is,
/// so that it is pushed again and kept as it is, and has the same hash after a restart.
#[test]
fn messages_with_odd_lists_of_earlier_revisions_stay_what_they_are() {
    let [x, y] = ["x", "y"].map(|byte| byte.repeat(32));
    for (number, list) in [
        String::new(),
        "1:<le".into(),
        format!("1:<lli3e32:{x}deee"),
        format!("1:<lli1e32:{x}deeli9e32:{y}deee"),
        "1:<lli1eee".into(),
    ]
    .iter()
    .enumerate()
    {
        let open = format!("d1:#i10e1:&d1:n5:Groupe{list}1:=d1:n0:e");
        let signature = keypair(9).sign(open.as_bytes());
        let signed = [open.as_bytes(), b"1:~64:", signature.as_bytes(), b"e"].concat();
        let blob = key(1).encrypt(Domain::new("groups::Info").unwrap(), &padding::pad(&signed));
        let incoming = [Incoming::new(hash("odd"), &blob)];

        let mut other_admin = Config::<GroupInfo>::for_group(admin(), [key(1)]);
        assert_eq!(other_admin.merge(&incoming, NOW).unwrap().rejected(), [], "{number}");
        let again = other_admin.push(NOW).unwrap();
        assert_eq!(again.messages(), std::slice::from_ref(&blob), "{number}");
        let dump = other_admin.dump(NOW);
        let mut restarted = Config::<GroupInfo>::load_group(admin(), [key(1)], &dump, NOW).unwrap();
        assert_eq!(
            restarted.push(NOW).unwrap().messages(),
            std::slice::from_ref(&blob),
            "{number}"
        );
        // Both remember the revision by the same hash.
        for config in [&mut other_admin, &mut restarted] {
            config.set_name("Edited").unwrap();
        }
        let next = other_admin.push(NOW).unwrap();
        assert_eq!(restarted.push(NOW).unwrap().messages(), next.messages(), "{number}");
        let mut reader = Config::<GroupInfo>::for_group(member(), [key(1)]);
        reader.merge(&incoming, NOW).unwrap();
        let report =
            reader.merge(&[Incoming::new(hash("next"), &next.messages()[0])], NOW).unwrap();
        assert_eq!((report.rejected(), reader.name().as_deref()), ([].as_slice(), Some("Edited")));
    }
}

/// The same without signatures.
#[test]
fn odd_messages_of_an_account_stay_what_they_are() {
    for body in [
        "d1:#i10e1:&de1:=dee".to_owned(),
        format!("d1:#i10e1:&de1:<lli3e32:{}deee1:=dee", "x".repeat(32)),
    ] {
        let stored = blob(body.as_bytes());
        let mut device = device();
        assert_eq!(merge(&mut device, &[(hash("odd"), stored.clone())]), []);
        let dump = device.dump(NOW);
        let mut restarted = Config::<Contacts>::load(&keypair(7), &dump, NOW).unwrap();
        for config in [&mut device, &mut restarted] {
            let push = config.push(NOW).unwrap();
            assert_eq!((push.seqno(), config.status()), (10, Status::Clean));
            let mut third = Config::<Contacts>::new(&keypair(7));
            third.merge(&[Incoming::new(hash("again"), &push.messages()[0])], NOW).unwrap();
            config.set(&contact(1, "new"));
            third.set(&contact(1, "new"));
            assert_eq!(config.push(NOW).unwrap().messages(), third.push(NOW).unwrap().messages());
        }
    }
}

#[test]
fn a_new_key_makes_a_new_message_of_old_data() {
    let mut info = Config::<GroupInfo>::for_group(admin(), [key(1)]);
    info.set_name("Group").unwrap();
    let push = info.push(NOW).unwrap();
    info.confirm_pushed(push.seqno(), [hash("old")]);
    assert!(!info.set_keys([key(1), key(0)]));
    assert!(info.set_keys([key(2), key(1)]));
    info.touch().unwrap();
    let again = info.push(NOW).unwrap();
    assert_eq!((again.seqno(), again.obsolete()), (2, [hash("old")].as_slice()));
    info.set_keys([]);
    assert_eq!(info.push(NOW).unwrap_err(), PushError::NoKey);
    assert!(info.merge(&[], NOW).is_err());
}

#[test]
fn an_admins_dump_leads_to_the_same_signed_message() {
    let mut info = Config::<GroupInfo>::for_group(admin(), [key(1)]);
    info.set_name("Group").unwrap();
    let push = info.push(NOW).unwrap();
    info.confirm_pushed(1, [hash("one")]);
    let dump = info.dump(NOW);
    let mut loaded = Config::<GroupInfo>::load_group(admin(), [key(1)], &dump, NOW).unwrap();
    assert_eq!(loaded.push(NOW).unwrap().messages(), push.messages());
    // The next revision names the signed one as its predecessor.
    for object in [&mut info, &mut loaded] {
        object.set_name("New name").unwrap();
    }
    assert_eq!(info.push(NOW).unwrap().messages(), loaded.push(NOW).unwrap().messages());
}

#[test]
fn members_go_through_their_states() {
    let mut members = Config::<GroupMembers>::for_group(admin(), [key(1)]);
    let mut one = Member::invited(contact(1, "").id());
    let status = |members: &Config<GroupMembers>, one: &Member| {
        assert_eq!(members.get(&one.id()).as_ref(), Some(one));
        members.member_status(one)
    };
    members.set(&one).unwrap();
    assert_eq!(status(&members, &one), MemberStatus::InviteSending);
    let mut other = Config::<GroupMembers>::for_group(member(), [key(1)]);
    let push = members.push(NOW).unwrap();
    other.merge(&[Incoming::new(hash("m"), &push.messages()[0])], NOW).unwrap();
    assert_eq!(status(&other, &one), MemberStatus::Invite(Progress::NotSent));
    assert!(other.set(&one).is_err());

    let dump = members.dump(NOW);
    let mut members = Config::<GroupMembers>::load_group(admin(), [key(1)], &dump, NOW).unwrap();
    assert_eq!(status(&members, &one), MemberStatus::InviteSending, "kept in the dump");
    one.invite = Progress::Sent;
    one.needs_supplement = true;
    members.set(&one).unwrap();
    assert_eq!(status(&members, &one), MemberStatus::Invite(Progress::Sent));
    one.accept_invite();
    members.set(&one).unwrap();
    assert_eq!(status(&members, &one), MemberStatus::Invite(Progress::Accepted));
    one.promote();
    members.set(&one).unwrap();
    assert_eq!(status(&members, &one), MemberStatus::PromotionSending);
    one.set_promotion(Progress::Failed);
    members.set(&one).unwrap();
    assert_eq!(status(&members, &one), MemberStatus::Promotion(Progress::Failed));
    one.remove(PendingRemoval::MemberAndMessages);
    members.set(&one).unwrap();
    assert_eq!(status(&members, &one), MemberStatus::RemovedWithMessages);
    assert!(members.erase(&one.id()).unwrap());
    assert!(!members.erase(&one.id()).unwrap());
}
