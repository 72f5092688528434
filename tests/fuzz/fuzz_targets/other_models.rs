//! The folders of the other models, with a `config.json` that was changed: GRU encoder–decoder, Transformer, language model.

#![no_main]

use jumok_fuzz::{Change, Folder, changed};
use jumok_nn::Module;
use jumok_seq2seq::{Seq2Seq, Seq2SeqConfig};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig};
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use libfuzzer_sys::fuzz_target;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde_json::{Value, json};

/// The folders of three tiny models, with their configurations, and how many parameters they have.
struct Folders([(Folder, Value, usize); 3]);

fn configuration(folder: &Folder) -> Value {
    let text = std::fs::read(folder.path().join("config.json")).expect("it was written");
    serde_json::from_slice(&text).expect("it was written as JSON")
}

impl Default for Folders {
    fn default() -> Self {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let [a, b, c] = std::array::from_fn(|_| Folder::default());
        let seq2seq = Seq2SeqConfig {
            source_vocab_size: 7,
            target_vocab_size: 6,
            embedding_size: 3,
            encoder_hidden_size: 2,
            decoder_hidden_size: 4,
            attention_hidden_size: 3,
            readout_size: 3,
            ..Seq2SeqConfig::tiny()
        };
        let seq2seq = Seq2Seq::new(&seq2seq, rng).expect("the configuration is sound");
        seq2seq.save(a.path()).expect("it can be written");
        let transformer = TransformerConfig {
            vocab_size: 7,
            d_model: 4,
            encoder_layers: 1,
            encoder_attention_heads: 2,
            encoder_ffn_dim: 5,
            decoder_layers: 2,
            decoder_attention_heads: 2,
            decoder_ffn_dim: 6,
            ..TransformerConfig::tiny()
        };
        let transformer = TransformerForTranslation::new(&transformer, rng).expect("the configuration is sound");
        transformer.save(b.path()).expect("it can be written");
        let language_model = CausalLanguageModelConfig {
            vocab_size: 7,
            n_positions: 5,
            n_embd: 4,
            n_layer: 2,
            n_head: 2,
            ..CausalLanguageModelConfig::tiny()
        };
        let language_model = CausalLanguageModel::new(&language_model, rng).expect("the configuration is sound");
        language_model.save(c.path()).expect("it can be written");
        let counts = [seq2seq.parameter_count(), transformer.parameter_count(), language_model.parameter_count()];
        let mut counts = counts.into_iter();
        Self([a, b, c].map(|folder| {
            let config = configuration(&folder);
            (folder, config, counts.next().expect("there are three"))
        }))
    }
}

thread_local!(static FOLDERS: Folders = Folders::default());

/// A model that was loaded has as many parameters as the file has numbers.
fn judge<M: Module, E: std::fmt::Display>(loaded: Result<M, E>, count: usize) {
    match loaded {
        Ok(model) => assert_eq!(model.parameter_count(), count),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fuzz_target!(|input: (u8, Result<Vec<Change>, Vec<u8>>)| {
    let (model, config) = input;
    FOLDERS.with(|Folders(folders)| {
        let (folder, original, count) = &folders[usize::from(model) % 3];
        let mut original = original.clone();
        if model % 3 == 2 && model > 100 {
            original["rope_parameters"] = json!({"rope_type": "default", "rope_theta": 10000.0});
        }
        folder.write(
            "config.json",
            match &config {
                Ok(changes) => changed(&original, &["n_inner", "num_key_value_heads", "decoder_vocab_size"], changes),
                Err(bytes) => bytes.clone(),
            },
        );
        match model % 3 {
            0 => judge(Seq2Seq::load(folder.path()), *count),
            1 => judge(TransformerForTranslation::load(folder.path()), *count),
            _ => judge(CausalLanguageModel::load(folder.path()), *count),
        }
    });
});
