//! a + b, a − b, a · b, a / b, element by element, with NumPy's broadcasting; and the same with a single number.
//!
//! Broadcasting repeats the smaller operand. A repeated element takes part in several results, so its gradient is the
//! sum over them: every gradient below is summed back to its operand's shape.

use std::ops;

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::elementwise;

/// The formulas on plain `ndarray`, for operands that were broadcast already.
pub mod reference {
    use crate::Elem;
    use ndarray::ArrayD;

    /// y = a + b
    pub fn add(a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        a + b
    }
    /// y = a − b
    pub fn sub(a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        a - b
    }
    /// y = a · b
    pub fn mul(a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        a * b
    }
    /// y = a / b
    pub fn div(a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        a / b
    }
}

type Kernel = fn(&[Elem], &[Elem], &mut [Elem]);

/// f(a, b) for every pair of elements after broadcasting; `kernel` does the same for two slices of equal length.
pub(crate) fn zip(
    op: &'static str,
    a: &Array,
    b: &Array,
    kernel: Kernel,
    f: impl Fn(Elem, Elem) -> Elem,
) -> Result<Array, TensorError> {
    let shape = layout::broadcast(op, a.shape(), b.shape())?;
    if a.shape() == b.shape() {
        let (a, b) = (a.contiguous(), b.contiguous());
        let (a, b) = (a.as_slice().expect("contiguous"), b.as_slice().expect("contiguous"));
        return Ok(Array::build(&shape, |y| kernel(a, b, y)));
    }
    // A row that is repeated down the other operand (a bias, a scale) needs no index arithmetic either.
    if a.shape() == shape.as_slice() && shape.ends_with(b.shape()) && b.len() > 1 {
        let (a, b) = (a.contiguous(), b.contiguous());
        let (a, b) = (a.as_slice().expect("contiguous"), b.as_slice().expect("contiguous"));
        return Ok(Array::build(&shape, |y| {
            a.chunks_exact(b.len()).zip(y.chunks_exact_mut(b.len())).for_each(|(a, y)| kernel(a, b, y));
        }));
    }
    Ok(zip_broadcast(a, b, shape, f))
}

fn zip_broadcast(a: &Array, b: &Array, shape: Dims, f: impl Fn(Elem, Elem) -> Elem) -> Array {
    let a = a.broadcast_to(&shape).expect("broadcast shape");
    let b = b.broadcast_to(&shape).expect("broadcast shape");
    let mut y = Array::zeros(&shape);
    let rows = y.make_mut();
    let (a, b) = (a.view(), b.view());
    let out = ndarray::ArrayViewMutD::from_shape(ndarray::IxDyn(&shape), rows).expect("a fresh array is row-major");
    ndarray::Zip::from(out).and(a).and(b).for_each(|y, &a, &b| *y = f(a, b));
    y
}

/// The product of a gradient with something that broadcasts against it.
pub(crate) fn scaled_by(grad: &Array, factor: &Array) -> Array {
    fit(zip("mul", grad, factor, elementwise::mul, |g, x| g * x))
}

/// ∂(a+b)/∂a = 1 and ∂(a+b)/∂b = 1, so da = g and db = g.
#[derive(Debug)]
struct AddBackward {
    a: Dims,
    b: Dims,
}
impl Backward for AddBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![grad.sum_to(&self.a), grad.sum_to(&self.b)]
    }
}

/// ∂(a−b)/∂a = 1 and ∂(a−b)/∂b = −1, so da = g and db = −g.
#[derive(Debug)]
struct SubBackward {
    a: Dims,
    b: Dims,
}
impl Backward for SubBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![grad.sum_to(&self.a), grad.sum_to(&self.b).map(|g| -g)]
    }
}

/// ∂(a·b)/∂a = b and ∂(a·b)/∂b = a, so da = g·b and db = g·a.
#[derive(Debug)]
struct MulBackward {
    a: Array,
    b: Array,
}
impl Backward for MulBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![scaled_by(&grad, &self.b).sum_to(self.a.shape()), scaled_by(&grad, &self.a).sum_to(self.b.shape())]
    }
}

/// ∂(a/b)/∂a = 1/b and ∂(a/b)/∂b = −a/b² = −y/b, so da = g/b and db = −da·y.
#[derive(Debug)]
struct DivBackward {
    a: Dims,
    b: Array,
    y: Array,
}
impl Backward for DivBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let da = fit(zip("div", &grad, &self.b, elementwise::div, |g, b| g / b));
        let db = fit(zip("mul", &da, &self.y, elementwise::mul, |da, y| da * y)).map(|x| -x);
        grads![da.sum_to(&self.a), db.sum_to(self.b.shape())]
    }
}

