//! The lecture "Transformer to LLM" as lessons that run.
//!
//! A [`Lesson`] is a pure function of a seed, a text and a language. It computes with the very functions that the models of
//! this workspace use, and tells what it does as a sequence of [`Block`]s: paragraph, formula, matrix, bars, curve, table.
//! Terminal, HTML page, stepper, book and notebook all render the same blocks, so none of them can say something else than
//! the others.
//!
//! | to | use |
//! |---|---|
//! | see what there is | [`list`], [`SLIDES`], [`LESSONS`], [`find`] |
//! | run a lesson | [`Lesson::run`] |
//! | read it | [`LessonRun::to_terminal`], [`LessonRun::to_page`], [`LessonRun::evcxr_display`] |
//! | go through it step by step, forwards and back along the gradients | [`LessonRun::steps`], [`walk`] |
//! | add one | a file in `src/lessons`, a line in [`LESSONS`] |
//!
//! ```
//! use jumok_lecture::{LessonOptions, find};
//!
//! let lesson = find("s08").unwrap();
//! let run = lesson.run(&LessonOptions::default()).unwrap();
//! assert!(run.to_terminal(&jumok_viz::TerminalStyle::plain()).contains("weights"));
//! ```

mod block;
pub mod calculator;
mod ctx;
mod error;
mod lesson;
pub mod lessons;
pub mod lineage;
mod list;
mod render;
mod slides;
mod stepper;
mod terms;
pub mod texts;

pub use block::{Block, Matrix};
pub use ctx::{LessonCtx, LessonLoss};
pub use error::LessonError;
pub use lesson::{LESSONS, Lesson, LessonOptions, LessonRun, find};
pub use list::list;
pub use slides::{Activity, Part, SLIDES, Slide};
pub use stepper::{Step, walk};
