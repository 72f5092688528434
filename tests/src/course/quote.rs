//! What a chapter quotes, and what it should.

use std::path::{Path, PathBuf};

use jumok_lecture::{LessonOptions, LessonRun, find};
use jumok_training::Language;
use jumok_viz::{TerminalStyle, VizError};

use super::markdown::Document;

/// The variable that has quotes written anew.
pub const UPDATE: &str = "JUMOK_UPDATE";

/// Why a quote cannot be held to anything.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuoteError {
    /// A comment that says something else than the table in [`super`].
    #[error("the comment {comment:?} asks for nothing known")]
    Comment {
        /// The comment.
        comment: String,
    },
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A source without the region.
    #[error("{}: there is no region between `// ANCHOR: {name}` and `// ANCHOR_END: {name}`", path.display())]
    Anchor {
        /// The source.
        path: PathBuf,
        /// The region.
        name: String,
    },
    /// A lesson that does not run.
    #[error(transparent)]
    Lesson(#[from] jumok_lecture::LessonError),
    /// A picture that cannot be drawn or saved.
    #[error(transparent)]
    Picture(#[from] VizError),
    /// Blocks that the lesson does not have.
    #[error("{lesson} has {count} blocks, so there is no {range}")]
    Blocks {
        /// The lesson.
        lesson: String,
        /// How many blocks it has.
        count: usize,
        /// The range asked for.
        range: String,
    },
}

/// A chapter compared with what it quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotes {
    /// How many quotes and pictures it has.
    pub count: usize,
    /// What differs, one line each.
    pub stale: Vec<String>,
}

/// Compares every quote of a chapter with its source. With `update`, what differs is written anew and is no fault.
///
/// # Errors
/// [`QuoteError`].
pub fn check_quotes(root: &Path, chapter: &Path, language: Language, update: bool) -> Result<Quotes, QuoteError> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(file_error(path));
    let text = read(chapter)?;
    let document = Document::parse(&text);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut quotes = Quotes { count: 0, stale: Vec::new() };

    for link in document.links.iter().filter(|link| link.is_picture) {
        let Some(lesson) = link.comment.as_deref().and_then(|comment| comment.strip_prefix("picture: lecture ")) else {
            continue;
        };
        quotes.count += 1;
        let svg = run(lesson, language)?.to_svg()?;
        let file = chapter.with_file_name(&link.target);
        if std::fs::read_to_string(&file).unwrap_or_default() != svg {
            if update {
                jumok_viz::save(&file, &svg)?;
            } else {
                quotes.stale.push(format!("{}:{}: {}", chapter.display(), link.line + 1, link.target));
            }
        }
    }
    // From the end, so that the lines before keep their numbers.
    for fence in document.fences.iter().rev() {
        let Some(comment) = &fence.comment else { continue };
        let expected = match comment.split_once(": ") {
            Some(("source", place)) => source(root, place)?,
            Some(("output", command)) => output(command, language)?,
            _ => return Err(QuoteError::Comment { comment: comment.clone() }),
        };
        quotes.count += 1;
        if fence.text != expected {
            let start = fence.line + 1;
            if !update {
                quotes.stale.push(format!("{}:{start}: {comment}", chapter.display()));
            }
            lines.splice(start..start + fence.text.lines().count(), expected.lines().map(str::to_owned));
        }
    }
    let written = lines.join("\n") + "\n";
    if update && written != text {
        jumok_viz::save(chapter, &written)?;
    }
    Ok(quotes)
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> QuoteError {
    let path = path.to_owned();
    move |source| QuoteError::File { path, source }
}

/// `crates/attention/src/mask.rs causal`: a region of a file.
fn source(root: &Path, place: &str) -> Result<String, QuoteError> {
    let Some((file, name)) = place.split_once(' ') else {
        return Err(QuoteError::Comment { comment: format!("source: {place}") });
    };
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).map_err(file_error(&path))?;
    anchored(&text, name).ok_or_else(|| QuoteError::Anchor { path, name: name.to_owned() })
}

/// The lines of a region, without the indentation that all of them have, and without the marks of regions inside.
pub fn anchored(text: &str, name: &str) -> Option<String> {
    let is = |line: &str, mark: &str| line.trim() == format!("// {mark}: {name}");
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|line| is(line, "ANCHOR"))?;
    let length = lines[start..].iter().position(|line| is(line, "ANCHOR_END"))?;
    let region = lines[start + 1..start + length].iter().filter(|line| !line.trim_start().starts_with("// ANCHOR"));
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let common = region.clone().filter(|line| !line.trim().is_empty()).map(|line| indentation(line)).min().unwrap_or(0);
    Some(region.map(|line| format!("{}\n", line.get(common..).unwrap_or_default())).collect())
}

