//! Proofs that the backend took back (01 §11.8).

use alloc::{collections::BTreeMap, vec::Vec};

use super::{RevocationTag, UnixSeconds};

const MINUTE_S: u64 = 60;
const DAY_S: u64 = 86_400;
/// Ticket of a client that knows of nothing: the answer has the whole list.
const NO_TICKET: i64 = 0;

/// Answer of the backend to `get_pro_revocations`. Not signed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the fields of a message")]
pub struct RevocationAnswer {
    /// State of the backend's list, to be given in the next request.
    pub ticket: i64,
    /// When to ask again, in seconds from now.
    pub retry_in_s: u64,
    /// How long to keep an item after it was last listed, in seconds.
    pub retain_for_s: u64,
    /// The revoked proofs; none if the ticket is still current.
    pub items: Vec<Revocation>,
}

/// One revoked proof.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the fields of a message")]
pub struct Revocation {
    /// The tag in the proof.
    pub tag: RevocationTag,
    /// From when on it is revoked.
    pub effective_at: UnixSeconds,
}

/// Revoked proofs that a client knows of. To be kept in memory only.
///
/// # Security
/// The answers are not signed, so that no answer may end, shorten or put off what an earlier one said (01 §14,
/// item 8): each item is kept as long as any answer that lists it has asked for, within bounds. Whoever
/// forges an answer can still hide *new* revocations, and with a ticket of the future would go on to: the backend
/// then says that nothing has changed. So the ticket is forgotten once a day, and the whole list asked for again.
#[derive(Clone, Debug, Default)]
pub struct RevocationList {
    items: BTreeMap<RevocationTag, Seen>,
    ticket: i64,
    whole_list_at: Option<UnixSeconds>,
    next_request_at: Option<UnixSeconds>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    effective_at: UnixSeconds,
    keep_until: UnixSeconds,
    /// It stood in the last list.
    is_listed: bool,
}

impl RevocationList {
    /// List that knows of nothing, with ticket 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an answer in, and forgets what is no longer listed and was kept long enough since: between a day and a year,
    /// as the answers said. An item that is still listed is never forgotten.
    pub fn merge(&mut self, answer: &RevocationAnswer, now: UnixSeconds) {
        let keep_until = later(now, answer.retain_for_s.clamp(DAY_S, 365 * DAY_S));
        if !self.is_unchanged(answer) {
            self.items.values_mut().for_each(|seen| seen.is_listed = false);
        }
        for item in &answer.items {
            let new = Seen { effective_at: item.effective_at, keep_until, is_listed: true };
            let seen = self.items.entry(item.tag).or_insert(new);
            seen.effective_at = seen.effective_at.min(item.effective_at);
            seen.is_listed = true;
        }
        for seen in self.items.values_mut().filter(|seen| seen.is_listed) {
            seen.keep_until = seen.keep_until.max(keep_until);
        }
        self.items.retain(|_, seen| now < seen.keep_until);
        let retry_in_s = answer.retry_in_s.clamp(MINUTE_S, 2 * DAY_S);
        self.next_request_at = Some(later(now, retry_in_s));
        if self.ticket == NO_TICKET {
            self.whole_list_at = Some(now);
        }
        let is_recent = self.whole_list_at.is_some_and(|at| now < later(at, DAY_S));
        self.ticket = if is_recent { answer.ticket } else { NO_TICKET };
    }

    /// Whether the backend says that its list is that of the ticket it was asked with.
    const fn is_unchanged(&self, answer: &RevocationAnswer) -> bool {
        self.ticket != NO_TICKET && answer.ticket == self.ticket && answer.items.is_empty()
    }

    /// Whether the proof with this tag is revoked at `now`, the receiver's own time.
    #[must_use]
    pub fn is_revoked(&self, tag: &RevocationTag, now: UnixSeconds) -> bool {
        self.items.get(tag).is_some_and(|seen| now >= seen.effective_at)
    }

    /// Ticket for the next request: that of the last answer, or 0, which asks for the whole list, once a day.
    #[must_use]
    pub const fn ticket(&self) -> i64 {
        self.ticket
    }

    /// When to ask again: between a minute and two days after the last answer. `None` before the first.
    #[must_use]
    pub const fn next_request_at(&self) -> Option<UnixSeconds> {
        self.next_request_at
    }
}

