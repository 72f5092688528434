//! How well a captioner does, and whether it looks at what it speaks of.

use jumok_nn::Ctx;
use jumok_tensor::no_grad;

use super::{Caption, CaptionData, Captioner, Scene};

/// Figures over some scenes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptionScores {
    /// Share of the scenes whose caption comes out right, word for word.
    pub exact: f64,
    /// Of the words of the true captions that name an object: the share at which the cell with the highest weight is the cell
    /// of that very object, among 64.
    pub on_object: f64,
    /// The share of the weight of these words that lies on that cell, on the average.
    pub mass_on_object: f64,
}

impl CaptionScores {
    /// Scenes that go through the model at the same time.
    const BATCH: usize = 50;

    /// Lets the model write a caption of each scene, and watches where it looks while it is fed the true one.
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    pub fn of(model: &Captioner, scenes: &[Scene], data: &CaptionData) -> CaptionScores {
        let (mut right, mut named, mut on_object, mut mass) = (0, 0, 0, 0.0);
        for scenes in scenes.chunks(Self::BATCH) {
            let batch = data.encode(scenes);
            let [_, longest] = batch.target.dims();
            let said = model.greedy(&batch.patches, longest);
            let is_right = |caption: &Caption, scene: &Scene| {
                caption.finished && caption.tokens == data.vocabulary.encode(&scene.caption(data.language))
            };
            right += said.iter().zip(scenes).filter(|(caption, scene)| is_right(caption, scene)).count();

            let (_, weights) = no_grad(|| model.forward(&batch, &mut Ctx::eval())); // [B, T, N]
            let [_, time, cells] = weights.dims();
            let (most, weights) = (weights.argmax(-1, false).to_vec(), weights.to_vec());
            for (b, scene) in scenes.iter().enumerate() {
                for (t, word) in scene.words(data.language).iter().enumerate() {
                    let Some(object) = word.names else { continue };
                    let (place, cell) = (b * time + t, scene.objects[object].cell());
                    named += 1;
                    on_object += usize::from(most[place] == cell as i64);
                    mass += weights[place * cells + cell] as f64;
                }
            }
        }
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        CaptionScores {
            exact: share(right, scenes.len()),
            on_object: share(on_object, named),
            mass_on_object: mass / named.max(1) as f64,
        }
    }
}