/// y = x + c: dx = g.
#[derive(Debug)]
struct AddScalarBackward;
impl Backward for AddScalarBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![grad]
    }
}

/// y = c·x: dx = c·g.
#[derive(Debug)]
struct MulScalarBackward {
    factor: Elem,
}
impl Backward for MulScalarBackward {
    fn backward(&self, mut grad: Array) -> ParentGrads<'_> {
        elementwise::scale(self.factor, grad.make_mut());
        grads![grad]
    }
}

impl Tensor {
    /// y = a + b, element by element; shapes broadcast as in NumPy.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn add(&self, other: &Tensor) -> Tensor {
        fit(self.try_add(other))
    }

    /// As [`Tensor::add`], with an error instead of the panic.
    pub fn try_add(&self, other: &Tensor) -> Result<Tensor, TensorError> {
        let (a, b) = (self.array(), other.array());
        let y = zip("add", a, b, elementwise::add, |a, b| a + b)?;
        Ok(Tensor::from_operation(y, &[self, other], || AddBackward { a: a.shape().into(), b: b.shape().into() }))
    }

    /// y = a − b, element by element; shapes broadcast as in NumPy.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn sub(&self, other: &Tensor) -> Tensor {
        fit(self.try_sub(other))
    }

    /// As [`Tensor::sub`], with an error instead of the panic.
    pub fn try_sub(&self, other: &Tensor) -> Result<Tensor, TensorError> {
        let (a, b) = (self.array(), other.array());
        let y = zip("sub", a, b, elementwise::sub, |a, b| a - b)?;
        Ok(Tensor::from_operation(y, &[self, other], || SubBackward { a: a.shape().into(), b: b.shape().into() }))
    }

    /// y = a · b, element by element (the Hadamard product ⊙); shapes broadcast as in NumPy.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn mul(&self, other: &Tensor) -> Tensor {
        fit(self.try_mul(other))
    }

    /// As [`Tensor::mul`], with an error instead of the panic.
    pub fn try_mul(&self, other: &Tensor) -> Result<Tensor, TensorError> {
        let (a, b) = (self.array(), other.array());
        let y = zip("mul", a, b, elementwise::mul, |a, b| a * b)?;
        Ok(Tensor::from_operation(y, &[self, other], || MulBackward { a: a.clone(), b: b.clone() }))
    }

    /// y = a / b, element by element; shapes broadcast as in NumPy.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn div(&self, other: &Tensor) -> Tensor {
        fit(self.try_div(other))
    }

    /// As [`Tensor::div`], with an error instead of the panic.
    pub fn try_div(&self, other: &Tensor) -> Result<Tensor, TensorError> {
        let (a, b) = (self.array(), other.array());
        let y = zip("div", a, b, elementwise::div, |a, b| a / b)?;
        let kept = y.clone();
        Ok(Tensor::from_operation(y, &[self, other], || DivBackward { a: a.shape().into(), b: b.clone(), y: kept }))
    }

    /// y = x + c for every element.
    pub fn add_scalar(&self, value: f64) -> Tensor {
        let c = value as Elem;
        Tensor::from_operation(self.array().map(|x| x + c), &[self], || AddScalarBackward)
    }

    /// y = c · x for every element.
    pub fn mul_scalar(&self, value: f64) -> Tensor {
        let factor = value as Elem;
        Tensor::from_operation(self.array().map(|x| factor * x), &[self], || MulScalarBackward { factor })
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $scalar:expr, $reversed:expr) => {
        impl ops::$trait<&Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                Tensor::$method(self, other)
            }
        }
        impl ops::$trait<Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                Tensor::$method(self, &other)
            }
        }
        impl ops::$trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                Tensor::$method(&self, other)
            }
        }
        impl ops::$trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                Tensor::$method(&self, &other)
            }
        }
        impl ops::$trait<f64> for &Tensor {
            type Output = Tensor;
            fn $method(self, c: f64) -> Tensor {
                let f: fn(&Tensor, f64) -> Tensor = $scalar;
                f(self, c)
            }
        }
        impl ops::$trait<f64> for Tensor {
            type Output = Tensor;
            fn $method(self, c: f64) -> Tensor {
                ops::$trait::$method(&self, c)
            }
        }
        impl ops::$trait<&Tensor> for f64 {
            type Output = Tensor;
            fn $method(self, x: &Tensor) -> Tensor {
                let f: fn(f64, &Tensor) -> Tensor = $reversed;
                f(self, x)
            }
        }
        impl ops::$trait<Tensor> for f64 {
            type Output = Tensor;
            fn $method(self, x: Tensor) -> Tensor {
                ops::$trait::$method(self, &x)
            }
        }
    };
}
operator!(Add, add, |x, c| x.add_scalar(c), |c, x| x.add_scalar(c));
operator!(Sub, sub, |x, c| x.add_scalar(-c), |c, x| x.mul_scalar(-1.0).add_scalar(c));
operator!(Mul, mul, |x, c| x.mul_scalar(c), |c, x| x.mul_scalar(c));
operator!(Div, div, |x, c| x.mul_scalar(1.0 / c), |c, x| Tensor::scalar(c).div(x));

