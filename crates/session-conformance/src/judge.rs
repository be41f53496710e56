//! Compares what our API did with what a vector states.

use std::fmt;

use serde_json::{Map, Value};
use session_crypto::encoding::{base64, hex};

use crate::{
    BadVector, Case,
    suites::{Reason, Suite},
};

/// What our API did with a case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Ran {
    /// The suite does not know the operation.
    UnknownOperation,
    /// The suite knows the operation and cannot run this case; the text says why.
    Unable(String),
    /// The API refused, with this message.
    Refused(String),
    /// The API refused what the oracle accepts, because the specification demands it; with the API's message.
    /// The suite says where. Counts as skipped: the vector cannot judge it.
    RefusedBySpecification(String),
    /// The API returned these outputs.
    Returned(Outputs),
}

impl Ran {
    /// `Returned` or, with the text of the error, `Refused`.
    pub fn from_result<E: fmt::Display>(result: Result<Outputs, E>) -> Self {
        match result {
            Ok(outputs) => Self::Returned(outputs),
            Err(error) => Self::Refused(error.to_string()),
        }
    }
}

/// Outputs of our API by the names that the vector file uses.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    values: Map<String, Value>,
    uncompared: Vec<&'static str>,
}

impl Outputs {
    /// No outputs yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an output of any JSON form.
    #[must_use]
    pub fn value(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// Adds bytes in hexadecimal.
    #[must_use]
    pub fn hex(self, name: &str, bytes: &[u8]) -> Self {
        self.value(name, hex::encode(bytes))
    }

    /// Adds bytes in padded base64.
    #[must_use]
    pub fn base64(self, name: &str, bytes: &[u8]) -> Self {
        self.value(name, base64::encode(bytes))
    }

    /// Leaves a stated output out of the comparison, because the oracle's bytes are one of several right
    /// answers in this case. The suite must check what ours has to have in common with them.
    #[must_use]
    pub fn uncompared(mut self, name: &'static str) -> Self {
        self.uncompared.push(name);
        self
    }
}

/// Verdict on a case.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// Ours is what the vector states.
    Passed,
    /// Ours is something else.
    Failed {
        /// What the vector states.
        expected: String,
        /// What ours is.
        got: String,
    },
    /// Not run; the text says why.
    Skipped(String),
}

impl Verdict {
    fn failed(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::Failed { expected: expected.into(), got: got.into() }
    }
}

/// Runs `case` with `suite` and judges the result.
pub(crate) fn judge(suite: &Suite, case: &Case<'_>) -> Verdict {
    match (suite.run)(case) {
        Err(bad @ BadVector::Length { .. }) if case.error().is_some() => {
            judge_refusal(suite, case, bad.to_string())
        }
        Err(bad) => Verdict::failed("a case of this kind", bad.to_string()),
        Ok(Ran::UnknownOperation) => Verdict::Skipped(format!("unknown op `{}`", case.op())),
        Ok(Ran::Unable(why)) => Verdict::Skipped(why),
        Ok(Ran::Refused(ours)) => judge_refusal(suite, case, ours),
        Ok(Ran::RefusedBySpecification(ours)) if case.error().is_some() => {
            judge_refusal(suite, case, ours)
        }
        Ok(Ran::RefusedBySpecification(ours)) => {
            Verdict::Skipped(format!("known deviation, refused by specification: {ours}"))
        }
        Ok(Ran::Returned(ours)) => judge_outputs(suite, case, &ours),
    }
}

/// The oracle's message is not ours, but it says why: the suite's table maps it to the wording of ours.
fn judge_refusal(suite: &Suite, case: &Case<'_>, ours: String) -> Verdict {
    let Some(theirs) = case.error() else {
        return Verdict::failed("success", format!("refused: {ours}"));
    };
    // Where there is a class, it says more than the message: one text may serve several classes.
    let theirs = case.error_class().unwrap_or(theirs);
    if Reason::same_cause(suite.reasons, theirs, &ours) {
        Verdict::Passed
    } else {
        Verdict::failed(format!("refusal because: {theirs}"), format!("refused: {ours}"))
    }
}

fn judge_outputs(suite: &Suite, case: &Case<'_>, outputs: &Outputs) -> Verdict {
    let ours = &outputs.values;
    if let Some(theirs) = case.error() {
        return Verdict::failed(format!("refusal: {theirs}"), format!("{ours:?}"));
    }
    let Some(stated) = case.out() else {
        return Verdict::failed("`out` or `error` in the vector", "neither");
    };
    let compared =
        |name: &str| !suite.context.contains(&name) && !outputs.uncompared.contains(&name);
    for (name, expected) in stated.iter().filter(|(name, _)| compared(name.as_str())) {
        let got = ours.get(name).unwrap_or(&Value::Null);
        let absent = !ours.contains_key(name);
        if absent || *got != case.resolve(expected) {
            let got = if absent { "nothing".to_owned() } else { got.to_string() };
            return Verdict::failed(format!("{name}: {expected}"), format!("{name}: {got}"));
        }
    }
    Verdict::Passed
}
