//! The table of docs/performance.md in one run: ours and libsodium by turns, the least time of each. Turns and least
//! times make the ratios those of a quiet machine also on a busy one. `cargo bench --bench ratios [WORD]` runs the
//! lines whose name contains the word.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use session_benches as sodium;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    secret_box::SecretBoxKey,
    secret_stream::Header,
    x25519::{X25519Keypair, X25519SecretKey},
};
use session_envelope::{
    attachment::{AttachmentKey, Decryptor, Encryptor, size},
    signed_box,
};
use session_identity::{AccountId, blinding::ServerPublicKey, id::Blinded15Id};
use session_onion::{Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest};

/// How long the turns of one line go on.
const PATIENCE: Duration = Duration::from_secs(3);

/// Operations that take longer are likely to be interrupted: the clock of the thread, which is coarse, times them.
const LONG: Duration = Duration::from_millis(10);

struct Lines {
    filter: Option<String>,
}

impl Lines {
    /// Prints a line of the table. Both closures do `count` operations.
    fn line<T, U>(
        &self,
        name: &str,
        count: u32,
        mut ours: impl FnMut() -> T,
        mut theirs: impl FnMut() -> U,
    ) {
        let mut ours = || _ = black_box(ours());
        let mut theirs = || _ = black_box(theirs());
        if self.filter.as_ref().is_some_and(|word| !name.contains(word.as_str())) {
            return;
        }
        let clock: fn(&mut dyn FnMut()) -> Duration =
            if wall_time(&mut ours) < LONG { wall_time } else { cpu_time };
        let (mut of_ours, mut of_theirs) = (Duration::MAX, Duration::MAX);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            of_ours = of_ours.min(clock(&mut ours));
            of_theirs = of_theirs.min(clock(&mut theirs));
        }
        let micros = |duration: Duration| duration.as_secs_f64() * 1e6 / f64::from(count);
        let ratio = of_theirs.as_secs_f64() / of_ours.as_secs_f64();
        println!(
            "| {name} | {:.2} µs | {:.2} µs | {ratio:.2} |",
            micros(of_ours),
            micros(of_theirs)
        );
    }
}

fn wall_time(operation: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    operation();
    start.elapsed()
}

fn cpu_time(operation: &mut dyn FnMut()) -> Duration {
    let start = sodium::cpu_time();
    operation();
    sodium::cpu_time().saturating_sub(start)
}

fn main() {
    sodium::init();
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let lines = Lines { filter };
    println!("| operation | ours | libsodium | ratio |\n|---|---|---|---|");
    keys(&lines);
    envelopes(&lines);
    onions(&lines);
    ciphers(&lines);
}

fn keys(lines: &Lines) {
    let message = [7; 1024];
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let (public, secret) = sodium::sign_seed_keypair(&[1; 32]);
    let signature = keypair.sign(&message);
    let (key, bytes) = (keypair.public_key(), signature.to_bytes());
    lines.line(
        "Ed25519 sign, 1 KiB",
        1,
        || keypair.sign(black_box(&message)),
        || sodium::sign(&secret, black_box(&message)),
    );
    lines.line(
        "Ed25519 verify, 1 KiB, key checked each time",
        1,
        || key.verify(black_box(&message), &signature),
        || sodium::verify(&public, black_box(&message), &bytes),
    );
    lines.line(
        "Ed25519 public key → X25519, strict",
        1,
        || black_box(&key).to_x25519(),
        || sodium::public_key_to_x25519(black_box(&public)),
    );
    lines.line(
        "Ed25519 key pair → X25519 key pair",
        1,
        || black_box(&keypair).to_x25519(),
        || {
            let secret = sodium::secret_key_to_x25519(black_box(&secret));
            (secret, sodium::scalarmult_base(&secret))
        },
    );
    let server = sodium::scalarmult_base(&[2; 32]);
    let typed: ServerPublicKey = hex::encode(&server).parse().expect("a key");
    lines.line(
        "15-blinded id",
        1,
        || Blinded15Id::of_ed25519(black_box(&key), &typed),
        || sodium::blind15(&server, black_box(key.as_bytes())),
    );
    let peer = keypair.to_x25519().public_key();
    let scalar = X25519SecretKey::from_bytes([3; 32]);
    lines.line(
        "X25519 agreement",
        1,
        || scalar.diffie_hellman(black_box(&peer)),
        || sodium::scalarmult(&[3; 32], black_box(peer.as_bytes())),
    );
    lines.line(
        "X25519 public key",
        1,
        || black_box(&scalar).public_key(),
        || sodium::scalarmult_base(black_box(&[3; 32])),
    );
    let id = format!("05{}", hex::encode(peer.as_bytes()));
    lines.line(
        "Account ID from text",
        1000,
        || (0..1000).map(|_| black_box(&id).parse::<AccountId>().is_ok()).filter(|ok| *ok).count(),
        || (0..1000).map(|_| sodium::hex_to_33_bytes(black_box(&id))[1]).max(),
    );
}

