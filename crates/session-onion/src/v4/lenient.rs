//! Replies as some clients take them, beyond what servers send (§6.3).

use alloc::{borrow::ToOwned as _, string::String};
use core::str;

use session_bt::{Item, Kind, Reader};

use super::{V4Response, V4ResponseError};
use crate::{
    json::{self, JsonError},
    wire::{Headers, MAX_HEADERS, V4LenientMeta},
};

impl V4Response {
    /// As [`Self::decode`], and takes a reply without headers or without the second string, and a first element
    /// that is a bencoded dict, or the status alone as an integer. No known server sends any of that.
    ///
    /// # Errors
    /// [`V4ResponseError`], every variant.
    pub fn decode_lenient(plaintext: &[u8]) -> Result<Self, V4ResponseError> {
        let mut reader = Reader::new(plaintext);
        let mut list = reader.value()?.list()?;
        let (code, headers) = read_meta(list.require()?)?;
        let body = match list.next()? {
            Some(body) => body.bytes()?,
            None => &[],
        };
        list.finish()?;
        reader.finish()?;
        Self::of_parts(code, headers, body)
    }
}

fn read_meta(meta: Item<'_, '_>) -> Result<(u16, Headers), V4ResponseError> {
    match meta.kind()? {
        Kind::Integer => Ok((meta.integer()?, Headers::default())),
        Kind::Dict => {
            let mut meta = meta.dict()?;
            let code = meta.require(b"code")?.integer()?;
            let headers = match meta.find(b"headers")? {
                Some(headers) => read_headers(headers)?,
                None => Headers::default(),
            };
            meta.finish()?;
            Ok((code, headers))
        }
        _ => {
            let meta: V4LenientMeta =
                json::parse_object(meta.bytes()?).map_err(V4ResponseError::Meta)?;
            Ok((meta.code, meta.headers.unwrap_or_default()))
        }
    }
}

fn read_headers(headers: Item<'_, '_>) -> Result<Headers, V4ResponseError> {
    let mut headers = headers.dict()?;
    let mut read = Headers::default();
    while let Some((name, value)) = headers.next()? {
        if read.iter().len() >= MAX_HEADERS {
            // As in JSON: another number of headers than there may be.
            return Err(V4ResponseError::Meta(JsonError::Shape { line: 1, column: 0 }));
        }
        let (name, value) = (text(name)?, value.bytes().ok());
        // As in JSON: what is not a string is left out.
        if let Some(value) = value.map(text).transpose()? {
            read.push(name, value);
        }
    }
    Ok(read)
}

fn text(bytes: &[u8]) -> Result<String, V4ResponseError> {
    let text = str::from_utf8(bytes).map_err(|_| V4ResponseError::Meta(JsonError::NotUtf8))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(plaintext: &str) -> [Result<V4Response, V4ResponseError>; 2] {
        [V4Response::decode, V4Response::decode_lenient].map(|read| read(plaintext.as_bytes()))
    }

    #[test]
    fn what_is_right_is_read_as_ever() {
        for plaintext in [
            r#"l58:{"code":200,"headers":{"content-type":"application/json"}}11:{"id": 123}e"#,
            r#"l58:{"code":200,"headers":{"content-type":"application/json"}}1:{e"#,
            r#"l25:{"code":200,"headers":{}}0:1:xe"#,
            r#"l25:{"code":200,"headers":{}}0:ee"#,
            r#"l12:{"headers":}0:e"#,
            "l10:Teste",
            "le",
        ] {
            let [strict, lenient] = both(plaintext);
            assert_eq!(strict.is_ok(), lenient.is_ok(), "{plaintext}");
            assert!(strict.is_err() || strict == lenient, "{plaintext}");
        }
    }

    #[test]
    fn what_servers_do_not_send_is_read_here_alone() {
        let text = [("content-type", "text/plain; charset=utf-8")];
        for (plaintext, headers, body) in [
            (r#"l12:{"code":201}1:xe"#, [].as_slice(), "x"),
            (r#"l12:{"code":201}e"#, &[], ""),
            (r#"l27:{"code":201,"headers":null}1:xe"#, &[], "x"),
            ("ld4:codei201ee1:xe", &[], "x"),
            ("ld1:a1:b4:codei201e7:headersdee1:xe", &[], "x"),
            (
                "ld4:codei201e7:headersd12:content-type25:text/plain; charset=utf-8ee1:xe",
                &text,
                "x",
            ),
            ("ld4:codei201e7:headersd1:ai1e1:b1:c1:ddeee1:xe", &[("b", "c")], "x"),
            ("li201e1:xe", &[], "x"),
            ("li201ee", &[], ""),
        ] {
            let expected = V4Response::new(201, headers.iter().copied(), body.into());
            let [strict, lenient] = both(plaintext);
            assert!(strict.is_err(), "{plaintext}");
            assert_eq!(lenient, Ok(expected), "{plaintext}");
        }
        for plaintext in [
            "li65536e1:xe",
            "li-1e1:xe",
            "ld7:headersdee1:xe",
            "ld4:code3:201e1:xe",
            "ld4:codei201e7:headersd1:a1:\u{ff}ee1:xe",
            "llei201e1:xe",
            "li201ei1ee",
        ] {
            assert!(V4Response::decode_lenient(plaintext.as_bytes()).is_err(), "{plaintext}");
        }
        let error = V4Response::decode_lenient(b"ld4:codei201e7:headersd1:a1:\xffeee");
        assert_eq!(error, Err(V4ResponseError::Meta(JsonError::NotUtf8)));
    }
}
