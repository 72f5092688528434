//! Checkpoints: all that a run needs to go on bit for bit.
//!
//! Since every random number is keyed by (seed, step, …), the number of the step stands for the state of the generator
//! and the position in the data; what is left are the weights and the optimiser's moments.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jumok_nn::{CheckpointError, LoadOptions, Module, Optimizer, OptimizerState, Weights};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::RunFolder;
use crate::digest::hexadecimal;
use crate::files::{sync_folder, temporary_beside, write_durably};
use crate::{RunError, weights_sha256};

const PREFIX: &str = "checkpoint-";
const MODEL_FILE: &str = "model.safetensors";
const OPTIMIZER_FILE: &str = "optimizer.safetensors";
const STATE_FILE: &str = "state.json";
/// How many checkpoints are kept: should the newest one be damaged, there is one before it.
const KEPT: usize = 2;

/// What is saved.
#[derive(Clone, Copy)]
pub struct Checkpoint<'a> {
    /// How many steps were done.
    pub step: u64,
    /// The weights.
    pub model: &'a dyn Module,
    /// The optimiser, with its moments.
    pub optimizer: &'a dyn Optimizer,
    /// Whatever else the run wants back: averages that are shown, seconds spent so far.
    pub state: &'a serde_json::Value,
}

/// A checkpoint that was found whole; [`LoadedCheckpoint::restore`] puts it to use.
#[derive(Clone, Debug)]
pub struct LoadedCheckpoint {
    /// Its folder.
    pub path: PathBuf,
    /// How many steps were done.
    pub step: u64,
    /// What [`Checkpoint::state`] was.
    pub state: serde_json::Value,
    weights_sha256: String,
    earlier: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct StateFile {
    step: u64,
    weights_sha256: String,
    /// SHA-256 of each other file of the checkpoint.
    files: BTreeMap<String, String>,
    state: serde_json::Value,
}

impl RunFolder {
    /// Saves `checkpoint-<step>` and removes all but the newest two.
    ///
    /// Everything is written into a temporary folder and forced to the disk; the folder is then renamed. A run that is
    /// killed, or a disk that is full, leaves the earlier checkpoints as they were.
    ///
    /// # Errors
    /// [`RunError::Write`].
    pub fn save_checkpoint(&self, checkpoint: &Checkpoint) -> Result<PathBuf, RunError> {
        let path = self.checkpoint_path(checkpoint.step);
        let temporary = temporary_beside(&path);
        let saved = write_files(&temporary, checkpoint).and_then(|()| {
            if path.exists() {
                fs::remove_dir_all(&path).map_err(RunError::write(&path))?;
            }
            fs::rename(&temporary, &path).map_err(RunError::write(&path))
        });
        if let Err(error) = saved {
            // The error to report is the first one; the next `open` clears leftovers away.
            let _ = fs::remove_dir_all(&temporary);
            return Err(error);
        }
        sync_folder(self.path())?;
        for (_, old) in checkpoints(self.path())?.into_iter().skip(KEPT) {
            fs::remove_dir_all(&old).map_err(RunError::write(&old))?;
        }
        Ok(path)
    }

    /// The newest checkpoint, after a look whether its files are whole.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`]; [`RunError::BrokenCheckpoint`], which names the checkpoint before it if there is one.
    pub fn latest_checkpoint(&self) -> Result<LoadedCheckpoint, RunError> {
        let mut all = checkpoints(self.path())?.into_iter().map(|(_, path)| path);
        let path = all.next().ok_or_else(|| RunError::NoCheckpoint { path: self.path().into() })?;
        let earlier = all.next();
        let state = read_state(&path).map_err(|reason| RunError::BrokenCheckpoint {
            path: path.clone(),
            reason,
            earlier: earlier.clone(),
        })?;
        let StateFile { step, weights_sha256, state, .. } = state;
        Ok(LoadedCheckpoint { path, step, state, weights_sha256, earlier })
    }

    /// The folder of the checkpoint after `step` steps, whether it exists or not.
    pub fn checkpoint_path(&self, step: u64) -> PathBuf {
        self.file(&format!("{PREFIX}{step}"))
    }

    /// The weights in the newest checkpoint of a run folder, whether the run is at work or not; `None` without a checkpoint.
    ///
    /// # Errors
    /// [`RunError::Read`].
    pub fn newest_weights(folder: &Path) -> Result<Option<PathBuf>, RunError> {
        let newest = checkpoints(folder)?.into_iter().next();
        Ok(newest.map(|(_, path)| path.join(MODEL_FILE)))
    }
}

impl LoadedCheckpoint {
    fn broken(&self, reason: String) -> RunError {
        RunError::BrokenCheckpoint { path: self.path.clone(), reason, earlier: self.earlier.clone() }
    }

