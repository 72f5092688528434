//! `jumok transformer generate`.

use std::path::Path;

use jumok_text::Vocabulary;
use jumok_text::parallel::{EOS, UNK};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig};
use jumok_transformer::generation::{GenerationOptions, Sampling};

use super::VOCABULARY_FILE;
use crate::cli::GenerateArgs;
use crate::commands::model_folder::weights_file;
use crate::texts::language_model as texts;
use crate::{CommandError, Console};

/// Prints the prompt and, token by token as they come, how the model goes on with it.
///
/// A text of words ends at the end of a paragraph, one of characters only after `--max-new-tokens`.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded, the prompt is empty, or an option makes no sense.
pub fn generate(args: &GenerateArgs, console: Console) -> Result<(), CommandError> {
    let (model, vocabulary) = load(&args.model, console)?;
    let prompt = vocabulary.encode(&args.prompt);
    if prompt.is_empty() {
        return Err(CommandError::EmptySentence { what: "the prompt" });
    }
    if prompt.contains(&UNK) {
        console.say(&texts::UNKNOWN, &[("prompt", &vocabulary.decode(&prompt))]);
    }
    let sampling = Sampling {
        temperature: args.temperature.unwrap_or(1.0),
        top_k: args.top_k,
        top_p: args.top_p,
        seed: args.seed.unwrap_or(0),
    };
    let options = GenerationOptions {
        max_new_tokens: args.max_new_tokens,
        sampling: (!args.greedy).then_some(sampling),
        repetition_penalty: args.repetition_penalty,
        eos_token_ids: vec![EOS],
        use_cache: !args.no_cache,
    };
    let mut generation = model.generate(&prompt, &options)?;
    let mut printed = vocabulary.decode(&prompt);
    console.raw(&printed);
    while generation.next().is_some() {
        let text = vocabulary.decode(generation.text());
        console.raw(text.strip_prefix(printed.as_str()).unwrap_or_default());
        printed = text;
    }
    console.line("");
    Ok(())
}

/// The model and vocabulary of a finished run; of a run that has not ended, its newest checkpoint, which is then said.
pub(in crate::commands) fn load(
    path: &Path,
    console: Console,
) -> Result<(CausalLanguageModel, Vocabulary), CommandError> {
    let config = CausalLanguageModelConfig::load(path)?;
    let vocabulary = Vocabulary::load(&path.join(VOCABULARY_FILE))?;
    if vocabulary.size() != config.vocab_size {
        let (tokens, vocab_size) = (vocabulary.size(), config.vocab_size);
        return Err(CommandError::VocabularyMismatch { path: path.into(), tokens, vocab_size });
    }
    let weights = weights_file(path, console)?.ok_or_else(|| CommandError::NotAModel {
        path: path.into(),
        missing: "model.safetensors",
        hint: " yet; let the run come as far as a checkpoint",
    })?;
    Ok((CausalLanguageModel::load_weights(path, &weights)?, vocabulary))
}
