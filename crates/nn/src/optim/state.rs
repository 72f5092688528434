//! What an optimiser remembers, as a value that can be saved.

use std::collections::BTreeMap;
use std::path::Path;

use jumok_tensor::Array;

use super::OptimizerError;
use crate::{NamedArrays, load_arrays, save_arrays};

/// The memory of an optimiser: for every parameter it has updated, by name, the number of updates and its buffers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// The algorithm, such as `adamw`.
    pub kind: String,
    /// What is remembered of every parameter, by its name.
    pub parameters: BTreeMap<String, ParameterState>,
}

/// What is remembered of one parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterState {
    /// How often it was updated.
    pub step: u64,
    /// Arrays of the parameter's shape, by PyTorch's names: `exp_avg`, `momentum_buffer`, ….
    pub buffers: BTreeMap<String, Array>,
}

const KIND: &str = "optimizer";
const STEP: &str = "step.";

impl OptimizerState {
    /// The number of steps taken: that of the parameter that was updated most often.
    pub fn step(&self) -> u64 {
        self.parameters.values().map(|parameter| parameter.step).max().unwrap_or(0)
    }

    /// As arrays named `<parameter>.<buffer>` (`encoder.weight.exp_avg`), with the algorithm and the counts as metadata.
    pub fn to_arrays(&self) -> NamedArrays {
        let mut named = NamedArrays::default();
        named.metadata.insert(KIND.to_owned(), self.kind.clone());
        for (name, parameter) in &self.parameters {
            named.metadata.insert(format!("{STEP}{name}"), parameter.step.to_string());
            for (buffer, array) in &parameter.buffers {
                named.arrays.insert(format!("{name}.{buffer}"), array.clone());
            }
        }
        named
    }

    /// The inverse of [`OptimizerState::to_arrays`]; metadata that is not its own is passed over.
    ///
    /// # Errors
    /// If the algorithm is not named, a count is not a number, or an array belongs to no parameter.
    pub fn from_arrays(named: NamedArrays) -> Result<Self, OptimizerError> {
        let format = |reason: String| OptimizerError::StateFormat { reason };
        let kind = named.metadata.get(KIND).ok_or_else(|| format(format!("its metadata has no {KIND:?}")))?;
        let mut state = Self { kind: kind.clone(), parameters: BTreeMap::new() };
        for (key, value) in &named.metadata {
            let Some(name) = key.strip_prefix(STEP) else { continue };
            let step = value.parse().map_err(|_| format(format!("the count {key:?} is {value:?}")))?;
            state.parameters.insert(name.to_owned(), ParameterState { step, ..ParameterState::default() });
        }
        for (key, array) in named.arrays {
            let (name, buffer) = key.rsplit_once('.').unwrap_or(("", &key));
            let parameter = state.parameters.get_mut(name);
            let parameter = parameter.ok_or_else(|| format(format!("the array {key:?} belongs to no parameter")))?;
            parameter.buffers.insert(buffer.to_owned(), array);
        }
        Ok(state)
    }

    /// Writes the state to a file, as [`save_arrays`] does.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), OptimizerError> {
        Ok(save_arrays(&self.to_arrays(), path)?)
    }

    /// Reads a state that [`OptimizerState::save`] wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is not a safetensors file, or holds something else.
    pub fn load(path: &Path) -> Result<Self, OptimizerError> {
        Self::from_arrays(load_arrays(path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> OptimizerState {
        let buffers = BTreeMap::from([("exp_avg".to_owned(), Array::from_vec(vec![1.0, -0.1], &[1, 2]))]);
        let parameters = BTreeMap::from([
            ("layer.0.weight".to_owned(), ParameterState { step: 7, buffers }),
            ("untouched".to_owned(), ParameterState { step: u64::MAX, ..ParameterState::default() }),
        ]);
        OptimizerState { kind: "adamw".to_owned(), parameters }
    }

    #[test]
    fn a_saved_state_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("optimizer.safetensors");
        state().save(&path).unwrap();
        assert_eq!(OptimizerState::load(&path).unwrap(), state());
        assert_eq!(OptimizerState::load(&path).unwrap().step(), u64::MAX);
    }

    #[test]
    fn other_arrays_are_no_state() {
        let mut named = state().to_arrays();
        named.metadata.remove("optimizer");
        let error = OptimizerState::from_arrays(named).unwrap_err().to_string();
        assert!(error.contains("no \"optimizer\""), "{error}");

        let mut named = state().to_arrays();
        named.metadata.insert("step.untouched".to_owned(), "many".to_owned());
        let error = OptimizerState::from_arrays(named).unwrap_err().to_string();
        assert!(error.contains("\"step.untouched\" is \"many\""), "{error}");

        let mut named = state().to_arrays();
        named.arrays.insert("stray".to_owned(), Array::zeros(&[1]));
        let error = OptimizerState::from_arrays(named).unwrap_err().to_string();
        assert!(error.contains("\"stray\" belongs to no parameter"), "{error}");
    }
}
