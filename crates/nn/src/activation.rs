//! Activation functions by the names of Hugging Face configurations.

use std::fmt;
use std::str::FromStr;

use jumok_tensor::Tensor;
use serde::{Deserialize, Serialize};

/// An element-wise function, read from a `config.json` under the names that Hugging Face gives it (`hidden_act`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Activation {
    /// `gelu`: x·Φ(x) = x·(1 + erf(x/√2))/2 (Hendrycks and Gimpel 2016).
    #[default]
    Gelu,
    /// `gelu_new`, `gelu_pytorch_tanh`: x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, the approximation of the same paper.
    GeluTanh,
    /// `relu`: max(x, 0).
    Relu,
    /// `silu`, `swish`: x·σ(x).
    Silu,
    /// `tanh`.
    Tanh,
    /// `sigmoid`: σ(x) = 1/(1 + e⁻ˣ).
    Sigmoid,
}

/// Every name with its function; the first name of a function is the one it is written under.
const NAMES: [(&str, Activation); 8] = [
    ("gelu", Activation::Gelu),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("tanh", Activation::Tanh),
    ("sigmoid", Activation::Sigmoid),
];

/// A name that is no activation function known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown activation function {name:?}; known are {}", NAMES.map(|(name, _)| name).join(", "))]
pub struct UnknownActivation {
    /// The name as it was given.
    pub name: String,
}

impl Activation {
    /// Any shape -> the same shape.
    pub fn forward(self, x: &Tensor) -> Tensor {
        match self {
            Self::Gelu => x.gelu(),
            Self::GeluTanh => x.gelu_tanh(),
            Self::Relu => x.relu(),
            Self::Silu => x.silu(),
            Self::Tanh => x.tanh(),
            Self::Sigmoid => x.sigmoid(),
        }
    }

    /// The name in a configuration.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, function)| *function == self).expect("every function has a name").0
    }
}

impl FromStr for Activation {
    type Err = UnknownActivation;

    fn from_str(name: &str) -> Result<Self, UnknownActivation> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, function)| *function).ok_or_else(|| UnknownActivation { name: name.to_owned() })
    }
}

impl TryFrom<String> for Activation {
    type Error = UnknownActivation;

    fn try_from(name: String) -> Result<Self, UnknownActivation> {
        name.parse()
    }
}

impl From<Activation> for &'static str {
    fn from(function: Activation) -> &'static str {
        function.name()
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_in_and_out() {
        for (name, function) in NAMES {
            assert_eq!(name.parse(), Ok(function));
            let written = serde_json::to_string(&function).unwrap();
            assert_eq!(serde_json::from_str::<Activation>(&written).unwrap(), function);
        }
        assert_eq!(serde_json::from_str::<Activation>("\"swish\"").unwrap().to_string(), "silu");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = serde_json::from_str::<Activation>("\"gleu\"").unwrap_err().to_string();
        assert!(error.contains("\"gleu\"") && error.contains("gelu, gelu_new"), "{error}");
    }

    #[test]
    fn each_function_at_one() {
        let at_one = [
            (Activation::Gelu, 0.841_344_746),
            (Activation::GeluTanh, 0.841_191_990),
            (Activation::Relu, 1.0),
            (Activation::Silu, 0.731_058_579),
            (Activation::Tanh, 0.761_594_156),
            (Activation::Sigmoid, 0.731_058_579),
        ];
        for (function, expected) in at_one {
            assert!((function.forward(&Tensor::scalar(1.0)).item() - expected).abs() < 1e-6, "{function}");
        }
        assert_eq!(Activation::Relu.forward(&Tensor::scalar(-1.0)).item(), 0.0);
    }
}
