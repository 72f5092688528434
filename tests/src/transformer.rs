//! Group `transformer`: layers, stacks and positions.

use jumok_attention::Mask;
use jumok_nn::translation::{DecodingOptions, Seq2SeqBatch, Seq2SeqLoss};
use jumok_nn::{Ctx, Module};
use jumok_tensor::{CrossEntropy, Tensor};
use jumok_transformer::positions::{SinusoidLayout, sinusoidal};
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use jumok_transformer::{
    Decoder, DecoderLayer, Encoder, EncoderDecoder, EncoderDecoderMasks, EncoderLayer, EncoderLayerConfig,
};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::attention::padding_mask;
use crate::bind::bind;
use crate::given::{Given, Outputs, Result};
use crate::torch::unpack;
use crate::{CaseError, Compute};

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "transformer_encoder_layer" => encoder_layer,
        "transformer_encoder" => encoder,
        "transformer_decoder_layer" => decoder_layer,
        "transformer_decoder" => decoder,
        "transformer" => encoder_decoder,
        "transformer_seq2seq_model" => translation,
        "sinusoidal_position_encoding" => sinusoidal_position_encoding,
        _ => return None,
    };
    Some(compute)
}

/// A generator for initial weights that the case's own will replace.
pub(crate) fn any_rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(0)
}

/// The attributes that the layers of all stacks have in common.
pub(crate) fn layer_config(g: &Given) -> Result<EncoderLayerConfig> {
    let activation: String = g.attr("activation")?;
    Ok(EncoderLayerConfig {
        activation: g.succeed(activation.parse())?,
        norm_first: g.attr("norm_first")?,
        layer_norm_eps: g.attr("layer_norm_eps")?,
        bias: g.attr_or("bias", true)?,
        ..EncoderLayerConfig::new(g.attr("d_model")?, g.attr("nhead")?, g.attr("dim_feedforward")?)
    })
}

fn encoder_layer(g: &Given) -> Result<Outputs> {
    let layer = EncoderLayer::new(&layer_config(g)?, &mut any_rng());
    encode(g, layer, EncoderLayer::forward)
}

fn encoder(g: &Given) -> Result<Outputs> {
    let encoder = Encoder::new(&layer_config(g)?, g.attr("num_layers")?, g.attr("final_norm")?, &mut any_rng());
    encode(g, encoder, Encoder::forward)
}

/// The masks among a case's tokens under these names. PyTorch's are true where nobody may attend.
fn mask(g: &Given, mask: &str, key_padding_mask: &str) -> Result<Mask> {
    let padding = padding_mask(g, key_padding_mask)?;
    Ok(match g.bools_opt(mask)? {
        Some(forbidden) => padding.and(&Mask::allowed(forbidden.not())),
        None => padding,
    })
}

fn encode<M: Module>(
    g: &Given,
    mut module: M,
    forward: impl Fn(&M, &Tensor, &Mask, &mut Ctx) -> Tensor,
) -> Result<Outputs> {
    bind(&mut module, &unpack(g.all_params()), g)?;
    let mask = mask(g, "mask", "key_padding_mask")?;
    Ok(Outputs::y(forward(&module, g.input("x")?, &mask, &mut Ctx::eval())))
}

fn decoder_layer(g: &Given) -> Result<Outputs> {
    let layer = DecoderLayer::new(&layer_config(g)?, &mut any_rng());
    decode(g, layer, DecoderLayer::forward)
}

fn decoder(g: &Given) -> Result<Outputs> {
    let decoder = Decoder::new(&layer_config(g)?, g.attr("num_layers")?, g.attr("final_norm")?, &mut any_rng());
    decode(g, decoder, Decoder::forward)
}

fn decode<M: Module>(
    g: &Given,
    mut module: M,
    forward: impl Fn(&M, &Tensor, &Tensor, &Mask, &Mask, &mut Ctx) -> Tensor,
) -> Result<Outputs> {
    bind(&mut module, &unpack(g.all_params()), g)?;
    let target = mask(g, "tgt_mask", "tgt_key_padding_mask")?;
    let memory = mask(g, "memory_mask", "memory_key_padding_mask")?;
    Ok(Outputs::y(forward(&module, g.input("x")?, g.input("memory")?, &target, &memory, &mut Ctx::eval())))
}

