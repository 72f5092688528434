//! Writing so that a reader, or a run that was killed, finds the old file or the new one and never half of one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::RunError;

/// Writes a file: to a temporary one in the same folder, which is forced to the disk and then renamed.
pub(crate) fn write_atomically(path: &Path, contents: &[u8]) -> Result<(), RunError> {
    let temporary = temporary_beside(path);
    let written = write_durably(&temporary, contents).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        // The write has failed already; a leftover is only untidy.
        let _ = fs::remove_file(&temporary);
        RunError::Write { path: path.into(), source }
    })?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Writes a file and forces it to the disk.
pub(crate) fn write_durably(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(contents)?;
    file.sync_all()
}

/// Forces the entries of a folder (created, renamed) to the disk, where the system can do that.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), RunError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(RunError::write(folder))?;
    }
    Ok(())
}

/// The name of a temporary file or folder beside `path`; it begins with a dot and names the process.
pub(crate) fn temporary_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}{TEMPORARY}", std::process::id()))
}

/// How the names of temporary files and folders end.
pub(crate) const TEMPORARY: &str = ".tmp";
