//! Group `transformer`: layers, stacks and positions.

use jumok_attention::Mask;
use jumok_nn::{Ctx, Module};
use jumok_tensor::Tensor;
use jumok_transformer::positions::{SinusoidLayout, sinusoidal};
use jumok_transformer::{
    Decoder, DecoderLayer, Encoder, EncoderDecoder, EncoderDecoderMasks, EncoderLayer, EncoderLayerConfig,
};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::Compute;
use crate::attention::padding_mask;
use crate::bind::bind;
use crate::given::{Given, Outputs, Result};
use crate::torch::unpack;

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "transformer_encoder_layer" => encoder_layer,
        "transformer_encoder" => encoder,
        "transformer_decoder_layer" => decoder_layer,
        "transformer_decoder" => decoder,
        "transformer" => encoder_decoder,
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

/// `torch.nn.Transformer`. Where the case has no mask for the memory, it has none: PyTorch does not infer it from the source.
fn encoder_decoder(g: &Given) -> Result<Outputs> {
    let layers = [g.attr("num_encoder_layers")?, g.attr("num_decoder_layers")?];
    let mut model = EncoderDecoder::new(&layer_config(g)?, layers[0], layers[1], true, &mut any_rng());
    bind(&mut model, &unpack(g.all_params()), g)?;
    let masks = EncoderDecoderMasks {
        source: mask(g, "src_mask", "src_key_padding_mask")?,
        target: mask(g, "tgt_mask", "tgt_key_padding_mask")?,
        memory: mask(g, "memory_mask", "memory_key_padding_mask")?,
    };
    Ok(Outputs::y(model.forward(g.input("src")?, g.input("tgt")?, &masks, &mut Ctx::eval())))
}

fn sinusoidal_position_encoding(g: &Given) -> Result<Outputs> {
    let layout = match g.attr::<String>("layout")?.as_str() {
        "interleaved" => SinusoidLayout::Interleaved,
        "halves" => SinusoidLayout::Halves,
        other => return Err(g.unsuitable(format!("unknown layout {other} of sinusoidal positions"))),
    };
    Ok(Outputs::y(sinusoidal(g.attr("length")?, g.attr("d_model")?, layout)))
}
