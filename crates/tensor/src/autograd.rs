//! From a loss back to the parameters.
//!
//! Every result of an operation holds its parents and a [`Backward`]: the rule that turns the gradient of the result
//! into the gradients of the parents (the chain rule, one link). [`Tensor::backward`] visits the results from the loss
//! on in the reverse of the order in which they were made, which is a topological order, since a result is always made
//! after its parents. Nodes wait in a heap, not on the call stack, so a chain of a million operations is no problem.

use std::cell::Cell;
use std::collections::BinaryHeap;
use std::fmt::Debug;

use smallvec::SmallVec;

use crate::{Array, Elem, Gradients, Tensor};

/// What an operation gives to one of its parents.
pub enum ParentGrad<'a> {
    /// ∂loss/∂parent.
    Computed(Array),
    /// A way to write it, or to add it, to where it is collected: `f(out, 0)` writes all of `out`, `f(out, 1)` adds to it.
    /// For what many uses share: a parameter, with every part of a batch, or an array of which a loop takes part after part.
    Sum(AddTo<'a>),
}

/// A gradient that waits to be written (second argument 0) or added (1) to the memory given.
pub type AddTo<'a> = Box<dyn FnOnce(&mut [Elem], Elem) + 'a>;

impl<'a> ParentGrad<'a> {
    /// A gradient that is written or added in place; see [`ParentGrad::Sum`].
    pub fn sum(add_to: impl FnOnce(&mut [Elem], Elem) + 'a) -> Self {
        Self::Sum(Box::new(add_to))
    }
}

/// The gradients of an operation's parents, in their order; `None` for a parent that needs none.
pub type ParentGrads<'a> = SmallVec<[Option<ParentGrad<'a>>; 3]>;

/// The backward rule of one recorded operation, with what it kept from the forward pass.
///
/// The name of the struct (`SoftmaxBackward`) is what `{:?}` shows as `grad_fn`. It may hold arrays, but no tensors: the
/// graph is held together by the parents alone.
pub trait Backward: Debug + Send + Sync + 'static {
    /// From `grad` = ∂loss/∂result to ∂loss/∂parent for every parent, each of its parent's shape.
    fn backward(&self, grad: Array) -> ParentGrads<'_>;
}

impl From<Array> for ParentGrad<'_> {
    fn from(grad: Array) -> Self {
        Self::Computed(grad)
    }
}

/// What can stand in `grads![…]`: a gradient in either form, or an option of one.
pub(crate) trait IntoParentGrad<'a> {
    fn into_parent_grad(self) -> Option<ParentGrad<'a>>;
}
impl<'a, T: Into<ParentGrad<'a>>> IntoParentGrad<'a> for T {
    fn into_parent_grad(self) -> Option<ParentGrad<'a>> {
        Some(self.into())
    }
}
impl<'a, T: Into<ParentGrad<'a>>> IntoParentGrad<'a> for Option<T> {
    fn into_parent_grad(self) -> Option<ParentGrad<'a>> {
        self.map(T::into)
    }
}

/// `grads![a, b]`: the gradients of all parents, each an `Array`, a [`ParentGrad`], or an option of one.
macro_rules! grads {
    ($($grad:expr),+ $(,)?) => { ::smallvec::smallvec![$($crate::autograd::IntoParentGrad::into_parent_grad($grad)),+] };
}
pub(crate) use grads;

thread_local! {
    static RECORDING_OFF: Cell<usize> = const { Cell::new(0) };
}

/// Runs `f` without recording: results inside carry no history and need no memory for a backward pass.
///
/// It holds for the calling thread only, and ends with `f`, even if `f` panics.
pub fn no_grad<R>(f: impl FnOnce() -> R) -> R {
    struct Restore;
    impl Drop for Restore {
        fn drop(&mut self) {
            RECORDING_OFF.with(|depth| depth.set(depth.get() - 1));
        }
    }
    RECORDING_OFF.with(|depth| depth.set(depth.get() + 1));
    let _restore = Restore;
    f()
}

pub(crate) fn is_recording() -> bool {
    RECORDING_OFF.with(|depth| depth.get() == 0)
}

/// A tensor in the heap of those that wait for their turn; the youngest comes first.
struct Waiting(Tensor);

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.id().cmp(&other.0.id())
    }
}

impl Tensor {
    /// ∂self/∂leaf for every leaf that asks for a gradient.
    ///
    /// The graph is only read, so it can be walked again, by another thread too, and gives the same gradients.
    ///
    /// # Panics
    /// If `self` is not a single number: use [`Tensor::backward_from`] for others.
    #[track_caller]
    pub fn backward(&self) -> Gradients {
        self.backward_keeping(&[])
    }

    /// As [`Tensor::backward`], and keeps the gradients of the inner results `keep` as well.
    ///
    /// # Panics
    /// If `self` is not a single number.
    #[track_caller]
    pub fn backward_keeping(&self, keep: &[&Tensor]) -> Gradients {
        self.check_single();
        let mut grads = Gradients::new();
        self.walk(Array::ones(self.shape()), keep, &mut grads);
        grads
    }

    /// Σ_i upstream_i · ∂self_i/∂leaf for every leaf that asks for a gradient.
    ///
    /// # Panics
    /// If `upstream` is not of the shape of `self`.
    #[track_caller]
    pub fn backward_from(&self, upstream: Array) -> Gradients {
        assert!(
            self.shape() == upstream.shape(),
            "backward_from: shapes {:?} and {:?} do not fit: need an upstream gradient of the result's shape",
            self.shape(),
            upstream.shape()
        );
        let mut grads = Gradients::new();
        self.walk(upstream, &[], &mut grads);
        grads
    }

