//! One module for each vector file: how to ask the public API for its outputs.
//!
//! To add a file: write `suites/<file>.rs` with a `SUITE`, and list it in [`SUITES`].

use crate::{BadVector, Case, Ran};

mod attachments;
mod blinded_encrypt;
mod blinding;
mod community_urls;
mod config_common;
mod config_contacts;
mod config_convo_info_volatile;
mod config_encrypt;
mod config_limits;
mod config_message;
mod config_user_groups;
mod config_user_profile;
mod ed25519;
mod envelopes;
mod group_configs;
mod group_keys;
mod group_messages;
mod group_subaccounts;
mod hash;
mod hop_encryption;
mod identity_keys;
mod message_hash;
mod mnemonic_english;
mod mnemonic_languages;
mod mnemonic_mobile_languages;
mod multi_encrypt;
mod onion_build;
mod onion_parser;
mod onion_v4;
mod padding;
mod pro_backend_hashes;
mod pro_proof;
mod push_ons;
mod received_input;
mod session_encrypt;
mod storage_rpc_live;
mod storage_signatures;
mod swarm_assignment;
mod swarm_mapping;
mod typed_input;
mod xed25519;

/// How the cases of one vector file are run.
#[derive(Debug)]
pub struct Suite {
    /// Name of the file without `.json`.
    pub(crate) file: &'static str,
    /// Outputs in the vector that are no results: the random bytes that the oracle drew, for example.
    pub(crate) context: &'static [&'static str],
    /// What the oracle's error messages mean in ours.
    pub(crate) reasons: &'static [Reason],
    /// Asks the API.
    pub(crate) run: fn(&Case<'_>) -> Result<Ran, BadVector>,
}

/// An error message of the oracle that contains `theirs` must be one of ours that contains one of `ours`.
#[derive(Debug)]
pub(crate) struct Reason {
    pub(crate) theirs: &'static str,
    pub(crate) ours: &'static [&'static str],
}

impl Reason {
    /// Whether our message names the cause that the oracle's message names. The first row that matches the
    /// oracle's message decides. A message that no row matches says only *that* the input is refused: the texts
    /// of a foreign parser are not a closed list.
    pub(crate) fn same_cause(reasons: &[Self], theirs: &str, ours: &str) -> bool {
        let row = reasons.iter().find(|reason| theirs.contains(reason.theirs));
        row.is_none_or(|reason| reason.ours.iter().any(|wording| ours.contains(wording)))
    }
}

/// Every suite.
pub const SUITES: &[Suite] = &[
    attachments::SUITE,
    blinded_encrypt::SUITE,
    blinding::SUITE,
    community_urls::SUITE,
    config_contacts::SUITE,
    config_convo_info_volatile::SUITE,
    config_encrypt::SUITE,
    config_limits::SUITE,
    config_message::SUITE,
    config_user_groups::SUITE,
    config_user_profile::SUITE,
    ed25519::SUITE,
    envelopes::SUITE,
    group_configs::SUITE,
    group_keys::SUITE,
    group_messages::SUITE,
    group_subaccounts::SUITE,
    hash::SUITE,
    hop_encryption::SUITE,
    identity_keys::SUITE,
    message_hash::SUITE,
    mnemonic_english::SUITE,
    mnemonic_languages::SUITE,
    mnemonic_mobile_languages::SUITE,
    multi_encrypt::SUITE,
    onion_build::SUITE,
    onion_parser::SUITE,
    onion_v4::SUITE,
    padding::SUITE,
    pro_backend_hashes::SUITE,
    pro_proof::SUITE,
    push_ons::SUITE,
    received_input::SUITE,
    session_encrypt::SUITE,
    storage_rpc_live::SUITE,
    storage_signatures::SUITE,
    swarm_assignment::SUITE,
    swarm_mapping::SUITE,
    typed_input::SUITE,
    xed25519::SUITE,
];
