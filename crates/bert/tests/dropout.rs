//! Where the encoders drop out in training: at the places of Hugging Face's modelling code, and nowhere else.

use jumok_bert::{
    AlbertConfig, AlbertModel, BertConfig, BertInputs, BertModel, DistilBertConfig, DistilBertModel, EncoderSettings,
    TextEncoder,
};
use jumok_nn::{Ctx, Dropout};
use jumok_tensor::{IntTensor, Tensor};
use jumok_transformer::EncoderLayer;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const P: f64 = 0.3;

fn built<E: TextEncoder>(mut config: E::Config) -> E {
    config.set_dropout(P);
    E::build(&config, false, &mut ChaCha8Rng::seed_from_u64(1))
}

fn inputs() -> BertInputs {
    BertInputs::new(IntTensor::from_vec(vec![2, 5, 6, 7, 3, 2, 8, 9, 10, 3], &[2, 5]))
}

fn bert() -> BertConfig {
    BertConfig {
        vocab_size: 11,
        hidden_size: 8,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 12,
        max_position_embeddings: 6,
        ..BertConfig::tiny()
    }
}

/// (behind the attention, behind the feed-forward layer, between its two halves)
fn places(layer: &EncoderLayer) -> (f64, f64, f64) {
    (layer.dropout1, layer.dropout2, layer.feed_forward.dropout)
}

/// A layer computed step by step, with dropout where `behind` says; the attention draws for itself.
fn by_hand(layer: &EncoderLayer, x: &Tensor, behind: [f64; 2], ctx: &mut Ctx) -> Tensor {
    let none = jumok_attention::Mask::none();
    let heads = layer.self_attn.context(x, x, x, &none, ctx);
    let attended = layer.self_attn.output.forward(&heads);
    let x = layer.norm1.forward(&(x + Dropout::new(behind[0]).forward(&attended, ctx)));
    let feed_forward = &layer.feed_forward;
    let hidden = feed_forward.activation.forward(&feed_forward.linear1.forward(&x));
    let worked = feed_forward.linear2.forward(&hidden);
    layer.norm2.forward(&(&x + Dropout::new(behind[1]).forward(&worked, ctx)))
}

#[test]
fn each_encoder_drops_out_where_its_own_code_does() {
    let bert: BertModel = built(bert());
    // BertSelfOutput and BertOutput both drop out.
    assert_eq!(places(&bert.encoder.layer[0].layer), (P, P, 0.0));
    let config = AlbertConfig {
        vocab_size: 11,
        embedding_size: 4,
        hidden_size: 8,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 12,
        max_position_embeddings: 6,
        ..AlbertConfig::base()
    };
    // AlbertAttention drops its output out; ff_chunk and full_layer_layer_norm do not.
    let albert: AlbertModel = built(config);
    let albert_layer = &albert.encoder.albert_layer_groups[0].albert_layers[0].layer;
    assert_eq!(places(albert_layer), (P, 0.0, 0.0));
    let config = DistilBertConfig {
        vocab_size: 11,
        dim: 8,
        n_layers: 2,
        n_heads: 2,
        hidden_dim: 12,
        max_position_embeddings: 6,
        ..DistilBertConfig::default()
    };
    // MultiHeadSelfAttention adds out_lin's output as it is; FFN drops out behind lin2.
    let distilbert: DistilBertModel = built(config);
    assert_eq!(places(&distilbert.layers[0].layer), (0.0, P, 0.0));

    let x = Tensor::from_vec((0..48).map(|n| ((n * 31) % 19) as f32 / 8.0 - 1.1).collect(), &[2, 3, 8]);
    for (layer, behind) in
        [(&bert.encoder.layer[0].layer, [P, P]), (albert_layer, [P, 0.0]), (&distilbert.layers[0].layer, [0.0, P])]
    {
        let layer_of = |ctx: &mut Ctx| layer.forward(&x, &jumok_attention::Mask::none(), ctx).to_vec();
        assert_eq!(layer_of(&mut Ctx::train(7)), by_hand(layer, &x, behind, &mut Ctx::train(7)).to_vec());
        assert_ne!(layer_of(&mut Ctx::train(7)), layer_of(&mut Ctx::eval()));
        let elsewhere = [P - behind[0] + 0.1, P - behind[1] + 0.1];
        assert_ne!(layer_of(&mut Ctx::train(7)), by_hand(layer, &x, elsewhere, &mut Ctx::train(7)).to_vec());
    }
}

#[test]
fn training_draws_and_evaluation_does_not() {
    fn check<E: TextEncoder>(encoder: &E) {
        let run = |ctx: &mut Ctx| encoder.states(&inputs(), None, ctx).to_vec();
        assert_eq!(run(&mut Ctx::eval()), run(&mut Ctx::eval()));
        assert_eq!(run(&mut Ctx::train(3)), run(&mut Ctx::train(3)));
        assert_ne!(run(&mut Ctx::train(3)), run(&mut Ctx::train(4)));
        assert_ne!(run(&mut Ctx::train(3)), run(&mut Ctx::eval()));
    }
    check::<BertModel>(&built(bert()));
    let mut still = bert();
    still.set_dropout(0.0);
    let encoder = BertModel::build(&still, false, &mut ChaCha8Rng::seed_from_u64(1));
    let run = |ctx: &mut Ctx| encoder.states(&inputs(), None, ctx).to_vec();
    assert_eq!(run(&mut Ctx::train(3)), run(&mut Ctx::eval()));
}
