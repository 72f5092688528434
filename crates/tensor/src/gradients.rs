//! The gradients of a backward pass, or of several.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::OnceLock;

use jumok_kernels::elementwise;
use smallvec::{SmallVec, smallvec};

use crate::autograd::ParentGrad;
use crate::{Array, Elem, Tensor, TensorId};

/// ∂loss/∂leaf for every leaf that the loss depends on: what a backward pass returns.
///
/// Gradients are a plain value. Those of several passes (shards of a batch, accumulation) are summed with
/// [`Gradients::add`]; nothing has to be reset.
///
/// Of the shards of a batch ([`Gradients::of_shards`]) the terms are kept apart until somebody asks for their sum: an
/// optimiser reads them where they lie ([`Gradients::of`]), and adds as it goes.
#[derive(Default, Clone)]
pub struct Gradients {
    by_id: HashMap<TensorId, Sum>,
}

/// factor · Σ terms
#[derive(Clone)]
struct Sum {
    terms: SmallVec<[Array; 1]>,
    factor: Elem,
    total: OnceLock<Array>,
}

impl Sum {
    fn of(term: Array) -> Self {
        Self { terms: smallvec![term], factor: 1.0, total: OnceLock::new() }
    }

    fn is_one_array(&self) -> bool {
        self.terms.len() == 1 && self.factor == 1.0
    }

    fn get(&self) -> &Array {
        if self.is_one_array() { &self.terms[0] } else { self.total.get_or_init(|| self.summed()) }
    }

    /// The terms added in their order, then multiplied.
    fn summed(&self) -> Array {
        let mut sum = self.terms[0].clone();
        self.terms[1..].iter().for_each(|term| sum.add_assign(term));
        elementwise::scale(self.factor, sum.make_mut());
        sum
    }

    /// Makes one array of it.
    fn get_mut(&mut self) -> &mut Array {
        if !self.is_one_array() {
            let total = self.total.take().unwrap_or_else(|| self.summed());
            *self = Self::of(total);
        }
        &mut self.terms[0]
    }

    fn scale(&mut self, factor: Elem) {
        self.factor *= factor;
        self.total = OnceLock::new();
    }
}

/// A gradient as it lies in memory: factor · Σ terms, to be read piece by piece.
#[derive(Debug)]
pub struct GradientTerms {
    terms: SmallVec<[Array; 4]>,
    factor: Elem,
}

impl GradientTerms {
    /// The elements of `range` in row-major order; `scratch` holds them where they have to be added first.
    pub fn piece<'a>(&'a self, range: Range<usize>, scratch: &'a mut Vec<Elem>) -> &'a [Elem] {
        let slice = |term: &'a Array| &term.as_slice().expect("made contiguous")[range.clone()];
        let (first, more) = self.terms.split_first().expect("a gradient has at least one term");
        if more.is_empty() && self.factor == 1.0 {
            return slice(first);
        }
        scratch.clear();
        scratch.extend_from_slice(slice(first));
        more.iter().for_each(|term| elementwise::add_assign(scratch, slice(term)));
        if self.factor != 1.0 {
            elementwise::scale(self.factor, scratch);
        }
        scratch
    }
}

impl Gradients {
    /// No gradients.
    pub fn new() -> Self {
        Self::default()
    }

    /// The gradients of a batch from those of its shards: for every leaf the sum of what each shard has for it, in the
    /// order of the shards.
    pub fn of_shards(shards: Vec<Gradients>) -> Self {
        let mut whole = Self::new();
        for shard in shards {
            for (id, mut sum) in shard.by_id {
                sum.get_mut();
                match whole.by_id.entry(id) {
                    Entry::Vacant(place) => drop(place.insert(sum)),
                    Entry::Occupied(mut place) => place.get_mut().terms.append(&mut sum.terms),
                }
            }
        }
        whole
    }

    /// The gradient of `tensor`, of its shape; `None` if the loss does not depend on it.
    pub fn get(&self, tensor: &Tensor) -> Option<&Array> {
        self.by_id.get(&tensor.id()).map(Sum::get)
    }

    /// As [`Gradients::get`], for reading it once, piece by piece, without making one array of its terms.
    pub fn of(&self, tensor: &Tensor) -> Option<GradientTerms> {
        let sum = self.by_id.get(&tensor.id())?;
        Some(GradientTerms { terms: sum.terms.iter().map(Array::contiguous).collect(), factor: sum.factor })
    }

