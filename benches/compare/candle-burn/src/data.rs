//! The sizes of the workloads, and random data.

/// The sizes of a model and of a batch.
pub struct Sizes {
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_layers: usize,
    pub num_heads: usize,
    pub seq_len: usize,
    pub batch_size: usize,
    /// Masked positions of each sequence; none in a GPT.
    pub masked: Option<usize>,
}

impl Sizes {
    pub fn of(workload: &str) -> Option<Sizes> {
        let sizes = |vocab_size, num_layers, num_heads, seq_len, batch_size, masked| {
            Some(Sizes { vocab_size, hidden_size: 128, num_layers, num_heads, seq_len, batch_size, masked })
        };
        match workload {
            "W1" => sizes(8192, 2, 2, 128, 32, Some(19)),
            "W2" => sizes(65, 4, 4, 64, 12, None),
            _ => None,
        }
    }
}

/// Random numbers (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as u32
    }

    fn list(&mut self, count: usize, end: usize) -> Vec<u32> {
        (0..count).map(|_| self.below(end)).collect()
    }
}

/// Word pieces, segments and what is to be predicted where.
pub struct BertBatch {
    pub input_ids: Vec<u32>,
    pub token_type_ids: Vec<u32>,
    pub masked_positions: Vec<u32>,
    pub masked_labels: Vec<u32>,
    pub next_sentence_labels: Vec<u32>,
}

impl BertBatch {
    pub fn random(number: u64, sizes: &Sizes) -> BertBatch {
        let &Sizes { vocab_size, seq_len, batch_size, masked, .. } = sizes;
        let (mut numbers, masked) = (Numbers(1234 + number), masked.unwrap_or(0));
        let mut batch = BertBatch {
            input_ids: numbers.list(batch_size * seq_len, vocab_size),
            token_type_ids: vec![],
            masked_positions: vec![],
            masked_labels: numbers.list(batch_size * masked, vocab_size),
            next_sentence_labels: numbers.list(batch_size, 2),
        };
        for row in 0..batch_size {
            let second = numbers.below(seq_len);
            batch.token_type_ids.extend((0..seq_len as u32).map(|token| u32::from(token >= second)));
            let mut order: Vec<u32> = (0..seq_len as u32).collect();
            for taken in 0..masked {
                order.swap(taken, taken + numbers.below(seq_len - taken) as usize);
            }
            order.truncate(masked);
            order.sort_unstable();
            batch.masked_positions.extend(order.iter().map(|position| (row * seq_len) as u32 + position));
        }
        batch
    }
}

/// Characters and those that follow them.
pub struct GptBatch {
    pub input_ids: Vec<u32>,
    pub targets: Vec<u32>,
}

impl GptBatch {
    pub fn random(number: u64, sizes: &Sizes) -> GptBatch {
        let mut numbers = Numbers(1234 + number);
        let mut ids = || numbers.list(sizes.batch_size * sizes.seq_len, sizes.vocab_size);
        GptBatch { input_ids: ids(), targets: ids() }
    }
}
