//! A lesson, and what there is of them.

use jumok_training::{Language, Text};

use crate::LessonError;
use crate::block::Block;
use crate::ctx::{LessonCtx, LessonLoss};
use crate::lessons::{
    s03, s04, s05, s06, s07, s08, s09, s10, s11, s12, s13, s14, s15, s16, s17, s18, s19, s20, s21, s25, s26, s27, s28,
    s29, s30, s31, s32, s33, s34, s35, s36, s37, s38,
};
use crate::slides::SLIDES;

/// The lessons, in the order of the slides. To add one, write a file in `src/lessons` and a line here.
pub const LESSONS: &[&Lesson] = &[
    &s03::LESSON,
    &s04::LESSON,
    &s05::LESSON,
    &s06::LESSON,
    &s07::LESSON,
    &s08::LESSON,
    &s09::LESSON,
    &s10::LESSON,
    &s11::LESSON,
    &s12::LESSON,
    &s13::LESSON,
    &s14::LESSON,
    &s15::LESSON,
    &s16::LESSON,
    &s17::LESSON,
    &s18::LESSON,
    &s19::LESSON,
    &s20::LESSON,
    &s21::LESSON,
    &s25::LESSON,
    &s26::LESSON,
    &s27::LESSON,
    &s28::LESSON,
    &s29::LESSON,
    &s30::LESSON,
    &s31::LESSON,
    &s32::LESSON,
    &s33::LESSON,
    &s34::LESSON,
    &s35::LESSON,
    &s36::LESSON,
    &s37::LESSON,
    &s38::LESSON,
];

/// A slide (or several) as a program that explains itself.
#[derive(Debug)]
pub struct Lesson {
    /// What is typed after `jumok lecture`: the first slide, such as `s07`.
    pub id: &'static str,
    /// The slides it covers.
    pub slides: &'static [&'static str],
    /// What it shows, in a few words.
    pub title: Text,
    /// Every text of it, for the test that holds the two languages in step.
    pub texts: &'static [(&'static str, Text)],
    /// Computes and tells. It draws from nothing but the context.
    pub tell: fn(&mut LessonCtx) -> Result<(), LessonError>,
}

/// What a lesson depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LessonOptions {
    /// All random numbers follow from it.
    pub seed: u64,
    /// The user's own words, separated by spaces; without it the lesson has words of its own.
    pub text: Option<String>,
    /// The language of what is told.
    pub language: Language,
}

/// A lesson that was run: its blocks, ready to be rendered.
#[derive(Debug, Clone)]
pub struct LessonRun {
    /// The heading: slides and title.
    pub title: String,
    /// The language.
    pub language: Language,
    /// What it tells, in order.
    pub blocks: Vec<Block>,
    /// Which block is the picture of the lesson.
    pub picture: usize,
    /// What the gradients of its matrices are of.
    pub loss: LessonLoss,
}

impl Lesson {
    /// Runs the lesson. Equal options give equal blocks.
    ///
    /// # Errors
    /// [`LessonError::Words`] if the user's text has too few or too many words.
    ///
    /// # Panics
    /// If the lesson names no picture, which is a slip in the lesson.
    pub fn run(&self, options: &LessonOptions) -> Result<LessonRun, LessonError> {
        let mut ctx = LessonCtx::new(options);
        (self.tell)(&mut ctx)?;
        let (blocks, picture, loss) = ctx.finish();
        let language = options.language;
        let title = format!("{}  {}", self.slides.join(", "), self.title.get(language));
        let picture = picture.unwrap_or_else(|| panic!("{}: no block was made the picture", self.id));
        Ok(LessonRun { title, language, blocks, picture, loss })
    }
}