    /// As [`Tensor::backward`], added to the gradients of earlier passes: micro-batches of one batch, say.
    ///
    /// Weights add their part to the sum that is there instead of making an array of it first.
    ///
    /// # Panics
    /// If `self` is not a single number.
    #[track_caller]
    pub fn backward_into(&self, sum: &mut Gradients) {
        self.check_single();
        self.walk(Array::ones(self.shape()), &[], sum);
    }

    #[track_caller]
    fn check_single(&self) {
        assert!(
            self.len() == 1,
            "backward: shape {:?} does not fit: need a single number (a loss), or an upstream gradient with backward_from",
            self.shape()
        );
    }

    fn walk(&self, upstream: Array, keep: &[&Tensor], done: &mut Gradients) {
        if !self.needs_grad() {
            return;
        }
        if self.grad_fn().is_none() {
            return done.collect(self, ParentGrad::Computed(upstream));
        }
        let mut pending = Gradients::new();
        let mut heap = BinaryHeap::from([Waiting(self.clone())]);
        pending.collect(self, ParentGrad::Computed(upstream));
        while let Some(Waiting(tensor)) = heap.pop() {
            let grad = pending.remove(&tensor).expect("a waiting tensor has a gradient");
            if keep.iter().any(|kept| kept.id() == tensor.id()) {
                done.collect(&tensor, ParentGrad::Computed(grad.clone()));
            }
            let grad_fn = tensor.grad_fn().expect("only results of operations wait");
            let parent_grads = grad_fn.backward.backward(grad);
            debug_assert_eq!(
                parent_grads.len(),
                grad_fn.parents.len(),
                "{:?}: one gradient a parent",
                grad_fn.backward
            );
            for (parent, grad) in grad_fn.parents.iter().zip(parent_grads) {
                if !parent.needs_grad() {
                    continue;
                }
                let grad = grad.unwrap_or_else(|| panic!("{:?} gave no gradient for {parent:?}", grad_fn.backward));
                if let ParentGrad::Computed(grad) = &grad {
                    debug_assert_eq!(grad.shape(), parent.shape(), "{:?}: shape of the gradient", grad_fn.backward);
                }
                if parent.grad_fn().is_none() {
                    done.collect(parent, grad);
                    continue;
                }
                if !pending.contains(parent) {
                    heap.push(Waiting(parent.clone()));
                }
                pending.collect(parent, grad);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(values: &[Elem]) -> Tensor {
        Tensor::parameter(Array::from_slice(values, &[values.len()]))
    }

    #[test]
    fn a_tensor_used_twice_gets_both_contributions() {
        let x = leaf(&[3.0]);
        let y = &(&x * &x) + &x; // x² + x
        assert_eq!(y.backward().get(&x).unwrap().item(), 7.0);
    }

    #[test]
    fn a_second_walk_gives_the_same_gradients() {
        let x = leaf(&[1.0, 2.0]);
        let loss = (&x * &x).sum_all();
        let first = loss.backward().get(&x).unwrap().to_vec();
        assert_eq!(first, [2.0, 4.0]);
        assert_eq!(loss.backward().get(&x).unwrap().to_vec(), first);
        let again = std::thread::spawn({
            let (loss, x) = (loss.clone(), x.clone());
            move || loss.backward().get(&x).unwrap().to_vec()
        });
        assert_eq!(again.join().unwrap(), first);
    }

    #[test]
    fn a_chain_of_a_million_operations_neither_overflows_in_backward_nor_when_dropped() {
        let x = leaf(&[1.0]);
        let mut y = x.clone();
        for _ in 0..1_000_000 {
            y = y.add_scalar(1e-6);
        }
        let grads = y.backward();
        assert_eq!(grads.get(&x).unwrap().item(), 1.0);
        drop(y);
    }

    #[test]
    fn nothing_is_recorded_inside_no_grad_even_after_a_panic() {
        let x = leaf(&[1.0]);
        assert!(!no_grad(|| &x * &x).needs_grad());
        let _ = std::panic::catch_unwind(|| no_grad(|| panic!("inside")));
        assert!((&x * &x).needs_grad());
    }

    #[test]
    fn a_detached_tensor_is_a_constant() {
        let x = leaf(&[2.0]);
        let y = &x * &x.detach();
        assert_eq!(y.backward().get(&x).unwrap().item(), 2.0);
        assert!(x.detach().backward().is_empty());
    }

    #[test]
    fn inner_gradients_are_kept_on_request() {
        let x = leaf(&[2.0]);
        let h = &x * &x;
        let y = &h * &h;
        let grads = y.backward_keeping(&[&h]);
        assert_eq!(grads.get(&h).unwrap().item(), 8.0);
        assert_eq!(grads.get(&x).unwrap().item(), 32.0);
    }

    #[test]
    fn gradients_add_and_scale() {
        let x = leaf(&[1.0, 2.0]);
        let mut sum = (&x * &x).sum_all().backward();
        sum.add(x.sum_all().backward());
        sum.scale(0.5);
        assert_eq!(sum.get(&x).unwrap().to_vec(), [1.5, 2.5]);
    }

    #[test]
    #[should_panic(expected = "backward: shape [2] does not fit")]
    fn backward_wants_a_single_number() {
        leaf(&[1.0, 2.0]).backward();
    }
}
