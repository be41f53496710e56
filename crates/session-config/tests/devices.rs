//! Three devices of one account, with clocks that are wrong, and a storage that loses, doubles, reorders and
//! deletes late: whatever happens on the way, in the end they hold the same bytes.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::{collections::BTreeMap, time::Duration};

use proptest::{collection::vec, prelude::*, sample::Index};
use session_config::{
    Config, Incoming, StoredHash, UserGroups,
    config::{ResolutionForm, Status},
    message::Lag,
    user_groups::{JoinedGroup, LegacyGroup},
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, GroupId, Timestamp};
use zeroize::Zeroizing;

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
const DEVICES: usize = 3;
/// Groups that every device edits. Behind them each device has one that nobody else touches.
const SHARED: u8 = 3;

fn keypair(byte: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([byte; 32]))
}

fn group_id(number: u8) -> GroupId {
    GroupId::from_public_key(keypair(100 + number).public_key())
}

fn member(number: u16) -> AccountId {
    let key = Blake2b::new().chain(&number.to_be_bytes()).finalize();
    AccountId::from_public_key(X25519PublicKey::from_bytes(key))
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// A device edits a group that all edit.
    Edit { device: usize, group: u8, edit: u8 },
    /// A device edits its own group.
    EditOwn { device: usize, value: i64 },
    /// A device adds to or removes from the members of a group with so many that its messages have parts.
    Members { device: usize, member: u16 },
    /// A device pushes. The first so many of its messages are stored, it learns of that or not, and what is
    /// obsolete is deleted later or never.
    Push { device: usize, stored: usize, is_confirmed: bool, is_deleted: bool },
    /// What was to be deleted is.
    Delete,
    /// A device fetches some of what is stored, in some order, some of it twice.
    Fetch { device: usize, some: Vec<Index> },
    /// A device fetches all.
    FetchAll { device: usize },
    /// A device merges what it fetched, however long ago.
    Merge { device: usize },
    /// A device saves its dump.
    Save { device: usize },
    /// A device is restarted: from a fresh dump or, after a crash, from the one that it saved last.
    Restart { device: usize, is_crash: bool },
    /// Time passes.
    Wait { days: u64 },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let device = || 0..DEVICES;
    let often = || prop::bool::weighted(0.8);
    let event = prop_oneof![
        6 => (device(), 0..SHARED, any::<u8>())
            .prop_map(|(device, group, edit)| Event::Edit { device, group, edit }),
        4 => (device(), 1_i64..100).prop_map(|(device, value)| Event::EditOwn { device, value }),
        1 => (device(), 0_u16..5).prop_map(|(device, member)| Event::Members { device, member }),
        6 => (device(), prop_oneof![3 => Just(9), 1 => 0_usize..3], often(), often()).prop_map(
            |(device, stored, is_confirmed, is_deleted)| {
                Event::Push { device, stored, is_confirmed, is_deleted }
            }
        ),
        2 => Just(Event::Delete),
        3 => (device(), vec(any::<Index>(), 0..6))
            .prop_map(|(device, some)| Event::Fetch { device, some }),
        3 => device().prop_map(|device| Event::FetchAll { device }),
        6 => device().prop_map(|device| Event::Merge { device }),
        1 => device().prop_map(|device| Event::Save { device }),
        1 => (device(), prop::bool::weighted(0.3))
            .prop_map(|(device, is_crash)| Event::Restart { device, is_crash }),
        1 => (1_u64..9).prop_map(|days| Event::Wait { days }),
    ];
    vec(event, 0..50)
}

struct Device {
    config: Config<UserGroups>,
    /// How far its clock is fast.
    skew: Duration,
    fetched: Vec<(StoredHash, Vec<u8>)>,
    saved: Option<Zeroizing<Vec<u8>>>,
    /// What it wrote last into its own group.
    own: Option<i64>,
}

struct World {
    /// Names follow from the bytes, as in a swarm.
    storage: BTreeMap<StoredHash, Vec<u8>>,
    to_delete: Vec<StoredHash>,
    devices: Vec<Device>,
    form: ResolutionForm,
    time: Timestamp,
    /// Whether edits may be lost: a device was too far behind, or forgot what it did.
    may_lose: bool,
}

