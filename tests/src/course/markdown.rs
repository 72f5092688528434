//! As much of Markdown as the course is written in.

use std::collections::HashMap;

/// A document, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// Level and text of each heading.
    pub headings: Vec<(usize, String)>,
    /// The listings.
    pub fences: Vec<Fence>,
    /// Links and pictures outside listings.
    pub links: Vec<Link>,
    /// The lines outside listings with their numbers, and with the number of headings before them.
    pub prose: Vec<(usize, usize, String)>,
}

/// A listing between two lines of backquotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The line of the opening backquotes, counted from 0.
    pub line: usize,
    /// What stands behind them, such as `rust`.
    pub info: String,
    /// The text, each line with its end.
    pub text: String,
    /// The comment on the line before, without its marks.
    pub comment: Option<String>,
    /// How many headings stand before it.
    pub section: usize,
}

/// A link or a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The line, counted from 0.
    pub line: usize,
    /// Where it points.
    pub target: String,
    /// Whether it is a picture.
    pub is_picture: bool,
    /// The comment on the line before, without its marks.
    pub comment: Option<String>,
}

impl Document {
    /// Takes a text apart. A listing that is not closed goes to the end.
    pub fn parse(text: &str) -> Document {
        let mut document = Document::default();
        let mut open: Option<Fence> = None;
        let mut before: Option<String> = None;
        for (number, line) in text.lines().enumerate() {
            let is_fence = line.trim_start().starts_with("```");
            match &mut open {
                Some(fence) if is_fence && line.trim() == "```" => {
                    document.fences.push(fence.clone());
                    open = None;
                }
                Some(fence) => {
                    fence.text.push_str(line);
                    fence.text.push('\n');
                }
                None if is_fence => {
                    open = Some(Fence {
                        line: number,
                        info: line.trim().trim_start_matches('`').to_owned(),
                        text: String::new(),
                        comment: before.clone(),
                        section: document.headings.len(),
                    });
                }
                None => document.read_line(number, line, before.as_deref()),
            }
            before = line.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")).map(|c| c.trim().to_owned());
        }
        document.fences.extend(open);
        document
    }

    fn read_line(&mut self, number: usize, line: &str, comment: Option<&str>) {
        let level = line.bytes().take_while(|&b| b == b'#').count();
        if (1..=6).contains(&level) && line[level..].starts_with(' ') {
            self.headings.push((level, line[level..].trim().to_owned()));
        }
        self.prose.push((number, self.headings.len(), line.to_owned()));
        let mut rest = line;
        while let Some(at) = rest.find("](") {
            let target = rest[at + 2..].split(')').next().unwrap_or_default().to_owned();
            let text = rest[..at].rfind('[');
            let is_picture = text.is_some_and(|start| rest[..start].ends_with('!'));
            self.links.push(Link { line: number, target, is_picture, comment: comment.map(str::to_owned) });
            rest = &rest[at + 2..];
        }
    }

    /// The anchors of the headings, as GitHub and mdBook make them; one that occurs again gets `-1`, `-2` and so on.
    pub fn anchors(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let anchor = |(_, text): &(usize, String)| {
            let slug = slug(text);
            let count = seen.entry(slug.clone()).and_modify(|count| *count += 1).or_insert(0);
            if *count == 0 { slug } else { format!("{slug}-{count}") }
        };
        self.headings.iter().map(anchor).collect()
    }
}

/// The anchor of a heading: lower case, spaces as hyphens, no punctuation.
pub fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# One\n\n<!-- output: x -->\n```text\n# no heading [a](b)\n```\ntext [a](b.md#c) and\n\
                        <!-- picture: y -->\n![d](e.svg)\n## Two, `f`?\n## Two f\n```rust\nopen";

    #[test]
    fn a_document_is_taken_apart() {
        let document = Document::parse(TEXT);
        assert_eq!(document.headings.iter().map(|h| h.0).collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!(document.anchors(), ["one", "two-f", "two-f-1"]);
        let [first, second] = &document.fences[..] else { panic!("{document:?}") };
        assert_eq!((first.line, first.info.as_str(), first.section), (3, "text", 1));
        assert_eq!(first.text, "# no heading [a](b)\n");
        assert_eq!(first.comment.as_deref(), Some("output: x"));
        assert_eq!((second.text.as_str(), &second.comment), ("open\n", &None));
        let targets: Vec<(&str, bool)> = document.links.iter().map(|l| (l.target.as_str(), l.is_picture)).collect();
        assert_eq!(targets, [("b.md#c", false), ("e.svg", true)]);
        assert_eq!(document.links[1].comment.as_deref(), Some("picture: y"));
    }

    #[test]
    fn anchors_keep_hangul() {
        assert_eq!(slug("기억하는 값: `Tensor`!"), "기억하는-값-tensor");
    }
}
