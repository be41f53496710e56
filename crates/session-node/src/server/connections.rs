//! What a client may hold of a port: a share of its connections, and each of them for a limited time.
//!
//! A client that never reads what it asked for, or reads a byte a minute, would otherwise keep its connection and
//! the answer in memory forever, and enough of them would take the port.

use std::{
    collections::BTreeMap,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Counts the open connections of each address.
#[derive(Debug)]
pub(super) struct Shares {
    per_address: usize,
    open: Mutex<BTreeMap<IpAddr, usize>>,
}

/// One open connection; it is counted until this value is dropped.
#[derive(Debug)]
pub(super) struct Share {
    of: Arc<Shares>,
    address: IpAddr,
}

impl Shares {
    /// Allows `per_address` connections to each address.
    pub(super) fn new(per_address: usize) -> Arc<Self> {
        Arc::new(Self { per_address, open: Mutex::default() })
    }

    /// Counts a connection of `address`; `None` if the address has as many as it may.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Share> {
        let mut open = self.open();
        let count = open.entry(address).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Share { of: Arc::clone(self), address })
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut open = self.of.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// A stream whose reader gets `patience` to read each answer as a whole. After it every write fails with
/// [`io::ErrorKind::TimedOut`].
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    patience: Duration,
    /// Runs from the first byte of an answer until all of it has been handed to the system.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) const fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, deadline: None }
    }

    /// Starts the time for an answer if it does not run yet, and fails when it is over.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let patience = self.patience;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(patience)));
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.deadline = None;
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_and_gives_it_back() {
        let shares = Shares::new(2);
        let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let held: Vec<_> = (0..3).map(|_| shares.take(one)).collect();
        assert_eq!(held.iter().flatten().count(), 2);
        assert!(shares.take(two).is_some(), "the share of one is not that of another");
        drop(held);
        assert!(shares.open().is_empty(), "what is not open is not remembered");
        assert!(shares.take(one).is_some());
    }
}
