//! What can be typed after `jumok bert experiment family`.

use std::path::PathBuf;

use clap::Args;
use jumok_bert::BertConfig;

use super::{GeneratedName, Lang, positive, positive_u64, seed};

/// Settings of the experiment on the family.
#[derive(Args, Debug)]
pub struct FamilyArgs {
    /// Folder of the eight runs and of family.json; an experiment that was stopped goes on in its folder.
    #[arg(long, value_name = "DIR", default_value = "runs/family")]
    pub out: PathBuf,
    /// Sizes of the BERT, after which the others are made.
    #[arg(long, value_name = "NAME", default_value = "tiny",
          value_parser = clap::builder::PossibleValuesParser::new(BertConfig::PRESETS))]
    pub preset: String,
    /// Steps of each pre-training.
    #[arg(long, value_name = "N", default_value_t = 2500, value_parser = positive_u64)]
    pub steps: u64,
    /// The task that all are fine-tuned on.
    #[arg(long, value_enum, value_name = "NAME", default_value = "nli")]
    pub generated: GeneratedName,
    /// Examples of that task to train on.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = positive)]
    pub training_examples: usize,
    /// Language of the built-in corpus and of the task [default: that of --lang, else en].
    #[arg(long, value_enum, value_name = "LANG")]
    pub corpus: Option<Lang>,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed)]
    pub seed: u64,
}
