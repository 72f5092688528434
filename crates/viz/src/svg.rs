//! Writing SVG: a picture that carries its own style, for light and dark pages.

use std::fmt::{Display, Write};

use crate::color::{ColorMap, Rgb};
use crate::number::{brief, ticks};
use crate::text::{pixel_width, visible};

/// Fonts that have Hangul come before the viewer's own choice; Latin letters look alike in all of them.
pub(crate) const FONT_FAMILY: &str =
    "'Noto Sans','Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic',sans-serif";

/// All rules start with a class of this crate's: a page may hold several pictures, and styles in one reach the others.
const STYLE: &str = "\
.jumok{color-scheme:light dark}\
.jumok text{font-family:FONT;fill:#1f2328;white-space:pre}\
.jumok .muted{fill:#59636e}\
.jumok .page{fill:#ffffff}\
.jumok .on-dark{fill:#ffffff}\
.jumok .on-light{fill:#1f2328}\
.jumok .nan{fill:#b8bec6}\
.jumok .minus-infinity{fill:#e4e7eb}\
.jumok .plus-infinity{fill:#c2298a}\
.jumok .mark{stroke:#59636e;fill:none}\
.jumok .frame{stroke:#8c959f;fill:none}\
@media (prefers-color-scheme:dark){\
.jumok text{fill:#e6edf3}\
.jumok .muted{fill:#9198a1}\
.jumok .page{fill:#0d1117}\
.jumok .on-dark{fill:#ffffff}\
.jumok .on-light{fill:#1f2328}\
.jumok .nan{fill:#6e7681}\
.jumok .minus-infinity{fill:#262c36}\
.jumok .mark{stroke:#d1d7e0}\
.jumok .frame{stroke:#656c76}\
}";

/// `&`, `<`, `>` and quotes as XML wants them, control characters made visible.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The start of a picture and its style. `rules` are further CSS rules, which should start with `.jumok` as well.
pub(crate) fn open(size: (f64, f64), view: (f64, f64), title: &str, rules: &str) -> String {
    let (width, height) = (size.0.ceil(), size.1.ceil());
    let (view_width, view_height) = (view.0.ceil(), view.1.ceil());
    let style = STYLE.replace("FONT", FONT_FAMILY);
    let title = if title.is_empty() { String::new() } else { format!("<title>{}</title>\n", escape(title)) };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"jumok\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {view_width} {view_height}\">\n{title}<style>{style}{rules}</style>\n\
         <rect class=\"page\" width=\"{view_width}\" height=\"{view_height}\" rx=\"6\"/>\n"
    )
}

/// The body of a picture, written piece by piece.
#[derive(Default)]
pub(crate) struct Body(String);

/// A number for an attribute: two decimals, none that say nothing.
struct Px(f64);

impl Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}", (self.0 * 100.0).round() / 100.0)
    }
}

/// How a text is placed.
#[derive(Clone, Copy)]
pub(crate) struct Label<'a> {
    pub(crate) size: f64,
    pub(crate) anchor: &'static str,
    pub(crate) class: &'a str,
    /// Degrees, clockwise, about the text's position.
    pub(crate) rotate: f64,
    pub(crate) bold: bool,
}

impl Label<'_> {
    pub(crate) const PLAIN: Label<'static> = Label { size: 13.0, anchor: "start", class: "", rotate: 0.0, bold: false };
}

impl Body {
    pub(crate) fn raw(&mut self, svg: &str) {
        self.0.push_str(svg);
    }

