//! From a file into the parameters of a model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jumok_tensor::{Array, Elem};

use super::error::nearest;
use super::{CheckpointError, NameDifference, ShapeDifference, Weights};
use crate::{Module, join};

/// Up to this many pairs of names are compared to find those that look alike.
const MAX_COMPARISONS: usize = 1_000_000;

/// How the names of a file become those of a model, and what may be left over.
///
/// A name of the file goes through `file_prefix`, `rename`, `model_prefix`, in this order. All of them work on whole segments
/// (what stands between dots).
///
/// ```
/// use jumok_nn::LoadOptions;
///
/// // The encoder alone, out of an old BERT checkpoint.
/// let options = LoadOptions {
///     file_prefix: "bert".into(),
///     rename: vec![("gamma".into(), "weight".into()), ("beta".into(), "bias".into())],
///     ignore: vec!["embeddings.position_ids".into()],
///     ..LoadOptions::default()
/// };
/// assert_eq!(options.name_of("bert.embeddings.LayerNorm.gamma").as_deref(), Some("embeddings.LayerNorm.weight"));
/// assert_eq!(options.name_of("bert.embeddings.position_ids"), None);
/// assert_eq!(options.name_of("cls.seq_relationship.weight"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Whether missing and unexpected names are an error (by default they are) or only reported. Other shapes always are.
    pub strict: bool,
    /// Only what is under this path in the file is loaded, and the path is taken off the names; empty for everything.
    pub file_prefix: String,
    /// Runs of segments that are replaced wherever they stand, one pair after the other; an empty replacement drops the run.
    pub rename: Vec<(String, String)>,
    /// Only what is under this path in the model is loaded, and the path is put before the names; empty for everything.
    pub model_prefix: String,
    /// Arrays that are passed over: by their name without `file_prefix` and renamed, or by the last segments of it.
    pub ignore: Vec<String>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            strict: true,
            file_prefix: String::new(),
            rename: Vec::new(),
            model_prefix: String::new(),
            ignore: Vec::new(),
        }
    }
}

impl LoadOptions {
    /// The name in the model of an array of the file; `None` if it is passed over.
    pub fn name_of(&self, file_name: &str) -> Option<String> {
        let mut name = below(file_name, &self.file_prefix)?.to_owned();
        for (from, to) in &self.rename {
            name = replace_segments(&name, from, to);
        }
        let ignored = self.ignore.iter().any(|ending| name == *ending || name.ends_with(&format!(".{ending}")));
        (!ignored).then(|| join(&self.model_prefix, &name))
    }
}

/// What of `name` follows the path `prefix`.
fn below<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    match prefix {
        "" => Some(name),
        _ => name.strip_prefix(prefix)?.strip_prefix('.'),
    }
}

/// Replaces every run of segments `from` in `name`.
fn replace_segments(name: &str, from: &str, to: &str) -> String {
    let (name, from): (Vec<&str>, Vec<&str>) = (name.split('.').collect(), from.split('.').collect());
    let mut result = Vec::new();
    let mut rest = &name[..];
    while !rest.is_empty() {
        if rest.starts_with(&from) {
            result.extend(to.split('.').filter(|segment| !segment.is_empty()));
            rest = &rest[from.len()..];
        } else {
            result.push(rest[0]);
            rest = &rest[1..];
        }
    }
    result.join(".")
}

/// What [`load`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// The parameters that were loaded, by their names in the model, in its order.
    pub loaded: Vec<String>,
    /// Parameters that the file does not have; they keep their values.
    pub missing: Vec<String>,
    /// Arrays of the file that the model does not have, by their names in the file.
    pub unexpected: Vec<String>,
    /// Arrays of the file that the options pass over, by their names in the file.
    pub ignored: Vec<String>,
    /// Loaded parameters whose numbers were of another type in the file, with that type.
    pub converted: Vec<(String, String)>,
    /// The strings that stand beside the arrays.
    pub metadata: BTreeMap<String, String>,
}

/// Loads the parameters of `model` from a safetensors file: all of what fits, or nothing.
///
/// Numbers of type f64, f16 and bf16 are converted.
///
/// # Errors
/// If the file cannot be read, is damaged or of another format, or does not fit: then the error lists all missing and
/// unexpected names with those that look alike, and all differing shapes. The model is unchanged after any error.
pub fn load(model: &mut dyn Module, path: &Path, options: &LoadOptions) -> Result<LoadReport, CheckpointError> {
    Weights::of_file(path)?.load_into(model, options)
}