impl World {
    fn new(form: ResolutionForm, is_large: bool, skews: &[u64]) -> Self {
        let device = |days: &u64| Device {
            config: Config::new(&keypair(7)),
            skew: Duration::from_secs(days * 24 * 3600),
            fetched: Vec::new(),
            saved: None,
            own: None,
        };
        let mut world = Self {
            storage: BTreeMap::new(),
            to_delete: Vec::new(),
            devices: skews.iter().map(device).collect(),
            form,
            time: NOW,
            may_lose: false,
        };
        world.devices.iter_mut().for_each(|device| device.config.set_resolution_form(form));
        // Whoever removes the last entry of a dict removes what others add to it at the same time (07 §5): this
        // one stays.
        let anchor = JoinedGroup::new(group_id(99));
        world.devices[0].config.set_group(&anchor);
        if is_large {
            // Ids do not compress.
            let members = (0..2500).map(|number| (member(number), false)).collect();
            let mut group = LegacyGroup::new(member(0));
            group.members = members;
            world.devices[0].config.set_legacy_group(&group);
        }
        world.push(0, 9, true, true);
        assert_eq!(world.storage.len() > 1, is_large, "it has parts");
        for device in 1..DEVICES {
            world.fetch_all(device);
            world.merge(device);
        }
        world
    }

