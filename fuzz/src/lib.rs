//! What the fuzz targets assert, as plain functions.
//!
//! Each target is a function of arbitrary bytes that panics when a promise is broken: not only "no panic", but
//! what comes back must decode to itself again, an altered box must stay shut, and so on. `fuzz_targets/NAME.rs`
//! hands libFuzzer's bytes to the function NAME; `tests/replay.rs` runs every file of `corpus/NAME` through it
//! on stable. To add a target: a function in the module of its crate, a line in [`TARGETS`], a file in
//! `fuzz_targets/`, a `[[bin]]` in the manifest, and seeds in `corpus/NAME`.

pub mod bt;
pub mod config;
pub mod config_group;
pub mod crypto;
pub mod envelope;
pub mod envelope_message;
pub mod groups;
pub mod identity;
pub mod identity_blinding;
pub mod identity_names;
pub mod identity_pro;
pub mod onion;
pub mod onion_pool;
pub mod swarm;
pub mod swarm_ring;
pub mod types;

/// A target: its name and what it asserts of any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, for the replay.
pub const TARGETS: &[Target] = &[
    ("bt_value", bt::value),
    ("config_group", config_group::group),
    ("config_load", config::load),
    ("config_merge", config::merge),
    ("config_message", config::message),
    ("config_multipart", config::multipart),
    ("crypto_encoding", crypto::encoding),
    ("envelope_attachment", envelope::attachment),
    ("envelope_blinded", envelope_message::blinded),
    ("envelope_community", envelope::community),
    ("envelope_compression", envelope::compression),
    ("envelope_content", envelope::content),
    ("envelope_direct", envelope::direct),
    ("envelope_envelope", envelope::envelope),
    ("envelope_fragment", envelope_message::fragment),
    ("envelope_group", envelope::group),
    ("envelope_legacy", envelope_message::legacy),
    ("envelope_message", envelope_message::message),
    ("envelope_multi_box", envelope::multi_box),
    ("envelope_push", envelope::push),
    ("groups_dump", groups::dump),
    ("groups_invite", groups::invite),
    ("groups_key_message", groups::key_message),
    ("groups_kicked", groups::kicked),
    ("groups_message", groups::message),
    ("groups_supplement", groups::supplement),
    ("identity_blinding", identity_blinding::blinding),
    ("identity_ids", identity::ids),
    ("identity_mnemonic", identity::mnemonic),
    ("identity_names", identity_names::names),
    ("identity_payload", identity::payload),
    ("identity_pro", identity_pro::pro),
    ("onion_build", onion::build),
    ("onion_frame", onion::frame),
    ("onion_node_list", onion_pool::node_list),
    ("onion_path_error", onion::path_error),
    ("onion_paths", onion_pool::paths),
    ("onion_peel", onion::peel),
    ("onion_reply", onion::reply),
    ("swarm_answer", swarm::answer),
    ("swarm_assignment", swarm_ring::assignment),
    ("swarm_monitor", swarm::monitor),
    ("swarm_request_json", swarm::request_json),
    ("swarm_request_params", swarm::request_params),
    ("swarm_ring", swarm_ring::ring),
    ("swarm_subaccount", swarm::subaccount),
    ("swarm_transfer", swarm::transfer),
    ("types_community", types::community),
];
