//! The differentiable value.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::autograd::{Backward, is_recording};
use crate::tensor_id::TensorId;
use crate::{Array, Elem, TensorError};

/// An n-dimensional array that knows how it was made.
///
/// A clone is cheap and is the same tensor: values, identity and history are shared, between threads too. Values never
/// change; only a parameter can be given a new one, by whoever holds it as `&mut`.
#[derive(Clone)]
pub struct Tensor(Arc<Node>);

struct Node {
    id: TensorId,
    value: Array,
    origin: Origin,
}

/// Where a tensor comes from, which is also what backward does with its gradient.
enum Origin {
    /// Given from outside; gradients stop here.
    Constant,
    /// A leaf to be learned; gradients are collected here.
    Parameter,
    /// The result of an operation; gradients go on to its parents.
    Operation(GradFn),
}

/// How a recorded result came about.
pub(crate) struct GradFn {
    pub(crate) parents: SmallVec<[Tensor; 3]>,
    pub(crate) backward: Box<dyn Backward>,
}

impl Tensor {
    fn new(value: Array, origin: Origin) -> Self {
        let id = match &origin {
            Origin::Operation(grad_fn) => TensorId::after(grad_fn.parents.iter().map(Tensor::id)),
            Origin::Constant | Origin::Parameter => TensorId::next(),
        };
        Self(Arc::new(Node { id, value, origin }))
    }

    /// The result of an operation: the only way to make one, so that none is without its backward rule.
    ///
    /// `backward` is asked only if a gradient will be wanted, so what it keeps costs nothing otherwise.
    pub fn from_operation<B: Backward>(value: Array, parents: &[&Tensor], backward: impl FnOnce() -> B) -> Self {
        if !is_recording() || !parents.iter().any(|parent| parent.needs_grad()) {
            return Self::new(value, Origin::Constant);
        }
        let parents = parents.iter().map(|&parent| parent.clone()).collect();
        Self::new(value, Origin::Operation(GradFn { parents, backward: Box::new(backward()) }))
    }

    /// A constant: gradients stop here.
    pub fn from_array(value: Array) -> Self {
        Self::new(value, Origin::Constant)
    }

    /// A constant with the elements of `data` in row-major order.
    ///
    /// # Panics
    /// If `data` does not hold exactly as many elements as `shape` asks for.
    #[track_caller]
    pub fn from_vec(data: Vec<Elem>, shape: &[usize]) -> Self {
        Self::from_array(Array::from_vec(data, shape))
    }

    /// As [`Tensor::from_vec`], with an error instead of the panic.
    pub fn try_from_vec(data: Vec<Elem>, shape: &[usize]) -> Result<Self, TensorError> {
        Array::try_from_vec(data, shape).map(Self::from_array)
    }

    /// A constant of shape `[]`.
    pub fn scalar(value: f64) -> Self {
        Self::from_array(Array::scalar(value as Elem))
    }

    /// A constant of zeros.
    pub fn zeros(shape: &[usize]) -> Self {
        Self::from_array(Array::zeros(shape))
    }

    /// A constant of ones.
    pub fn ones(shape: &[usize]) -> Self {
        Self::from_array(Array::ones(shape))
    }

    /// A constant with all elements equal to `value`.
    pub fn full(shape: &[usize], value: f64) -> Self {
        Self::from_array(Array::full(shape, value as Elem))
    }

    /// The numbers start, start + step, … below `end`, shape `[n]`.
    ///
    /// # Panics
    /// If `step` is zero or leads away from `end`.
    #[track_caller]
    pub fn arange(start: f64, end: f64, step: f64) -> Self {
        let count = ((end - start) / step).ceil();
        assert!(step != 0.0 && count >= 0.0, "arange: step {step} does not lead from {start} to {end}");
        let count = count as usize;
        Self::from_vec((0..count).map(|n| (start + n as f64 * step) as Elem).collect(), &[count])
    }

