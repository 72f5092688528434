//! One step of a long short-term memory, behind its two products, as one operation (Hochreiter and Schmidhuber 1997, with the
//! forget gate of Gers et al. 2000).
//!
//! a = W_i·x + b_i and u = W_h·h + b_h are `[B, 4H]`, the rows of i, f, g and o one behind the other; h and c are `[B, H]`.
//! With s = a + u:
//!
//! - input gate i = σ(s_i), forget gate f = σ(s_f), output gate o = σ(s_o), candidate g = tanh(s_g);
//! - new memory c′ = f·c + i·g;
//! - new state h′ = o·tanh c′.
//!
//! Gradient, element by element, with upstream p = ∂L/∂h′ and q = ∂L/∂c′ from the next step. c′ acts on the loss directly and
//! through h′, whose derivative is o(1 − tanh² c′). Together **D = q + p·o(1 − tanh² c′)**. The gates follow from
//! c′ = f·c + i·g and h′ = o·tanh c′, each times the derivative of its own σ or tanh:
//!
//! **ds = (D·g·i(1 − i), D·c·f(1 − f), D·i·(1 − g²), p·tanh c′·o(1 − o)), da = du = ds, dc = D·f.**
//!
//! dc = D·f is why it remembers: from step to step the memory's gradient is only multiplied by the forget gate.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Tensor, TensorError};
use jumok_kernels::recurrent as kernel;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array2, Axis, concatenate, s};

    fn gates(sum: &Array2<Elem>) -> [Array2<Elem>; 4] {
        let hidden = sum.ncols() / 4;
        let quarter = |n: usize| sum.slice(s![.., n * hidden..(n + 1) * hidden]).to_owned();
        let sigmoid = |x: Array2<Elem>| x.mapv(|x| 1.0 / (1.0 + (-x).exp()));
        [sigmoid(quarter(0)), sigmoid(quarter(1)), quarter(2).mapv(Elem::tanh), sigmoid(quarter(3))]
    }

    /// h′ and c′
    pub fn lstm_cell(a: &Array2<Elem>, u: &Array2<Elem>, c: &Array2<Elem>) -> [Array2<Elem>; 2] {
        let [i, f, g, o] = gates(&(a + u));
        let next_c = f * c + i * g;
        [o * next_c.mapv(Elem::tanh), next_c]
    }

    /// ds and dc, from p = ∂L/∂h′ and q = ∂L/∂c′
    pub fn lstm_cell_backward(
        a: &Array2<Elem>,
        u: &Array2<Elem>,
        c: &Array2<Elem>,
        p: &Array2<Elem>,
        q: &Array2<Elem>,
    ) -> [Array2<Elem>; 2] {
        let [i, f, g, o] = gates(&(a + u));
        let t = (&f * c + &i * &g).mapv(Elem::tanh);
        let d = q + &(p * &o * (1.0 - &t * &t));
        let di = &d * &g * &i * (1.0 - &i);
        let df = &d * c * &f * (1.0 - &f);
        let dg = &d * &i * (1.0 - &g * &g);
        let d_o = p * &t * &o * (1.0 - &o);
        let ds = concatenate(Axis(1), &[di.view(), df.view(), dg.view(), d_o.view()]).expect("parts of equal height");
        [ds, d * f]
    }
}

/// da = du = ds, dc = D·f
struct LstmCellBackward {
    /// i, f, g, o as rows of `[B, 4H]`.
    gates: Array,
    c: Array,
    /// h′ and c′ one behind the other, `[2, B, H]`.
    next: Array,
}

impl std::fmt::Debug for LstmCellBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LstmCellBackward {{ state: {:?} }}", self.c.shape())
    }
}

impl Backward for LstmCellBackward {
    fn backward(&self, grad: Array) -> ParentGrads {
        let (hidden, len) = (self.c.shape()[1], self.c.len());
        let grad = grad.contiguous();
        let [gates, c, next, grad] =
            [&self.gates, &self.c, &self.next, &grad].map(|x| x.as_slice().expect("made contiguous"));
        let (p, q) = grad.split_at(len);
        let mut ds = Array::build(self.gates.shape(), |_| ());
        let dc = Array::build(self.c.shape(), |dc| {
            kernel::lstm_backward(gates, c, &next[len..], p, q, ds.make_mut(), dc, hidden);
        });
        grads![ds.clone(), ds, dc]
    }
}

