//! Heat maps, curves, traces and tables as SVG, HTML and terminal output.
//!
//! Numbers and labels in, pictures and text out: this crate knows neither tensors nor training. Labels may be of any
//! script; Korean takes its two columns in a terminal and its full width in a picture.
//!
//! | to show | use |
//! |---|---|
//! | a matrix, such as the attention of one head | [`HeatMap`], as SVG, as colours or as numbers in the terminal |
//! | the attention of many heads | [`AttentionGrid`] |
//! | the attention of a whole model, to explore in a browser | [`AttentionPage`] |
//! | where each word of a caption looked in a picture | [`AttentionOverImage`] |
//! | where each tag listened in a sound | [`AttentionOverTime`] |
//! | losses and accuracies over a run | [`Curve`] |
//! | what a machine can do at most | [`RooflineChart`] |
//! | who comes from whom, over time | [`FamilyTree`] |
//! | scores, weights, anything to compare at a glance | [`BarChart`], as SVG or in the terminal |
//! | a table | [`Table`], in the terminal or in HTML |
//! | probabilities, a trend in one line | [`bars`], [`sparkline`] |
//! | all of it on one page | [`Page`] |
//!
//! In a notebook (the `evcxr` kernel) each of them shows itself with `.evcxr_display()`.
//!
//! ```
//! use jumok_viz::{HeatMap, TerminalStyle};
//!
//! let weights = [0.9_f32, 0.1, 0.4, 0.6];
//! let map = HeatMap::new(&weights, [2, 2]).row_labels(["나는", "간다"]).col_labels(["I", "go"]).axes("query", "key");
//! let svg = map.to_svg();
//! assert!(svg.contains("나는"));
//! println!("{}", map.to_terminal(&TerminalStyle::detect()));
//! ```

mod attention_grid;
mod attention_over_image;
mod attention_over_time;
mod attention_page;
mod bar_chart;
mod color;
mod curve;
mod error;
mod family_tree;
mod heat_map;
mod html;
mod notebook;
mod number;
mod png;
mod roofline;
mod save;
mod svg;
mod table;
mod terminal;
mod text;

pub use attention_grid::AttentionGrid;
pub use attention_over_image::AttentionOverImage;
pub use attention_over_time::AttentionOverTime;
pub use attention_page::{Absence, AttentionKind, AttentionLayer, AttentionPage, AttentionPart, QueriesAndKeys};
pub use bar_chart::BarChart;
pub use color::{ColorMap, Rgb};
pub use curve::{Curve, smooth};
pub use error::VizError;
pub use family_tree::FamilyTree;
pub use heat_map::HeatMap;
pub use html::Page;
pub use roofline::RooflineChart;
pub use save::save;
pub use table::{Align, Table};
pub use terminal::{Colors, TerminalStyle, bars, sparkline};
pub use text::{Language, elide, width};
