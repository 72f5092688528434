//! Writing: the same contents give the same bytes, and a file is either the old one or the new one, never half of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jumok_tensor::{Array, Elem};
use serde_json::{Map, Value, json};

use super::{CheckpointError, NamedArrays};
use crate::Module;

/// The format asks for a header whose length is a multiple of this, so that the numbers are aligned.
const ALIGNMENT: usize = 8;

/// Writes all tensors of `model` to a safetensors file, atomically (see [`write_atomically`]).
///
/// # Errors
/// If the file cannot be written; one that was there before is then as it was.
pub fn save(model: &dyn Module, path: &Path) -> Result<(), CheckpointError> {
    save_with_metadata(model, path, &BTreeMap::new())
}

/// As [`save`], with strings beside the arrays; `load` reports them.
///
/// # Errors
/// As [`save`].
///
/// # Panics
/// If two tensors of the model have the same name.
#[track_caller]
pub fn save_with_metadata(
    model: &dyn Module,
    path: &Path,
    metadata: &BTreeMap<String, String>,
) -> Result<(), CheckpointError> {
    let mut arrays = BTreeMap::new();
    for (name, tensor) in model.named_parameters() {
        let earlier = arrays.insert(name.clone(), tensor.array().clone());
        assert!(earlier.is_none(), "save: two tensors of the model are called {name:?}");
    }
    // The entry by which Hugging Face's loaders recognise arrays in PyTorch's layout.
    let mut metadata = metadata.clone();
    metadata.entry("format".to_owned()).or_insert_with(|| "pt".to_owned());
    save_arrays(&NamedArrays { arrays, metadata }, path)
}

/// Writes arrays and strings to a safetensors file, atomically (see [`write_atomically`]).
///
/// The order in the file is that of the names, so equal contents give equal bytes.
///
/// # Errors
/// If the file cannot be written; one that was there before is then as it was.
pub fn save_arrays(named: &NamedArrays, path: &Path) -> Result<(), CheckpointError> {
    write_atomically(path, |file| {
        let header = header(named);
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        named.arrays.values().try_for_each(|array| write_elements(file, array))
    })
}

/// The header of the format. It is written here because the `safetensors` crate keeps metadata in a hash map, whose order
/// differs from run to run.
fn header(named: &NamedArrays) -> Vec<u8> {
    let dtype = if size_of::<Elem>() == 4 { "F32" } else { "F64" };
    let mut header = Map::new();
    if !named.metadata.is_empty() {
        header.insert("__metadata__".to_owned(), json!(named.metadata));
    }
    let mut start = 0;
    for (name, array) in &named.arrays {
        let end = start + array.len() * size_of::<Elem>();
        header.insert(name.clone(), json!({"dtype": dtype, "shape": array.shape(), "data_offsets": [start, end]}));
        start = end;
    }
    let mut bytes = Value::Object(header).to_string().into_bytes();
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), b' ');
    bytes
}

fn write_elements(file: &mut dyn Write, array: &Array) -> io::Result<()> {
    let array = array.contiguous();
    let elements = array.as_slice().expect("made contiguous above");
    let mut bytes = Vec::new();
    for block in elements.chunks(1 << 14) {
        bytes.clear();
        bytes.extend(block.iter().flat_map(|x| x.to_le_bytes()));
        file.write_all(&bytes)?;
    }
    Ok(())
}

/// Creates or replaces a file so that at every moment, a crash included, it is either as before or complete.
///
/// What `contents` writes goes to a temporary file in the same folder, is flushed to the disk, and only then takes the name
/// `path`.
///
/// # Errors
/// If the folder does not exist or cannot be written to, the disk is full, or `contents` fails. The temporary file is then
/// removed.
pub fn write_atomically(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CheckpointError> {
    let io = |source| CheckpointError::Io { action: "write", path: path.to_owned(), source };
    let (temporary, file) = create_beside(path).map_err(io)?;
    let written = write_and_rename(path, &temporary, file, contents);
    if written.is_err() {
        // The error that matters is the one above.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(io)
}

fn write_and_rename(
    path: &Path,
    temporary: &Path,
    file: File,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    contents(&mut file)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(temporary, path)?;
    sync_folder(path)
}

/// The new name is on the disk only when the folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// A new file in the same folder, under a name that nobody else uses: another thread, another process, or one that was killed
/// and left its file behind.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_file_name(format!(".{name}.{}-{count}.tmp", std::process::id()));
        match File::create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((temporary, created?)),
        }
    }
}
