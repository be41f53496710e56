//! Three devices of one account and a storage that loses, doubles and reorders: whatever happens on the way, in
//! the end they hold the same bytes.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use session_config::{
    Config, Contacts, Incoming, StoredHash,
    config::{ResolutionForm, Status},
    contacts::Contact,
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
const DEVICES: usize = 3;

fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn id(number: u8) -> AccountId {
    let mut bytes = [number; 33];
    bytes[0] = 5;
    AccountId::from_bytes(bytes).expect("the prefix is that of an account")
}

/// The storage: names follow from the bytes, as in a swarm.
#[derive(Default)]
struct Storage(BTreeMap<StoredHash, Vec<u8>>);

impl Storage {
    fn store(&mut self, message: &[u8]) -> StoredHash {
        let hash: [u8; 32] = Blake2b::new().chain(message).finalize();
        let name = StoredHash::new(hex::encode(&hash));
        self.0.insert(name.clone(), message.to_vec());
        name
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Event {
    /// A device edits a contact.
    Edit { device: usize, contact: u8, edit: u8 },
    /// A device pushes; the storage may lose the messages, or the device the confirmation.
    Push { device: usize, is_stored: bool, is_confirmed: bool },
    /// A device merges some of what is stored, in some order, some of it twice.
    Poll { device: usize, order: Vec<prop::sample::Index> },
    /// A device is restarted from its dump.
    Restart { device: usize },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let device = || 0..DEVICES;
    let event = prop_oneof![
        4 => (device(), 0_u8..4, any::<u8>())
            .prop_map(|(device, contact, edit)| Event::Edit { device, contact, edit }),
        3 => (device(), prop::bool::weighted(0.8), prop::bool::weighted(0.8)).prop_map(
            |(device, is_stored, is_confirmed)| Event::Push { device, is_stored, is_confirmed }
        ),
        3 => (device(), vec(any::<prop::sample::Index>(), 0..6))
            .prop_map(|(device, order)| Event::Poll { device, order }),
        1 => device().prop_map(|device| Event::Restart { device }),
    ];
    vec(event, 0..40)
}

struct World {
    storage: Storage,
    devices: Vec<Config<Contacts>>,
    form: ResolutionForm,
}

impl World {
    fn new(form: ResolutionForm) -> Self {
        let mut devices: Vec<_> = (0..DEVICES).map(|_| Config::new(&account())).collect();
        devices
            .iter_mut()
            .for_each(|device: &mut Config<Contacts>| device.set_resolution_form(form));
        Self { storage: Storage::default(), devices, form }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Edit { device, contact, edit } => self.edit(*device, *contact, *edit),
            Event::Push { device, is_stored, is_confirmed } => {
                self.push(*device, *is_stored, *is_confirmed);
            }
            Event::Poll { device, order } => {
                let all: Vec<StoredHash> = self.storage.0.keys().cloned().collect();
                if !all.is_empty() {
                    let some = order.iter().map(|index| all[index.index(all.len())].clone());
                    self.poll(*device, some.collect());
                }
            }
            Event::Restart { device } => {
                let dump = self.devices[*device].dump(NOW);
                let mut loaded = Config::load(&account(), &dump, NOW).expect("our own dump");
                loaded.set_resolution_form(self.form);
                self.devices[*device] = loaded;
            }
        }
        self.check_invariants();
    }

    fn edit(&mut self, device: usize, contact: u8, edit: u8) {
        let contacts = &mut self.devices[device];
        let mut contact = contacts.get(&id(contact)).unwrap_or(Contact::new(id(contact)));
        match edit % 5 {
            0 => contact.set_name(&edit.to_string()),
            1 => contact.is_blocked = !contact.is_blocked,
            2 => contact.priority = i64::from(edit),
            3 => contact.set_nickname(&edit.to_string()).expect("short"),
            _ => {
                contacts.remove(&contact.id());
                return;
            }
        }
        contacts.set(&contact);
    }

    fn push(&mut self, device: usize, is_stored: bool, is_confirmed: bool) {
        if !self.devices[device].needs_push() {
            return;
        }
        let push = self.devices[device].push(NOW).expect("small");
        if !is_stored {
            return;
        }
        let stored: Vec<_> = push.messages().iter().map(|m| self.storage.store(m)).collect();
        for obsolete in push.obsolete() {
            assert!(!stored.contains(obsolete), "a current message would be deleted");
            self.storage.0.remove(obsolete);
        }
        if is_confirmed {
            self.devices[device].confirm_pushed(push.seqno(), stored);
        }
    }

    fn poll(&mut self, device: usize, names: Vec<StoredHash>) {
        let found: Vec<_> =
            names.into_iter().map(|n| (n.clone(), self.storage.0[&n].clone())).collect();
        let incoming: Vec<_> =
            found.iter().map(|(n, data)| Incoming::new(n.clone(), data)).collect();
        let report = self.devices[device].merge(&incoming, NOW).expect("has a key");
        assert!(report.rejected().is_empty(), "{:?}", report.rejected());
    }

    fn check_invariants(&self) {
        for device in &self.devices {
            assert_eq!(device.needs_push(), device.status() != Status::Clean);
        }
    }

    /// Everybody is online and polls and pushes in turn; true if nothing is left to do.
    fn settle(&mut self) -> bool {
        for _ in 0..10 {
            for device in 0..DEVICES {
                self.poll(device, self.storage.0.keys().cloned().collect());
                self.push(device, true, true);
            }
            if self.devices.iter().all(|device| device.status() == Status::Clean) {
                return true;
            }
        }
        false
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn three_devices_converge(events in events(), is_plain: bool) {
        let form = if is_plain { ResolutionForm::Plain } else { ResolutionForm::Deployed };
        let mut world = World::new(form);
        events.iter().for_each(|event| world.happen(event));
        prop_assert!(world.settle(), "still pushing");
        world.settle();
        let bytes: Vec<_> =
            world.devices.iter_mut().map(|device| device.push(NOW).unwrap().messages().to_vec()).collect();
        prop_assert_eq!(&bytes[0], &bytes[1]);
        prop_assert_eq!(&bytes[1], &bytes[2]);
    }
}
