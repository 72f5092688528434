//! Colours of numbers.

/// A colour of the sRGB space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(
    /// Red.
    pub u8,
    /// Green.
    pub u8,
    /// Blue.
    pub u8,
);

impl Rgb {
    /// As CSS writes it, such as `#1f2328`.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// Relative luminance of WCAG 2: 0 is black, 1 is white.
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Whether white text on this colour has more contrast than dark text.
    pub fn is_dark(self) -> bool {
        // (1 + 0.05)/(L + 0.05) > (L + 0.05)/(0 + 0.05), solved for L.
        self.luminance() < 0.179
    }

    /// The nearest of the 216 colours and 24 greys of a 256-colour terminal.
    pub(crate) fn ansi256(self) -> u8 {
        const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
        let nearest = |channel: u8| {
            let distance = |&n: &usize| (LEVELS[n] - i32::from(channel)).abs();
            (0..6).min_by_key(distance).unwrap_or(0)
        };
        let [r, g, b] = [self.0, self.1, self.2].map(nearest);
        let cube = Rgb(LEVELS[r] as u8, LEVELS[g] as u8, LEVELS[b] as u8);
        let mean = (i32::from(self.0) + i32::from(self.1) + i32::from(self.2)) / 3;
        let step = ((mean - 8 + 5) / 10).clamp(0, 23);
        let level = (8 + 10 * step) as u8;
        if self.distance(Rgb(level, level, level)) < self.distance(cube) {
            232 + step as u8
        } else {
            (16 + 36 * r + 6 * g + b) as u8
        }
    }

    fn distance(self, other: Rgb) -> i32 {
        let square = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
        square(self.0, other.0) + square(self.1, other.1) + square(self.2, other.2)
    }
}

/// From a number to a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorMap {
    /// From near white over blue to indigo, for magnitudes such as attention weights. The lightness falls in equal steps,
    /// so that equal differences of the numbers look equally large.
    Sequential,
    /// From violet over green to yellow: nine colours of Matplotlib's viridis (S. van der Walt and N. Smith, 2015), public
    /// domain, interpolated.
    Viridis,
    /// Blue for negative, near white for zero, red for positive numbers.
    Diverging,
}

impl ColorMap {
    /// The colour at `t`, where 0 is the low and 1 the high end of the range; beyond it the end's colour.
    ///
    /// # Panics
    /// If `t` is NaN: NaN has no place in a range and is drawn in a way of its own.
    #[track_caller]
    pub fn color(self, t: f64) -> Rgb {
        assert!(!t.is_nan(), "ColorMap::color: NaN has no colour");
        let t = t.clamp(0.0, 1.0);
        match self {
            ColorMap::Sequential => {
                let chroma = 0.010 + 0.105 * (std::f64::consts::PI * t).sin() + 0.06 * t;
                oklch(0.975 - 0.70 * t, chroma, 230.0 + 50.0 * t)
            }
            ColorMap::Viridis => viridis(t),
            ColorMap::Diverging => {
                let signed = 2.0 * t - 1.0;
                let magnitude = signed.abs();
                let hue = if signed < 0.0 { 255.0 } else { 28.0 };
                oklch(0.97 - 0.52 * magnitude, 0.005 + 0.165 * magnitude, hue)
            }
        }
    }

    /// Where a value lies in `range`, from 0 to 1; an empty range puts all values at its low end (the middle of a
    /// diverging map).
    pub(crate) fn position(self, value: f64, range: (f64, f64)) -> f64 {
        let (low, high) = range;
        match self {
            // In halves, because the difference of two very large numbers may be infinite.
            _ if high > low => ((value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)).clamp(0.0, 1.0),
            ColorMap::Diverging => 0.5,
            ColorMap::Sequential | ColorMap::Viridis => 0.0,
        }
    }
}

fn viridis(t: f64) -> Rgb {
    const TABLE: [[u8; 3]; 9] = [
        [0x44, 0x01, 0x54],
        [0x47, 0x2d, 0x7b],
        [0x3b, 0x52, 0x8b],
        [0x2c, 0x72, 0x8e],
        [0x21, 0x91, 0x8c],
        [0x28, 0xae, 0x80],
        [0x5e, 0xc9, 0x62],
        [0xad, 0xdc, 0x30],
        [0xfd, 0xe7, 0x25],
    ];
    let place = t * (TABLE.len() - 1) as f64;
    let index = (place as usize).min(TABLE.len() - 2);
    let part = place - index as f64;
    let mix = |c: usize| {
        let (low, high) = (f64::from(TABLE[index][c]), f64::from(TABLE[index + 1][c]));
        (low + part * (high - low)).round() as u8
    };
    Rgb(mix(0), mix(1), mix(2))
}

