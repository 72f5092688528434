use std::path::Path;

use crate::number::log_ticks;
use crate::svg::{Body, Label};
use crate::text::{pixel_width, visible};
use crate::{VizError, save};

const RULES: &str = "\
.jumok .roof{stroke:#1f6feb;fill:none;stroke-width:2.5}\
.jumok .rule{stroke:#8c959f;stroke-opacity:0.3;fill:none}\
.jumok .dot{fill:#c2298a}\
.jumok .drop{stroke:#c2298a;stroke-dasharray:3 4;fill:none}\
.jumok .halo{paint-order:stroke;stroke:#ffffff;stroke-width:4px;stroke-linejoin:round}\
@media (prefers-color-scheme:dark){.jumok .halo{stroke:#0d1117}}";

/// What a machine can do at most over the operations that a workload does for each byte: a slope where the memory is the
/// limit, a flat roof where the arithmetic is (Williams, Waterman and Patterson 2009). Both axes are logarithmic.
///
/// ```
/// use jumok_viz::RooflineChart;
///
/// let chart = RooflineChart::new(100.0, 20.0).point("decoding", 0.5).point("prompt", 300.0);
/// assert!(chart.to_svg().contains("decoding"));
/// ```
#[derive(Debug, Clone)]
pub struct RooflineChart {
    peak: f64,
    bandwidth: f64,
    points: Vec<(String, f64)>,
    title: String,
    axes: [String; 2],
}

impl RooflineChart {
    /// A machine with a peak in 10⁹ operations a second and a bandwidth in 10⁹ bytes a second.
    ///
    /// # Panics
    /// If one of them is not a positive number.
    #[track_caller]
    pub fn new(peak: f64, bandwidth: f64) -> RooflineChart {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        assert!(positive(peak) && positive(bandwidth), "RooflineChart: {peak} and {bandwidth} must be above 0");
        RooflineChart { peak, bandwidth, points: Vec::new(), title: String::new(), axes: Default::default() }
    }

    /// Marks a workload of that many operations a byte on the roof above it.
    ///
    /// # Panics
    /// If the intensity is not a positive number.
    #[must_use]
    #[track_caller]
    pub fn point(mut self, label: &str, intensity: f64) -> RooflineChart {
        assert!(intensity > 0.0 && intensity.is_finite(), "RooflineChart: an intensity of {intensity} has no place");
        self.points.push((visible(label), intensity));
        self
    }

    /// A title above the picture.
    #[must_use]
    pub fn title(mut self, title: &str) -> RooflineChart {
        self.title = visible(title);
        self
    }

    /// What the axes show.
    #[must_use]
    pub fn axes(mut self, intensity: &str, rate: &str) -> RooflineChart {
        self.axes = [visible(intensity), visible(rate)];
        self
    }

    fn roof(&self, intensity: f64) -> f64 {
        self.peak.min(self.bandwidth * intensity)
    }

