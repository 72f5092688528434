//! The benches of the whole workspace.
