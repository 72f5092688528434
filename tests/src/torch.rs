//! The names and layouts of PyTorch's modules.
//!
//! `torch.nn.MultiheadAttention` packs its three projections into one matrix: rows of W_q, then W_k, then W_v. Here they
//! stand apart, as in Hugging Face checkpoints.

use std::collections::BTreeMap;

use jumok_tensor::{Array, Tensor};

const PROJECTIONS: [&str; 3] = ["q_proj", "k_proj", "v_proj"];

/// Parameters under this project's names. Parts of a packed one are views of it, so gradients find their way back.
pub(crate) fn unpack(params: &BTreeMap<&str, Tensor>) -> BTreeMap<String, Tensor> {
    let mut unpacked = BTreeMap::new();
    for (&name, tensor) in params {
        let (path, last) = name.rsplit_once('.').map_or(("", name), |(path, last)| (path, last));
        let full = |name: String| if path.is_empty() { name } else { format!("{path}.{name}") };
        if let Some(kind) = last.strip_prefix("in_proj_") {
            let parts = PROJECTIONS.into_iter().zip(tensor.chunk(3, 0));
            unpacked.extend(parts.map(|(projection, part)| (full(format!("{projection}.{kind}")), part)));
        } else if let Some(projection) = PROJECTIONS.into_iter().find(|p| last.strip_prefix(p) == Some("_weight")) {
            unpacked.insert(full(format!("{projection}.weight")), tensor.clone());
        } else {
            unpacked.insert(name.to_owned(), tensor.clone());
        }
    }
    unpacked
}

/// The value of PyTorch's parameter `name`, out of parameters under this project's names.
pub(crate) fn packed(name: &str, params: &BTreeMap<String, Tensor>) -> Option<Array> {
    let Some((path, kind)) = name.split_once("in_proj_") else {
        return params.get(name).map(|tensor| tensor.array().clone());
    };
    let part = |projection| params.get(&format!("{path}{projection}.{kind}"));
    let parts = PROJECTIONS.into_iter().map(part).collect::<Option<Vec<&Tensor>>>()?;
    Some(Tensor::concat(&parts, 0).array().clone())
}
