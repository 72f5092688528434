//! The roofline: a machine either waits for its memory or for its arithmetic (Williams, Waterman and Patterson 2009).
//!
//! attainable = min(peak, bandwidth × intensity), intensity = operations / bytes. A prompt is read in one go: each weight
//! that is fetched serves every token of it. A text is written token by token: each weight serves one token of each text of
//! the batch, so decoding hangs on the memory.

use super::{Architecture, NumberFormat};

/// What a machine can do at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Machine {
    /// 10⁹ operations a second.
    pub gflops: f64,
    /// 10⁹ bytes a second from memory.
    pub gb_per_s: f64,
}

impl Machine {
    /// 10⁹ operations a second that a workload of this intensity (operations a byte) can reach.
    pub fn attainable(&self, intensity: f64) -> f64 {
        self.gflops.min(self.gb_per_s * intensity)
    }

    /// The intensity at which memory and arithmetic take the same time: the ridge of the roof.
    pub fn ridge(&self) -> f64 {
        self.gflops / self.gb_per_s
    }
}

/// What the model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reads the whole text in one go: an encoder's only work, a decoder's prompt.
    Reading,
    /// Writes the next token behind the text.
    Writing,
}

/// One phase on one machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RooflinePoint {
    /// What is done.
    pub phase: Phase,
    /// Operations of one pass.
    pub operations: f64,
    /// Bytes that one pass fetches: the matrices once, and when writing the cache of every text.
    pub bytes: f64,
    /// operations / bytes.
    pub intensity: f64,
    /// 10⁹ operations a second at most.
    pub attainable_gflops: f64,
    /// Tokens a second at most, of all texts of the batch together.
    pub tokens_per_s: f64,
}

/// A model on a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Roofline {
    /// The machine.
    pub machine: Machine,
    /// Reading, and writing if the model has a decoder.
    pub points: Vec<RooflinePoint>,
}

impl Roofline {
    /// The phases of a model with weights in `format`, on `batch` texts of `context` tokens.
    ///
    /// Traffic of activations is left out: of a layer that is wide enough it stays in the caches. What is reached in practice
    /// lies below.
    pub fn new(model: &Architecture, format: NumberFormat, context: usize, batch: usize, machine: Machine) -> Roofline {
        let cache = format.for_activations().bytes(model.kv_cache_values(context, batch));
        let weights = format.bytes(model.multiplied_parameters());
        let compute = model.compute(context);
        let reading = (Phase::Reading, compute.forward() * batch as f64, weights, compute.tokens * batch);
        let writing = model.decoding_operations(context).map(|operations| {
            let read = format.bytes(model.decoding_parameters());
            (Phase::Writing, operations * batch as f64, read + cache, batch)
        });
        let points = [reading].into_iter().chain(writing).map(|(phase, operations, bytes, tokens)| {
            let intensity = operations / bytes;
            let attainable_gflops = machine.attainable(intensity);
            let tokens_per_s = attainable_gflops * 1e9 / operations * tokens as f64;
            RooflinePoint { phase, operations, bytes, intensity, attainable_gflops, tokens_per_s }
        });
        Roofline { machine, points: points.collect() }
    }
}

impl Architecture {
    /// Numbers of the matrices that a decoding step multiplies with: the decoder's, without those that make keys and values
    /// of a source that is cached.
    fn decoding_parameters(&self) -> usize {
        let step = self.decoding_operations(0).unwrap_or(0.0) / 2.0;
        // What is left of a step behind an empty text: the look of the token at itself.
        let itself = self.decoder_layers * 2 * self.num_attention_heads * self.head_dim;
        step as usize - itself
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const H100: Machine = Machine { gflops: 989_400.0, gb_per_s: 3350.0 };

    fn roofline(name: &str, context: usize, batch: usize) -> Roofline {
        Roofline::new(&Architecture::preset(name).unwrap(), NumberFormat::F16, context, batch, H100)
    }

    #[test]
    fn a_roof_has_a_slope_and_a_top() {
        assert_eq!(H100.attainable(1.0), 3350.0);
        assert_eq!(H100.attainable(1e6), 989_400.0);
        assert!((H100.attainable(H100.ridge()) - H100.gflops).abs() < 1e-6);
    }

    #[test]
    fn writing_waits_for_memory_and_reading_does_not() {
        let [reading, writing] = roofline("llama-7b", 1024, 1).points[..] else { panic!("two phases") };
        assert_eq!((reading.phase, writing.phase), (Phase::Reading, Phase::Writing));
        assert!(reading.intensity > H100.ridge() && writing.intensity < 2.0);
        assert_eq!(reading.attainable_gflops, H100.gflops);
        // 3350 GB/s through 13.2 GB of matrices and 0.5 GB of cache.
        assert!((writing.tokens_per_s - 244.0).abs() < 3.0, "{}", writing.tokens_per_s);
    }

    #[test]
    fn a_batch_shares_the_weights_and_not_the_cache() {
        let writing = |batch: usize| roofline("llama-7b", 1024, batch).points[1];
        let (one, many) = (writing(1), writing(16));
        assert!(many.tokens_per_s > 9.0 * one.tokens_per_s && many.tokens_per_s < 16.0 * one.tokens_per_s);
        let cache = NumberFormat::F16.bytes(Architecture::preset("llama-7b").unwrap().kv_cache_values(1024, 1));
        assert!((many.bytes - one.bytes - 15.0 * cache).abs() < 1.0);
    }

    #[test]
    fn an_encoder_only_reads() {
        let bert = roofline("bert-base", 128, 8);
        assert_eq!(bert.points.len(), 1);
        assert!(
            (bert.points[0].tokens_per_s * bert.points[0].operations / (128.0 * 8.0) / 1e9
                - bert.points[0].attainable_gflops)
                .abs()
                < 1.0
        );
    }

    #[test]
    fn the_matrices_of_a_step_are_those_of_the_decoder() {
        let gpt2 = Architecture::preset("gpt2").unwrap();
        assert_eq!(gpt2.decoding_parameters(), gpt2.multiplied_parameters());
        let t5 = Architecture::preset("t5-small").unwrap();
        assert_eq!(t5.decoding_parameters(), 6 * (6 * 512 * 512 + 2 * 512 * 2048) + 32_128 * 512);
    }
}
