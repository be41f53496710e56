//! Writing a message, key by key (07 §4.3).

use std::sync::Arc;

use session_bt::DictWriter;
use session_crypto::ed25519::Ed25519Signature;
use zeroize::Zeroizing;

use super::{Lagged, Unknown};
use crate::{data::Dict, diff::Diff};

/// Everything of a message but hash and signature.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) seqno: i64,
    pub(super) data: Dict,
    pub(super) diff: Arc<Diff>,
    pub(super) lagged: Lagged,
    pub(super) unknown: Unknown,
}

impl Parts {
    pub(super) fn write(
        &self,
        sign: impl FnOnce(&[u8]) -> Option<Ed25519Signature>,
    ) -> Zeroizing<Vec<u8>> {
        write(self.seqno, &self.data, &self.lagged, &self.diff, &self.unknown, sign)
    }
}

/// What is in front of a signature: its key and length.
pub(super) const SIGNATURE_START: &[u8] = b"1:~64:";
/// Length of [`SIGNATURE_START`] ‖ signature ‖ `e`: the last bytes of a signed message.
pub(super) const SIGNATURE_ENTRY: usize = SIGNATURE_START.len() + Ed25519Signature::LENGTH + 1;

pub(super) fn write(
    seqno: i64,
    data: &Dict,
    lagged: &Lagged,
    diff: &Diff,
    unknown: &Unknown,
    sign: impl FnOnce(&[u8]) -> Option<Ed25519Signature>,
) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(session_bt::encode_dict(|dict| {
        dict.integer(b"#", seqno);
        write_unknown(dict, unknown, b"#", b"&");
        dict.dict(b"&", |writer| data.write(writer));
        write_unknown(dict, unknown, b"&", b"<");
        dict.list(b"<", |list| {
            for (id, diff) in lagged {
                list.list(|entry| {
                    entry.integer(id.seqno);
                    entry.bytes(id.hash.as_bytes());
                    entry.dict(|writer| diff.write(writer));
                });
            }
        });
        write_unknown(dict, unknown, b"<", b"=");
        dict.dict(b"=", |writer| diff.write(writer));
        write_unknown(dict, unknown, b"=", b"~");
        if let Some(signature) = sign(dict.unfinished()) {
            dict.bytes(b"~", signature.as_bytes());
        }
    }))
}

fn write_unknown(dict: &mut DictWriter<'_>, unknown: &Unknown, after: &[u8], before: &[u8]) {
    for (key, value) in unknown.iter() {
        if key.as_slice() > after && key.as_slice() < before {
            dict.raw(key, value);
        }
    }
}
