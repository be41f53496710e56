//! What QR codes and links carry: an Account ID, or the seed of an account (01 §5).
//!
//! ```
//! use session_identity::{AccountId, link::{self, Payload}};
//!
//! let id = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";
//! let id: AccountId = id.parse()?;
//! assert_eq!(Payload::parse(&link::conversation_link(&id))?, Payload::AccountId(id));
//!
//! // Only the screen that restores an account takes a seed.
//! let seed = "39038c8988db02c1af44e8c847bd9713";
//! assert!(Payload::parse(seed).is_err());
//! assert!(matches!(Payload::parse_restore(seed)?, Payload::Seed(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{format, string::String};

use session_crypto::encoding::hex;
use session_types::typed;
use zeroize::Zeroizing;

use crate::{
    id::{AccountId, ID_LENGTH, UserInputError},
    seed::AccountSeed,
};

/// Link that starts a conversation in the app that has registered it: `sessionmessenger://DM?sessionID=` and
/// 66 digits.
#[must_use]
pub fn conversation_link(id: &AccountId) -> String {
    format!("sessionmessenger://DM?sessionID={id}")
}

/// What somebody scanned or opened.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Payload {
    /// Somebody to write to; the id is [checked](AccountId::check).
    AccountId(AccountId),
    /// The secret of an account, for linking a device.
    ///
    /// Only [`Payload::parse_restore`] reads it.
    Seed(AccountSeed),
}

impl Payload {
    /// Reads the text of a QR code or a link, for any screen; what other programs put around and into it is
    /// dropped (01 §3.5). 66 digits are an Account ID, and a [`conversation_link`] leads to one. A seed is not recognised, and never returned.
    ///
    /// Links to communities are read elsewhere: they are not recognised here.
    ///
    /// # Errors
    /// [`ParsePayloadError::NotRecognised`], [`ParsePayloadError::AccountId`].
    pub fn parse(text: &str) -> Result<Self, ParsePayloadError> {
        if let Some(id) = linked_id(&typed::trim(text)) {
            return Ok(Self::AccountId(AccountId::from_user_input(id)?));
        }
        let digits = typed::digits(text);
        if digits.len() != ID_LENGTH * 2 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ParsePayloadError::NotRecognised);
        }
        Ok(Self::AccountId(AccountId::from_user_input(&digits)?))
    }

    /// Like [`Self::parse`] for the screen that restores an account: 32 or 64 digits are a seed.
    ///
    /// # Security
    /// For that screen and no other: a seed that a general scanner imported would put its user into an account that
    /// somebody else reads (01 §5).
    ///
    /// # Errors
    /// Those of [`Self::parse`].
    pub fn parse_restore(text: &str) -> Result<Self, ParsePayloadError> {
        match read_seed(&typed::digits(text)) {
            Some(seed) => Ok(Self::Seed(seed)),
            None => Self::parse(text),
        }
    }

    /// The text to put into a QR code: 66 digits for an Account ID, 32 for a seed of 16 bytes, 64 for any
    /// other.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::AccountId(id) => hex::encode(&id.to_bytes()),
            Self::Seed(seed) => match seed.expose_bytes() {
                bytes if bytes.len() == AccountSeed::SHORT_LENGTH => hex::encode(bytes),
                _ => hex::encode(seed.to_long_form().expose_bytes()),
            },
        })
    }
}

/// Value of the item `sessionID` of a conversation link. Scheme and host are those of a URL: their case is no
/// matter.
fn linked_id(text: &str) -> Option<&str> {
    const START: &str = "sessionmessenger://DM?";
    let (start, items) = text.split_at_checked(START.len())?;
    if !start.eq_ignore_ascii_case(START) {
        return None;
    }
    let (items, _) = items.split_once('#').unwrap_or((items, ""));
    items.split('&').find_map(|item| item.strip_prefix("sessionID="))
}

fn read_seed(text: &str) -> Option<AccountSeed> {
    if !matches!(text.len(), 32 | 64) {
        return None;
    }
    let bytes = Zeroizing::new(hex::decode(text).ok()?);
    AccountSeed::from_bytes(&bytes).ok()
}