/// `lecture s07` or `lecture s07 blocks 2..5`: what the command prints, or a part of it.
fn output(command: &str, language: Language) -> Result<String, QuoteError> {
    // As a pipe in a UTF-8 locale gets it.
    let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
    let unknown = || QuoteError::Comment { comment: format!("output: {command}") };
    match command.split(' ').collect::<Vec<_>>()[..] {
        ["lecture", lesson] => Ok(run(lesson, language)?.to_terminal(&style)),
        ["lecture", lesson, "blocks", range] => {
            let (start, end) = range.split_once("..").ok_or_else(unknown)?;
            let (start, end) = (start.parse::<usize>(), end.parse::<usize>());
            let (Ok(start), Ok(end)) = (start, end) else { return Err(unknown()) };
            let run = run(lesson, language)?;
            let blocks = run.blocks.get(start..end).filter(|blocks| !blocks.is_empty());
            let blocks = blocks.ok_or_else(|| QuoteError::Blocks {
                lesson: lesson.to_owned(),
                count: run.blocks.len(),
                range: range.to_owned(),
            })?;
            Ok(blocks.iter().map(|block| block.to_terminal(&style)).collect::<Vec<_>>().join("\n"))
        }
        _ => Err(unknown()),
    }
}

fn run(lesson: &str, language: Language) -> Result<LessonRun, QuoteError> {
    Ok(find(lesson)?.run(&LessonOptions { language, ..LessonOptions::default() })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_loses_its_indentation_and_the_marks_inside() {
        let text = "a\n    // ANCHOR: x\n    b\n        // ANCHOR: y\n        c\n\n    // ANCHOR_END: y\n    // ANCHOR_END: x\n";
        assert_eq!(anchored(text, "x").unwrap(), "b\n    c\n\n");
        assert_eq!(anchored(text, "y").unwrap(), "c\n\n");
        assert_eq!(anchored(text, "z"), None);
        assert_eq!(anchored("// ANCHOR: x\nopen", "x"), None);
    }

    #[test]
    fn a_stale_quote_is_found_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let chapter = folder.path().join("01.md");
        std::fs::write(folder.path().join("a.rs"), "// ANCHOR: x\nfn new() {}\n// ANCHOR_END: x\n").unwrap();
        let text = "# T\n<!-- source: a.rs x -->\n```rust\nfn old() {}\n// more\n```\n<!-- output: lecture s08 blocks 0..1 -->\n\
                    ```text\n```\n<!-- picture: lecture s08 -->\n![p](images/p.svg)\nend\n";
        std::fs::write(&chapter, text).unwrap();
        let check = |update| check_quotes(folder.path(), &chapter, Language::English, update).unwrap();
        let stale = check(false).stale;
        assert_eq!(stale.len(), 3, "{stale:?}");
        assert!(stale.iter().any(|line| line.contains("01.md:3: source: a.rs x")), "{stale:?}");
        assert_eq!(std::fs::read_to_string(&chapter).unwrap(), text, "nothing is written unless asked for");
        assert!(check(true).stale.is_empty());
        assert_eq!(check(false), Quotes { count: 3, stale: vec![] });
        let written = std::fs::read_to_string(&chapter).unwrap();
        assert!(
            written.contains("```rust\nfn new() {}\n```\n") && written.ends_with("images/p.svg)\nend\n"),
            "{written}"
        );
        assert!(written.contains("softmax"), "{written}");
    }

    #[test]
    fn a_quote_of_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let chapter = folder.path().join("01.md");
        for (comment, message) in [
            ("source: gone.rs x", "gone.rs"),
            ("source: 01.md x", "there is no region"),
            ("source: 01.md", "asks for nothing known"),
            ("output: lecture s99", "there is no slide"),
            ("output: lecture s08 blocks 90..99", "so there is no 90..99"),
            ("output: lecture s08 blocks x", "asks for nothing known"),
            ("outptu: lecture s08", "asks for nothing known"),
        ] {
            std::fs::write(&chapter, format!("<!-- {comment} -->\n```text\n```\n")).unwrap();
            let error = check_quotes(folder.path(), &chapter, Language::English, false).unwrap_err().to_string();
            assert!(error.contains(message), "{comment}: {error}");
        }
    }
}
