//! Group Members: who is in a closed group, and how far invitations and promotions are (07 §15.2).

use std::collections::BTreeSet;

use session_bt::{DictReader, DictWriter};
use session_identity::{AccountId, Timestamp};
use session_swarm::namespace::Namespace;

use crate::{
    change::Place,
    config::{Config, ConfigType, GroupType, LoadError, LocalData, ReadOnly, Sealed, SyncedType},
    data::{Dict, Value},
    encryption::Domain,
    fields::{self, truncated_name},
    picture::ProfilePicture,
};

mod event;

pub use event::MemberField;

/// The type of [`Config`] that holds the members of a group.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GroupMembers;

impl Sealed for GroupMembers {
    const DOMAIN: Domain<'static> = Domain("groups::Members");
    type Local = PendingSends;

    fn locate(path: &[&[u8]], _: [&Dict; 2]) -> Option<Place<Self>> {
        let [b"m", id, key, ..] = path else { return None };
        let entry = AccountId::from_bytes((*id).try_into().ok()?).ok()?;
        Some(Place { entry, depth: 2, field: MemberField::of(key) })
    }

    fn tidy(config: &mut Config<Self>, _before: &Dict, _now: Timestamp) {
        config.forget_sent();
    }
}
impl ConfigType for GroupMembers {}
impl SyncedType for GroupMembers {
    const NAMESPACE: Namespace = Namespace::GROUP_MEMBERS;
    type Entry = AccountId;
    type Field = MemberField;
}
impl GroupType for GroupMembers {}

/// A member of a group, also one that is invited or about to be removed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Member {
    id: AccountId,
    name: String,
    /// The member's picture.
    pub picture: Option<ProfilePicture>,
    /// When the member changed name or picture last, as far as is known.
    pub profile_updated_at: Option<Timestamp>,
    /// Is or will be an admin.
    pub is_admin: bool,
    /// Gets the keys that are in use with the invitation.
    pub needs_supplement: bool,
    /// How far the invitation is.
    pub invite: Progress,
    /// How far the promotion is.
    pub promotion: Progress,
    /// The member is about to be removed.
    pub removal: Option<PendingRemoval>,
}

/// How far an invitation or promotion is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// Accepted, or there never was one: absent.
    #[default]
    Accepted,
    /// Sent: 1.
    Sent,
    /// Could not be sent: 2.
    Failed,
    /// Not sent yet: 3.
    NotSent,
    /// A number of a later version.
    Other(i64),
}

impl Progress {
    const fn of_wire(number: Option<i64>) -> Self {
        match number {
            None | Some(..=0) => Self::Accepted,
            Some(1) => Self::Sent,
            Some(2) => Self::Failed,
            Some(3) => Self::NotSent,
            Some(other) => Self::Other(other),
        }
    }

    const fn number(self) -> i64 {
        match self {
            Self::Accepted => 0,
            Self::Sent => 1,
            Self::Failed => 2,
            Self::NotSent => 3,
            Self::Other(number) => number,
        }
    }
}

/// What is about to be removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PendingRemoval {
    /// The member: 1.
    Member,
    /// The member and all messages of the member: 2.
    MemberAndMessages,
}

/// What to show of a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MemberStatus {
    /// Is about to be removed.
    Removed,
    /// Is about to be removed with all messages.
    RemovedWithMessages,
    /// The promotion to admin is this far; accepted, the member is an admin.
    Promotion(Progress),
    /// This device is sending the promotion.
    PromotionSending,
    /// The invitation is this far; accepted, the member is one.
    Invite(Progress),
    /// This device is sending the invitation.
    InviteSending,
}

impl Member {
    /// Somebody who is still to be invited.
    #[must_use]
    pub const fn invited(id: AccountId) -> Self {
        Self {
            id,
            name: String::new(),
            picture: None,
            profile_updated_at: None,
            is_admin: false,
            needs_supplement: false,
            invite: Progress::NotSent,
            promotion: Progress::Accepted,
            removal: None,
        }
    }

    /// Who it is.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// Name of the member.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the name of the member, trimmed and cut to [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes at the start of a
    /// character. One that shows nothing is none.
    pub fn set_name(&mut self, name: &str) {
        truncated_name(name).clone_into(&mut self.name);
    }

    /// The member accepted the invitation.
    pub const fn accept_invite(&mut self) {
        self.invite = Progress::Accepted;
        self.needs_supplement = false;
    }

    /// The member is to be an admin; the promotion is not sent yet.
    pub const fn promote(&mut self) {
        self.is_admin = true;
        self.invite = Progress::Accepted;
        self.promotion = Progress::NotSent;
    }

    /// How far the promotion is now.
    pub const fn set_promotion(&mut self, promotion: Progress) {
        self.is_admin = true;
        self.promotion = promotion;
    }

    /// The member is to be removed.
    pub const fn remove(&mut self, removal: PendingRemoval) {
        self.invite = Progress::Accepted;
        self.promotion = Progress::Accepted;
        self.removal = Some(removal);
    }

