//! Contents as bytes (03 §1.2, §1.3).

use alloc::{string::ToString as _, vec::Vec};

use session_identity::Timestamp;

use super::{
    Call, Content, ContentError, Expiration, Kind, MAX_LENGTH, MediaSaved, MessageId, ProMessage,
    Profile, Reaction, ReadReceipt, RequestAccepted, Typing, Unknown, Unsend, Visible, fields,
    group::GroupUpdate,
};
use crate::wire::{self, UnknownFields, data::DataMessage};

/// Flag of a data message that announces a new setting of disappearing messages.
const TIMER_UPDATE: u32 = 2;

impl Content {
    /// Bytes of the content, sent at `sent_at`, which becomes the signed timestamp.
    #[must_use]
    pub fn encode(&self, sent_at: Timestamp) -> Vec<u8> {
        let mut content = wire::content::Content {
            expiration_type: self.expiration.map(Expiration::wire_type),
            expiration_timer: self.expiration.map(Expiration::seconds),
            sig_timestamp: Some(sent_at.as_millis()),
            pro_message: self.pro.iter().map(ProMessage::encode).collect(),
            msg_id: self.message_id.map(MessageId::to_wire),
            ..wire::content::Content::default()
        };
        match &self.kind {
            Kind::Visible(visible) => {
                content.data_message.push(self.encode_data(|message| visible.write(message)));
            }
            Kind::Reaction(reaction) => content
                .data_message
                .push(self.encode_data(|message| message.reaction.push(reaction.encode()))),
            Kind::TimerUpdate => content
                .data_message
                .push(self.encode_data(|message| message.flags = Some(TIMER_UPDATE))),
            Kind::Group(update) => content.data_message.push(self.encode_data(|message| {
                message.group_update_message.push(update.encode(&self.unknown.group_update));
            })),
            Kind::ReadReceipt(receipt) => content.receipt_message.push(receipt.encode()),
            Kind::Typing(typing) => content.typing_message.push(typing.encode(sent_at)),
            Kind::MediaSaved(saved) => {
                content.data_extraction_notification.push(saved.encode());
            }
            Kind::Unsend(unsend) => content.unsend_request.push(unsend.encode()),
            Kind::RequestAccepted(accepted) => {
                content.message_request_response.push(accepted.encode(self.profile.as_ref()));
            }
            Kind::Call(call) => content.call_message.push(call.encode()),
        }
        wire::encode_with(&content, &self.unknown.content)
    }

    /// A data message of what every one can carry and what `write` adds.
    fn encode_data(&self, write: impl FnOnce(&mut DataMessage)) -> Vec<u8> {
        let (profile, profile_key) = self.profile.as_ref().map(Profile::encode).unzip();
        let mut message = DataMessage {
            profile_key: profile_key.flatten(),
            profile: profile.into_iter().collect(),
            sync_target: self.copy_of.map(|id| id.to_string()),
            blocks_community_message_requests: self.blocks_community_requests,
            ..DataMessage::default()
        };
        write(&mut message);
        wire::encode_with(&message, &self.unknown.data_message)
    }

    /// Content of its bytes, and the time at which it says to be sent. Clients that leave out the time are old.
    ///
    /// # Errors
    /// [`ContentError`] for the first rule that is broken, in the order of the specification.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Option<Timestamp>), ContentError> {
        if bytes.len() > MAX_LENGTH {
            return Err(ContentError::TooLong { found: bytes.len() });
        }
        let (mut content, unknown) = wire::decode_keeping::<wire::content::Content>(bytes)?;
        let sent_at = content.sig_timestamp.map(Timestamp::from_millis);
        let expiration = Expiration::from_wire(content.expiration_type, content.expiration_timer);
        let pro = wire::merged(core::mem::take(&mut content.pro_message));
        let pro = pro.map(|bytes| ProMessage::decode(&bytes)).transpose()?;
        let message_id = content.msg_id.map(MessageId::from_wire);

