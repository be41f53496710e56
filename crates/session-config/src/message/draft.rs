//! A revision in the making.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use super::{
    Authority, Lag, Lagged, Message, Unknown,
    write::{Parts, write},
};
use crate::{
    data::{Dict, Value},
    diff::Diff,
};

/// From a finished revision to the next.
impl Message {
    /// The revision that comes next, with the same data and nothing changed yet (07 §4.4).
    #[must_use]
    pub fn successor(self, lag: Lag) -> Draft {
        let Self { id, data, diff, mut lagged, unknown, signature: _, original: _ } = self;
        lagged.insert(id, diff);
        Draft::new(id.seqno.saturating_add(1), data.clone(), data, lagged, lag, unknown)
    }

    /// The draft that this message was finished from, if `base` is the draft's.
    pub(crate) fn reopen(self, base: Dict) -> Draft {
        let Self { id, data, lagged, unknown, .. } = self;
        Draft { seqno: id.seqno, base, data, lagged, unknown }
    }
}

/// A revision in the making.
#[derive(Clone)]
pub struct Draft {
    seqno: i64,
    /// What the diff is computed against.
    base: Dict,
    data: Dict,
    lagged: Lagged,
    unknown: Unknown,
}

impl Draft {
    pub(crate) fn new(
        seqno: i64,
        base: Dict,
        data: Dict,
        mut lagged: Lagged,
        lag: Lag,
        unknown: Unknown,
    ) -> Self {
        lagged.retain(|id, _| id.seqno < seqno && !lag.is_too_old(id.seqno, seqno));
        Self { seqno, base, data, lagged, unknown }
    }

    /// A first revision with another number than 1, for experiments: it remembers no earlier one.
    #[must_use]
    pub fn starting_at(seqno: i64) -> Self {
        Self::new(seqno, Dict::new(), Dict::new(), Lagged::new(), Lag::DEFAULT, Unknown::default())
    }

    /// Number of the revision.
    #[must_use]
    pub const fn seqno(&self) -> i64 {
        self.seqno
    }

    /// The data with the edits so far.
    #[must_use]
    pub const fn data(&self) -> &Dict {
        &self.data
    }

    /// Puts `value` at the end of `path`, or removes what is there, as [`Dict::assign`].
    pub fn assign(&mut self, path: &[&[u8]], value: Option<Value>) {
        self.data.assign(path, value);
    }

    /// Replaces all data.
    pub fn replace(&mut self, mut data: Dict) {
        data.prune();
        self.data = data;
    }

    /// The finished revision, signed if the authority signs.
    #[must_use]
    pub fn finish(self, authority: &Authority) -> Message {
        self.finish_written(authority).0
    }

    /// The finished revision and its bytes.
    pub(crate) fn finish_written(self, authority: &Authority) -> (Message, Zeroizing<Vec<u8>>) {
        let Self { seqno, base, data, lagged, unknown } = self;
        let diff = Arc::new(Diff::between(&base, &data));
        Message::seal(Parts { seqno, data, diff, lagged, unknown }, authority)
    }

    pub(crate) fn base(&self) -> Dict {
        self.base.clone()
    }

    /// Bytes without a signature: what a dump holds.
    pub(crate) fn to_dump_bytes(&self) -> Zeroizing<Vec<u8>> {
        let diff = Diff::between(&self.base, &self.data);
        write(self.seqno, &self.data, &self.lagged, &diff, &self.unknown, |_| None)
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("seqno", &self.seqno).finish_non_exhaustive()
    }
}
