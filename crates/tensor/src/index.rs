//! Whole numbers and truth values: what indexes and masks are made of. They carry no gradient.

use std::sync::Arc;

use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Elem, TensorError};

macro_rules! plain_tensor {
    ($(#[$doc:meta])* $name:ident, $element:ty) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            data: Arc<[$element]>,
            shape: Dims,
        }

        impl $name {
            /// The elements of `data` in row-major order.
            ///
            /// # Panics
            /// If `data` does not hold exactly as many elements as `shape` asks for.
            #[track_caller]
            pub fn from_vec(data: Vec<$element>, shape: &[usize]) -> Self {
                fit(Self::try_from_vec(data, shape))
            }

            /// As [`Self::from_vec`], with an error instead of the panic.
            pub fn try_from_vec(data: Vec<$element>, shape: &[usize]) -> Result<Self, TensorError> {
                if data.len() != layout::count(shape) {
                    return Err(TensorError::shape("from_vec", &[shape], format!("{} elements", data.len())));
                }
                Ok(Self { data: data.into(), shape: shape.into() })
            }

            /// The extent of every axis.
            pub fn shape(&self) -> &[usize] {
                &self.shape
            }

            /// The number of axes.
            pub fn rank(&self) -> usize {
                self.shape.len()
            }

            /// The extents as an array, which names the axes and checks the rank in one line.
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

            /// The number of elements.
            pub fn len(&self) -> usize {
                self.data.len()
            }

            /// Whether there is no element at all.
            pub fn is_empty(&self) -> bool {
                self.data.is_empty()
            }

            /// The elements in row-major order.
            pub fn as_slice(&self) -> &[$element] {
                &self.data
            }

            /// A copy of the elements in row-major order.
            pub fn to_vec(&self) -> Vec<$element> {
                self.data.to_vec()
            }

            /// The same elements under another shape.
            ///
            /// # Panics
            /// If the number of elements differs.
            #[track_caller]
            pub fn reshape(&self, shape: &[usize]) -> Self {
                if layout::count(shape) != self.len() {
                    let rule = format!("as many elements as {shape:?}");
                    fit::<()>(Err(TensorError::shape("reshape", &[self.shape()], rule)));
                }
                Self { data: self.data.clone(), shape: shape.into() }
            }

            /// The element repeated as broadcasting to `shape` asks, in row-major order; `None` if it does not broadcast.
            pub fn broadcast_to(&self, shape: &[usize]) -> Option<Self> {
                if self.shape() == shape {
                    return Some(self.clone());
                }
                let strides = layout::broadcast_strides(&self.shape, &layout::row_major(&self.shape), shape)?;
                let (row_len, stride) = (shape.last().copied().unwrap_or(1), strides.last().copied().unwrap_or(0));
                let mut data = Vec::with_capacity(layout::count(shape));
                layout::for_each_row(shape, &strides, |start| {
                    data.extend((0..row_len).map(|n| self.data[start + n * stride]));
                });
                Some(Self { data: data.into(), shape: shape.into() })
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}(shape={:?}, {:?})", stringify!($name), self.shape(), self.as_slice())
            }
        }
    };
}

plain_tensor! {
    /// Whole numbers: token ids, class labels, positions to gather.
    IntTensor, i64
}
plain_tensor! {
    /// Truth values: masks and conditions.
    BoolTensor, bool
}

impl BoolTensor {
    /// The other sense: true where this is false.
    pub fn not(&self) -> Self {
        Self { data: self.data.iter().map(|x| !x).collect(), shape: self.shape.clone() }
    }

    /// True where both are, after broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn and(&self, other: &Self) -> Self {
        let shape = fit(layout::broadcast("and", self.shape(), other.shape()));
        let a = self.broadcast_to(&shape).expect("broadcast shape");
        let b = other.broadcast_to(&shape).expect("broadcast shape");
        Self { data: a.data.iter().zip(b.data.iter()).map(|(a, b)| *a && *b).collect(), shape }
    }
}

impl IntTensor {
    /// The numbers as elements of a float tensor.
    pub fn to_array(&self) -> crate::Array {
        crate::Array::from_vec(self.data.iter().map(|&x| x as Elem).collect(), &self.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_broadcast_and_combine() {
        let row = BoolTensor::from_vec(vec![true, false, true], &[3]);
        let column = BoolTensor::from_vec(vec![true, false], &[2, 1]);
        let both = row.and(&column);
        assert_eq!(both.shape(), [2, 3]);
        assert_eq!(both.as_slice(), [true, false, true, false, false, false]);
        assert_eq!(row.not().as_slice(), [false, true, false]);
        assert!(row.broadcast_to(&[2, 2]).is_none());
    }

    #[test]
    #[should_panic(expected = "from_vec: shape [2, 2] does not fit: need 3 elements")]
    fn wrong_length() {
        IntTensor::from_vec(vec![1, 2, 3], &[2, 2]);
    }
}