    /// Checks that the weights are as many numbers as the run's configuration describes, before a model is made of it.
    ///
    /// # Errors
    /// [`RunError::BrokenCheckpoint`].
    pub fn check_size(&self, described: u128) -> Result<(), RunError> {
        let weights = Weights::open(&self.path.join(MODEL_FILE)).and_then(|weights| weights.check_size(described));
        weights.map_err(|error| self.broken(error.to_string()))
    }

    /// Puts weights and moments into a model and an optimiser of the run's configuration.
    ///
    /// # Errors
    /// [`RunError::BrokenCheckpoint`] if they do not belong to this model.
    pub fn restore(&self, model: &mut dyn Module, optimizer: &mut dyn Optimizer) -> Result<(), RunError> {
        let broken = |reason| self.broken(reason);
        jumok_nn::load(model, &self.path.join(MODEL_FILE), &LoadOptions::default())
            .map_err(|error| broken(error.to_string()))?;
        let moments =
            OptimizerState::load(&self.path.join(OPTIMIZER_FILE)).map_err(|error| broken(error.to_string()))?;
        optimizer.load_state(moments).map_err(|error| broken(error.to_string()))?;
        match weights_sha256(model) == self.weights_sha256 {
            true => Ok(()),
            false => Err(broken("the weights are not those that were saved".into())),
        }
    }
}

/// The checkpoints in a folder with their steps, newest first.
fn checkpoints(folder: &Path) -> Result<Vec<(u64, PathBuf)>, RunError> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).map_err(RunError::read(folder))? {
        let entry = entry.map_err(RunError::read(folder))?;
        let name = entry.file_name();
        let step = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|step| step.parse().ok());
        found.extend(step.map(|step| (step, entry.path())));
    }
    found.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    Ok(found)
}

fn write_files(folder: &Path, checkpoint: &Checkpoint) -> Result<(), RunError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(RunError::write(folder))?;
    }
    fs::create_dir(folder).map_err(RunError::write(folder))?;
    jumok_nn::save(checkpoint.model, &folder.join(MODEL_FILE)).map_err(|error| write_error(error, folder))?;
    let moments = checkpoint.optimizer.state().to_arrays();
    jumok_nn::save_arrays(&moments, &folder.join(OPTIMIZER_FILE)).map_err(|error| write_error(error, folder))?;
    let mut files = BTreeMap::new();
    for name in [MODEL_FILE, OPTIMIZER_FILE] {
        files.insert(name.to_owned(), file_sha256(&folder.join(name)).map_err(RunError::read(folder.join(name)))?);
    }
    let state = StateFile {
        step: checkpoint.step,
        weights_sha256: weights_sha256(checkpoint.model),
        files,
        state: checkpoint.state.clone(),
    };
    let path = folder.join(STATE_FILE);
    let text = serde_json::to_string_pretty(&state)
        .map_err(|error| RunError::Serialize { path: path.clone(), reason: error.to_string() })?;
    write_durably(&path, text.as_bytes()).map_err(RunError::write(&path))?;
    sync_folder(folder)
}

fn write_error(error: CheckpointError, folder: &Path) -> RunError {
    match error {
        CheckpointError::Io { path, source, .. } => RunError::Write { path, source },
        other => RunError::Write { path: folder.into(), source: std::io::Error::other(other) },
    }
}