    fn now(&self, device: usize) -> Timestamp {
        self.time.checked_add(self.devices[device].skew).expect("within range")
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Edit { device, group, edit } => self.edit(*device, *group, *edit),
            Event::EditOwn { device, value } => self.edit_own(*device, *value),
            Event::Members { device, member } => self.edit_members(*device, *member),
            Event::Push { device, stored, is_confirmed, is_deleted } => {
                self.push(*device, *stored, *is_confirmed, *is_deleted);
            }
            Event::Delete => {
                for hash in std::mem::take(&mut self.to_delete) {
                    self.storage.remove(&hash);
                }
            }
            Event::Fetch { device, some } => {
                let all: Vec<_> = self.storage.iter().collect();
                let some = some.iter().filter(|_| !all.is_empty()).map(|index| index.get(&all));
                let some = some.map(|(hash, message)| ((*hash).clone(), (*message).clone()));
                self.devices[*device].fetched = some.collect();
            }
            Event::FetchAll { device } => self.fetch_all(*device),
            Event::Merge { device } => self.merge(*device),
            Event::Save { device } => {
                let now = self.now(*device);
                let device = &mut self.devices[*device];
                device.saved = Some(device.config.dump(now));
            }
            Event::Restart { device, is_crash } => self.restart(*device, *is_crash),
            Event::Wait { days } => {
                let days = Duration::from_secs(days * 24 * 3600);
                self.time = self.time.checked_add(days).expect("within range");
            }
        }
        self.note_distance();
    }

    fn edit(&mut self, device: usize, group: u8, edit: u8) {
        let groups = &mut self.devices[device].config;
        let id = group_id(group);
        let mut group = groups.group(&id).unwrap_or(JoinedGroup::new(id));
        match edit % 4 {
            0 => group.set_name(&edit.to_string()).expect("short"),
            1 => group.settings.is_invited = !group.settings.is_invited,
            2 => group.settings.priority = i64::from(edit),
            _ => {
                groups.remove_group(&id);
                return;
            }
        }
        groups.set_group(&group);
    }

    fn own_group(device: usize) -> GroupId {
        group_id(SHARED + u8::try_from(device).expect("three devices"))
    }

    fn edit_own(&mut self, device: usize, value: i64) {
        let groups = &mut self.devices[device].config;
        let id = Self::own_group(device);
        let mut group = groups.group(&id).unwrap_or(JoinedGroup::new(id));
        group.settings.priority = value;
        groups.set_group(&group);
        self.devices[device].own = Some(value);
    }

    fn edit_members(&mut self, device: usize, number: u16) {
        let groups = &mut self.devices[device].config;
        let Some(mut group) = groups.legacy_group(&member(0)) else { return };
        if group.members.remove(&member(number)).is_none() {
            group.members.insert(member(number), false);
        }
        groups.set_legacy_group(&group);
    }

    fn push(&mut self, device: usize, stored: usize, is_confirmed: bool, is_deleted: bool) {
        let now = self.now(device);
        let config = &mut self.devices[device].config;
        if !config.needs_push() {
            return;
        }
        let push = config.push(now).expect("small enough");
        let mut hashes = Vec::new();
        for message in push.messages().iter().take(stored) {
            let hash: [u8; 32] = Blake2b::new().chain(message).finalize();
            let name = StoredHash::new(hex::encode(&hash));
            self.storage.insert(name.clone(), message.clone());
            hashes.push(name);
        }
        if hashes.len() < push.messages().len() {
            return;
        }
        assert!(push.obsolete().iter().all(|hash| !hashes.contains(hash)), "current is deleted");
        if is_deleted {
            self.to_delete.extend_from_slice(push.obsolete());
        }
        if is_confirmed {
            config.confirm_pushed(push.seqno(), hashes);
        }
    }

    fn fetch_all(&mut self, device: usize) {
        let all = self.storage.iter().map(|(hash, message)| (hash.clone(), message.clone()));
        self.devices[device].fetched = all.collect();
    }

    fn merge(&mut self, device: usize) {
        let now = self.now(device);
        let Device { config, fetched, .. } = &mut self.devices[device];
        let incoming: Vec<_> =
            fetched.iter().map(|(hash, message)| Incoming::new(hash.clone(), message)).collect();
        let before = (config.seqno(), config.current_hashes().count());
        let report = config.merge(&incoming, now).expect("has a key");
        assert!(report.rejected().is_empty(), "{:?}", report.rejected());
        let obsolete: Vec<_> = config.current_hashes().cloned().collect();
        assert!(before.0 <= config.seqno(), "went back");
        assert_eq!(config.needs_push(), config.status() != Status::Clean);
        // A clean device of a later revision knows where it is stored.
        assert!(config.status() != Status::Clean || config.seqno() == 0 || !obsolete.is_empty());
    }

    fn restart(&mut self, device: usize, is_crash: bool) {
        let now = self.now(device);
        let form = self.form;
        let device = &mut self.devices[device];
        let fresh = device.config.dump(now);
        let dump = match (&device.saved, is_crash) {
            (Some(saved), true) => {
                self.may_lose = true;
                saved.clone()
            }
            _ => fresh,
        };
        device.config = Config::load(&keypair(7), &dump, now).expect("our own dump");
        device.config.set_resolution_form(form);
    }

    /// Takes note if somebody is so far behind that edits are discarded (07 §18).
    fn note_distance(&mut self) {
        let seqnos = || self.devices.iter().map(|device| device.config.seqno());
        let (oldest, newest) = (seqnos().min().unwrap_or(0), seqnos().max().unwrap_or(0));
        // A merge adds one, and so does a restart.
        self.may_lose |= Lag::DEFAULT.is_too_old(oldest, newest + 2);
    }

    /// Everybody is online and polls and pushes in turn; true if nothing is left to do.
    fn settle(&mut self) -> bool {
        for _ in 0..10 {
            for device in 0..DEVICES {
                self.fetch_all(device);
                self.merge(device);
                self.push(device, 9, true, true);
                self.happen(&Event::Delete);
            }
            if self.devices.iter().all(|device| device.config.status() == Status::Clean) {
                return true;
            }
        }
        false
    }

    fn check(mut self) {
        assert!(self.settle(), "still pushing");
        self.settle();
        let time = self.time;
        let bytes: Vec<_> = self
            .devices
            .iter_mut()
            .map(|device| device.config.push(time).expect("small enough").messages().to_vec())
            .collect();
        assert_eq!(bytes[0], bytes[1]);
        assert_eq!(bytes[1], bytes[2]);
        for (number, device) in self.devices.iter().enumerate() {
            let found = device.config.group(&Self::own_group(number));
            let found = found.map(|group| group.settings.priority);
            // In the deployed form a resolution may assign older values anew (07 §5.2).
            if self.form == ResolutionForm::Plain && !self.may_lose {
                assert_eq!(found, device.own, "device {number}");
            }
        }
    }
}

fn forms() -> impl Strategy<Value = ResolutionForm> {
    prop::sample::select([ResolutionForm::Deployed, ResolutionForm::Plain].as_slice())
}

fn run(form: ResolutionForm, is_large: bool, skews: &[u64], events: &[Event]) {
    let mut world = World::new(form, is_large, skews);
    events.iter().for_each(|event| world.happen(event));
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn three_devices_converge(form in forms(), skews in vec(0_u64..30, DEVICES), events in events()) {
        run(form, false, &skews, &events);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn messages_in_parts_converge(
        form in forms(), skews in vec(0_u64..30, DEVICES), events in events()
    ) {
        run(form, true, &skews, &events);
    }
}
