//! The Transformer as a translator, and its settings.

use jumok_nn::translation::{BeamOptions, DecodingOptions, Seq2SeqBatch, Seq2SeqLoss, SpecialTokens, Translation};
use jumok_nn::{AdamWConfig, Ctx, Module};
use jumok_training::{Language, grouped};
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::CommandError;
use crate::cli::TransformerTrainArgs;
use crate::commands::translation::config::Usual;
use crate::commands::translation::{ConfigOf, TranslationModel};
use crate::texts::transformer as texts;

/// What the decoder is taught.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSmoothing {
    /// The share of the target that is spread over all tokens.
    pub label_smoothing: f64,
}

impl TranslationModel for TransformerForTranslation {
    type Config = TransformerConfig;
    type Objective = LabelSmoothing;
    const COMMAND: &'static str = "transformer";

    fn fresh(config: &TransformerConfig, rng: &mut ChaCha8Rng) -> Result<Self, CommandError> {
        Ok(TransformerForTranslation::new(config, rng)?)
    }

    fn validate(config: &TransformerConfig, objective: &LabelSmoothing) -> Result<(), CommandError> {
        config.validate()?;
        if !(0.0..1.0).contains(&objective.label_smoothing) {
            let rule = "a share is at least 0 and below 1, 0.1 in the paper";
            return Err(CommandError::option("--label-smoothing", objective.label_smoothing, rule));
        }
        Ok(())
    }

    fn vocab_sizes(config: &TransformerConfig) -> [usize; 2] {
        [config.vocab_size, config.target_vocab_size()]
    }

    fn set_vocab_sizes(config: &mut TransformerConfig, [source, target]: [usize; 2]) {
        config.vocab_size = source;
        config.decoder_vocab_size = (!config.share_encoder_decoder_embeddings).then_some(target);
    }

    fn special_tokens(&self) -> SpecialTokens {
        (&self.config).into()
    }

    fn description(&self, language: Language) -> String {
        let config = &self.config;
        texts::MODEL.fill(
            language,
            &[
                ("encoder", &config.encoder_layers),
                ("decoder", &config.decoder_layers),
                ("width", &config.d_model),
                ("heads", &config.decoder_attention_heads),
                ("norm", &if config.normalize_before { texts::PRE_NORM } else { texts::POST_NORM }.get(language)),
                ("parameters", &grouped(self.parameter_count() as u64)),
            ],
        )
    }

    fn training_loss(&self, batch: &Seq2SeqBatch, objective: &LabelSmoothing, ctx: &mut Ctx) -> Seq2SeqLoss {
        self.loss(batch, objective.label_smoothing, ctx)
    }

    fn nll(&self, batch: &Seq2SeqBatch, ctx: &mut Ctx) -> Seq2SeqLoss {
        self.loss(batch, 0.0, ctx)
    }

    fn decode_greedily(&self, sources: &[Vec<i64>], options: &DecodingOptions) -> Vec<Translation> {
        self.greedy(sources, options)
    }

    fn decode_by_beam(&self, sources: &[Vec<i64>], options: &BeamOptions) -> Vec<Translation> {
        self.beam(sources, options)
    }

    fn with_attention(&self, source: &[i64], translation: Translation) -> Translation {
        looking(self, source, translation, None, None)
    }
}

/// The translation with the cross-attention of a layer, by default the last, in one head or in the mean of all.
pub(super) fn looking(
    model: &TransformerForTranslation,
    source: &[i64],
    translation: Translation,
    layer: Option<usize>,
    head: Option<usize>,
) -> Translation {
    let layers = model.cross_attention(source, &translation.tokens);
    let weights = &layers[layer.unwrap_or(layers.len() - 1)]; //                      [H, T + 1, S]
    let weights = match head {
        Some(head) => weights.select(0, head as isize),
        None => weights.mean(&[0], false),
    }; //                                                                             [T + 1, S]
    let steps = translation.tokens.len() + usize::from(translation.finished);
    let attention = weights.narrow(0, 0, steps).array().contiguous();
    Translation { attention: Some(attention), ..translation }
}

