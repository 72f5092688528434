//! What a lesson computes and writes with.

use std::fmt::Display;

use jumok_nn::{Ctx, Record, backward_with_records};
use jumok_tensor::Tensor;
use jumok_training::{Language, Text};
use jumok_viz::{AttentionOverImage, AttentionOverTime, BarChart, Curve, HeatMap, Table};
use rand::rngs::ChaCha8Rng;

use crate::block::{Block, Matrix};
use crate::lesson::LessonOptions;
use crate::{LessonError, terms};

/// What a lesson computes and writes with: a recording [`Ctx`] for the models, the language, the words of the user, and
/// the blocks so far.
///
/// A lesson shows a value with `show!(l.model(), "scores", ["query", "key"], &scores)`, or calls a function that does, and
/// puts all that was shown since the last time on the page with [`LessonCtx::matrices`].
#[derive(Debug)]
pub struct LessonCtx {
    language: Language,
    text: Option<String>,
    model: Ctx,
    labels: Vec<(&'static str, Vec<String>)>,
    blocks: Vec<Block>,
    records: Vec<Record>,
    /// For each block that is a matrix: its place among the blocks, its record, and where in it its values start.
    sources: Vec<(usize, usize, usize)>,
    picture: Option<usize>,
    loss: Option<(LessonLoss, Tensor)>,
}

/// What the gradients of the way back are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LessonLoss {
    /// ½·Σ x² over the results x.
    HalfSquares,
    /// The loss that the lesson itself is about.
    Own,
}

impl LessonCtx {
    pub(crate) fn new(options: &LessonOptions) -> LessonCtx {
        LessonCtx {
            language: options.language,
            text: options.text.clone(),
            model: Ctx::seeded(options.seed, 0, 0, false).recording(),
            labels: Vec::new(),
            blocks: Vec::new(),
            records: Vec::new(),
            sources: Vec::new(),
            picture: None,
            loss: None,
        }
    }

    /// The language of the run.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The recording context that is passed to the functions of the models.
    pub fn model(&mut self) -> &mut Ctx {
        &mut self.model
    }

    /// The random numbers of the run.
    pub fn rng(&mut self) -> &mut ChaCha8Rng {
        self.model.rng()
    }

    /// The words to look at, each once: those of the user's text, else those of `default`.
    ///
    /// # Errors
    /// [`LessonError::Words`] if there are fewer than 2 or more than 10: a page holds no more.
    pub fn words(&mut self, default: &Text) -> Result<Vec<String>, LessonError> {
        const FEWEST: usize = 2;
        const MOST: usize = 10;
        let text = self.text.clone().unwrap_or_else(|| default.get(self.language).to_owned());
        let mut words: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        match words.len() {
            FEWEST..=MOST => Ok(words),
            found => Err(LessonError::Words { text, words: found, min: FEWEST, max: MOST }),
        }
    }

    /// Labels the places of an axis, wherever it occurs from here on and is as long.
    pub fn label(&mut self, axis: &'static str, labels: &[String]) {
        self.labels.retain(|(known, _)| *known != axis);
        self.labels.push((axis, labels.to_vec()));
    }

    /// Starts a section, with the values of its heading.
    ///
    /// # Panics
    /// As [`Text::fill`].
    #[track_caller]
    pub fn heading(&mut self, text: &Text, values: &[(&str, &dyn Display)]) {
        self.blocks.push(Block::Heading(text.fill(self.language, values)));
    }

    /// Writes a paragraph with its values.
    ///
    /// # Panics
    /// As [`Text::fill`].
    #[track_caller]
    pub fn say(&mut self, text: &Text, values: &[(&str, &dyn Display)]) {
        self.blocks.push(Block::Paragraph(text.fill(self.language, values)));
    }

    /// Writes a formula, in Unicode.
    pub fn formula(&mut self, formula: &str) {
        self.blocks.push(Block::Formula(formula.to_owned()));
    }