    pub(crate) fn rect(&mut self, [x, y, width, height]: [f64; 4], paint: &str, tooltip: Option<&str>) {
        let (x, y, width, height) = (Px(x), Px(y), Px(width), Px(height));
        let _ = write!(self.0, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {paint}");
        match tooltip {
            Some(text) => {
                let _ = writeln!(self.0, "><title>{}</title></rect>", escape(text));
            }
            None => self.0.push_str("/>\n"),
        }
    }

    pub(crate) fn path(&mut self, commands: &str, class: &str) {
        let _ = writeln!(self.0, "<path d=\"{commands}\" class=\"{class}\"/>");
    }

    /// A text whose baseline starts (or is centred, or ends) at `(x, y)`; nothing for an empty one.
    pub(crate) fn text(&mut self, x: f64, y: f64, text: &str, label: Label) {
        if text.is_empty() {
            return;
        }
        let (x, y) = (Px(x), Px(y));
        let _ = write!(self.0, "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"", Px(label.size));
        if label.anchor != "start" {
            let _ = write!(self.0, " text-anchor=\"{}\"", label.anchor);
        }
        if !label.class.is_empty() {
            let _ = write!(self.0, " class=\"{}\"", label.class);
        }
        if label.rotate != 0.0 {
            let _ = write!(self.0, " transform=\"rotate({} {x} {y})\"", Px(label.rotate));
        }
        if label.bold {
            self.0.push_str(" font-weight=\"600\"");
        }
        let _ = writeln!(self.0, ">{}</text>", escape(text));
    }

    pub(crate) fn finish(self, width: f64, height: f64, title: &str) -> String {
        self.finish_with(width, height, title, "")
    }

    /// [`Body::finish`] with further rules of [`open`].
    pub(crate) fn finish_with(self, width: f64, height: f64, title: &str, rules: &str) -> String {
        open((width, height), (width, height), title, rules) + &self.0 + "</svg>\n"
    }
}

/// How a value is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Paint {
    Color(Rgb),
    Nan,
    PlusInfinity,
    MinusInfinity,
}

/// Colours of a range of numbers; what is not finite has a look of its own.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) map: ColorMap,
    pub(crate) range: (f64, f64),
}

impl Scale {
    /// The map and range that were asked for, or those that suit the values: with negative ones a diverging map around
    /// zero, otherwise a sequential map from zero to the largest value.
    pub(crate) fn fit<'a>(
        values: impl Iterator<Item = &'a f64> + Clone,
        map: Option<ColorMap>,
        range: Option<(f64, f64)>,
    ) -> Scale {
        let finite = values.copied().filter(|v| v.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let signed = range.map_or(low, |range| range.0) < 0.0;
        let map = map.unwrap_or(if signed { ColorMap::Diverging } else { ColorMap::Sequential });
        let fitted = match map {
            ColorMap::Diverging => {
                let largest = low.abs().max(high.abs());
                (-largest, largest)
            }
            ColorMap::Sequential | ColorMap::Viridis => (low.min(0.0), high),
        };
        Scale { map, range: range.unwrap_or(fitted) }
    }

    pub(crate) fn paint(&self, value: f64) -> Paint {
        if value.is_nan() {
            Paint::Nan
        } else if value.is_infinite() {
            if value > 0.0 { Paint::PlusInfinity } else { Paint::MinusInfinity }
        } else {
            Paint::Color(self.map.color(self.map.position(value, self.range)))
        }
    }

    /// Draws the colour bar with its top left corner at `(x, y)` and below it what the special values in `values` look
    /// like. Returns width and height.
    pub(crate) fn draw_bar<'a>(
        &self,
        body: &mut Body,
        (x, y): (f64, f64),
        height: f64,
        values: impl Iterator<Item = &'a f64> + Clone,
    ) -> (f64, f64) {
        const WIDTH: f64 = 12.0;
        const SIZE: f64 = 11.0;
        let (low, high) = self.range;
        let mut right = WIDTH;
        let label = Label { size: SIZE, class: "muted", ..Label::PLAIN };
        if high > low {
            let id = self.map.define_gradient(body);
            body.rect([x, y, WIDTH, height], &format!("fill=\"url(#{id})\""), None);
            body.rect([x, y, WIDTH, height], "class=\"frame\" stroke-width=\"0.5\"", None);
            for tick in ticks(low, high, (height / 32.0) as usize + 1) {
                let at = y + height * (1.0 - self.map.position(tick.value, self.range));
                body.path(&format!("M{} {}h4", Px(x + WIDTH), Px(at)), "frame");
                body.text(x + WIDTH + 7.0, at + SIZE * 0.36, &tick.label, label);
                right = right.max(WIDTH + 7.0 + pixel_width(&tick.label, SIZE));
            }
        } else {
            // All values are the same: one colour, one number.
            body.rect(
                [x, y, WIDTH, WIDTH],
                &format!("fill=\"{}\"", self.map.color(self.map.position(low, self.range)).hex()),
                None,
            );
            let text = brief(low);
            body.text(x + WIDTH + 7.0, y + WIDTH - 2.0, &text, label);
            right = right.max(WIDTH + 7.0 + pixel_width(&text, SIZE));
        }
        let mut bottom = if high > low { height } else { WIDTH };
        for (special, name) in [(f64::INFINITY, "∞"), (f64::NEG_INFINITY, "−∞"), (f64::NAN, "NaN")] {
            let paint = self.paint(special);
            if values.clone().any(|v| self.paint(*v) == paint) {
                bottom += 10.0;
                paint.draw(body, [x, y + bottom, WIDTH, WIDTH], None);
                body.text(x + WIDTH + 7.0, y + bottom + WIDTH - 2.0, name, label);
                right = right.max(WIDTH + 7.0 + pixel_width(name, SIZE));
                bottom += WIDTH;
            }
        }
        (right, bottom)
    }
}

