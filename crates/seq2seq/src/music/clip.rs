//! Clips of one or two sounds, one behind the other.

use std::ops::Range;

use jumok_tensor::{Elem, Tensor};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::{Spectrogram, Tag};
use jumok_nn::keyed_rng;

/// A clip with its tags.
#[derive(Debug, Clone)]
pub struct Clip {
    /// What is heard, in this order: one tag or two.
    pub tags: Vec<Tag>,
    /// The frames of each of them.
    pub segments: Vec<Range<usize>>,
    /// The spectrogram, `[T, F]`.
    pub frames: Tensor,
}

/// Makes clips; all of a maker's have the same number of frames.
#[derive(Debug, Clone)]
pub struct ClipMaker {
    /// T, the frames of a clip.
    pub frames: usize,
    spectrogram: Spectrogram,
    seed: u64,
}

/// Some clips with their tags as the model reads them.
#[derive(Debug, Clone)]
pub struct ClipBatch {
    /// The spectrograms, `[B, T, F]`.
    pub frames: Tensor,
    /// 1 for every tag that is heard, `[B, G]`.
    pub labels: Tensor,
}

impl ClipMaker {
    /// T of the lecture's clips: two seconds.
    pub const FRAMES: usize = 64;
    /// Noise under everything, as a recording has it.
    const NOISE: f64 = 0.002;

    /// A maker of clips of [`ClipMaker::FRAMES`] frames; everything random follows from the seed.
    pub fn new(seed: u64) -> ClipMaker {
        ClipMaker { frames: Self::FRAMES, spectrogram: Spectrogram::new(), seed }
    }

    /// A clip of these tags, one or two.
    ///
    /// The border between two lies anywhere from a third to two thirds of the clip.
    ///
    /// # Panics
    /// If there are not one or two tags.
    #[track_caller]
    pub fn clip(&self, tags: &[Tag], rng: &mut ChaCha8Rng) -> Clip {
        assert!((1..=2).contains(&tags.len()), "ClipMaker: {} tags do not fit a clip: need one or two", tags.len());
        let (frames, samples) = (self.frames, Spectrogram::samples(self.frames));
        let border = rng.random_range(frames / 3..=2 * frames / 3);
        // Between the middles of the windows of the frames border − 1 and border.
        let cut = border * Spectrogram::HOP + (Spectrogram::WINDOW - Spectrogram::HOP) / 2;
        let (mut sound, segments) = match *tags {
            [first, second] => {
                let sound = [first.sound(cut, rng), second.sound(samples - cut, rng)].concat();
                (sound, vec![0..border, border..frames])
            }
            _ => (tags[0].sound(samples, rng), std::iter::once(0..frames).collect()),
        };
        sound.iter_mut().for_each(|x| *x += Self::NOISE * rng.random_range(-1.0..1.0));
        Clip { tags: tags.to_vec(), segments, frames: self.spectrogram.frames(&sound) }
    }

    /// A clip of tags drawn at random: a quarter of one tag, a quarter of a pair of the slide in either order, the others of any
    /// two.
    pub fn draw(&self, rng: &mut ChaCha8Rng) -> Clip {
        let first = rng.random_range(0..Tag::ALL.len());
        let second = (first + rng.random_range(1..Tag::ALL.len())) % Tag::ALL.len();
        let [mut a, mut b] = [Tag::ALL[first], Tag::ALL[second]];
        match rng.random_range(0..4) {
            0 => return self.clip(&[a], rng),
            1 => {
                [a, b] = Tag::SLIDE_PAIRS[rng.random_range(0..Tag::SLIDE_PAIRS.len())];
                if rng.random_bool(0.5) {
                    std::mem::swap(&mut a, &mut b);
                }
            }
            _ => {}
        }
        self.clip(&[a, b], rng)
    }

    /// Clips of a training step, fresh ones every time.
    pub fn batch(&self, step: u64, size: usize) -> ClipBatch {
        let mut rng = keyed_rng([self.seed, 0, step]);
        ClipBatch::new(&(0..size).map(|_| self.draw(&mut rng)).collect::<Vec<_>>())
    }

    /// So many clips that no training step has heard.
    pub fn held_out(&self, count: usize) -> Vec<Clip> {
        let mut rng = keyed_rng([self.seed, 1, 0]);
        (0..count).map(|_| self.draw(&mut rng)).collect()
    }