fn read_state(folder: &Path) -> Result<StateFile, String> {
    let text = fs::read(folder.join(STATE_FILE)).map_err(|error| format!("{STATE_FILE}: {error}"))?;
    let state: StateFile = serde_json::from_slice(&text).map_err(|error| format!("{STATE_FILE}: {error}"))?;
    for name in [MODEL_FILE, OPTIMIZER_FILE] {
        let expected = state.files.get(name).ok_or_else(|| format!("{STATE_FILE} does not list {name}"))?;
        let found = file_sha256(&folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        if found != *expected {
            return Err(format!("{name} is not as it was written: it was cut short or changed"));
        }
    }
    Ok(state)
}

fn file_sha256(path: &Path) -> std::io::Result<String> {
    Ok(hexadecimal(Sha256::new_with_prefix(fs::read(path)?)))
}

#[cfg(test)]
mod tests {
    use jumok_nn::{AdamW, AdamWConfig, parameters};
    use jumok_tensor::{Array, Tensor};
    use serde_json::json;

    use super::*;

    struct Line {
        weight: Tensor,
        bias: Tensor,
    }

    impl Module for Line {
        parameters!(weight, bias);
    }

    fn line() -> Line {
        let weight = Array::from_vec(vec![0.5, -0.5, 0.25], &[1, 3]);
        Line { weight: Tensor::parameter(weight), bias: Tensor::parameter(Array::zeros(&[1])) }
    }

    fn adamw() -> AdamW {
        AdamW::new(AdamWConfig::default()).unwrap()
    }

    /// Some steps of a regression whose data depend on the step alone.
    fn train(model: &mut Line, optimizer: &mut AdamW, steps: std::ops::Range<u64>) {
        for step in steps {
            let x =
                Tensor::from_vec((0..6).map(|n| ((step * 5 + n) % 7) as jumok_tensor::Elem / 7.0).collect(), &[2, 3]);
            let error = x.linear(&model.weight, Some(&model.bias)) - 1.0;
            let gradients = (&error * &error).sum_all().backward();
            drop(error);
            optimizer.step(model, &gradients, 0.05).unwrap();
        }
    }

    fn run() -> (tempfile::TempDir, RunFolder) {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run"), &json!({})).unwrap();
        (parent, folder)
    }

    fn save(folder: &RunFolder, step: u64, model: &Line, optimizer: &AdamW) -> PathBuf {
        let state = json!({"seconds": step});
        folder.save_checkpoint(&Checkpoint { step, model, optimizer, state: &state }).unwrap()
    }

    #[test]
    fn a_run_goes_on_bit_for_bit() {
        let (mut whole, mut optimizer) = (line(), adamw());
        train(&mut whole, &mut optimizer, 0..20);

        let (_parent, folder) = run();
        let (mut first, mut optimizer) = (line(), adamw());
        train(&mut first, &mut optimizer, 0..10);
        save(&folder, 10, &first, &optimizer);

        let (mut second, mut optimizer) = (line(), adamw());
        let checkpoint = folder.latest_checkpoint().unwrap();
        assert_eq!((checkpoint.step, checkpoint.state["seconds"].as_u64()), (10, Some(10)));
        checkpoint.restore(&mut second, &mut optimizer).unwrap();
        train(&mut second, &mut optimizer, 10..20);
        assert_eq!(weights_sha256(&second), weights_sha256(&whole));
        assert_ne!(weights_sha256(&second), weights_sha256(&first));
    }

    #[test]
    fn the_newest_two_are_kept() {
        let (_parent, folder) = run();
        for step in [9, 10, 100, 101] {
            save(&folder, step, &line(), &adamw());
        }
        let steps: Vec<u64> = checkpoints(folder.path()).unwrap().into_iter().map(|(step, _)| step).collect();
        assert_eq!(steps, [101, 100]);
        assert_eq!(
            RunFolder::newest_weights(folder.path()).unwrap(),
            Some(folder.path().join("checkpoint-101/model.safetensors"))
        );
        // Saving the same step again replaces it.
        save(&folder, 101, &line(), &adamw());
        assert_eq!(folder.latest_checkpoint().unwrap().step, 101);
    }

    #[test]
    fn damage_is_found_and_the_checkpoint_before_it_is_named() {
        for name in [MODEL_FILE, OPTIMIZER_FILE, STATE_FILE] {
            let (_parent, folder) = run();
            save(&folder, 1, &line(), &adamw());
            let path = save(&folder, 2, &line(), &adamw());
            let file = path.join(name);
            let bytes = fs::read(&file).unwrap();

            fs::write(&file, &bytes[..bytes.len() - 3]).unwrap();
            let error = folder.latest_checkpoint().unwrap_err().to_string();
            assert!(error.contains("checkpoint-2 is broken") && error.contains("checkpoint-1"), "{name}: {error}");

            fs::remove_file(&file).unwrap();
            let error = folder.latest_checkpoint().unwrap_err().to_string();
            assert!(error.contains(name), "{name}: {error}");

            fs::remove_dir_all(&path).unwrap();
            assert_eq!(folder.latest_checkpoint().unwrap().step, 1);
        }
    }

    #[test]
    fn a_checkpoint_of_another_model_is_refused() {
        let (_parent, folder) = run();
        save(&folder, 1, &line(), &adamw());
        let mut other = Line { weight: Tensor::parameter(Array::zeros(&[1, 4])), ..line() };
        let before = weights_sha256(&other);
        let error = folder.latest_checkpoint().unwrap().restore(&mut other, &mut adamw()).unwrap_err().to_string();
        assert!(error.contains("weight") && error.contains("[1, 4]"), "{error}");
        assert_eq!(weights_sha256(&other), before);
        let checkpoint = folder.latest_checkpoint().unwrap();
        checkpoint.check_size(4).unwrap();
        let error = checkpoint.check_size(5).unwrap_err().to_string();
        assert!(error.contains("holds 4 numbers") && error.contains("at least 5"), "{error}");
    }

    #[test]
    fn no_checkpoint_and_a_place_that_cannot_be_written_are_told() {
        let (_parent, folder) = run();
        assert!(matches!(folder.latest_checkpoint(), Err(RunError::NoCheckpoint { .. })));
        assert_eq!(RunFolder::newest_weights(folder.path()).unwrap(), None);
        // A file stands where the temporary folder would be made.
        fs::write(temporary_beside(&folder.checkpoint_path(5)), "").unwrap();
        let state = json!(null);
        let checkpoint = Checkpoint { step: 5, model: &line(), optimizer: &adamw(), state: &state };
        assert!(matches!(folder.save_checkpoint(&checkpoint), Err(RunError::Write { .. })));
    }
}