    /// The identity matrix `[n, n]`.
    pub fn eye(n: usize) -> Self {
        Self::from_vec((0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect(), &[n, n])
    }

    /// A leaf that is learned: [`Tensor::backward`] reports its gradient.
    pub fn parameter(value: Array) -> Self {
        Self::new(value, Origin::Parameter)
    }

    /// A new parameter with this tensor's values.
    pub fn requires_grad(self) -> Self {
        Self::parameter(self.array().clone())
    }

    /// A constant with the same values: gradients stop here.
    pub fn detach(&self) -> Self {
        Self::from_array(self.array().clone())
    }

    /// Gives a parameter a new value. It stays a parameter, and other clones of the old one keep the old value.
    ///
    /// # Panics
    /// If the shape differs.
    #[track_caller]
    pub fn set_array(&mut self, value: Array) {
        assert!(
            value.shape() == self.shape(),
            "set_array: shapes {:?} and {:?} do not fit: need equal shapes",
            self.shape(),
            value.shape()
        );
        *self.array_mut() = value;
    }

    /// The values of a leaf, for changing them in place; other clones of the tensor keep the old values.
    ///
    /// # Panics
    /// If the tensor is the result of an operation: its values belong to the graph.
    #[track_caller]
    pub fn array_mut(&mut self) -> &mut Array {
        let origin = match self.0.origin {
            Origin::Constant => Origin::Constant,
            Origin::Parameter => Origin::Parameter,
            Origin::Operation(_) => panic!("array_mut: {self:?} is the result of an operation and cannot change"),
        };
        if Arc::get_mut(&mut self.0).is_none() {
            *self = Self::new(self.array().clone(), origin);
        }
        &mut Arc::get_mut(&mut self.0).expect("made the only owner above").value
    }

    /// The values, without history.
    pub fn array(&self) -> &Array {
        &self.0.value
    }

    /// The extent of every axis.
    pub fn shape(&self) -> &[usize] {
        self.array().shape()
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.array().rank()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.array().len()
    }

    /// Whether there is no element at all.
    pub fn is_empty(&self) -> bool {
        self.array().is_empty()
    }

    /// The extents as an array, which names the axes and checks the rank in one line:
    /// `let [batch, time, features] = x.dims();`
    ///
    /// # Panics
    /// If the rank is not `N`.
    #[track_caller]
    pub fn dims<const N: usize>(&self) -> [usize; N] {
        match self.shape().try_into() {
            Ok(dims) => dims,
            Err(_) => panic!("dims: shape {:?} does not fit: need rank {N}", self.shape()),
        }
    }

    /// The values in row-major order.
    pub fn to_vec(&self) -> Vec<Elem> {
        self.array().to_vec()
    }

    /// The single value.
    ///
    /// # Panics
    /// If there is not exactly one.
    #[track_caller]
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    pub fn item(&self) -> f64 {
        self.array().item() as f64
    }

    /// The identity of the tensor: clones share it, and the result of an operation has a larger one than its parents.
    pub fn id(&self) -> TensorId {
        self.0.id
    }

    /// Whether a gradient reaches this tensor: it is a parameter, or was computed from one while recording.
    pub fn needs_grad(&self) -> bool {
        !matches!(self.0.origin, Origin::Constant)
    }

    /// Whether this is a parameter (a leaf whose gradient is reported).
    pub fn is_parameter(&self) -> bool {
        matches!(self.0.origin, Origin::Parameter)
    }

    /// The tensors that the operation which made this one was given; empty for a leaf.
    pub fn parents(&self) -> &[Tensor] {
        self.grad_fn().map_or(&[], |grad_fn| &grad_fn.parents)
    }

    /// The name of the backward rule, such as `SoftmaxBackward`; `None` for a leaf.
    pub fn grad_fn_name(&self) -> Option<String> {
        let text = format!("{:?}", self.grad_fn()?.backward);
        Some(text.split([' ', '(', '{']).next().unwrap_or_default().to_owned())
    }

    pub(crate) fn grad_fn(&self) -> Option<&GradFn> {
        match &self.0.origin {
            Origin::Operation(grad_fn) => Some(grad_fn),
            _ => None,
        }
    }
}

impl Drop for Node {
    /// Takes long histories apart in a loop: dropping each node inside its child's drop would overflow the stack.
    fn drop(&mut self) {
        let Origin::Operation(grad_fn) = &mut self.origin else { return };
        let mut orphans = std::mem::take(&mut grad_fn.parents);
        while let Some(tensor) = orphans.pop() {
            if let Some(mut node) = Arc::into_inner(tensor.0)
                && let Origin::Operation(grad_fn) = &mut node.origin
            {
                orphans.extend(grad_fn.parents.drain(..));
            }
        }
    }
}

impl fmt::Debug for Tensor {
    /// Values, shape and what made the tensor, as `Tensor([[1.0, 2.0]], shape=[1, 2], grad_fn=SoftmaxBackward)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({}, shape={:?}", self.array(), self.shape())?;
        match &self.0.origin {
            Origin::Constant => {}
            Origin::Parameter => write!(f, ", parameter")?,
            Origin::Operation(_) => write!(f, ", grad_fn={}", self.grad_fn_name().unwrap_or_default())?,
        }
        write!(f, ")")
    }
}

