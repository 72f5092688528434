//! From a loss back to the parameters.
//!
//! Every result of an operation holds its parents and a [`Backward`]: the rule that turns the gradient of the result
//! into the gradients of the parents (the chain rule, one link). [`Tensor::backward`] visits the results from the loss
//! on in the reverse of the order in which they were made, which is a topological order, since a result is always made
//! after its parents. Nodes wait in a heap, not on the call stack, so a chain of a million operations is no problem.

use std::cell::Cell;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Debug;

use smallvec::SmallVec;

use crate::{Array, Elem, Tensor};

/// The gradients of an operation's parents, in their order; `None` for a parent that needs none.
pub type ParentGrads = SmallVec<[Option<Array>; 3]>;

/// The backward rule of one recorded operation, with what it kept from the forward pass.
///
/// The name of the struct (`SoftmaxBackward`) is what `{:?}` shows as `grad_fn`. It may hold arrays, but no tensors: the
/// graph is held together by the parents alone.
pub trait Backward: Debug + Send + Sync + 'static {
    /// From `grad` = ∂loss/∂result to ∂loss/∂parent for every parent, each of its parent's shape.
    fn backward(&self, grad: Array) -> ParentGrads;

    /// As [`Backward::backward`], added to `sums`: for every parent what its other uses have contributed so far, `None` where
    /// this is the first.
    ///
    /// A loop over time uses one weight, and one part of one array, at every step. An operation that can add its contribution
    /// in place says so here; the others make it and add it.
    fn backward_onto(&self, grad: Array, sums: ParentGrads) -> ParentGrads {
        let mut grads = self.backward(grad);
        for (grad, sum) in grads.iter_mut().zip(sums) {
            if let (Some(new), Some(mut sum)) = (grad.as_ref(), sum) {
                sum.add_assign(new);
                *grad = Some(sum);
            }
        }
        grads
    }
}

/// `grads![a, b]`: the gradients of all parents, each either an `Array` or an `Option<Array>`.
macro_rules! grads {
    ($($grad:expr),+ $(,)?) => { ::smallvec::smallvec![$(Option::<$crate::Array>::from($grad)),+] };
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

/// ∂loss/∂leaf for every leaf that the loss depends on: what a backward pass returns.
///
/// Gradients are a plain value. Those of several passes (shards of a batch, accumulation) are summed with
/// [`Gradients::add`]; nothing has to be reset.
#[derive(Default, Clone)]
pub struct Gradients {
    by_id: HashMap<u64, Array>,
}

impl Gradients {
    /// No gradients.
    pub fn new() -> Self {
        Self::default()
    }

    /// The gradient of `tensor`, of its shape; `None` if the loss does not depend on it.
    pub fn get(&self, tensor: &Tensor) -> Option<&Array> {
        self.by_id.get(&tensor.id())
    }

    /// As [`Gradients::get`], for changing it.
    pub fn get_mut(&mut self, tensor: &Tensor) -> Option<&mut Array> {
        self.by_id.get_mut(&tensor.id())
    }

    /// Takes the gradient of `tensor` out.
    pub fn remove(&mut self, tensor: &Tensor) -> Option<Array> {
        self.by_id.remove(&tensor.id())
    }

    /// Sets the gradient of `tensor`.
    ///
    /// # Panics
    /// If its shape is not that of `tensor`.
    #[track_caller]
    pub fn insert(&mut self, tensor: &Tensor, grad: Array) {
        assert!(
            grad.shape() == tensor.shape(),
            "Gradients::insert: shapes {:?} and {:?} do not fit: need equal shapes",
            tensor.shape(),
            grad.shape()
        );
        self.by_id.insert(tensor.id(), grad);
    }

    /// Adds the gradients of another pass over the same leaves, element by element.
    pub fn add(&mut self, other: Gradients) {
        for (id, grad) in other.by_id {
            self.accumulate(id, grad);
        }
    }

    /// Multiplies every gradient by `factor`.
    pub fn scale(&mut self, factor: f64) {
        for grad in self.by_id.values_mut() {
            jumok_kernels::elementwise::scale(factor as Elem, grad.make_mut());
        }
    }

    /// How many tensors have a gradient.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether no tensor has a gradient.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    fn accumulate(&mut self, id: u64, grad: Array) {
        match self.by_id.entry(id) {
            std::collections::hash_map::Entry::Occupied(mut sum) => sum.get_mut().add_assign(&grad),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(grad);
            }
        }
    }
}

impl Debug for Gradients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gradients({} tensors)", self.len())
    }
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
        assert!(
            self.len() == 1,
            "backward: shape {:?} does not fit: need a single number (a loss), or an upstream gradient with backward_from",
            self.shape()
        );
        self.walk(Array::ones(self.shape()), keep)
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
        self.walk(upstream, &[])
    }

    fn walk(&self, upstream: Array, keep: &[&Tensor]) -> Gradients {
        let mut done = Gradients::new();
        if !self.needs_grad() {
            return done;
        }
        let mut pending = Gradients::new();
        let mut heap = BinaryHeap::from([Waiting(self.clone())]);
        pending.accumulate(self.id(), upstream);
        while let Some(Waiting(tensor)) = heap.pop() {
            let grad = pending.remove(&tensor).expect("a waiting tensor has a gradient");
            let Some(grad_fn) = tensor.grad_fn() else {
                done.accumulate(tensor.id(), grad);
                continue;
            };
            if keep.iter().any(|kept| kept.id() == tensor.id()) {
                done.accumulate(tensor.id(), grad.clone());
            }
            // A parent that already waits is in the heap; what it has so far goes into the rule and comes back as part of the sum.
            let sums: ParentGrads = grad_fn.parents.iter().map(|parent| pending.remove(parent)).collect();
            let waits: SmallVec<[bool; 3]> = sums.iter().map(Option::is_some).collect();
            let parent_grads = grad_fn.backward.backward_onto(grad, sums);
            debug_assert_eq!(
                parent_grads.len(),
                grad_fn.parents.len(),
                "{:?}: one gradient a parent",
                grad_fn.backward
            );
            for ((parent, grad), waits) in grad_fn.parents.iter().zip(parent_grads).zip(waits) {
                if !parent.needs_grad() {
                    continue;
                }
                let grad = grad.unwrap_or_else(|| panic!("{:?} gave no gradient for {parent:?}", grad_fn.backward));
                debug_assert_eq!(grad.shape(), parent.shape(), "{:?}: shape of the gradient", grad_fn.backward);
                if !waits && pending.get(parent).is_none() {
                    heap.push(Waiting(parent.clone()));
                }
                pending.accumulate(parent.id(), grad);
            }
        }
        done
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
