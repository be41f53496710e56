//! The requests that a request is made of, and how far they have come (05 §5.14).

use std::{ops::ControlFlow, vec};

use session_crypto::rand_core::CryptoRng;
use session_identity::Timestamp;
use session_onion::reply::Reply;
use session_swarm::{
    answer::{Answer, IfElseAnswer, Response},
    limits::MAX_PAGE_SIZE,
    request::{BatchMode, NodeState, Request},
};

use crate::link::ReplyTo;

/// The requests around the one at hand, the innermost last, and who waits for the answer.
#[derive(Debug)]
pub(crate) struct Job {
    around: Vec<Around>,
    reply_to: ReplyTo,
    /// Accounting bytes that the retrieved messages of all its requests may still take: those of one page, so that
    /// a link carries the answer.
    pub(super) page_left: u64,
}

/// A request that is made of others, one of which is at hand.
#[derive(Debug)]
enum Around {
    /// `batch` and `sequence`: requests that are carried out one after the other.
    Batch { mode: BatchMode, rest: vec::IntoIter<Request>, results: Vec<Response> },
    /// `ifelse`: one request.
    IfElse { state: NodeState, condition: bool },
}

/// What comes next in a [`Job`].
#[derive(Debug)]
pub(super) enum Turn {
    /// This request, which may be made of others.
    Request(Box<Request>),
    /// This request is to be carried out.
    Single(Box<Request>),
    /// The request at hand has this answer.
    Response(Response),
}

impl Job {
    pub(super) const fn new(reply_to: ReplyTo) -> Self {
        Self { around: Vec::new(), reply_to, page_left: MAX_PAGE_SIZE }
    }

    /// Goes into `request` if it is made of others; its first one is next.
    pub(super) fn open(&mut self, request: Request, state: NodeState, now: Timestamp) -> Turn {
        let (around, first) = match request {
            Request::Batch(batch) => {
                let mode = batch.mode();
                let mut rest = batch.into_requests().into_iter();
                let first = rest.next();
                (Around::Batch { mode, rest, results: Vec::new() }, first)
            }
            Request::IfElse(choice) => {
                let condition = choice.conditions().hold(&state);
                (Around::IfElse { state, condition }, choice.branch(condition).cloned())
            }
            single => return Turn::Single(Box::new(single)),
        };
        match first {
            Some(first) => {
                self.around.push(around);
                Turn::Request(Box::new(first))
            }
            None => Turn::Response(around.into_response(None, state, now)),
        }
    }

    /// Takes the answer to the request at hand; breaks with it if that was the whole request.
    pub(super) fn close(
        &mut self,
        response: Response,
        state: NodeState,
        now: Timestamp,
    ) -> ControlFlow<Response, Turn> {
        let Some(mut around) = self.around.pop() else { return ControlFlow::Break(response) };
        if let Around::Batch { mode, rest, results } = &mut around
            && (*mode == BatchMode::All || response.is_success())
            && let Some(next) = rest.next()
        {
            results.push(response);
            self.around.push(around);
            return ControlFlow::Continue(Turn::Request(Box::new(next)));
        }
        let response = around.into_response(Some(response), state, now);
        ControlFlow::Continue(Turn::Response(response))
    }

    /// The answer as it goes to who waits for it.
    pub(super) fn reply(&self, response: &Response, rng: &mut impl CryptoRng) -> Reply {
        self.reply_to.reply(response, rng)
    }
}

impl Around {
    /// The answer, with the one to the last request.
    fn into_response(self, last: Option<Response>, state: NodeState, now: Timestamp) -> Response {
        let answer = match self {
            Self::Batch { mut results, .. } => {
                results.extend(last);
                Answer::Batch(results)
            }
            Self::IfElse { state, condition } => {
                Answer::IfElse(IfElseAnswer::new(state, condition, last))
            }
        };
        Response::answer(answer, now, state.hard_fork)
    }
}