impl fmt::Display for Tensor {
    /// The values alone, in NumPy's manner.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.array().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tensor as it would be if another copy of this library, a notebook's earlier cell, had made it.
    fn from_another_library(mut tensor: Tensor, id: TensorId) -> Tensor {
        Arc::get_mut(&mut tensor.0).expect("held by nobody else").id = id;
        tensor
    }

    #[test]
    fn tensors_of_several_copies_of_the_library_make_one_graph() {
        // x and y are numbered far above what our counter has reached, and z, which is made of them, must come behind.
        let x = from_another_library(
            Tensor::parameter(Array::from_slice(&[3.0], &[1])),
            TensorId::of_another_library(1 << 40),
        );
        let y = from_another_library(&x * &x, TensorId::of_another_library((1 << 40) + 1));
        let z = &y * &y; //                                                                                    x⁴
        let loss = &z + &y; //                                                                               x⁴ + x²
        assert!(x.id() < y.id() && y.id() < z.id() && z.id() < loss.id());
        assert_eq!(loss.backward().get(&x).unwrap().item(), 4.0 * 27.0 + 2.0 * 3.0);
    }

    #[test]
    fn the_same_place_under_two_counters_is_two_identities() {
        let [a, b] = [2.0, 5.0].map(|value| Tensor::parameter(Array::from_slice(&[value], &[1])));
        let b = from_another_library(b, a.id().twin());
        assert_ne!(a.id(), b.id());
        let grads = (&a * &b).backward();
        assert_eq!([&a, &b].map(|x| grads.get(x).unwrap().item()), [5.0, 2.0]);
    }

    #[test]
    fn a_parameter_changes_in_place_only_for_its_holder() {
        let mut w = Tensor::parameter(Array::zeros(&[2048]));
        let (id, address) = (w.id(), w.array().from_first().as_ptr());
        w.array_mut().make_mut()[0] = 1.0;
        assert_eq!((w.id(), w.array().from_first().as_ptr()), (id, address));
        let held = w.clone();
        w.array_mut().make_mut()[0] = 2.0;
        assert_eq!((held.to_vec()[0], w.to_vec()[0]), (1.0, 2.0));
        assert!(w.is_parameter() && w.id() != id);
    }

    #[test]
    #[should_panic(expected = "is the result of an operation")]
    fn a_result_cannot_be_overwritten() {
        let x = Tensor::parameter(Array::zeros(&[2]));
        (&x + 1.0).set_array(Array::ones(&[2]));
    }

    #[test]
    fn ranges_and_identity() {
        assert_eq!(Tensor::arange(1.0, 2.0, 0.25).to_vec(), [1.0, 1.25, 1.5, 1.75]);
        assert_eq!(Tensor::arange(3.0, 0.0, -1.0).to_vec(), [3.0, 2.0, 1.0]);
        assert_eq!(Tensor::eye(2).to_vec(), [1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn tensors_travel_between_threads() {
        fn travels<T: Send + Sync + 'static>() {}
        travels::<Tensor>();
        travels::<crate::Gradients>();
    }

    #[test]
    #[should_panic(expected = "dims: shape [2, 3] does not fit: need rank 3")]
    fn naming_the_axes_checks_the_rank() {
        let [_b, _t, _d] = Tensor::zeros(&[2, 3]).dims();
    }
}
