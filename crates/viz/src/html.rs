use std::fmt::Write;
use std::path::Path;

use crate::svg::{FONT_FAMILY, escape};
use crate::text::Language;
use crate::{Table, VizError, save};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{max-width:60rem;margin:2rem auto;padding:0 1.2rem;font:16px/1.6 FONT;color:#1f2328;background:#fff}\
h1{font-size:1.7rem;line-height:1.25}h2{font-size:1.25rem;margin-top:2.4rem}\
figure{margin:1.4rem 0;overflow-x:auto}figure svg{max-width:100%;height:auto}\
figcaption{color:#59636e;font-size:.92rem}\
table{border-collapse:collapse;margin:1.2rem 0;display:block;overflow-x:auto}\
th,td{padding:.35rem .8rem;border-bottom:1px solid #d1d9e0;text-align:left}\
th{font-weight:600}.number{text-align:right;font-variant-numeric:tabular-nums}\
pre{padding:.9rem 1rem;background:#f6f8fa;border-radius:6px;overflow-x:auto;font-size:.9rem;line-height:1.45}\
@media (prefers-color-scheme:dark){\
body{color:#e6edf3;background:#0d1117}figcaption{color:#9198a1}\
th,td{border-color:#3d444d}pre{background:#161b22}}";

/// One HTML page that carries everything it shows: it needs no network and follows the viewer's choice of light or dark.
///
/// ```
/// use jumok_viz::{HeatMap, Language, Page};
///
/// let mut page = Page::new("첫 걸음", Language::Korean);
/// page.heading("Attention").text("무엇을 보는가?").figure(&HeatMap::new(&[0.3, 0.7], [1, 2]).to_svg(), "");
/// assert!(page.to_html().starts_with("<!DOCTYPE html>\n<html lang=\"ko\">"));
/// ```
#[derive(Debug, Clone)]
pub struct Page {
    title: String,
    language: Language,
    body: String,
}

impl Page {
    /// An empty page with its title, in the language of its text.
    pub fn new(title: &str, language: Language) -> Page {
        Page { title: title.to_owned(), language, body: String::new() }
    }

    /// Starts a section.
    pub fn heading(&mut self, text: &str) -> &mut Page {
        self.push(format_args!("<h2>{}</h2>\n", escape(text)))
    }

    /// Adds text; an empty line starts a new paragraph.
    pub fn text(&mut self, text: &str) -> &mut Page {
        for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
            let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
            self.push(format_args!("<p>{}</p>\n", escape(&lines.join(" "))));
        }
        self
    }

    /// Adds a picture of this crate with a caption, which may be empty. The SVG stands in the page as it is, therefore give
    /// none from elsewhere: it could hold scripts.
    pub fn figure(&mut self, svg: &str, caption: &str) -> &mut Page {
        let caption = match caption {
            "" => String::new(),
            caption => format!("<figcaption>{}</figcaption>\n", escape(caption)),
        };
        self.push(format_args!("<figure>\n{svg}{caption}</figure>\n"))
    }

    /// Adds a table.
    pub fn table(&mut self, table: &Table) -> &mut Page {
        self.push(format_args!("{}", table.to_html()))
    }

    /// Adds text whose lines and spaces stay as they are, such as code or what a terminal shows.
    pub fn preformatted(&mut self, text: &str) -> &mut Page {
        let lines: Vec<String> = text.lines().map(escape).collect();
        self.push(format_args!("<pre>{}</pre>\n", lines.join("\n")))
    }

    /// What the page shows, without its title and its frame: for a page that has a frame of its own.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The page as a complete HTML document.
    pub fn to_html(&self) -> String {
        let (lang, title, style) = (self.language.code(), escape(&self.title), STYLE.replace("FONT", FONT_FAMILY));
        format!(
            "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{}</body>\n</html>\n",
            self.body
        )
    }

    /// Saves [`Page::to_html`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_html())
    }

    fn push(&mut self, part: std::fmt::Arguments) -> &mut Page {
        let _ = self.body.write_fmt(part);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Curve, HeatMap};

    #[test]
    fn a_page_is_self_contained_and_escaped() {
        let mut table = Table::new(["단어", "p"]);
        table.row(["<i>", "0.5"]);
        let svg = Curve::new("loss").series("a", [(0.0, 1.0), (1.0, 0.5)]).to_svg().unwrap();
        let mut page = Page::new("A & B", Language::English);
        page.heading("1 < 2").text("one\nline\n\ntwo <b>").table(&table).preformatted("a\n  b <c>");
        page.figure(&svg, "그림 <1>").figure(&HeatMap::new(&[1.0], [1, 1]).to_svg(), "");
        let html = page.to_html();
        for part in [
            "<html lang=\"en\">",
            "<title>A &amp; B</title>",
            "<h2>1 &lt; 2</h2>",
            "<p>one line</p>\n<p>two &lt;b&gt;</p>",
            "<td>&lt;i&gt;</td>",
            "<pre>a\n  b &lt;c&gt;</pre>",
            "<figcaption>그림 &lt;1&gt;</figcaption>",
            "prefers-color-scheme:dark",
        ] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
        assert_eq!(html.matches("<figcaption>").count(), 1);
        let links = html.replace("http://www.w3.org/2000/svg", "").replace("url(#", "");
        for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!links.contains(outside), "{outside} would need a network");
        }
    }
}