impl Tensor {
    /// h′ and c′ of a long short-term memory from `self` = W_i·x + b_i `[B, 4H]`, `recurrent` = W_h·h + b_h `[B, 4H]` and the
    /// memory c `[B, H]`; rows of the weights in the order i, f, g, o.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn lstm_cell(&self, recurrent: &Tensor, c: &Tensor) -> [Tensor; 2] {
        fit(self.try_lstm_cell(recurrent, c))
    }

    /// As [`Tensor::lstm_cell`], with an error instead of the panic.
    pub fn try_lstm_cell(&self, recurrent: &Tensor, c: &Tensor) -> Result<[Tensor; 2], TensorError> {
        let fits = matches!(*c.shape(), [batch, hidden]
            if self.shape() == [batch, 4 * hidden] && recurrent.shape() == self.shape());
        if !fits {
            let shapes = [self.shape(), recurrent.shape(), c.shape()];
            return Err(TensorError::shape("lstm_cell", &shapes, "[B, 4H], [B, 4H] and a memory [B, H]"));
        }
        let (hidden, len) = (c.shape()[1], c.len());
        let [a, u, memory] = [self, recurrent, c].map(|x| x.array().contiguous());
        let [a_rows, u_rows, c_rows] = [&a, &u, &memory].map(|x| x.as_slice().expect("made contiguous"));
        let mut gates = Array::build(a.shape(), |_| ());
        let next = Array::build(&[2, c.shape()[0], hidden], |next| {
            let (h, c) = next.split_at_mut(len);
            kernel::lstm_forward(a_rows, u_rows, c_rows, gates.make_mut(), h, c, hidden);
        });
        let kept = next.clone();
        let both =
            Tensor::from_operation(next, &[self, recurrent, c], || LstmCellBackward { gates, c: memory, next: kept });
        Ok([both.select(0, 0), both.select(0, 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck};
    use ndarray::{Array2, Ix2};

    fn two(a: &Array) -> Array2<crate::Elem> {
        a.to_ndarray().into_dimensionality::<Ix2>().unwrap()
    }

    #[test]
    fn forward_and_backward_agree_with_the_reference() {
        for [batch, hidden] in [[1, 1], [3, 5], [2, 33], [0, 4]] {
            let leaves = [
                between(-2.0, 2.0, &[batch, 4 * hidden]),
                between(-1.5, 2.5, &[batch, 4 * hidden]),
                between(-1.0, 1.0, &[batch, hidden]),
            ]
            .map(Tensor::parameter);
            let [a, u, c] = &leaves;
            let [next_h, next_c] = a.lstm_cell(u, c);
            let [a2, u2, c2] = [a, u, c].map(|x| two(x.array()));
            let [expected_h, expected_c] = reference::lstm_cell(&a2, &u2, &c2);
            assert_close(next_h.array(), &expected_h.into_dyn());
            assert_close(next_c.array(), &expected_c.into_dyn());
            let (p, q) = (between(-2.0, 1.0, &[batch, hidden]), between(-1.0, 1.5, &[batch, hidden]));
            let [ds, dc] = reference::lstm_cell_backward(&a2, &u2, &c2, &two(&p), &two(&q));
            let loss = next_h.mul(&Tensor::from_array(p)).add(&next_c.mul(&Tensor::from_array(q))).sum_all();
            let grads = loss.backward();
            for (leaf, expected) in [(a, &ds), (u, &ds), (c, &dc)] {
                assert_close(grads.get(leaf).unwrap(), &expected.clone().into_dyn());
            }
        }
    }

    #[test]
    fn is_its_derivative_also_over_two_steps() {
        let inputs = [
            between(-1.0, 1.0, &[2, 12]),
            between(-0.8, 1.0, &[12, 3]),
            between(-0.9, 0.9, &[2, 3]),
            between(-0.7, 0.9, &[2, 3]),
        ];
        let two_steps = |i: &[Tensor]| {
            let step = |[h, c]: [&Tensor; 2]| i[0].lstm_cell(&h.linear(&i[1], None), c);
            let [h, c] = step([&i[2], &i[3]]);
            let [h, c] = step([&h, &c]);
            Tensor::concat(&[&h, &c], 1)
        };
        gradcheck(two_steps, &inputs, &GradCheck::default()).unwrap();
    }

    #[test]
    fn an_open_forget_gate_and_a_closed_input_gate_remember() {
        let a = Tensor::from_vec(vec![-40.0, 40.0, 0.3, 40.0], &[1, 4]);
        let c = Tensor::parameter(Array::from_vec(vec![0.7], &[1, 1]));
        let [h, next_c] = a.lstm_cell(&Tensor::zeros(&[1, 4]), &c);
        assert_eq!(next_c.to_vec(), c.to_vec());
        assert!((h.item() - 0.7f64.tanh()).abs() < 1e-6);
        assert_eq!(next_c.sum_all().backward().get(&c).unwrap().to_vec(), [1.0]);
    }

    #[test]
    #[should_panic(
        expected = "lstm_cell: shapes [2, 6], [2, 6] and [2, 2] do not fit: need [B, 4H], [B, 4H] and a memory"
    )]
    fn gates_must_fit_the_memory() {
        Tensor::zeros(&[2, 6]).lstm_cell(&Tensor::zeros(&[2, 6]), &Tensor::zeros(&[2, 2]));
    }
}