/// Why a scanned text is nothing that this crate knows. The text itself, which may be a secret, is not
/// repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParsePayloadError {
    /// Neither an Account ID, nor a seed, nor a link to a conversation. It may be a link to a community.
    #[error("neither an account id nor a link to one")]
    NotRecognised,
    /// It has the form of an Account ID, and is none to write to.
    #[error("not an account id to write to")]
    AccountId(#[from] UserInputError),
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::{
        Account,
        id::{IdKind, ParseIdError},
    };

    const ID: &str = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";
    const SEED: &str = "39038c8988db02c1af44e8c847bd9713";

    fn id() -> Payload {
        Payload::AccountId(ID.parse().unwrap())
    }

    #[test]
    fn the_seed_of_the_specification_leads_to_its_id() {
        let Payload::Seed(seed) = Payload::parse_restore(SEED).unwrap() else { panic!("no seed") };
        assert_eq!(Account::from_seed(seed).id().to_string(), ID);
    }

    #[test]
    fn the_form_decides() {
        for text in [
            ID.to_string(),
            format!(" {}\n", ID.to_uppercase()),
            format!("sessionmessenger://DM?sessionID={ID}"),
            format!("SessionMessenger://dm?x=1&sessionID={ID}&sessionID=00"),
            format!("\u{2068}<{ID}>\u{2069}."),
            format!("\u{feff}“sessionmessenger://DM?sessionID={ID}#top”\u{200b}"),
            ID.replace("67", "6\u{ad}7\n"),
        ] {
            assert_eq!(Payload::parse(&text), Ok(id()), "{text}");
            assert_eq!(Payload::parse_restore(&text), Ok(id()), "{text}");
        }
        for text in [
            SEED.to_string(),
            SEED.to_uppercase(),
            SEED.repeat(2),
            format!(" {SEED}\n"),
            format!("\u{200e}{SEED}\u{200b}"),
            SEED.replace("39", "“39” "),
        ] {
            let Ok(Payload::Seed(seed)) = Payload::parse_restore(&text) else { panic!("{text}") };
            let digits = text.to_lowercase().replace(|c: char| !c.is_ascii_hexdigit(), "");
            assert_eq!(hex::encode(seed.expose_bytes()), digits);
            assert_eq!(Payload::parse(&text), Err(ParsePayloadError::NotRecognised), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_not_recognised() {
        for text in [
            String::new(),
            SEED.replace('9', "x"),
            format!("{SEED}0"),
            SEED.repeat(3),
            // A seed of 20 bytes: no reader takes it from a QR code.
            "00".repeat(20),
            format!("https://open.getsession.org/room?public_key={}", SEED.repeat(2)),
            format!("sgnl://DM?sessionID={ID}"),
            format!("sessionmessenger://DM?sessionid={ID}"),
            format!("sessionmessenger://DM/{ID}"),
            "sessionmessenger://D".to_string(),
            "ä".repeat(33),
            // Pasted by mistake: bounded before anything is looked at.
            format!("{}{ID}", " ".repeat(1 << 20)),
            format!("{}{SEED}", "\u{200b}".repeat(1 << 20)),
        ] {
            assert_eq!(Payload::parse(&text), Err(ParsePayloadError::NotRecognised), "{text}");
            let restored = Payload::parse_restore(&text);
            assert_eq!(restored, Err(ParsePayloadError::NotRecognised), "{text}");
        }
    }

    #[test]
    fn only_account_ids_are_written_to() {
        let group = ID.replacen("05", "03", 1);
        let error = ParseIdError::WrongPrefix { expected: IdKind::Account, found: IdKind::Group };
        for text in [group.clone(), format!("sessionmessenger://DM?sessionID={group}")] {
            assert_eq!(Payload::parse(&text), Err(UserInputError::from(error).into()), "{text}");
        }
        let error = ParseIdError::Length { expected: 66, found: 32 };
        let link = format!("sessionmessenger://DM?sessionID={SEED}");
        assert_eq!(Payload::parse(&link), Err(UserInputError::from(error).into()));
    }

    #[test]
    fn texts_lead_back_to_what_they_carry() {
        for text in [ID, SEED, &SEED.repeat(2), &format!("{SEED}{}", "0".repeat(32))] {
            let payload = Payload::parse_restore(text).unwrap();
            assert_eq!(*payload.expose_text(), text);
        }
        let odd = AccountSeed::from_bytes(&[7; 20]).unwrap();
        let text = Payload::Seed(odd.clone()).expose_text();
        assert_eq!(Payload::parse_restore(&text), Ok(Payload::Seed(odd.to_long_form())));
    }

    #[test]
    fn debug_shows_no_seed() {
        let payload = Payload::parse_restore(SEED).unwrap();
        assert_eq!(format!("{payload:?}"), "Seed(AccountSeed(..))");
    }
}
