use std::path::Path;

use crate::color::{ColorMap, Rgb};
use crate::heat_map::MARGIN;
use crate::png::data_uri;
use crate::svg::{Body, Label, Scale};
use crate::terminal::matrix::shade;
use crate::text::{elide_to_pixels, pixel_width, visible};
use crate::{TerminalStyle, VizError, save, width};

/// Where each word of a caption looked in a picture, as Xu et al. draw it ("Show, Attend and Tell", 2015): the picture, then
/// for each word the picture again, dark but for the places that the word looked at.
///
/// Each word's light is scaled to its largest weight, so that where it looks can be seen even if it looks at much.
///
/// ```
/// use jumok_viz::{AttentionOverImage, Rgb};
///
/// let pixels = [Rgb(200, 40, 30); 16];
/// let picture = AttentionOverImage::new().image(4, &pixels).word("red", [2, 2], &[0.7_f32, 0.1, 0.1, 0.1]);
/// assert!(picture.to_svg().contains(">red</text>"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct AttentionOverImage {
    title: String,
    lines: Vec<Line>,
}

/// A picture and its words.
#[derive(Debug, Clone)]
struct Line {
    pixels: Vec<Rgb>,
    width: usize,
    words: Vec<Word>,
}

#[derive(Debug, Clone)]
struct Word {
    text: String,
    columns: usize,
    weights: Vec<f64>,
}

impl AttentionOverImage {
    /// Without any picture yet.
    pub fn new() -> AttentionOverImage {
        AttentionOverImage::default()
    }

    /// A title above everything.
    #[must_use]
    pub fn title(mut self, title: &str) -> AttentionOverImage {
        self.title = visible(title);
        self
    }

    /// Starts a line with a picture: pixels in rows of `width`.
    ///
    /// # Panics
    /// If the pixels do not fill whole rows, or there are none.
    #[must_use]
    #[track_caller]
    pub fn image(mut self, width: usize, pixels: &[Rgb]) -> AttentionOverImage {
        let count = pixels.len();
        let fits = width > 0 && count > 0 && count.is_multiple_of(width);
        assert!(fits, "AttentionOverImage: {count} pixels do not fill rows of {width}");
        self.lines.push(Line { pixels: pixels.to_vec(), width, words: vec![] });
        self
    }

    /// A word about the last picture, with its weights over a grid `[rows, columns]` that lies over it.
    ///
    /// # Panics
    /// If there is no picture yet, or the number of weights is not rows × columns.
    #[must_use]
    #[track_caller]
    pub fn word<T: Copy + Into<f64>>(mut self, text: &str, shape: [usize; 2], weights: &[T]) -> AttentionOverImage {
        let [rows, columns] = shape;
        let (len, count) = (weights.len(), rows * columns);
        assert!(len == count && count > 0, "AttentionOverImage: {len} weights do not fit the grid {shape:?}");
        let line = self.lines.last_mut().expect("AttentionOverImage: a word needs a picture before it");
        line.words.push(Word { text: visible(text), columns, weights: weights.iter().map(|&w| w.into()).collect() });
        self
    }

    /// The picture as a complete SVG document; see [`HeatMap::to_svg`](crate::HeatMap::to_svg).
    pub fn to_svg(&self) -> String {
        const TILE: f64 = 96.0;
        const GAP: f64 = 8.0;
        const CAPTION: f64 = 20.0;
        let most = self.lines.iter().map(|line| line.words.len()).max().unwrap_or(0);
        let title = elide_to_pixels(&self.title, 16.0, 900.0);
        let top = MARGIN + if title.is_empty() { 0.0 } else { 30.0 };
        let mut body = Body::default();
        body.text(MARGIN, MARGIN + 14.0, &title, Label { size: 16.0, bold: true, ..Label::PLAIN });
        let mut y = top;
        for line in &self.lines {
            let scale = TILE / line.width as f64;
            let height = (line.pixels.len() / line.width) as f64 * scale;
            let image = data_uri(&line.pixels, line.width);
            y += CAPTION;
            for n in 0..=line.words.len() {
                let x = MARGIN + n as f64 * (TILE + GAP);
                body.raw(&format!(
                    "<image x=\"{x}\" y=\"{y}\" width=\"{TILE}\" height=\"{height}\" preserveAspectRatio=\"none\" \
                     style=\"image-rendering:pixelated\" href=\"{image}\"/>\n"
                ));
                if let Some(word) = n.checked_sub(1).map(|n| &line.words[n]) {
                    let label = elide_to_pixels(&word.text, 13.0, TILE + GAP - 2.0);
                    body.text(x + TILE / 2.0, y - 6.0, &label, Label { anchor: "middle", ..Label::PLAIN });
                    word.darken(&mut body, [x, y, TILE, height]);
                }
                body.rect([x, y, TILE, height], "class=\"frame\" stroke-width=\"0.5\"", None);
            }
            y += height + GAP;
        }
        let across = (most + 1) as f64 * (TILE + GAP) - GAP;
        let width = (MARGIN + across).max(MARGIN + pixel_width(&title, 16.0));
        body.finish(width + MARGIN, y - GAP + MARGIN, &self.title)
    }

