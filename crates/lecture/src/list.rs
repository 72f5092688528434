//! The list of the slides.

use jumok_training::Language;
use jumok_viz::{Table, TerminalStyle};

use crate::block::Block;
use crate::lesson::LESSONS;
use crate::slides::{Activity, Part, SLIDES, Slide};
use crate::texts;

/// All slides with what can be run for each, for a terminal. `program` is how this program is called.
pub fn list(language: Language, program: &str, style: &TerminalStyle) -> String {
    let heading = |text: &str| Block::Heading(text.to_owned()).to_terminal(style);
    let mut out = heading(texts::LIST_TITLE.get(language));
    for part in [Part::Opening, Part::Attention, Part::Bert, Part::Llm] {
        let columns = [texts::COLUMN_SLIDE, texts::COLUMN_TITLE, texts::COLUMN_RUN].map(|text| text.get(language));
        let mut table = Table::new(columns);
        for slide in SLIDES.iter().filter(|slide| slide.part == part) {
            let (mut id, mut title) = (slide.id, slide.title.get(language));
            for line in to_run(slide, language) {
                table.row([id, title, &line]);
                (id, title) = ("", "");
            }
        }
        out += &format!("\n{}\n{}", part.title().get(language), table.to_terminal(style));
    }
    out += &format!("\n{}\n", texts::LIST_HINT.fill(language, &[("program", &program)]));
    out
}

/// What can be run for a slide, a line each.
fn to_run(slide: &Slide, language: Language) -> Vec<String> {
    let lesson = LESSONS.iter().find(|lesson| lesson.slides.contains(&slide.id));
    let lesson = lesson.map(|lesson| format!("lecture {}", lesson.id));
    let activities = slide.activities.iter().map(|activity| match activity {
        Activity::Command(command) => (*command).to_owned(),
        Activity::Example { package, name } => format!("{} {package} {name}", texts::EXAMPLE.get(language)),
    });
    let all: Vec<String> = lesson.into_iter().chain(activities).collect();
    if all.is_empty() { vec![texts::NOTHING_YET.get(language).to_owned()] } else { all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slide_is_listed_with_what_can_be_run() {
        for (language, nothing) in [(Language::English, "not yet runnable"), (Language::Korean, "아직 실행할 수 없음")]
        {
            let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
            let text = list(language, "jumok", &style);
            let examples = SLIDES.iter().flat_map(|slide| slide.activities).filter_map(|activity| match activity {
                Activity::Example { package, name } => Some(format!("{package} {name}")),
                Activity::Command(_) => None,
            });
            for example in examples {
                assert!(text.contains(&example), "{example} is missing in\n{text}");
            }
            for slide in SLIDES {
                let line = text.lines().find(|line| line.starts_with(slide.id)).unwrap();
                assert!(line.contains(slide.title.get(language)), "{line}");
                assert_eq!(line.contains(nothing), !slide.is_runnable(), "{line}");
                assert!(!line.contains('…'), "{line} is cut");
            }
            assert!(text.contains("lecture s07") && text.contains("jumok lecture s07"), "{text}");
        }
    }
}
