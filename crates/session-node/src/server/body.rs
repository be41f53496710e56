//! Bodies of requests: each within a length and a time, all of them within a bound.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{Request, body::Incoming, header::CONTENT_LENGTH};
use session_swarm::limits::MAX_REQUEST_LENGTH;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Bytes of bodies that the connections of a port hold at once: with more, requests are refused with 503.
pub(super) const MAX_BODIES: usize = 128 * 1024 * 1024;

/// A body, and its share of what all bodies may take, given back when it is dropped.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) share: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BodyError {
    /// It is longer than any request.
    TooLarge,
    /// Its length is no number.
    Length,
    /// The connection ended before it did.
    Incomplete,
    /// All bodies together take [`MAX_BODIES`].
    NoRoom,
    /// It took too long.
    Late,
}

/// The body of a request, which has `patience` to come.
pub(super) async fn read(
    request: Request<Incoming>,
    bodies: &Arc<Semaphore>,
    patience: Duration,
) -> Result<Body, BodyError> {
    let length = request.headers().get(CONTENT_LENGTH).map(|length| length.to_str());
    match length.map(|length| length.map(str::parse::<usize>)) {
        Some(Ok(Ok(length))) if length > MAX_REQUEST_LENGTH => return Err(BodyError::TooLarge),
        None | Some(Ok(Ok(_))) => {}
        Some(_) => return Err(BodyError::Length),
    }
    let mut incoming = Limited::new(request.into_body(), MAX_REQUEST_LENGTH);
    let mut body = Body { bytes: Vec::new(), share: None };
    let reading = async {
        while let Some(frame) = incoming.frame().await {
            let data = match frame {
                Ok(frame) => frame.into_data().unwrap_or_default(),
                Err(error) if error.is::<LengthLimitError>() => return Err(BodyError::TooLarge),
                Err(_) => return Err(BodyError::Incomplete),
            };
            // What came counts, not what was announced: nobody reserves room by a header.
            if !body.take(&data, bodies) {
                return Err(BodyError::NoRoom);
            }
        }
        Ok(())
    };
    match timeout(patience, reading).await {
        Ok(read) => read.map(|()| body),
        Err(_) => Err(BodyError::Late),
    }
}

impl Body {
    /// Adds bytes, if there is room among all bodies.
    fn take(&mut self, bytes: &[u8], bodies: &Arc<Semaphore>) -> bool {
        let share = u32::try_from(bytes.len());
        let share =
            share.ok().and_then(|share| Arc::clone(bodies).try_acquire_many_owned(share).ok());
        match (&mut self.share, share) {
            (_, None) => return false,
            (Some(whole), Some(share)) => whole.merge(share),
            (whole, share) => *whole = share,
        }
        self.bytes.extend_from_slice(bytes);
        true
    }
}
