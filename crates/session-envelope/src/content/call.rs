//! Steps of a call: session descriptions and network candidates of WebRTC (03 §4.10).

use alloc::{string::String, vec::Vec};

use super::{ContentError, fields};
use crate::wire::{self, UnknownFields, content::CallMessage};

/// Most bytes of descriptions and candidates in one message (03 §2).
const MAX_DESCRIPTIONS_LENGTH: usize = 65_536;

/// One step of the call `uuid`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    uuid: String,
    step: CallStep,
    unknown: UnknownFields,
}

/// What happens in a call. Descriptions (SDP) and candidates are passed on to WebRTC as they are.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CallStep {
    /// The caller announces an offer, so that the callee's device wakes up.
    PreOffer,
    /// The caller's description.
    Offer {
        /// SDP.
        description: String,
    },
    /// The callee's description.
    Answer {
        /// SDP.
        description: String,
    },
    /// Ways to reach the sender. Reveals IP addresses.
    Candidates(Vec<Candidate>),
    /// The call is over, or rejected.
    End,
}

/// One way to reach the sender of a step.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// The candidate line of the description.
    pub description: String,
    /// Index of the media line it belongs to.
    pub line: u32,
    /// Name of the media it belongs to.
    pub media: String,
}

impl Candidate {
    /// Candidate of its parts.
    #[must_use]
    pub fn new(description: impl Into<String>, line: u32, media: impl Into<String>) -> Self {
        Self { description: description.into(), line, media: media.into() }
    }
}

impl Call {
    /// Step of the call with this id, a random UUID as text that the caller chose.
    ///
    /// # Errors
    /// [`ContentError::Empty`] without an id, a description or candidates where there must be some;
    /// [`ContentError::TooMany`] above 65 536 bytes of them.
    pub fn new(uuid: impl Into<String>, step: CallStep) -> Result<Self, ContentError> {
        Self { uuid: uuid.into(), step, unknown: UnknownFields::default() }.check()
    }

    /// Id of the call, the same in all of its steps.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// What happens.
    #[must_use]
    pub const fn step(&self) -> &CallStep {
        &self.step
    }

    fn check(self) -> Result<Self, ContentError> {
        if self.uuid.trim().is_empty() {
            return Err(ContentError::Empty { field: "CallMessage.uuid" });
        }
        let field = "CallMessage.sdps";
        let found = match &self.step {
            CallStep::PreOffer | CallStep::End => return Ok(self),
            CallStep::Offer { description } | CallStep::Answer { description } => description.len(),
            CallStep::Candidates(candidates) => candidates.iter().fold(0_usize, |sum, each| {
                sum.saturating_add(each.description.len()).saturating_add(each.media.len())
            }),
        };
        match found {
            0 => Err(ContentError::Empty { field }),
            1..=MAX_DESCRIPTIONS_LENGTH => Ok(self),
            _ => Err(ContentError::TooMany { field, limit: MAX_DESCRIPTIONS_LENGTH, found }),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut call = CallMessage { uuid: Some(self.uuid.clone()), ..CallMessage::default() };
        call.r#type = Some(match &self.step {
            CallStep::Offer { description } => {
                call.sdps.push(description.clone());
                1
            }
            CallStep::Answer { description } => {
                call.sdps.push(description.clone());
                2
            }
            CallStep::Candidates(candidates) => {
                for candidate in candidates {
                    call.sdps.push(candidate.description.clone());
                    call.sdp_m_line_indexes.push(candidate.line);
                    call.sdp_mids.push(candidate.media.clone());
                }
                4
            }
            CallStep::End => 5,
            CallStep::PreOffer => 6,
        });
        wire::encode_with(&call, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        fields::at_most_numbers(bytes, 3, wire::MAX_RECORDS, "CallMessage.sdpMLineIndexes")?;
        let (mut call, unknown) = wire::decode_keeping::<CallMessage>(bytes)?;
        let field = "CallMessage.type";
        let uuid = fields::required(call.uuid.take(), "CallMessage.uuid")?;
        let step = match fields::required(call.r#type, field)? {
            1 => CallStep::Offer { description: description(call)? },
            2 => CallStep::Answer { description: description(call)? },
            4 => CallStep::Candidates(candidates(call)?),
            5 => CallStep::End,
            6 => CallStep::PreOffer,
            // Provisional answers (3) were never used, and are dropped like unknown steps.
            _ => return Err(ContentError::Missing { field }),
        };
        Self { uuid, step, unknown }.check()
    }
}

fn description(call: CallMessage) -> Result<String, ContentError> {
    let first = call.sdps.into_iter().next();
    first.ok_or(ContentError::Empty { field: "CallMessage.sdps" })
}

/// Three lists side by side.
fn candidates(call: CallMessage) -> Result<Vec<Candidate>, ContentError> {
    let lengths = (call.sdps.len(), call.sdp_m_line_indexes.len(), call.sdp_mids.len());
    let (descriptions, lines, media) = lengths;
    if descriptions != lines || lines != media {
        return Err(ContentError::UnevenCandidates { descriptions, lines, media });
    }
    let parts = call.sdps.into_iter().zip(call.sdp_m_line_indexes).zip(call.sdp_mids);
    Ok(parts.map(|((description, line), media)| Candidate { description, line, media }).collect())
}
