//! A lesson step by step: forwards through what is computed, then back along the gradients.

use std::io::{self, BufRead, Write};

use jumok_viz::TerminalStyle;

use crate::block::{Block, Matrix};
use crate::ctx::LessonLoss;
use crate::lesson::LessonRun;
use crate::render::rule;
use crate::texts;

/// One step of a lesson.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// What comes next on the way there: the text that leads to it, and up to one matrix, picture or table.
    Forward(&'a [Block]),
    /// The gradient at a matrix on the way back.
    Backward(&'a Matrix),
}

impl LessonRun {
    /// The steps: first the blocks in their order, then the matrices that have a gradient, the last one first.
    pub fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        let mut start = 0;
        for (n, block) in self.blocks.iter().enumerate() {
            let is_text = matches!(block, Block::Heading(_) | Block::Paragraph(_) | Block::Formula(_));
            if !is_text || n + 1 == self.blocks.len() {
                steps.push(Step::Forward(&self.blocks[start..=n]));
                start = n + 1;
            }
        }
        let matrices = self.blocks.iter().rev().filter_map(|block| match block {
            Block::Matrix(matrix) if matrix.gradient.is_some() => Some(Step::Backward(matrix)),
            _ => None,
        });
        steps.extend(matrices);
        steps
    }

    /// A step as a terminal shows it. `number` counts the steps of its direction from 1.
    fn show(&self, steps: &[Step<'_>], at: usize, style: &TerminalStyle) -> String {
        let there = steps.iter().filter(|step| matches!(step, Step::Forward(_))).count();
        let back = steps.len() - there;
        let (text, number, count) = match steps[at] {
            Step::Forward(_) => (&texts::FORWARD, at + 1, there),
            Step::Backward(_) => (&texts::BACKWARD, at + 1 - there, back),
        };
        let heading = text.fill(self.language, &[("number", &number), ("count", &count)]);
        let mut out = format!("\n{} {heading} {}\n\n", rule(style).repeat(3), rule(style).repeat(3));
        match steps[at] {
            Step::Forward(blocks) => {
                let shown: Vec<String> = blocks.iter().map(|block| block.to_terminal(style)).collect();
                out += &shown.join("\n");
                if let Some(Block::Matrix(matrix)) = blocks.last() {
                    out += &self.source(matrix);
                }
            }
            Step::Backward(matrix) => {
                if number == 1 {
                    let of = match self.loss {
                        LessonLoss::HalfSquares => texts::GRADIENT_OF,
                        LessonLoss::Own => texts::GRADIENT_OF_OWN,
                    };
                    let lines = [texts::TURN, of].map(|text| text.get(self.language).to_owned());
                    out += &lines.map(|line| Block::Paragraph(line).to_terminal(style)).join("\n");
                    out.push('\n');
                }
                out += &matrix.gradient_map().map(|map| map.to_terminal(style)).unwrap_or_default();
                out += &self.source(matrix);
            }
        }
        out
    }

    /// Axes and place of a matrix.
    fn source(&self, matrix: &Matrix) -> String {
        let unnamed = texts::SINGLE_ROW.get(self.language);
        let [rows, columns] = [0, 1].map(|n| {
            let name = if matrix.axes[n].is_empty() { unnamed } else { &matrix.axes[n] };
            format!("{name} [{}]", matrix.shape[n])
        });
        let axes = texts::AXES.fill(self.language, &[("rows", &rows), ("columns", &columns)]);
        let place = texts::COMPUTED_IN.fill(self.language, &[("place", &matrix.place())]);
        format!("\n{axes}\n{place}\n")
    }
}

/// Goes through a lesson: shows a step, reads a line, goes on (an empty line or `n`), back (`p`) or ends (`q`, or the end
/// of the input). Works the same at a keyboard and behind a pipe.
///
/// # Errors
/// If reading or writing fails.
pub fn walk(run: &LessonRun, input: &mut impl BufRead, out: &mut impl Write, style: &TerminalStyle) -> io::Result<()> {
    let steps = run.steps();
    let language = run.language;
    writeln!(out, "{}", run.title)?;
    let mut at = 0;
    let mut shown = None;
    while at < steps.len() {
        if shown != Some(at) {
            write!(out, "{}", run.show(&steps, at, style))?;
            shown = Some(at);
        }
        write!(out, "\n{}", texts::KEYS.get(language))?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return writeln!(out);
        }
        match line.trim() {
            "" | "n" => at += 1,
            "p" if at == 0 => writeln!(out, "{}", texts::AT_START.get(language))?,
            "p" => at -= 1,
            "q" => return Ok(()),
            key => writeln!(out, "{}", texts::UNKNOWN_KEY.fill(language, &[("key", &format!("{key:?}"))]))?,
        }
    }
    writeln!(out, "{}", texts::END.get(language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LESSONS, LessonOptions, find};
    use jumok_training::Language;

    fn walked(run: &LessonRun, keys: &str) -> String {
        let mut out = Vec::new();
        walk(run, &mut keys.as_bytes(), &mut out, &TerminalStyle::plain()).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn run(id: &str) -> LessonRun {
        find(id).unwrap().run(&LessonOptions::default()).unwrap()
    }

    #[test]
    fn every_block_is_in_one_step_and_every_lesson_goes_back() {
        for lesson in LESSONS {
            let run = run(lesson.id);
            let steps = run.steps();
            let blocks: usize =
                steps.iter().map(|step| if let Step::Forward(blocks) = step { blocks.len() } else { 0 }).sum();
            assert_eq!(blocks, run.blocks.len(), "{}", lesson.id);
            assert!(steps.iter().any(|step| matches!(step, Step::Backward(_))), "{}: no gradient", lesson.id);
        }
    }

    #[test]
    fn the_way_back_shows_gradients_in_reverse_and_where_they_arise() {
        let run = run("s09");
        let text = walked(&run, &"\n".repeat(99));
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing in\n{text}"));
        assert!(at("forward 1/") < at("back 1/") && at("∂L/∂ context") < at("∂L/∂ weights"));
        assert!(at("rows: ") < at("computed in crates/"), "{text}");
        assert!(text.ends_with("That was the last step.\n"));
    }

    #[test]
    fn the_way_back_says_what_its_gradients_are_of() {
        let (half_squares, own) = ("L = ½·Σ x²", "the one that the lesson is about");
        for (id, said, other) in [("s09", half_squares, own), ("s30", own, half_squares)] {
            let text = walked(&run(id), &"\n".repeat(99));
            // Lines are broken where a terminal ends.
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(said) && !text.contains(other), "{id}: {text}");
        }
    }

    #[test]
    fn keys_go_on_back_and_out() {
        let run = run("s08");
        let text = walked(&run, "\np\nx\nq\n\n");
        let count = |part: &str| text.matches(part).count();
        assert_eq!((count("forward 1/"), count("forward 2/"), count("forward 3/")), (2, 1, 0), "{text}");
        assert_eq!(count("\"x\" means nothing here"), 1);
        assert!(walked(&run, "p\n").contains("This is the first step."));
        assert_eq!(walked(&run, "").matches("forward").count(), 1, "the end of the input ends the walk");
    }

    #[test]
    fn the_stepper_speaks_korean() {
        let options = LessonOptions { language: Language::Korean, ..LessonOptions::default() };
        let text = walked(&find("s07").unwrap().run(&options).unwrap(), &"n\n".repeat(99));
        for part in ["앞으로 1/", "거꾸로 1/", "계산하는 곳: crates/", "행: ", "마지막 단계였습니다."]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
