//! A very small language for the lessons on transfer. Each word of the user is a topic and has forms of its own, `cat₁` to `cat₈`; a text
//! is about one topic, and most of its words are forms of that. Which forms belong together is told by no label: only by the company
//! that they keep.
//!
//! B texts of `[CLS]`, 6 words, `[SEP]`; V special tokens and forms, K topics, D features.

use jumok_bert::{BertConfig, BertForMaskedLM, BertInputs, BertModel, ForMaskedLM, HeadConfig};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Optimizer, Schedule};
use jumok_tensor::IntTensor;
use jumok_text::pretraining::PairSequence;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::sequences::inputs;

pub(super) const PAD: i64 = 0;
pub(super) const CLS: i64 = 2;
pub(super) const SEP: i64 = 3;
const MASK: i64 = 4;
const FIRST: i64 = 5;
/// Forms of a topic.
pub(super) const FORMS: usize = 8;
/// Words of a text that are about its topic.
pub(super) const ON_TOPIC: usize = 5;
/// Words of a text that are about another topic.
const STRAY: usize = 1;
/// Words of a text.
pub(super) const LENGTH: usize = ON_TOPIC + STRAY;
/// Words of a text that are hidden in pre-training.
pub(super) const HIDDEN: usize = 2;
pub(super) const PRETRAINING_STEPS: u64 = 400;
pub(super) const PRETRAINING_BATCH: usize = 32;
const RATE: f64 = 5e-3;

/// The language.
#[derive(Debug, Clone)]
pub(super) struct Topics {
    words: Vec<String>,
}

/// A text and what it is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TopicText {
    /// Its words as ids.
    pub(super) ids: Vec<i64>,
    /// Which topic.
    pub(super) topic: usize,
}

impl Topics {
    /// The language of at least two words.
    pub(super) fn new(words: &[String]) -> Topics {
        Topics { words: words.to_vec() }
    }

    pub(super) fn count(&self) -> usize {
        self.words.len()
    }

    /// The id of a form.
    pub(super) fn form(&self, topic: usize, form: usize) -> i64 {
        FIRST + (topic * FORMS + form) as i64
    }

    /// The topic of a form; `None` for a special token.
    pub(super) fn topic_of(&self, id: i64) -> Option<usize> {
        usize::try_from(id - FIRST).ok().map(|n| n / FORMS)
    }

    /// How a token is written.
    pub(super) fn name(&self, id: i64) -> String {
        let Some(topic) = self.topic_of(id) else {
            return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"][id as usize].to_owned();
        };
        let number = (id - FIRST) as usize % FORMS + 1;
        let low = |digit: char| {
            char::from_u32('₀' as u32 + digit as u32 - '0' as u32).expect("ten of them follow one another")
        };
        self.words[topic].chars().chain(number.to_string().chars().map(low)).collect()
    }

    // ANCHOR: text
    /// A text about a random topic: five different forms of it and a word about another, in random order.
    pub(super) fn text(&self, rng: &mut ChaCha8Rng) -> TopicText {
        let topic = rng.random_range(0..self.count());
        let mut forms: Vec<usize> = (0..FORMS).collect();
        forms.shuffle(rng);
        let mut ids: Vec<i64> = forms[..ON_TOPIC].iter().map(|&form| self.form(topic, form)).collect();
        for _ in 0..STRAY {
            let other = (topic + rng.random_range(1..self.count())) % self.count();
            ids.push(self.form(other, rng.random_range(0..FORMS)));
        }
        ids.shuffle(rng);
        TopicText { ids, topic }
    }
    // ANCHOR_END: text

    /// So many texts about each topic in turn, so that a few labels cover all of them.
    pub(super) fn labelled(&self, each: usize, rng: &mut ChaCha8Rng) -> Vec<TopicText> {
        let mut texts = vec![];
        for n in 0..each * self.count() {
            let wanted = n % self.count();
            texts.push(
                std::iter::repeat_with(|| self.text(rng)).find(|text| text.topic == wanted).expect("an endless draw"),
            );
        }
        texts
    }

    /// `[CLS] text [SEP]` for each: `[B, T]`.
    pub(super) fn inputs(&self, texts: &[TopicText]) -> BertInputs {
        let sequence = |text: &TopicText| {
            let input_ids = [&[CLS], &text.ids[..], &[SEP]].concat();
            PairSequence { token_type_ids: vec![0; input_ids.len()], input_ids }
        };
        inputs(&texts.iter().map(sequence).collect::<Vec<_>>(), PAD)
    }

