//! `ifelse`: a request that depends on the node's version (spec 05 §5.14).

use alloc::{boxed::Box, string::String, vec::Vec};

use super::{Method, Request, SHOWN_METHOD_LENGTH, batch::ParamsError};
use crate::{
    hard_fork::HardFork,
    limits::MAX_NESTING,
    wire::{Dict, FieldError, Fields, Value},
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
        Ok(Self {
            hf_at_least: fields.optional_list("hf_at_least", MAX_ELEMENTS)?,
            hf_before: fields.optional_list("hf_before", MAX_ELEMENTS)?,
            v_at_least: fields.optional_list("v_at_least", MAX_ELEMENTS)?,
            v_before: fields.optional_list("v_before", MAX_ELEMENTS)?,
            height_at_least: fields.optional("height_at_least")?,
            height_before: fields.optional("height_before")?,
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

    pub(super) fn from_params(params: Fields<'_, '_>, depth: usize) -> Result<Self, ParamsError> {
        let conditions = params.get("if").and_then(Fields::of).ok_or(IfElseError::NoConditions)?;
        let conditions = Conditions::from_fields(conditions)?;
        let branch = |field| {
            let Some(value) = params.get(field) else { return Ok(None) };
            branch(value, depth).map(Some)
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

fn branch(value: &Value<'_>, depth: usize) -> Result<Request, ParamsError> {
    let fields = Fields::of(value).ok_or(IfElseError::NoMethod)?;
    let name = fields.get("method").and_then(Value::as_text).ok_or(IfElseError::NoMethod)?;
    let unknown = || IfElseError::Method(name.chars().take(SHOWN_METHOD_LENGTH).collect());
    let method = Method::from_name(name).ok_or_else(unknown)?;
    let depth = depth.saturating_add(1);
    if method == Method::IfElse && depth >= MAX_NESTING {
        return Err(IfElseError::TooDeep.into());
    }
    let params = fields.get("params").and_then(Fields::of).ok_or(IfElseError::NoParams)?;
    Request::from_params(method, params, depth)
}

/// Why there is no `ifelse` of these parts.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IfElseError {
    /// There is no condition.
    #[error("Invalid ifelse request: no valid \"if\" field")]
    NoConditions,
    /// There is neither a request for the one case nor one for the other.
    #[error("Invalid ifelse request: no valid \"then\" or \"else\" field")]
    NoBranch,
    /// A request in it names no method.
    #[error("Invalid ifelse subrequest: no valid \"method\" field")]
    NoMethod,
    /// A request in it has no params.
    #[error("Invalid ifelse subrequest: no valid \"params\" field")]
    NoParams,
    /// A request in it is of a method that does not exist. Holds its name, shortened.
    #[error("Invalid ifelse subrequest: invalid method \"{0}\"")]
    Method(String),
    /// More than [`MAX_NESTING`] in each other.
    #[error("Invalid ifelse request: nested too deeply")]
    TooDeep,
}
