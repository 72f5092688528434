//! What can be wrong with a checkpoint.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// How many names of a kind a message lists; the fields of the error hold all.
const LISTED: usize = 10;

/// Why a checkpoint could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is damaged or of another format.
    #[error("{} is not a usable safetensors file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder without weights.
    #[error("{} holds no weights: neither model.safetensors nor model.safetensors.index.json is there{hint}", path.display())]
    NoWeights {
        /// The folder.
        path: PathBuf,
        /// What to do with what is there instead.
        hint: &'static str,
    },
    /// An index of several files that cannot be used.
    #[error("{} is not a usable index of weights: {reason}", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An array whose numbers are of a type that does not become a parameter.
    #[error("{}: {name} holds numbers of type {dtype}; f32, f64, f16 and bf16 can be loaded", path.display())]
    Dtype {
        /// The file.
        path: PathBuf,
        /// The array.
        name: String,
        /// Its type.
        dtype: String,
    },
    /// Two arrays of the file that the options give the same name.
    #[error("{}: {first} and {second} would both be loaded as {name}; change the renaming", path.display())]
    Collision {
        /// The file.
        path: PathBuf,
        /// One array of the file.
        first: String,
        /// Another one.
        second: String,
        /// The name that both get.
        name: String,
    },
    /// Weights of a smaller model than the configuration describes.
    #[error("{} holds {found} numbers, but the configuration describes a model of at least {described} parameters: the two do not belong together", path.display())]
    TooFew {
        /// The file.
        path: PathBuf,
        /// Numbers in the file.
        found: u64,
        /// Parameters by the configuration, or as many as a `u64` can say.
        described: u64,
    },
    /// The arrays of the file are not the parameters of the model.
    #[error("{} does not fit the model{}", path.display(), Mismatch { missing, unexpected, shapes })]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// Parameters that the file does not have, each with the nearest name that it does have.
        missing: Vec<NameDifference>,
        /// Arrays that the model does not have, each with the nearest name that it does have.
        unexpected: Vec<NameDifference>,
        /// Parameters with another shape in the file.
        shapes: Vec<ShapeDifference>,
    },
}

/// A name that the other side does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameDifference {
    /// The name.
    pub name: String,
    /// A name of the other side that is left over too and looks alike.
    pub near: Option<String>,
}

/// A parameter whose shape in the file is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeDifference {
    /// The parameter.
    pub name: String,
    /// Its shape in the model.
    pub model: Vec<usize>,
    /// Its shape in the file.
    pub file: Vec<usize>,
}

/// The text of [`CheckpointError::Mismatch`].
struct Mismatch<'a> {
    missing: &'a [NameDifference],
    unexpected: &'a [NameDifference],
    shapes: &'a [ShapeDifference],
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, "missing in the file", self.missing, |entry| named(entry, "the file"))?;
        list(f, "unknown to the model", self.unexpected, |entry| named(entry, "the model"))?;
        list(f, "of another shape", self.shapes, |entry| {
            format!("{}: {:?} in the model, {:?} in the file", entry.name, entry.model, entry.file)
        })
    }
}

fn named(entry: &NameDifference, other: &str) -> String {
    match &entry.near {
        Some(near) => format!("{} ({other} has {near})", entry.name),
        None => entry.name.clone(),
    }
}

fn list<T>(f: &mut fmt::Formatter<'_>, title: &str, all: &[T], line: impl Fn(&T) -> String) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    write!(f, "\n  {} {title}:", all.len())?;
    for entry in all.iter().take(LISTED) {
        write!(f, "\n    {}", line(entry))?;
    }
    match all.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => write!(f, "\n    and {more} more"),
    }
}

/// The candidate that takes the fewest insertions, deletions and substitutions to become `name`, if that are few.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    let limit = (letters.len() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&letters, candidate, limit), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// The distance of Levenshtein (1966), by rows of the usual table. Anything above `limit` may come out as `limit + 1`.
fn edit_distance(a: &[char], b: &str, limit: usize) -> usize {
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect(); // row[j]: distance of the letters of a so far to the first j of b
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(a: &str, b: &str) -> usize {
        edit_distance(&a.chars().collect::<Vec<_>>(), b, usize::MAX - 1)
    }

    #[test]
    fn distances_by_hand() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("gamma", "gamma"), 0);
        assert_eq!(distance("가나다", "가다"), 1);
    }

    #[test]
    fn only_what_looks_alike_is_near() {
        let names = ["encoder.layer.0.weight", "encoder.layer.1.weight", "pooler.bias"];
        assert_eq!(nearest("encoder.layers.1.weight", names).as_deref(), Some("encoder.layer.1.weight"));
        assert_eq!(nearest("classifier", names), None);
    }

    #[test]
    fn a_long_list_is_cut_in_the_message_alone() {
        let missing = (0..25).map(|n| NameDifference { name: format!("layer.{n}"), near: None }).collect();
        let error = CheckpointError::Mismatch {
            path: "a.safetensors".into(),
            missing,
            unexpected: vec![],
            shapes: vec![ShapeDifference { name: "w".into(), model: vec![2, 3], file: vec![3, 2] }],
        };
        let text = error.to_string();
        assert!(
            text.starts_with("a.safetensors does not fit the model\n  25 missing in the file:\n    layer.0\n"),
            "{text}"
        );
        assert!(text.contains("    layer.9\n    and 15 more\n  1 of another shape:"), "{text}");
        assert!(text.ends_with("w: [2, 3] in the model, [3, 2] in the file"), "{text}");
    }
}