impl ColorMap {
    /// Writes the gradient from the low end at the bottom to the high end at the top, and returns its id. On a page with
    /// several pictures an id may occur more than once, but always with the same colours.
    fn define_gradient(self, body: &mut Body) -> &'static str {
        const STOPS: u32 = 24;
        let id = match self {
            ColorMap::Sequential => "jumok-sequential",
            ColorMap::Viridis => "jumok-viridis",
            ColorMap::Diverging => "jumok-diverging",
        };
        body.raw(&format!("<linearGradient id=\"{id}\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"0\">"));
        for stop in 0..=STOPS {
            let t = f64::from(stop) / f64::from(STOPS);
            body.raw(&format!("<stop offset=\"{}\" stop-color=\"{}\"/>", Px(t), self.color(t).hex()));
        }
        body.raw("</linearGradient>\n");
        id
    }
}

impl Paint {
    fn attribute(self) -> String {
        match self {
            Paint::Color(color) => format!("fill=\"{}\"", color.hex()),
            Paint::Nan => "class=\"nan\"".to_owned(),
            Paint::PlusInfinity => "class=\"plus-infinity\"".to_owned(),
            Paint::MinusInfinity => "class=\"minus-infinity\"".to_owned(),
        }
    }

    /// The class of a text on this paint.
    pub(crate) fn text_class(self) -> &'static str {
        match self {
            Paint::Color(color) if color.is_dark() => "on-dark",
            Paint::Color(_) => "on-light",
            Paint::PlusInfinity => "on-dark",
            Paint::Nan | Paint::MinusInfinity => "",
        }
    }

    /// One cell. NaN is crossed out, minus infinity has a dash: to be told apart without colours.
    fn draw(self, body: &mut Body, cell: [f64; 4], tooltip: Option<&str>) {
        body.rect(cell, &self.attribute(), tooltip);
        let [x, y, width, height] = cell;
        let inset = width.min(height) * 0.25;
        if inset < 1.5 {
            return;
        }
        let (left, right, top, bottom) = (x + inset, x + width - inset, y + inset, y + height - inset);
        let (left, right, top, bottom, middle) = (Px(left), Px(right), Px(top), Px(bottom), Px(y + height / 2.0));
        match self {
            Paint::Nan => body.path(&format!("M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"), "mark"),
            Paint::MinusInfinity => body.path(&format!("M{left} {middle}H{right}"), "mark"),
            Paint::PlusInfinity | Paint::Color(_) => {}
        }
    }
}

/// Above this many cells a matrix is drawn without a tooltip for each, and runs of one colour become one rectangle.
const MANY: usize = 4096;