/// `torch.nn.Transformer`. The memory is padded where the source is; PyTorch has to be told both, and the reference did so.
fn encoder_decoder(g: &Given) -> Result<Outputs> {
    let layers = [g.attr("num_encoder_layers")?, g.attr("num_decoder_layers")?];
    let mut model = EncoderDecoder::new(&layer_config(g)?, layers[0], layers[1], true, &mut any_rng());
    bind(&mut model, &unpack(g.all_params()), g)?;
    let masks = EncoderDecoderMasks {
        source: mask(g, "src_mask", "src_key_padding_mask")?,
        target: mask(g, "tgt_mask", "tgt_key_padding_mask")?,
        memory: mask(g, "memory_mask", "src_key_padding_mask")?,
    };
    Ok(Outputs::y(model.forward(g.input("src")?, g.input("tgt")?, &masks, &mut Ctx::eval())))
}

/// A Transformer with embeddings and output layer: taught, and decoding greedily. The reference has two tables, and a norm behind
/// the stacks only before-norm.
fn translation(g: &Given) -> Result<Outputs> {
    let norm_first: bool = g.attr("norm_first")?;
    if g.attr::<bool>("final_norm")? != norm_first {
        return Err(CaseError::not_built("transformer_seq2seq_model with final norms of the other kind"));
    }
    let (layers, heads, ffn_dim) = (g.attr("num_layers")?, g.attr("nhead")?, g.attr("dim_feedforward")?);
    let activation: String = g.attr("activation")?;
    let config = TransformerConfig {
        vocab_size: g.attr("vocab")?,
        share_encoder_decoder_embeddings: false,
        tie_word_embeddings: g.attr("tie_output_to_tgt_embed")?,
        d_model: g.attr("d_model")?,
        encoder_layers: layers,
        encoder_attention_heads: heads,
        encoder_ffn_dim: ffn_dim,
        decoder_layers: layers,
        decoder_attention_heads: heads,
        decoder_ffn_dim: ffn_dim,
        activation_function: g.succeed(activation.parse())?,
        normalize_before: norm_first,
        layer_norm_eps: g.attr("layer_norm_eps")?,
        dropout: 0.0,
        pad_token_id: g.attr("pad")?,
        bos_token_id: g.attr("bos")?,
        eos_token_id: g.attr("eos")?,
        ..TransformerConfig::base()
    };
    let mut model = g.succeed(TransformerForTranslation::new(&config, &mut any_rng()))?;
    bind(&mut model, &unpack(g.all_params()), g)?;
    let (source, pad) = (g.ints("src")?, config.pad_token_id);
    let [_, width] = source.dims();
    let real = |row: &[i64]| row.iter().rposition(|&id| id != pad as i64).map_or(0, |last| last + 1);
    let source_lengths = source.as_slice().chunks(width).map(real).collect();
    let batch = Seq2SeqBatch { source, source_lengths, target: g.ints("tgt")?, pad_token_id: pad };
    let ctx = &mut Ctx::eval();
    let memory = model.encode(&batch.source, &batch.source_lengths, ctx);
    let logits = model.decode(&batch.decoder_input(), &memory, ctx);
    let smoothing = CrossEntropy { label_smoothing: g.attr("label_smoothing")?, ..batch.cross_entropy() };
    let loss = Seq2SeqLoss::new(&logits, &batch.labels(), &smoothing).loss;
    let options = DecodingOptions { max_length: g.attr("max_len")?, stop_when_finished: false };
    let greedy = model.greedy_ids(&batch.source, &batch.source_lengths, &options, ctx).ids;
    Ok(Outputs::new().and("loss", loss).and("logits", logits).and("memory", memory.states).and("greedy", greedy))
}

fn sinusoidal_position_encoding(g: &Given) -> Result<Outputs> {
    let layout = match g.attr::<String>("layout")?.as_str() {
        "interleaved" => SinusoidLayout::Interleaved,
        "halves" => SinusoidLayout::Halves,
        other => return Err(g.unsuitable(format!("unknown layout {other} of sinusoidal positions"))),
    };
    Ok(Outputs::y(sinusoidal(g.attr("length")?, g.attr("d_model")?, layout)))
}