        let obsolete = [
            ("configurationMessage", content.configuration_message.is_empty()),
            ("sharedConfigMessage", content.shared_config_message.is_empty()),
        ];
        let kind = only_one([
            ("dataMessage", content.data_message),
            ("callMessage", content.call_message),
            ("receiptMessage", content.receipt_message),
            ("typingMessage", content.typing_message),
            ("dataExtractionNotification", content.data_extraction_notification),
            ("unsendRequest", content.unsend_request),
            ("messageRequestResponse", content.message_request_response),
        ]);
        let (field, bytes) =
            kind.map_err(|error| match obsolete.iter().find(|(_, none)| !none) {
                Some((field, _)) if error == ContentError::UnknownKind => {
                    ContentError::Obsolete { field }
                }
                _ => error,
            })?;
        let decoded = match field {
            "dataMessage" => decode_data(bytes)?,
            "callMessage" => Self::new(Kind::Call(Call::decode(&bytes)?)),
            "receiptMessage" => Self::new(Kind::ReadReceipt(ReadReceipt::decode(&bytes)?)),
            "typingMessage" => Self::new(Kind::Typing(Typing::decode(&bytes, sent_at)?)),
            "dataExtractionNotification" => {
                Self::new(Kind::MediaSaved(MediaSaved::decode(&bytes)?))
            }
            "unsendRequest" => Self::new(Kind::Unsend(Unsend::decode(&bytes)?)),
            _ => {
                let (accepted, profile) = RequestAccepted::decode(&bytes)?;
                Self { profile, ..Self::new(Kind::RequestAccepted(accepted)) }
            }
        };
        let unknown = Unknown { content: unknown, ..decoded.unknown };
        Ok((Self { expiration, pro, message_id, unknown, ..decoded }, sent_at))
    }
}

/// What a data message is about, and what goes with it.
fn decode_data(bytes: Vec<u8>) -> Result<Content, ContentError> {
    let (mut message, data_message) = wire::decode_keeping::<DataMessage>(&bytes)?;
    drop(bytes);
    let key = message.profile_key.take();
    let profile = wire::merged(core::mem::take(&mut message.profile));
    let profile = profile.map(|bytes| Profile::decode(&bytes, key.as_deref())).transpose()?;
    let copy_of = message.sync_target.take();
    let copy_of = copy_of.map(|text| fields::account_id(&text, "DataMessage.syncTarget"));
    let blocks_community_requests = message.blocks_community_message_requests;
    let (kind, group_update) = data_kind(message)?;
    Ok(Content {
        profile,
        copy_of: copy_of.transpose()?,
        blocks_community_requests,
        unknown: Unknown { data_message, group_update, ..Unknown::default() },
        ..Content::new(kind)
    })
}

/// A control message of a group, a new setting, a reaction or, where there is none of these, a message.
///
/// Clients look for the first two in different orders, so that both in one message are refused.
fn data_kind(message: DataMessage) -> Result<(Kind, UnknownFields), ContentError> {
    if !message.closed_group_control_message.is_empty() {
        return Err(ContentError::LegacyGroup);
    }
    let sets_timer = message.flags.is_some_and(|flags| flags & TIMER_UPDATE != 0);
    if let Some(update) = wire::merged(message.group_update_message.clone()) {
        if sets_timer {
            return Err(ContentError::SeveralKinds {
                first: "groupUpdateMessage",
                second: "flags",
            });
        }
        let (update, unknown) = GroupUpdate::decode(&update)?;
        return Ok((Kind::Group(update), unknown));
    }
    let kind = if sets_timer {
        Kind::TimerUpdate
    } else if let Some(reaction) = wire::merged(message.reaction.clone()) {
        Kind::Reaction(Reaction::decode(&reaction)?)
    } else {
        Kind::Visible(Visible::read(message)?)
    };
    Ok((kind, UnknownFields::default()))
}

/// The one field that is there, of those of which exactly one may be.
pub(super) fn only_one<const N: usize>(
    fields: [(&'static str, Vec<Vec<u8>>); N],
) -> Result<(&'static str, Vec<u8>), ContentError> {
    let mut present = fields
        .into_iter()
        .filter_map(|(name, occurrences)| Some((name, wire::merged(occurrences)?)));
    let only = present.next().ok_or(ContentError::UnknownKind)?;
    match present.next() {
        Some((second, _)) => Err(ContentError::SeveralKinds { first: only.0, second }),
        None => Ok(only),
    }
}