    /// So many clips of two tags that no training step has heard, in both orders by turns.
    pub fn held_out_pair(&self, pair: [Tag; 2], count: usize) -> Vec<Clip> {
        let [a, b] = pair;
        let mut rng = keyed_rng([self.seed, 2 + a.index() as u64, b.index() as u64]);
        (0..count).map(|n| self.clip(&if n % 2 == 0 { [a, b] } else { [b, a] }, &mut rng)).collect()
    }
}

impl ClipBatch {
    /// Clips of one length side by side.
    ///
    /// # Panics
    /// If there is no clip, or their lengths differ.
    #[track_caller]
    pub fn new(clips: &[Clip]) -> ClipBatch {
        let frames: Vec<&Tensor> = clips.iter().map(|clip| &clip.frames).collect();
        let heard = |clip: &Clip| Tag::ALL.map(|tag| if clip.tags.contains(&tag) { 1.0 } else { 0.0 as Elem });
        let labels = clips.iter().flat_map(heard).collect();
        ClipBatch {
            frames: Tensor::stack(&frames, 0), //                             [B, T, F]
            labels: Tensor::from_vec(labels, &[clips.len(), Tag::ALL.len()]),
        }
    }

    /// B, the number of clips.
    pub fn len(&self) -> usize {
        self.labels.shape()[0]
    }

    /// Whether there is no clip at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of the clips: a shard of the batch.
    ///
    /// # Panics
    /// If there are no such rows.
    #[track_caller]
    pub fn rows(&self, rows: Range<usize>) -> ClipBatch {
        let cut = |x: &Tensor| x.narrow(0, rows.start, rows.len());
        ClipBatch { frames: cut(&self.frames), labels: cut(&self.labels) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_lies_between_the_frames_of_the_two_sounds() {
        let maker = ClipMaker::new(1);
        for clip in maker.held_out_pair([Tag::Quiet, Tag::Loud], 8) {
            let [first, second] = &clip.segments[..] else { panic!("two tags, two segments") };
            assert_eq!((first.start, first.end, second.end), (0, second.start, ClipMaker::FRAMES));
            let frames = clip.frames.to_vec();
            let energy = |t: usize| {
                let frame = &frames[t * Spectrogram::BANDS..(t + 1) * Spectrogram::BANDS];
                frame.iter().map(|x| f64::from(*x)).sum::<f64>()
            };
            let loud = usize::from(clip.tags[1] == Tag::Loud);
            let faintest = clip.segments[loud].clone().map(energy).fold(f64::INFINITY, f64::min);
            let loudest = clip.segments[1 - loud].clone().skip(1).rev().skip(1).map(energy).fold(0.0, f64::max);
            assert!(faintest > loudest, "{faintest} {loudest}");
        }
    }

    #[test]
    fn a_label_for_every_tag_that_is_heard() {
        let maker = ClipMaker::new(2);
        let clips = maker.held_out(40);
        let batch = ClipBatch::new(&clips);
        assert_eq!(batch.frames.shape(), [40, ClipMaker::FRAMES, Spectrogram::BANDS]);
        for (clip, labels) in clips.iter().zip(batch.labels.to_vec().chunks(Tag::ALL.len())) {
            assert_eq!(labels.iter().sum::<Elem>() as usize, clip.tags.len());
            assert!(clip.tags.iter().all(|tag| labels[tag.index()] == 1.0));
        }
        assert!(clips.iter().any(|clip| clip.tags.len() == 1));
        let shard = batch.rows(3..5);
        assert_eq!((shard.len(), shard.labels.to_vec()), (2, batch.labels.to_vec()[33..55].to_vec()));
    }

    #[test]
    fn the_seed_and_the_step_decide_what_is_drawn() {
        let frames = |seed, step| ClipMaker::new(seed).batch(step, 2).frames.to_vec();
        assert_eq!(frames(1, 2), frames(1, 2));
        assert_ne!(frames(1, 2), frames(1, 3));
        assert_ne!(frames(1, 2), frames(2, 2));
    }

    #[test]
    #[should_panic(expected = "0 tags do not fit a clip")]
    fn a_clip_has_a_tag() {
        ClipMaker::new(0).clip(&[], &mut keyed_rng([0]));
    }
}
