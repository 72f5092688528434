//! Group `transformer`: layers, stacks and positions.

use jumok_attention::Mask;
use jumok_nn::{Ctx, Module};
use jumok_tensor::Tensor;
use jumok_transformer::positions::{SinusoidLayout, sinusoidal};
use jumok_transformer::{Encoder, EncoderLayer, EncoderLayerConfig};
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

/// PyTorch's masks are true where nobody may attend.
fn encode<M: Module>(
    g: &Given,
    mut module: M,
    forward: impl Fn(&M, &Tensor, &Mask, &mut Ctx) -> Tensor,
) -> Result<Outputs> {
    bind(&mut module, &unpack(g.all_params()), g)?;
    let mut mask = padding_mask(g, "key_padding_mask")?;
    if let Some(forbidden) = g.bools_opt("mask")? {
        mask = mask.and(&Mask::allowed(forbidden.not()));
    }
    Ok(Outputs::y(forward(&module, g.input("x")?, &mask, &mut Ctx::eval())))
}

fn sinusoidal_position_encoding(g: &Given) -> Result<Outputs> {
    let layout = match g.attr::<String>("layout")?.as_str() {
        "interleaved" => SinusoidLayout::Interleaved,
        "halves" => SinusoidLayout::Halves,
        other => return Err(g.unsuitable(format!("unknown layout {other} of sinusoidal positions"))),
    };
    Ok(Outputs::y(sinusoidal(g.attr("length")?, g.attr("d_model")?, layout)))
}
