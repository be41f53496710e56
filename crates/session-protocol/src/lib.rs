//! The Session messenger protocol: one door to the library crates of the workspace.