    /// A very small encoder for the language: one layer, two heads.
    pub(super) fn config(&self, width: usize, head: HeadConfig) -> BertConfig {
        BertConfig {
            vocab_size: FIRST as usize + self.count() * FORMS,
            hidden_size: width,
            num_hidden_layers: 1,
            num_attention_heads: 2,
            intermediate_size: 2 * width,
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            max_position_embeddings: 2 * LENGTH + 3,
            initializer_range: BertConfig::initializer_range_for(width),
            head,
            ..BertConfig::tiny()
        }
    }

    // ANCHOR: pretrained
    /// An encoder that has guessed hidden words of random texts: no label, no topic is told.
    pub(super) fn pretrained(&self, width: usize, rng: &mut ChaCha8Rng) -> BertModel {
        let config = self.config(width, HeadConfig::default());
        let mut model = BertForMaskedLM::new(&config, rng.random()).expect("a valid configuration");
        let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
        let steps = PRETRAINING_STEPS;
        let schedule = Schedule::Linear { lr: RATE, warmup_steps: steps / 20, total_steps: steps };
        for step in 0..steps {
            let texts: Vec<TopicText> = (0..PRETRAINING_BATCH).map(|_| self.text(rng)).collect();
            let (inputs, places, words) = hide(self.inputs(&texts), rng);
            let logits = model.forward_at(&inputs, &places, &mut Ctx::train(step)); // [M, V]
            let gradients = ForMaskedLM::<BertModel>::loss(&logits, &words).backward();
            optimizer.step(&mut model, &gradients, schedule.lr(step)).expect("every parameter has a gradient");
        }
        model.encoder
    }
    // ANCHOR_END: pretrained
}

/// Puts `[MASK]` on [`HIDDEN`] words of each row: the inputs, the places b·T + t and what stood there.
fn hide(mut inputs: BertInputs, rng: &mut ChaCha8Rng) -> (BertInputs, IntTensor, IntTensor) {
    let [batch, time] = inputs.input_ids.dims();
    let mut ids = inputs.input_ids.as_slice().to_vec();
    let places: Vec<usize> = (1..time - 1).collect();
    let (mut hidden, mut words) = (vec![], vec![]);
    for row in 0..batch {
        for &place in places.sample(rng, HIDDEN) {
            let cell = row * time + place;
            hidden.push(cell as i64);
            words.push(std::mem::replace(&mut ids[cell], MASK));
        }
    }
    inputs.input_ids = IntTensor::from_vec(ids, &[batch, time]);
    let count = hidden.len();
    (inputs, IntTensor::from_vec(hidden, &[count]), IntTensor::from_vec(words, &[count]))
}

/// A generator of its own for the seed of a run, so that what is drawn beside it changes nothing.
pub(super) fn own_rng(rng: &mut ChaCha8Rng) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(rng.random())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics() -> Topics {
        Topics::new(&["cat", "우유", "tree"].map(str::to_owned))
    }

    #[test]
    fn a_text_is_mostly_about_its_topic() {
        let (topics, rng) = (topics(), &mut ChaCha8Rng::seed_from_u64(1));
        for _ in 0..100 {
            let text = topics.text(rng);
            let on = text.ids.iter().filter(|&&id| topics.topic_of(id) == Some(text.topic)).count();
            assert_eq!((text.ids.len(), on), (LENGTH, ON_TOPIC));
        }
        let labelled = topics.labelled(2, rng);
        assert_eq!(labelled.iter().map(|text| text.topic).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn forms_are_numbered() {
        assert_eq!(topics().name(topics().form(1, 7)), "우유₈");
        assert_eq!(topics().name(CLS), "[CLS]");
        assert_eq!(topics().topic_of(topics().form(2, 0)), Some(2));
    }

    #[test]
    fn what_is_hidden_is_asked_for() {
        let (topics, rng) = (topics(), &mut ChaCha8Rng::seed_from_u64(2));
        let texts = topics.labelled(1, rng);
        let whole = topics.inputs(&texts);
        let (inputs, places, words) = hide(whole.clone(), rng);
        assert_eq!(places.len(), 3 * HIDDEN);
        for (&place, &word) in places.as_slice().iter().zip(words.as_slice()) {
            assert_eq!(whole.input_ids.as_slice()[place as usize], word);
            assert_eq!(inputs.input_ids.as_slice()[place as usize], MASK);
        }
    }
}
