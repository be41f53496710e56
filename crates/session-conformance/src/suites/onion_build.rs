//! `onion_build.json`: whole onion requests, peeled again by every hop, and the reply of the destination.

use serde_json::{Map, Value, json};
use session_crypto::{
    encoding::hex,
    x25519::{X25519Keypair, X25519PublicKey, X25519SecretKey},
};
use session_onion::{
    Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest, Peeled,
    encryption::LayerKey,
    frame::Frame,
    request::{Protocol, Server},
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite = Suite {
    file: "onion_build",
    context: &["random"],
    reasons: &[Reason { theirs: "Destination not set", ours: &["no destination"] }],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    if case.op() != "build_and_peel" {
        return Ok(Ran::UnknownOperation);
    }
    let Some(destination) = case.input("destination") else {
        // The type of the argument already refuses this.
        return Ok(Ran::Refused("no destination for OnionRequest::build".to_owned()));
    };
    let encryption: EncryptionType = parse(case.text("enc_type")?)?;
    let hops = case.required("hops")?.as_array().map_or(&[][..], Vec::as_slice);
    let path = hops.iter().map(|hop| Ok(Hop::new(node_keys(hop)?, encryption)));
    let path = path.collect::<Result<Vec<_>, BadVector>>()?;
    let payload = case.bytes("payload")?;
    let mut rng = ReplayRng::new(case.stated_bytes("random")?);
    let request = OnionRequest::build_on_any_path(
        &path,
        &read_destination(destination)?,
        encryption,
        &payload,
        &mut rng,
    );
    let request = match request {
        Ok(request) if rng.is_exact() => request,
        Ok(_) => return Ok(Ran::Refused("another amount of randomness".to_owned())),
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let receivers = hops.iter().chain([destination]).map(keypair).collect::<Result<Vec<_>, _>>()?;
    let ephemeral = request.keys().ephemeral();
    Ok(Ran::Returned(
        Outputs::new()
            .hex("request", request.body())
            .hex("final_x25519_pubkey", ephemeral.public_key().as_bytes())
            .hex("final_x25519_seckey", ephemeral.secret_key().expose_bytes())
            .value("peeled", peel(request.body(), &receivers)?)
            .value("reply", reply(case, &request, receivers.last())?),
    ))
}

/// What each receiver in turn finds, as far as the node's own API leads from one to the next.
fn peel(request: &[u8], receivers: &[X25519Keypair]) -> Result<Vec<Value>, BadVector> {
    let mut peeled = Vec::new();
    let mut layer = Layer::from_edge_body(request).map_err(bad)?.into_owned();
    for receiver in receivers {
        let (_, plaintext) = layer.decrypt(receiver).map_err(bad)?;
        let mut found = Map::new();
        found.insert("remote_pubkey".to_owned(), layer.ephemeral_key().to_string().into());
        found.insert("plaintext".to_owned(), hex::encode(&plaintext).into());
        if let Ok(frame) = Frame::parse(&plaintext) {
            let trailer = String::from_utf8_lossy(frame.trailer()).into_owned();
            found.insert("blob_size".to_owned(), frame.blob().len().into());
            found.insert("control_json".to_owned(), trailer.into());
        }
        match layer.peel(receiver) {
            Ok(Peeled::NextNode(next)) => {
                let link = next.layer().to_link_bytes();
                layer = Layer::from_link_bytes(&link).map_err(bad)?.into_owned();
            }
            Ok(Peeled::NextServer(next)) => {
                layer = Layer::from_edge_body(next.body()).map_err(bad)?.into_owned();
            }
            Ok(Peeled::Final(request)) => {
                found.insert("payload".to_owned(), hex::encode(request.body()).into());
            }
            // The payload of a server is no frame.
            Ok(_) | Err(_) => {}
        }
        peeled.push(found.into());
    }
    Ok(peeled)
}

/// The reply as the destination encrypts it, and as the client then reads it.
fn reply(
    case: &Case<'_>,
    request: &OnionRequest,
    destination: Option<&X25519Keypair>,
) -> Result<Value, BadVector> {
    let stated = case.out().and_then(|out| out.get("reply")).unwrap_or(&Value::Null);
    let bytes = |field: &str| case.hex(field, text(stated, field)?);
    let destination = destination.ok_or_else(|| BadVector::Malformed("no receiver".to_owned()))?;
    let ephemeral = request.keys().ephemeral().public_key();
    let encryption = request.keys().key().encryption();
    let key = LayerKey::for_server(encryption, destination, &ephemeral).map_err(bad)?;
    let mut rng = ReplayRng::new(bytes("random")?);
    let ciphertext = key.encrypt(&bytes("plaintext")?, &mut rng);
    let plaintext = request.keys().key().decrypt(&ciphertext).map_err(bad)?;
    Ok(json!({
        "random": text(stated, "random")?,
        "plaintext": hex::encode(&plaintext),
        "ciphertext": hex::encode(&ciphertext),
    }))
}

fn read_destination(value: &Value) -> Result<Destination, BadVector> {
    if text(value, "type")? == "snode" {
        return Ok(Destination::service_node(node_keys(value)?));
    }
    let protocol: Protocol = parse(text(value, "protocol")?)?;
    let port = value.get("port").and_then(Value::as_u64).map(u16::try_from).transpose();
    let key = parse::<X25519PublicKey>(text(value, "x25519_pubkey")?)?;
    let host = text(value, "host")?;
    let server = Server::new(protocol, host, port.map_err(bad)?, text(value, "target")?, key);
    Ok(Destination::Server(server.map_err(bad)?))
}

fn node_keys(value: &Value) -> Result<NodeKeys, BadVector> {
    let key = |field| parse(text(value, field)?);
    Ok(NodeKeys::new(key("ed25519_pubkey")?, parse(text(value, "x25519_pubkey")?)?))
}

fn keypair(value: &Value) -> Result<X25519Keypair, BadVector> {
    let secret = hex::decode_array(text(value, "x25519_seckey")?).map_err(bad)?;
    Ok(X25519Keypair::from_secret_key(X25519SecretKey::from_bytes(secret)))
}

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str, BadVector> {
    let text = value.get(field).and_then(Value::as_str);
    text.ok_or_else(|| BadVector::Malformed(format!("no text `{field}`")))
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, BadVector> {
    text.parse().map_err(bad)
}

fn bad(error: impl std::fmt::Display) -> BadVector {
    BadVector::Malformed(error.to_string())
}