/// A colour by its perceived lightness (0 to 1), chroma and hue in degrees: B. Ottosson, "A perceptual color space for
/// image processing" (2020), whose matrices these are. Colours that a screen cannot show are cut to those it can.
fn oklch(lightness: f64, chroma: f64, hue: f64) -> Rgb {
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let channel = |linear: f64| {
        let c = linear.clamp(0.0, 1.0);
        let encoded = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
        (255.0 * encoded).round() as u8
    };
    Rgb(
        channel(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
        channel(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
        channel(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L* of CIE 1976, 0 to 100, from the relative luminance.
    fn lightness(color: Rgb) -> f64 {
        116.0 * color.luminance().cbrt() - 16.0
    }

    #[test]
    fn oklch_has_the_published_values() {
        assert_eq!(oklch(1.0, 0.0, 0.0), Rgb(255, 255, 255));
        assert_eq!(oklch(0.0, 0.0, 0.0), Rgb(0, 0, 0));
        // pure red is L 0.62796, C 0.25768, h 29.234 in OKLCH
        assert_eq!(oklch(0.62796, 0.25768, 29.234), Rgb(255, 0, 0));
    }

    #[test]
    fn sequential_maps_change_lightness_steadily() {
        let sequential: Vec<f64> =
            (0..=20).map(|n| lightness(ColorMap::Sequential.color(f64::from(n) / 20.0))).collect();
        for pair in sequential.windows(2) {
            let step = pair[0] - pair[1];
            assert!((2.0..6.5).contains(&step), "steps of lightness are near each other: {sequential:?}");
        }
        assert!(sequential[0] > 93.0 && sequential[20] < 25.0, "{sequential:?}");
        let viridis: Vec<f64> = (0..=20).map(|n| lightness(ColorMap::Viridis.color(f64::from(n) / 20.0))).collect();
        assert!(viridis.windows(2).all(|pair| pair[1] > pair[0]), "{viridis:?}");
    }

    #[test]
    fn the_diverging_map_is_even_on_both_sides() {
        for n in 0..=10 {
            let t = f64::from(n) / 20.0;
            let (low, high) = (ColorMap::Diverging.color(t), ColorMap::Diverging.color(1.0 - t));
            assert!((lightness(low) - lightness(high)).abs() < 6.0, "{low:?} {high:?}");
            if n < 10 {
                assert!(low.2 > low.0 && high.0 > high.2, "negative is blue, positive red: {low:?} {high:?}");
            }
        }
        assert!(lightness(ColorMap::Diverging.color(0.5)) > 94.0);
    }

    #[test]
    fn positions() {
        assert_eq!(ColorMap::Sequential.position(3.0, (1.0, 5.0)), 0.5);
        assert_eq!(ColorMap::Sequential.position(9.0, (1.0, 5.0)), 1.0);
        assert_eq!(ColorMap::Sequential.position(2.0, (2.0, 2.0)), 0.0);
        assert_eq!(ColorMap::Diverging.position(0.0, (0.0, 0.0)), 0.5);
        assert_eq!(ColorMap::Diverging.position(0.0, (-f64::MAX, f64::MAX)), 0.5);
        assert_eq!(ColorMap::Viridis.color(-3.0), Rgb(0x44, 0x01, 0x54));
        assert_eq!(ColorMap::Viridis.color(0.5), Rgb(0x21, 0x91, 0x8c));
    }

    #[test]
    #[should_panic(expected = "NaN has no colour")]
    fn nan_has_no_color() {
        let _ = ColorMap::Sequential.color(f64::NAN);
    }

    #[test]
    fn text_on_a_color_has_contrast() {
        for n in 0..=50 {
            let color = ColorMap::Sequential.color(f64::from(n) / 50.0);
            let l = color.luminance();
            let contrast = if color.is_dark() { 1.05 / (l + 0.05) } else { (l + 0.05) / 0.05 };
            assert!(contrast >= 4.5, "{color:?} has contrast {contrast}");
        }
    }

    #[test]
    fn terminal_colors() {
        assert_eq!(Rgb(255, 0, 0).ansi256(), 196);
        assert_eq!(Rgb(0, 0, 0).ansi256(), 16);
        assert_eq!(Rgb(8, 8, 8).ansi256(), 232);
        assert_eq!(Rgb(128, 128, 128).ansi256(), 244);
        assert_eq!(Rgb(95, 135, 255).ansi256(), 69);
    }
}
