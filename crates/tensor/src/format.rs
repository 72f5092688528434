//! Arrays as text, in the manner of NumPy and PyTorch: aligned, with long axes elided.

use std::fmt;

use crate::{Array, Elem};

/// Axes longer than twice this (and a bit) show only this many elements at either end.
const EDGE: usize = 3;
/// Arrays of more elements than this are elided.
const ELIDE_ABOVE: usize = 1000;

/// How every number of one array is written, so that columns align.
struct Style {
    precision: usize,
    scientific: bool,
    width: usize,
    elide: bool,
}

impl Style {
    /// Four decimals unless all are whole; scientific when magnitudes are far apart or extreme (as PyTorch decides).
    fn of(array: &Array, precision: Option<usize>) -> Self {
        let elide = array.len() > ELIDE_ABOVE;
        let mut shown = Vec::new();
        visit(array, 0, 0, elide, &mut |x| shown.push(x));
        let nonzero = || shown.iter().map(|x| x.abs()).filter(|&x| x.is_finite() && x != 0.0);
        let largest = nonzero().fold(0.0 as Elem, Elem::max);
        let smallest = nonzero().fold(Elem::INFINITY, Elem::min);
        let whole = shown.iter().all(|x| !x.is_finite() || x.fract() == 0.0);
        let scientific = precision.is_none()
            && largest > 0.0
            && (largest > 1e8 || (!whole && (smallest < 1e-4 || largest / smallest > 1e6)));
        let precision = precision.unwrap_or(if whole && !scientific { 0 } else { 4 });
        let mut style = Self { precision, scientific, width: 0, elide };
        style.width = shown.iter().map(|&x| style.number(x).len()).max().unwrap_or(0);
        style
    }

    fn number(&self, x: Elem) -> String {
        if x.is_nan() {
            "nan".into()
        } else if x.is_infinite() {
            if x > 0.0 { "inf".into() } else { "-inf".into() }
        } else if self.scientific {
            format!("{x:.*e}", self.precision)
        } else if self.precision == 0 {
            format!("{x:.0}.")
        } else {
            format!("{x:.*}", self.precision)
        }
    }
}

/// The elements that are shown, in order.
fn visit(array: &Array, axis: usize, offset: usize, elide: bool, f: &mut impl FnMut(Elem)) {
    if axis == array.rank() {
        return f(array.from_first()[offset]);
    }
    let extent = array.shape()[axis];
    for n in 0..extent {
        if !(elide && extent > 2 * EDGE + 1 && (EDGE..extent - EDGE).contains(&n)) {
            visit(array, axis + 1, offset + n * array.strides()[axis], elide, f);
        }
    }
}

fn write_axis(f: &mut fmt::Formatter<'_>, array: &Array, style: &Style, axis: usize, offset: usize) -> fmt::Result {
    if axis == array.rank() {
        return write!(f, "{:>1$}", style.number(array.from_first()[offset]), style.width);
    }
    let (extent, stride) = (array.shape()[axis], array.strides()[axis]);
    let innermost = axis + 1 == array.rank();
    let between = |f: &mut fmt::Formatter<'_>| {
        if innermost {
            return write!(f, ", ");
        }
        // One blank line more for every axis further out.
        write!(f, ",{}{}", "\n".repeat(array.rank() - axis - 1), " ".repeat(axis + 1))
    };
    write!(f, "[")?;
    let mut n = 0;
    while n < extent {
        if n > 0 {
            between(f)?;
        }
        if style.elide && extent > 2 * EDGE + 1 && n == EDGE {
            write!(f, "...")?;
            n = extent - EDGE;
            continue;
        }
        write_axis(f, array, style, axis + 1, offset + n * stride)?;
        n += 1;
    }
    write!(f, "]")
}

impl fmt::Display for Array {
    /// Nested brackets with aligned numbers; `{:.2}` sets the number of decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "[]");
        }
        let style = Style::of(self, f.precision());
        write_axis(f, self, &style, 0, 0)
    }
}

impl fmt::Debug for Array {
    /// Values and shape.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({self}, shape={:?})", self.shape())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Array, Elem, Tensor};

    #[test]
    fn columns_align() {
        let a = Array::from_vec(vec![1.0, -2.5, 10.25, 0.0], &[2, 2]);
        assert_eq!(a.to_string(), "[[ 1.0000, -2.5000],\n [10.2500,  0.0000]]");
        assert_eq!(format!("{a:.1}"), "[[ 1.0, -2.5],\n [10.2,  0.0]]");
        assert_eq!(Array::from_vec(vec![1.0, 20.0], &[2]).to_string(), "[ 1., 20.]");
        assert_eq!(Array::scalar(0.5).to_string(), "0.5000");
        assert_eq!(Array::zeros(&[0, 3]).to_string(), "[]");
    }

    #[test]
    fn deeper_axes_are_set_apart() {
        let a = Array::zeros(&[2, 2, 1]);
        assert_eq!(a.to_string(), "[[[0.],\n  [0.]],\n\n [[0.],\n  [0.]]]");
    }

    #[test]
    fn far_magnitudes_and_special_values() {
        let a = Array::from_vec(vec![1e-6, 1.0], &[2]);
        assert_eq!(a.to_string(), "[1.0000e-6,  1.0000e0]");
        let a = Array::from_vec(vec![Elem::NAN, Elem::INFINITY, Elem::NEG_INFINITY, 1.5], &[4]);
        assert_eq!(a.to_string(), "[   nan,    inf,   -inf, 1.5000]");
    }

    #[test]
    fn long_arrays_are_elided() {
        let a = Array::from_vec((0..2000).map(|x| x as Elem).collect(), &[2000]);
        assert_eq!(a.to_string(), "[   0.,    1.,    2., ..., 1997., 1998., 1999.]");
        assert_eq!(Array::zeros(&[100, 100]).to_string().lines().count(), 7);
    }

    #[test]
    fn a_view_prints_in_its_own_order() {
        let a = Array::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]).transpose(0, 1);
        assert_eq!(a.to_string(), "[[1., 3.],\n [2., 4.]]");
    }

    #[test]
    fn a_tensor_tells_where_it_comes_from() {
        let x = Tensor::parameter(Array::ones(&[1]));
        assert_eq!(format!("{x:?}"), "Tensor([1.], shape=[1], parameter)");
        assert_eq!(format!("{:?}", (&x + 1.7183).detach()), "Tensor([2.7183], shape=[1])");
        assert_eq!(format!("{:?}", &x + 1.0), "Tensor([2.], shape=[1], grad_fn=AddScalarBackward)");
        assert_eq!(format!("{}", x), "[1.]");
    }
}
