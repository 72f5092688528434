//! Where the parameters of a model are, and how often a token meets them.
//!
//! A matrix `[out, in]` has out·in parameters, and a token that passes it costs out·in multiply-adds: parameters and
//! operations are counted from the same list. Tables are looked up, which costs nothing; biases and norms are left out of the
//! operations, as is usual.

use super::{Architecture, AttentionBias, Head};

/// Which tokens pass a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Those that the encoder reads.
    Encoder,
    /// Those that the decoder writes.
    Decoder,
    /// One for each text.
    Pooled,
}

/// Parameters of one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// What they are for, such as `encoder attention`.
    pub name: &'static str,
    /// Which tokens pass them.
    pub part: Part,
    /// How many layers have them.
    pub layers: usize,
    /// The parameters of one layer.
    pub parameters: usize,
    /// Multiply-adds of products that a token costs in one layer.
    pub multiply_adds: usize,
    /// Whether the layers share one set of parameters (ALBERT), or the set is counted elsewhere (a tied table).
    pub shared: bool,
}

impl Component {
    /// The parameters of all layers, each set once.
    pub fn total(&self) -> usize {
        if self.shared { self.parameters } else { self.parameters * self.layers }
    }
}

impl Architecture {
    /// All parameters, by purpose, in the order in which a token meets them.
    pub fn components(&self) -> Vec<Component> {
        let &Architecture { vocab_size, embedding_size, hidden_size: d, .. } = self;
        let reads = if self.encoder_layers > 0 { Part::Encoder } else { Part::Decoder };
        let mut all = vec![];
        let mut table = |name, rows: usize, width: usize| {
            if rows > 0 {
                all.push(Component {
                    name,
                    part: reads,
                    layers: 1,
                    parameters: rows * width,
                    multiply_adds: 0,
                    shared: false,
                });
            }
        };
        table("token embeddings", vocab_size, embedding_size);
        table("target embeddings", self.target_vocab_size.unwrap_or(0), embedding_size);
        table("position embeddings", self.learned_positions, embedding_size);
        table("segment embeddings", self.segments, embedding_size);
        if self.embedding_norm {
            table("embedding norm", 1, self.norm(embedding_size));
        }
        let matrix = |name, part, layers, parameters, multiply_adds| Component {
            name,
            part,
            layers,
            parameters,
            multiply_adds,
            shared: self.shared_layers && layers > 1,
        };
        if embedding_size != d {
            let products = embedding_size * d;
            all.push(matrix("embedding projection", reads, 1, products + d, products));
        }
        let stacks = [
            (self.encoder_layers, Part::Encoder, ["encoder attention", "encoder feed-forward", "encoder norms"]),
            (self.decoder_layers, Part::Decoder, ["decoder attention", "decoder feed-forward", "decoder norms"]),
        ];
        for (layers, part, [attention, feed_forward, norms]) in stacks.into_iter().filter(|(layers, ..)| *layers > 0) {
            let with_cross = part == Part::Decoder && self.is_encoder_decoder();
            let (parameters, products) = self.attention();
            all.push(matrix(attention, part, layers, parameters, products));
            if with_cross {
                all.push(matrix("cross-attention", part, layers, parameters, products));
            }
            let (parameters, products) = self.feed_forward();
            all.push(matrix(feed_forward, part, layers, parameters, products));
            all.push(matrix(norms, part, layers, (2 + usize::from(with_cross)) * self.norm(d), 0));
            if self.relative_position_buckets > 0 {
                let biases = self.relative_position_buckets * self.num_attention_heads;
                all.push(matrix("relative position biases", part, 1, biases, 0));
            }
            if self.final_norm {
                all.push(matrix("final norm", part, 1, self.norm(d), 0));
            }
        }
        if self.pooler {
            all.push(matrix("pooler", Part::Pooled, 1, d * d + d, d * d));
        }
        let writes = if self.decoder_layers > 0 { Part::Decoder } else { Part::Encoder };
        let written = self.target_vocab_size.unwrap_or(vocab_size);
        let (scores, biases) = (written * embedding_size, if self.output_bias { written } else { 0 });
        match self.head {
            Head::None => {}
            // The product is paid for, the parameters are those of the table.
            Head::TiedLanguageModel => all.push(matrix("output (tied)", writes, 1, biases, scores)),
            Head::LanguageModel => all.push(matrix("output", writes, 1, scores + biases, scores)),
            Head::MaskedWords | Head::PreTraining => {
                let (e, products) = (embedding_size, d * embedding_size);
                let parameters = products + e + self.norm(e) + vocab_size;
                all.push(matrix("masked-word head (tied)", writes, 1, parameters, products + scores));
            }
        }
        if self.head == Head::PreTraining {
            all.push(matrix("next-sentence head", Part::Pooled, 1, 2 * d + 2, 2 * d));
        }
        all
    }

