//! How well a tagger does, and whether a tag listens to its own part of a clip.

use jumok_metrics::Scores;
use jumok_nn::Ctx;
use jumok_tensor::{Elem, no_grad};

use super::{Clip, ClipBatch, MusicTagger, Tag};

/// Figures over some clips; a tag is said to be heard if its logit is positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaggingScores {
    /// Share of the clips whose set of tags is right as a whole.
    pub exact: f64,
    /// Share of the single answers, one for each tag of each clip, that are right.
    pub answers: f64,
    /// Precision, recall and F1 of "is heard", over all answers (micro average).
    pub heard: Scores,
}

/// Clips that go through the model at the same time.
const BATCH: usize = 50;

impl TaggingScores {
    /// Of a model on some clips.
    pub fn of(model: &MusicTagger, clips: &[Clip]) -> TaggingScores {
        let answers: Vec<bool> = clips
            .chunks(BATCH)
            .flat_map(|clips| {
                no_grad(|| model.forward(&ClipBatch::new(clips).frames, &mut Ctx::eval()).logits.to_vec())
            })
            .map(|logit| logit > 0.0)
            .collect();
        TaggingScores::from_answers(&answers, clips)
    }

    /// Of somebody who says of every clip that exactly these tags are heard.
    pub fn of_guess(tags: &[Tag], clips: &[Clip]) -> TaggingScores {
        let answer = Tag::ALL.map(|tag| tags.contains(&tag));
        TaggingScores::from_answers(&answer.repeat(clips.len()), clips)
    }

    /// From an answer for every tag of every clip.
    fn from_answers(answers: &[bool], clips: &[Clip]) -> TaggingScores {
        let (mut exact, mut right, mut hits, mut found, mut wanted) = (0, 0, 0, 0, 0);
        for (clip, answers) in clips.iter().zip(answers.chunks(Tag::ALL.len())) {
            let truth = Tag::ALL.map(|tag| clip.tags.contains(&tag));
            let count = |f: &dyn Fn(bool, bool) -> bool| truth.iter().zip(answers).filter(|(t, a)| f(**t, **a)).count();
            exact += usize::from(truth == answers);
            right += count(&|truth, answer| truth == answer);
            hits += count(&|truth, answer| truth && answer);
            found += count(&|_, answer| answer);
            wanted += clip.tags.len();
        }
        TaggingScores {
            exact: exact as f64 / clips.len().max(1) as f64,
            answers: right as f64 / answers.len().max(1) as f64,
            heard: Scores::from_counts(hits, found, wanted),
        }
    }
}

/// For every tag of the clips, in their order: the share of its attention that lies on its own segment.
///
/// A tag that listens everywhere alike gets the segment's share of the clip, one half on the average.
#[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
pub fn attention_on_own_segment(model: &MusicTagger, clips: &[Clip]) -> Vec<(Tag, f64)> {
    let mut shares = vec![];
    for clips in clips.chunks(BATCH) {
        let weights = no_grad(|| model.forward(&ClipBatch::new(clips).frames, &mut Ctx::eval()).tag_attention); // [B, G, T]
        let [_, tags, time] = weights.dims();
        let weights = weights.to_vec();
        for (b, clip) in clips.iter().enumerate() {
            for (tag, segment) in clip.tags.iter().zip(&clip.segments) {
                let start = (b * tags + tag.index()) * time;
                let own: Elem = weights[start + segment.start..start + segment.end].iter().sum();
                shares.push((*tag, own as f64));
            }
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::ClipMaker;

    #[test]
    fn the_figures_of_a_guess_by_hand() {
        let maker = ClipMaker::new(1);
        let pair = |pair| maker.held_out_pair(pair, 1).remove(0);
        let clips = [pair([Tag::Drums, Tag::Harp]), pair([Tag::Slow, Tag::Fast])];
        let scores = TaggingScores::of_guess(&[Tag::Harp, Tag::Drums], &clips);
        assert_eq!(scores.exact, 0.5);
        // Eleven answers are right about the first clip, seven about the second.
        assert!((scores.answers - 18.0 / 22.0).abs() < 1e-12);
        assert_eq!((scores.heard.precision, scores.heard.recall), (0.5, 0.5));
        let silent = TaggingScores::of_guess(&[], &clips);
        assert_eq!((silent.exact, silent.heard.f1), (0.0, 0.0));
    }
}
