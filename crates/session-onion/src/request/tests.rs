use session_crypto::encoding::hex;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{
    Layer,
    test_rng::{BytesRng, SeededRng},
    test_world::{NODE_PAYLOAD, SERVER_PAYLOAD, keypair, keys, node, path, request, rng, server},
};

use EncryptionType::{AesGcm, XChaCha20};

/// Sizes of the blobs from the destination outward, size and SHA-256 of the request (§4).
#[test]
fn requests_of_section_4_are_exact() {
    for (encryption, destination, payload, blobs, size, sha256) in [
        (
            XChaCha20,
            node(),
            NODE_PAYLOAD,
            [87, 319, 551, 783],
            894,
            "b83b361ac1adda82d4e3be71ee62910e70e7cdeed3f6b5a906e0970e4d857008",
        ),
        (
            AesGcm,
            node(),
            NODE_PAYLOAD,
            [75, 293, 511, 729],
            838,
            "36858563c6a04fec9ef9337d6bde7771dfe25255374b10a1e5dc4672c22fc2ab",
        ),
        (
            XChaCha20,
            server(),
            SERVER_PAYLOAD,
            [124, 368, 600, 832],
            943,
            "879a41c07cab766ca52ac1194f57534ba18286f100d3fdc4aea6d6c76154aabe",
        ),
        (
            AesGcm,
            server(),
            SERVER_PAYLOAD,
            [112, 342, 560, 778],
            887,
            "7ea5f3c9b3bbcfbb95a4bb8d2cb52b69ddf046e90be7935e5f09bcec10f101b1",
        ),
    ] {
        let request = request(encryption, &destination, payload);
        assert_eq!(request.body().len(), size);
        assert_eq!(hex::encode(&Sha256::digest(request.body())), sha256);
        let mut found = [0; 4];
        let mut layer = Layer::from_edge_body(request.body()).unwrap().into_owned();
        for (number, size) in (1..).zip(found.iter_mut().rev()) {
            *size = layer.blob().len();
            let node = keypair(if number == 4 && payload == SERVER_PAYLOAD { 5 } else { number });
            let Ok((_, plaintext)) = layer.decrypt(&node.to_x25519()) else {
                panic!("layer {number}")
            };
            if number < 4 {
                layer = Layer::from_edge_body(&plaintext).unwrap().into_owned();
            }
        }
        assert_eq!(found, blobs);
    }
}

#[test]
fn the_first_request_of_section_4_has_these_bytes() {
    let request = request(XChaCha20, &node(), NODE_PAYLOAD);
    assert_eq!(hex::encode(request.body()), FIRST);
    assert_eq!(request.keys().ephemeral().secret_key().expose_bytes(), &[0x11; 32]);
    assert_eq!(request.keys().destination(), keys(4).x25519());
    assert_eq!(request.clone().into_parts().0, request.body());
}

const FIRST: &str = "\
    0f030000a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a45c6fe63b79df3dd1e4b3cc4bc9827fb4a1d1c350dd7225534452ee2b1e16c055f2215eaf\
    8bbc53079d772bdeac3c2330a8cc95cf09bab5caa5de6061bbd620b1cb4b6d43dd2f38eec333e56b125d14cc3c4b2d14f59c2e6f348aa9ccecb7652481f2e460\
    9b31daa05248b3e10672088900fe8da39da2ca01d297e584fc2618d4562f515ce42b4375df81340e1917bc23bfcbfd55c1dde785d36b8f067af7972dc25f97e5\
    2a635fedc5704063205a2012b66c4a630fa7e5735b6df332ff4ec01b96129e9dceb5f30f7d42a31fc98d4ab7b39ac7820c540eaa42f5e9adaa905eef35cce833\
    53874edf0c094113fb14418384b85956250744b2b75230e759f47f6c6246fd5e275eb017a5c2db5f673502cd0af1d772c1cbf80eb55a1d9ff8878e00e89d99fa\
    41a12d18ef70e895a9935beb14387b166ab028c7066cab6e5196d410c9df51f4ca879720f6a5137d5509be5d4d3544dee61f7760289000fb055493a88a8528f2\
    cc9fb0358108c877daab204db1991d2e0d91069ce2c3633dc4414b4427b638283f5b9d0819eb9728b2ca3b3a478a46e3eb501d797fb8acf34dfb83054ca293e9\
    e785423305e7027158cd5041b5b36748ce8321d55622346e61d51abda5d4ebb79998b5855127e546974bd01a9de3b25deb0af7e469ce9a4686bcb6937a9acd79\
    a99db9326fbf0507eb5197ff3c26d1f23e0cbbe523d7103ef43a936efac9060ecdf7a057e7d5d5ada7b56c6682eb17639789c588f967d81e8f005726d182712b\
    cd7e99e44e615d001eea95aacefbc5ab8d3397b027454d572b3b3434615d0d5900c08c7b50a54278f03df501422023b5ba32ba91ea730a1c55abf6fc7c6dd1c5\
    daa6577714b93ee4eada546d212a0f64e9a02f0aa111a4aee79b521863e61d08ed5ab8490a94c4a1d47de6fdbbb73d2970ccc03b5619c11b87400bf715b94e3d\
    4b9ba235dee848c87db239f326fadf72181d4f0812a571b656ac9c20d183ab34991e7e7a7149b36106367d8a7530e06a42e2f38b858037aa351cc12b51f91c4c\
    70f44238fb626ef586cec6aed5d2b1e00d28fb7b22656e635f74797065223a22786368616368613230222c22657068656d6572616c5f6b6579223a2231386136\
    663863316137666464663232626434313031333866373966373239386364333864316430613534326434323636643535366265383630396438383632227d\
";

