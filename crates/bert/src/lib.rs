//! BERT: a Transformer encoder that learns language by filling in hidden words (Devlin et al. 2019, arXiv 1810.04805;
//! lecture, slides S25–S31).
//!
//! Reading order: [`BertConfig`], [`BertEmbeddings`] (word + position + segment), [`BertLayer`] (the encoder layer under
//! BERT's names), [`BertModel`] (with the pooler), [`BertForPreTraining`] (masked words and next sentences, and their loss).
//!
//! Fields and parameters are named as in Hugging Face's checkpoints, so `config.json` and `model.safetensors` go in and
//! out as they are.
//!
//! Letters used for shapes: `B` batch, `T` tokens, `D` hidden size, `V` vocabulary, `M` masked positions of the batch.

mod config;
mod embeddings;
mod encoder;
mod heads;
mod model;
mod pretraining;

pub use config::{BertConfig, ConfigError};
pub use embeddings::BertEmbeddings;
pub use encoder::{BertEncoder, BertLayer};
pub use heads::{
    BertForMultipleChoice, BertForQuestionAnswering, BertForSequenceClassification, BertForTokenClassification,
};
pub use model::{BertInputs, BertModel, BertOutput, BertPooler};
pub use pretraining::{
    BertForPreTraining, BertPreTrainingHeads, BertPredictionHead, BertPredictionTransform, PreTrainingLabels,
    PreTrainingLoss, PreTrainingOutput,
};
