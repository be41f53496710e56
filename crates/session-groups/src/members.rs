//! The people of a group, and the steps by which they come and go (06 §7, §11).
//!
//! ```text
//! invite ─► NotSent ─► Sent / Failed ─► Accepted ─ Promote ─► NotSent ─► Sent / Failed ─► Accepted: an admin
//!               └──────────┴───────────────┴──── Remove ─► pending removal ─► erased, then a rekey
//! ```
//!
//! The list itself is [`Config<GroupMembers>`], which merges what any admin wrote. Here are the rules that a merge
//! cannot check: what an admin's client does, in which order.
//!
//! ```
//! use session_config::{Config, GroupMembers, message::Authority};
//! use session_crypto::ed25519::Ed25519Keypair;
//! use session_groups::members::{self, History, Standing, Transition};
//! use session_identity::Account;
//!
//! let mut rng = session_crypto::system_rng();
//! let (group, bob) = (Ed25519Keypair::generate(&mut rng), Account::generate(&mut rng).id());
//! let mut list = Config::<GroupMembers>::for_group(Authority::Signer(Box::new(group)), []);
//!
//! members::invite(&mut list, &[bob], History::Shared)?;
//! assert_eq!(members::standing(&list, &bob), Standing::Invited);
//! members::apply(&mut list, &bob, Transition::InviteSent)?;
//! members::apply(&mut list, &bob, Transition::InviteAccepted)?;
//! assert_eq!(members::standing(&list, &bob), Standing::Member);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{collections::BTreeSet, time::Duration};

use session_config::{
    Config, GroupMembers,
    config::ReadOnly,
    group_members::{Member, PendingRemoval, Progress},
    picture::ProfilePicture,
};
use session_identity::{AccountId, Timestamp};
use session_swarm::subaccount::Access;

/// Most members that clients take into a group. Neither configs nor keys know a limit near it.
pub const MAX_MEMBERS: usize = 100;

/// What members may do in the group's swarm. Also what is revoked: a token with other flags is another one.
pub const MEMBER_ACCESS: Access = Access::from_bits(Access::READ.bits() | Access::WRITE.bits());

/// Whether somebody who joins reads what was written before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a question of yes or no")]
pub enum History {
    /// The keys that exist are handed out in a supplement, also with every later invitation.
    Shared,
    /// Only what is written with the next key.
    Hidden,
}

/// Why nobody was invited.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// The list cannot be written.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnly),
    /// With them the group would have too many members.
    #[error("group of {found} members, at most {MAX_MEMBERS} are possible")]
    TooMany {
        /// Number of members with those who are to be invited.
        found: usize,
    },
    /// One of them is a member.
    #[error("{0} is a member")]
    IsMember(AccountId),
    /// One of them is about to be removed: that comes first.
    #[error("{0} is about to be removed")]
    BeingRemoved(AccountId),
}

/// Adds people who are to be invited, or have not accepted yet: all of them or none. A rekey follows in any case.
///
/// # Errors
/// [`InviteError`].
pub fn invite(
    members: &mut Config<GroupMembers>,
    people: &[AccountId],
    history: History,
) -> Result<(), InviteError> {
    let people: BTreeSet<_> = people.iter().copied().collect();
    let others = |member: &Member| member.removal.is_none() && !people.contains(&member.id());
    let found = people.len().saturating_add(members.iter().filter(others).count());
    if found > MAX_MEMBERS {
        return Err(InviteError::TooMany { found });
    }
    let mut invited = Vec::new();
    for id in people {
        let mut member = match members.get(&id) {
            Some(member) if member.removal.is_some() => return Err(InviteError::BeingRemoved(id)),
            Some(member) if member.is_admin || member.invite == Progress::Accepted => {
                return Err(InviteError::IsMember(id));
            }
            Some(member) => member,
            None => Member::invited(id),
        };
        member.invite = Progress::NotSent;
        member.needs_supplement |= history == History::Shared;
        invited.push(member);
    }
    Ok(invited.iter().try_for_each(|member| members.set(member))?)
}

