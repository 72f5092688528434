//! Shapes and strides: how an n-dimensional index finds its element, and which shapes fit which.

use smallvec::{SmallVec, smallvec};

use crate::TensorError;

/// Extents or strides, one entry an axis; up to four axes live without an allocation.
pub(crate) type Dims = SmallVec<[usize; 4]>;

/// The strides (in elements) of a row-major array: the last axis is next to itself in memory.
pub(crate) fn row_major(shape: &[usize]) -> Dims {
    let mut strides: Dims = smallvec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis].max(1);
    }
    strides
}

/// The number of elements.
pub(crate) fn count(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Whether the strides are those of a row-major array; axes of extent 1 may have any stride.
pub(crate) fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    if count(shape) <= 1 {
        return true;
    }
    let mut expected = 1;
    for (&extent, &stride) in shape.iter().zip(strides).rev() {
        if extent != 1 {
            if stride != expected {
                return false;
            }
            expected *= extent;
        }
    }
    true
}

/// The axis as a position from the front; a negative one counts from the end.
pub(crate) fn axis(op: &'static str, shape: &[usize], axis: isize) -> Result<usize, TensorError> {
    let rank = shape.len() as isize;
    let from_front = if axis < 0 { axis + rank } else { axis };
    if (0..rank).contains(&from_front) {
        Ok(from_front as usize)
    } else {
        Err(TensorError::Axis { op, shape: shape.to_vec(), axis })
    }
}

/// Several distinct axes, sorted from the front.
pub(crate) fn axes(op: &'static str, shape: &[usize], wanted: &[isize]) -> Result<Dims, TensorError> {
    let mut sorted = wanted.iter().map(|&a| axis(op, shape, a)).collect::<Result<Dims, _>>()?;
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(TensorError::shape(op, &[shape], format!("distinct axes, not {wanted:?}")));
    }
    Ok(sorted)
}

/// NumPy's broadcasting: shapes are aligned at their last axis; two extents fit if they are equal or one of them is 1.
pub(crate) fn broadcast(op: &'static str, a: &[usize], b: &[usize]) -> Result<Dims, TensorError> {
    let rank = a.len().max(b.len());
    let extent = |shape: &[usize], axis: usize| {
        if axis + shape.len() < rank { 1 } else { shape[axis + shape.len() - rank] }
    };
    (0..rank)
        .map(|axis| match (extent(a, axis), extent(b, axis)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(TensorError::shape(op, &[a, b], "extents that are equal or 1, aligned at the last axis")),
        })
        .collect()
}

/// The strides that read an array of `shape` as one of `target`: repeated axes get stride 0.
/// `None` if the shapes do not broadcast that way.
pub(crate) fn broadcast_strides(shape: &[usize], strides: &[usize], target: &[usize]) -> Option<Dims> {
    let lead = target.len().checked_sub(shape.len())?;
    let mut out: Dims = smallvec![0; target.len()];
    for axis in 0..shape.len() {
        out[lead + axis] = match (shape[axis], target[lead + axis]) {
            (have, want) if have == want => strides[axis],
            (1, _) => 0,
            _ => return None,
        };
    }
    Some(out)
}

/// The strides under which the same memory reads as `target`, without moving an element; `None` if there are none.
///
/// Axes are merged and split only inside groups of axes that lie next to each other in memory, as NumPy does.
pub(crate) fn reshape_strides(shape: &[usize], strides: &[usize], target: &[usize]) -> Option<Dims> {
    if is_row_major(shape, strides) {
        return Some(row_major(target));
    }
    // Axes of extent 1 carry no information; the others must number the same elements in the same order.
    let old: SmallVec<[(usize, usize); 4]> =
        shape.iter().copied().zip(strides.iter().copied()).filter(|&(extent, _)| extent != 1).collect();
    let mut out: Dims = smallvec![1; target.len()];
    let (mut old_axis, mut new_axis) = (0, 0);
    while old_axis < old.len() && new_axis < target.len() {
        let (old_start, new_start) = (old_axis, new_axis);
        let (mut have, mut want) = (old[old_axis].0, target[new_axis]);
        while have != want {
            if want < have {
                new_axis += 1;
                want *= target.get(new_axis)?;
            } else {
                old_axis += 1;
                have *= old.get(old_axis)?.0;
            }
        }
        let lie_together = old[old_start..=old_axis].windows(2).all(|pair| pair[0].1 == pair[1].0 * pair[1].1);
        if !lie_together {
            return None;
        }
        let mut stride = old[old_axis].1;
        for axis in (new_start..=new_axis).rev() {
            out[axis] = stride;
            stride *= target[axis];
        }
        old_axis += 1;
        new_axis += 1;
    }
    Some(out)
}

/// Calls `f(offset)` with the offset of every innermost row (all axes but the last), in row-major order.
pub(crate) fn for_each_row(shape: &[usize], strides: &[usize], mut f: impl FnMut(usize)) {
    let outer = shape.len().saturating_sub(1);
    let rows = count(&shape[..outer]);
    let mut index: Dims = smallvec![0; outer];
    let mut offset = 0;
    for _ in 0..rows {
        f(offset);
        for axis in (0..outer).rev() {
            index[axis] += 1;
            offset += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            offset -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_follows_numpy() {
        assert_eq!(broadcast("add", &[2, 1, 7], &[4, 1]).unwrap().as_slice(), [2, 4, 7]);
        assert_eq!(broadcast("add", &[0, 7], &[7]).unwrap().as_slice(), [0, 7]);
        assert!(broadcast("add", &[2, 3], &[2]).is_err());
    }

    #[test]
    fn reshape_merges_only_what_lies_together() {
        let transposed = (&[3, 2][..], &[1, 3][..]);
        assert_eq!(reshape_strides(transposed.0, transposed.1, &[6]), None);
        assert_eq!(reshape_strides(&[2, 3, 4], &[12, 4, 1], &[6, 4]).unwrap().as_slice(), [4, 1]);
        // [B, H, T, D] seen from [B, T, H, D]: the heads can be split but not merged with T
        assert_eq!(
            reshape_strides(&[2, 3, 5, 4], &[60, 4, 12, 1], &[2, 3, 5, 2, 2]).unwrap().as_slice(),
            [60, 4, 12, 2, 1]
        );
        assert_eq!(reshape_strides(&[2, 3, 5, 4], &[60, 4, 12, 1], &[6, 5, 4]), None);
        assert_eq!(reshape_strides(&[5, 2, 3], &[1, 15, 5], &[5, 6]).unwrap().as_slice(), [1, 5]);
    }

    #[test]
    fn rows_are_visited_in_order() {
        let mut seen = vec![];
        for_each_row(&[2, 2, 3], &[6, 3, 1], |o| seen.push(o));
        assert_eq!(seen, [0, 3, 6, 9]);
        seen.clear();
        for_each_row(&[], &[], |o| seen.push(o));
        assert_eq!(seen, [0]);
        seen.clear();
        for_each_row(&[0, 3], &[3, 1], |o| seen.push(o));
        assert!(seen.is_empty());
    }
}
