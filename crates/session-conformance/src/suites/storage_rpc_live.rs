//! `storage_rpc_live.json`: what a real storage server answered, request by request.
//!
//! Each request is read, written and read again, and signed anew with the keys of the case. Then we decide on
//! it as the server had to. Where we refuse it, status and text are ours; where we accept it, the server's
//! answer is read, its signatures are verified, and what our types kept of it is written as output.

use serde_json::Value;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    encoding::{base64, hex},
};
use session_identity::Timestamp;
use session_swarm::{
    answer::{Answer, Body, Entry, Response, SwarmAnswer},
    auth::{Auth, Signer},
    request::{Circumstances, Request, RetrieveRequest, StoreRequest},
};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite { file: "storage_rpc_live", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    let request = match Request::from_json(&request_text(case)?) {
        Ok(request) => request,
        Err(error) => return Ok(answered(&Response::refusal(&error.into()))),
    };
    if Request::from_json(&request.to_json()).as_ref() != Ok(&request)
        || Request::from_params_bytes(request.method().name(), &request.to_bencode()).as_ref()
            != Ok(&request)
    {
        return Ok(Ran::Refused("the request is not read back".to_owned()));
    }
    let stated = case.out().ok_or_else(|| BadVector::Malformed("no `out`".to_owned()))?;
    let status: u16 = stated
        .get("http_status")
        .and_then(Value::as_u64)
        .and_then(|status| status.try_into().ok())
        .ok_or_else(|| BadVector::Malformed("no `http_status`".to_owned()))?;
    let server = Server::at(case)?;
    // Which swarms there are only the server knows; all else is decided here.
    if status != 421 {
        if let Err(refusal) = request.clone().authorise(&Circumstances::at(server.now)) {
            return Ok(answered(&Response::refusal(&refusal)));
        }
        if !is_signed_by_the_keys(case, &request)? {
            return Ok(Ran::Refused("our signature is another".to_owned()));
        }
    }
    let bytes = match (stated.get("json"), stated.get("text").and_then(Value::as_str)) {
        (Some(json), _) => json.to_string(),
        (None, Some(text)) => text.to_owned(),
        (None, None) => return Err(BadVector::Malformed("neither `json` nor `text`".to_owned())),
    };
    let response = match Response::from_json(&request, status, bytes.as_bytes()) {
        Ok(response) => response,
        Err(error) => return Ok(Ran::Refused(format!("{error:?}"))),
    };
    Ok(match server.check(&request, &response) {
        Ok(()) => answered(&response),
        Err(why) => Ran::Refused(why),
    })
}

/// The request as it was posted. Data that the file abbreviates as "base64 of 76801 bytes of 78" is made again.
fn request_text(case: &Case<'_>) -> Result<Vec<u8>, BadVector> {
    let mut request = case.required("request")?.clone();
    if let Some(text) = request.as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(data) = request.pointer_mut("/params/data") {
        let words: Vec<&str> = data.as_str().unwrap_or_default().split(' ').collect();
        if let ["base64", "of", length, "bytes", "of", byte] = words[..] {
            let (length, byte) = (length.parse(), hex::decode_array::<1>(byte));
            let (Ok(length), Ok([byte])) = (length, byte) else {
                return Err(BadVector::Malformed(format!("data {data}")));
            };
            *data = base64::encode(&vec![byte; length]).into();
        }
    }
    Ok(request.to_string().into_bytes())
}

fn answered(response: &Response) -> Ran {
    let outputs = Outputs::new().value("http_status", response.status());
    let bytes = response.to_json();
    Ran::Returned(match response.body() {
        Body::Text(text) => {
            outputs.value("content_type", "text/plain").value("text", text.as_str())
        }
        _ => outputs
            .value("content_type", "application/json")
            .value("json", serde_json::from_slice::<Value>(&bytes).unwrap_or_default()),
    })
}

/// Whether the keys of the case make the signature of the request, if the case has them.
fn is_signed_by_the_keys(case: &Case<'_>, request: &Request) -> Result<bool, BadVector> {
    if let Some(seed) = case.optional_bytes("subaccount_seed")? {
        return Ok(is_signed_by_subaccount(&keypair(&seed)?, request));
    }
    let Some(seed) = case.optional_bytes("ed25519_seed")? else { return Ok(true) };
    let keypair = keypair(&seed)?;
    let signer = Signer::user(&keypair);
    let signed = match request.clone() {
        Request::Store(store) if store.auth().is_some() => {
            let time = store.sig_timestamp();
            store.sign(&signer, time).map(Request::from)
        }
        Request::Retrieve(retrieve) => match retrieve.auth().copied() {
            Some((time, _)) => retrieve.sign(&signer, time).map(Request::from),
            None => return Ok(true),
        },
        Request::Delete(request) => request.sign(&signer).map(Request::from),
        Request::Sweep(request) => request.sign(&signer).map(Request::from),
        Request::Expire(request) => request.sign(&signer).map(Request::from),
        Request::GetExpiries(request) => request.sign(&signer).map(Request::from),
        Request::Revoke(request) => request.sign(&signer).map(Request::from),
        _ => return Ok(true),
    };
    Ok(signed.as_ref() == Ok(request))
}

