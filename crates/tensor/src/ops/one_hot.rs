//! one_hot: a number becomes a vector with a single 1.
//!
//! y_{.., c} = 1 if ids_.. = c, else 0. Whole numbers in, whole numbers out: there is no gradient.

use crate::error::fit;
use crate::layout::Dims;
use crate::ops::gather::check_indices;
use crate::{IntTensor, TensorError};

/// The formula on plain `ndarray`, for ids in one row.
pub mod reference {
    use ndarray::Array2;

    /// y_nc = 1 if ids_n = c, else 0
    pub fn one_hot(ids: &[i64], num_classes: usize) -> Array2<i64> {
        Array2::from_shape_fn((ids.len(), num_classes), |(n, c)| i64::from(ids[n] == c as i64))
    }
}

impl IntTensor {
    /// y_{.., c} = 1 where the id is c, else 0: ids `[..]`, result `[.., num_classes]`.
    ///
    /// # Panics
    /// If an id is not in 0..num_classes.
    #[track_caller]
    pub fn one_hot(&self, num_classes: usize) -> IntTensor {
        fit(self.try_one_hot(num_classes))
    }

    /// As [`IntTensor::one_hot`], with an error instead of the panic.
    pub fn try_one_hot(&self, num_classes: usize) -> Result<IntTensor, TensorError> {
        let mut shape: Dims = self.shape().into();
        shape.push(num_classes);
        check_indices("one_hot", &shape, self.rank(), self.as_slice().iter().copied())?;
        let mut data = vec![0; self.len() * num_classes];
        for (n, &id) in self.as_slice().iter().enumerate() {
            data[n * num_classes + id as usize] = 1;
        }
        Ok(IntTensor::from_vec(data, &shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_reference() {
        let ids = [2, 0, 1, 2, 3, 3];
        let y = IntTensor::from_vec(ids.to_vec(), &[2, 3]).one_hot(5);
        assert_eq!(y.shape(), [2, 3, 5]);
        assert_eq!(y.to_vec(), reference::one_hot(&ids, 5).into_iter().collect::<Vec<_>>());
        assert_eq!(IntTensor::from_vec(vec![], &[0]).one_hot(0).shape(), [0, 0]);
        assert_eq!(IntTensor::from_vec(vec![1], &[]).one_hot(2).to_vec(), [0, 1]);
    }

    #[test]
    #[should_panic(expected = "one_hot: index 3 is outside 0..3 of axis 1 of shape [2, 3]")]
    fn an_id_must_be_a_class() {
        IntTensor::from_vec(vec![0, 3], &[2]).one_hot(3);
    }

    #[test]
    fn a_negative_id_is_no_class() {
        assert!(IntTensor::from_vec(vec![-1], &[1]).try_one_hot(3).is_err());
    }
}
