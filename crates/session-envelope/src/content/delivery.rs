//! Where a kind of message may occur, who may send it, how long it lives: the matrix of 03 §4.0.

use core::time::Duration;

use super::{CallStep, Content, Expiration, Kind, group::GroupUpdate};

/// Life of a message on the swarm, unless its kind or its timer says otherwise; the longest that a swarm accepts in
/// the namespaces of messages (03 §2).
const TTL: Duration = Duration::from_secs(14 * 86_400);
/// Shortest life that a swarm accepts.
const MIN_TTL: Duration = Duration::from_secs(10);
const TYPING_TTL: Duration = Duration::from_secs(20);
const CALL_TTL: Duration = Duration::from_secs(5 * 60);

/// Kind of conversation.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// Between two accounts, or with oneself.
    Direct,
    /// A group.
    Group,
    /// A room of a community.
    Community,
}

impl Place {
    /// Number of the swarm's namespace for contents of such a conversation. Communities are on no swarm.
    #[must_use]
    pub const fn namespace(self) -> Option<i16> {
        match self {
            Self::Direct => Some(0),
            Self::Group => Some(11),
            Self::Community => None,
        }
    }
}

/// What the sender is to the local account.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Sender {
    /// Somebody.
    Other,
    /// Somebody whom the user has blocked.
    Blocked,
    /// Another device of the same account.
    Own,
}

/// Why a content that is valid is not for this conversation (03 §3.2, steps 5 to 7).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The sender is blocked.
    #[error("sender is blocked")]
    Blocked,
    /// Own devices do not send such messages. Nothing is lost: count it as processed.
    #[error("message of an own device")]
    OwnMessage,
    /// The message claims to be a copy from an own device, but somebody else sent it.
    #[error("copy for another conversation from somebody else")]
    ForeignCopy,
    /// Such messages do not belong into such a conversation.
    #[error("wrong place for such a message")]
    WrongPlace,
}

/// One row of the matrix.
struct Rules {
    direct: bool,
    group: bool,
    community: bool,
    from_own: bool,
    copied: bool,
    from_blocked: bool,
    profile: bool,
    expiring: Expiring,
    ttl: Duration,
}

/// What the setting of disappearing messages means to a kind.
#[derive(Clone, Copy)]
enum Expiring {
    No,
    BySetting,
    /// Disappears after reading even where the setting is "after sending".
    AfterReading,
}

impl Rules {
    /// To one person, who is somebody else.
    const DIRECT: Self = Self {
        direct: true,
        group: false,
        community: false,
        from_own: false,
        copied: false,
        from_blocked: false,
        profile: false,
        expiring: Expiring::No,
        ttl: TTL,
    };
    /// To all members of a group, whether the reader likes the sender or not.
    const GROUP: Self =
        Self { direct: false, group: true, from_own: true, from_blocked: true, ..Self::DIRECT };
    /// What people write.
    const WRITTEN: Self = Self {
        group: true,
        from_own: true,
        copied: true,
        profile: true,
        expiring: Expiring::BySetting,
        ..Self::DIRECT
    };

    const fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Visible(_) => Self { community: true, ..Self::WRITTEN },
            Kind::Reaction(_) => Self::WRITTEN,
            Kind::TimerUpdate => Self { group: false, profile: false, ..Self::WRITTEN },
            Kind::ReadReceipt(_) => Self::DIRECT,
            Kind::Typing(_) => Self { ttl: TYPING_TTL, ..Self::DIRECT },
            Kind::MediaSaved(_) => Self { expiring: Expiring::AfterReading, ..Self::DIRECT },
            Kind::Unsend(_) => Self { from_own: true, copied: true, ..Self::DIRECT },
            Kind::RequestAccepted(_) => Self { profile: true, ..Self::DIRECT },
            Kind::Call(call) => {
                // So that the other devices stop ringing.
                let to_own = matches!(call.step(), CallStep::Answer { .. } | CallStep::End);
                let expiring = Expiring::AfterReading;
                Self { from_own: to_own, copied: to_own, expiring, ttl: CALL_TTL, ..Self::DIRECT }
            }
            Kind::Group(update) => Self::of_group(update),
        }
    }

    const fn of_group(update: &GroupUpdate) -> Self {
        match update {
            GroupUpdate::Invite(_) => Self { profile: true, ..Self::DIRECT },
            GroupUpdate::Promotion(_) => Self { profile: true, from_blocked: true, ..Self::DIRECT },
            GroupUpdate::InfoChange(_)
            | GroupUpdate::MemberChange(_)
            | GroupUpdate::MemberLeftNotification(_) => {
                Self { expiring: Expiring::BySetting, ..Self::GROUP }
            }
            GroupUpdate::MemberLeft(_) | GroupUpdate::DeleteContent(_) => Self::GROUP,
            GroupUpdate::InviteAccepted(_) => Self { profile: true, ..Self::GROUP },
        }
    }

    const fn allow(&self, place: Place) -> bool {
        match place {
            Place::Direct => self.direct,
            Place::Group => self.group,
            Place::Community => self.community,
        }
    }
}

impl Kind {
    /// Whether messages of this kind spread the sender's profile.
    pub(super) const fn has_profile(&self) -> bool {
        Rules::of(self).profile
    }

    /// What a message of this kind says where the setting of the conversation is `setting`: nothing, if it
    /// does not disappear.
    pub(super) const fn expiration(&self, setting: Expiration) -> Option<Expiration> {
        match (Rules::of(self).expiring, setting) {
            (Expiring::No, _) => None,
            (Expiring::AfterReading, Expiration::AfterSend(seconds)) => {
                Some(Expiration::AfterRead(seconds))
            }
            _ => Some(setting),
        }
    }

    /// Whether the sender stores a copy for its own other devices.
    pub(super) const fn is_copied(&self) -> bool {
        Rules::of(self).copied
    }
}

impl Content {
    /// How long the swarm is to keep the message: 10 s to 14 days, which every swarm accepts (03 §3.3).
    ///
    /// A timer outside these limits is not changed by this, only how long the message waits for its recipient.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        let rules = Rules::of(self.kind());
        match (rules.expiring, self.expiration()) {
            (Expiring::BySetting, Some(Expiration::AfterSend(seconds))) => {
                Duration::from_secs(seconds.get().into()).clamp(MIN_TTL, TTL)
            }
            _ => rules.ttl,
        }
    }

    /// Number of the namespace and time to live with which the swarm of such a conversation stores the message:
    /// `None` for communities, which are on no swarm.
    #[must_use]
    pub fn storage(&self, place: Place) -> Option<(i16, Duration)> {
        Some((place.namespace()?, self.ttl()))
    }

    /// Checks that such a message may come from such a sender in such a conversation (03 §3.2, steps 5 to 7).
    ///
    /// # Errors
    /// [`DeliveryError`]: the first rule that forbids it.
    pub const fn check_delivery(&self, place: Place, sender: Sender) -> Result<(), DeliveryError> {
        let rules = Rules::of(self.kind());
        match sender {
            Sender::Blocked if !rules.from_blocked => return Err(DeliveryError::Blocked),
            Sender::Own if !rules.from_own => return Err(DeliveryError::OwnMessage),
            Sender::Other | Sender::Blocked if self.copy_of().is_some() => {
                return Err(DeliveryError::ForeignCopy);
            }
            _ => {}
        }
        if rules.allow(place) { Ok(()) } else { Err(DeliveryError::WrongPlace) }
    }
}
