//! The lives of closed groups over the local network: the charts of 06 §11.
//!
//! The stories are those that `session-groups` tells over a swarm in memory. Here every request is a body that a
//! node of the network takes, checks and copies to its swarm.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod faults;
mod size;
#[path = "../../../session-groups/tests/lifecycle/stories.rs"]
mod stories;
mod support;
