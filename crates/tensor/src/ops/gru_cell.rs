//! One step of a gated recurrent unit, behind its two products, as one operation (Cho et al. 2014, arXiv 1406.1078, equations
//! 5–8, with the reset gate after the product as in PyTorch).
//!
//! i = W_i·x + b_i and u = W_h·h + b_h are `[B, 3H]`, the rows of r, z and n one behind the other; h and h′ are `[B, H]`.
//!
//! - reset gate r = σ(i_r + u_r): how much of the past the new thought may use;
//! - update gate z = σ(i_z + u_z): how much of the state stays as it is;
//! - candidate n = tanh(i_n + r·u_n);
//! - new state h′ = (1 − z)·n + z·h.
//!
//! Gradient, element by element, with g = ∂L/∂h′. From the last line ∂h′/∂n = 1 − z, ∂h′/∂z = h − n, ∂h′/∂h = z. Behind
//! tanh and σ stand the factors 1 − n² and z(1 − z), so the sums inside have the gradients
//! **δ_n = g(1 − z)(1 − n²)** and **δ_z = g(h − n)·z(1 − z)**. r acts through r·u_n alone: ∂L/∂r = δ_n·u_n, hence
//! **δ_r = δ_n·u_n·r(1 − r)**. Each sum is i + u, except that u_n enters times r:
//!
//! **di = (δ_r, δ_z, δ_n), du = (δ_r, δ_z, δ_n·r), dh = g·z.**
//!
//! dh is the way past all gates: where z stays near 1, a gradient travels back through time undiminished.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Tensor, TensorError};
use jumok_kernels::recurrent as kernel;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array2, Axis, concatenate, s};

    fn sigmoid(x: Array2<Elem>) -> Array2<Elem> {
        x.mapv(|x| 1.0 / (1.0 + (-x).exp()))
    }

    fn third(x: &Array2<Elem>, n: usize) -> Array2<Elem> {
        let hidden = x.ncols() / 3;
        x.slice(s![.., n * hidden..(n + 1) * hidden]).to_owned()
    }

    fn gates(i: &Array2<Elem>, u: &Array2<Elem>) -> [Array2<Elem>; 3] {
        let r = sigmoid(third(i, 0) + third(u, 0));
        let z = sigmoid(third(i, 1) + third(u, 1));
        let n = (third(i, 2) + &r * third(u, 2)).mapv(Elem::tanh);
        [r, z, n]
    }

    /// h′ = (1 − z)·n + z·h
    pub fn gru_cell(i: &Array2<Elem>, u: &Array2<Elem>, h: &Array2<Elem>) -> Array2<Elem> {
        let [_, z, n] = gates(i, u);
        (1.0 - &z) * n + &z * h
    }

    /// di = (δ_r, δ_z, δ_n), du = (δ_r, δ_z, δ_n·r), dh = g·z
    pub fn gru_cell_backward(
        i: &Array2<Elem>,
        u: &Array2<Elem>,
        h: &Array2<Elem>,
        g: &Array2<Elem>,
    ) -> [Array2<Elem>; 3] {
        let [r, z, n] = gates(i, u);
        let delta_n = g * &(1.0 - &z) * (1.0 - &n * &n);
        let delta_z = g * &(h - &n) * &z * (1.0 - &z);
        let delta_r = &delta_n * &third(u, 2) * &r * (1.0 - &r);
        let side_by_side = |parts: [&Array2<Elem>; 3]| {
            concatenate(Axis(1), &parts.map(|part| part.view())).expect("parts of equal height")
        };
        let di = side_by_side([&delta_r, &delta_z, &delta_n]);
        let du = side_by_side([&delta_r, &delta_z, &(&delta_n * &r)]);
        [di, du, g * &z]
    }
}

/// di = (δ_r, δ_z, δ_n), du = (δ_r, δ_z, δ_n·r), dh = g·z
struct GruCellBackward {
    /// r, z, n as rows of `[B, 3H]`.
    gates: Array,
    u: Array,
    h: Array,
}

impl std::fmt::Debug for GruCellBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GruCellBackward {{ state: {:?} }}", self.h.shape())
    }
}