impl ops::Neg for &Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        Tensor::neg(self)
    }
}

impl ops::Neg for Tensor {
    type Output = Tensor;
    fn neg(self) -> Tensor {
        -&self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn broadcasting_sums_gradients_back() {
        let a = Tensor::parameter(Array::ones(&[2, 1, 3]));
        let b = Tensor::parameter(Array::full(&[4, 1], 2.0));
        let y = &a * &b;
        assert_eq!(y.shape(), [2, 4, 3]);
        let grads = y.sum_all().backward();
        assert_eq!(grads.get(&a).unwrap().to_vec(), [8.0; 6]);
        assert_eq!(grads.get(&b).unwrap().to_vec(), [6.0; 4]);
    }

    #[test]
    fn operators_take_numbers_on_either_side() {
        let x = Tensor::from_vec(vec![1.0, 2.0], &[2]);
        assert_eq!((3.0 - &x).to_vec(), [2.0, 1.0]);
        assert_eq!((2.0 / &x).to_vec(), [2.0, 1.0]);
        assert_eq!((-(&x / 2.0) + 1.0).to_vec(), [0.5, 0.0]);
        assert_eq!((0.5 * x.clone() - x).to_vec(), [-0.5, -1.0]);
    }

    #[test]
    fn all_agree_with_their_references_and_derivatives_in_every_layout() {
        let values = |n: usize| (0..n).map(|i| 0.7 + ((i * 7) % 11) as Elem / 4.0).collect::<Vec<_>>();
        type Op = (
            fn(&Tensor, &Tensor) -> Tensor,
            fn(&ndarray::ArrayD<Elem>, &ndarray::ArrayD<Elem>) -> ndarray::ArrayD<Elem>,
        );
        let table: [Op; 4] = [
            (Tensor::add, reference::add),
            (Tensor::sub, reference::sub),
            (Tensor::mul, reference::mul),
            (Tensor::div, reference::div),
        ];
        let shapes: [(&[usize], &[usize]); 6] = [
            (&[3, 4], &[3, 4]),
            (&[3, 4], &[4]),
            (&[4], &[3, 4]),
            (&[3, 4], &[3, 1]),
            (&[2, 1, 3], &[4, 1]),
            (&[2, 2], &[]),
        ];
        for (op, reference) in table {
            for (a, b) in shapes {
                let a = Array::from_vec(values(layout::count(a)), a);
                let b = Array::from_vec(values(layout::count(b)), b);
                let y = op(&Tensor::from_array(a.clone()), &Tensor::from_array(b.clone()));
                let whole = |x: &Array| x.broadcast_to(y.shape()).unwrap().to_ndarray();
                assert_eq!(y.array(), &Array::from_ndarray(reference(&whole(&a), &whole(&b))));
                gradcheck(|i| op(&i[0], &i[1]), &[a, b], &GradCheck::default()).unwrap();
            }
            let t = Array::from_vec(values(12), &[3, 4]).transpose(0, 1);
            gradcheck(
                |i| op(&i[0].transpose(0, 1), &i[1]),
                &[t.contiguous().transpose(0, 1), t],
                &GradCheck::default(),
            )
            .unwrap();
        }
    }

    #[test]
    #[should_panic(expected = "add: shapes [2, 3] and [2] do not fit: need extents that are equal or 1")]
    fn shapes_that_do_not_fit() {
        let _ = Tensor::zeros(&[2, 3]) + Tensor::zeros(&[2]);
    }

    #[test]
    fn the_panic_points_at_the_caller() {
        let line = std::panic::catch_unwind(|| {
            let place = std::sync::Arc::new(std::sync::Mutex::new(0));
            let seen = place.clone();
            let previous = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| *seen.lock().unwrap() = info.location().unwrap().line()));
            let call = line!() + 1;
            let _ = std::panic::catch_unwind(|| Tensor::zeros(&[2]).add(&Tensor::zeros(&[3])));
            std::panic::set_hook(previous);
            let found = *place.lock().unwrap();
            (call, found)
        });
        let (call, found) = line.unwrap();
        assert_eq!(call, found);
    }
}
