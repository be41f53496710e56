//! Uses accounts, recovery passwords, signatures, sealed boxes, blinded ids, names, Pro and onion requests without the
//! standard library.
//!
//! The one place of the project that may say `unsafe`: a program without `std` brings its own entry point and its own
//! allocator, and neither can be written without. Exit code 0, or the number of the step that failed.

#![no_std]
#![no_main]

extern crate alloc;

mod onion;

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    convert::Infallible,
    ffi::{c_char, c_int},
    panic::PanicInfo,
    ptr,
    sync::atomic::{AtomicUsize, Ordering},
};

use alloc::string::ToString as _;
use session_crypto::{
    encoding::hex,
    rand_core::{TryCryptoRng, TryRng},
    sealed_box,
    xed25519::{self, XEd25519Keypair},
};
use session_identity::{
    Account, AccountId, AccountSeed, RecoveryPassword, Timestamp,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey, matches},
    id::BlindedId,
    link::Payload,
    mnemonic::Language,
    names::{Answer, Name, Record, agree},
    pro::{Credential, MasterKeypair, Proof, RevocationTag, SignedMessage, Status, UnixSeconds},
};

/// What the operating system's start code calls.
#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
    match story() {
        Ok(()) => 0,
        Err(step) => step,
    }
}

/// An account of 01 §2.3: made, shown, restored, written to.
fn story() -> Result<(), c_int> {
    let Ok(Payload::Seed(seed)) = Payload::parse_restore("39038c8988db02c1af44e8c847bd9713") else {
        return Err(1);
    };
    let account = Account::from_seed(seed);
    let id: AccountId = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69"
        .parse()
        .map_err(|_| 2)?;
    expect(account.id() == id, 3)?;
    id.check().map_err(|_| 4)?;

    let words = account.recovery_password(Language::English).to_string();
    expect(words.starts_with("puffin luxury annoyed"), 5)?;
    let password: RecoveryPassword = words.to_uppercase().parse().map_err(|_| 6)?;
    expect(Account::from_seed(password.into_seed()).id() == id, 7)?;
    expect(AccountSeed::from_bytes(&[0; 17]).is_err(), 8)?;

    let sealed = sealed_box::seal(&id.public_key(), b"hello", &mut Counter(0)).map_err(|_| 9)?;
    let opened = sealed_box::open(account.x25519(), &sealed).map_err(|_| 10)?;
    expect(opened == b"hello", 11)?;
    let signature = account.ed25519().sign(&sealed);
    account.ed25519().public_key().verify(&sealed, &signature).map_err(|_| 12)?;
    let signature = XEd25519Keypair::from_x25519(account.x25519().secret_key());
    let signature = signature.sign(b"hello", &mut Counter(1));
    xed25519::verify(&id.public_key(), b"hello", &signature).map_err(|_| 13)?;

    communities(&account)?;
    names()?;
    pro(&account)?;
    onion::story()
}

/// The account under its blinded ids (01 §8).
fn communities(account: &Account) -> Result<(), c_int> {
    let server =
        ServerPublicKey::from_public_key(Account::from_seed(seed()?).x25519().public_key());
    let keys = Blinded15Keypair::derive(account.ed25519(), &server);
    let is_mine = matches(&account.id(), &BlindedId::Blinded15(keys.id()), &server);
    expect(is_mine == Ok(true), 20)?;
    keys.id().public_key().verify(b"hello", &keys.sign(b"hello")).map_err(|_| 21)?;

    let keys = Blinded25Keypair::derive(account.ed25519(), &server);
    let is_mine = matches(&account.id(), &BlindedId::Blinded25(keys.id()), &server);
    expect(is_mine == Ok(true), 22)?;
    keys.id().public_key().verify(b"hello", &keys.sign(b"hello")).map_err(|_| 23)
}

fn seed() -> Result<AccountSeed, c_int> {
    AccountSeed::from_bytes(&[7; 16]).map_err(|_| 24)
}

/// The name of the specification and its record (01 §10).
fn names() -> Result<(), c_int> {
    let name: Name = " Test ".parse().map_err(|_| 30)?;
    expect(name.hash().to_base64() == "kosgNmlD4q/RHrwOri5TqTvxd6T881vMZNUDcE5l4gI=", 31)?;
    let value = hex::decode(
        "3575802dd9bfea72672a208840f37ca289ceade5d3ffacabe2d231f109d204329fc33e28c331580d9a8c9b8a64cacfec97",
    );
    let nonce = hex::decode("00112233445566778899aabbccddeeff00ffeeddccbbaa99");
    let record = Record::new(&value.map_err(|_| 32)?, &nonce.map_err(|_| 33)?).map_err(|_| 34)?;
    let answer = Answer::Found(record.decrypt(&name).map_err(|_| 35)?);
    expect(agree([answer; 3]).is_ok_and(|id| id.short() == "05d2…3a72"), 36)
}

/// A message with Session Pro (01 §11).
fn pro(account: &Account) -> Result<(), c_int> {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let rotating = MasterKeypair::derive(&account.ed25519().seed()).rotating(now.into());
    let backend = Account::from_seed(seed()?);
    let (tag, expiry) = (RevocationTag::from_bytes([1; 32]), UnixSeconds::from_secs(1_704_067_200));
    let proof = Proof::sign(tag, rotating.public_key(), expiry, backend.ed25519());
    let message = SignedMessage { bytes: b"hello", signature: rotating.sign(b"hello") };
    let status = proof.status(&backend.ed25519().public_key(), message, now);
    expect(status == Status::Valid, 40)?;
    let credential = Credential::new(rotating, &proof).ok_or(41)?;
    let read = Credential::decode(&credential.encode()).map_err(|_| 42)?;
    expect(read.proof() == proof, 43)
}

fn expect(holds: bool, step: c_int) -> Result<(), c_int> {
    if holds { Ok(()) } else { Err(step) }
}

/// Counts instead of drawing, so that no system is needed. A real device has a generator.
struct Counter(u8);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

/// Gives memory and takes none back: the story is short.
#[global_allocator]
static MEMORY: Memory = Memory { bytes: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) };

const SIZE: usize = 1 << 20;

struct Memory {
    bytes: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

// SAFETY: every byte is handed out at most once, by an atomic counter.
unsafe impl Sync for Memory {}

// SAFETY: `alloc` returns memory of its own for each call, aligned and inside the array, or null.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start: *mut u8 = self.bytes.get().cast();
        // Room for the alignment of any place.
        let Some(room) = layout.size().checked_add(layout.align()) else { return ptr::null_mut() };
        let used = self.used.fetch_add(room, Ordering::Relaxed);
        if used.checked_add(room).is_none_or(|end| end > SIZE) {
            return ptr::null_mut();
        }
        // SAFETY: `used + room` is inside the array, and aligning moves by less than `align`.
        unsafe {
            let place = start.add(used);
            place.add(place.align_offset(layout.align()))
        }
    }

    unsafe fn dealloc(&self, _place: *mut u8, _layout: Layout) {}
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: ends the program; nothing of it is used any more.
    unsafe { abort() }
}

// The start code and `memcpy` come from the C library, as on any target with one; no Rust standard library does.
#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

/// The toolchain's own `alloc` was built to unwind and names these two. Here a panic ends the program, so that nobody
/// calls them.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// See [`rust_eh_personality`].
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() {}