impl Backward for GruCellBackward {
    fn backward(&self, grad: Array) -> ParentGrads {
        let hidden = self.h.shape()[1];
        let g = grad.contiguous();
        let [gates, u, h, g] = [&self.gates, &self.u, &self.h, &g].map(|x| x.as_slice().expect("made contiguous"));
        let [mut di, mut du] = [(); 2].map(|()| Array::build(self.u.shape(), |_| ()));
        let dh = Array::build(self.h.shape(), |dh| {
            kernel::gru_backward(gates, u, h, g, di.make_mut(), du.make_mut(), dh, hidden);
        });
        grads![di, du, dh]
    }
}

impl Tensor {
    /// h′ of a gated recurrent unit from `self` = W_i·x + b_i `[B, 3H]`, `recurrent` = W_h·h + b_h `[B, 3H]` and the state h
    /// `[B, H]`; rows of the weights in the order r, z, n.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn gru_cell(&self, recurrent: &Tensor, h: &Tensor) -> Tensor {
        fit(self.try_gru_cell(recurrent, h))
    }

    /// As [`Tensor::gru_cell`], with an error instead of the panic.
    pub fn try_gru_cell(&self, recurrent: &Tensor, h: &Tensor) -> Result<Tensor, TensorError> {
        let fits = matches!(*h.shape(), [batch, hidden]
            if self.shape() == [batch, 3 * hidden] && recurrent.shape() == self.shape());
        if !fits {
            let shapes = [self.shape(), recurrent.shape(), h.shape()];
            return Err(TensorError::shape("gru_cell", &shapes, "[B, 3H], [B, 3H] and a state [B, H]"));
        }
        let hidden = h.shape()[1];
        let [i, u, state] = [self, recurrent, h].map(|x| x.array().contiguous());
        let [i_rows, u_rows, h_rows] = [&i, &u, &state].map(|x| x.as_slice().expect("made contiguous"));
        let mut gates = Array::build(i.shape(), |_| ());
        let next = Array::build(state.shape(), |next| {
            kernel::gru_forward(i_rows, u_rows, h_rows, gates.make_mut(), next, hidden);
        });
        Ok(Tensor::from_operation(next, &[self, recurrent, h], || GruCellBackward { gates, u, h: state }))
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
                between(-2.0, 2.0, &[batch, 3 * hidden]),
                between(-1.5, 2.5, &[batch, 3 * hidden]),
                between(-1.0, 1.0, &[batch, hidden]),
            ]
            .map(Tensor::parameter);
            let [i, u, h] = &leaves;
            let next = i.gru_cell(u, h);
            let [i2, u2, h2] = [i, u, h].map(|x| two(x.array()));
            assert_close(next.array(), &reference::gru_cell(&i2, &u2, &h2).into_dyn());
            let g = between(-2.0, 1.0, &[batch, hidden]);
            let expected = reference::gru_cell_backward(&i2, &u2, &h2, &two(&g));
            let grads = next.backward_from(g);
            for (leaf, expected) in leaves.iter().zip(expected) {
                assert_close(grads.get(leaf).unwrap(), &expected.into_dyn());
            }
        }
    }

    #[test]
    fn is_its_derivative_also_over_two_steps() {
        let inputs = [between(-1.0, 1.0, &[2, 9]), between(-0.8, 1.0, &[9, 3]), between(-0.9, 0.9, &[2, 3])];
        let two_steps = |i: &[Tensor]| {
            let step = |h: &Tensor| i[0].gru_cell(&h.linear(&i[1], None), h);
            step(&step(&i[2]))
        };
        gradcheck(two_steps, &inputs, &GradCheck::default()).unwrap();
    }

    #[test]
    fn an_update_gate_that_is_closed_keeps_the_state_and_its_gradient() {
        // z = σ(40 + 0) = 1
        let i = Tensor::from_vec(vec![0.0, 40.0, 0.3], &[1, 3]);
        let h = Tensor::parameter(Array::from_vec(vec![0.7], &[1, 1]));
        let next = i.gru_cell(&Tensor::zeros(&[1, 3]), &h);
        assert_eq!(next.to_vec(), h.to_vec());
        assert_eq!(next.sum_all().backward().get(&h).unwrap().to_vec(), [1.0]);
    }

    #[test]
    #[should_panic(
        expected = "gru_cell: shapes [2, 6], [2, 5] and [2, 2] do not fit: need [B, 3H], [B, 3H] and a state"
    )]
    fn gates_must_fit_the_state() {
        Tensor::zeros(&[2, 6]).gru_cell(&Tensor::zeros(&[2, 5]), &Tensor::zeros(&[2, 2]));
    }
}
