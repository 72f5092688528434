//! S12: attention over a picture. A word asks the cells of a picture and takes home what it sees there.
//!
//! n words, N cells, three colours: cells `[N, 3]`, queries `[n, 3]`, weights `[n, N]`.

use std::f64::consts::TAU;

use jumok_attention::score::{Dot, Score};
use jumok_attention::{Mask, Values, plain_attention};
use jumok_nn::show;
use jumok_seq2seq::captioning::{Captioner, CaptionerConfig};
use jumok_tensor::{Array, Elem, IntTensor, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, AttentionOverImage, Rgb, Table};
use rand::RngExt;

use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S12.
pub static LESSON: Lesson = Lesson {
    id: "s12",
    slides: &["S12"],
    title: Text { en: "Use: captioning images", ko: "응용: 이미지 캡션" },
    texts: texts::ALL,
    tell,
};

/// The things of a user who named none.
const THINGS: Text = Text { en: "woman frisbee park", ko: "여자 원반 공원" };
/// Cells of a row and rows of the picture.
const GRID: usize = 4;
const CELLS: usize = GRID * GRID;

mod texts {
    jumok_training::texts! {
        /// What is seen.
        SCENE =
            "A picture of {cells} cells. Each word names a thing that lies in one of them, as a colour of its own; the rest is nearly grey. A cell is three numbers, how much red, green and blue it has beyond its mean:"
            | "칸이 {cells}개인 그림입니다. 단어마다 가리키는 사물이 한 칸에 고유한 색으로 놓여 있고, 나머지는 거의 회색입니다. 칸 하나는 수 세 개이며, 빨강, 초록, 파랑이 평균보다 얼마나 많은지를 나타냅니다.";
        /// A query by hand.
        BY_HAND =
            "When a caption says a word, the decoder asks the cells. Here the queries are written by hand: forty times the colour of the thing that the word names. Keys and values are the cells:"
            | "캡션이 단어를 말할 때 디코더가 칸들에 묻습니다. 여기서는 질의를 손으로 적었습니다. 단어가 가리키는 사물의 색에 마흔을 곱한 값입니다. 키와 값은 칸입니다.";
        /// A column.
        COLUMN_WORD = "word" | "단어";
        /// A column.
        COLUMN_CELL = "its cell" | "사물의 칸";
        /// A column.
        COLUMN_SEEN = "most looked at" | "가장 많이 본 칸";
        /// A column.
        COLUMN_WEIGHT = "weight" | "가중치";
        /// What the picture shows.
        LOOK =
            "As a picture: light lies where a word looks. (In the file that --svg saves, the scene stands beside it.)"
            | "그림으로 보면, 단어가 보는 곳이 밝습니다. (--svg로 저장한 파일에는 장면이 나란히 있습니다.)";
        /// The title of the picture.
        PICTURE = "Where each word looks" | "단어마다 보는 곳";
        /// The captioner.
        CAPTIONER =
            "In the captioner (Xu et al., 2015) nobody writes queries. The decoder's state asks, as in a translator: the annotations of the cells take the place of the states of the source words. It begins with what their mean says, and before each word it looks:"
            | "캡션 모델(Xu 외, 2015)에서는 아무도 질의를 적어 주지 않습니다. 번역기에서처럼 디코더의 상태가 묻고, 원문 단어의 상태 자리에 칸의 특징 벡터(annotation)가 들어갑니다. 그 평균에서 출발해 단어를 말하기 전마다 그림을 봅니다.";
        /// Nothing is trained.
        UNTRAINED =
            "This captioner is fresh, all its weights are random: its first look is spread over the whole picture and means nothing. What is computed from what is all there is to see. `seq2seq experiment captioning` trains one, on pictures and captions alone, until its words look at what they name."
            | "이 캡션 모델은 학습하기 전이고 가중치가 모두 무작위입니다. 첫 시선은 그림 전체에 퍼져 있으며 아무 뜻도 없습니다. 무엇에서 무엇을 계산하는지만 보세요. `seq2seq experiment captioning`은 그림과 캡션만으로 모델을 학습해, 단어가 가리키는 것을 보게 만듭니다.";
        /// The spread of the first look.
        SPREAD =
            "The largest weight of this first look is {largest}; the same weight for all would be {even}."
            | "이 첫 시선에서 가장 큰 가중치는 {largest}입니다. 모든 칸이 같다면 {even}입니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const SHARPNESS: f64 = 40.0;
    let words = l.words(&THINGS)?;
    let scene = Scene::draw(words.len(), l);
    let cells = Tensor::parameter(Array::from_vec(scene.cells.concat(), &[CELLS, 3])); //   [N, 3]
    let things: Vec<Elem> = scene.places.iter().flat_map(|&cell| scene.cells[cell]).collect();
    let query = Tensor::from_vec(things, &[words.len(), 3]) * SHARPNESS; //                 [n, 3]

    l.say(&texts::SCENE, &[("cells", &CELLS)]);
    show!(l.model(), "cells", ["key", "color"], &cells);
    l.matrices();

    l.say(&texts::BY_HAND, &[]);
    l.formula("α = softmax(q·xᵢ),   c = Σᵢ αᵢ·xᵢ");
    l.label("query", &words);
    show!(l.model(), "query", ["query", "color"], &query);
    let picture = cells.unsqueeze(0); //                                                    [1, N, 3], a batch of one
    let (keys, values) = (Dot.prepare(&picture), Values::new(picture.clone()));
    let look =
        l.model().at("by_hand", |ctx| plain_attention(&Dot, &query.unsqueeze(0), &keys, &values, &Mask::none(), ctx));
    let by_hand = look.weights.tensor().to_vec(); //                                        [n, N]
    l.matrices();
    let columns = [texts::COLUMN_WORD, texts::COLUMN_CELL, texts::COLUMN_SEEN, texts::COLUMN_WEIGHT];
    let align = [Align::Left, Align::Right, Align::Right, Align::Right];
    let mut table = Table::new(columns.map(|text| text.get(l.language()))).align(align);
    let seen = look.weights.tensor().argmax(-1, false).to_vec(); //                         [n]
    for (n, (word, cell)) in words.iter().zip(&scene.places).enumerate() {
        let weight = by_hand[n * CELLS + seen[n] as usize];
        table.row([word.clone(), cell.to_string(), seen[n].to_string(), format!("{weight:.3}")]);
    }
    l.table(table);
    l.say(&texts::LOOK, &[]);
    let mut drawing = AttentionOverImage::new().title(texts::PICTURE.get(l.language())).image(GRID, &scene.pixels());
    for (word, weights) in words.iter().zip(by_hand.chunks(CELLS)) {
        drawing = drawing.word(word, [GRID, GRID], weights);
    }
    l.over_image(drawing);
    l.picture();

    l.say(&texts::CAPTIONER, &[]);
    l.formula("s₀ = tanh(W·mean(aᵢ)),   eₜᵢ = v·tanh(W·sₜ₋₁ + U·aᵢ),   αₜ = softmax(eₜ)\ncₜ = Σᵢ αₜᵢ·aᵢ,   sₜ = GRU([wordₜ₋₁; cₜ], sₜ₋₁)");
    let config = CaptionerConfig {
        rows: GRID,
        columns: GRID,
        patch_size: 3,
        annotation_size: 4,
        embedding_size: 2,
        hidden_size: 4,
        attention_hidden_size: 4,
        vocab_size: words.len(),
    };
    let captioner = Captioner::new(&config, l.rng());
    let memory = captioner.look_at(&picture, l.model());
    let first_word = captioner.embed.forward(&IntTensor::from_vec(vec![0], &[1])); //       [1, E]
    let step = l.model().at_index("word", 1, |ctx| captioner.step(&first_word, &memory.initial, &memory, ctx));
    l.matrices();
    l.say(&texts::UNTRAINED, &[]);
    let weights = step.weights.expect("a captioner looks"); //                              [1, N]
    let largest = format!("{:.3}", weights.amax(&[-1], false).item());
    l.say(&texts::SPREAD, &[("largest", &largest), ("even", &format!("{:.3}", 1.0 / CELLS as f64))]);
    l.loss_of(&Tensor::concat(&[&look.context.tensor().flatten(0, -1), &step.state.h.flatten(0, -1)], 0));
    Ok(())
}

/// Coloured things in cells of their own.
struct Scene {
    /// Red, green and blue beyond their mean.
    cells: Vec<[Elem; 3]>,
    /// The cell of each thing.
    places: Vec<usize>,
}

impl Scene {
    /// Things whose hues lie as far apart as they can, in random cells; to two decimals.
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    fn draw(things: usize, l: &mut LessonCtx) -> Scene {
        let rng = l.rng();
        let color = |hue: f64, strength: f64| {
            [0.0, 1.0, 2.0].map(|n| ((strength * (TAU * (hue - n / 3.0)).cos() * 100.0).round() / 100.0) as Elem)
        };
        let mut cells: Vec<[Elem; 3]> =
            (0..CELLS).map(|_| color(rng.random_range(0.0..1.0), rng.random_range(0.0..0.05))).collect();
        let (start, mut free) = (rng.random_range(0.0..1.0), (0..CELLS).collect::<Vec<_>>());
        let places: Vec<usize> = (0..things).map(|_| free.swap_remove(rng.random_range(0..free.len()))).collect();
        for (n, &cell) in places.iter().enumerate() {
            cells[cell] = color(start + n as f64 / things as f64, 0.4);
        }
        Scene { cells, places }
    }

