//! The sounds behind the tags: small synthesisers, each sound a little different every time.

use std::f64::consts::TAU;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Samples of a second.
pub const SAMPLE_RATE: usize = 4096;

/// What can be said of a sound: the tags of the slide's figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    /// Thuds and bursts of noise.
    Drums,
    /// Plucked notes that run up a scale.
    Harp,
    /// Struck chords that die away.
    Piano,
    /// A high tone with breath and vibrato.
    Flute,
    /// A thud on every beat, a hiss between them, a saw-toothed bass.
    Techno,
    /// Held voices that swell.
    Classic,
    /// A distorted fifth.
    Metal,
    /// A knock twice a second.
    Slow,
    /// The same knock fourteen times a second.
    Fast,
    /// A faint held chord.
    Quiet,
    /// The same chord, loud.
    Loud,
}

impl Tag {
    /// All tags.
    pub const ALL: [Tag; 11] = [
        Tag::Drums,
        Tag::Harp,
        Tag::Piano,
        Tag::Flute,
        Tag::Techno,
        Tag::Classic,
        Tag::Metal,
        Tag::Slow,
        Tag::Fast,
        Tag::Quiet,
        Tag::Loud,
    ];

    /// The six pairs of the slide, in its order.
    pub const SLIDE_PAIRS: [[Tag; 2]; 6] = [
        [Tag::Drums, Tag::Harp],
        [Tag::Piano, Tag::Flute],
        [Tag::Techno, Tag::Classic],
        [Tag::Classic, Tag::Metal],
        [Tag::Slow, Tag::Fast],
        [Tag::Quiet, Tag::Loud],
    ];

    /// The name on the slide.
    pub fn name(self) -> &'static str {
        match self {
            Tag::Drums => "Drums",
            Tag::Harp => "Harp",
            Tag::Piano => "Piano",
            Tag::Flute => "Flute",
            Tag::Techno => "Techno",
            Tag::Classic => "Classic",
            Tag::Metal => "Metal",
            Tag::Slow => "Slow",
            Tag::Fast => "Fast",
            Tag::Quiet => "Quiet",
            Tag::Loud => "Loud",
        }
    }

    /// The name in Korean.
    pub fn korean(self) -> &'static str {
        match self {
            Tag::Drums => "드럼",
            Tag::Harp => "하프",
            Tag::Piano => "피아노",
            Tag::Flute => "플루트",
            Tag::Techno => "테크노",
            Tag::Classic => "클래식",
            Tag::Metal => "메탈",
            Tag::Slow => "느림",
            Tag::Fast => "빠름",
            Tag::Quiet => "조용함",
            Tag::Loud => "시끄러움",
        }
    }

    /// Its place in [`Tag::ALL`], and so in the model's answers.
    pub fn index(self) -> usize {
        self as usize
    }

    /// So many samples of a sound of this tag, between −1 and 1: pitch, times and loudness are drawn anew each time.
    pub fn sound(self, samples: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut out = vec![0.0; samples];
        match self {
            Tag::Drums => drums(&mut out, rng),
            Tag::Harp => harp(&mut out, rng),
            Tag::Piano => piano(&mut out, rng),
            Tag::Flute => flute(&mut out, rng),
            Tag::Techno => techno(&mut out, rng),
            Tag::Classic => held_voices(&mut out, rng),
            Tag::Metal => metal(&mut out, rng),
            Tag::Slow => knocks(&mut out, 0.45..0.6, rng),
            Tag::Fast => knocks(&mut out, 0.06..0.08, rng),
            Tag::Quiet | Tag::Loud => chord(&mut out, rng),
        }
        let peak = match self {
            Tag::Quiet => rng.random_range(0.02..0.04),
            Tag::Loud => rng.random_range(0.9..1.0),
            _ => rng.random_range(0.25..0.5),
        };
        let highest = out.iter().fold(0.0, |highest: f64, x| highest.max(x.abs())).max(f64::MIN_POSITIVE);
        out.iter_mut().for_each(|x| *x *= peak / highest);
        out
    }
}

/// The sample at a time in seconds.
fn at(seconds: f64) -> usize {
    (seconds * SAMPLE_RATE as f64) as usize
}

