use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::Value;

use crate::{AttrError, FromAttr, TensorData, TestkitError, Tolerance};

/// Tensors by their name, such as `in.x` or `grad.x`.
pub type Tensors = BTreeMap<String, TensorData>;

/// What a peer computed on one fixed input.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name, such as `ops/softmax__last`; its first part is the group.
    pub name: String,
    /// The path of the case's files below the folder that was walked, without extension. Results are written under the
    /// same path. It is the name, but for cases such as `tokenizers/unigram/encodings`.
    pub stem: PathBuf,
    /// The folder of the case's files; attributes such as `config` name files in it.
    pub folder: PathBuf,
    /// What was computed, such as `softmax`.
    pub op: String,
    /// How it was computed; see [`Case::attr`].
    pub attrs: Value,
    /// The convention that the peer follows; empty if there is nothing to say.
    pub note: String,
    /// Marks such as `edge` or `compare_only_where_attention_mask`.
    pub tags: Vec<String>,
    /// Names of the inputs: tensor `in.X`.
    pub inputs: Vec<String>,
    /// Names of the trainable parameters: tensor `param.P`.
    pub params: Vec<String>,
    /// Names of the outputs: tensor `out.Y`.
    pub outputs: Vec<String>,
    /// Output → name of the tensor with its upstream gradient. Empty if there is no backward pass.
    pub upstreams: BTreeMap<String, String>,
    /// Input or parameter → name of the tensor with its gradient.
    pub grads: BTreeMap<String, String>,
    /// Tolerances by kind of tensor (`out`, `grad`).
    pub tolerance: BTreeMap<String, Tolerance>,
    /// Tolerances of single tensors, which take precedence.
    pub tolerance_by_tensor: BTreeMap<String, Tolerance>,
    /// Tolerance of the numbers in a case without tensors.
    pub json_tolerance: Tolerance,
    /// Tensors that are there to be looked at and are not compared.
    pub informative_only: Vec<String>,
    /// All tensors, or `None` for a case that is JSON only.
    pub tensors: Option<Tensors>,
    /// The whole JSON file.
    pub json: Value,
}

