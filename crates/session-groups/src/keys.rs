//! The keys of a group: made by admins, handed out in key messages, kept by every device (06 §3).

mod generation;

pub use generation::{Generation, GenerationRangeError};