/// Adds a tone that starts at a sample and dies away by e^(−decay·t): partials at whole multiples of the frequency, with these
/// amplitudes. Partials above half the sample rate are left out, since samples cannot hold them.
fn tone(out: &mut [f64], start: usize, frequency: f64, decay: f64, partials: &[f64]) {
    let audible = (SAMPLE_RATE as f64 / 2.0 / frequency) as usize;
    let partials = &partials[..partials.len().min(audible)];
    for (n, x) in out.iter_mut().skip(start).enumerate() {
        let t = n as f64 / SAMPLE_RATE as f64;
        let level = (-decay * t).exp();
        if level < 1e-3 {
            break;
        }
        let wave = |(k, amplitude): (usize, &f64)| amplitude * (TAU * frequency * (k + 1) as f64 * t).sin();
        *x += level * partials.iter().enumerate().map(wave).sum::<f64>();
    }
}

/// Adds noise that starts at a sample and dies away.
fn hiss(out: &mut [f64], start: usize, level: f64, decay: f64, rng: &mut ChaCha8Rng) {
    for (n, x) in out.iter_mut().skip(start).enumerate() {
        let level = level * (-decay * n as f64 / SAMPLE_RATE as f64).exp();
        if level < 1e-3 {
            break;
        }
        *x += level * rng.random_range(-1.0..1.0);
    }
}

fn drums(out: &mut [f64], rng: &mut ChaCha8Rng) {
    let (beat, thud) = (rng.random_range(0.13..0.2), rng.random_range(60.0..90.0));
    let mut time = rng.random_range(0.0..0.05);
    let mut strong = rng.random_bool(0.5);
    while at(time) < out.len() {
        match strong {
            true => tone(out, at(time), thud, 18.0, &[1.0, 0.3]),
            false => hiss(out, at(time), 0.8, 22.0, rng),
        }
        strong = !strong;
        time += beat * rng.random_range(0.9..1.1);
    }
}

fn harp(out: &mut [f64], rng: &mut ChaCha8Rng) {
    const SCALE: [f64; 5] = [1.0, 9.0 / 8.0, 5.0 / 4.0, 3.0 / 2.0, 5.0 / 3.0];
    let (base, step) = (rng.random_range(380.0..560.0), rng.random_range(0.09..0.14));
    let mut note = rng.random_range(0..SCALE.len());
    let mut time = 0.0;
    while at(time) < out.len() {
        let octave = f64::from(1u32 << ((note / SCALE.len()) % 2));
        tone(out, at(time), base * octave * SCALE[note % SCALE.len()], 5.0, &[1.0, 0.3, 0.1]);
        note += 1;
        time += step * rng.random_range(0.9..1.1);
    }
}

fn piano(out: &mut [f64], rng: &mut ChaCha8Rng) {
    const CHORDS: [[f64; 3]; 3] = [[1.0, 1.25, 1.5], [1.0, 1.2, 1.5], [1.0, 4.0 / 3.0, 5.0 / 3.0]];
    let mut time = 0.0;
    while at(time) < out.len() {
        let base = rng.random_range(120.0..220.0);
        for ratio in CHORDS[rng.random_range(0..CHORDS.len())] {
            tone(out, at(time), base * ratio, 3.0, &[1.0, 0.6, 0.4, 0.25, 0.15, 0.1]);
        }
        time += rng.random_range(0.25..0.45);
    }
}

fn flute(out: &mut [f64], rng: &mut ChaCha8Rng) {
    let (vibrato, breath) = (rng.random_range(4.5..6.5), rng.random_range(0.01..0.04));
    let (mut phase, mut frequency, mut next) = (0.0, 0.0, 0);
    for n in 0..out.len() {
        if n == next {
            frequency = rng.random_range(600.0..1000.0);
            next += at(rng.random_range(0.3..0.6));
        }
        let wave = (TAU * vibrato * n as f64 / SAMPLE_RATE as f64).sin();
        phase += TAU * frequency * (1.0 + 0.01 * wave) / SAMPLE_RATE as f64;
        let breath = breath * rng.random_range(-1.0..1.0);
        out[n] += (1.0 + 0.15 * wave) * (phase.sin() + 0.12 * (2.0 * phase).sin()) + breath;
    }
}

