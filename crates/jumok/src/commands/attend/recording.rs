//! From what a model recorded to what the page shows.

use jumok_nn::Record;
use jumok_viz::{AttentionKind, AttentionLayer, QueriesAndKeys};

/// Names under which models keep the attention of their decoder to their encoder: PyTorch's, BART's, GPT-2's and T5's.
const CROSS: [&str; 5] = ["multihead_attn", "cross_attn", "encoder_attn", "crossattention", "EncDecAttention"];

/// Every attention layer among the records, in the order in which they ran: whatever has shown `weights`
/// `[batch, head, query, key]` under its path, and `scores`, `query` and `key` beside them if it has.
///
/// Of a batch the first example is taken. An attention whose path names neither encoder nor decoder is of the kind
/// `otherwise`.
pub(super) fn attention_layers(records: &[Record], otherwise: AttentionKind) -> Vec<(AttentionKind, AttentionLayer)> {
    let of_heads = |record: &&Record| record.axes == ["batch", "head", "query", "key"];
    let weights = records.iter().filter(of_heads).filter_map(|r| Some((r.path.strip_suffix(".weights")?, r)));
    weights.map(|(path, record)| (kind_of(path, otherwise), layer(path, record, records))).collect()
}

fn layer(path: &str, weights: &Record, records: &[Record]) -> AttentionLayer {
    let [_, heads, queries, keys] = weights.value.dims();
    let layer = AttentionLayer::new(path, heads, first_example(weights));
    let beside = |name: &str| records.iter().find(|record| record.path == format!("{path}.{name}"));
    let (Some(scores), Some(query), Some(key)) = (beside("scores"), beside("query"), beside("key")) else {
        return layer;
    };
    let ([_, _, rows, width], [_, key_heads, columns, key_width]) = (query.value.dims(), key.value.dims());
    // With a cache, the queries and keys of a step are not all that the weights are about.
    if (rows, columns, width) != (queries, keys, key_width) {
        return layer;
    }
    // Heads that share their keys (grouped-query attention) each get their own copy.
    let group = (heads / key_heads) * columns * width;
    let shared = first_example(key);
    let keys = shared.chunks(columns * width).flat_map(|head| head.iter().copied().cycle().take(group)).collect();
    let vectors = QueriesAndKeys { width, queries: first_example(query), keys };
    layer.with_vectors(first_example(scores), vectors)
}

fn first_example(record: &Record) -> Vec<f32> {
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    record.value.select(0, 0).to_vec().into_iter().map(|x| x as f32).collect()
}

fn kind_of(path: &str, otherwise: AttentionKind) -> AttentionKind {
    let has = |name: &str| path.split('.').any(|part| part == name);
    match () {
        () if CROSS.iter().any(|name| has(name)) => AttentionKind::Cross,
        () if has("decoder") => AttentionKind::Decoder,
        () if has("encoder") => AttentionKind::Encoder,
        () => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_attention::{AttentionOptions, Mask, attend};
    use jumok_nn::{Ctx, show};
    use jumok_tensor::{Array, Elem, Tensor};

    fn numbers(shape: &[usize], seed: usize) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_array(Array::from_vec((0..count).map(|n| ((n * 7 + seed) % 11) as Elem / 5.0).collect(), shape))
    }

    #[test]
    fn the_path_tells_the_kind() {
        use AttentionKind::{Cross, Decoder, Encoder};
        for (path, kind) in [
            ("encoder.layer.0.attention.self", Encoder),
            ("encoder.layers.1.self_attn", Encoder),
            ("decoder.layers.1.self_attn", Decoder),
            ("decoder.layers.1.multihead_attn", Cross),
            ("model.decoder.layers.0.encoder_attn", Cross),
            ("decoder.block.0.layer.1.EncDecAttention", Cross),
            ("model.layers.3.self_attn", Decoder),
        ] {
            assert_eq!(kind_of(path, Decoder), kind, "{path}");
        }
    }

    #[test]
    fn any_layer_that_shows_its_attention_is_found_and_shared_keys_are_repeated() {
        let (q, k) = (numbers(&[2, 4, 3, 2], 1), numbers(&[2, 2, 5, 2], 3));
        let mut ctx = Ctx::eval().recording();
        ctx.at("decoder", |ctx| {
            ctx.at_index("layers", 0, |ctx| {
                ctx.at("self_attn", |ctx| {
                    show!(ctx, "query", ["batch", "head", "query", "feature"], &q);
                    show!(ctx, "key", ["batch", "head", "key", "feature"], &k);
                    attend(&q, &k, &k, &Mask::none(), &AttentionOptions::default(), ctx)
                })
            });
            ctx.at("plain", |ctx| show!(ctx, "weights", ["batch", "query", "key"], &numbers(&[1, 2, 2], 0)));
        });
        let records = ctx.take_records();
        let layers = attention_layers(&records, AttentionKind::Encoder);
        let [(AttentionKind::Decoder, layer)] = &layers[..] else { panic!("{layers:?}") };
        let text = format!("{layer:?}");
        assert!(text.contains("decoder.layers.0.self_attn"), "{text}");
        // Shapes are checked where a part is made of layers: 4 heads, 3 queries, 5 keys, 2 components each.
        let tokens = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        jumok_viz::AttentionPart::new(AttentionKind::Decoder, tokens(3), tokens(5), vec![layer.clone()]);
        let keys = k.to_vec();
        let shared: Vec<f32> = [&keys[..10], &keys[..10], &keys[10..20], &keys[10..20]].concat();
        assert!(text.contains(&format!("keys: {shared:?}")), "{text}");
    }
}