    /// All parameters, each counted once.
    pub fn parameters(&self) -> usize {
        self.components().iter().map(Component::total).sum()
    }

    /// Numbers of the matrices that a pass multiplies with: what must be fetched from memory for it. A table that is only
    /// looked up is not among them.
    pub fn multiplied_parameters(&self) -> usize {
        self.components()
            .iter()
            .map(|one| if one.shared { one.multiply_adds } else { one.multiply_adds * one.layers })
            .sum()
    }

    /// Parameters and multiply-adds of one attention layer: W_Q, W_K, W_V, W_O.
    fn attention(&self) -> (usize, usize) {
        let &Architecture { hidden_size: d, num_attention_heads, num_key_value_heads, head_dim, .. } = self;
        let (asking, asked) = (num_attention_heads * head_dim, num_key_value_heads * head_dim);
        let products = 2 * d * asking + 2 * d * asked;
        let biases = match self.attention_bias {
            AttentionBias::None => 0,
            AttentionBias::QueryKeyValue => asking + 2 * asked,
            AttentionBias::All => asking + 2 * asked + d,
        };
        (products + biases, products)
    }

    fn feed_forward(&self) -> (usize, usize) {
        let &Architecture { hidden_size: d, intermediate_size, .. } = self;
        let inner = if self.gated { 2 } else { 1 };
        let products = (inner + 1) * d * intermediate_size;
        let biases = if self.feed_forward_bias { inner * intermediate_size + d } else { 0 };
        (products + biases, products)
    }

    fn norm(&self, width: usize) -> usize {
        if self.norm_bias { 2 * width } else { width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every figure of the table of the lecture's inventory, exactly.
    #[test]
    fn parameters_of_well_known_models_are_exact() {
        for (name, parameters) in [
            ("bert-base", 109_482_240_usize),
            ("bert-large", 335_141_888),
            ("roberta-base", 124_645_632),
            ("roberta-large", 355_359_744),
            ("distilbert-base", 66_362_880),
            ("albert-base", 11_683_584),
            ("albert-large", 17_683_968),
            ("kobert", 92_186_880),
            ("gpt1", 116_534_784),
            ("gpt2", 124_439_808),
            ("gpt2-xl", 1_557_611_200),
            ("gpt3-175b", 174_604_259_328),
            ("llama-7b", 6_738_415_616),
            ("llama-13b", 13_015_864_320),
            ("llama-33b", 32_528_943_616),
            ("llama-65b", 65_285_660_672),
            ("llama-3.1-8b", 8_030_261_248),
            ("llama-3.1-70b", 70_553_706_496),
            ("llama-3.1-405b", 405_853_388_800),
            ("t5-small", 60_506_624),
            ("t5-base", 222_903_552),
            ("transformer-base", 63_082_496),
        ] {
            assert_eq!(Architecture::preset(name).unwrap().parameters(), parameters, "{name}");
        }
    }

    /// Erratum E30: ALBERT-base has a ninth of BERT-base's parameters and does the same work.
    #[test]
    fn shared_layers_save_parameters_and_no_work() {
        let [albert, bert] = ["albert-base", "bert-base"].map(|name| Architecture::preset(name).unwrap());
        let layers = |a: &Architecture| {
            let in_layers = a.components().into_iter().filter(|one| one.layers > 1);
            in_layers.map(|one| one.multiply_adds * one.layers).sum::<usize>()
        };
        assert_eq!(layers(&albert), layers(&bert));
        assert!(9 * albert.parameters() < bert.parameters());
    }

    #[test]
    fn a_tied_output_costs_work_and_no_parameters() {
        let gpt2 = Architecture::preset("gpt2").unwrap();
        let output = gpt2.components().into_iter().find(|one| one.name == "output (tied)").unwrap();
        assert_eq!((output.total(), output.multiply_adds), (0, 50_257 * 768));
        // Everything that is multiplied with: 12 d² a layer and the table.
        assert_eq!(gpt2.multiplied_parameters(), 12 * 12 * 768 * 768 + 50_257 * 768);
    }
}