fn techno(out: &mut [f64], rng: &mut ChaCha8Rng) {
    let (beat, bass) = (rng.random_range(0.22..0.27), rng.random_range(90.0..130.0));
    let mut time = rng.random_range(0.0..0.1);
    while at(time) < out.len() {
        tone(out, at(time), 55.0, 14.0, &[2.0]);
        hiss(out, at(time + beat / 2.0), 0.7, 40.0, rng);
        time += beat;
    }
    for (n, x) in out.iter_mut().enumerate() {
        let cycles = bass * n as f64 / SAMPLE_RATE as f64;
        *x += 0.5 * (2.0 * cycles.fract() - 1.0);
    }
}

fn held_voices(out: &mut [f64], rng: &mut ChaCha8Rng) {
    let base = rng.random_range(200.0..320.0);
    let swell = rng.random_range(0.8..1.4);
    for ratio in [1.0, 1.25, 1.5] {
        let (detune, start) = (rng.random_range(0.995..1.005), rng.random_range(0.0..TAU));
        for (n, x) in out.iter_mut().enumerate() {
            let t = n as f64 / SAMPLE_RATE as f64;
            let loudness = 0.7 + 0.3 * (TAU * swell * t + start).sin();
            let voice = |k: usize| (TAU * base * ratio * detune * k as f64 * t).sin() / k as f64;
            *x += loudness * (1..=4).map(voice).sum::<f64>();
        }
    }
}

fn metal(out: &mut [f64], rng: &mut ChaCha8Rng) {
    let root = rng.random_range(82.0..110.0);
    let drive = rng.random_range(6.0..10.0);
    for (n, x) in out.iter_mut().enumerate() {
        let t = n as f64 / SAMPLE_RATE as f64;
        let fifth = (TAU * root * t).sin() + (TAU * 1.5 * root * t).sin();
        *x += (drive * fifth + rng.random_range(-1.0..1.0)).tanh();
    }
}

fn knocks(out: &mut [f64], pause: std::ops::Range<f64>, rng: &mut ChaCha8Rng) {
    let (pause, frequency) = (rng.random_range(pause), rng.random_range(1300.0..1600.0));
    let mut time = rng.random_range(0.0..pause.min(0.2));
    while at(time) < out.len() {
        tone(out, at(time), frequency, 25.0, &[1.0]);
        time += pause;
    }
}

fn chord(out: &mut [f64], rng: &mut ChaCha8Rng) {
    let base = rng.random_range(300.0..420.0);
    for ratio in [1.0, 1.5] {
        tone(out, 0, base * ratio, 0.0, &[1.0, 0.5, 0.25]);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn no_two_sounds_are_equal_and_loudness_is_that_of_the_tag() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for tag in Tag::ALL {
            let [a, b] = [(); 2].map(|()| tag.sound(SAMPLE_RATE, &mut rng));
            assert_ne!(a, b, "{tag:?}");
            let peak = a.iter().fold(0.0f64, |peak, x| peak.max(x.abs()));
            let range = match tag {
                Tag::Quiet => 0.019..0.041,
                Tag::Loud => 0.89..1.01,
                _ => 0.24..0.51,
            };
            assert!(range.contains(&peak), "{tag:?}: {peak}");
        }
    }

    #[test]
    fn a_fast_sound_knocks_more_often() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        // A knock is where the loudness of a hundredth of a second rises well above that of the one before; one that falls between two hundredths may count twice.
        let mut knocks = |tag: Tag| {
            let sound = tag.sound(2 * SAMPLE_RATE, &mut rng);
            let levels: Vec<f64> = sound.chunks(at(0.01)).map(|part| part.iter().map(|x| x.abs()).sum()).collect();
            levels.windows(2).filter(|pair| pair[1] > 1.5 * pair[0] + 0.5).count()
        };
        let (slow, fast) = (knocks(Tag::Slow), knocks(Tag::Fast));
        assert!((2..=10).contains(&slow) && fast >= 20, "{slow} {fast}");
    }

    #[test]
    fn every_pair_of_the_slide_has_two_tags_with_names() {
        for pair in Tag::SLIDE_PAIRS {
            assert_ne!(pair[0], pair[1]);
        }
        for (n, tag) in Tag::ALL.into_iter().enumerate() {
            assert_eq!((tag.index(), tag.name()), (n, format!("{tag:?}").as_str()));
        }
    }
}