/// The tolerance of a file is either one for all or one for each kind of tensor.
#[derive(Deserialize)]
#[serde(untagged)]
enum ToleranceField {
    Single(Tolerance),
    ByKind(BTreeMap<String, Tolerance>),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BackwardField {
    upstream: BTreeMap<String, String>,
    grads: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct CaseFile {
    case: String,
    op: String,
    #[serde(default)]
    attrs: Value,
    #[serde(default)]
    note: String,
    #[serde(default)]
    tags: Vec<String>,
    // In a case without tensors, fields such as `inputs` may be anything that the case is about.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl Case {
    /// The group, the first part of the name: `ops` of `ops/softmax__last`.
    pub fn group(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// Whether the case has a mark such as `edge`.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|t| t == tag)
    }

    /// The attribute `name`.
    ///
    /// # Errors
    /// [`TestkitError::Attr`] if it is missing, `null` or of another type.
    pub fn attr<T: FromAttr>(&self, name: &str) -> Result<T, TestkitError> {
        crate::attr(&self.attrs, name).map_err(|source| self.attr_error(source))
    }

    /// The attribute `name`, or `None` if it is missing or `null`.
    ///
    /// # Errors
    /// [`TestkitError::Attr`] if it is of another type.
    pub fn attr_opt<T: FromAttr>(&self, name: &str) -> Result<Option<T>, TestkitError> {
        crate::attr_opt(&self.attrs, name).map_err(|source| self.attr_error(source))
    }

    /// The attribute `name`, or `default` if it is missing or `null`.
    ///
    /// # Errors
    /// [`TestkitError::Attr`] if it is of another type.
    pub fn attr_or<T: FromAttr>(&self, name: &str, default: T) -> Result<T, TestkitError> {
        crate::attr_or(&self.attrs, name, default).map_err(|source| self.attr_error(source))
    }

    /// The tensor with this full name, such as `aux.w_q`.
    ///
    /// # Errors
    /// [`TestkitError::NoTensor`] with the names that are there.
    pub fn tensor(&self, name: &str) -> Result<&TensorData, TestkitError> {
        self.find(name).ok_or_else(|| TestkitError::NoTensor {
            case: self.name.clone(),
            tensor: name.to_owned(),
            present: match &self.tensors {
                Some(tensors) => tensors.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
                None => "no tensors at all, it is JSON only".to_owned(),
            },
        })
    }

    /// The input `in.name`. Errors as [`Case::tensor`].
    pub fn input(&self, name: &str) -> Result<&TensorData, TestkitError> {
        self.tensor(&format!("in.{name}"))
    }

    /// The input `in.name`, or `None` if the case has none, as with an optional mask.
    pub fn input_opt(&self, name: &str) -> Option<&TensorData> {
        self.find(&format!("in.{name}"))
    }

    /// The parameter `param.name`. Errors as [`Case::tensor`].
    pub fn param(&self, name: &str) -> Result<&TensorData, TestkitError> {
        self.tensor(&format!("param.{name}"))
    }

    /// The expected output `out.name`. Errors as [`Case::tensor`].
    pub fn output(&self, name: &str) -> Result<&TensorData, TestkitError> {
        self.tensor(&format!("out.{name}"))
    }

    /// The upstream gradient of an output: what d loss/d output is; `None` if this output is not differentiated.
    ///
    /// # Errors
    /// [`TestkitError::NoTensor`] if the case promises one and does not have it.
    pub fn upstream(&self, output: &str) -> Result<Option<&TensorData>, TestkitError> {
        self.upstreams.get(output).map(|name| self.tensor(name)).transpose()
    }

    fn find(&self, name: &str) -> Option<&TensorData> {
        self.tensors.as_ref()?.get(name)
    }

    fn attr_error(&self, source: AttrError) -> TestkitError {
        TestkitError::Attr { case: self.name.clone(), source }
    }
}

/// Reads all cases below a folder, sorted by name; `only` keeps those whose name starts with one of the given beginnings
/// (all if it is empty).
///
/// Folders named `generate` (they hold the makers of the cases) are left out, and so are JSON files that are no case (such
/// as `config.json`) and specifications that only a sampler can meet (`op` is `mlm_statistics`).
///
/// # Errors
/// If the folder or a file in it cannot be read, or a case is not of the known layout.
pub fn walk(folder: &Path, only: &[impl AsRef<str>]) -> Result<Vec<Case>, TestkitError> {
    let mut cases = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(directory) = pending.pop() {
        let cannot_read = |source| TestkitError::Io { action: "cannot read", path: directory.clone(), source };
        for entry in fs::read_dir(&directory).map_err(cannot_read)? {
            let entry = entry.map_err(cannot_read)?;
            let path = entry.path();
            if entry.file_type().map_err(cannot_read)?.is_dir() {
                if path.file_name() != Some(OsStr::new("generate")) {
                    pending.push(path);
                }
            } else if path.extension() == Some(OsStr::new("json")) {
                cases.extend(read_case(folder, &path, only)?);
            }
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn read_case(root: &Path, path: &Path, only: &[impl AsRef<str>]) -> Result<Option<Case>, TestkitError> {
    let not_a_case = |source| TestkitError::Json { path: path.to_owned(), source };
    let json = read_json(path)?;
    let is_case = json.get("case").is_some() && !matches!(json.get("op"), None | Some(Value::Null));
    if !is_case || json["op"] == "mlm_statistics" {
        return Ok(None);
    }
    let name = json["case"].as_str().unwrap_or_default();
    if !only.is_empty() && !only.iter().any(|start| name.starts_with(start.as_ref())) {
        return Ok(None);
    }
    let mut file = CaseFile::deserialize(&json).map_err(not_a_case)?;
    let tensor_path = path.with_extension("safetensors");
    let tensors = tensor_path.exists().then(|| read_tensors(&tensor_path)).transpose()?;

    let mut json_tolerance = Tolerance { rtol: 1e-6, atol: 1e-6 };
    let mut tolerance = BTreeMap::new();
    if let Some(field) = file.rest.remove("tolerance") {
        match serde_json::from_value(field).map_err(not_a_case)? {
            ToleranceField::Single(single) => json_tolerance = single,
            ToleranceField::ByKind(by_kind) => tolerance = by_kind,
        }
    }
    let mut case = Case {
        name: file.case,
        stem: path.strip_prefix(root).unwrap_or(path).with_extension(""),
        folder: path.parent().unwrap_or(root).to_owned(),
        op: file.op,
        attrs: file.attrs,
        note: file.note,
        tags: file.tags,
        inputs: Vec::new(),
        params: Vec::new(),
        outputs: Vec::new(),
        upstreams: BTreeMap::new(),
        grads: BTreeMap::new(),
        tolerance,
        tolerance_by_tensor: BTreeMap::new(),
        json_tolerance,
        informative_only: Vec::new(),
        tensors,
        json,
    };
    if case.tensors.is_some() {
        let backward: BackwardField = field(&mut file.rest, "backward").map_err(not_a_case)?;
        (case.upstreams, case.grads) = (backward.upstream, backward.grads);
        case.inputs = field(&mut file.rest, "inputs").map_err(not_a_case)?;
        case.params = field(&mut file.rest, "params").map_err(not_a_case)?;
        case.outputs = field(&mut file.rest, "outputs").map_err(not_a_case)?;
        case.tolerance_by_tensor = field(&mut file.rest, "tolerance_by_tensor").map_err(not_a_case)?;
        case.informative_only = field(&mut file.rest, "informative_only").map_err(not_a_case)?;
    }
    Ok(Some(case))
}

/// A field of a case, or its type's default if it is missing or `null`.
fn field<T: serde::de::DeserializeOwned + Default>(
    rest: &mut BTreeMap<String, Value>,
    name: &str,
) -> serde_json::Result<T> {
    match rest.remove(name) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => serde_json::from_value(value),
    }
}

fn read_json(path: &Path) -> Result<Value, TestkitError> {
    let text = read(path)?;
    serde_json::from_slice(&text).map_err(|source| TestkitError::Json { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, TestkitError> {
    fs::read(path).map_err(|source| TestkitError::Io { action: "cannot read", path: path.to_owned(), source })
}

/// Reads all tensors of a safetensors file.
///
/// # Errors
/// If the file cannot be read, is not of the format, or holds an element type other than F32, F64, BOOL or an integer up
/// to 64 bits.
pub fn read_tensors(path: &Path) -> Result<Tensors, TestkitError> {
    let bytes = read(path)?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|source| TestkitError::Safetensors { path: path.to_owned(), source })?;
    file.tensors()
        .into_iter()
        .map(|(name, view)| match TensorData::from_view(&view) {
            Some(tensor) => Ok((name, tensor)),
            None => Err(TestkitError::UnsupportedDtype {
                path: path.to_owned(),
                tensor: name,
                dtype: format!("{:?}", view.dtype()),
            }),
        })
        .collect()
}

/// What the project computed for one case.
#[derive(Debug, Clone)]
pub enum Computed {
    /// `out.*` and `grad.*`.
    Tensors(Tensors),
    /// The same structure as the case's JSON.
    Json(Value),
}

/// Writes the tensors computed for a case (`out.*`, `grad.*`) to `folder/stem.safetensors`; see [`Case::stem`].
///
/// # Errors
/// If the folder cannot be made or the file cannot be written.
pub fn write_case(folder: &Path, stem: &Path, outputs: &Tensors) -> Result<(), TestkitError> {
    let path = with_suffix(folder, stem, "safetensors");
    let bytes = safetensors::serialize(outputs, None)
        .map_err(|source| TestkitError::Safetensors { path: path.clone(), source })?;
    write(&path, &bytes)
}

/// Writes what was computed for a case without tensors to `folder/stem.json`, in the structure of the case's own JSON.
///
/// # Errors
/// If the folder cannot be made or the file cannot be written.
pub fn write_json_case(folder: &Path, stem: &Path, computed: &Value) -> Result<(), TestkitError> {
    write(&with_suffix(folder, stem, "json"), computed.to_string().as_bytes())
}

/// Reads what [`write_case`] or [`write_json_case`] has written; `None` if there is nothing for this case.
///
/// # Errors
/// If the file is there and cannot be read.
pub fn read_computed(folder: &Path, case: &Case) -> Result<Option<Computed>, TestkitError> {
    let path = with_suffix(folder, &case.stem, if case.tensors.is_some() { "safetensors" } else { "json" });
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(match case.tensors {
        Some(_) => Computed::Tensors(read_tensors(&path)?),
        None => Computed::Json(read_json(&path)?),
    }))
}

/// Not [`Path::with_extension`], which would cut a stem such as `bert_v1.1`.
fn with_suffix(folder: &Path, stem: &Path, suffix: &str) -> PathBuf {
    let mut path = folder.join(stem).into_os_string();
    path.push(".");
    path.push(suffix);
    path.into()
}

/// Through a temporary file, so that a reader never sees half of one.
fn write(path: &Path, bytes: &[u8]) -> Result<(), TestkitError> {
    let failed = |source: io::Error| TestkitError::Io { action: "cannot write", path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).map_err(|source| {
        // The reason that is reported is the first one; a leftover is only untidy.
        let _ = fs::remove_file(&temporary);
        failed(source)
    })
}
