//! Requests to servers and their replies in the current form, v4 (§6.3).
//!
//! ```text
//! request  l <len>:{"method":…,"endpoint":…,"headers":{…}} [<len>:<body>] e
//! reply    l <len>:{"code":…,"headers":{…}} <len>:<body> e
//! ```
//!
//! Both directions are binary: nothing here is base64, and a body is bytes until its content type says more.
//!
//! ```
//! use session_onion::v4::{Content, V4Request, V4Response};
//!
//! let request = V4Request::new("GET", "/room/some-room")?.with_headers([("Some-Header", "12345")]);
//! let payload = request.encode();
//! assert_eq!(payload, br#"l79:{"method":"GET","endpoint":"/room/some-room","headers":{"Some-Header":"12345"}}e"#);
//!
//! let reply = br#"l58:{"code":200,"headers":{"content-type":"application/json"}}11:{"id": 123}e"#;
//! let reply = V4Response::decode(reply)?;
//! assert_eq!(reply.code(), 200);
//! assert_eq!(reply.content(), Content::Json(r#"{"id": 123}"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{
    borrow::{Cow, ToOwned as _},
    string::String,
    vec::Vec,
};
use core::str;

use session_bt::{DecodeError, Reader, encode_list};

use crate::{
    json::{self, JsonError},
    wire::{Headers, V4RequestIn, V4RequestOut, V4ResponseMeta},
};

mod lenient;

/// A request to a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct V4Request {
    method: String,
    endpoint: String,
    /// In the order of the wire, which is the caller's.
    headers: Option<Headers>,
    body: Vec<u8>,
}

impl V4Request {
    /// Request without headers and body. `endpoint` is a path and may carry a query.
    ///
    /// # Errors
    /// [`V4RequestError::Endpoint`] if it does not start with `/`.
    pub fn new(method: &str, endpoint: &str) -> Result<Self, V4RequestError> {
        if !endpoint.starts_with('/') {
            return Err(V4RequestError::Endpoint);
        }
        let (method, endpoint) = (method.to_owned(), endpoint.to_owned());
        Ok(Self { method, endpoint, headers: None, body: Vec::new() })
    }

    /// The same with these headers, in this order.
    #[must_use]
    pub fn with_headers<'h>(self, headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Self {
        Self { headers: Some(headers.into_iter().collect()), ..self }
    }

    /// The same with this body. An empty one counts as none.
    #[must_use]
    pub fn with_body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
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

    /// Names and values in the order of the wire.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().flat_map(Headers::iter)
    }

    /// The body, empty if there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The payload of an onion request.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let meta = json::to_text(&V4RequestOut {
            method: &self.method,
            endpoint: &self.endpoint,
            headers: self.headers.as_ref(),
        });
        encode_list(|list| {
            list.bytes(meta.as_bytes());
            if !self.body.is_empty() {
                list.bytes(&self.body);
            }
        })
    }

    /// Reads what a client sent: a list of one or two strings. The answer to anything else is
    /// [`V4Response::invalid_request`], encrypted.
    ///
    /// # Errors
    /// [`V4RequestError`], every variant.
    pub fn decode(payload: &[u8]) -> Result<Self, V4RequestError> {
        let mut reader = Reader::new(payload);
        let mut list = reader.value()?.list()?;
        let meta = list.require()?.bytes()?;
        let body = match list.next()? {
            Some(body) => body.bytes()?,
            None => &[],
        };
        list.finish()?;
        reader.finish()?;
        let meta: V4RequestIn = json::parse_object(meta)?;
        let request = Self::new(&meta.method, &meta.endpoint)?;
        Ok(Self { headers: meta.headers, ..request }.with_body(body.to_vec()))
    }
}

/// Why a payload is no v4 request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum V4RequestError {
    /// The payload is no list of one or two strings.
    #[error(transparent)]
    List(#[from] DecodeError),
    /// The first string is not the JSON of a request.
    #[error(transparent)]
    Meta(#[from] JsonError),
    /// The endpoint does not start with `/`.
    #[error("endpoint of the v4 request does not start with `/`")]
    Endpoint,
}

/// A reply of a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct V4Response {
    code: u16,
    headers: Headers,
    body: Vec<u8>,
}

/// What a body is by its content type, which must be spelled exactly so.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// `application/json`: text of valid JSON.
    Json(&'a str),
    /// `text/plain; charset=utf-8` or `text/html; charset=utf-8`. What is not UTF-8 is replaced.
    Text(Cow<'a, str>),
    /// Any other type, or none.
    Binary(&'a [u8]),
}

impl V4Response {
    /// Reply of these parts. Header names become lower case; `content-length`, which would be that of
    /// another form of the body, is left out.
    #[must_use]
    pub fn new<'h>(
        code: u16,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
        body: Vec<u8>,
    ) -> Self {
        let lower = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
        let kept = lower.filter(|(name, _)| name != "content-length");
        let kept: Vec<_> = kept.collect();
        let headers = kept.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        Self { code, headers, body }
    }

    /// The answer to a payload that is no v4 request.
    #[must_use]
    pub fn invalid_request() -> Self {
        let headers = [("content-type", TEXT)];
        Self::new(400, headers, b"Invalid v4 onion request".to_vec())
    }

    /// Status of HTTP.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// Names and values in the order of the wire.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }

    /// Value of the header with this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The body, whatever it is.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as what its content type says.
    #[must_use]
    pub fn content(&self) -> Content<'_> {
        match self.header("content-type") {
            // Decoding has checked the body; a reply that was made here may still be none.
            Some(JSON) => {
                str::from_utf8(&self.body).map_or(Content::Binary(&self.body), Content::Json)
            }
            Some(TEXT | HTML) => Content::Text(String::from_utf8_lossy(&self.body)),
            _ => Content::Binary(&self.body),
        }
    }

    /// The plaintext of a reply.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let meta =
            json::to_text(&V4ResponseMeta { code: self.code, headers: self.headers.clone() });
        encode_list(|list| {
            list.bytes(meta.as_bytes());
            list.bytes(&self.body);
        })
    }

    /// Reads a decrypted reply: a list of exactly two strings. Servers always send both, and always headers.
    ///
    /// # Errors
    /// [`V4ResponseError`], every variant.
    pub fn decode(plaintext: &[u8]) -> Result<Self, V4ResponseError> {
        let mut reader = Reader::new(plaintext);
        let mut list = reader.value()?.list()?;
        let meta = list.require()?.bytes()?;
        let body = list.require()?.bytes()?;
        list.finish()?;
        reader.finish()?;
        let V4ResponseMeta { code, headers } =
            json::parse_object(meta).map_err(V4ResponseError::Meta)?;
        Self::of_parts(code, headers, body)
    }

    fn of_parts(code: u16, headers: Headers, body: &[u8]) -> Result<Self, V4ResponseError> {
        let response = Self { code, headers, body: body.to_vec() };
        if response.header("content-type") == Some(JSON) {
            json::check(body).map_err(V4ResponseError::Body)?;
        }
        Ok(response)
    }
}

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Why a plaintext is no v4 reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum V4ResponseError {
    /// The plaintext is no list of two strings.
    #[error(transparent)]
    List(#[from] DecodeError),
    /// The first string is not the JSON of a reply.
    #[error("first part of the v4 reply is malformed")]
    Meta(#[source] JsonError),
    /// The body claims to be JSON and is not.
    #[error("body of the v4 reply is no JSON")]
    Body(#[source] JsonError),
}

#[cfg(test)]
mod tests;