/// Narrow models take larger steps.
fn learning_rate(width: usize) -> f64 {
    match width {
        0..=128 => 3e-3,
        129..=256 => 1e-3,
        _ => 7e-4,
    }
}

/// The settings that the command line asks for, checked as far as that is possible without reading the pairs.
///
/// # Errors
/// [`CommandError`] for values that make no sense, alone or beside the others.
pub fn config(args: &TransformerTrainArgs) -> Result<ConfigOf<TransformerForTranslation>, CommandError> {
    let preset = args.preset.as_deref().unwrap_or("tiny");
    let model = model_config(args, preset)?;
    let objective =
        LabelSmoothing { label_smoothing: args.label_smoothing.unwrap_or(if preset == "tiny" { 0.0 } else { 0.1 }) };
    let usual = Usual {
        steps: args.steps.unwrap_or(2000),
        lr: args.lr,
        usual_lr: learning_rate(model.d_model),
        // Section 5.3 of the paper.
        adamw: AdamWConfig { betas: (0.9, 0.98), eps: 1e-9, ..AdamWConfig::default() },
        shared_vocabulary: model.share_encoder_decoder_embeddings,
        beam: args.beam.unwrap_or(1),
    };
    ConfigOf::<TransformerForTranslation>::from_args(&args.data, &args.training, usual, model, objective)?
        .checked::<TransformerForTranslation>()
}

fn model_config(args: &TransformerTrainArgs, preset: &str) -> Result<TransformerConfig, CommandError> {
    let usual = TransformerConfig::preset(preset)?;
    Ok(TransformerConfig {
        share_encoder_decoder_embeddings: !args.separate_vocabularies,
        d_model: args.d_model.unwrap_or(usual.d_model),
        encoder_layers: args.layers.unwrap_or(usual.encoder_layers),
        decoder_layers: args.layers.unwrap_or(usual.decoder_layers),
        encoder_attention_heads: args.heads.unwrap_or(usual.encoder_attention_heads),
        decoder_attention_heads: args.heads.unwrap_or(usual.decoder_attention_heads),
        encoder_ffn_dim: args.ffn_dim.unwrap_or(usual.encoder_ffn_dim),
        decoder_ffn_dim: args.ffn_dim.unwrap_or(usual.decoder_ffn_dim),
        normalize_before: usual.normalize_before && !args.post_norm,
        dropout: args.dropout.unwrap_or(usual.dropout),
        ..usual
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::PairArgs;
    use jumok_text::{Task, Unit};

    #[test]
    fn the_defaults_are_sound_and_survive_the_file() {
        let dates = PairArgs { task: Some(Task::DatesKo), ..Default::default() };
        for args in [
            TransformerTrainArgs::default(),
            TransformerTrainArgs { data: dates, separate_vocabularies: true, ..Default::default() },
            TransformerTrainArgs { preset: Some("base".into()), ..Default::default() },
        ] {
            let written = config(&args).unwrap();
            let text = toml::to_string(&written).unwrap();
            assert_eq!(toml::from_str::<ConfigOf<TransformerForTranslation>>(&text).unwrap(), written, "{text}");
            assert_eq!(written.shared_vocabulary, !args.separate_vocabularies);
        }
        let base = config(&TransformerTrainArgs { preset: Some("base".into()), ..Default::default() }).unwrap();
        assert_eq!((base.objective.label_smoothing, base.model.dropout), (0.1, 0.1));
        assert_eq!(base.vocabulary.unit, Unit::Words);
    }

    #[test]
    fn senseless_values_are_refused_with_what_would_do() {
        let refused = |args| config(&args).unwrap_err().to_string();
        let default = TransformerTrainArgs::default;
        let error = refused(TransformerTrainArgs { heads: Some(3), ..default() });
        assert!(error.contains("the heads must divide d_model = 64"), "{error}");
        assert!(refused(TransformerTrainArgs { dropout: Some(1.0), ..default() }).contains("dropout"));
        let error = refused(TransformerTrainArgs { label_smoothing: Some(1.0), ..default() });
        assert!(error.contains("--label-smoothing 1"), "{error}");
        assert!(refused(TransformerTrainArgs { lr: Some(0.0), ..default() }).contains("--lr"));
    }
}
