//! Reading and writing whole files, with errors that name the file.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::TextError;

/// The text of a file, without byte order mark.
pub(crate) fn read_utf8(path: &Path) -> Result<String, TextError> {
    let bytes = fs::read(path).map_err(|source| TextError::Read { path: path.into(), source })?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line_start = bytes[..at].iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
            Err(TextError::NotUtf8 {
                path: path.into(),
                line: bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1,
                byte: at - line_start + 1,
                value: bytes[at],
            })
        }
    }
}

/// Writes to a temporary file beside `path` and renames it, so that a reader sees the old file or the new one, never half.
pub(crate) fn write_atomically(path: &Path, contents: &[u8]) -> Result<(), TextError> {
    let fail = |source| TextError::Write { path: path.into(), source };
    let name = path.file_name().ok_or_else(|| fail(std::io::Error::other("this is not the name of a file")))?;
    let temporary = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let written = fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(contents).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        // The write has failed already; a left-over temporary file would only confuse.
        let _ = fs::remove_file(&temporary);
        fail(source)
    })
}
