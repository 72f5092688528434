//! Word vectors from skip-gram with negative sampling (Mikolov et al., "Distributed Representations of Words and Phrases and
//! their Compositionality", 2013; slide S03): what a word meant to a network before attention.
//!
//! One fixed vector a word, learned from the company it keeps. It is the same in every sentence and at every step of the output,
//! which is what attention changed (erratum E3).
//!
//! Letters used for shapes: `B` pairs of words, `K` negative samples, `D` width of a vector, `V` vocabulary.

use jumok_nn::{Embedding, Init, Module, parameters};
use jumok_tensor::{Elem, IntTensor, Reduction, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};

use jumok_nn::keyed_rng;

/// Two tables of vectors: what a word is in the middle of a window, and what it is as somebody's neighbour.
#[derive(Clone, Debug)]
pub struct Word2Vec {
    /// The vectors that are kept, `[V, D]`.
    pub input: Embedding,
    /// The vectors of neighbours, `[V, D]`, needed for learning alone.
    pub output: Embedding,
}

impl Module for Word2Vec {
    parameters!(input, output);
}

/// What a training step reads.
#[derive(Clone, Debug)]
pub struct SkipGramBatch {
    /// Words in the middle, `[B]`.
    pub centres: IntTensor,
    /// For each a true neighbour and then words drawn at random, `[B, 1 + K]`.
    pub neighbours: IntTensor,
}

impl Word2Vec {
    /// Vectors for `vocab_size` words, `dim` wide: small random ones in the middle, zeros for the neighbours, as in the original.
    pub fn new(vocab_size: usize, dim: usize, rng: &mut impl Rng) -> Self {
        let bound = 0.5 / dim as f64;
        Self {
            input: Embedding::with_init(vocab_size, dim, None, Init::Uniform { low: -bound, high: bound }, rng),
            output: Embedding::with_init(vocab_size, dim, None, Init::Zeros, rng),
        }
    }

    /// −log σ(u_o·v_c) − Σ_k log σ(−u_k·v_c), the mean over the batch (equation 4): the true neighbour o of the word c should
    /// score high, the K random words low.
    ///
    /// This is the binary cross-entropy of "is it a neighbour?", so its gradient with respect to a score is σ(score) minus the
    /// answer.
    // ANCHOR: skip_gram
    pub fn loss(&self, batch: &SkipGramBatch) -> Tensor {
        let [b, candidates] = batch.neighbours.dims();
        let v = self.input.forward(&batch.centres); // [B, D]
        let [_, d] = v.dims();
        let u = self.output.forward(&batch.neighbours); // [B, 1 + K, D]
        let v = v.reshape(&[b as isize, d as isize, 1]); // [B, D, 1]
        let scores = u.matmul(&v).reshape(&[b as isize, candidates as isize]); // [B, 1 + K]
        let answers = (0..b * candidates).map(|cell| if cell % candidates == 0 { 1.0 } else { 0.0 }).collect();
        let answers = Tensor::from_vec(answers, &[b, candidates]);
        scores.bce_with_logits(&answers, None, None, Reduction::Sum).mul_scalar(1.0 / b as f64)
    }
    // ANCHOR_END: skip_gram

    /// The `count` words whose vectors point in the most similar direction, with the cosines, the most similar first; the word
    /// itself is left out.
    ///
    /// # Panics
    /// If `word` is no row of the table.
    #[track_caller]
    pub fn nearest(&self, word: usize, count: usize) -> Vec<(usize, f64)> {
        let [vocab_size, dim] = self.input.weight.dims();
        assert!(word < vocab_size, "nearest: word {word} is not below the {vocab_size} rows");
        let table = self.input.weight.to_vec();
        let row = |index: usize| &table[index * dim..(index + 1) * dim];
        let dot = |a: &[Elem], b: &[Elem]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
        let norm = |index: usize| dot(row(index), row(index)).sqrt();
        let cosine = |index: usize| dot(row(word), row(index)) / (norm(word) * norm(index)).max(f64::MIN_POSITIVE);
        let mut others: Vec<(usize, f64)> =
            (0..vocab_size).filter(|&index| index != word).map(|index| (index, cosine(index))).collect();
        others.sort_by(|a, b| b.1.total_cmp(&a.1));
        others.truncate(count);
        others
    }
}

/// How words and neighbours are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SkipGramOptions {
    /// Neighbours are at most so many words away; nearer ones are drawn more often.
    pub window: usize,
    /// K, random words for each true neighbour.
    pub negatives: usize,
    /// B, pairs a step.
    pub batch_size: usize,
    /// A word with a share f of the text is skipped with probability 1 − √(t / f) for this t: *the* teaches little.
    pub subsampling: f64,
    /// Everything random follows from it.
    pub seed: u64,
}

impl Default for SkipGramOptions {
    /// Windows of four words on each side, five negative samples, 512 pairs, t = 10⁻³.
    fn default() -> Self {
        Self { window: 4, negatives: 5, batch_size: 512, subsampling: 1e-3, seed: 0 }
    }
}

/// Pairs of neighbours from sentences, drawn anew for each step.
#[derive(Clone, Debug)]
pub struct SkipGramData {
    sentences: Vec<Vec<usize>>,
    /// `kept[word]`: the probability with which it stays.
    kept: Vec<f64>,
    /// Running sums of count^¾: where a random number falls decides the negative sample.
    cumulative: Vec<f64>,
    options: SkipGramOptions,
}