/// The subaccount's key is that of the seed itself here.
fn is_signed_by_subaccount(keypair: &Ed25519Keypair, request: &Request) -> bool {
    let matches = |auth: &Auth, input: &[u8]| {
        auth.subaccount.is_some_and(|proof| proof.token.key() == keypair.public_key())
            && auth.signature == keypair.sign(input)
    };
    match request {
        Request::Store(store) => store.auth().is_some_and(|auth| {
            let (namespace, time) = (store.namespace(), store.sig_timestamp());
            matches(auth, &StoreRequest::signed_input(namespace, time))
        }),
        Request::Retrieve(retrieve) => retrieve.auth().is_some_and(|(time, auth)| {
            matches(auth, &RetrieveRequest::signed_input(retrieve.namespace(), *time))
        }),
        _ => true,
    }
}

fn keypair(seed: &[u8]) -> Result<Ed25519Keypair, BadVector> {
    let seed =
        Ed25519Seed::try_from(seed).map_err(|error| BadVector::Malformed(error.to_string()))?;
    Ok(Ed25519Keypair::from_seed(seed))
}

/// What the file tells about the server.
struct Server {
    /// Its time, by the last answer that tells it.
    now: Timestamp,
    /// Its key.
    key: Ed25519PublicKey,
}

impl Server {
    /// The server at this case: cases are in the order in which they were run.
    fn at(case: &Case<'_>) -> Result<Self, BadVector> {
        let cases = case.file_field("cases").and_then(Value::as_array);
        let cases = cases.ok_or_else(|| BadVector::Malformed("no cases".to_owned()))?;
        let is_this = |other: &Value| {
            other.get("name").and_then(Value::as_str) == Some(case.name())
                && other.pointer("/in/request") == case.input("request")
        };
        let this = cases.iter().position(is_this).unwrap_or(0);
        let times = cases.iter().take(this.saturating_add(1));
        let mut times =
            times.filter_map(|case| case.pointer("/out/json/t").and_then(Value::as_u64));
        // It is alone in its swarm.
        let mut keys = cases
            .iter()
            .filter_map(|case| case.pointer("/out/json/snodes/0/pubkey_ed25519"))
            .filter_map(|key| key.as_str()?.parse().ok());
        let (Some(now), Some(key)) = (times.next_back(), keys.next()) else {
            return Err(BadVector::Malformed(
                "the file tells no time or key of the server".to_owned(),
            ));
        };
        Ok(Self { now: Timestamp::from_millis(now), key })
    }

    /// Checks what the server says it did.
    fn check(&self, request: &Request, response: &Response) -> Result<(), String> {
        let Body::Answer(answer) = response.body() else { return Ok(()) };
        match (request, answer) {
            (Request::Store(request), Answer::Store(answer)) => self.verify(answer, request),
            (Request::Delete(request), Answer::Delete(answer)) => self.verify(answer, request),
            (Request::Sweep(request), Answer::Sweep(answer)) => self.verify(answer, request),
            (Request::Expire(request), Answer::Expire(answer)) => self.verify(answer, request),
            (Request::Revoke(request), Answer::Revoke(answer)) => self.verify(answer, request),
            (Request::Retrieve(request), Answer::Retrieve(answer)) => {
                let (account, namespace) = (request.account(), request.namespace());
                let misnamed = answer
                    .messages
                    .iter()
                    .find(|message| !message.is_named_rightly(account, namespace));
                misnamed.map_or(Ok(()), |message| Err(format!("misnamed: {}", message.hash)))
            }
            (Request::Batch(batch), Answer::Batch(results)) => {
                let mut pairs = batch.requests().iter().zip(results);
                pairs.try_for_each(|(request, result)| self.check_decided(request, result))
            }
            (Request::IfElse(if_else), Answer::IfElse(answer)) => {
                if if_else.conditions().hold(&answer.state) != answer.condition {
                    return Err("the condition is decided otherwise".to_owned());
                }
                let branch = if_else.branch(answer.condition).zip(answer.result.as_deref());
                branch.map_or(Ok(()), |(request, result)| self.check_decided(request, result))
            }
            _ => Ok(()),
        }
    }

    /// Checks a result within another answer, also whether we would have decided like the server.
    fn check_decided(&self, request: &Request, result: &Response) -> Result<(), String> {
        match request.clone().authorise(&Circumstances::at(self.now)) {
            Ok(_) if result.is_success() => self.check(request, result),
            Err(refusal) if *result == Response::refusal(&refusal) => Ok(()),
            ours => Err(format!("we say {ours:?}, the server {result:?}")),
        }
    }

    fn verify<E: Entry>(
        &self,
        answer: &SwarmAnswer<E>,
        request: &E::Request,
    ) -> Result<(), String> {
        let verified = answer.verify(request, &[self.key]);
        match (verified.is_success(), verified.rejected()) {
            (true, []) => Ok(()),
            (_, rejected) => Err(format!("entries do not hold: {rejected:?}")),
        }
    }
}