/// The lesson of a slide: `s07`, `S07` and `7` are the same.
///
/// # Errors
/// [`LessonError::NoSlide`], or [`LessonError::NoLesson`] for a slide that cannot be run yet.
pub fn find(slide: &str) -> Result<&'static Lesson, LessonError> {
    let digits = slide.strip_prefix(['s', 'S']).unwrap_or(slide);
    let number = digits.parse::<usize>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    let id = number.map(|number| format!("S{number:02}")).unwrap_or_default();
    if !SLIDES.iter().any(|slide| slide.id == id) {
        return Err(LessonError::NoSlide { given: slide.to_owned() });
    }
    LESSONS.iter().copied().find(|lesson| lesson.slides.contains(&id.as_str())).ok_or_else(|| LessonError::NoLesson {
        slide: id,
        lessons: LESSONS.iter().map(|lesson| lesson.id).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_viz::TerminalStyle;

    #[test]
    fn a_slide_is_found_however_it_is_written() {
        for name in ["s07", "S07", "7", "S7"] {
            assert_eq!(find(name).unwrap().id, "s07");
        }
        for name in ["", "s", "s00", "s56", "07a", "+7", "attention"] {
            let error = find(name).unwrap_err();
            assert_eq!(error, LessonError::NoSlide { given: name.to_owned() });
        }
        assert!(find("s55").unwrap_err().to_string().contains("S55 has no lesson yet"));
    }

    #[test]
    fn every_lesson_speaks_both_languages_and_names_its_slides() {
        for lesson in LESSONS {
            assert_eq!(jumok_training::texts::faults(lesson.texts), Vec::<String>::new(), "{}", lesson.id);
            assert_eq!(lesson.slides[0].to_lowercase(), lesson.id);
            let known = |slide: &&str| SLIDES.iter().any(|known| known.id == *slide);
            assert!(lesson.slides.iter().all(known), "{}", lesson.id);
        }
    }

    #[test]
    fn a_lesson_is_a_function_of_its_options() {
        let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
        for lesson in LESSONS {
            for language in [Language::English, Language::Korean] {
                let run = |seed| lesson.run(&LessonOptions { seed, language, text: None }).unwrap().to_terminal(&style);
                assert_eq!(run(3), run(3), "{}", lesson.id);
                assert_ne!(run(3), run(4), "{}: the seed has no influence", lesson.id);
            }
        }
    }

    #[test]
    fn both_languages_tell_the_same() {
        let form = |block: &Block| match block {
            Block::Matrix(matrix) => {
                // The place on a leading axis, " (head 1)", is in the language.
                let name = matrix.name.split(" (").next();
                format!("{name:?} {:?} {:?}", matrix.values, matrix.gradient)
            }
            Block::Formula(formula) => formula.clone(),
            Block::Heading(_) => "heading".to_owned(),
            Block::Paragraph(_) => "paragraph".to_owned(),
            Block::HeatMap(_) => "heat map".to_owned(),
            Block::OverImage(_) => "over an image".to_owned(),
            Block::OverTime(_) => "over time".to_owned(),
            Block::Bars(_) => "bars".to_owned(),
            Block::Curve(_) => "curve".to_owned(),
            Block::Table(_) => "table".to_owned(),
        };
        for lesson in LESSONS {
            let text = Some("하나 둘 셋 넷".to_owned());
            let run = |language| lesson.run(&LessonOptions { text: text.clone(), language, seed: 1 }).unwrap();
            let (english, korean) = (run(Language::English), run(Language::Korean));
            let forms = |run: &LessonRun| run.blocks.iter().map(form).collect::<Vec<_>>();
            assert_eq!(forms(&english), forms(&korean), "{}", lesson.id);
            let hangul = |name: &String| name.is_empty() || name.chars().any(|c| ('가'..='힣').contains(&c));
            for block in &korean.blocks {
                let Block::Matrix(matrix) = block else { continue };
                assert!(matrix.axes.iter().all(hangul), "{}: {:?} in Korean", lesson.id, matrix.axes);
            }
        }
    }

    #[test]
    fn words_of_the_user_stand_in_the_lesson() {
        for lesson in LESSONS {
            let text = Some("주목 unheard 나무".to_owned());
            let run = lesson.run(&LessonOptions { text, ..LessonOptions::default() }).unwrap();
            let printed = run.to_terminal(&TerminalStyle::plain());
            for word in ["주목", "unheard", "나무"] {
                assert!(printed.contains(word), "{}: {word} is missing in\n{printed}", lesson.id);
            }
        }
    }
}
