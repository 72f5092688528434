//! What can be typed after `jumok transformer experiment`.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};

use super::{positive, positive_f64, positive_u64};

/// The experiments on what the Transformer changed.
#[derive(Debug, Subcommand)]
pub enum TransformerExperimentCommand {
    /// Slide S21: how many steps wait for one another, and how long a training step takes, for a GRU and a Transformer.
    Parallel(ParallelArgs),
    /// Slide S21: held-out loss against the number of parameters, with the power law through it.
    Scaling(ScalingArgs),
    /// Slide S21: what a Transformer and a GRU recall, against the distance.
    Recall(RecallArgs),
    /// Slide S21: where heads look, and what is left without them.
    Heads(HeadsArgs),
}

/// Settings of the experiment on steps that wait for one another.
#[derive(Args, Debug)]
pub struct ParallelArgs {
    /// Tokens of the longest text; the shortest has 8, and each is twice as long as the one before.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = positive)]
    pub max_length: usize,
    /// Width of both models.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = positive)]
    pub width: usize,
    /// How long each step is timed, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.3, value_parser = positive_f64)]
    pub seconds: f64,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u64).range(0..=i64::MAX as u64))]
    pub seed: u64,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "parallel.svg")]
    pub svg: PathBuf,
}

/// Settings of the experiment on the size.
#[derive(Args, Debug)]
pub struct ScalingArgs {
    /// Widths of the models, from the smallest to the largest.
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [8, 16, 32, 64], value_parser = positive)]
    pub widths: Vec<usize>,
    /// Training steps of each model.
    #[arg(long, value_name = "N", default_value_t = 1500, value_parser = positive_u64)]
    pub steps: u64,
    /// Pieces of text a step.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    pub batch_size: usize,
    /// Built-in stories to train on.
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = positive)]
    pub stories: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u64).range(0..=i64::MAX as u64))]
    pub seed: u64,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "scaling.svg")]
    pub svg: PathBuf,
}

/// Settings of the experiment on recall.
#[derive(Args, Debug)]
pub struct RecallArgs {
    /// Different names, and as many numbers.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    pub names: usize,
    /// Cards that are shown before the questions begin.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = positive)]
    pub cards: usize,
    /// Training steps of each model.
    #[arg(long, value_name = "N", default_value_t = 1500, value_parser = positive_u64)]
    pub steps: u64,
    /// Texts a step.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub batch_size: usize,
    /// Width of both models.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive)]
    pub width: usize,
    /// Held-out texts.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = positive)]
    pub held_out: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u64).range(0..=i64::MAX as u64))]
    pub seed: u64,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "recall.svg")]
    pub svg: PathBuf,
}

/// Settings of the experiment on heads.
#[derive(Args, Debug)]
pub struct HeadsArgs {
    /// Different names, and as many numbers.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    pub names: usize,
    /// Of the names, those whose number is the same on every card.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub facts: usize,
    /// Cards that are shown before the questions begin.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = positive)]
    pub cards: usize,
    /// Training steps.
    #[arg(long, value_name = "N", default_value_t = 2500, value_parser = positive_u64)]
    pub steps: u64,
    /// Texts a step.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub batch_size: usize,
    /// Held-out texts.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = positive)]
    pub held_out: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value_parser!(u64).range(0..=i64::MAX as u64))]
    pub seed: u64,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "heads.svg")]
    pub svg: PathBuf,
}
