//! `ifelse`: a request that depends on the node's version (spec 05 §5.14).

use alloc::{boxed::Box, vec::Vec};

use super::{Method, Reading, Request, batch::ParamsError};
use crate::{
    hard_fork::HardFork,
    limits::MAX_NESTING,
    wire::{Dict, FieldError, Fields, Kind, Value},
};

/// What a node answers `ifelse` by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "all that conditions ask for")]
pub struct NodeState {
    /// Rules that the network follows.
    pub hard_fork: HardFork,
    /// Version of the node's program.
    pub version: [u16; 3],
    /// Height of the blockchain.
    pub height: u64,
}

/// Conditions that must all hold, in numbers of any sign, as nodes read them. Versions are compared element by element; missing elements count as 0,
/// additional ones are ignored, and an empty list is no condition.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "all that nodes know, to be written as a literal")]
pub struct Conditions {
    /// The hard fork is this or later.
    pub hf_at_least: Option<Vec<i32>>,
    /// The hard fork is earlier than this.
    pub hf_before: Option<Vec<i32>>,
    /// The version is this or later.
    pub v_at_least: Option<Vec<i32>>,
    /// The version is earlier than this.
    pub v_before: Option<Vec<i32>>,
    /// The height is this or more.
    pub height_at_least: Option<i64>,
    /// The height is less than this.
    pub height_before: Option<i64>,
}

impl Conditions {
    /// No condition yet. At least one must be set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all of them hold for this node.
    #[must_use]
    pub fn hold(&self, state: &NodeState) -> bool {
        let fork = [state.hard_fork.number, state.hard_fork.revision].map(i32::from);
        let version = state.version.map(i32::from);
        let reaches = |wanted: &Option<Vec<i32>>, found: &[i32]| {
            wanted.as_ref().filter(|wanted| !wanted.is_empty()).map(|wanted| {
                let wanted = wanted.iter().copied().chain(core::iter::repeat(0));
                found.iter().copied().ge(wanted.take(found.len()))
            })
        };
        let height = i64::try_from(state.height).unwrap_or(i64::MAX);
        reaches(&self.hf_at_least, &fork) != Some(false)
            && reaches(&self.hf_before, &fork) != Some(true)
            && reaches(&self.v_at_least, &version) != Some(false)
            && reaches(&self.v_before, &version) != Some(true)
            && self.height_at_least.is_none_or(|wanted| height >= wanted)
            && self.height_before.is_none_or(|wanted| height < wanted)
    }

    fn is_empty(&self) -> bool {
        let versions = [&self.hf_at_least, &self.hf_before, &self.v_at_least, &self.v_before];
        versions.iter().all(|version| version.as_ref().is_none_or(Vec::is_empty))
            && self.height_at_least.is_none()
            && self.height_before.is_none()
    }

    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        fields.check_types(&TYPES)?;
        Ok(Self {
            hf_at_least: fields.optional_list("hf_at_least", MAX_ELEMENTS)?,
            hf_before: fields.optional_list("hf_before", MAX_ELEMENTS)?,
            v_at_least: fields.optional_list("v_at_least", MAX_ELEMENTS)?,
            v_before: fields.optional_list("v_before", MAX_ELEMENTS)?,
            height_at_least: height(fields, "height_at_least")?,
            height_before: height(fields, "height_before")?,
        })
    }

    fn to_dict(&self) -> Dict<'_> {
        let list = |version: &Option<Vec<i32>>| {
            version.as_ref().map(|version| version.iter().copied().collect::<Value<'_>>())
        };
        Dict::new()
            .with_optional("hf_at_least", list(&self.hf_at_least))
            .with_optional("hf_before", list(&self.hf_before))
            .with_optional("v_at_least", list(&self.v_at_least))
            .with_optional("v_before", list(&self.v_before))
            .with_optional("height_at_least", self.height_at_least)
            .with_optional("height_before", self.height_before)
    }
}

const TYPES: [(&str, Kind); 6] = [
    ("height_at_least", Kind::Integer),
    ("height_before", Kind::Integer),
    ("hf_at_least", Kind::Integers),
    ("hf_before", Kind::Integers),
    ("v_at_least", Kind::Integers),
    ("v_before", Kind::Integers),
];

/// A height beyond 64 bits is as far as one can be.
fn height(fields: Fields<'_, '_>, field: &'static str) -> Result<Option<i64>, FieldError> {
    let height: Option<i128> = fields.optional(field)?;
    let ends = (i64::MIN.into(), i64::MAX.into());
    Ok(height.map(|height| i64::try_from(height.clamp(ends.0, ends.1)).unwrap_or(i64::MAX)))
}

