//! What a kind of model brings along to be trained as a translator.

use std::fmt::Debug;

use jumok_nn::translation::{BeamOptions, DecodingOptions, Seq2SeqBatch, Seq2SeqLoss, SpecialTokens, Translation};
use jumok_nn::{Ctx, ModelConfig, Module};
use rand::rngs::ChaCha8Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::TranslatorConfig;
use crate::CommandError;

/// The settings of a run with a kind of model.
pub type ConfigOf<Model> =
    TranslatorConfig<<Model as TranslationModel>::Config, <Model as TranslationModel>::Objective>;

/// An encoder–decoder that can be trained on pairs of sentences.
pub trait TranslationModel: Module + Clone + Debug + Send + Sync + Sized {
    /// Its sizes and choices.
    type Config: ModelConfig + Clone + Debug + PartialEq + Send + Sync;
    /// What decides the loss in training beside the model.
    type Objective: Serialize + DeserializeOwned + Clone + Debug + PartialEq + Send + Sync;
    /// The command it belongs to, which is also how names of its run folders begin: `seq2seq`.
    const COMMAND: &'static str;

    /// A fresh model.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    fn fresh(config: &Self::Config, rng: &mut ChaCha8Rng) -> Result<Self, CommandError>;

    /// Checks the settings that are its own.
    ///
    /// # Errors
    /// The first that makes no sense, with what would do.
    fn validate(config: &Self::Config, objective: &Self::Objective) -> Result<(), CommandError>;

    /// The sizes of the vocabularies of source and target in a configuration.
    fn vocab_sizes(config: &Self::Config) -> [usize; 2];

    /// Puts the sizes of the vocabularies of source and target into a configuration.
    fn set_vocab_sizes(config: &mut Self::Config, sizes: [usize; 2]);

    /// The tokens that stand for no word.
    fn special_tokens(&self) -> SpecialTokens;

    /// The line that tells its kind and size, in the language.
    fn description(&self, language: jumok_training::Language) -> String;

    /// The loss that it is trained on.
    fn training_loss(&self, batch: &Seq2SeqBatch, objective: &Self::Objective, ctx: &mut Ctx) -> Seq2SeqLoss;

    /// −log p of the target tokens, given the right ones before.
    fn nll(&self, batch: &Seq2SeqBatch, ctx: &mut Ctx) -> Seq2SeqLoss;

    /// The likeliest token at every step.
    fn decode_greedily(&self, sources: &[Vec<i64>], options: &DecodingOptions) -> Vec<Translation>;

    /// The best translations that beam search finds.
    fn decode_by_beam(&self, sources: &[Vec<i64>], options: &BeamOptions) -> Vec<Translation>;

    /// The same translation with where its tokens looked, if the model can tell and decoding did not.
    fn with_attention(&self, source: &[i64], translation: Translation) -> Translation;

    /// With a beam of 1 the likeliest token at every step, else so many translations are followed at the same time.
    fn decode(&self, sources: &[Vec<i64>], beam: usize, max_length: usize) -> Vec<Translation> {
        match beam {
            1 => self.decode_greedily(sources, &DecodingOptions { max_length, ..Default::default() }),
            beam_size => self.decode_by_beam(sources, &BeamOptions { beam_size, max_length, ..Default::default() }),
        }
    }
}
