//! A case's parameters in place of a model's own.

use std::collections::BTreeMap;

use jumok_nn::Module;
use jumok_tensor::Tensor;

use crate::given::{Given, Result};

/// Puts `tensors` in place of the parameters of the same names. They may be results of other tensors: a gradient then
/// goes on to those.
///
/// # Errors
/// If a parameter has no tensor or one of another shape, or if a tensor is left over.
pub(crate) fn bind(module: &mut impl Module, tensors: &BTreeMap<String, Tensor>, g: &Given) -> Result<()> {
    let mut left: BTreeMap<&str, &Tensor> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut wrong = Vec::new();
    module.visit_mut("", &mut |name, parameter| match left.remove(name) {
        None => wrong.push(format!("{name} is not given")),
        Some(tensor) if tensor.shape() != parameter.shape() => {
            wrong.push(format!("{name} is given as {:?} and needs {:?}", tensor.shape(), parameter.shape()));
        }
        Some(tensor) => *parameter = tensor.clone(),
    });
    wrong.extend(left.keys().map(|name| format!("{name} is given and has no place")));
    if wrong.is_empty() { Ok(()) } else { Err(g.unsuitable(wrong.join("; "))) }
}