/// Elements of a version in a condition, at most; no more than three count.
const MAX_ELEMENTS: usize = 16;

/// Carries out one of two requests, depending on the node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IfElseRequest {
    conditions: Conditions,
    then: Option<Box<Request>>,
    otherwise: Option<Box<Request>>,
}

impl IfElseRequest {
    /// Request for `then` if the conditions hold, and for `otherwise` if not.
    ///
    /// # Errors
    /// [`IfElseError::NoConditions`], [`IfElseError::NoBranch`], [`IfElseError::TooDeep`].
    pub fn new(
        conditions: Conditions,
        then: Option<Request>,
        otherwise: Option<Request>,
    ) -> Result<Self, IfElseError> {
        if conditions.is_empty() {
            return Err(IfElseError::NoConditions);
        }
        if then.is_none() && otherwise.is_none() {
            return Err(IfElseError::NoBranch);
        }
        if then.iter().chain(&otherwise).any(|branch| branch.depth() >= MAX_NESTING) {
            return Err(IfElseError::TooDeep);
        }
        Ok(Self { conditions, then: then.map(Box::new), otherwise: otherwise.map(Box::new) })
    }

    /// The conditions.
    #[must_use]
    pub const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// The request that is carried out in either case, if there is one.
    #[must_use]
    pub fn branch(&self, conditions_hold: bool) -> Option<&Request> {
        if conditions_hold { self.then.as_deref() } else { self.otherwise.as_deref() }
    }

    /// How many `ifelse` there are in each other.
    pub(super) fn depth(&self) -> usize {
        let branches = self.then.iter().chain(&self.otherwise);
        branches.map(|branch| branch.depth()).max().unwrap_or(0).saturating_add(1)
    }

    pub(super) fn from_params(
        params: Fields<'_, '_>,
        reading: Reading,
    ) -> Result<Self, ParamsError> {
        let conditions = params.get("if").and_then(Fields::of).ok_or(IfElseError::NoIf)?;
        let conditions = Conditions::from_fields(conditions)?;
        if conditions.is_empty() {
            return Err(IfElseError::NoConditions.into());
        }
        let branch = |field| {
            let Some(value) = params.get(field) else { return Ok(None) };
            branch(field, value, reading).map(Some)
        };
        Ok(Self::new(conditions, branch("then")?, branch("else")?)?)
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        Dict::new()
            .with("if", self.conditions.to_dict())
            .with_optional("then", self.then.as_ref().map(|request| request.to_dict()))
            .with_optional("else", self.otherwise.as_ref().map(|request| request.to_dict()))
    }
}

fn branch(
    field: &'static str,
    value: &Value<'_>,
    reading: Reading,
) -> Result<Request, ParamsError> {
    let fields = Fields::of(value).ok_or(IfElseError::NotObject { field })?;
    let keys = IfElseError::NoKeys { field };
    let name = fields.get("method").and_then(Value::as_text).ok_or(keys)?;
    let params = fields.get("params").and_then(Fields::of).ok_or(keys)?;
    let method = Method::of_release(name, reading.release);
    let method = method.ok_or(IfElseError::Method { field })?;
    let depth = reading.depth.saturating_add(1);
    if method == Method::IfElse && depth >= MAX_NESTING {
        return Err(IfElseError::TooDeep.into());
    }
    Request::from_params(method, params, Reading { depth, ..reading })
}

/// Why there is no `ifelse` of these parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IfElseError {
    /// There is no object of conditions.
    #[error("Invalid ifelse request: no valid \"if\" field")]
    NoIf,
    /// There is no condition in it.
    #[error("Invalid ifelse request: must specify at least one \"if\" condition")]
    NoConditions,
    /// There is neither a request for the one case nor one for the other.
    #[error("Invalid ifelse request: at least one of \"then\"/\"else\" required")]
    NoBranch,
    /// What is in this field is no object.
    #[error("Invalid ifelse request: {field} must be an object")]
    NotObject {
        /// `then` or `else`.
        field: &'static str,
    },
    /// The request in this field names no method or has no params.
    #[error("Invalid ifelse request: {field} must have method/params keys")]
    NoKeys {
        /// `then` or `else`.
        field: &'static str,
    },
    /// The request in this field is of a method that does not exist.
    #[error("Invalid ifelse request method \"{field}\"")]
    Method {
        /// `then` or `else`.
        field: &'static str,
    },
    /// More than [`MAX_NESTING`] in each other.
    #[error("Invalid ifelse request: nested too deeply")]
    TooDeep,
}
