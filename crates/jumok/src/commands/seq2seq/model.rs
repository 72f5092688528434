//! The recurrent encoder–decoder as a translator, and its settings.

use jumok_nn::Ctx;
use jumok_nn::translation::{BeamOptions, DecodingOptions, Seq2SeqBatch, Seq2SeqLoss, SpecialTokens, Translation};
use jumok_seq2seq::{AttentionKind, ScoreKind, Seq2Seq, Seq2SeqConfig};
use jumok_training::{Language, grouped};
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::CommandError;
use crate::cli::Seq2SeqTrainArgs;
use crate::commands::translation::config::Usual;
use crate::commands::translation::{ConfigOf, TranslationModel};
use crate::texts::seq2seq as texts;

/// How the decoder is taught.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherForcing {
    /// Probability with which the decoder reads the right token.
    pub teacher_forcing: f64,
}

impl TranslationModel for Seq2Seq {
    type Config = Seq2SeqConfig;
    type Objective = TeacherForcing;
    const COMMAND: &'static str = "seq2seq";

    fn fresh(config: &Seq2SeqConfig, rng: &mut ChaCha8Rng) -> Result<Self, CommandError> {
        Ok(Seq2Seq::new(config, rng)?)
    }

    fn validate(config: &Seq2SeqConfig, objective: &TeacherForcing) -> Result<(), CommandError> {
        config.validate()?;
        if !(0.0..=1.0).contains(&objective.teacher_forcing) {
            let rule = "a probability lies between 0 and 1";
            return Err(CommandError::option("--teacher-forcing", objective.teacher_forcing, rule));
        }
        Ok(())
    }

    fn vocab_sizes(config: &Seq2SeqConfig) -> [usize; 2] {
        [config.source_vocab_size, config.target_vocab_size]
    }

    fn set_vocab_sizes(config: &mut Seq2SeqConfig, [source, target]: [usize; 2]) {
        config.source_vocab_size = source;
        config.target_vocab_size = target;
    }

    fn special_tokens(&self) -> SpecialTokens {
        (&self.config).into()
    }

    fn description(&self, language: Language) -> String {
        use jumok_nn::Module;
        texts::MODEL.fill(
            language,
            &[
                ("cell", &self.config.cell.name().to_uppercase()),
                ("attention", &self.config.attention),
                ("width", &self.config.decoder_hidden_size),
                ("parameters", &grouped(self.parameter_count() as u64)),
            ],
        )
    }

    fn training_loss(&self, batch: &Seq2SeqBatch, objective: &TeacherForcing, ctx: &mut Ctx) -> Seq2SeqLoss {
        self.loss(batch, objective.teacher_forcing, ctx)
    }

    fn nll(&self, batch: &Seq2SeqBatch, ctx: &mut Ctx) -> Seq2SeqLoss {
        self.loss(batch, 1.0, ctx)
    }

    fn decode_greedily(&self, sources: &[Vec<i64>], options: &DecodingOptions) -> Vec<Translation> {
        self.greedy(sources, options)
    }

    fn decode_by_beam(&self, sources: &[Vec<i64>], options: &BeamOptions) -> Vec<Translation> {
        self.beam(sources, options)
    }

    fn with_attention(&self, _: &[i64], translation: Translation) -> Translation {
        translation
    }
}

/// Narrow models take larger steps.
fn learning_rate(width: usize) -> f64 {
    if width <= 128 { 5e-3 } else { 1e-3 }
}

/// The settings that the command line asks for, checked as far as that is possible without reading the pairs.
///
/// # Errors
/// [`CommandError`] for values that make no sense, alone or beside the others.
pub(super) fn config(args: &Seq2SeqTrainArgs) -> Result<ConfigOf<Seq2Seq>, CommandError> {
    let model = model_config(args)?;
    let usual = Usual {
        steps: args.steps.unwrap_or(2000),
        lr: args.lr,
        usual_lr: learning_rate(model.decoder_hidden_size),
        adamw: Default::default(),
        shared_vocabulary: false,
        beam: 1,
    };
    let objective = TeacherForcing { teacher_forcing: args.teacher_forcing.unwrap_or(1.0) };
    ConfigOf::<Seq2Seq>::from_args(&args.data, &args.training, usual, model, objective)?.checked::<Seq2Seq>()
}

fn model_config(args: &Seq2SeqTrainArgs) -> Result<Seq2SeqConfig, CommandError> {
    let mut model = Seq2SeqConfig::preset(args.preset.as_deref().unwrap_or("tiny"))?;
    if let Some(width) = args.hidden_size {
        model = with_width(model, width);
    }
    model.attention = args.attention.unwrap_or(model.attention);
    if args.attention == Some(AttentionKind::Luong) {
        model.score = ScoreKind::General;
    }
    if let (AttentionKind::None, Some(score)) = (model.attention, args.score) {
        return Err(CommandError::option("--score", score, "without attention nothing is scored: leave it out"));
    }
    model.score = args.score.unwrap_or(model.score);
    model.cell = args.cell.unwrap_or(model.cell);
    model.encoder_layers = args.encoder_layers.unwrap_or(model.encoder_layers);
    model.bidirectional = !args.one_direction;
    model.dropout = args.dropout.unwrap_or(model.dropout);
    Ok(model)
}

