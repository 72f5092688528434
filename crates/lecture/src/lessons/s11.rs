//! S11: attention over time. The frames of a sound ask one another, then every tag asks the frames.
//!
//! n tags, T frames, F bands: frames `[T, F]`, queries `[n, F]`, weights of the frames `[T, T]`, of the tags `[n, T]`.

use jumok_attention::score::{ScaledDot, Score};
use jumok_attention::{AttentionOptions, Mask, Values, attend, plain_attention};
use jumok_nn::show;
use jumok_tensor::{Array, Elem, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, AttentionOverTime, Table};
use rand::RngExt;

use super::vectors;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S11.
pub static LESSON: Lesson = Lesson {
    id: "s11",
    slides: &["S11"],
    title: Text { en: "Use: tagging music", ko: "응용: 음악 태깅" },
    texts: texts::ALL,
    tell,
};

/// The tags of a user who gave none: the first pair of the slide.
const TAGS: Text = Text { en: "drums harp", ko: "드럼 하프" };

mod texts {
    jumok_training::texts! {
        /// What is heard.
        SOUND =
            "A clip with {count} sounds, one behind the other. Each has a spectrum of its own, drawn at random; each frame is the spectrum of its sound, now louder and now fainter, with some noise. The model is told which tags are in the clip, never where."
            | "소리 {count}개가 차례로 이어지는 클립입니다. 소리마다 무작위로 정한 고유한 스펙트럼이 있고, 프레임은 그 스펙트럼이 커졌다 작아졌다 하며 잡음이 섞인 것입니다. 모델은 어떤 태그가 있는지만 배우고 어디에 있는지는 배우지 않습니다.";
        /// The frames ask one another.
        SELF =
            "First the frames ask one another: query, key and value are all made of the frames. That is self-attention, and it is what the slide's figure shows, though it stands under attention; its own slide is S13. Frames of one sound find each other:"
            | "먼저 프레임끼리 서로 묻습니다. 질의, 키, 값이 모두 프레임에서 나옵니다. 이것이 셀프 어텐션이고, 슬라이드의 그림이 보여 주는 것도 이것입니다. 어텐션 항목에 놓여 있지만 셀프 어텐션의 슬라이드는 S13입니다. 같은 소리의 프레임끼리 서로를 찾아냅니다.";
        /// The tags ask the frames.
        POOL =
            "Then every tag asks all frames with a query of its own. Its context is what it heard, and decides whether the tag is given:"
            | "다음에는 태그마다 자기 질의로 모든 프레임에 묻습니다. 그 컨텍스트가 태그가 들은 것이고, 이것으로 태그를 붙일지 정합니다.";
        /// Nothing is trained.
        BY_HAND =
            "Nothing is trained here. The queries are written by hand: each is three times the spectrum of its sound. A model has to find such queries from clips and their tags alone; `seq2seq experiment tagging` makes waveforms for the slide's eleven tags and trains one on them."
            | "여기서는 아무것도 학습하지 않았습니다. 질의는 손으로 적은 것으로, 소리의 스펙트럼을 세 배 한 값입니다. 모델은 클립과 태그만으로 이런 질의를 찾아야 합니다. `seq2seq experiment tagging`은 슬라이드에 나온 태그 열한 가지의 파형을 만들어 모델을 학습합니다.";
        /// A column.
        COLUMN_TAG = "tag" | "태그";
        /// A column.
        COLUMN_ATTENTION = "attention on its own sound" | "자기 소리에 둔 어텐션";
        /// A column.
        COLUMN_SHARE = "share of the clip" | "클립에서 차지하는 비율";
        /// What the picture shows.
        LOOK =
            "The spectrogram, with low bands at the bottom, and below it where each tag listened:"
            | "스펙트로그램(아래가 낮은 대역)과 그 아래 태그마다 들은 곳입니다.";
        /// The title of the picture.
        PICTURE = "Where each tag listens" | "태그마다 듣는 곳";
        /// The axis of the picture.
        TIME = "time" | "시간";
        /// Where the slide slips.
        SLIP =
            "In the paper of the figure (Won, Chun and Serra, 2019) all tags are read out of one vector, and the maps come from the self-attention layers. Here each tag has a query of its own, so that each can be asked where it listened."
            | "그림의 논문(Won, Chun, Serra, 2019)은 벡터 하나에서 모든 태그를 읽고, 그림은 셀프 어텐션 층에서 얻습니다. 여기서는 태그마다 자기 질의가 있어서 어디를 들었는지 태그마다 물을 수 있습니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const BANDS: usize = 6;
    const SEGMENT: usize = 4; // frames of a sound
    let tags = l.words(&TAGS)?;
    let (n, time) = (tags.len(), tags.len() * SEGMENT);
    let spectra = vectors(n, BANDS, l.rng()); //                              [n, F]
    let frames = frames_of(&spectra.to_vec(), BANDS, SEGMENT, l); //          [T, F]
    l.label("tag", &tags);

    l.say(&texts::SOUND, &[("count", &n)]);
    show!(l.model(), "spectra", ["tag", "band"], &spectra);
    show!(l.model(), "frames", ["key", "band"], &frames);
    l.matrices();

    l.say(&texts::SELF, &[]);
    l.formula("A = softmax(X·Xᵀ),   H = A·X");
    let x = frames.unsqueeze(0).unsqueeze(0); //                              [1, 1, T, F]
    let unscaled = AttentionOptions { scale: Some(1.0), ..AttentionOptions::default() };
    let heard = l.model().at("self", |ctx| attend(&x, &x, &x, &Mask::none(), &unscaled, ctx));
    l.matrices();

    l.say(&texts::POOL, &[]);
    l.formula("α_g = softmax(q_g·hₜ / √F),   c_g = Σₜ α_gt·hₜ,   p_g = σ(w_g·c_g + b_g)");
    l.say(&texts::BY_HAND, &[]);
    l.label("query", &tags);
    let h = heard.context.squeeze(0); //                                      [1, T, F]
    let query = &spectra * 3.0; //                                            [n, F]
    let (keys, values) = (ScaledDot.prepare(&h), Values::new(h));
    let pooled =
        l.model().at("tag", |ctx| plain_attention(&ScaledDot, &query.unsqueeze(0), &keys, &values, &Mask::none(), ctx));
    l.matrices();

    let weights = pooled.weights.tensor().to_vec(); //                        [n, T]
    let columns = [texts::COLUMN_TAG, texts::COLUMN_ATTENTION, texts::COLUMN_SHARE];
    let align = [Align::Left, Align::Right, Align::Right];
    let mut table = Table::new(columns.map(|text| text.get(l.language()))).align(align);
    for (g, tag) in tags.iter().enumerate() {
        let own: Elem = weights[g * time + g * SEGMENT..][..SEGMENT].iter().sum();
        table.row([tag.clone(), format!("{own:.3}"), format!("{:.3}", 1.0 / n as f64)]);
    }
    l.table(table);
    l.say(&texts::LOOK, &[]);
    let [title, axis] = [texts::PICTURE, texts::TIME].map(|text| text.get(l.language()));
    let mut picture =
        AttentionOverTime::new().title(title).axis(axis).sound(&tags.join(" + "), [time, BANDS], &frames.to_vec());
    for g in 1..n {
        picture = picture.border(g * SEGMENT);
    }
    for (tag, weights) in tags.iter().zip(weights.chunks(time)) {
        picture = picture.attention(tag, weights);
    }
    l.over_time(picture);
    l.picture();
    l.say(&texts::SLIP, &[]);
    l.loss_of(pooled.context.tensor());
    Ok(())
}

/// Frames `[T, F]` of the spectra `[n, F]`, `segment` of each: at a random loudness, with noise, to two decimals.
fn frames_of(spectra: &[Elem], bands: usize, segment: usize, l: &mut LessonCtx) -> Tensor {
    let mut frames = Vec::new();
    for spectrum in spectra.chunks(bands) {
        for _ in 0..segment {
            let loudness = Elem::from(l.rng().random_range(7i8..=12)) / 10.0;
            let noise = |l: &mut LessonCtx| Elem::from(l.rng().random_range(-20i8..=20)) / 100.0;
            frames.extend(spectrum.iter().map(|&level| ((loudness * level + noise(l)) * 100.0).round() / 100.0));
        }
    }
    let count = frames.len() / bands;
    Tensor::parameter(Array::from_vec(frames, &[count, bands]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions, Matrix};

    fn matrix(seed: u64, name: &str) -> Matrix {
        let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
        let of_name = |block: &Block| match block {
            Block::Matrix(matrix) if matrix.name == name => Some(matrix.clone()),
            _ => None,
        };
        run.blocks.iter().find_map(of_name).unwrap_or_else(|| panic!("no matrix {name}"))
    }

    /// Two random spectra may be alike: then a tag hears its own sound hardly better than the other.
    #[test]
    fn a_tag_listens_to_its_own_sound() {
        let seeds = 0..20;
        let own = |seed| {
            let weights = matrix(seed, "tag.weights").values; // [2, 8]
            [&weights[..4], &weights[12..]].map(|own| own.iter().sum::<f64>())
        };
        let shares: Vec<[f64; 2]> = seeds.map(own).collect();
        assert!(shares[0].iter().all(|&share| share > 0.8), "{:?}", shares[0]);
        assert!(shares.iter().flatten().all(|&share| share > 0.5), "{shares:?}");
        let mean = shares.iter().flatten().sum::<f64>() / 40.0;
        assert!(mean > 0.8, "{mean}");
    }

    #[test]
    fn frames_of_one_sound_find_each_other() {
        let weights = matrix(0, "self.weights"); // [8, 8]
        assert_eq!(weights.shape, [8, 8]);
        for (t, row) in weights.values.chunks(8).enumerate() {
            let own: f64 = row[t / 4 * 4..][..4].iter().sum();
            assert!(own > 0.5, "frame {t}: {row:?}");
        }
        assert!(matrix(0, "frames").gradient.is_some_and(|gradient| gradient.iter().any(|g| g.abs() > 1e-9)));
    }
}