    fn read(id: AccountId, dict: &Dict) -> Self {
        let (invite, promotion) = (dict.integer(b"I"), dict.integer(b"P"));
        let is_admin = dict.flag(b"A");
        let is_invited = invite.unwrap_or(0) > 0 && !is_admin && promotion.unwrap_or(0) <= 0;
        Self {
            id,
            name: dict.name(b"n").unwrap_or_default(),
            picture: ProfilePicture::read(dict, b"p", b"q"),
            profile_updated_at: dict.seconds(b"t"),
            is_admin,
            needs_supplement: is_invited && dict.flag(b"s"),
            invite: if is_admin { Progress::Accepted } else { Progress::of_wire(invite) },
            promotion: Progress::of_wire(promotion),
            removal: match dict.integer(b"R") {
                Some(2) => Some(PendingRemoval::MemberAndMessages),
                Some(1..) => Some(PendingRemoval::Member),
                _ => None,
            },
        }
    }

    fn write(&self) -> [(&'static [u8], Option<Value>); 9] {
        let [url, key] = ProfilePicture::write(self.picture.as_ref());
        let removal = match self.removal {
            None => 0,
            Some(PendingRemoval::Member) => 1,
            Some(PendingRemoval::MemberAndMessages) => 2,
        };
        let invite = if self.is_admin { 0 } else { self.invite.number() };
        [
            (b"A", fields::flag(self.is_admin)),
            (b"I", fields::nonzero(invite)),
            (b"P", fields::nonzero(self.promotion.number())),
            (b"R", fields::nonzero(removal)),
            // Always written: it keeps the entry alive.
            (b"n", Some(Value::from(self.name.as_str()))),
            (b"p", url),
            (b"q", key),
            (b"s", fields::flag(self.needs_supplement)),
            (b"t", fields::seconds(self.profile_updated_at)),
        ]
    }

    /// What is sent to an admin is the promotion, and to anybody else the invitation: `A` alone decides (07 §15.2).
    const fn is_to_be_sent(&self) -> bool {
        let progress = if self.is_admin { self.promotion } else { self.invite };
        matches!(progress, Progress::NotSent)
    }
}

/// Members to whom this device is sending something.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingSends(BTreeSet<AccountId>);

const PENDING_SENDS: &[u8] = b"pending_send_ids";

impl LocalData for PendingSends {
    fn write(&self, dict: &mut DictWriter<'_>) {
        if !self.0.is_empty() {
            dict.list(PENDING_SENDS, |list| {
                self.0.iter().for_each(|id| list.bytes(id.to_string().as_bytes()));
            });
        }
    }

    fn read(mut dict: DictReader<'_, '_>) -> Result<Self, LoadError> {
        let mut ids = BTreeSet::new();
        if let Some(item) = dict.find(PENDING_SENDS)? {
            let mut list = item.list()?;
            while let Some(item) = list.next()? {
                let text = str::from_utf8(item.bytes()?).ok();
                ids.extend(text.and_then(|text| text.parse::<AccountId>().ok()));
            }
        }
        Ok(Self(ids))
    }
}

impl Config<GroupMembers> {
    /// The member with this id.
    #[must_use]
    pub fn get(&self, id: &AccountId) -> Option<Member> {
        let dict = self.data().dict_at(&[b"m", &id.to_bytes()])?;
        Some(Member::read(*id, dict))
    }

    /// All members, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = Member> {
        let members = self.data().by_id(b"m", |id| AccountId::from_bytes(id).ok());
        members.map(|(id, dict)| Member::read(id, dict))
    }

    /// Adds the member or replaces what is known of it. What is not sent yet counts as being sent by this
    /// device.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn set(&mut self, member: &Member) -> Result<(), ReadOnly> {
        self.check_writable()?;
        let id = member.id.to_bytes();
        for (key, value) in member.write() {
            self.assign(&[b"m", &id, key], value);
        }
        let changed = if member.is_to_be_sent() {
            self.local.0.insert(member.id)
        } else {
            self.local.0.remove(&member.id)
        };
        if changed {
            self.mark_for_dump();
        }
        Ok(())
    }

    /// Erases a member, whose removal is done. False if there was none.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn erase(&mut self, id: &AccountId) -> Result<bool, ReadOnly> {
        self.check_writable()?;
        let existed = self.erase_at(&[b"m", &id.to_bytes()]);
        self.local.0.remove(id);
        Ok(existed)
    }

    /// What to show of a member.
    #[must_use]
    pub fn member_status(&self, member: &Member) -> MemberStatus {
        let is_sending = self.local.0.contains(&member.id);
        match (member.removal, member.is_admin) {
            (Some(PendingRemoval::Member), _) => MemberStatus::Removed,
            (Some(PendingRemoval::MemberAndMessages), _) => MemberStatus::RemovedWithMessages,
            (None, true) => match member.promotion {
                Progress::NotSent if is_sending => MemberStatus::PromotionSending,
                promotion => MemberStatus::Promotion(promotion),
            },
            (None, false) => match member.invite {
                Progress::NotSent if is_sending => MemberStatus::InviteSending,
                invite => MemberStatus::Invite(invite),
            },
        }
    }

    /// Forgets who needs nothing sent any more.
    fn forget_sent(&mut self) {
        let mut pending = std::mem::take(&mut self.local.0);
        let before = pending.len();
        pending.retain(|id| self.get(id).is_some_and(|member| member.is_to_be_sent()));
        if pending.len() != before {
            self.mark_for_dump();
        }
        self.local.0 = pending;
    }
}
