//! Whole stories over the local network, with lost, late, wrong and hostile messages. Everything that a client
//! does here it does in bytes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a story that cannot go on has failed"
)]

mod changes;
mod client;
mod linked_devices;
mod lists;
mod live;
mod membership;
mod monitor;
mod onion;
#[path = "../vectors/pairs.rs"]
mod pairs;
mod real_nodes;
mod storage;
