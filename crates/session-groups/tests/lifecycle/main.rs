//! Whole stories of groups, over a swarm of two nodes in memory that checks and signs as real ones do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story that cannot go on has failed"
)]

mod attacks;
mod convergence;
mod events;
mod removals;
mod replays;
mod restarts;
mod stories;
mod support;
mod words;
