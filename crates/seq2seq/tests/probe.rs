//! What slides S03 and S10 claim, measured: the last words drown the first, the gradient fades on its way back, attention is
//! alignment; and where that is not so.

use jumok_seq2seq::probe::{
    Alignment, Order, Reader, Symbols, TrainingOptions, context_shifts, factor_per_step, first_symbol_batch,
    gradient_norms, last_quarter_share,
};
use jumok_seq2seq::{AttentionKind, CellKind, DecodingOptions, ScoreKind, Seq2Seq, Seq2SeqConfig};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const LENGTH: usize = 12;

fn copying() -> Symbols {
    Symbols { count: 26, lengths: LENGTH..=LENGTH, order: Order::Copy }
}

/// The share of the last quarter in what moves the decoder's context, of a model that is trained for so many steps.
fn last_quarter(reader: &Reader, steps: u64, seed: u64) -> (f64, f64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let symbols = copying();
    let mut model = reader.model(&symbols, 32, rng).unwrap();
    let mut right = 0.0;
    let options = TrainingOptions { steps, batch_size: 32, learning_rate: 0.01 };
    symbols.train(&mut model, &options, rng, |_, loss| right = loss.correct as f64 / loss.tokens as f64);
    let (sources, _) = symbols.pairs(30, rng);
    (last_quarter_share(&context_shifts(&model, &symbols, &sources, rng)), right)
}

#[test]
fn without_attention_a_fresh_decoder_is_given_little_but_the_last_words() {
    for seed in 0..5 {
        let shares = Reader::FOR_RECENCY.map(|reader| last_quarter(&reader, 0, seed).0);
        assert!(shares[..3].iter().all(|&share| share > 0.7), "seed {seed}: RNN, GRU, LSTM {shares:?}");
        assert!((0.1..0.35).contains(&shares[3]), "seed {seed}: attention {shares:?}, 0.25 is even");
    }
}

/// Training does not cure the plain network, and with attention all words count alike.
#[test]
fn trained_to_copy_the_plain_network_still_leans_on_the_last_words_and_attention_does_not() {
    for seed in 0..2 {
        let (plain, few) = last_quarter(&Reader::fixed(CellKind::RnnTanh), 150, seed);
        let (attentive, most) = last_quarter(&Reader::attentive(CellKind::Gru), 150, seed);
        assert!(plain > 0.38, "seed {seed}: {plain}");
        assert!((0.15..0.35).contains(&attentive), "seed {seed}: {attentive}");
        assert!(most > few + 0.2, "seed {seed}: {few} of the symbols right without, {most} with attention");
    }
}

#[test]
fn the_gradient_fades_by_a_factor_a_step_and_attention_has_a_way_around() {
    let symbols = Symbols { count: 26, lengths: 40..=40, order: Order::Copy };
    for seed in 0..5 {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let (sources, _) = symbols.pairs(8, rng);
        let norms = Reader::FOR_GRADIENTS.map(|reader| {
            let model = reader.model(&symbols, 32, rng).unwrap();
            gradient_norms(&model, &first_symbol_batch(&sources, &model.config))
        });
        let [rnn, lstm, open, attention] = norms.each_ref().map(|norms| factor_per_step(norms));
        assert!(rnn < 0.65 && (0.5..0.7).contains(&lstm), "seed {seed}: RNN {rnn}, LSTM {lstm}");
        // σ(1) = 0.73 is what the forget gate alone would pass on.
        assert!((0.73..0.9).contains(&open) && open > rnn + 0.1, "seed {seed}: RNN {rnn}, LSTM with bias 1 {open}");
        assert!((0.95..1.02).contains(&attention), "seed {seed}: attention {attention}");
        let reaching = norms.each_ref().map(|norms| norms[0] / norms[39]);
        assert!(reaching[0] < 1e-8 && reaching[2] < 1e-3, "seed {seed}: {reaching:?}");
        assert!(reaching[3] > 0.03, "seed {seed}: {reaching:?}: the first state learns as much as the others");
    }
}

/// Exact answers and alignment of a model that learned to say sequences again.
fn aligned(order: Order, letters: usize, both_ways: bool, seed: u64) -> (f64, Alignment) {
    let symbols = Symbols { count: letters, lengths: 3..=6, order };
    let mut config = Seq2SeqConfig { embedding_size: 16, ..symbols.config(24) };
    if both_ways {
        config =
            Seq2SeqConfig { attention: AttentionKind::Luong, score: ScoreKind::General, bidirectional: true, ..config };
    }
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut model = Seq2Seq::new(&config, rng).unwrap();
    let options = TrainingOptions { steps: 300, batch_size: 32, learning_rate: 0.01 };
    symbols.train(&mut model, &options, rng, |_, _| {});
    let (sources, answers) = symbols.pairs(100, rng);
    let translations = model.greedy(&sources, &DecodingOptions::default());
    let exact = translations.iter().zip(&answers).filter(|(said, answer)| said.tokens == **answer).count();
    (exact as f64 / 100.0, Alignment::of(&translations, order))
}

#[test]
fn a_state_without_room_for_its_neighbour_is_where_attention_looks() {
    for seed in 0..2 {
        let (exact, alignment) = aligned(Order::Reverse, 26, false, seed);
        assert!(exact >= 0.9, "seed {seed}: {exact} of the answers are exact");
        assert!(alignment.share() >= 0.95, "seed {seed}: {alignment:?}");
    }
}

#[test]
fn asked_with_the_current_state_and_read_both_ways_the_weights_are_on_the_anti_diagonal() {
    for seed in 0..2 {
        let (exact, alignment) = aligned(Order::Reverse, 8, true, seed);
        assert!(exact >= 0.9, "seed {seed}: {exact} of the answers are exact");
        assert!(alignment.share() >= 0.95, "seed {seed}: {alignment:?}");
    }
}

/// Few letters leave the state at a letter room for the letter before it. Said backwards, the letter just written stands behind the
/// next one, and the state that knows both is one place beside; said forwards, it is the next one's own.
#[test]
fn attention_may_stand_one_word_off_and_still_be_right() {
    for seed in 0..2 {
        let (exact, alignment) = aligned(Order::Reverse, 8, false, seed);
        assert!(exact >= 0.9, "seed {seed}: {exact} of the answers are exact");
        assert!(alignment.share() < 0.75, "seed {seed}: {alignment:?}");
        assert!(alignment.share() + alignment.share_beside() >= 0.9, "seed {seed}: {alignment:?}");
        let (exact, alignment) = aligned(Order::Copy, 8, false, seed);
        assert!(exact >= 0.9, "seed {seed}: {exact} of the copies are exact");
        assert!(alignment.share() >= 0.95, "seed {seed}: copied, {alignment:?}");
    }
}