    /// As [`Gradients::get`], for changing it.
    pub fn get_mut(&mut self, tensor: &Tensor) -> Option<&mut Array> {
        self.by_id.get_mut(&tensor.id()).map(Sum::get_mut)
    }

    /// Whether there is a gradient of `tensor`.
    pub fn contains(&self, tensor: &Tensor) -> bool {
        self.by_id.contains_key(&tensor.id())
    }

    /// Takes the gradient of `tensor` out.
    pub fn remove(&mut self, tensor: &Tensor) -> Option<Array> {
        let mut sum = self.by_id.remove(&tensor.id())?;
        sum.get_mut();
        sum.terms.pop()
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
        self.by_id.insert(tensor.id(), Sum::of(grad));
    }

    /// Adds the gradients of another pass over the same leaves, element by element.
    pub fn add(&mut self, other: Gradients) {
        for (id, mut more) in other.by_id {
            match self.by_id.entry(id) {
                Entry::Occupied(mut sum) => sum.get_mut().get_mut().add_assign(more.get_mut()),
                Entry::Vacant(place) => drop(place.insert(more)),
            }
        }
    }

    /// Multiplies every gradient by `factor`.
    pub fn scale(&mut self, factor: f64) {
        self.by_id.values_mut().for_each(|sum| sum.scale(factor as Elem));
    }

    /// Multiplies the gradient of `tensor` by `factor`, if there is one.
    pub fn scale_of(&mut self, tensor: &Tensor, factor: f64) {
        if let Some(sum) = self.by_id.get_mut(&tensor.id()) {
            sum.scale(factor as Elem);
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

    /// Adds what an operation gives to `parent`.
    pub(crate) fn collect(&mut self, parent: &Tensor, grad: ParentGrad<'_>) {
        match (self.by_id.entry(parent.id()), grad) {
            (Entry::Occupied(mut sum), ParentGrad::Computed(grad)) => sum.get_mut().get_mut().add_assign(&grad),
            (Entry::Occupied(mut sum), ParentGrad::Sum(add_to)) => add_to(sum.get_mut().get_mut().make_mut(), 1.0),
            (Entry::Vacant(place), ParentGrad::Computed(grad)) => drop(place.insert(Sum::of(grad))),
            (Entry::Vacant(place), ParentGrad::Sum(add_to)) => {
                place.insert(Sum::of(Array::build(parent.shape(), |out| add_to(out, 0.0))));
            }
        }
    }
}

impl Debug for Gradients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gradients({} tensors)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tensor: &Tensor, values: &[Elem]) -> Gradients {
        let mut grads = Gradients::new();
        grads.insert(tensor, Array::from_slice(values, &[values.len()]));
        grads
    }

    #[test]
    fn shards_are_summed_when_somebody_asks() {
        let w = Tensor::parameter(Array::zeros(&[3]));
        let mut grads =
            Gradients::of_shards(vec![of(&w, &[1.0, 2.0, 3.0]), of(&w, &[10.0, 20.0, 30.0]), Gradients::new()]);
        let mut scratch = vec![];
        assert_eq!(grads.of(&w).unwrap().piece(1..3, &mut scratch), [22.0, 33.0]);
        grads.scale_of(&w, 0.5);
        assert_eq!(grads.of(&w).unwrap().piece(0..2, &mut scratch), [5.5, 11.0]);
        assert_eq!(grads.get(&w).unwrap().to_vec(), [5.5, 11.0, 16.5]);
        grads.add(of(&w, &[0.5, 0.0, 0.5]));
        assert_eq!(grads.get(&w).unwrap().to_vec(), [6.0, 11.0, 17.0]);
        assert_eq!(grads.remove(&w).unwrap().to_vec(), [6.0, 11.0, 17.0]);
        assert!(grads.is_empty() && grads.of(&w).is_none());
    }

    #[test]
    fn a_pass_adds_to_the_gradients_of_earlier_ones() {
        let w = Tensor::parameter(Array::from_slice(&[1.0, 2.0, 3.0, 4.0], &[2, 2]));
        let loss = |x: &[Elem]| Tensor::from_vec(x.to_vec(), &[1, 2]).linear(&w, None).sum_all();
        let mut sum = loss(&[1.0, 2.0]).backward();
        loss(&[10.0, 20.0]).backward_into(&mut sum);
        assert_eq!(sum.get(&w).unwrap().to_vec(), [11.0, 22.0, 11.0, 22.0]);
    }
}
