//! From samples to frames: how much of each band of frequencies is in each short stretch of a sound.

use std::f64::consts::TAU;

use jumok_tensor::{Elem, Tensor, no_grad};

use super::SAMPLE_RATE;

/// The short-time Fourier transform, written as what it is: two matrix products.
///
/// Windows of W samples, each begun HOP samples after the one before, times a matrix of cosines and sines gives the share of
/// each frequency; the squares of both, added within bands whose width follows the ear (the mel scale), give its power; the
/// logarithm brings loud and faint together.
#[derive(Debug, Clone)]
pub struct Spectrogram {
    /// Hann window times cos and −sin of every frequency, `[W, 2K]`.
    waves: Tensor,
    /// Which band a frequency belongs to, `[K, F]`: columns are means.
    bands: Tensor,
}

impl Spectrogram {
    /// W, samples of a window.
    pub const WINDOW: usize = 256;
    /// Samples from one window to the next.
    pub const HOP: usize = 128;
    /// F, bands of frequencies, from low to high.
    pub const BANDS: usize = 32;
    /// K, frequencies: half the window, without frequency 0.
    const FREQUENCIES: usize = Self::WINDOW / 2;
    /// Power below which a band counts as silent.
    const SILENCE: f64 = 1e-5;
    /// So that the loudest numbers are about 3.
    const SCALE: f64 = 0.25;

    /// The matrices.
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    pub fn new() -> Spectrogram {
        let (w, k) = (Self::WINDOW, Self::FREQUENCIES);
        let hann = |n: usize| 0.5 - 0.5 * (TAU * n as f64 / w as f64).cos();
        // A sine of amplitude 1 gets power 1: the window's samples add up to W/2, half of which falls to each sign of the
        // frequency.
        let norm = 4.0 / w as f64;
        let wave = |n: usize, column: usize| {
            let angle = TAU * ((n * (column % k + 1)) % w) as f64 / w as f64;
            norm * hann(n) * if column < k { angle.cos() } else { -angle.sin() }
        };
        let waves = (0..w).flat_map(|n| (0..2 * k).map(move |column| wave(n, column) as Elem)).collect();
        let bands: Vec<usize> = (1..=k).map(Self::band).collect();
        let size = |band: usize| bands.iter().filter(|&&of| of == band).count();
        let share = |of: usize, band: usize| if of == band { 1.0 / size(band) as Elem } else { 0.0 };
        let bands = bands.iter().flat_map(|&of| (0..Self::BANDS).map(move |band| share(of, band))).collect();
        Spectrogram { waves: Tensor::from_vec(waves, &[w, 2 * k]), bands: Tensor::from_vec(bands, &[k, Self::BANDS]) }
    }

    /// The band of the k-th multiple of the lowest frequency.
    fn band(k: usize) -> usize {
        let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
        let hertz = |k: usize| (k * SAMPLE_RATE) as f64 / Self::WINDOW as f64;
        let highest = mel(hertz(Self::FREQUENCIES));
        ((mel(hertz(k)) / highest * Self::BANDS as f64) as usize).min(Self::BANDS - 1)
    }

    /// The samples that so many frames take.
    pub fn samples(frames: usize) -> usize {
        (frames.max(1) - 1) * Self::HOP + Self::WINDOW
    }

    /// ¼·ln(1 + power/10⁻⁵) of every band in every frame, `[T, F]`; samples at the end that fill no window are left out.
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    pub fn frames(&self, sound: &[f64]) -> Tensor {
        let windows: Vec<&[f64]> = sound.windows(Self::WINDOW).step_by(Self::HOP).collect();
        let samples = windows.iter().flat_map(|window| window.iter().map(|&x| x as Elem)).collect();
        let windows = Tensor::from_vec(samples, &[windows.len(), Self::WINDOW]);
        no_grad(|| {
            let parts = windows.matmul(&self.waves); //                       [T, 2K]
            let squares = &parts * &parts;
            let k = Self::FREQUENCIES;
            let power = squares.narrow(1, 0, k) + squares.narrow(1, k, k); // [T, K]
            let of_bands = power.matmul(&self.bands); //                      [T, F]
            (of_bands / Self::SILENCE + 1.0).log() * Self::SCALE
        })
    }
}

impl Default for Spectrogram {
    fn default() -> Spectrogram {
        Spectrogram::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_lies_in_its_band_with_its_power() {
        let spectrogram = Spectrogram::new();
        for k in [8usize, 25, 70] {
            let frequency = (k * SAMPLE_RATE) as f64 / Spectrogram::WINDOW as f64;
            let sine = |n: usize| (TAU * frequency * n as f64 / SAMPLE_RATE as f64).sin();
            let sound: Vec<f64> = (0..Spectrogram::samples(3)).map(sine).collect();
            let frames = spectrogram.frames(&sound);
            assert_eq!(frames.shape(), [3, Spectrogram::BANDS]);
            for row in frames.to_vec().chunks(Spectrogram::BANDS) {
                let loudest = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
                assert_eq!(loudest, Spectrogram::band(k));
            }
            // All power of the frame: the Hann window spreads a sine over three frequencies, 1 + 2·(1/2)².
            let parts = Tensor::from_vec(sound[..256].iter().map(|&x| x as Elem).collect(), &[1, 256]);
            let parts = parts.matmul(&spectrogram.waves).to_vec();
            let power: f64 = parts.iter().map(|&x| f64::from(x).powi(2)).sum();
            assert!((power - 1.5).abs() < 1e-3, "{power}");
        }
    }

    #[test]
    fn silence_is_zero_and_every_band_has_a_frequency() {
        let spectrogram = Spectrogram::new();
        assert!(spectrogram.frames(&vec![0.0; 600]).to_vec().iter().all(|&x| x == 0.0));
        let ones = Tensor::ones(&[1, Spectrogram::FREQUENCIES]).matmul(&spectrogram.bands);
        assert!(ones.to_vec().iter().all(|sum| (sum - 1.0).abs() < 1e-5), "each band is a mean: {:?}", ones.to_vec());
    }
}