const fn later(time: UnixSeconds, seconds: u64) -> UnixSeconds {
    UnixSeconds::from_secs(time.as_secs().saturating_add(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: RevocationTag = RevocationTag::from_bytes([1; 32]);

    fn at(secs: u64) -> UnixSeconds {
        UnixSeconds::from_secs(secs)
    }

    fn answer(items: &[(RevocationTag, u64)]) -> RevocationAnswer {
        let items = items
            .iter()
            .map(|(tag, effective)| Revocation { tag: *tag, effective_at: at(*effective) });
        RevocationAnswer {
            ticket: 7,
            retry_in_s: 3_600,
            retain_for_s: 2 * DAY_S,
            items: items.collect(),
        }
    }

    #[test]
    fn a_revocation_holds_from_its_second_on() {
        let mut list = RevocationList::new();
        assert_eq!((list.ticket(), list.next_request_at()), (0, None));
        list.merge(&answer(&[(TAG, 1_000)]), at(500));
        assert!(!list.is_revoked(&TAG, at(999)));
        assert!(list.is_revoked(&TAG, at(1_000)));
        assert!(!list.is_revoked(&RevocationTag::from_bytes([2; 32]), at(1_000)));
        assert_eq!((list.ticket(), list.next_request_at()), (7, Some(at(500 + 3_600))));
    }

    /// Answer of a backend whose list has nothing in it any more.
    fn emptied() -> RevocationAnswer {
        RevocationAnswer { ticket: 8, ..answer(&[]) }
    }

    #[test]
    fn what_is_listed_is_kept_and_counts_from_the_last_list() {
        let mut list = RevocationList::new();
        list.merge(&answer(&[(TAG, 0)]), at(500));
        let second = 500 + 2 * DAY_S - 1;
        list.merge(&answer(&[(TAG, 0)]), at(second));
        list.merge(&emptied(), at(second + 2 * DAY_S - 1));
        assert!(list.is_revoked(&TAG, at(1_000)), "it was listed again");
        list.merge(&emptied(), at(second + 2 * DAY_S));
        assert!(!list.is_revoked(&TAG, at(1_000)));
        // Within the day of a whole list, an unchanged ticket says that all of it still stands.
        let mut list = RevocationList::new();
        let short = RevocationAnswer { retain_for_s: DAY_S, ..answer(&[(TAG, 0)]) };
        list.merge(&short, at(0));
        list.merge(&RevocationAnswer { items: Vec::new(), ..short }, at(DAY_S - 1));
        list.merge(&emptied(), at(2 * DAY_S - 2));
        assert!(list.is_revoked(&TAG, at(1_000)));
        list.merge(&emptied(), at(2 * DAY_S - 1));
        assert!(!list.is_revoked(&TAG, at(1_000)));
    }

    #[test]
    fn what_is_no_longer_listed_is_not_kept_by_an_unchanged_ticket() {
        let mut list = RevocationList::new();
        let other = RevocationTag::from_bytes([2; 32]);
        list.merge(&answer(&[(TAG, 0), (other, 0)]), at(0));
        list.merge(&RevocationAnswer { ticket: 8, ..answer(&[(other, 0)]) }, at(10));
        list.merge(&emptied(), at(DAY_S - 1));
        list.merge(&emptied(), at(2 * DAY_S));
        assert!(!list.is_revoked(&TAG, at(2 * DAY_S)));
        assert!(list.is_revoked(&other, at(2 * DAY_S)));
    }

    #[test]
    fn a_later_answer_cannot_put_a_revocation_off() {
        let mut list = RevocationList::new();
        list.merge(&answer(&[(TAG, 1_000)]), at(0));
        list.merge(&answer(&[(TAG, 9_000)]), at(1));
        assert!(list.is_revoked(&TAG, at(1_000)));
        list.merge(&answer(&[(TAG, 10)]), at(2));
        assert!(list.is_revoked(&TAG, at(10)));
    }

    #[test]
    fn a_later_answer_cannot_shorten_what_is_kept() {
        let long = RevocationAnswer { retain_for_s: 30 * DAY_S, ..answer(&[(TAG, 0)]) };
        let end = 30 * DAY_S;
        for short in [
            RevocationAnswer { retain_for_s: 0, ..emptied() },
            RevocationAnswer { retain_for_s: 0, ..answer(&[(TAG, 0)]) },
        ] {
            let mut list = RevocationList::new();
            list.merge(&long, at(0));
            list.merge(&short, at(2 * DAY_S));
            list.merge(&emptied(), at(end - 1));
            assert!(list.is_revoked(&TAG, at(end - 1)), "{short:?}");
            list.merge(&emptied(), at(end));
            assert!(!list.is_revoked(&TAG, at(end)), "{short:?}");
        }
    }

    #[test]
    fn the_whole_list_is_asked_for_once_a_day() {
        let mut list = RevocationList::new();
        let forged = RevocationAnswer { ticket: i64::MAX, ..answer(&[]) };
        for (now, ticket) in [
            (100, i64::MAX),
            (101, i64::MAX),
            (99 + DAY_S, i64::MAX),
            (100 + DAY_S, 0),
            // The answer to ticket 0 is the whole list: the next day begins.
            (200 + DAY_S, i64::MAX),
            (199 + 2 * DAY_S, i64::MAX),
            (200 + 2 * DAY_S, 0),
        ] {
            list.merge(&forged, at(now));
            assert_eq!(list.ticket(), ticket, "{now}");
        }
    }

    #[test]
    fn extreme_times_are_clamped() {
        for (retry_in_s, expected) in [(0, 60), (u64::MAX, 2 * DAY_S)] {
            let mut list = RevocationList::new();
            list.merge(&RevocationAnswer { retry_in_s, ..answer(&[]) }, at(10));
            assert_eq!(list.next_request_at(), Some(at(10 + expected)));
        }
        for (retain_for_s, expected) in [(0, DAY_S), (u64::MAX, 365 * DAY_S)] {
            let answer = RevocationAnswer { retain_for_s, ..answer(&[(TAG, 0)]) };
            let mut list = RevocationList::new();
            list.merge(&answer, at(10));
            list.merge(&emptied(), at(9 + expected));
            assert!(list.is_revoked(&TAG, at(10)));
            list.merge(&emptied(), at(10 + expected));
            assert!(!list.is_revoked(&TAG, at(10)));
        }
        let mut list = RevocationList::new();
        list.merge(&answer(&[(TAG, u64::MAX)]), at(u64::MAX));
        assert_eq!(list.next_request_at(), Some(at(u64::MAX)));
    }
}