/// One step of one member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Transition {
    /// The invitation is stored in the member's swarm.
    InviteSent,
    /// The invitation could not be sent.
    InviteFailed,
    /// The member answered, or wrote anything at all.
    InviteAccepted,
    /// The member is to be an admin, or to be told so once more.
    Promote,
    /// The promotion is stored in the member's swarm.
    PromotionSent,
    /// The promotion could not be sent.
    PromotionFailed,
    /// The member has the group's secret.
    PromotionAccepted,
    /// The member is to go, and perhaps all messages of the member.
    Remove(PendingRemoval),
}

/// Why a step is not taken. Nothing changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// The list cannot be written.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnly),
    /// There is no such member.
    #[error("no such member")]
    Unknown,
    /// The member is about to be removed.
    #[error("member is about to be removed")]
    BeingRemoved,
    /// Admins are neither invited nor removed: who has the group's secret keeps it.
    #[error("member is an admin")]
    IsAdmin,
    /// The member was not promoted.
    #[error("member was not promoted")]
    NotPromoted,
}

/// Takes the same step of several members: all of them or none.
///
/// # Errors
/// [`TransitionError`], of the first whose step is not taken. Nothing changed then.
pub fn apply_all(
    members: &mut Config<GroupMembers>,
    ids: &[AccountId],
    step: Transition,
) -> Result<(), TransitionError> {
    let advanced = ids.iter().map(|id| advanced(members, id, step));
    let advanced = advanced.collect::<Result<Vec<_>, _>>()?;
    Ok(advanced.iter().try_for_each(|member| members.set(member))?)
}

/// Takes one step of one member. A step back changes nothing: news of a delivery may come later than the answer.
///
/// # Errors
/// [`TransitionError`].
pub fn apply(
    members: &mut Config<GroupMembers>,
    id: &AccountId,
    step: Transition,
) -> Result<(), TransitionError> {
    apply_all(members, &[*id], step)
}

/// The member after the step.
fn advanced(
    members: &Config<GroupMembers>,
    id: &AccountId,
    step: Transition,
) -> Result<Member, TransitionError> {
    let mut member = members.get(id).ok_or(TransitionError::Unknown)?;
    if let Transition::Remove(removal) = step {
        remove(&mut member, removal)?;
    } else if member.removal.is_some() {
        return Err(TransitionError::BeingRemoved);
    } else {
        advance(&mut member, step)?;
    }
    Ok(member)
}

/// Messages that are to go do not come back.
fn remove(member: &mut Member, removal: PendingRemoval) -> Result<(), TransitionError> {
    if member.is_admin {
        return Err(TransitionError::IsAdmin);
    }
    if member.removal != Some(PendingRemoval::MemberAndMessages) {
        member.remove(removal);
    }
    Ok(())
}

fn advance(member: &mut Member, step: Transition) -> Result<(), TransitionError> {
    use Transition::{
        InviteAccepted, InviteFailed, InviteSent, Promote, PromotionAccepted, PromotionFailed,
        PromotionSent, Remove,
    };
    let is_accepted = |progress| progress == Progress::Accepted;
    match step {
        InviteSent | InviteFailed | InviteAccepted if member.is_admin => {
            return Err(TransitionError::IsAdmin);
        }
        InviteSent if !is_accepted(member.invite) => member.invite = Progress::Sent,
        InviteFailed if !is_accepted(member.invite) => member.invite = Progress::Failed,
        InviteAccepted => member.accept_invite(),
        Promote if member.is_admin && is_accepted(member.promotion) => {
            return Err(TransitionError::IsAdmin);
        }
        Promote => member.promote(),
        PromotionSent | PromotionFailed if !member.is_admin => {
            return Err(TransitionError::NotPromoted);
        }
        PromotionSent if !is_accepted(member.promotion) => member.promotion = Progress::Sent,
        PromotionFailed if !is_accepted(member.promotion) => member.promotion = Progress::Failed,
        PromotionAccepted => {
            member.accept_invite();
            member.set_promotion(Progress::Accepted);
        }
        InviteSent | InviteFailed | PromotionSent | PromotionFailed | Remove(_) => {}
    }
    Ok(())
}