    /// The picture, on a ground of middle grey.
    fn pixels(&self) -> Vec<Rgb> {
        let level = |x: Elem| ((0.5 + x).clamp(0.0, 1.0) * 255.0).round() as u8;
        self.cells.iter().map(|&[r, g, b]| Rgb(level(r), level(g), level(b))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions, Matrix};

    fn matrices(options: &LessonOptions) -> Vec<Matrix> {
        let of = |block: Block| if let Block::Matrix(matrix) = block { Some(matrix) } else { None };
        LESSON.run(options).unwrap().blocks.into_iter().filter_map(of).collect()
    }

    fn named<'a>(matrices: &'a [Matrix], name: &str) -> &'a Matrix {
        matrices.iter().find(|matrix| matrix.name == name).unwrap_or_else(|| panic!("no matrix {name}"))
    }

    /// Up to ten things, whose hues are then 36 degrees apart.
    #[test]
    fn a_word_that_asks_with_its_colour_sees_its_thing() {
        for text in ["a b", "a b c d e f g h i j"] {
            for seed in 0..5 {
                let options = LessonOptions { seed, text: Some(text.to_owned()), ..LessonOptions::default() };
                let all = matrices(&options);
                let (weights, query, cells) =
                    (named(&all, "by_hand.weights"), named(&all, "query"), named(&all, "cells"));
                for (row, query) in weights.values.chunks(CELLS).zip(query.values.chunks(3)) {
                    let most = (0..CELLS).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
                    assert!(row[most] > 0.5, "{text:?} {seed}: {row:?}");
                    let seen = &cells.values[3 * most..3 * most + 3];
                    query.iter().zip(seen).for_each(|(q, x)| assert!((q - 40.0 * x).abs() < 1e-4));
                }
            }
        }
    }

    #[test]
    fn the_captioner_takes_the_same_step_as_in_training_and_is_taught_back_to_the_cells() {
        let all = matrices(&LessonOptions::default());
        let weights = named(&all, "word.1.weights");
        assert_eq!(weights.shape, [1, CELLS]);
        assert!((weights.values.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        for name in ["annotations", "initial_state", "cells"] {
            let gradient = named(&all, name).gradient.as_ref().unwrap();
            assert!(gradient.iter().any(|g| g.abs() > 1e-9), "{name}: {gradient:?}");
        }
    }
}
