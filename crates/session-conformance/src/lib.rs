//! Runs test vectors of other implementations against the public API of the workspace.
//!
//! A vector file holds cases; a case names an operation, its inputs, and either the outputs or the fact that
//! it must fail (`vectors/README.md`). A [suite](suites) knows how to ask our API for the outputs of one
//! file; the judging is done here, in one place, by what the vector states:
//!
//! * every output that the vector states and the suite does not list as context must be equal to ours;
//! * where the vector states an error, ours must refuse, and for the reason that the suite's table assigns to
//!   the oracle's message; a message that the table does not know says only that ours must refuse;
//! * a file or an operation that no suite knows is skipped, by name.
//!
//! ```
//! use session_conformance::run_directory;
//!
//! let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors");
//! let report = run_directory(vectors.as_ref())?;
//! assert_eq!(report.failed(), 0, "{}", report.to_table());
//! # Ok::<(), session_conformance::LoadError>(())
//! ```

mod case;
mod judge;
mod load;
mod report;
mod rng;
pub mod suites;

pub use case::{BadVector, Case};
pub use judge::{Outputs, Ran, Verdict};
pub use load::{LoadError, run_directory};
pub use report::{FileReport, Report};
pub use rng::ReplayRng;
