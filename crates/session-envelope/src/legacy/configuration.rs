//! What the devices of an account told each other before there were configs.

use alloc::{string::String, vec::Vec};

use session_crypto::x25519::X25519Keypair;
use session_identity::AccountId;

use super::{ControlError, account, accounts, bounded, keypair};
use crate::{
    content::{Picture, PictureKey},
    wire::{
        self, Names,
        content::Content,
        legacy::{ConfigurationClosedGroup, ConfigurationContact, ConfigurationMessage},
    },
};

/// The name of a group or contact.
const NAMED: Names = Names { optional: &[], required: &[2] };

/// Groups, communities, contacts and profile of an account, as an old device saw them. Believe it only if the
/// sender is the account itself.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Configuration {
    /// Legacy groups.
    pub groups: Vec<ConfiguredGroup>,
    /// URLs of the rooms of communities.
    pub communities: Vec<String>,
    /// The account's name.
    pub name: Option<String>,
    /// The account's picture, if its key has 32 bytes.
    pub picture: Option<Picture>,
    /// People.
    pub contacts: Vec<ConfiguredContact>,
}

/// A legacy group that the account is in.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConfiguredGroup {
    /// The group, an Account ID in form.
    pub group: AccountId,
    /// Its name.
    pub name: String,
    /// Its encryption key pair at that time.
    pub keypair: X25519Keypair,
    /// Members.
    pub members: Vec<AccountId>,
    /// Members who may change the group.
    pub admins: Vec<AccountId>,
    /// Timer of disappearing messages.
    pub expiration_seconds: u32,
}

/// Somebody whom the account knows.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ConfiguredContact {
    /// Who it is.
    pub id: AccountId,
    /// Name.
    pub name: String,
    /// Picture, if its key has 32 bytes.
    pub picture: Option<Picture>,
    /// Whether the account accepts messages from there.
    pub is_approved: bool,
    /// Whether the account has blocked the contact.
    pub is_blocked: bool,
    /// Whether the contact accepts messages of the account.
    pub did_approve_me: bool,
}

impl Configuration {
    /// Configuration in the bytes of a content.
    ///
    /// # Errors
    /// [`ControlError`] for the first rule that is broken; [`ControlError::NoControlMessage`] if the content is
    /// about something else.
    pub fn from_content(bytes: &[u8]) -> Result<Self, ControlError> {
        let content: Content = wire::decode(bytes)?;
        let configuration = wire::merged(content.configuration_message);
        let configuration = configuration.ok_or(ControlError::NoControlMessage)?;
        let configuration: ConfigurationMessage =
            wire::decode_named(&configuration, Names { optional: &[3], required: &[] })?;
        let groups = bounded(&configuration.closed_groups)?.iter().map(|bytes| group(bytes));
        let contacts = bounded(&configuration.contacts)?.iter().map(|bytes| contact(bytes));
        bounded(&configuration.open_groups)?;
        Ok(Self {
            groups: groups.collect::<Result<_, _>>()?,
            contacts: contacts.collect::<Result<_, _>>()?,
            communities: configuration.open_groups,
            name: configuration.display_name,
            picture: picture(configuration.profile_picture, configuration.profile_key),
        })
    }
}

fn group(bytes: &[u8]) -> Result<ConfiguredGroup, ControlError> {
    let group: ConfigurationClosedGroup = wire::decode_named(bytes, NAMED)?;
    let missing = |field| ControlError::Missing { field };
    let pair = wire::merged(group.encryption_key_pair).ok_or(missing("encryptionKeyPair"))?;
    Ok(ConfiguredGroup {
        group: account(&group.public_key.ok_or(missing("publicKey"))?, "publicKey")?,
        name: group.name.ok_or(missing("name"))?,
        keypair: keypair(&pair)?,
        members: accounts(&group.members, "members")?,
        admins: accounts(&group.admins, "admins")?,
        expiration_seconds: group.expiration_timer.unwrap_or(0),
    })
}

fn contact(bytes: &[u8]) -> Result<ConfiguredContact, ControlError> {
    let contact: ConfigurationContact = wire::decode_named(bytes, NAMED)?;
    let missing = |field| ControlError::Missing { field };
    Ok(ConfiguredContact {
        id: account(&contact.public_key.ok_or(missing("publicKey"))?, "publicKey")?,
        name: contact.name.ok_or(missing("name"))?,
        picture: picture(contact.profile_picture, contact.profile_key),
        is_approved: contact.is_approved.unwrap_or(false),
        is_blocked: contact.is_blocked.unwrap_or(false),
        did_approve_me: contact.did_approve_me.unwrap_or(false),
    })
}

fn picture(url: Option<String>, key: Option<Vec<u8>>) -> Option<Picture> {
    let key = PictureKey::from_bytes(key?.try_into().ok()?);
    Picture::new(url?, key).ok()
}
