//! Pictures in a notebook.
//!
//! The `evcxr` kernel shows what a program prints between two marks with the type of the content. Nothing of the kernel is
//! needed for that, so the same lines run in a notebook and in a plain program.

use crate::{
    AttentionGrid, AttentionOverImage, AttentionOverTime, AttentionPage, BarChart, Curve, HeatMap, Page, Table,
    VizError,
};

/// `body` between the marks under which the kernel shows it as `mime`.
fn content(mime: &str, body: &str) -> String {
    format!("EVCXR_BEGIN_CONTENT {mime}\n{}\nEVCXR_END_CONTENT\n", body.trim_end())
}

/// Prints a content for the kernel. One a cell: of two contents of one type the kernel keeps the last.
fn show(mime: &str, body: &str) {
    print!("{}", content(mime, body));
}

impl HeatMap {
    /// Shows the picture in a notebook: `map.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        show("image/svg+xml", &self.to_svg());
    }
}

impl AttentionGrid {
    /// Shows the picture in a notebook: `grid.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        show("image/svg+xml", &self.to_svg());
    }
}

impl AttentionOverImage {
    /// Shows the picture in a notebook: `picture.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        show("image/svg+xml", &self.to_svg());
    }
}

impl AttentionOverTime {
    /// Shows the picture in a notebook: `picture.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        show("image/svg+xml", &self.to_svg());
    }
}

impl AttentionPage {
    /// Shows the page in a notebook, in a frame of its own: `page.evcxr_display();` as the last line of a cell. A page that is
    /// too large is told so.
    pub fn evcxr_display(&self) {
        let reason = |error: VizError| show("text/plain", &error.to_string());
        self.to_html().map_or_else(reason, |html| show("text/html", &framed(&html)));
    }
}

/// A whole page as an element: its scripts and styles touch nothing outside.
fn framed(html: &str) -> String {
    let source = html.replace('&', "&amp;").replace('"', "&quot;");
    format!("<iframe srcdoc=\"{source}\" style=\"width:100%;height:46rem;border:0\"></iframe>\n")
}

impl BarChart {
    /// Shows the picture in a notebook: `chart.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        show("image/svg+xml", &self.to_svg());
    }
}

impl Curve {
    /// Shows the picture in a notebook: `curve.evcxr_display();` as the last line of a cell. Where plotters refuses to
    /// draw, its reason is shown.
    pub fn evcxr_display(&self) {
        let reason = |error: VizError| show("text/plain", &error.to_string());
        self.to_svg().map_or_else(reason, |svg| show("image/svg+xml", &svg));
    }
}

impl Table {
    /// Shows the table in a notebook: `table.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        show("text/html", &self.to_html());
    }
}

impl Page {
    /// Shows the page's body in a notebook: `page.evcxr_display();` as the last line of a cell.
    pub fn evcxr_display(&self) {
        show("text/html", self.body());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_a_page_as_it_is() {
        let frame = framed("<p title=\"a\">1 &lt; 2</p>\n");
        assert!(frame.starts_with("<iframe srcdoc=\"<p title=&quot;a&quot;>1 &amp;lt; 2</p>\n\" "), "{frame}");
        assert_eq!(frame.matches('"').count(), 4);
    }

    #[test]
    fn contents_stand_between_the_marks_on_lines_of_their_own() {
        let svg = HeatMap::new(&[0.5], [1, 1]).to_svg();
        let shown = content("image/svg+xml", &svg);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "EVCXR_BEGIN_CONTENT image/svg+xml");
        assert!(lines[1].starts_with("<svg ") && lines[lines.len() - 2] == "</svg>");
        assert_eq!(lines[lines.len() - 1], "EVCXR_END_CONTENT");
    }
}
