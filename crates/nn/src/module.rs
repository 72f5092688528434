//! Parameters and their names.
//!
//! A model is a struct whose fields are layers and, at the bottom, [`Tensor`]s. A [`Module`] can walk over those tensors and
//! tell the name of each. Nothing is registered anywhere and nothing is derived: one line lists the fields.
//!
//! ```
//! use jumok_nn::{Linear, Module, Tensor, parameters};
//! use rand::{SeedableRng, rngs::ChaCha8Rng};
//!
//! struct FeedForward {
//!     up: Linear,
//!     down: Linear,
//! }
//! impl Module for FeedForward {
//!     parameters!("intermediate.dense" => up, "output.dense" => down);
//! }
//!
//! let mut rng = ChaCha8Rng::seed_from_u64(0);
//! let model = FeedForward { up: Linear::new(4, 8, &mut rng), down: Linear::new(8, 4, &mut rng) };
//! let names: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
//! assert_eq!(
//!     names,
//!     ["intermediate.dense.weight", "intermediate.dense.bias", "output.dense.weight", "output.dense.bias"]
//! );
//! assert_eq!(model.parameter_count(), 4 * 8 + 8 + 8 * 4 + 4);
//! ```

use jumok_tensor::Tensor;

/// Something that holds named tensors: a layer, a model, a list of layers.
///
/// The names are the keys of the checkpoint. A tensor in a model is either a parameter ([`Tensor::is_parameter`]), which an
/// optimiser updates, or a constant (a frozen parameter, a buffer), which is saved and loaded but never updated.
///
/// The order of a walk is the order in which [`parameters!`](crate::parameters) lists the fields, always. Optimisers,
/// clipping and digests rely on it.
///
/// Weights that two layers share (a tied decoder) belong to one of them; the other borrows them in its `forward`. A model
/// that holds clones of one tensor under two names is refused by the optimisers, because an update would tear them apart.
pub trait Module {
    /// Calls `f` with the name of every tensor, prefixed by `path`, and the tensor.
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor));

    /// As [`Module::visit`], for changing the tensors; same order.
    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor));

    /// All tensors with their names, in the order of the walk.
    fn named_parameters(&self) -> Vec<(String, &Tensor)> {
        let mut all = Vec::new();
        self.visit("", &mut |name, tensor| all.push((name.to_owned(), tensor)));
        all
    }

    /// The number of elements of all tensors together.
    fn parameter_count(&self) -> usize {
        let mut count = 0;
        self.visit("", &mut |_, tensor| count += tensor.len());
        count
    }

    /// Calls `f` with every name and tensor, in the order of the walk.
    fn for_each_parameter(&self, f: &mut dyn FnMut(&str, &Tensor)) {
        self.visit("", &mut |name, tensor| f(name, tensor));
    }

    /// As [`Module::for_each_parameter`], for changing the tensors.
    fn for_each_parameter_mut(&mut self, f: &mut dyn FnMut(&str, &mut Tensor)) {
        self.visit_mut("", f);
    }
}

/// A tensor is the leaf of every walk: its name is the path that led to it.
impl Module for Tensor {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        f(path, self);
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        f(path, self);
    }
}

/// An absent part (a linear layer without bias) has no parameters.
impl<M: Module> Module for Option<M> {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        if let Some(module) = self {
            module.visit(path, f);
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        if let Some(module) = self {
            module.visit_mut(path, f);
        }
    }
}

/// The parts of a list are named by their index: `layer.0`, `layer.1`, …
impl<M: Module> Module for Vec<M> {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        for (index, module) in self.iter().enumerate() {
            module.visit(&join(path, &index.to_string()), f);
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        for (index, module) in self.iter_mut().enumerate() {
            module.visit_mut(&join(path, &index.to_string()), f);
        }
    }
}

impl<M: Module + ?Sized> Module for Box<M> {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        (**self).visit(path, f);
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        (**self).visit_mut(path, f);
    }
}

