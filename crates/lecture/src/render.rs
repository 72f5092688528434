//! The one place that turns blocks into text and pages.

use jumok_training::Language;
use jumok_viz::{Page, TerminalStyle, VizError};
use unicode_width::UnicodeWidthStr;

use crate::block::Block;
use crate::lesson::LessonRun;

/// Longest line of a paragraph: longer ones are hard to read.
const LINE: usize = 88;

impl Block {
    /// As a terminal shows it; each line has its end.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        match self {
            Block::Heading(text) => format!("{text}\n{}\n", rule(style).repeat(text.width())),
            Block::Paragraph(text) => wrap(text, style.columns.min(LINE)),
            Block::Formula(formula) => formula.lines().map(|line| format!("    {line}\n")).collect(),
            Block::Matrix(matrix) => matrix.heat_map().to_terminal(style),
            Block::HeatMap(map) => map.to_terminal(style),
            Block::OverImage(picture) => picture.to_terminal(style),
            Block::OverTime(picture) => picture.to_terminal(style),
            Block::Bars(bars) => bars.to_terminal(style),
            Block::Curve(curve) => curve.to_terminal(style),
            Block::Table(table) => table.to_terminal(style),
        }
    }

    /// As an SVG document, if it is a picture.
    ///
    /// # Errors
    /// [`VizError::Draw`] if a curve cannot be drawn.
    pub fn to_svg(&self) -> Result<Option<String>, VizError> {
        Ok(match self {
            Block::Matrix(matrix) => Some(matrix.heat_map().to_svg()),
            Block::HeatMap(map) => Some(map.to_svg()),
            Block::OverImage(picture) => Some(picture.to_svg()),
            Block::OverTime(picture) => Some(picture.to_svg()),
            Block::Bars(bars) => Some(bars.to_svg()),
            Block::Curve(curve) => Some(curve.to_svg()?),
            Block::Heading(_) | Block::Paragraph(_) | Block::Formula(_) | Block::Table(_) => None,
        })
    }

    fn add_to(&self, page: &mut Page) -> Result<(), VizError> {
        match self {
            Block::Heading(text) => page.heading(text),
            Block::Paragraph(text) => page.text(text),
            Block::Formula(formula) => page.preformatted(formula),
            Block::Table(table) => page.table(table),
            Block::Matrix(_)
            | Block::HeatMap(_)
            | Block::OverImage(_)
            | Block::OverTime(_)
            | Block::Bars(_)
            | Block::Curve(_) => match self.to_svg()? {
                Some(svg) => page.figure(&svg, ""),
                None => page,
            },
        };
        Ok(())
    }
}

impl LessonRun {
    /// The lesson as a terminal shows it: the blocks with an empty line between them.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        let title = format!("{}\n{}\n", self.title, if style.unicode { "═" } else { "=" }.repeat(self.title.width()));
        let blocks = self.blocks.iter().map(|block| block.to_terminal(style));
        std::iter::once(title).chain(blocks).collect::<Vec<_>>().join("\n")
    }

    /// The lesson as one HTML page that carries its pictures.
    ///
    /// # Errors
    /// [`VizError::Draw`] if a curve cannot be drawn.
    pub fn to_page(&self) -> Result<Page, VizError> {
        let language = match self.language {
            Language::English => jumok_viz::Language::English,
            Language::Korean => jumok_viz::Language::Korean,
        };
        let mut page = Page::new(&self.title, language);
        for block in &self.blocks {
            block.add_to(&mut page)?;
        }
        Ok(page)
    }

    /// The picture of the lesson as an SVG document.
    ///
    /// # Errors
    /// [`VizError::Draw`] if a curve cannot be drawn.
    ///
    /// # Panics
    /// If the block that was named as the picture is none, which is a slip in the lesson.
    pub fn to_svg(&self) -> Result<String, VizError> {
        let svg = self.blocks[self.picture].to_svg()?;
        Ok(svg.unwrap_or_else(|| panic!("{}: block {} is no picture", self.title, self.picture)))
    }

    /// Shows the lesson in a notebook: `run.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        match self.to_page() {
            Ok(page) => page.evcxr_display(),
            Err(error) => println!("{error}"),
        }
    }
}

pub(crate) fn rule(style: &TerminalStyle) -> &'static str {
    if style.unicode { "─" } else { "-" }
}

/// A paragraph in lines of at most `columns` terminal columns, cut at spaces; a word that is longer stands on a line of its
/// own. A line end in the text stays one.
fn wrap(text: &str, columns: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut used = 0;
        for word in line.split(' ') {
            if used > 0 && used + 1 + word.width() > columns {
                out.push('\n');
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out += word;
            used += word.width();
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LESSONS, LessonOptions};

    #[test]
    fn paragraphs_are_cut_at_spaces() {
        assert_eq!(wrap("one two three", 7), "one two\nthree\n");
        assert_eq!(wrap("나는 학교에 간다", 11), "나는 학교에\n간다\n");
        assert_eq!(wrap("unbreakable x", 4), "unbreakable\nx\n");
        assert_eq!(wrap("a\nb", 9), "a\nb\n");
        assert_eq!(wrap("", 9), "");
    }

    #[test]
    fn every_lesson_is_a_page_with_its_pictures_and_fits_a_terminal() {
        for lesson in LESSONS {
            let run = lesson.run(&LessonOptions { language: Language::Korean, ..LessonOptions::default() }).unwrap();
            let html = run.to_page().unwrap().to_html();
            let pictures = run.blocks.iter().filter(|block| block.to_svg().unwrap().is_some()).count();
            assert_eq!(html.matches("<svg ").count(), pictures, "{}", lesson.id);
            assert!(html.contains("lang=\"ko\"") && html.contains(&run.to_svg().unwrap()), "{}", lesson.id);
            let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
            for line in run.to_terminal(&style).lines() {
                assert!(line.width() <= style.columns, "{}: {line:?}", lesson.id);
            }
        }
    }
}
