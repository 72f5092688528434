//! The book: two languages that say the same, quotes that are what the source and the programs say, links that lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jumok_tests::course::{Document, UPDATE, check_quotes};
use jumok_training::Language;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Markdown files of a folder, sorted by name.
fn texts_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    texts.sort();
    texts
}

/// The chapters of a language, `SUMMARY.md` included.
fn chapters(language: &str) -> Vec<PathBuf> {
    let found = texts_in(&root().join("docs").join(language));
    assert!(found.len() > 1, "{found:?}");
    found
}

/// Every number of a text, sorted: digits with a point or commas between them, without their sign.
fn numbers(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .map(|part| part.trim_matches(['.', ',']).replace(',', ""))
        .filter(|part| part.bytes().any(|b| b.is_ascii_digit()))
        .collect();
    found.sort();
    found
}

/// A listing without what is said rather than computed: comments.
fn without_comments(code: &str) -> String {
    code.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end().to_owned() + "\n").collect()
}

#[test]
fn both_languages_have_the_same_chapters_headings_listings_and_numbers() {
    let names = |language| -> Vec<String> {
        chapters(language).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("en"), names("ko"));
    for (english, korean) in chapters("en").iter().zip(chapters("ko")) {
        let (en, ko) = (Document::parse(&read(english)), Document::parse(&read(&korean)));
        let name = korean.display();
        let levels = |document: &Document| document.headings.iter().map(|(level, _)| *level).collect::<Vec<_>>();
        assert_eq!(levels(&en), levels(&ko), "{name}: headings");
        let targets = |document: &Document| -> Vec<String> {
            // An anchor is a heading, which has a language.
            document.links.iter().map(|link| link.target.split('#').next().unwrap().to_owned()).collect()
        };
        assert_eq!(targets(&en), targets(&ko), "{name}: links and pictures");
        assert_eq!(en.fences.len(), ko.fences.len(), "{name}: listings");
        for (a, b) in en.fences.iter().zip(&ko.fences) {
            let at = format!("{name}:{}", b.line + 1);
            assert_eq!((&a.info, &a.comment, a.section), (&b.info, &b.comment, b.section), "{at}");
            let is_output = a.comment.as_ref().is_some_and(|comment| comment.starts_with("output: "));
            if is_output {
                assert_eq!(numbers(&a.text), numbers(&b.text), "{at}: numbers of the output");
            } else {
                assert_eq!(without_comments(&a.text), without_comments(&b.text), "{at}");
            }
        }
        for section in 0..=en.headings.len() {
            let prose = |document: &Document| {
                let lines = document.prose.iter().filter(|(_, of, _)| *of == section);
                numbers(&lines.map(|(_, _, line)| format!("{line}\n")).collect::<String>())
            };
            let heading = section.checked_sub(1).map_or("the start", |n| &ko.headings[n].1);
            assert_eq!(prose(&en), prose(&ko), "{name}: numbers under {heading:?}");
        }
    }
}

#[test]
fn what_is_quoted_is_what_the_source_and_the_programs_say() {
    let update = std::env::var_os(UPDATE).is_some();
    for (code, language) in [("en", Language::English), ("ko", Language::Korean)] {
        let mut count = 0;
        for chapter in chapters(code) {
            let quotes = check_quotes(&root(), &chapter, language, update).unwrap();
            assert!(quotes.stale.is_empty(), "{:#?}\nwrite them anew with {UPDATE}=1", quotes.stale);
            count += quotes.count;
        }
        assert!(count > 0, "nothing is quoted in {code}");
    }
}

/// A listing is quoted from the source, compiled as a doc test, or no Rust at all.
#[test]
fn every_rust_listing_is_compiled_somewhere() {
    let compiled = read(&root().join("crates/jumok/src/lib.rs"));
    for path in ["en", "ko"].into_iter().flat_map(chapters) {
        let name = path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/");
        let is_compiled = compiled.contains(&format!("include_str!(\"../../../{name}\")"));
        for fence in Document::parse(&read(&path)).fences.iter().filter(|fence| fence.info.starts_with("rust")) {
            let is_quoted = fence.comment.as_ref().is_some_and(|comment| comment.starts_with("source: "));
            assert!(is_quoted || is_compiled, "{name}:{}: nothing compiles this listing", fence.line + 1);
            assert_eq!(fence.info, "rust", "{name}:{}", fence.line + 1);
        }
    }
}

#[test]
fn every_chapter_is_in_the_table_of_contents() {
    for language in ["en", "ko"] {
        let summary = Document::parse(&read(&root().join("docs").join(language).join("SUMMARY.md")));
        let listed: BTreeSet<String> = summary.links.into_iter().map(|link| link.target).collect();
        let there = chapters(language).into_iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        assert_eq!(listed, there.filter(|name| name != "SUMMARY.md").collect(), "{language}");
    }
}

#[test]
fn no_link_is_dead() {
    let root = root();
    let mut texts = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    for folder in ["docs", "docs/en", "docs/ko", "notebooks"] {
        texts.extend(texts_in(&root.join(folder)));
    }
    for path in texts {
        let document = Document::parse(&read(&path));
        for link in &document.links {
            let at = format!("{}:{}: {}", path.display(), link.line + 1, link.target);
            if link.target.contains("://") {
                continue;
            }
            let (file, anchor) =
                link.target.split_once('#').map_or((link.target.as_str(), None), |(f, a)| (f, Some(a)));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{at} is not there");
            if let Some(anchor) = anchor {
                let anchors = Document::parse(&read(&target)).anchors();
                assert!(anchors.iter().any(|known| known == anchor), "{at} has no such heading, only {anchors:?}");
            }
        }
    }
}

#[test]
fn numbers_are_found_in_any_text() {
    assert_eq!(numbers("층 2개, 폭 1,280. 0.8044·10 + x₁, e^1000"), ["0.8044", "10", "1000", "1280", "2"]);
}
