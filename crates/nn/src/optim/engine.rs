//! What all optimisers share: the walk over the parameters and the memory by name. Each algorithm adds one rule.

use std::collections::{BTreeMap, HashMap};

use jumok_tensor::{Array, Elem, Gradients};
use rayon::prelude::*;

use super::{OptimizerError, OptimizerState, ParameterState};
use crate::Module;

/// Parameters are updated in pieces whose gradients, summed over the shards, stay in the nearest cache. Every element is computed
/// by itself, so neither the pieces nor the threads that share them change the result.
const PIECE: usize = 1 << 13;
/// Fewer pieces than this are done before another thread has woken up.
const WORTH_THREADS: usize = 16;

/// The memory of an optimiser with up to `N` buffers a parameter.
#[derive(Clone, Debug)]
pub(super) struct Engine<const N: usize> {
    kind: &'static str,
    /// The buffers' names; `None` for one that the settings do not need, which then stays empty.
    buffers: [Option<&'static str>; N],
    /// What buffers hold before the first update.
    initial: Elem,
    allow_missing: bool,
    memory: BTreeMap<String, Memory<N>>,
}

#[derive(Clone, Debug)]
struct Memory<const N: usize> {
    step: u64,
    buffers: [Array; N],
}

/// A piece of one parameter, with all that belongs to it.
pub(super) struct Piece<'a, const N: usize> {
    pub(super) value: &'a mut [Elem],
    pub(super) grad: &'a [Elem],
    pub(super) buffers: [&'a mut [Elem]; N],
    /// The number of this update of the parameter, counted from 1.
    pub(super) step: u64,
    /// The rank of the whole parameter.
    pub(super) rank: usize,
}

impl<const N: usize> Engine<N> {
    pub(super) fn new(
        kind: &'static str,
        buffers: [Option<&'static str>; N],
        initial: f64,
        allow_missing: bool,
    ) -> Self {
        Self { kind, buffers, initial: initial as Elem, allow_missing, memory: BTreeMap::new() }
    }

    /// Applies `rule` to every parameter of `model` that has a gradient, after everything was checked.
    pub(super) fn step(
        &mut self,
        model: &mut dyn Module,
        grads: &Gradients,
        lr: f64,
        rule: impl Fn(Piece<'_, N>) + Sync,
    ) -> Result<(), OptimizerError> {
        self.check(model, grads, lr)?;
        model.visit_mut("", &mut |name, tensor| {
            if !tensor.is_parameter() {
                return;
            }
            let Some(grad) = grads.of(tensor) else { return };
            let memory = match self.memory.get_mut(name) {
                Some(memory) => memory,
                None => self.memory.entry(name.to_owned()).or_insert_with(|| Memory {
                    step: 0,
                    buffers: self.buffers.map(|used| Array::full(used.map_or(&[0], |_| tensor.shape()), self.initial)),
                }),
            };
            memory.step += 1;
            let (step, rank) = (memory.step, tensor.rank());
            let value = tensor.array_mut().make_mut();
            let mut buffers = memory.buffers.each_mut().map(|buffer| buffer.make_mut().chunks_mut(PIECE));
            let pieces: Vec<_> = value
                .chunks_mut(PIECE)
                .enumerate()
                .map(|(n, value)| (n, value, buffers.each_mut().map(|chunks| chunks.next().unwrap_or_default())))
                .collect();
            // The gradients of shards are added here, a piece at a time, and read only once.
            let update = |(n, value, buffers): (usize, &mut [Elem], [&mut [Elem]; N])| {
                let mut scratch = Vec::new();
                let grad = grad.piece(n * PIECE..n * PIECE + value.len(), &mut scratch);
                rule(Piece { value, grad, buffers, step, rank });
            };
            if pieces.len() < WORTH_THREADS {
                pieces.into_iter().for_each(update);
            } else {
                pieces.into_par_iter().for_each(update);
            }
        });
        Ok(())
    }

    /// Everything that can go wrong, before anything is changed.
    fn check(&self, model: &dyn Module, grads: &Gradients, lr: f64) -> Result<(), OptimizerError> {
        if !(lr.is_finite() && lr >= 0.0) {
            return Err(OptimizerError::LearningRate { lr });
        }
        let mut names_of = HashMap::new();
        let mut missing = Vec::new();
        let mut problem = None;
        model.for_each_parameter(&mut |name, tensor| {
            if !tensor.is_parameter() || problem.is_some() {
                return;
            }
            if let Some(first) = names_of.insert(tensor.id(), name.to_owned()) {
                problem = Some(OptimizerError::SharedParameter { first, second: name.to_owned() });
            } else if !grads.contains(tensor) {
                missing.push(name.to_owned());
            } else if let Some(memory) = self.memory.get(name) {
                let used = memory.buffers.iter().zip(&self.buffers).filter(|(_, used)| used.is_some());
                problem =
                    used.map(|(buffer, _)| buffer).find(|buffer| buffer.shape() != tensor.shape()).map(|buffer| {
                        let (expected, found) = (tensor.shape().to_vec(), buffer.shape().to_vec());
                        OptimizerError::StateShape { name: name.to_owned(), expected, found }
                    });
            }
        });
        match problem {
            Some(problem) => Err(problem),
            None if !missing.is_empty() && !self.allow_missing => {
                Err(OptimizerError::MissingGradients { names: missing })
            }
            None => Ok(()),
        }
    }

    pub(super) fn state(&self) -> OptimizerState {
        let parameters = self.memory.iter().map(|(name, memory)| {
            let used = self.buffers.iter().zip(&memory.buffers);
            let buffers = used.filter_map(|(used, array)| Some(((*used)?.to_owned(), array.clone()))).collect();
            (name.clone(), ParameterState { step: memory.step, buffers })
        });
        OptimizerState { kind: self.kind.to_owned(), parameters: parameters.collect() }
    }

    pub(super) fn load_state(&mut self, state: OptimizerState) -> Result<(), OptimizerError> {
        if state.kind != self.kind {
            return Err(OptimizerError::StateKind { expected: self.kind, found: state.kind });
        }
        let mut memory = BTreeMap::new();
        for (name, mut parameter) in state.parameters {
            let found: Vec<String> = parameter.buffers.keys().cloned().collect();
            let buffers = self.buffers.map(|used| match used {
                Some(used) => parameter.buffers.remove(used),
                None => Some(Array::zeros(&[0])),
            });
            let complete = parameter.buffers.is_empty() && buffers.iter().all(Option::is_some);
            if !complete {
                let expected = self.buffers.iter().flatten().map(|&used| used.to_owned()).collect();
                return Err(OptimizerError::StateBuffers { name, expected, found });
            }
            let buffers = buffers.map(|buffer| buffer.expect("checked to be complete"));
            memory.insert(name, Memory { step: parameter.step, buffers });
        }
        self.memory = memory;
        Ok(())
    }
}
