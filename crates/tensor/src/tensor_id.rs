//! Which tensor is which, and which was made first.

use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// The identity of a tensor. Clones share it, and the result of an operation has a larger one than its parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TensorId {
    /// The place in the order in which tensors were made.
    order: u64,
    /// A process may hold this library more than once, each time with a counter of its own: so it is in a notebook, where
    /// every cell is linked by itself. The counter's address tells them apart.
    counter: usize,
}

impl TensorId {
    /// For a tensor that is made of nothing.
    pub(crate) fn next() -> Self {
        Self::behind(0)
    }

    /// For the result of an operation, whose parents may have been numbered by another counter that is further.
    pub(crate) fn after(parents: impl Iterator<Item = TensorId>) -> Self {
        Self::behind(parents.map(|parent| parent.order + 1).max().unwrap_or(0))
    }

    fn behind(least: u64) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        if NEXT.load(Ordering::Relaxed) < least {
            NEXT.fetch_max(least, Ordering::Relaxed);
        }
        TensorId { order: NEXT.fetch_add(1, Ordering::Relaxed), counter: ptr::from_ref(&NEXT).addr() }
    }

    /// The identity at a place in the order of another copy of this library.
    #[cfg(test)]
    pub(crate) fn of_another_library(order: u64) -> Self {
        TensorId { order, counter: 1 }
    }

    /// The identity at the same place in the order of another copy of this library.
    #[cfg(test)]
    pub(crate) fn twin(self) -> Self {
        Self::of_another_library(self.order)
    }
}