/// `path.key`; an empty side adds no segment.
pub fn join(path: &str, key: &str) -> String {
    match (path, key) {
        ("", _) => key.to_owned(),
        (_, "") => path.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

/// Writes both methods of [`Module`](crate::Module) from one list of the fields that hold parameters.
///
/// | entry | names |
/// |---|---|
/// | `dense` | `dense.*` |
/// | `"LayerNorm" => layer_norm` | `LayerNorm.*` |
/// | `"attention.self.query" => self_attn.query` | a field of a field, under a key of several segments |
/// | `"" => inner` | what `inner` holds, without a segment of its own |
/// | `[E::PREFIX] => encoder` | a key that is a constant, such as that of a type parameter |
///
/// A layer without parameters says `parameters!();`.
#[macro_export]
macro_rules! parameters {
    ($($($key:literal =>)? $([$constant:expr] =>)? $field:ident $(. $inner:ident)*),* $(,)?) => {
        #[allow(unused_variables, reason = "a layer may have no parameters")]
        fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a $crate::Tensor)) {
            $(
                let key = [$($key,)? $($constant,)? concat!(stringify!($field) $(, ".", stringify!($inner))*)][0];
                $crate::Module::visit(&self.$field$(.$inner)*, &$crate::join(path, key), f);
            )*
        }

        #[allow(unused_variables, reason = "a layer may have no parameters")]
        fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut $crate::Tensor)) {
            $(
                let key = [$($key,)? $($constant,)? concat!(stringify!($field) $(, ".", stringify!($inner))*)][0];
                $crate::Module::visit_mut(&mut self.$field$(.$inner)*, &$crate::join(path, key), f);
            )*
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Leafy {
        weight: Tensor,
        bias: Option<Tensor>,
    }
    impl Module for Leafy {
        parameters!(weight, bias);
    }

    struct Inner {
        leafy: Leafy,
    }
    const INNER: &str = "in.ner";
    impl Module for Inner {
        parameters!([INNER] => leafy);
    }
    struct Model {
        norm: Leafy,
        layers: Vec<Leafy>,
        inner: Inner,
        head: Box<dyn Module>,
    }
    impl Module for Model {
        parameters!("LayerNorm" => norm, layers, inner.leafy, "deep.er" => inner.leafy.weight, "" => head);
    }

    #[test]
    fn a_key_may_be_a_constant() {
        let inner = Inner { leafy: leafy(false) };
        let names: Vec<String> = inner.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["in.ner.weight"]);
    }

    fn leafy(bias: bool) -> Leafy {
        Leafy { weight: Tensor::zeros(&[2, 3]), bias: bias.then(|| Tensor::zeros(&[2])) }
    }

    fn model() -> Model {
        Model {
            norm: leafy(true),
            layers: vec![leafy(true), leafy(false)],
            inner: Inner { leafy: leafy(false) },
            head: Box::new(leafy(false)),
        }
    }

    const NAMES: [&str; 8] = [
        "LayerNorm.weight",
        "LayerNorm.bias",
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.weight",
        "inner.leafy.weight",
        "deep.er",
        "weight",
    ];

    #[test]
    fn both_walks_give_the_same_names_in_the_same_order() {
        let mut model = model();
        let names: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, NAMES);
        let mut written = Vec::new();
        model.for_each_parameter_mut(&mut |name, _| written.push(name.to_owned()));
        assert_eq!(written, NAMES);
    }

    #[test]
    fn a_walk_from_a_path_puts_it_before_every_name() {
        let mut names = Vec::new();
        leafy(true).visit("encoder.layer.3", &mut |name, _| names.push(name.to_owned()));
        assert_eq!(names, ["encoder.layer.3.weight", "encoder.layer.3.bias"]);
    }

    #[test]
    fn elements_are_counted() {
        assert_eq!(model().parameter_count(), 6 * 6 + 2 * 2);
    }

    #[test]
    fn a_change_through_the_walk_is_seen_in_the_model() {
        let mut model = model();
        model.for_each_parameter_mut(&mut |name, tensor| {
            if name == "layers.1.weight" {
                tensor.array_mut().make_mut()[4] = 7.0;
            }
        });
        assert_eq!(model.layers[1].weight.to_vec()[4], 7.0);
        assert_eq!(model.layers[0].weight.to_vec()[4], 0.0);
    }
}
