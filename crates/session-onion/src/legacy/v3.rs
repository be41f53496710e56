//! Requests to servers in the form of old clients, v3 (§6.2), and what servers answer to them.
//!
//! Last sender: clients of before 2022. A server may drop this form when its logs show no `/v3/lsrpc` any more.
//! The answer goes out in base64, by [`ServerRequest::reply_base64`](crate::server::ServerRequest::reply_base64).

use alloc::{format, string::String, vec::Vec};

use crate::{
    json::{self, JsonError},
    reply::{Encoding, Reply, ReplyError, ReplyKeys, encrypted_body},
    wire::{Headers, V3Failure, V3RequestIn},
};

/// Which server reads the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ServerKind {
    /// A community server: endpoints without a leading slash are below `/legacy/`, `auth_code` becomes a header,
    /// and every status of 200 to 299 is a success.
    Community,
    /// A file server: endpoints without a leading slash get one, and only 200 is a success.
    File,
}

/// A request as the server behind it sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct V3Request {
    method: String,
    endpoint: String,
    headers: Headers,
    body: Option<String>,
}

impl V3Request {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`V3RequestError`], every variant.
    pub fn decode(kind: ServerKind, payload: &[u8]) -> Result<Self, V3RequestError> {
        let request: V3RequestIn = json::parse_object(payload)?;
        let body = match (request.method.as_str(), request.body) {
            ("POST" | "PUT", None) => return Err(V3RequestError::NoBody),
            // Old Android clients sent the word `null` for no body.
            ("GET" | "DELETE", Some(body)) if body.is_empty() || body == "null" => None,
            ("GET" | "DELETE", Some(_)) => return Err(V3RequestError::UnexpectedBody),
            (_, body) => body,
        };
        let is_legacy = !request.endpoint.starts_with('/');
        let endpoint = match (is_legacy, kind) {
            (false, _) => request.endpoint,
            (true, ServerKind::Community) => format!("/legacy/{}", request.endpoint),
            (true, ServerKind::File) => format!("/{}", request.endpoint),
        };
        // The content type is what the form has, whatever the client says of it.
        let is_free = |name: &str| !name.eq_ignore_ascii_case("content-type");
        let given = request.headers.unwrap_or_default();
        let headers = given.iter().filter(|(name, _)| is_free(name));
        let headers = headers.chain([("Content-Type", "application/json")]);
        let authorization =
            request.auth_code.filter(|_| is_legacy && kind == ServerKind::Community);
        let headers = headers.chain(authorization.as_deref().map(|code| ("Authorization", code)));
        Ok(Self { headers: headers.collect(), method: request.method, endpoint, body })
    }

    /// Method of HTTP.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Path and query, starting with `/`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Names and values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

/// The plaintext of an answer: the body of a success, the status of anything else. Headers, and the bodies of
/// failures, have no place in this form.
#[must_use]
pub fn answer(kind: ServerKind, status: u16, body: &[u8]) -> Vec<u8> {
    let is_success = match kind {
        ServerKind::Community => (200..300).contains(&status),
        ServerKind::File => status == 200,
    };
    if is_success {
        body.to_vec()
    } else {
        json::to_text(&V3Failure { status_code: status }).into_bytes()
    }
}

/// An answer as the client of old reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "an answer is one of the two")]
pub enum Answer {
    /// The body of a success, in most cases JSON.
    Body(Vec<u8>),
    /// The status of anything else.
    Status(u16),
}

impl Answer {
    /// Reads what [`answer`] writes: a JSON object with a `status_code` other than 200 is that status, everything
    /// else the body of a success, which may say 200 itself.
    #[must_use]
    pub fn decode(plaintext: Vec<u8>) -> Self {
        match json::parse_object(&plaintext) {
            Ok(V3Failure { status_code }) if status_code != 200 => Self::Status(status_code),
            _ => Self::Body(plaintext),
        }
    }
}

/// Reads the reply of a server to a v3 request, in base64.
///
/// # Errors
/// [`ReplyError`], every variant but those about the form of what is inside: any bytes are an answer.
pub fn decode_reply(keys: &ReplyKeys, reply: &Reply) -> Result<Answer, ReplyError> {
    let plaintext = keys.open_reply(encrypted_body(reply)?, Encoding::Base64)?;
    Ok(Answer::decode(plaintext))
}