/// How far the clock of a member may be ahead of ours.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Takes name and picture from a message of a member, if they are newer than what is known or nothing is known of
/// their age. A blank name changes no name, and an absent picture no picture (03 §4.2). A time that is more than a
/// minute ahead of `now` counts as `now`, and one in the list as unknown: it would hold up every later change. False
/// if nothing changed.
///
/// # Errors
/// [`ReadOnly`].
pub fn update_profile(
    members: &mut Config<GroupMembers>,
    id: &AccountId,
    name: &str,
    picture: Option<&ProfilePicture>,
    updated_at: Timestamp,
    now: Timestamp,
) -> Result<bool, ReadOnly> {
    let latest = now.checked_add(CLOCK_TOLERANCE).unwrap_or(now);
    let updated_at = if updated_at > latest { now } else { updated_at };
    let Some(before) = members.get(id) else { return Ok(false) };
    // Compared in seconds, which is what the list holds.
    let known = before.profile_updated_at.filter(|known| *known <= latest);
    if known.is_some_and(|known| known.as_secs() >= updated_at.as_secs()) {
        return Ok(false);
    }
    let mut member = before.clone();
    member.set_name(name);
    if member.name().is_empty() {
        // A blank name, which says nothing.
        member.set_name(before.name());
    }
    member.picture = picture.cloned().or(member.picture);
    if (member.name(), &member.picture) == (before.name(), &before.picture) {
        return Ok(false);
    }
    member.profile_updated_at = Some(updated_at);
    members.set(&member)?;
    Ok(true)
}

/// Those who are about to be removed, in the order of their ids.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Removals(Vec<(AccountId, PendingRemoval)>);

impl Removals {
    /// Those whom the list names.
    #[must_use]
    pub fn of(members: &Config<GroupMembers>) -> Self {
        Self(members.iter().filter_map(|member| Some((member.id(), member.removal?))).collect())
    }

    /// Whether there is nobody: nothing stands before another rekey.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them: their tokens are revoked, they get a notice, they are erased from the list, and then, and
    /// not before, a new key is made.
    pub fn all(&self) -> impl Iterator<Item = AccountId> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Those whose messages go too.
    pub fn with_messages(&self) -> impl Iterator<Item = AccountId> {
        let with = |(_, removal): &&(_, _)| *removal == PendingRemoval::MemberAndMessages;
        self.0.iter().filter(with).map(|(id, _)| *id)
    }
}

/// What an account is in the group, to judge its messages by: any account with a key can write some.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Standing {
    /// An admin, who accepted to be one.
    Admin,
    /// A member, perhaps about to be an admin.
    Member,
    /// Invited, without an answer so far: a message of theirs is one.
    Invited,
    /// About to be removed.
    BeingRemoved,
    /// Not in the list: removed, or added in a version of the list that is still to come.
    Unknown,
}

/// What `id` is in the group.
#[must_use]
pub fn standing(members: &Config<GroupMembers>, id: &AccountId) -> Standing {
    let Some(member) = members.get(id) else { return Standing::Unknown };
    match (member.removal, member.is_admin, member.promotion, member.invite) {
        (Some(_), ..) => Standing::BeingRemoved,
        (None, true, Progress::Accepted, _) => Standing::Admin,
        (None, true, ..) | (None, false, _, Progress::Accepted) => Standing::Member,
        (None, false, ..) => Standing::Invited,
    }
}

#[cfg(test)]
mod tests;
