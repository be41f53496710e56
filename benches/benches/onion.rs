//! Onion requests: a build over three hops and one peel, beside the same composition of libsodium calls with the
//! same framing; and what a node peels in a second.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use session_crypto::{ed25519::Ed25519Keypair, x25519::X25519Keypair};
use session_onion::{Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest};

const CIPHER: EncryptionType = EncryptionType::XChaCha20;

fn onion(criterion: &mut Criterion) {
    session_benches::init();
    let mut rng = session_crypto::system_rng();
    let keypairs: [Ed25519Keypair; 4] = std::array::from_fn(|_| Ed25519Keypair::generate(&mut rng));
    let nodes = keypairs
        .each_ref()
        .map(|keypair| NodeKeys::derive(keypair.public_key()).expect("an honest key converts"));
    let keys = nodes.map(|node| (node.ed25519().to_string(), node.x25519().to_bytes()));
    let path = [nodes[0], nodes[1], nodes[2]].map(|node| Hop::new(node, CIPHER));
    let destination = Destination::service_node(nodes[3]);
    let edge: X25519Keypair = keypairs[0].to_x25519();
    for size in [1024, 100 * 1024] {
        let payload = vec![b'x'; size];
        let build = |rng: &mut _| {
            OnionRequest::build(&path, &destination, CIPHER, &payload, rng).expect("builds")
        };
        let (ours, theirs) = (build(&mut rng), session_benches::onion_build(&keys, &payload));
        assert_eq!(ours.body().len(), theirs.len());
        let peel = |body: &[u8]| {
            Layer::from_edge_body(body).expect("a frame").peel(&edge).expect("for this node")
        };
        drop(peel(&theirs));

        let mut group = criterion.benchmark_group("onion_build_3_hops");
        group.bench_function(BenchmarkId::new("session-onion", size), |b| {
            b.iter(|| build(&mut rng));
        });
        group.bench_function(BenchmarkId::new("libsodium", size), |b| {
            b.iter(|| session_benches::onion_build(&keys, black_box(&payload)));
        });
        group.finish();

        let mut group = criterion.benchmark_group("onion_peel");
        group.throughput(Throughput::Bytes(size.try_into().expect("fits")));
        group.bench_function(BenchmarkId::new("session-onion", size), |b| {
            b.iter(|| peel(black_box(ours.body())));
        });
        let body = ours.body();
        let length = usize::try_from(u32::from_le_bytes([body[0], body[1], body[2], body[3]]));
        let blob = &body[4..4 + length.expect("fits")];
        let client = Layer::from_edge_body(body).expect("a frame").ephemeral_key();
        group.bench_function(BenchmarkId::new("libsodium", size), |b| {
            b.iter(|| {
                session_benches::onion_peel(
                    edge.secret_key().expose_bytes(),
                    edge.public_key().as_bytes(),
                    client.as_bytes(),
                    black_box(blob),
                )
            });
        });
        group.finish();
    }
}

criterion_group!(benches, onion);
criterion_main!(benches);
