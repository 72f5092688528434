//! What can be wrong with the shapes, axes and indices that an operation is given.

use std::fmt::Write;

/// A mistake in the arguments of a tensor operation.
///
/// The plain methods (`a.matmul(&b)`) panic with this text at the caller's line; their `try_` twins
/// (`a.try_matmul(&b)`) return it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TensorError {
    /// Shapes that do not fit together, with the rule that they break.
    #[error("{op}: {} not fit: need {rule}", list_shapes(.shapes))]
    Shape {
        /// The operation, named as its method.
        op: &'static str,
        /// The shapes of its operands, in order.
        shapes: Vec<Vec<usize>>,
        /// What would fit.
        rule: String,
    },
    /// An axis that the operand does not have.
    #[error("{op}: shape {shape:?} has no axis {axis}: need {}", axis_range(.shape.len()))]
    Axis {
        /// The operation, named as its method.
        op: &'static str,
        /// The shape of the operand.
        shape: Vec<usize>,
        /// The axis asked for; a negative one counts from the end.
        axis: isize,
    },
    /// An index outside its axis.
    #[error("{op}: index {index} is outside 0..{len} of axis {axis} of shape {shape:?}")]
    Index {
        /// The operation, named as its method.
        op: &'static str,
        /// The shape of the operand.
        shape: Vec<usize>,
        /// The axis that is indexed.
        axis: usize,
        /// The offending index.
        index: i64,
        /// The number of elements along that axis.
        len: usize,
    },
}

impl TensorError {
    pub(crate) fn shape(op: &'static str, shapes: &[&[usize]], rule: impl Into<String>) -> Self {
        Self::Shape { op, shapes: shapes.iter().map(|s| s.to_vec()).collect(), rule: rule.into() }
    }
}

fn list_shapes(shapes: &[Vec<usize>]) -> String {
    let mut text = String::from(if shapes.len() == 1 { "shape" } else { "shapes" });
    for (n, shape) in shapes.iter().enumerate() {
        let joint = match n {
            0 => " ",
            _ if n + 1 == shapes.len() => " and ",
            _ => ", ",
        };
        write!(text, "{joint}{shape:?}").expect("writing to a string succeeds");
    }
    text + if shapes.len() == 1 { " does" } else { " do" }
}

fn axis_range(rank: usize) -> String {
    if rank == 0 { "a tensor of rank 1 or more".into() } else { format!("{}..={}", -(rank as isize), rank - 1) }
}

/// The value, or a panic with the error's text at the line that called the operation.
#[track_caller]
pub(crate) fn fit<T>(result: Result<T, TensorError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_operation_shapes_and_rule() {
        let error = TensorError::shape("matmul", &[&[2, 3], &[4, 5]], "[.., m, k] x [.., k, n]");
        assert_eq!(error.to_string(), "matmul: shapes [2, 3] and [4, 5] do not fit: need [.., m, k] x [.., k, n]");
        let error = TensorError::Axis { op: "sum", shape: vec![2, 3], axis: 5 };
        assert_eq!(error.to_string(), "sum: shape [2, 3] has no axis 5: need -2..=1");
        let error = TensorError::shape("reshape", &[&[6]], "4 elements");
        assert_eq!(error.to_string(), "reshape: shape [6] does not fit: need 4 elements");
    }
}