/// [`Weights::load_into`].
pub(super) fn load_from(
    model: &mut dyn Module,
    file: &mut Weights,
    options: &LoadOptions,
) -> Result<LoadReport, CheckpointError> {
    let path = &file.path().to_owned();
    let mut report = LoadReport { metadata: file.metadata(), ..LoadReport::default() };

    let mut in_file: BTreeMap<String, String> = BTreeMap::new(); // name in the model -> name in the file
    for file_name in file.names().map(str::to_owned).collect::<Vec<_>>() {
        let Some(name) = options.name_of(&file_name) else {
            report.ignored.push(file_name);
            continue;
        };
        if let Some(first) = in_file.insert(name.clone(), file_name.clone()) {
            return Err(CheckpointError::Collision { path: path.to_owned(), first, second: file_name, name });
        }
    }

    let mut wanted = BTreeSet::new();
    let mut shapes = Vec::new();
    model.for_each_parameter(&mut |name, tensor| {
        if below(name, &options.model_prefix).is_none() {
            return;
        }
        wanted.insert(name.to_owned());
        match in_file.get(name) {
            None => report.missing.push(name.to_owned()),
            Some(file_name) if file.shape(file_name) != tensor.shape() => {
                let (model, file) = (tensor.shape().to_vec(), file.shape(file_name).to_vec());
                shapes.push(ShapeDifference { name: name.to_owned(), model, file });
            }
            Some(_) => report.loaded.push(name.to_owned()),
        }
    });
    let unexpected: Vec<String> = in_file.keys().filter(|name| !wanted.contains(*name)).cloned().collect();
    let names_differ = !(report.missing.is_empty() && unexpected.is_empty());
    if !shapes.is_empty() || (options.strict && names_differ) {
        let (missing, unexpected) = pair_up(&report.missing, &unexpected);
        return Err(CheckpointError::Mismatch { path: path.to_owned(), missing, unexpected, shapes });
    }
    report.unexpected = unexpected.iter().map(|name| in_file[name].clone()).collect();

    // Everything is read before anything is written.
    let mut arrays: BTreeMap<String, Array> = BTreeMap::new();
    for name in &report.loaded {
        let file_name = &in_file[name];
        let dtype = file.dtype(file_name);
        if dtype != format!("F{}", 8 * size_of::<Elem>()) {
            report.converted.push((name.clone(), dtype));
        }
        arrays.insert(name.clone(), file.array(file_name)?);
    }
    model.visit_mut("", &mut |name, tensor| {
        if let Some(array) = arrays.remove(name) {
            tensor.set_array(array);
        }
    });
    Ok(report)
}

/// Each missing name with the unexpected one that looks most like it, and the other way round.
fn pair_up(missing: &[String], unexpected: &[String]) -> (Vec<NameDifference>, Vec<NameDifference>) {
    // A file may hold millions of names; an error message must not take minutes.
    let comparable = missing.len().saturating_mul(unexpected.len()) <= MAX_COMPARISONS;
    let side = |names: &[String], others: &[String]| {
        let difference = |name: &String| {
            let near = if comparable { nearest(name, others.iter().map(String::as_str)) } else { None };
            NameDifference { name: name.clone(), near }
        };
        names.iter().map(difference).collect()
    };
    (side(missing, unexpected), side(unexpected, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_segments_are_replaced() {
        assert_eq!(replace_segments("a.gamma", "gamma", "weight"), "a.weight");
        assert_eq!(replace_segments("a.gammas.gamma", "gamma", "weight"), "a.gammas.weight");
        assert_eq!(replace_segments("x.attention.self.q", "attention.self", "self_attn"), "x.self_attn.q");
        assert_eq!(replace_segments("x.attention.q", "attention.self", "self_attn"), "x.attention.q");
        assert_eq!(replace_segments("module.a", "module", ""), "a");
        assert_eq!(replace_segments("a.a.a", "a.a", "b"), "b.a");
    }

    #[test]
    fn prefixes_are_taken_off_and_put_before() {
        let options =
            LoadOptions { file_prefix: "bert".into(), model_prefix: "encoder".into(), ..LoadOptions::default() };
        assert_eq!(options.name_of("bert.pooler.bias").as_deref(), Some("encoder.pooler.bias"));
        assert_eq!(options.name_of("bertha.pooler.bias"), None);
        assert_eq!(options.name_of("bert"), None);
    }
}
