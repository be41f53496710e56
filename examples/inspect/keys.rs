//! The file with what is needed to open things. It holds secrets: nothing of it is ever printed.

use session_protocol::{
    crypto::{
        ed25519::Ed25519Signature,
        encoding::hex,
        x25519::{X25519Keypair, X25519SecretKey},
    },
    envelope::{group::GroupKey, push::PushKey},
    identity::{
        Account, AccountSeed, GroupId,
        blinding::ServerPublicKey,
        id::{BlindedId, PrefixedId},
        mnemonic::RecoveryPassword,
    },
};

use crate::Result;

pub(crate) const FORMAT: &str =
    "  account WORDS       recovery password, or the seed in hexadecimal; any number of accounts
  group 03… KEY…      group, and its keys in hexadecimal, newest first
  legacy-group KEY    secret encryption key of a legacy group, in hexadecimal
  push KEY            key registered with the push server, in hexadecimal
  server KEY          public key of a community's server
  from ID, to ID      blinded ids between which the community's inbox carried the message
  author ID           who posted, as the server says
  signature HEX       signature beside the post";

#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) accounts: Vec<Account>,
    pub(crate) groups: Vec<(GroupId, Vec<GroupKey>)>,
    pub(crate) legacy_groups: Vec<X25519Keypair>,
    pub(crate) push: Vec<PushKey>,
    pub(crate) server: Option<ServerPublicKey>,
    pub(crate) from: Option<BlindedId>,
    pub(crate) to: Option<BlindedId>,
    pub(crate) author: Option<PrefixedId>,
    pub(crate) signature: Option<Ed25519Signature>,
}

impl Keys {
    /// One item on each line; lines that start with `#` are comments. Errors name the line and never repeat it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut keys = Self::default();
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (word, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            if keys.add(word, value.trim()).is_none() {
                return Err(format!("line {number} of the keys is none of\n\n{FORMAT}").into());
            }
        }
        Ok(keys)
    }

    fn add(&mut self, word: &str, value: &str) -> Option<()> {
        match word {
            "account" => self.accounts.push(account(value)?),
            "group" => {
                let mut words = value.split_whitespace();
                let group = words.next()?.parse().ok()?;
                let keys = words.map(|word| GroupKey::from_slice(&hex::decode(word).ok()?).ok());
                self.groups.push((group, keys.collect::<Option<_>>()?));
            }
            "legacy-group" => {
                let secret = X25519SecretKey::from_bytes(hex::decode_array(value).ok()?);
                self.legacy_groups.push(X25519Keypair::from_secret_key(secret));
            }
            "push" => self.push.push(PushKey::from_bytes(hex::decode_array(value).ok()?)),
            "server" => self.server = Some(value.parse().ok()?),
            "from" => self.from = Some(blinded(value)?),
            "to" => self.to = Some(blinded(value)?),
            "author" => self.author = Some(value.parse().ok()?),
            "signature" => self.signature = Some(value.parse().ok()?),
            _ => return None,
        }
        Some(())
    }
}

fn account(text: &str) -> Option<Account> {
    if let Ok(seed) = hex::decode(text) {
        return Some(Account::from_seed(AccountSeed::from_bytes(&seed).ok()?));
    }
    let decoded = RecoveryPassword::decode(text).ok()?;
    Some(Account::from_seed(decoded.password.into_seed()))
}

fn blinded(text: &str) -> Option<BlindedId> {
    BlindedId::from_bytes(hex::decode_array(text).ok()?).ok()
}
