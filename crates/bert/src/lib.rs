//! BERT: a Transformer encoder that learns language by filling in hidden words (Devlin et al. 2019, arXiv 1810.04805;
//! lecture, slides S25–S38), its heads, and its family.
//!
//! Reading order: [`BertConfig`], [`BertEmbeddings`] (word + position + segment), [`BertLayer`] (the encoder layer under
//! BERT's names), [`BertModel`] (with the pooler), [`BertForPreTraining`] (masked words and next sentences, and their loss).
//! Then [`TextEncoder`], which is what a head sees of an encoder, the heads [`ForMaskedLM`], [`ForSequenceClassification`],
//! [`ForMultipleChoice`], [`ForTokenClassification`], [`ForQuestionAnswering`], and the encoders that they fit as well:
//! [`RobertaModel`], [`AlbertModel`], [`DistilBertModel`].
//!
//! Fields and parameters are named as in Hugging Face's checkpoints, so `config.json` and `model.safetensors` go in and
//! out as they are.
//!
//! Letters used for shapes: `B` batch, `T` tokens, `D` hidden size, `E` width of an embedding (D but in ALBERT), `V` vocabulary,
//! `M` masked positions of the batch.

mod albert;
mod auto;
mod classification;
mod config;
mod distilbert;
mod distillation;
mod embeddings;
mod encoder;
mod headed;
mod labels;
mod masked_lm;
mod model;
mod next_sentence;
mod pretraining;
mod question_answering;
mod roberta;
mod text_encoder;

pub use albert::{AlbertConfig, AlbertForPreTraining, AlbertLayer, AlbertLayerGroup, AlbertModel, AlbertTransformer};
pub use auto::{EncoderConfig, EncoderTask};
pub use classification::{
    DistilBertClassificationHead, ForMultipleChoice, ForSequenceClassification, ForTokenClassification,
    PooledClassifier, RobertaClassificationHead, SequenceLabels, SummaryHead,
};
pub use config::{BertConfig, ConfigError};
pub use distilbert::{DistilBertConfig, DistilBertEmbeddings, DistilBertLayer, DistilBertModel};
pub use distillation::{DistillationLoss, DistillationOptions, Spoken, StudentError, distillation_kl};
pub use embeddings::BertEmbeddings;
pub use encoder::{BertEncoder, BertLayer};
pub use headed::{BareEncoder, EncoderError, HeadedModel, Loaded, MissingParts, write_config};
pub use labels::{HeadConfig, ProblemType};
pub use masked_lm::{ForMaskedLM, MaskedWordHead, MaskedWordNames};
pub use model::{BertInputs, BertModel, BertPooler};
pub use next_sentence::{BertForNextSentencePrediction, BertOnlyNspHead};
pub use pretraining::{
    BertForPreTraining, BertPreTrainingHeads, BertPredictionHead, BertPredictionTransform, PreTrainingLabels,
    PreTrainingLoss, PreTrainingOutput, pretraining_loss,
};
pub use question_answering::ForQuestionAnswering;
pub use roberta::{RobertaConfig, RobertaModel};
pub use text_encoder::{
    EncoderOutput, EncoderSettings, EncoderSizes, RecordedStates, StatePaths, Summary, TextEncoder,
};

/// BERT that guesses masked words.
pub type BertForMaskedLM = ForMaskedLM<BertModel>;
/// BERT with a class or a number for a sentence or a pair.
pub type BertForSequenceClassification = ForSequenceClassification<BertModel>;
/// BERT that chooses one of several continuations.
pub type BertForMultipleChoice = ForMultipleChoice<BertModel>;
/// BERT with a tag for every token.
pub type BertForTokenClassification = ForTokenClassification<BertModel>;
/// BERT that marks an answer in a text.
pub type BertForQuestionAnswering = ForQuestionAnswering<BertModel>;
/// RoBERTa that guesses masked words.
pub type RobertaForMaskedLM = ForMaskedLM<RobertaModel>;
/// RoBERTa with a class or a number for a sentence or a pair.
pub type RobertaForSequenceClassification = ForSequenceClassification<RobertaModel>;
/// RoBERTa that chooses one of several continuations.
pub type RobertaForMultipleChoice = ForMultipleChoice<RobertaModel>;
/// RoBERTa with a tag for every token.
pub type RobertaForTokenClassification = ForTokenClassification<RobertaModel>;
/// RoBERTa that marks an answer in a text.
pub type RobertaForQuestionAnswering = ForQuestionAnswering<RobertaModel>;
/// ALBERT that guesses masked words.
pub type AlbertForMaskedLM = ForMaskedLM<AlbertModel>;
/// ALBERT with a class or a number for a sentence or a pair.
pub type AlbertForSequenceClassification = ForSequenceClassification<AlbertModel>;
/// ALBERT that chooses one of several continuations.
pub type AlbertForMultipleChoice = ForMultipleChoice<AlbertModel>;
/// ALBERT with a tag for every token.
pub type AlbertForTokenClassification = ForTokenClassification<AlbertModel>;
/// ALBERT that marks an answer in a text.
pub type AlbertForQuestionAnswering = ForQuestionAnswering<AlbertModel>;
/// DistilBERT that guesses masked words.
pub type DistilBertForMaskedLM = ForMaskedLM<DistilBertModel>;
/// DistilBERT with a class or a number for a sentence or a pair.
pub type DistilBertForSequenceClassification = ForSequenceClassification<DistilBertModel>;
/// DistilBERT that chooses one of several continuations.
pub type DistilBertForMultipleChoice = ForMultipleChoice<DistilBertModel>;
/// DistilBERT with a tag for every token.
pub type DistilBertForTokenClassification = ForTokenClassification<DistilBertModel>;
/// DistilBERT that marks an answer in a text.
pub type DistilBertForQuestionAnswering = ForQuestionAnswering<DistilBertModel>;