    /// The words' weights as shaded grids side by side, as many as fit a line. Each line has its end.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        let mut out = if self.title.is_empty() { String::new() } else { format!("{}\n", style.bold(&self.title)) };
        for line in &self.lines {
            let across = line.words.iter().map(|word| (2 * word.columns).max(width(&word.text)) + 2).max().unwrap_or(1);
            for words in line.words.chunks((style.columns / across).max(1)) {
                let pad = |text: &str, taken: usize| text.to_owned() + &" ".repeat(across.saturating_sub(taken));
                let labels: String = words.iter().map(|word| pad(&word.text, width(&word.text))).collect();
                out += labels.trim_end();
                out.push('\n');
                let rows = words.iter().map(|word| word.weights.len() / word.columns).max().unwrap_or(0);
                for row in 0..rows {
                    let cells: String =
                        words.iter().map(|word| pad(&word.shades(row, style), 2 * word.columns)).collect();
                    out += cells.trim_end();
                    out.push('\n');
                }
            }
        }
        out
    }

    /// Saves [`AttentionOverImage::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg())
    }
}

impl Word {
    /// The largest weight; 1 if none is positive, so that everything is dark.
    fn largest(&self) -> f64 {
        let largest = self.weights.iter().copied().filter(|w| w.is_finite()).fold(0.0, f64::max);
        if largest > 0.0 { largest } else { 1.0 }
    }

    /// Shadow over the cells, deeper the less a cell was looked at; cells of one depth are one path.
    fn darken(&self, body: &mut Body, [x, y, width, height]: [f64; 4]) {
        const DEEPEST: f64 = 0.8;
        const STEPS: f64 = 40.0;
        let rows = self.weights.len() / self.columns;
        let (w, h) = (width / self.columns as f64, height / rows as f64);
        let depth = |weight: f64| {
            let light = if weight.is_finite() { (weight / self.largest()).clamp(0.0, 1.0) } else { 0.0 };
            ((1.0 - light) * STEPS).round() as usize
        };
        for level in 1..=STEPS as usize {
            let of_level = self.weights.iter().enumerate().filter(|(_, weight)| depth(**weight) == level);
            let cell = |(n, _): (usize, &f64)| {
                format!("M{} {}h{w}v{h}h-{w}z", x + (n % self.columns) as f64 * w, y + (n / self.columns) as f64 * h)
            };
            let cells: String = of_level.map(cell).collect();
            if !cells.is_empty() {
                let opacity = (DEEPEST * level as f64 / STEPS * 100.0).round() / 100.0;
                body.raw(&format!(
                    "<path d=\"{cells}\" fill=\"#000000\" fill-opacity=\"{opacity}\" shape-rendering=\"crispEdges\"/>\n"
                ));
            }
        }
    }

    /// A row of the grid, two characters a cell; nothing below the grid.
    fn shades(&self, row: usize, style: &TerminalStyle) -> String {
        let scale = Scale { map: ColorMap::Sequential, range: (0.0, self.largest()) };
        let cells = self.weights.chunks(self.columns).nth(row);
        match cells {
            Some(cells) => cells.iter().map(|&weight| shade(weight, &scale, style)).collect(),
            None => " ".repeat(2 * self.columns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> AttentionOverImage {
        let pixels = [Rgb(200, 40, 30); 16];
        AttentionOverImage::new().title("<t>").image(4, &pixels).word("빨간", [2, 2], &[0.9, 0.1, 0.0, 0.0])
    }

    #[test]
    fn the_place_that_is_looked_at_stays_light() {
        let svg = picture().to_svg();
        assert_eq!(svg.matches("<image ").count(), 2, "the picture, and once more for the word");
        assert!(svg.contains(">빨간</text>") && svg.contains("<title>&lt;t&gt;</title>"), "{svg}");
        // The first cell has no shadow, the last two have the deepest one, in one path.
        let deepest = svg.lines().find(|line| line.contains("fill-opacity=\"0.8\"")).unwrap();
        assert_eq!(deepest.matches('M').count(), 2, "{deepest}");
        assert_eq!(svg.matches("fill-opacity").count(), 2);
    }

    #[test]
    fn a_terminal_shows_the_grids_side_by_side() {
        let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
        let text = picture().word("a", [2, 2], &[0.25, 0.25, 0.25, 0.25]).to_terminal(&style);
        assert_eq!(text, "<t>\n빨간  a\n██··  ████\n····  ████\n");
        let narrow = picture().word("a", [2, 2], &[0.0; 4]).to_terminal(&TerminalStyle { columns: 8, ..style });
        assert_eq!(narrow, "<t>\n빨간\n██··\n····\na\n····\n····\n");
    }

    #[test]
    #[should_panic(expected = "3 weights do not fit the grid [2, 2]")]
    fn a_grid_has_a_weight_for_every_cell() {
        let _ = picture().word("x", [2, 2], &[0.1, 0.2, 0.3]);
    }

    #[test]
    #[should_panic(expected = "a word needs a picture before it")]
    fn a_word_is_about_a_picture() {
        let _ = AttentionOverImage::new().word("x", [1, 1], &[1.0]);
    }
}
