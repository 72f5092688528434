//! How a function of single numbers is applied to a whole array, forward and backward; the files beside this one say
//! which function.
//!
//! If y_i = f(x_i) for every i, then ∂y_i/∂x_j = f′(x_i)·δ_ij and the chain rule is one product an element: dx_i =
//! g_i·f′(x_i).

use crate::layout;
use crate::parallel::for_each_block;
use crate::{Array, Elem, TensorError};

/// Elements that one thread takes at a time.
const BLOCK: usize = 1 << 14;
/// How many multiply-adds one element costs (an exp or so), for judging whether threads pay.
const WORK: usize = 16;

/// y = f(x), by a function over slices.
pub(crate) fn apply(x: &Array, kernel: impl Fn(&[Elem], &mut [Elem]) + Send + Sync) -> Array {
    let x = x.contiguous();
    let from = x.as_slice().expect("made contiguous");
    Array::build(x.shape(), |y| {
        for_each_block(y, BLOCK, from.len() * WORK, |n, y| kernel(&from[n * BLOCK..][..y.len()], y));
    })
}

/// dx from what the forward pass kept (x or y) and the gradient g, by a function over slices.
pub(crate) fn chain(kept: &Array, g: &Array, kernel: impl Fn(&[Elem], &[Elem], &mut [Elem]) + Send + Sync) -> Array {
    let g = g.contiguous();
    let g = g.as_slice().expect("made contiguous");
    let kept = kept.contiguous();
    let from = kept.as_slice().expect("made contiguous");
    Array::build(kept.shape(), |dx| {
        for_each_block(dx, BLOCK, from.len() * WORK, |n, dx| {
            let start = n * BLOCK;
            kernel(&from[start..][..dx.len()], &g[start..][..dx.len()], dx);
        });
    })
}

/// y = f(x), by a function of one number.
pub(crate) fn apply_each(x: &Array, f: impl Fn(Elem) -> Elem + Send + Sync) -> Array {
    apply(x, |x, y| y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x)))
}

/// dx = f(kept, g), by a function of two numbers.
pub(crate) fn chain_each(kept: &Array, g: &Array, f: impl Fn(Elem, Elem) -> Elem + Send + Sync) -> Array {
    chain(kept, g, |kept, g, dx| dx.iter_mut().zip(kept).zip(g).for_each(|((dx, &kept), &g)| *dx = f(kept, g)))
}

/// f(a, b) for every pair of elements after NumPy's broadcasting.
pub(crate) fn pair(
    op: &'static str,
    a: &Array,
    b: &Array,
    f: impl Fn(Elem, Elem) -> Elem + Send + Sync,
) -> Result<Array, TensorError> {
    let shape = layout::broadcast(op, a.shape(), b.shape())?;
    let whole = |x: &Array| x.broadcast_to(&shape).expect("broadcast shape");
    Ok(chain_each(&whole(a), &whole(b), f))
}