impl SkipGramData {
    /// Counts the words of sentences, each a list of ids below `vocab_size`.
    ///
    /// # Panics
    /// If no sentence has two words, or an id is not below `vocab_size`.
    #[track_caller]
    pub fn new(sentences: Vec<Vec<usize>>, vocab_size: usize, options: SkipGramOptions) -> Self {
        let sentences: Vec<Vec<usize>> = sentences.into_iter().filter(|sentence| sentence.len() > 1).collect();
        assert!(!sentences.is_empty(), "SkipGramData: no sentence has two words, so no word has a neighbour");
        let mut counts = vec![0usize; vocab_size];
        for &word in sentences.iter().flatten() {
            assert!(word < vocab_size, "SkipGramData: word {word} is not below the vocabulary of {vocab_size}");
            counts[word] += 1;
        }
        let total: usize = counts.iter().sum();
        let kept = |&count: &usize| (options.subsampling * total as f64 / count.max(1) as f64).sqrt().min(1.0);
        let kept = counts.iter().map(kept).collect();
        // The exponent ¾ draws rare words a little more often than they occur (section 2.2).
        let mut sum = 0.0;
        let cumulative = counts
            .iter()
            .map(|&count| {
                sum += (count as f64).powf(0.75);
                sum
            })
            .collect();
        Self { sentences, kept, cumulative, options }
    }

    /// The batch of a step: (seed, step) alone decide what is drawn.
    pub fn batch(&self, step: u64) -> SkipGramBatch {
        let SkipGramOptions { negatives, batch_size, seed, .. } = self.options;
        let mut rng = keyed_rng([seed, step]);
        let (mut centres, mut neighbours) = (vec![], vec![]);
        while centres.len() < batch_size {
            let sentence = &self.sentences[rng.random_range(0..self.sentences.len())];
            let Some((centre, neighbour)) = self.pair(sentence, &mut rng) else { continue };
            centres.push(centre as i64);
            neighbours.push(neighbour as i64);
            neighbours.extend((0..negatives).map(|_| self.negative(&mut rng) as i64));
        }
        SkipGramBatch {
            centres: IntTensor::from_vec(centres, &[batch_size]),
            neighbours: IntTensor::from_vec(neighbours, &[batch_size, 1 + negatives]),
        }
    }

    /// A word of the sentence and one of its neighbours, unless too frequent a word was drawn.
    fn pair(&self, sentence: &[usize], rng: &mut ChaCha8Rng) -> Option<(usize, usize)> {
        let at = rng.random_range(0..sentence.len());
        // A window of random size draws near words more often than far ones.
        let reach = rng.random_range(1..=self.options.window);
        let (first, last) = (at.saturating_sub(reach), (at + reach).min(sentence.len() - 1));
        let other = rng.random_range(first..=last);
        let (centre, neighbour) = (sentence[at], sentence[other]);
        let stays = |word: usize, rng: &mut ChaCha8Rng| rng.random_bool(self.kept[word]);
        (other != at && stays(centre, rng) && stays(neighbour, rng)).then_some((centre, neighbour))
    }

    fn negative(&self, rng: &mut ChaCha8Rng) -> usize {
        let total = self.cumulative[self.cumulative.len() - 1];
        let point = rng.random_range(0.0..total);
        self.cumulative.partition_point(|&sum| sum <= point)
    }
}

#[cfg(test)]
mod tests {
    use jumok_nn::{AdamW, AdamWConfig, Optimizer};
    use rand::SeedableRng;

    use super::*;

    /// Two groups of words, 0–3 and 4–7, that never meet, and a word 8 that is everywhere.
    fn data() -> SkipGramData {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let sentence = |n: usize, rng: &mut ChaCha8Rng| {
            (0..8).map(|_| if rng.random_bool(0.3) { 8 } else { 4 * (n % 2) + rng.random_range(0..4) }).collect()
        };
        let sentences = (0..200).map(|n| sentence(n, &mut rng)).collect();
        SkipGramData::new(sentences, 9, SkipGramOptions { batch_size: 64, subsampling: 0.05, ..Default::default() })
    }

    #[test]
    fn words_that_keep_the_same_company_come_to_be_neighbours() {
        let data = data();
        let mut model = Word2Vec::new(9, 8, &mut ChaCha8Rng::seed_from_u64(0));
        let mut optimizer = AdamW::new(AdamWConfig::default()).unwrap();
        let first = model.loss(&data.batch(0)).item();
        assert!((first - 6.0 * 2f64.ln()).abs() < 1e-5, "six coin tosses: {first}");
        for step in 0..300 {
            let grads = model.loss(&data.batch(step)).backward();
            optimizer.step(&mut model, &grads, 0.02).unwrap();
        }
        assert!(model.loss(&data.batch(300)).item() < 0.85 * first);
        for word in 0..8 {
            let group = |index: usize| index / 4;
            let nearest: Vec<usize> = model.nearest(word, 3).into_iter().map(|(index, _)| index).collect();
            assert!(nearest.iter().all(|&other| other < 8 && group(other) == group(word)), "{word}: {nearest:?}");
        }
    }

    #[test]
    fn the_step_alone_decides_what_is_drawn() {
        let data = data();
        let (a, b, c) = (data.batch(7), data.batch(7), data.batch(8));
        assert_eq!((a.centres, a.neighbours.clone()), (b.centres, b.neighbours));
        assert_ne!(a.neighbours, c.neighbours);
    }

    #[test]
    fn frequent_words_are_drawn_less_often_than_they_occur() {
        let data = data();
        let share = |word: i64| {
            let centres: Vec<i64> = (0..20).flat_map(|step| data.batch(step).centres.to_vec()).collect();
            centres.iter().filter(|&&centre| centre == word).count() as f64 / centres.len() as f64
        };
        assert!(share(8) < 0.2, "{}", share(8));
    }

    #[test]
    #[should_panic(expected = "word 9 is not below the 9 rows")]
    fn a_word_must_be_in_the_table() {
        Word2Vec::new(9, 2, &mut ChaCha8Rng::seed_from_u64(0)).nearest(9, 1);
    }
}
