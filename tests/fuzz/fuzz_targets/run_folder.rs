//! The folder of a run: `config.toml`, `metrics.csv` and the files of a checkpoint. The first byte says which one was changed.

#![no_main]

use jumok_fuzz::{Folder, start};
use jumok_nn::{AdamW, AdamWConfig, Linear, Module};
use jumok_training::{Checkpoint, MetricsLog, MetricsTable, RunFolder};
use libfuzzer_sys::fuzz_target;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde_json::json;

const COLUMNS: [&str; 2] = ["loss", "accuracy"];
const FILES: [&str; 5] = ["config.toml", "metrics.csv", "state.json", "model.safetensors", "optimizer.safetensors"];

struct Run {
    folder: Folder,
    run: RunFolder,
    /// What stands in each of the files.
    contents: [Vec<u8>; 5],
}

fn parts() -> (Linear, AdamW) {
    let model = Linear::new(3, 2, &mut ChaCha8Rng::seed_from_u64(1));
    let mut optimizer = AdamW::new(AdamWConfig::default()).expect("the defaults are sound");
    let mut trained = model.clone();
    let x = jumok_tensor::Tensor::from_vec(vec![1.0; 3], &[1, 3]);
    let gradients = trained.forward(&x).sum_all().backward();
    jumok_nn::Optimizer::step(&mut optimizer, &mut trained, &gradients, 0.1).expect("every parameter has a gradient");
    (trained, optimizer)
}

fn path_of(folder: &Folder, file: usize) -> std::path::PathBuf {
    let folder = folder.path().join("run");
    if file < 2 { folder.join(FILES[file]) } else { folder.join("checkpoint-1").join(FILES[file]) }
}

impl Default for Run {
    fn default() -> Self {
        let folder = Folder::default();
        let config = json!({"seed": 7, "rate": 0.5, "name": "a", "list": [1, 2], "table": {"a": true}});
        let run = RunFolder::create(&folder.path().join("run"), &config).expect("the folder is new");
        let mut log = MetricsLog::create(run.path(), &COLUMNS).expect("it can be written");
        log.append(1, &[Some(0.5), None]).expect("it can be written");
        let (model, optimizer) = parts();
        let checkpoint = Checkpoint { step: 1, model: &model, optimizer: &optimizer, state: &json!({"seconds": 3}) };
        run.save_checkpoint(&checkpoint).expect("it can be written");
        let contents = std::array::from_fn(|file| std::fs::read(path_of(&folder, file)).expect("it was written"));
        Self { folder, run, contents }
    }
}

thread_local!(static RUN: Run = Run::default());

fn seeds() -> Vec<Vec<u8>> {
    let Run { contents, .. } = Run::default();
    contents.iter().enumerate().map(|(n, content)| [&[n as u8][..], content].concat()).collect()
}

fuzz_target!(init: start(seeds), |bytes: &[u8]| {
    let Some((&file, bytes)) = bytes.split_first() else { return };
    let file = usize::from(file) % FILES.len();
    RUN.with(|Run { folder, run, contents }| {
        std::fs::write(path_of(folder, file), bytes).expect("it can be written");
        match file {
            0 => drop(RunFolder::read_config::<serde_json::Value>(run.path())),
            1 => {
                if let Ok(table) = MetricsTable::read(run.path()) {
                    table.columns.iter().for_each(|column| assert!(table.series(column).is_some()));
                }
                drop(MetricsLog::resume(run.path(), &COLUMNS, 1));
            }
            _ => {
                let (mut model, mut optimizer) = parts();
                if let Ok(checkpoint) = run.latest_checkpoint() {
                    let before = model.named_parameters().len();
                    let _ = checkpoint.restore(&mut model, &mut optimizer);
                    assert_eq!(model.named_parameters().len(), before);
                }
                let _ = jumok_nn::OptimizerState::load(&path_of(folder, 4))
                    .and_then(|state| jumok_nn::Optimizer::load_state(&mut optimizer, state));
            }
        }
        std::fs::write(path_of(folder, file), &contents[file]).expect("it can be written");
    });
});
