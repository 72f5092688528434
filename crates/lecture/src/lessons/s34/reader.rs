//! Four tasks on texts of the small language, and a model of an encoder and a head for each.

use jumok_bert::{
    BertForQuestionAnswering, BertForSequenceClassification, BertForTokenClassification, BertInputs, BertModel,
    HeadConfig, SequenceLabels, Summary, SummaryHead, TextEncoder,
};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer};
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_text::pretraining::{IGNORE_INDEX, PairSequence};
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::lessons::sequences::inputs;
use crate::lessons::topics::{CLS, FORMS, LENGTH, PAD, SEP, TopicText, Topics};

/// Labelled examples of each task.
pub(super) const LABELS: usize = 400;
/// Steps of each training.
pub(super) const STEPS: u64 = 200;
/// Where a text begins that stands alone.
const SINGLE: usize = 1;
/// Where it begins behind a question of one word.
const BEHIND_QUESTION: usize = 3;
const BATCH: usize = 16;
const RATE: f64 = 4e-3;

/// What is asked about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Which topic it has: a class of a sentence.
    Topic,
    /// Whether two texts have the same: a class of a pair.
    Same,
    /// Which of its words is of another topic: a tag for every word.
    Stray,
    /// Where the word is that has the topic of the question: a span.
    Find,
}

/// An example: what is read, and the right answer in the form of the task (a class, the place of the stray word).
#[derive(Debug, Clone)]
struct Example {
    sequence: PairSequence,
    answer: i64,
}

impl Task {
    pub(super) const ALL: [Task; 4] = [Task::Topic, Task::Same, Task::Stray, Task::Find];

    fn example(self, topics: &Topics, rng: &mut ChaCha8Rng) -> Example {
        let text = topics.text(rng);
        let single = |text: &TopicText| {
            let input_ids = [&[CLS], &text.ids[..], &[SEP]].concat();
            PairSequence { token_type_ids: vec![0; input_ids.len()], input_ids }
        };
        let pair = |a: &[i64], b: &[i64]| {
            let (first, second) = ([&[CLS], a, &[SEP]].concat(), [b, &[SEP]].concat());
            let token_type_ids = [vec![0; first.len()], vec![1; second.len()]].concat();
            PairSequence { input_ids: [first, second].concat(), token_type_ids }
        };
        let stray = text.ids.iter().position(|&id| topics.topic_of(id) != Some(text.topic)).expect("a text has one");
        match self {
            Task::Topic => Example { sequence: single(&text), answer: text.topic as i64 },
            Task::Same => {
                let same = rng.random_bool(0.5);
                let other =
                    std::iter::repeat_with(|| topics.text(rng)).find(|other| (other.topic == text.topic) == same);
                let other = other.expect("an endless draw");
                Example { sequence: pair(&text.ids, &other.ids), answer: i64::from(same) }
            }
            Task::Stray => Example { sequence: single(&text), answer: (SINGLE + stray) as i64 },
            Task::Find => {
                let topic = topics.topic_of(text.ids[stray]).expect("a word has a topic");
                let question = topics.form(topic, rng.random_range(0..FORMS));
                Example { sequence: pair(&[question], &text.ids), answer: (BEHIND_QUESTION + stray) as i64 }
            }
        }
    }

    fn examples(self, topics: &Topics, count: usize, rng: &mut ChaCha8Rng) -> Vec<Example> {
        (0..count).map(|_| self.example(topics, rng)).collect()
    }
}

/// The head of a task on an encoder.
#[derive(Debug, Clone)]
enum Model {
    Class(BertForSequenceClassification),
    Tags(BertForTokenClassification),
    Answer(BertForQuestionAnswering),
}

/// A task and a model for it.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    task: Task,
    model: Model,
}

impl Module for Reader {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        match &self.model {
            Model::Class(model) => model.visit(path, f),
            Model::Tags(model) => model.visit(path, f),
            Model::Answer(model) => model.visit(path, f),
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        match &mut self.model {
            Model::Class(model) => model.visit_mut(path, f),
            Model::Tags(model) => model.visit_mut(path, f),
            Model::Answer(model) => model.visit_mut(path, f),
        }
    }
}

impl Reader {
    /// A fresh head on `encoder`; a pooler belongs to the head.
    pub(super) fn new(task: Task, topics: &Topics, width: usize, encoder: &BertModel, seed: u64) -> Reader {
        let labels = if task == Task::Topic { topics.count() } else { 2 };
        let config = topics.config(width, HeadConfig::numbered(labels));
        let sound = "a valid configuration";
        let model = match task {
            Task::Topic | Task::Same => Model::Class(BertForSequenceClassification::new(&config, seed).expect(sound)),
            Task::Stray => Model::Tags(BertForTokenClassification::new(&config, seed).expect(sound)),
            Task::Find => Model::Answer(BertForQuestionAnswering::new(&config, seed).expect(sound)),
        };
        Reader { task, model }.on(encoder)
    }

    pub(super) fn encoder(&self) -> &BertModel {
        match &self.model {
            Model::Class(model) => &model.encoder,
            Model::Tags(model) => &model.encoder,
            Model::Answer(model) => &model.encoder,
        }
    }

    fn encoder_mut(&mut self) -> &mut BertModel {
        match &mut self.model {
            Model::Class(model) => &mut model.encoder,
            Model::Tags(model) => &mut model.encoder,
            Model::Answer(model) => &mut model.encoder,
        }
    }

    /// The same head on another encoder.
    #[must_use]
    pub(super) fn on(mut self, encoder: &BertModel) -> Reader {
        let pooler = self.encoder().pooler.clone();
        *self.encoder_mut() = BertModel { pooler, ..encoder.clone() };
        self
    }