/// Draws a matrix with its top left corner at `(x, y)`, and nothing where there is no value. `tooltip` gives the text for a
/// cell: row, column, value.
pub(crate) fn draw_cells(
    body: &mut Body,
    values: &[Option<f64>],
    columns: usize,
    scale: &Scale,
    (x, y): (f64, f64),
    (width, height): (f64, f64),
    tooltip: impl Fn(usize, usize, f64) -> String,
) {
    let with_tooltips = values.len() <= MANY;
    // A gap between cells reads better than a line, where there is room for one. Where there is none, a cell reaches under
    // its neighbours, so that no seam shows when a viewer rounds to pixels.
    let gap = if width.min(height) >= 14.0 { 1.0 } else { -0.5 };
    body.raw("<g shape-rendering=\"crispEdges\">\n");
    for (row, line) in values.chunks_exact(columns.max(1)).enumerate() {
        let top = y + row as f64 * height;
        let mut column = 0;
        while column < columns {
            let Some(value) = line[column] else {
                column += 1;
                continue;
            };
            let paint = scale.paint(value);
            let paint_at = |n: usize| line[n].map(|value| scale.paint(value));
            let same = |n: &usize| !with_tooltips && column + n < columns && paint_at(column + n) == Some(paint);
            let run = 1 + (1..columns).take_while(same).count();
            let cell = [x + column as f64 * width, top, run as f64 * width - gap, height - gap];
            let text = with_tooltips.then(|| tooltip(row, column, value));
            paint.draw(body, cell, text.as_deref());
            column += run;
        }
    }
    body.raw("</g>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out() {
        assert_eq!(
            escape("</text><script>alert('x')</script>"),
            "&lt;/text&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"
        );
        assert_eq!(escape("a&b \"c\""), "a&amp;b &quot;c&quot;");
        assert_eq!(escape("한\u{0}\u{1b}"), "한␀␛");
    }

    #[test]
    fn scales_fit_the_values() {
        let fit = |values: &[f64]| {
            let scale = Scale::fit(values.iter(), None, None);
            (scale.map, scale.range)
        };
        assert_eq!(fit(&[0.2, 0.5]), (ColorMap::Sequential, (0.0, 0.5)));
        assert_eq!(fit(&[-0.2, 0.5, f64::NAN, f64::INFINITY]), (ColorMap::Diverging, (-0.5, 0.5)));
        assert_eq!(fit(&[-3.0, -2.0]), (ColorMap::Diverging, (-3.0, 3.0)));
        assert_eq!(fit(&[f64::NAN]), (ColorMap::Sequential, (0.0, 1.0)));
        assert_eq!(fit(&[]), (ColorMap::Sequential, (0.0, 1.0)));
        let scale = Scale::fit([-1.0, 2.0].iter(), Some(ColorMap::Viridis), None);
        assert_eq!(scale.range, (-1.0, 2.0));
        let scale = Scale::fit([5.0].iter(), None, Some((0.0, 1.0)));
        assert_eq!(scale.paint(5.0), scale.paint(1.0), "beyond the range is the end's colour");
    }

    #[test]
    fn special_values_have_paints_of_their_own() {
        let scale = Scale { map: ColorMap::Sequential, range: (0.0, 1.0) };
        assert!(scale.paint(f64::NAN) == Paint::Nan);
        assert!(scale.paint(f64::INFINITY) == Paint::PlusInfinity);
        assert!(scale.paint(f64::NEG_INFINITY) == Paint::MinusInfinity);
    }

    #[test]
    fn large_matrices_are_drawn_in_runs() {
        let scale = Scale { map: ColorMap::Sequential, range: (0.0, 1.0) };
        let mut values: Vec<_> = (0..100 * 100).map(|n| Some(f64::from(u8::from(n % 100 >= 50)))).collect();
        let mut body = Body::default();
        let draw = |body: &mut Body, values: &[Option<f64>]| {
            draw_cells(body, values, 100, &scale, (0.0, 0.0), (4.0, 4.0), |_, _, _| unreachable!("no tooltips"));
        };
        draw(&mut body, &values);
        assert_eq!(body.0.matches("<rect").count(), 200, "two runs a row");
        assert!(
            body.0.contains("x=\"200\" y=\"396\" width=\"200.5\" height=\"4.5\""),
            "the last run starts in the middle"
        );
        values[75] = None;
        body = Body::default();
        draw(&mut body, &values);
        assert_eq!(body.0.matches("<rect").count(), 201, "a blank cell divides the run it lies in");
    }
}
