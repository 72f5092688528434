//! The models in burn, on its portable CPU backend (flex).

use burn::module::{Module, Param};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::{Embedding, EmbeddingConfig, Initializer, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::{gelu, tanh};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::data::{BertBatch, GptBatch, Sizes};
use crate::{LEARNING_RATE, STD, Step, WEIGHT_DECAY};

const NORMAL: Initializer = Initializer::Normal { mean: 0.0, std: STD };

fn linear(from: usize, to: usize, bias: bool, device: &Device) -> Linear {
    LinearConfig::new(from, to).with_bias(bias).with_initializer(NORMAL).init(device)
}

fn table(rows: usize, width: usize, device: &Device) -> Embedding {
    EmbeddingConfig::new(rows, width).with_initializer(NORMAL).init(device)
}

fn norm(width: usize, bias: bool, device: &Device) -> LayerNorm {
    LayerNormConfig::new(width).with_bias(bias).init(device)
}

fn ids(values: &[u32], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|&id| id as i32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

#[derive(Module, Debug)]
struct Layer {
    heads: usize,
    /// Causal, and pre-norm.
    causal: bool,
    in_proj: Linear,
    out_proj: Linear,
    linear1: Linear,
    linear2: Linear,
    norm1: LayerNorm,
    norm2: LayerNorm,
}

impl Layer {
    fn new(sizes: &Sizes, causal: bool, device: &Device) -> Layer {
        let (width, bias) = (sizes.hidden_size, !causal);
        Layer {
            heads: sizes.num_heads,
            causal,
            in_proj: linear(width, 3 * width, bias, device),
            out_proj: linear(width, width, bias, device),
            linear1: linear(width, 4 * width, bias, device),
            linear2: linear(4 * width, width, bias, device),
            norm1: norm(width, bias, device),
            norm2: norm(width, bias, device),
        }
    }

    fn attend(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, length, width] = x.dims();
        let x = self.in_proj.forward(x);
        let part = |n: usize| {
            let part = x.clone().narrow(2, n * width, width);
            part.reshape([batch, length, self.heads, width / self.heads]).swap_dims(1, 2)
        };
        let options = AttentionModuleOptions { is_causal: self.causal, ..Default::default() };
        let context = attention(part(0), part(1), part(2), None, None, options);
        self.out_proj.forward(context.swap_dims(1, 2).reshape([batch, length, width]))
    }

    fn work(&self, x: Tensor<3>) -> Tensor<3> {
        self.linear2.forward(gelu(self.linear1.forward(x)))
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        if self.causal {
            let x = x.clone() + self.attend(self.norm1.forward(x));
            return x.clone() + self.work(self.norm2.forward(x));
        }
        let x = self.norm1.forward(x.clone() + self.attend(x));
        self.norm2.forward(x.clone() + self.work(x))
    }
}

fn layers(sizes: &Sizes, causal: bool, device: &Device) -> Vec<Layer> {
    (0..sizes.num_layers).map(|_| Layer::new(sizes, causal, device)).collect()
}

/// A step of AdamW down the gradient of `loss(model, batch number)`.
fn training<Model: Module + 'static>(model: Model, loss: impl Fn(&Model, usize) -> Tensor<1> + 'static) -> Step {
    let settings = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(WEIGHT_DECAY as f32);
    let mut optimizer = settings.init();
    // The optimizer takes the model and gives it back.
    let mut model = Some(model);
    Box::new(move |number| {
        let before = model.take().ok_or("a step did not give the model back")?;
        let loss = loss(&before, number);
        let gradients = GradientsParams::from_grads(loss.backward(), &before);
        model = Some(optimizer.step(LEARNING_RATE, before, gradients));
        Ok(f64::from(loss.into_scalar::<f32>()))
    })
}

#[derive(Module, Debug)]
struct Bert {
    words: Embedding,
    places: Embedding,
    segments: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
    pooler: Linear,
    transform: Linear,
    transform_norm: LayerNorm,
    word_bias: Param<Tensor<1>>,
    relation: Linear,
}

pub fn bert(sizes: &Sizes, batches: &[BertBatch]) -> Step {
    let device = Device::flex().autodiff();
    let &Sizes { vocab_size, hidden_size: width, seq_len, batch_size, .. } = sizes;
    let model = Bert {
        words: table(vocab_size, width, &device),
        places: table(seq_len, width, &device),
        segments: table(2, width, &device),
        norm: norm(width, true, &device),
        layers: layers(sizes, false, &device),
        pooler: linear(width, width, true, &device),
        transform: linear(width, width, true, &device),
        transform_norm: norm(width, true, &device),
        word_bias: Initializer::Zeros.init([vocab_size], &device),
        relation: linear(width, 2, true, &device),
    };
    let table = |values: &[u32]| ids(values, &device).reshape([batch_size, seq_len]);
    let batches: Vec<_> = batches
        .iter()
        .map(|batch| {
            let inputs = [table(&batch.input_ids), table(&batch.token_type_ids)];
            let lists = [&batch.masked_positions, &batch.masked_labels, &batch.next_sentence_labels];
            (inputs, lists.map(|list| ids(list, &device)))
        })
        .collect();
    let cross_entropy: CrossEntropyLoss = CrossEntropyLossConfig::new().init(&device);
    training(model, move |model: &Bert, number| {
        let ([input_ids, types], [positions, masked_labels, next_labels]) = batches[number].clone();
        let x = model.words.forward(input_ids) + model.segments.forward(types);
        let x = x + model.places.weight.val().unsqueeze::<3>();
        let x = model.layers.iter().fold(model.norm.forward(x), |x, layer| layer.forward(x));
        let pooled = tanh(model.pooler.forward(x.clone().narrow(1, 0, 1).reshape([batch_size, width])));
        let masked = x.reshape([batch_size * seq_len, width]).select(0, positions);
        let masked = model.transform_norm.forward(gelu(model.transform.forward(masked)));
        let logits = masked.matmul(model.words.weight.val().transpose()) + model.word_bias.val().unsqueeze::<2>();
        cross_entropy.forward(logits, masked_labels)
            + cross_entropy.forward(model.relation.forward(pooled), next_labels)
    })
}

#[derive(Module, Debug)]
struct Gpt {
    words: Embedding,
    places: Embedding,
    layers: Vec<Layer>,
    norm: LayerNorm,
}

pub fn gpt(sizes: &Sizes, batches: &[GptBatch]) -> Step {
    let device = Device::flex().autodiff();
    let &Sizes { vocab_size, hidden_size: width, seq_len, batch_size, .. } = sizes;
    let model = Gpt {
        words: table(vocab_size, width, &device),
        places: table(seq_len, width, &device),
        layers: layers(sizes, true, &device),
        norm: norm(width, false, &device),
    };
    let batches: Vec<_> = batches
        .iter()
        .map(|batch| (ids(&batch.input_ids, &device).reshape([batch_size, seq_len]), ids(&batch.targets, &device)))
        .collect();
    let cross_entropy: CrossEntropyLoss = CrossEntropyLossConfig::new().init(&device);
    training(model, move |model: &Gpt, number| {
        let (input_ids, targets) = batches[number].clone();
        let x = model.words.forward(input_ids) + model.places.weight.val().unsqueeze::<3>();
        let x = model.layers.iter().fold(x, |x, layer| layer.forward(x));
        let x = model.norm.forward(x).reshape([batch_size * seq_len, width]);
        cross_entropy.forward(x.matmul(model.words.weight.val().transpose()), targets)
    })
}
