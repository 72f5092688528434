//! Reading: first the header, checked against the length of the file, then only the arrays that are wanted.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use jumok_tensor::{Array, Elem};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::{CheckpointError, NamedArrays};

/// The longest header that the format allows.
pub(super) const MAX_HEADER: u64 = 100_000_000;
const LENGTH_BYTES: u64 = 8;
/// Bytes that are read at a time; whole numbers of every type.
const BLOCK: usize = 1 << 18;

/// An open safetensors file whose header was found to be consistent with itself and with the length of the file.
#[derive(Debug)]
pub(super) struct SafetensorsFile {
    path: PathBuf,
    file: File,
    /// Where the numbers begin.
    data_start: u64,
    metadata: Metadata,
}

impl SafetensorsFile {
    pub(super) fn open(path: &Path) -> Result<Self, CheckpointError> {
        let io = |source| CheckpointError::Io { action: "read", path: path.to_owned(), source };
        let format = |reason: String| CheckpointError::Format { path: path.to_owned(), reason };
        let mut file = File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        if about.is_dir() {
            return Err(format("it is a folder; give the file inside it".to_owned()));
        }
        let file_length = about.len();
        let mut first = [0; LENGTH_BYTES as usize];
        if file_length < LENGTH_BYTES {
            return Err(format(format!("it has only {file_length} bytes")));
        }
        file.read_exact(&mut first).map_err(io)?;
        let header_length = u64::from_le_bytes(first);
        if header_length > MAX_HEADER {
            return Err(format(match foreign(first) {
                Some(other) => other.to_owned(),
                None => format!("a header of {header_length} bytes is announced, more than the format allows"),
            }));
        }
        let data_start = LENGTH_BYTES + header_length;
        if data_start > file_length {
            return Err(format(format!("its header has {header_length} bytes, but the file ends after {file_length}")));
        }
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(io)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|error| format(format!("its header cannot be read: {error}")))?;
        let data_length = metadata.data_len() as u64;
        if data_start.checked_add(data_length) != Some(file_length) {
            let found = file_length - data_start;
            let what = if found < data_length { "it was cut off" } else { "something was added" };
            return Err(format(format!("{what}: {found} bytes of numbers, where the header describes {data_length}")));
        }
        Ok(Self { path: path.to_owned(), file, data_start, metadata })
    }

    /// The names of all arrays, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = self.metadata.offset_keys();
        names.sort_unstable();
        names
    }

    /// The strings beside the arrays.
    pub(super) fn strings(&self) -> impl Iterator<Item = (String, String)> {
        self.metadata.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone()))
    }

    fn info(&self, name: &str) -> &TensorInfo {
        self.metadata.info(name).expect("the name was taken from this file")
    }

    pub(super) fn shape(&self, name: &str) -> &[usize] {
        &self.info(name).shape
    }

    /// The type of the numbers, as the format calls it.
    pub(super) fn dtype(&self, name: &str) -> Dtype {
        self.info(name).dtype
    }

    /// The numbers of an array, converted to [`Elem`].
    pub(super) fn array(&mut self, name: &str) -> Result<Array, CheckpointError> {
        let info = self.info(name).clone();
        let (start, _) = info.data_offsets;
        let convert: fn(&[u8], &mut Vec<Elem>) = match info.dtype {
            Dtype::F32 => |bytes, to| numbers(bytes, to, |x| f32::from_le_bytes(x) as Elem),
            Dtype::F64 => |bytes, to| numbers(bytes, to, |x| f64::from_le_bytes(x) as Elem),
            Dtype::F16 => |bytes, to| numbers(bytes, to, |x| f16::from_le_bytes(x).to_f32() as Elem),
            Dtype::BF16 => |bytes, to| numbers(bytes, to, |x| bf16::from_le_bytes(x).to_f32() as Elem),
            dtype => {
                let (path, name, dtype) = (self.path.clone(), name.to_owned(), format!("{dtype:?}"));
                return Err(CheckpointError::Dtype { path, name, dtype });
            }
        };
        // Strides count elements, so even the axes of an empty array must not multiply beyond what can be counted.
        let mut extents = info.shape.iter().map(|&extent| extent.max(1));
        if extents.try_fold(1_usize, usize::checked_mul).is_none() {
            let reason = format!("the shape {:?} of {name} is too large", info.shape);
            return Err(CheckpointError::Format { path: self.path.clone(), reason });
        }
        let io = |source| CheckpointError::Io { action: "read", path: self.path.clone(), source };
        self.file.seek(SeekFrom::Start(self.data_start + start as u64)).map_err(io)?;
        // Block by block, so that the bytes stay in cache and never stand in memory beside the numbers.
        let mut left = info.data_offsets.1 - start;
        let mut values = Vec::with_capacity(info.shape.iter().product());
        let mut block = vec![0; left.min(BLOCK)];
        while left > 0 {
            let bytes = &mut block[..left.min(BLOCK)];
            self.file.read_exact(bytes).map_err(io)?;
            convert(bytes, &mut values);
            left -= bytes.len();
        }
        Ok(Array::from_vec(values, &info.shape))
    }
}

fn numbers<const N: usize>(bytes: &[u8], to: &mut Vec<Elem>, convert: impl Fn([u8; N]) -> Elem) {
    to.extend(bytes.as_chunks().0.iter().map(|&x| convert(x)));
}

/// What a file of another format probably is, by its first bytes (none of these is a length that the format allows).
fn foreign(first: [u8; 8]) -> Option<&'static str> {
    match first {
        [b'P', b'K', 3, 4, ..] => {
            Some("it is a zip archive, as torch.save writes (pytorch_model.bin); convert it to safetensors first")
        }
        [0x80, 2..=5, ..] => Some("it looks like a Python pickle; convert it to safetensors first"),
        [b'G', b'G', b'U', b'F', ..] => Some("it is a GGUF file"),
        _ if &first == b"version " => Some("it is a Git LFS pointer; fetch the real file with `git lfs pull`"),
        _ if first.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) => Some("it is a text"),
        _ => None,
    }
}

/// Reads all arrays and strings of a safetensors file.
///
/// # Errors
/// If the file cannot be read, is damaged or of another format, or holds arrays that are not floating-point numbers.
pub fn load_arrays(path: &Path) -> Result<NamedArrays, CheckpointError> {
    let mut file = SafetensorsFile::open(path)?;
    let metadata = file.strings().collect();
    let mut named = NamedArrays { metadata, ..NamedArrays::default() };
    for name in file.names() {
        let array = file.array(&name)?;
        named.arrays.insert(name, array);
    }
    Ok(named)
}