    /// Puts on the page what was shown since the last time.
    pub fn matrices(&mut self) {
        for record in self.model.take_records() {
            for (matrix, start) in self.cut(&record) {
                self.sources.push((self.blocks.len(), self.records.len(), start));
                self.blocks.push(Block::Matrix(matrix));
            }
            self.records.push(record);
        }
    }

    /// Puts a table on the page.
    pub fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
    }

    /// Puts a heat map on the page that was put together from several values; a value that is computed as it stands is
    /// shown through [`LessonCtx::model`] instead, and so keeps its source and its gradient.
    pub fn heat_map(&mut self, map: HeatMap) {
        self.blocks.push(Block::HeatMap(map));
    }

    /// Puts on the page where words look in a picture.
    pub fn over_image(&mut self, picture: AttentionOverImage) {
        self.blocks.push(Block::OverImage(picture));
    }

    /// Puts on the page where tags listen in a sound.
    pub fn over_time(&mut self, picture: AttentionOverTime) {
        self.blocks.push(Block::OverTime(picture));
    }

    /// Puts bars on the page.
    pub fn bars(&mut self, bars: BarChart) {
        self.blocks.push(Block::Bars(bars));
    }

    /// Puts a curve on the page.
    pub fn curve(&mut self, curve: Curve) {
        self.blocks.push(Block::Curve(curve));
    }

    /// Makes the last block the picture of the lesson.
    pub fn picture(&mut self) {
        self.picture = self.blocks.len().checked_sub(1);
    }

    /// Makes ½·Σ x² the loss whose gradients are shown on the way back: a lesson has no task, and of this loss the
    /// gradient at x is x itself, so that every gradient behind it can be checked by eye.
    pub fn loss_of(&mut self, x: &Tensor) {
        self.loss = Some((LessonLoss::HalfSquares, x.pow_scalar(2.0).sum_all() * 0.5));
    }

    /// Makes `loss`, a single number that the lesson computed, the loss whose gradients are shown on the way back.
    pub fn own_loss(&mut self, loss: &Tensor) {
        self.loss = Some((LessonLoss::Own, loss.clone()));
    }

    /// A record as matrices over its last two axes, each with the position of its first value.
    fn cut(&self, record: &Record) -> Vec<(Matrix, usize)> {
        let shape = record.value.shape();
        let rank = shape.len();
        let size = |from_end: usize| rank.checked_sub(from_end).map_or(1, |axis| shape[axis]);
        let (rows, columns) = (size(2), size(1));
        let values: Vec<f64> = record.value.to_vec().into_iter().map(f64::from).collect();
        let axis = |from_end: usize| rank.checked_sub(from_end).map_or("", |axis| record.axes[axis]);
        let labels = |name: &str, count: usize| {
            let known = self.labels.iter().find(|(axis, labels)| *axis == name && labels.len() == count);
            known.map(|(_, labels)| labels.clone()).unwrap_or_default()
        };
        (0..values.len().checked_div(rows * columns).unwrap_or(0))
            .map(|n| {
                let start = n * rows * columns;
                let matrix = Matrix {
                    name: format!("{}{}", record.path, self.leading(record, n)),
                    shape: [rows, columns],
                    axes: [axis(2), axis(1)].map(|name| terms::axis(name, self.language).to_owned()),
                    row_labels: labels(axis(2), rows),
                    column_labels: labels(axis(1), columns),
                    values: values[start..start + rows * columns].to_vec(),
                    gradient: None,
                    location: record.location,
                };
                (matrix, start)
            })
            .collect()
    }

    /// Where the `n`-th matrix of a record stands on the leading axes that are longer than one, such as ` (head 1)`.
    fn leading(&self, record: &Record, n: usize) -> String {
        let shape = record.value.shape();
        let mut rest = n;
        let mut places = Vec::new();
        for axis in (0..shape.len().saturating_sub(2)).rev() {
            if shape[axis] > 1 {
                places.push(format!("{} {}", terms::axis(record.axes[axis], self.language), rest % shape[axis]));
            }
            rest /= shape[axis];
        }
        places.reverse();
        if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) }
    }

    /// The blocks with their gradients, which of them is the picture, and what the gradients are of.
    pub(crate) fn finish(mut self) -> (Vec<Block>, Option<usize>, LessonLoss) {
        self.matrices();
        if let Some((_, loss)) = &self.loss {
            let gradients = backward_with_records(loss, &self.records);
            for &(block, record, start) in &self.sources {
                let Block::Matrix(matrix) = &mut self.blocks[block] else { continue };
                let count = matrix.values.len();
                matrix.gradient = gradients
                    .get(&self.records[record].value)
                    .map(|all| all.to_vec()[start..start + count].iter().copied().map(f64::from).collect());
            }
        }
        let of = self.loss.map_or(LessonLoss::HalfSquares, |(of, _)| of);
        (self.blocks, self.picture, of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, Elem};

    fn lesson() -> LessonCtx {
        LessonCtx::new(&LessonOptions::default())
    }

    fn matrices(blocks: &[Block]) -> Vec<&Matrix> {
        let matrix = |block: &'_ Block| matches!(block, Block::Matrix(_));
        blocks
            .iter()
            .filter(|block| matrix(block))
            .map(|block| match block {
                Block::Matrix(matrix) => matrix,
                _ => unreachable!("filtered"),
            })
            .collect()
    }

    #[test]
    fn a_value_with_many_axes_becomes_a_matrix_for_each_head_and_keeps_its_gradient() {
        let mut l = lesson();
        let x = Tensor::parameter(Array::from_vec((0..12).map(|n| n as Elem).collect(), &[1, 2, 2, 3]));
        l.label("key", &["a", "b", "c"].map(str::to_owned));
        l.model().show("scores", ["batch", "head", "query", "key"], &x);
        l.loss_of(&x);
        let (blocks, ..) = l.finish();
        let found = matrices(&blocks);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].name, "scores (head 1)");
        assert_eq!((found[1].shape, found[1].axes.clone()), ([2, 3], ["query".to_owned(), "key".to_owned()]));
        assert_eq!(found[1].column_labels, ["a", "b", "c"]);
        assert_eq!(found[1].values, [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]);
        assert_eq!(found[1].gradient.as_ref().unwrap(), &found[1].values, "the gradient of ½Σx² is x");
        assert!(found[1].place().starts_with("crates/lecture/src/ctx.rs:"), "{}", found[1].place());
    }

    #[test]
    fn vectors_numbers_and_empty_values_have_their_form() {
        let mut l = lesson();
        l.model().show("vector", ["feature"], &Tensor::zeros(&[3]));
        l.model().show("number", [], &Tensor::scalar(2.0));
        l.model().show("nothing", ["query", "key"], &Tensor::zeros(&[0, 3]));
        let (blocks, ..) = l.finish();
        let shapes: Vec<[usize; 2]> = matrices(&blocks).iter().map(|matrix| matrix.shape).collect();
        assert_eq!(shapes, [[1, 3], [1, 1]]);
        assert!(matrices(&blocks).iter().all(|matrix| matrix.gradient.is_none()), "there is no loss");
    }

    #[test]
    fn words_are_those_of_the_user_each_once() {
        let default = Text { en: "one two", ko: "하나 둘 셋" };
        assert_eq!(lesson().words(&default).unwrap(), ["one", "two"]);
        let own = |text: &str| {
            LessonCtx::new(&LessonOptions { text: Some(text.to_owned()), ..LessonOptions::default() }).words(&default)
        };
        assert_eq!(own("the cat  the\tdog").unwrap(), ["the", "cat", "dog"]);
        assert!(own("word word").unwrap_err().to_string().contains("has 1 different words"));
        assert!(own("a b c d e f g h i j k").unwrap_err().to_string().contains("2 to 10"));
    }
}