/// Why a payload is no v3 request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum V3RequestError {
    /// The payload is not the JSON of a request.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// POST and PUT need a body.
    #[error("v3 request has no body")]
    NoBody,
    /// GET and DELETE have none.
    #[error("v3 request has a body that its method does not have")]
    UnexpectedBody,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        EncryptionType::AesGcm, Layer, Peeled, server::ServerRequest, test_rng::BytesRng,
        test_world,
    };

    fn decode(kind: ServerKind, text: &str) -> Result<V3Request, V3RequestError> {
        V3Request::decode(kind, text.as_bytes())
    }

    #[test]
    fn endpoints_without_a_slash_are_those_of_old_servers() {
        for (kind, endpoint, full) in [
            (ServerKind::Community, "messages", "/legacy/messages"),
            (ServerKind::Community, "/room/x", "/room/x"),
            (ServerKind::File, "files/1", "/files/1"),
            (ServerKind::File, "/file/1", "/file/1"),
        ] {
            let text = format!(r#"{{"method":"GET","endpoint":"{endpoint}"}}"#);
            assert_eq!(decode(kind, &text).unwrap().endpoint(), full);
        }
    }

    #[test]
    fn the_auth_code_is_a_header_of_legacy_community_endpoints() {
        let json = ("Content-Type", "application/json");
        for (kind, endpoint, expected) in [
            (
                ServerKind::Community,
                "messages",
                [("A", "b"), json, ("Authorization", "t")].as_slice(),
            ),
            (ServerKind::Community, "/messages", &[("A", "b"), json]),
            (ServerKind::File, "messages", &[("A", "b"), json]),
        ] {
            let text = format!(
                r#"{{"method":"GET","endpoint":"{endpoint}","auth_code":"t","headers":{{"A":"b","n":1,"content-TYPE":"x"}}}}"#
            );
            let request = decode(kind, &text).unwrap();
            assert_eq!(request.headers().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn bodies_belong_to_their_methods() {
        for (method, body, expected) in [
            ("POST", r#","body":"x""#, Ok(Some("x"))),
            ("PUT", r#","body":"""#, Ok(Some(""))),
            ("POST", "", Err(V3RequestError::NoBody)),
            ("PUT", r#","body":null"#, Err(V3RequestError::NoBody)),
            ("GET", "", Ok(None)),
            ("DELETE", r#","body":"null""#, Ok(None)),
            ("GET", r#","body":"""#, Ok(None)),
            ("DELETE", r#","body":"x""#, Err(V3RequestError::UnexpectedBody)),
        ] {
            let text = format!(r#"{{"method":"{method}","endpoint":"/"{body}}}"#);
            let request = decode(ServerKind::File, &text);
            assert_eq!(
                request.as_ref().map(V3Request::body).map_err(|error| *error),
                expected,
                "{text}"
            );
        }
        let error = decode(ServerKind::File, r#"{"method":"GET"}"#);
        assert!(matches!(error, Err(V3RequestError::Json(JsonError::Shape { .. }))));
    }

    #[test]
    fn failures_lose_everything_but_their_status() {
        for (kind, status, expected) in [
            (ServerKind::Community, 200, "body"),
            (ServerKind::Community, 299, "body"),
            (ServerKind::Community, 300, r#"{"status_code":300}"#),
            (ServerKind::File, 200, "body"),
            (ServerKind::File, 201, r#"{"status_code":201}"#),
        ] {
            let written = answer(kind, status, b"body");
            assert_eq!(written, expected.as_bytes(), "{status}");
            let read = match expected {
                "body" => Answer::Body(b"body".to_vec()),
                _ => Answer::Status(status),
            };
            assert_eq!(Answer::decode(written), read, "{status}");
        }
        for text in [r#"{"status_code":200}"#, r#"{"status_code":"404"}"#, "[404]", ""] {
            assert_eq!(Answer::decode(text.into()), Answer::Body(text.into()));
        }
    }

    #[test]
    fn replies_are_read_as_they_were_in_the_old_days() {
        let request = test_world::request(AesGcm, &test_world::server(), br#"{"a":1}"#);
        let Peeled::NextServer(next) = peel_as_exit(request.body()) else { panic!() };
        let server = test_world::keypair(5).to_x25519();
        let opened = ServerRequest::open(&server, next.body()).unwrap();
        let mut rng = BytesRng::repeating(1);
        for (status, expected) in
            [(200, Answer::Body(b"body".to_vec())), (404, Answer::Status(404))]
        {
            let text = opened.reply_base64(&answer(ServerKind::File, status, b"body"), &mut rng);
            let reply = Reply::new(200, text.into_bytes());
            assert_eq!(decode_reply(request.keys(), &reply), Ok(expected));
        }
        let error = decode_reply(request.keys(), &Reply::new(200, Vec::new()));
        assert!(matches!(error, Err(ReplyError::Undecryptable(_))));
        let error = decode_reply(request.keys(), &Reply::new(400, Vec::new()));
        assert!(matches!(error, Err(ReplyError::Path(_))));
    }

    /// Hands the layer through the three hops of the test's path.
    fn peel_as_exit(body: &[u8]) -> Peeled {
        let peel = |layer: &Layer<'_>, number| {
            layer.peel(&test_world::keypair(number).to_x25519()).unwrap()
        };
        let mut peeled = peel(&Layer::from_edge_body(body).unwrap(), 1);
        for number in 2..=3 {
            let Peeled::NextNode(next) = peeled else { panic!() };
            peeled = peel(next.layer(), number);
        }
        peeled
    }
}
