//! Saves a small random model of every class of the family, each with a batch and what the model says of it, for
//! `tests/interop/roundtrip.py`. Prints the folders.
//!
//! cargo run --release --example interop_models -p jumok-bert -- OUT

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use jumok_bert::{
    AlbertConfig, AlbertForPreTraining, AlbertModel, BertConfig, BertForNextSentencePrediction, BertForPreTraining,
    BertInputs, BertModel, DistilBertConfig, DistilBertModel, EncoderSettings, ForMaskedLM, ForMultipleChoice,
    ForQuestionAnswering, ForSequenceClassification, ForTokenClassification, HeadConfig, HeadedModel, RobertaConfig,
    RobertaModel, TextEncoder,
};
use jumok_nn::{Ctx, Module, NamedArrays, save_arrays};
use jumok_tensor::{Array, Elem, IntTensor, Tensor};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Two sequences of seven tokens, the second padded.
fn inputs(pad: i64, segments: bool) -> BertInputs {
    let ids = vec![2, 15, 26, 3, 7, 9, 3, 2, 17, 33, 3, 30, pad, pad];
    let mut inputs = BertInputs::new(IntTensor::from_vec(ids, &[2, 7]));
    inputs.attention_mask = IntTensor::from_vec(vec![1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], &[2, 7]);
    if segments {
        inputs.token_type_ids = IntTensor::from_vec(vec![0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0], &[2, 7]);
    }
    inputs
}

/// Biases and norms away from 0 and 1, so that a confusion of two of them shows.
fn disturb(model: &mut impl Module) {
    let mut n = 0;
    model.for_each_parameter_mut(&mut |_, parameter| {
        for x in parameter.array_mut().make_mut() {
            n += 1;
            *x += ((n * 37) % 101) as Elem / 500.0 - 0.1;
        }
    });
}

/// Where models go, and how their batches are made.
struct Target<'a> {
    out: &'a Path,
    pad: i64,
    segments: bool,
    has_token_types: bool,
}

impl Target<'_> {
    fn save<M: HeadedModel>(
        &self,
        mut model: M,
        config: &<M::Encoder as TextEncoder>::Config,
        forward: impl Fn(&M, &BertInputs) -> Vec<(&'static str, Tensor)>,
    ) -> Result<()> {
        disturb(&mut model);
        let folder: PathBuf = self.out.join(M::architecture());
        model.save(config, &folder)?;
        let inputs = inputs(self.pad, self.segments);
        // Choices stand on an axis of their own there.
        let shape: &[usize] = if M::HEAD == "ForMultipleChoice" { &[1, 2, 7] } else { &[2, 7] };
        let ids = |ids: &IntTensor| Array::from_vec(ids.as_slice().iter().map(|&id| id as Elem).collect(), shape);
        let mut arrays = BTreeMap::from([
            ("in.input_ids".to_owned(), ids(&inputs.input_ids)),
            ("in.attention_mask".to_owned(), ids(&inputs.attention_mask)),
        ]);
        if self.has_token_types {
            arrays.insert("in.token_type_ids".to_owned(), ids(&inputs.token_type_ids));
        }
        for (name, tensor) in forward(&model, &inputs) {
            arrays.insert(format!("out.{name}"), tensor.array().clone());
        }
        let expected = NamedArrays { arrays, ..NamedArrays::default() };
        save_arrays(&expected, &folder.join("expected.safetensors"))?;
        println!("{}", folder.display());
        Ok(())
    }

    /// The heads that all of the family have.
    fn save_heads<E: TextEncoder>(&self, config: &E::Config) -> Result<()> {
        let mut labelled = config.clone();
        *labelled.head_mut() = HeadConfig::named(["good", "bad", "so-so"]);
        let (seed, config) = (7, &labelled);
        self.save(ForMaskedLM::<E>::new(config, seed)?, config, |model, inputs| {
            vec![("logits", model.forward(inputs, &mut Ctx::eval()))]
        })?;
        self.save(ForSequenceClassification::<E>::new(config, seed)?, config, |model, inputs| {
            vec![("logits", model.forward(inputs, &mut Ctx::eval()))]
        })?;
        self.save(ForMultipleChoice::<E>::new(config, seed)?, config, |model, inputs| {
            vec![("logits", model.forward(inputs, 2, &mut Ctx::eval()))]
        })?;
        self.save(ForTokenClassification::<E>::new(config, seed)?, config, |model, inputs| {
            vec![("logits", model.forward(inputs, &mut Ctx::eval()))]
        })?;
        let mut answers = config.clone();
        *answers.head_mut() = HeadConfig::default();
        self.save(ForQuestionAnswering::<E>::new(&answers, seed)?, &answers, |model, inputs| {
            let [start, end] = model.forward(inputs, &mut Ctx::eval());
            vec![("start_logits", start), ("end_logits", end)]
        })
    }
}

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::args().nth(1).ok_or("give the folder that the models go into")?);
    let bert = BertConfig {
        vocab_size: 40,
        hidden_size: 16,
        num_attention_heads: 2,
        intermediate_size: 24,
        max_position_embeddings: 12,
        ..BertConfig::tiny()
    };
    let roberta = RobertaConfig {
        vocab_size: 40,
        hidden_size: 16,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 24,
        max_position_embeddings: 14,
        ..RobertaConfig::base()
    };
    let albert = AlbertConfig {
        vocab_size: 40,
        embedding_size: 6,
        hidden_size: 16,
        num_hidden_layers: 4,
        num_hidden_groups: 2,
        num_attention_heads: 2,
        intermediate_size: 24,
        max_position_embeddings: 12,
        ..AlbertConfig::base()
    };
    let distilbert = DistilBertConfig {
        vocab_size: 40,
        dim: 16,
        n_layers: 2,
        n_heads: 2,
        hidden_dim: 24,
        max_position_embeddings: 12,
        ..DistilBertConfig::default()
    };
    let target = Target { out: &out, pad: 0, segments: true, has_token_types: true };
    target.save_heads::<BertModel>(&bert)?;
    target.save(BertForNextSentencePrediction::new(&bert, 7)?, &bert, |model, inputs| {
        vec![("logits", model.forward(inputs, &mut Ctx::eval()))]
    })?;
    target.save(BertForPreTraining::new(&bert, 7)?, &bert, |model, inputs| {
        let everywhere = IntTensor::from_vec((0..14).collect(), &[14]);
        let output = model.forward(inputs, &everywhere, &mut Ctx::eval());
        let words = output.prediction_logits.reshape(&[2, 7, 40]);
        vec![("prediction_logits", words), ("seq_relationship_logits", output.seq_relationship_logits)]
    })?;
    target.save_heads::<AlbertModel>(&albert)?;
    target.save(AlbertForPreTraining::new(&albert, 7)?, &albert, |model, inputs| {
        let [words, order] = model.forward(inputs, &mut Ctx::eval());
        vec![("prediction_logits", words), ("sop_logits", order)]
    })?;
    let target = Target { pad: 1, segments: false, ..target };
    target.save_heads::<RobertaModel>(&roberta)?;
    let target = Target { pad: 0, has_token_types: false, ..target };
    target.save_heads::<DistilBertModel>(&distilbert)
}