    // ANCHOR: frozen
    /// With embeddings and layers as constants, which no optimiser changes.
    #[must_use]
    pub(super) fn with_frozen_encoder(mut self) -> Reader {
        let encoder = self.encoder_mut();
        encoder.embeddings.for_each_parameter_mut(&mut |_, tensor| *tensor = tensor.detach());
        encoder.encoder.for_each_parameter_mut(&mut |_, tensor| *tensor = tensor.detach());
        self
    }
    // ANCHOR_END: frozen

    /// After [`STEPS`] steps on [`LABELS`] examples that `seed` decides.
    #[must_use]
    pub(super) fn trained(mut self, topics: &Topics, seed: u64) -> Reader {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let examples = self.task.examples(topics, LABELS, rng);
        let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
        for _ in 0..STEPS {
            let batch: Vec<&Example> = examples.sample(rng, BATCH).collect();
            let gradients = self.loss(&batch).backward();
            optimizer.step(&mut self, &gradients, RATE).expect("every parameter has a gradient");
        }
        self
    }

    fn loss(&self, batch: &[&Example]) -> Tensor {
        let (read, ctx) = (read(batch), &mut Ctx::eval());
        let answers = answers(batch);
        match &self.model {
            Model::Class(model) => model.loss(&model.forward(&read, ctx), &SequenceLabels::Classes(answers)),
            Model::Tags(model) => {
                let [rows, time] = read.input_ids.dims();
                let tag = |n: usize| match n % time {
                    0 => IGNORE_INDEX,
                    place if place == time - 1 => IGNORE_INDEX,
                    place => i64::from(place as i64 == batch[n / time].answer),
                };
                let tags = IntTensor::from_vec((0..rows * time).map(tag).collect(), &[rows, time]);
                BertForTokenClassification::loss(&model.forward(&read, ctx), &tags)
            }
            Model::Answer(model) => BertForQuestionAnswering::loss(&model.forward(&read, ctx), [&answers, &answers]),
        }
    }

    /// The share of `count` new texts that are answered rightly. Of tags and answers, the place with the largest logit counts.
    pub(super) fn accuracy(&self, topics: &Topics, count: usize, seed: u64) -> f64 {
        // Beside the training texts: another stream of the same seed.
        let rng = &mut ChaCha8Rng::seed_from_u64(seed.wrapping_add(1));
        let examples = self.task.examples(topics, count, rng);
        let batch: Vec<&Example> = examples.iter().collect();
        let (read, ctx) = (read(&batch), &mut Ctx::eval());
        let said = no_grad(|| match &self.model {
            Model::Class(model) => model.forward(&read, ctx),
            Model::Tags(model) => {
                let logits = model.forward(&read, ctx); //                    [B, T, 2]
                logits.select(2, 1) - logits.select(2, 0)
            }
            Model::Answer(model) => {
                let [start, end] = model.forward(&read, ctx); //              [B, T] each
                start + end
            }
        });
        // Only words of the text can be an answer.
        let (said, first) = match self.task {
            Task::Topic | Task::Same => (said, 0),
            Task::Stray => (said.narrow(1, SINGLE, LENGTH), SINGLE),
            Task::Find => (said.narrow(1, BEHIND_QUESTION, LENGTH), BEHIND_QUESTION),
        };
        let said = said.argmax(-1, false);
        let right = said.as_slice().iter().zip(&batch).filter(|(said, one)| **said + first as i64 == one.answer);
        right.count() as f64 / count as f64
    }

    /// The head's logits on states `[B, T, D]` of its encoder.
    pub(super) fn on_states(&self, states: &Tensor, ctx: &mut Ctx) -> Tensor {
        match &self.model {
            Model::Class(model) => {
                let first = states.select(1, 0);
                let pooled = model.encoder.pool(&first, ctx);
                model.head.forward(&Summary { first, pooled }, ctx)
            }
            Model::Tags(model) => model.classifier.forward(states),
            Model::Answer(model) => model.qa_outputs.forward(states),
        }
    }
}

fn read(batch: &[&Example]) -> BertInputs {
    inputs(&batch.iter().map(|example| example.sequence.clone()).collect::<Vec<_>>(), PAD)
}

fn answers(batch: &[&Example]) -> IntTensor {
    IntTensor::from_vec(batch.iter().map(|example| example.answer).collect(), &[batch.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_right() {
        let topics = Topics::new(&["a", "b", "c"].map(str::to_owned));
        let rng = &mut ChaCha8Rng::seed_from_u64(4);
        for _ in 0..50 {
            let find = Task::Find.example(&topics, rng);
            let topic = |place: usize| topics.topic_of(find.sequence.input_ids[place]).unwrap();
            assert_eq!(topic(1), topic(find.answer as usize));
            let stray = Task::Stray.example(&topics, rng);
            let ids = &stray.sequence.input_ids;
            let alike = ids.iter().filter(|&&id| topics.topic_of(id) == topics.topic_of(ids[stray.answer as usize]));
            assert_eq!(alike.count(), 1);
        }
    }

    #[test]
    fn a_frozen_encoder_stays() {
        let topics = Topics::new(&["a", "b"].map(str::to_owned));
        let encoder = BertForSequenceClassification::new(&topics.config(8, HeadConfig::default()), 0).unwrap().encoder;
        for task in Task::ALL {
            let reader = Reader::new(task, &topics, 8, &encoder, 1).with_frozen_encoder().trained(&topics, 2);
            let words = |model: &BertModel| model.word_embeddings().weight.to_vec();
            assert_eq!(words(reader.encoder()), words(&encoder));
            let moved = Reader::new(task, &topics, 8, &encoder, 1).trained(&topics, 2);
            assert_ne!(words(moved.encoder()), words(&encoder));
        }
    }
}
