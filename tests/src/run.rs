use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jumok_testkit::{Case, Computed, Report, TestkitError, Verdict, compare, walk, write_case, write_json_case};

use crate::{CaseError, dispatch};

/// The verdicts on all cases of a folder.
#[derive(Debug, Default)]
pub struct Run {
    /// What passed, failed and is missing.
    pub report: Report,
    /// The kinds that are not built yet, each with the names of its cases.
    pub not_built: BTreeMap<String, Vec<String>>,
}

/// Why a run could not go on. What is wrong with a single case is a verdict, not an error.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The cases cannot be read or a result cannot be written.
    #[error(transparent)]
    Testkit(#[from] TestkitError),
    /// No case at all: a wrong folder, or a beginning that no name has.
    #[error("no case in {folder}{}; give a folder that holds cases (NAME.json with NAME.safetensors) in folders such as ops/", beginnings(.only))]
    NoCase {
        /// The folder with the cases.
        folder: PathBuf,
        /// The beginnings that names were asked to have.
        only: Vec<String>,
    },
    /// Results would overwrite the reference.
    #[error("results cannot be written to {out}: that is where the reference is; give another folder")]
    OutIsReference {
        /// The folder for results.
        out: PathBuf,
    },
    /// A result of an earlier run is in the way.
    #[error("cannot remove the outdated result {path}: {source}")]
    Outdated {
        /// The file.
        path: PathBuf,
        /// The reason of the operating system.
        source: std::io::Error,
    },
}

fn beginnings(only: &[String]) -> String {
    if only.is_empty() { String::new() } else { format!(" whose name begins with {}", only.join(" or ")) }
}

/// Computes and judges the cases below `reference` whose names begin with one of `only` (all if it is empty). Results are
/// written to mirrored files below `out`, if given; those of an earlier run for which there is none now are removed.
///
/// # Errors
/// If there is no case, or files cannot be read or written.
pub fn run(reference: &Path, only: &[String], out: Option<&Path>) -> Result<Run, RunError> {
    if let Some(out) = out
        && let (Ok(reference), Ok(target)) = (reference.canonicalize(), out.canonicalize())
        && reference == target
    {
        return Err(RunError::OutIsReference { out: out.to_owned() });
    }
    let cases = walk(reference, only)?;
    if cases.is_empty() {
        return Err(RunError::NoCase { folder: reference.to_owned(), only: only.to_owned() });
    }
    let mut run = Run::default();
    for case in &cases {
        let (verdict, computed) = match dispatch(case) {
            Ok(computed) => (compare(case, Some(&computed)), Some(computed)),
            Err(CaseError::NotBuilt { kind }) => {
                run.not_built.entry(kind).or_default().push(case.name.clone());
                (Verdict::Missing, None)
            }
            Err(error) => (Verdict::Fail(vec![error.to_string()]), None),
        };
        if let Some(out) = out {
            write(out, case, computed.as_ref())?;
        }
        run.report.add(&case.name, verdict);
    }
    Ok(run)
}

fn write(out: &Path, case: &Case, computed: Option<&Computed>) -> Result<(), RunError> {
    match computed {
        Some(Computed::Tensors(tensors)) => Ok(write_case(out, &case.stem, tensors)?),
        Some(Computed::Json(json)) => Ok(write_json_case(out, &case.stem, json)?),
        None => remove_result(out, case),
    }
}

/// A result that stayed behind from an earlier run would be taken for this run's.
fn remove_result(out: &Path, case: &Case) -> Result<(), RunError> {
    let mut path = out.join(&case.stem).into_os_string();
    path.push(if case.tensors.is_some() { ".safetensors" } else { ".json" });
    let path = PathBuf::from(path);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(RunError::Outdated { path, source }),
        _ => Ok(()),
    }
}