#[test]
fn key_order_and_spelling_of_trailers_are_fixed() {
    let mut rng = rng(XChaCha20);
    let keys = keys(4);
    let compact = Destination::ServiceNode { node: keys, reply: ReplyFormat::compact() };
    let request = OnionRequest::build(&[], &compact, XChaCha20, b"P", &mut rng).unwrap();
    let layer = Layer::from_edge_body(request.body()).unwrap();
    let (_, plaintext) = layer.decrypt(&keypair(4).to_x25519()).unwrap();
    assert_eq!(plaintext, b"\x01\0\0\0P{\"base64\":false,\"headers\":\"\",\"json\":true}");
}

#[test]
fn a_disguised_request_pretends_to_have_come_from_afar() {
    for hops in [0, 3, 8, MAX_HOPS] {
        let path = alloc::vec![path(AesGcm)[0]; hops];
        let mut numbers = Vec::new();
        for seed in 0..200 {
            let [mut rng, mut again] = [(); 2].map(|()| SeededRng::new(seed));
            let plain = OnionRequest::build(&path, &node(), AesGcm, b"P", &mut rng).unwrap();
            let request = OnionRequest::build_disguised(&path, &node(), AesGcm, b"P", &mut again);
            let request = request.unwrap();
            let [plain, layer] =
                [&plain, &request].map(|request| Layer::from_edge_body(request.body()).unwrap());
            assert_eq!((plain.blob(), plain.hop_number()), (layer.blob(), 0));
            numbers.push(usize::try_from(layer.hop_number()).unwrap());
        }
        numbers.sort_unstable();
        numbers.dedup();
        // No node of the path, nor the destination, sees a number above 15.
        assert_eq!(numbers, (0..=11.min(15 - hops)).collect::<Vec<_>>(), "{hops} hops");
    }
}

#[test]
fn too_much_is_refused_before_and_after_wrapping() {
    let mut rng = BytesRng::repeating(7);
    let hops = [path(AesGcm)[0]; MAX_HOPS + 1];
    let error = OnionRequest::build(&hops, &node(), AesGcm, b"", &mut rng).unwrap_err();
    assert_eq!(error, BuildError::TooManyHops { found: MAX_HOPS + 1 });
    assert!(OnionRequest::build(&hops[1..], &node(), AesGcm, b"", &mut rng).is_ok());

    let payload = alloc::vec![0; MAX_REQUEST_LENGTH + 1];
    let error = OnionRequest::build(&[], &node(), AesGcm, &payload, &mut rng).unwrap_err();
    assert_eq!(error, BuildError::TooLarge { found: payload.len() });
    let payload = &payload[1..];
    let error = OnionRequest::build(&[], &node(), AesGcm, payload, &mut rng).unwrap_err();
    assert!(matches!(error, BuildError::TooLarge { found } if found > payload.len()), "{error:?}");
}

#[test]
fn weak_keys_are_named_by_their_layer() {
    let weak = NodeKeys::new(keys(1).ed25519(), X25519PublicKey::from_bytes([0; 32]));
    for position in 0..3 {
        let mut hops = path(XChaCha20);
        hops[position] = Hop::new(weak, XChaCha20);
        let mut rng = BytesRng::repeating(7);
        let error = OnionRequest::build(&hops, &node(), AesGcm, b"", &mut rng).unwrap_err();
        assert!(matches!(error, BuildError::WeakKey { layer, .. } if layer == position));
    }
    let destination = Destination::service_node(weak);
    let mut rng = BytesRng::repeating(7);
    let error = OnionRequest::build(&path(AesGcm), &destination, AesGcm, b"", &mut rng);
    assert!(matches!(error, Err(BuildError::WeakKey { layer: 3, .. })));
}

#[test]
fn derived_and_published_keys_agree() {
    let published = "1b1b58dd50ea14b60da17b790cd02754d970c9bab864ebb3c0f3016fe51d3f57";
    let ed25519 =
        "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c".parse().unwrap();
    assert_eq!(NodeKeys::derive(ed25519), Ok(NodeKeys::new(ed25519, published.parse().unwrap())));
    let small = Ed25519PublicKey::from_bytes([0; 32]);
    assert_eq!(NodeKeys::derive(small), Err(Ed25519KeyError::SmallOrder));
}

/// The edge would know both the client and the server (§11).
#[test]
fn servers_are_not_asked_over_one_hop() {
    let (path, payload) = (path(XChaCha20), b"x");
    let mut rng = SeededRng::new(1);
    for length in 0..=3 {
        let mut build = |destination: &Destination| {
            let path = &path[..length];
            OnionRequest::build(path, destination, XChaCha20, payload, &mut rng).map(|_| ())
        };
        let to_server = build(&server());
        assert_eq!(to_server, if length == 1 { Err(BuildError::EdgeIsExit) } else { Ok(()) });
        assert_eq!(build(&node()), Ok(()));
    }
    let path = &path[..1];
    let server = &server();
    assert!(OnionRequest::build_on_any_path(path, server, XChaCha20, payload, &mut rng).is_ok());
}
