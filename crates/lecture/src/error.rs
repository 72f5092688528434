//! What is wrong with what a lesson was given.

/// Why a lesson cannot run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LessonError {
    /// A text with too few or too many words to look at.
    #[error("the text {text:?} has {words} different words, but this lesson takes {min} to {max}: give another text")]
    Words {
        /// The text.
        text: String,
        /// How many words it has.
        words: usize,
        /// The fewest that the lesson takes.
        min: usize,
        /// The most that the lesson takes.
        max: usize,
    },
    /// A slide that the lecture does not have.
    #[error("there is no slide {given:?}: the slides are s01 to s55, and `lecture` without one lists them")]
    NoSlide {
        /// What was asked for.
        given: String,
    },
    /// A slide without a lesson.
    #[error("slide {slide} has no lesson yet; there are lessons for {lessons}")]
    NoLesson {
        /// The slide.
        slide: String,
        /// The slides that have one.
        lessons: String,
    },
}