    /// The picture as a complete SVG document.
    pub fn to_svg(&self) -> String {
        const LEFT: f64 = 78.0;
        const TOP: f64 = 52.0;
        const PLOT: (f64, f64) = (540.0, 280.0);
        let ridge = self.peak / self.bandwidth;
        let all = || self.points.iter().map(|(_, intensity)| *intensity).chain([ridge]);
        let low = 10f64.powf(all().fold(f64::INFINITY, f64::min).log10().floor());
        let high = 10f64.powf((all().fold(0.0, f64::max) * 1.5).log10().ceil());
        let (bottom, top) = (10f64.powf(self.roof(low).log10().floor()), self.peak * 2.0);
        let x = |v: f64| LEFT + PLOT.0 * (v / low).log10() / (high / low).log10();
        let y = |v: f64| TOP + PLOT.1 * (1.0 - (v / bottom).log10() / (top / bottom).log10());

        let mut body = Body::default();
        body.text(16.0, 28.0, &self.title, Label { size: 16.0, bold: true, ..Label::PLAIN });
        let small = Label { size: 11.0, class: "muted", ..Label::PLAIN };
        for tick in log_ticks(low, high, 8) {
            body.path(&format!("M{:.1} {TOP}V{:.1}", x(tick.value), TOP + PLOT.1), "rule");
            body.text(x(tick.value), TOP + PLOT.1 + 18.0, &tick.label, Label { anchor: "middle", ..small });
        }
        for tick in log_ticks(bottom, top, 7) {
            body.path(&format!("M{LEFT} {:.1}H{:.1}", y(tick.value), LEFT + PLOT.0), "rule");
            body.text(LEFT - 8.0, y(tick.value) + 4.0, &tick.label, Label { anchor: "end", ..small });
        }
        let axis = Label { anchor: "middle", class: "muted", ..Label::PLAIN };
        body.text(LEFT + PLOT.0 / 2.0, TOP + PLOT.1 + 42.0, &self.axes[0], axis);
        body.text(20.0, TOP + PLOT.1 / 2.0, &self.axes[1], Label { rotate: -90.0, ..axis });
        let (start, corner, end) = (x(low), (x(ridge), y(self.peak)), LEFT + PLOT.0);
        body.path(&format!("M{start:.1} {:.1}L{:.1} {:.1}H{end:.1}", y(self.roof(low)), corner.0, corner.1), "roof");
        for (n, (label, intensity)) in self.points.iter().enumerate() {
            let (at, height) = (x(*intensity), y(self.roof(*intensity)));
            body.path(&format!("M{at:.1} {height:.1}V{:.1}", TOP + PLOT.1), "drop");
            body.raw(&format!("<circle class=\"dot\" cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"5\"/>\n"));
            // Below the roof, on the side that has room; each on a line of its own.
            let right = at + 10.0 + pixel_width(label, 13.0) <= LEFT + PLOT.0;
            let (anchor, side) = if right { ("start", 10.0) } else { ("end", -10.0) };
            body.text(
                at + side,
                height + 24.0 + 20.0 * n as f64,
                label,
                Label { anchor, class: "halo", ..Label::PLAIN },
            );
        }
        body.finish_with(LEFT + PLOT.0 + 24.0, TOP + PLOT.1 + 60.0, &self.title, RULES)
    }

    /// Saves [`RooflineChart::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the circles stand.
    fn dots(svg: &str) -> Vec<[f64; 2]> {
        let number = |circle: &str, name: &str| {
            let rest = circle.split(&format!("{name}=\"")).nth(1).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        svg.split("<circle").skip(1).map(|circle| [number(circle, "cx"), number(circle, "cy")]).collect()
    }

    #[test]
    fn points_lie_on_the_slope_and_on_the_roof() {
        // The ridge is at 5; a decade up the slope is as far as a decade of rate.
        let svg = RooflineChart::new(100.0, 20.0).point("a", 0.05).point("b", 0.5).point("c", 50.0).point("d", 500.0);
        let [a, b, c, d] = dots(&svg.to_svg())[..] else { panic!("four dots") };
        assert!(a[0] < b[0] && b[0] < c[0] && c[0] < d[0]);
        assert!(a[1] > b[1] && b[1] > c[1], "the slope rises");
        assert_eq!(c[1], d[1], "the roof is flat");
        assert!(((b[0] - a[0]) - (d[0] - c[0])).abs() < 0.2, "decades are equally wide");
    }

    #[test]
    fn texts_are_escaped() {
        let svg = RooflineChart::new(1.0, 1.0).title("<b>").axes("연산/바이트", "&").point("\"", 2.0).to_svg();
        for part in ["&lt;b&gt;", "연산/바이트", "&amp;", "&quot;"] {
            assert!(svg.contains(part), "{part} is missing in {svg}");
        }
    }

    #[test]
    #[should_panic(expected = "an intensity of 0 has no place")]
    fn nothing_has_no_place() {
        let _ = RooflineChart::new(1.0, 1.0).point("a", 0.0);
    }
}
