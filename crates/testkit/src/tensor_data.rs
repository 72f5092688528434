use std::borrow::Cow;

use safetensors::Dtype;
use safetensors::tensor::{TensorView, View};

/// The elements of a tensor in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Ordinary float data.
    F32(Vec<f32>),
    /// Learning rates, and what was computed in double precision.
    F64(Vec<f64>),
    /// Indices and token ids. Narrower integers are widened to this when read.
    I64(Vec<i64>),
    /// Masks; their sense differs by peer, the case's note says it.
    Bool(Vec<bool>),
}

/// Shape and elements of a tensor, row-major. A tensor of rank 0 has the shape `[]` and one element.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorData {
    shape: Vec<usize>,
    values: Values,
}

impl TensorData {
    /// # Panics
    /// If the number of values is not the product of the shape.
    #[track_caller]
    pub fn new(shape: &[usize], values: Values) -> TensorData {
        let tensor = TensorData { shape: shape.to_vec(), values };
        let (len, count) = (tensor.len(), shape.iter().product::<usize>());
        assert_eq!(len, count, "TensorData: {len} values do not fit the shape {shape:?}, which needs {count}");
        tensor
    }

    /// A tensor of single-precision floats. Panics as [`TensorData::new`].
    #[track_caller]
    pub fn f32(shape: &[usize], values: Vec<f32>) -> TensorData {
        TensorData::new(shape, Values::F32(values))
    }

    /// A tensor of double-precision floats. Panics as [`TensorData::new`].
    #[track_caller]
    pub fn f64(shape: &[usize], values: Vec<f64>) -> TensorData {
        TensorData::new(shape, Values::F64(values))
    }

    /// A tensor of integers. Panics as [`TensorData::new`].
    #[track_caller]
    pub fn i64(shape: &[usize], values: Vec<i64>) -> TensorData {
        TensorData::new(shape, Values::I64(values))
    }

    /// A tensor of booleans. Panics as [`TensorData::new`].
    #[track_caller]
    pub fn bool(shape: &[usize], values: Vec<bool>) -> TensorData {
        TensorData::new(shape, Values::Bool(values))
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements with their type.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::Bool(values) => values.len(),
        }
    }

    /// Whether an axis has the length 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the elements are floats (compared with a tolerance) and not integers or booleans (compared exactly).
    pub fn is_float(&self) -> bool {
        matches!(self.values, Values::F32(_) | Values::F64(_))
    }

    /// All elements as double precision; false is 0 and true is 1. Integers above 2^53 are rounded.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.values {
            Values::F32(values) => values.iter().map(|&v| v.into()).collect(),
            Values::F64(values) => values.clone(),
            Values::I64(values) => values.iter().map(|&v| v as f64).collect(),
            Values::Bool(values) => values.iter().map(|&v| v.into()).collect(),
        }
    }

    /// All elements as single precision, rounded where they do not fit; false is 0 and true is 1.
    pub fn to_f32(&self) -> Vec<f32> {
        match &self.values {
            Values::F32(values) => values.clone(),
            Values::F64(values) => values.iter().map(|&v| v as f32).collect(),
            Values::I64(values) => values.iter().map(|&v| v as f32).collect(),
            Values::Bool(values) => values.iter().map(|&v| v.into()).collect(),
        }
    }

    /// All elements as integers; false is 0 and true is 1. `None` if they are floats.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        match &self.values {
            Values::I64(values) => Some(values.clone()),
            Values::Bool(values) => Some(values.iter().map(|&v| v.into()).collect()),
            Values::F32(_) | Values::F64(_) => None,
        }
    }

    /// All elements as booleans; an integer is true unless it is 0. `None` if they are floats.
    pub fn to_bool(&self) -> Option<Vec<bool>> {
        match &self.values {
            Values::Bool(values) => Some(values.clone()),
            Values::I64(values) => Some(values.iter().map(|&v| v != 0).collect()),
            Values::F32(_) | Values::F64(_) => None,
        }
    }

    /// From a tensor of a safetensors file; `None` if the element type has no counterpart.
    pub(crate) fn from_view(view: &TensorView) -> Option<TensorData> {
        // The library has checked that the byte count is what shape and element type ask for; the bytes are little-endian.
        macro_rules! read {
            ($type:ty) => {
                view.data()
                    .chunks_exact(size_of::<$type>())
                    .map(|bytes| <$type>::from_le_bytes(bytes.try_into().expect("chunks have this size")))
            };
        }
        let values = match view.dtype() {
            Dtype::F32 => Values::F32(read!(f32).collect()),
            Dtype::F64 => Values::F64(read!(f64).collect()),
            Dtype::I64 => Values::I64(read!(i64).collect()),
            Dtype::I32 => Values::I64(read!(i32).map(i64::from).collect()),
            Dtype::I16 => Values::I64(read!(i16).map(i64::from).collect()),
            Dtype::I8 => Values::I64(read!(i8).map(i64::from).collect()),
            Dtype::U32 => Values::I64(read!(u32).map(i64::from).collect()),
            Dtype::U16 => Values::I64(read!(u16).map(i64::from).collect()),
            Dtype::U8 => Values::I64(read!(u8).map(i64::from).collect()),
            Dtype::BOOL => Values::Bool(view.data().iter().map(|&byte| byte != 0).collect()),
            _ => return None,
        };
        Some(TensorData::new(view.shape(), values))
    }
}

impl View for &TensorData {
    fn dtype(&self) -> Dtype {
        match self.values {
            Values::F32(_) => Dtype::F32,
            Values::F64(_) => Dtype::F64,
            Values::I64(_) => Dtype::I64,
            Values::Bool(_) => Dtype::BOOL,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(match &self.values {
            Values::F32(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Values::F64(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Values::I64(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Values::Bool(values) => values.iter().map(|&v| v.into()).collect(),
        })
    }

    fn data_len(&self) -> usize {
        let bytes = match self.values {
            Values::F32(_) => size_of::<f32>(),
            Values::F64(_) => size_of::<f64>(),
            Values::I64(_) => size_of::<i64>(),
            Values::Bool(_) => size_of::<bool>(),
        };
        self.len() * bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "5 values do not fit the shape [2, 3], which needs 6")]
    fn wrong_count_panics() {
        let _ = TensorData::f32(&[2, 3], vec![0.0; 5]);
    }

    #[test]
    fn conversions() {
        let mask = TensorData::bool(&[2], vec![true, false]);
        assert_eq!(mask.to_i64(), Some(vec![1, 0]));
        assert_eq!(mask.to_f32(), [1.0, 0.0]);
        let ids = TensorData::i64(&[3], vec![-100, 0, 7]);
        assert_eq!(ids.to_bool(), Some(vec![true, false, true]));
        assert_eq!(ids.to_f64(), [-100.0, 0.0, 7.0]);
        assert_eq!(TensorData::f32(&[], vec![1.5]).to_i64(), None, "a float is not silently truncated");
        assert_eq!(TensorData::f64(&[0, 4], vec![]).len(), 0);
    }
}