/// The same model with all of its layers `width` wide.
pub(super) fn with_width(model: Seq2SeqConfig, width: usize) -> Seq2SeqConfig {
    Seq2SeqConfig {
        embedding_size: width,
        encoder_hidden_size: width,
        decoder_hidden_size: width,
        attention_hidden_size: width,
        readout_size: width,
        ..model
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{PairArgs, TrainingArgs};
    use jumok_text::{Task, Unit};

    fn of_pairs(data: PairArgs) -> Seq2SeqTrainArgs {
        Seq2SeqTrainArgs { data, ..Default::default() }
    }

    fn refused(args: Seq2SeqTrainArgs) -> String {
        config(&args).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_sound_and_survive_the_file() {
        let files = of_pairs(PairArgs {
            source: Some("a.en".into()),
            target: Some("a.fr".into()),
            valid_source: Some("b.en".into()),
            valid_target: Some("b.fr".into()),
            ..Default::default()
        });
        let tabbed = of_pairs(PairArgs { pairs: Some("a.tsv".into()), ..Default::default() });
        for args in [Seq2SeqTrainArgs::default(), files, tabbed] {
            let written = config(&args).unwrap();
            let text = toml::to_string(&written).unwrap();
            assert_eq!(toml::from_str::<ConfigOf<Seq2Seq>>(&text).unwrap(), written, "{text}");
        }
    }

    #[test]
    fn each_task_brings_its_unit_and_each_attention_its_score() {
        let config = |args: Seq2SeqTrainArgs| config(&args).unwrap();
        let dates = config(of_pairs(PairArgs { task: Some(Task::DatesKo), ..Default::default() }));
        assert_eq!((dates.vocabulary.unit, dates.name()), (Unit::Characters, "dates-ko"));
        let luong = config(Seq2SeqTrainArgs { attention: Some(AttentionKind::Luong), ..Default::default() });
        assert_eq!((luong.vocabulary.unit, luong.model.score), (Unit::Words, ScoreKind::General));
        let wide = config(Seq2SeqTrainArgs { hidden_size: Some(200), ..Default::default() });
        assert_eq!((wide.model.encoder_hidden_size, wide.optimizer.schedule.lr(100)), (200, 1e-3));
    }

    #[test]
    fn senseless_values_are_refused_with_what_would_do() {
        let default = Seq2SeqTrainArgs::default;
        let error = refused(of_pairs(PairArgs { min_length: Some(9), max_length: Some(8), ..Default::default() }));
        assert!(error.contains("--min-length 9") && error.contains("at most that"), "{error}");
        let error = refused(of_pairs(PairArgs { max_length: Some(80), ..Default::default() }));
        assert!(error.contains("--max-tokens 60"), "{error}");
        let error =
            refused(of_pairs(PairArgs { task: Some(Task::DatesEn), max_length: Some(8), ..Default::default() }));
        assert!(error.contains("dates-en has not"), "{error}");
        let none = Some(AttentionKind::None);
        let error = refused(Seq2SeqTrainArgs { attention: none, score: Some(ScoreKind::Dot), ..default() });
        assert!(error.contains("nothing is scored"), "{error}");
        let error = refused(Seq2SeqTrainArgs { score: Some(ScoreKind::Dot), ..default() });
        assert!(error.contains("128 wide"), "{error}");
        for lr in [0.0, f64::NAN, 3.0] {
            assert!(refused(Seq2SeqTrainArgs { lr: Some(lr), ..default() }).contains("--lr"));
        }
        assert!(refused(Seq2SeqTrainArgs { teacher_forcing: Some(1.5), ..default() }).contains("--teacher-forcing"));
        assert!(
            refused(Seq2SeqTrainArgs {
                training: TrainingArgs { shards: Some(65), ..Default::default() },
                ..default()
            })
            .contains("a batch of 64 pairs")
        );
        let error = refused(of_pairs(PairArgs { pairs: Some("a".into()), held_out: Some(1.0), ..Default::default() }));
        assert!(error.contains("--held-out"), "{error}");
        assert!(refused(of_pairs(PairArgs { held_out: Some(0.1), ..Default::default() })).contains("--held-out-pairs"));
        assert!(refused(Seq2SeqTrainArgs { dropout: Some(1.0), ..default() }).contains("dropout"));
    }
}