fn envelopes(lines: &Lines) {
    let mut rng = session_crypto::system_rng();
    let message = [7; 1024];
    let recipient = Ed25519Keypair::generate(&mut rng).to_x25519();
    let keys = (recipient.public_key().to_bytes(), *recipient.secret_key().expose_bytes());
    let seeds = || (0..100_u8).map(|seed| [seed; 32]);
    let senders: Vec<_> =
        seeds().map(|seed| Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed))).collect();
    let theirs: Vec<_> = seeds().map(|seed| sodium::sign_seed_keypair(&seed)).collect();
    let mut ours = session_crypto::system_rng();
    let seal = |sender: &Ed25519Keypair, rng: &mut _| {
        signed_box::seal(&message, sender, &recipient.public_key(), rng).expect("an honest key")
    };
    lines.line(
        "message signed and sealed, 1 KiB",
        1,
        || seal(&senders[0], &mut ours),
        || sodium::signed_box_seal(&theirs[0], &keys.0, &message),
    );
    let sealed = seal(&senders[0], &mut rng);
    lines.line(
        "message opened and verified, 1 KiB",
        1,
        || signed_box::open(black_box(&sealed), &recipient).expect("for this key"),
        || sodium::signed_box_open(&keys, black_box(&sealed)),
    );
    // By a hundred people, ten each.
    let boxes: Vec<_> = (0..1000).map(|i| seal(&senders[i % senders.len()], &mut rng)).collect();
    let open = || boxes.iter().map(|sealed| sodium::signed_box_open(&keys, sealed)).count();
    lines.line(
        "1000 messages opened and verified at once, each",
        1000,
        || signed_box::open_batch(black_box(&boxes), &recipient),
        open,
    );
    let mut one_bad = boxes.clone();
    let mut inner = signed_box::sign(&message, &senders[0], &recipient.public_key());
    *inner.last_mut().expect("a signature") ^= 1;
    one_bad[617] = sodium::box_seal(&keys.0, &inner);
    lines.line(
        "the same with one forged signature, each",
        1000,
        || signed_box::open_batch(black_box(&one_bad), &recipient),
        open,
    );
    let every_fourth_bad: Vec<_> = boxes
        .iter()
        .enumerate()
        .map(|(i, good)| if i % 4 == 0 { one_bad[617].clone() } else { good.clone() })
        .collect();
    lines.line(
        "the same with every fourth forged, each",
        1000,
        || signed_box::open_batch(black_box(&every_fourth_bad), &recipient),
        open,
    );
}

fn onions(lines: &Lines) {
    const CIPHER: EncryptionType = EncryptionType::XChaCha20;
    let mut rng = session_crypto::system_rng();
    let keypairs: [Ed25519Keypair; 4] = std::array::from_fn(|_| Ed25519Keypair::generate(&mut rng));
    let nodes = keypairs
        .each_ref()
        .map(|keypair| NodeKeys::derive(keypair.public_key()).expect("an honest key converts"));
    let keys = nodes.map(|node| (node.ed25519().to_string(), node.x25519().to_bytes()));
    let path = [nodes[0], nodes[1], nodes[2]].map(|node| Hop::new(node, CIPHER));
    let destination = Destination::service_node(nodes[3]);
    let edge: X25519Keypair = keypairs[0].to_x25519();
    for (size, name) in [(1024, "1 KiB"), (100 * 1024, "100 KiB")] {
        let payload = vec![b'x'; size];
        lines.line(
            &format!("onion over three hops, {name}, XChaCha20"),
            1,
            || OnionRequest::build(&path, &destination, CIPHER, &payload, &mut rng).expect("ok"),
            || sodium::onion_build(&keys, black_box(&payload)),
        );
        let built = sodium::onion_build(&keys, &payload);
        let client = Layer::from_edge_body(&built).expect("a frame").ephemeral_key().to_bytes();
        let length = u32::from_le_bytes(built[..4].try_into().expect("four bytes"));
        let blob = &built[4..4 + usize::try_from(length).expect("fits")];
        let (secret, public) = (edge.secret_key().expose_bytes(), edge.public_key().to_bytes());
        lines.line(
            &format!("peel of one layer, {name}, XChaCha20"),
            1,
            || Layer::from_edge_body(black_box(&built)).expect("a frame").peel(&edge).expect("ok"),
            || sodium::onion_peel(secret, &public, &client, black_box(blob)),
        );
    }
}

fn ciphers(lines: &Lines) {
    let (key, nonce) = ([1; 32], [2; 24]);
    let secret_box = SecretBoxKey::from_bytes(key);
    for (size, name) in [(1024, "1 KiB"), (100 * 1024, "100 KiB")] {
        let plaintext = vec![7; size];
        lines.line(
            &format!("XSalsa20-Poly1305, {name}"),
            1,
            || {
                let mut out = Vec::with_capacity(size + 16);
                secret_box.encrypt_into(&nonce, black_box(&plaintext), &mut out);
                out
            },
            || sodium::secretbox(&key, &nonce, black_box(&plaintext)),
        );
    }
    // What fills a file of 1 MiB without padding, which libsodium does not know.
    let length = size::max_content(1 << 20).expect("the size of a file");
    let content = vec![7; usize::try_from(length).expect("fits")];
    let typed = AttachmentKey::from_bytes(key);
    let encrypt = || {
        let mut file = Vec::with_capacity(content.len() + content.len() / 8);
        let length = content.len().try_into().expect("fits");
        let header = Header::from_bytes(nonce);
        let mut encryptor = Encryptor::new(&typed, &header, length, &mut file).expect("short");
        encryptor.update(black_box(&content), &mut file).expect("as long as said");
        encryptor.finish(&mut file).expect("as long as said");
        file
    };
    lines.line("file encrypted, 1 MiB", 1, encrypt, || {
        sodium::secret_stream_encrypt(&key, black_box(&content))
    });
    let (ours, theirs) = (encrypt(), sodium::secret_stream_encrypt(&key, &content));
    lines.line(
        "file decrypted, 1 MiB",
        1,
        || {
            let mut out = Vec::with_capacity(content.len());
            let mut decryptor = Decryptor::new(&typed);
            decryptor.update(black_box(&ours), &mut out).expect("our file");
            decryptor.finish(&mut out).expect("our file");
            out
        },
        || sodium::secret_stream_decrypt(&key, black_box(&theirs)),
    );
}
