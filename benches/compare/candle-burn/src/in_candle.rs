//! The models in candle. Its layer norm over contiguous rows and its softmax over the last axis have no backward pass, so both
//! are composed.

use std::error::Error;

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::{AdamW, Init, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, loss, ops};

use crate::data::{BertBatch, GptBatch, Sizes};
use crate::{LEARNING_RATE, STD, Step, WEIGHT_DECAY};

const DEVICE: Device = Device::Cpu;
const NORMAL: Init = Init::Randn { mean: 0.0, stdev: STD };

fn linear(from: usize, to: usize, bias: bool, weights: VarBuilder) -> Result<Linear> {
    let weight = weights.get_with_hints((to, from), "weight", NORMAL)?;
    let bias = if bias { Some(weights.get_with_hints(to, "bias", Init::Const(0.0))?) } else { None };
    Ok(Linear::new(weight, bias))
}

struct Norm {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Norm {
    fn new(width: usize, bias: bool, weights: VarBuilder) -> Result<Norm> {
        let weight = weights.get_with_hints(width, "weight", Init::Const(1.0))?;
        let bias = if bias { Some(weights.get_with_hints(width, "bias", Init::Const(0.0))?) } else { None };
        Ok(Norm { weight, bias })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let y = centred.broadcast_div(&(variance + 1e-5)?.sqrt()?)?.broadcast_mul(&self.weight)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

struct Layer {
    heads: usize,
    /// `[T, T]`, −∞ above the diagonal; pre-norm if there is one.
    causal: Option<Tensor>,
    in_proj: Linear,
    out_proj: Linear,
    linear1: Linear,
    linear2: Linear,
    norm1: Norm,
    norm2: Norm,
}

impl Layer {
    fn new(sizes: &Sizes, causal: Option<Tensor>, weights: VarBuilder) -> Result<Layer> {
        let (width, bias) = (sizes.hidden_size, causal.is_none());
        Ok(Layer {
            heads: sizes.num_heads,
            causal,
            in_proj: linear(width, 3 * width, bias, weights.pp("in_proj"))?,
            out_proj: linear(width, width, bias, weights.pp("out_proj"))?,
            linear1: linear(width, 4 * width, bias, weights.pp("linear1"))?,
            linear2: linear(4 * width, width, bias, weights.pp("linear2"))?,
            norm1: Norm::new(width, bias, weights.pp("norm1"))?,
            norm2: Norm::new(width, bias, weights.pp("norm2"))?,
        })
    }

    fn attend(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, length, width) = x.dims3()?;
        let d_k = width / self.heads;
        let heads = self.in_proj.forward(x)?.reshape((batch, length, 3, self.heads, d_k))?;
        let part = |n: usize| heads.narrow(2, n, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let mut scores = (query.matmul(&key.t()?)? / (d_k as f64).sqrt())?;
        if let Some(mask) = &self.causal {
            scores = scores.broadcast_add(mask)?;
        }
        let context = ops::softmax(&scores, D::Minus1)?.matmul(&value)?;
        self.out_proj.forward(&context.transpose(1, 2)?.reshape((batch, length, width))?)
    }

    fn work(&self, x: &Tensor) -> Result<Tensor> {
        self.linear2.forward(&self.linear1.forward(x)?.gelu_erf()?)
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if self.causal.is_some() {
            let x = (x + self.attend(&self.norm1.forward(x)?)?)?;
            return &x + self.work(&self.norm2.forward(&x)?)?;
        }
        let x = self.norm1.forward(&(x + self.attend(x)?)?)?;
        self.norm2.forward(&(&x + self.work(&x)?)?)
    }
}

fn layers(sizes: &Sizes, causal: Option<Tensor>, weights: VarBuilder) -> Result<Vec<Layer>> {
    (0..sizes.num_layers).map(|n| Layer::new(sizes, causal.clone(), weights.pp(format!("layer.{n}")))).collect()
}

/// A step of AdamW down the gradient of `loss(batch number)`.
fn training(weights: &VarMap, loss: impl Fn(usize) -> Result<Tensor> + 'static) -> Result<Step> {
    let settings = ParamsAdamW { lr: LEARNING_RATE, weight_decay: WEIGHT_DECAY, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(weights.all_vars(), settings)?;
    Ok(Box::new(move |number| {
        let loss = loss(number)?;
        optimizer.step(&loss.backward()?)?;
        Ok(f64::from(loss.to_scalar::<f32>()?))
    }))
}

pub fn bert(sizes: &Sizes, batches: &[BertBatch]) -> std::result::Result<Step, Box<dyn Error>> {
    let map = VarMap::new();
    let weights = VarBuilder::from_varmap(&map, DType::F32, &DEVICE);
    let &Sizes { vocab_size, hidden_size: width, seq_len, batch_size, .. } = sizes;
    let words = weights.get_with_hints((vocab_size, width), "words", NORMAL)?;
    let places = weights.get_with_hints((seq_len, width), "places", NORMAL)?;
    let segments = weights.get_with_hints((2, width), "segments", NORMAL)?;
    let norm = Norm::new(width, true, weights.pp("norm"))?;
    let layers = layers(sizes, None, weights.clone())?;
    let pooler = linear(width, width, true, weights.pp("pooler"))?;
    let transform = linear(width, width, true, weights.pp("transform"))?;
    let transform_norm = Norm::new(width, true, weights.pp("transform_norm"))?;
    let word_bias = weights.get_with_hints(vocab_size, "word_bias", Init::Const(0.0))?;
    let relation = linear(width, 2, true, weights.pp("relation"))?;

    let list = |ids: &[u32]| Tensor::from_slice(ids, ids.len(), &DEVICE);
    let batches = batches
        .iter()
        .map(|batch| {
            Ok([
                list(&batch.input_ids)?,
                list(&batch.token_type_ids)?,
                list(&batch.masked_positions)?,
                list(&batch.masked_labels)?,
                list(&batch.next_sentence_labels)?,
            ])
        })
        .collect::<Result<Vec<_>>>()?;
    let step = training(&map, move |number| {
        let [ids, types, positions, masked_labels, next_labels] = &batches[number];
        let x = (words.index_select(ids, 0)? + segments.index_select(types, 0)?)?;
        let x = x.reshape((batch_size, seq_len, width))?.broadcast_add(&places)?;
        let mut x = norm.forward(&x)?;
        for layer in &layers {
            x = layer.forward(&x)?;
        }
        let pooled = pooler.forward(&x.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?)?.tanh()?;
        let masked = x.flatten(0, 1)?.index_select(positions, 0)?;
        let masked = transform_norm.forward(&transform.forward(&masked)?.gelu_erf()?)?;
        let logits = masked.matmul(&words.t()?)?.broadcast_add(&word_bias)?;
        loss::cross_entropy(&logits, masked_labels)? + loss::cross_entropy(&relation.forward(&pooled)?, next_labels)?
    })?;
    Ok(step)
}

pub fn gpt(sizes: &Sizes, batches: &[GptBatch]) -> std::result::Result<Step, Box<dyn Error>> {
    let map = VarMap::new();
    let weights = VarBuilder::from_varmap(&map, DType::F32, &DEVICE);
    let &Sizes { vocab_size, hidden_size: width, seq_len, batch_size, .. } = sizes;
    let words = weights.get_with_hints((vocab_size, width), "words", NORMAL)?;
    let places = weights.get_with_hints((seq_len, width), "places", NORMAL)?;
    let later = (0..seq_len * seq_len).map(|i| if i % seq_len > i / seq_len { f32::NEG_INFINITY } else { 0.0 });
    let causal = Tensor::from_vec(later.collect::<Vec<f32>>(), (seq_len, seq_len), &DEVICE)?;
    let layers = layers(sizes, Some(causal), weights.clone())?;
    let norm = Norm::new(width, false, weights.pp("norm"))?;

    let list = |ids: &[u32]| Tensor::from_slice(ids, ids.len(), &DEVICE);
    let batches =
        batches.iter().map(|batch| Ok([list(&batch.input_ids)?, list(&batch.targets)?])).collect::<Result<Vec<_>>>()?;
    let step = training(&map, move |number| {
        let [ids, targets] = &batches[number];
        let x = words.index_select(ids, 0)?.reshape((batch_size, seq_len, width))?;
        let mut x = x.broadcast_add(&places)?;
        for layer in &layers {
            x = layer.forward(&x)?;
        }
        let logits = norm.forward(&x)?.flatten(0, 1)?.matmul(&words.t()?)?;
        loss::cross_entropy(&logits, targets)
    })?;
    Ok(step)
}
