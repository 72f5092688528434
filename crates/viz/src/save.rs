use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::VizError;

/// Writes a text to a file: first to a temporary file in the same folder, which is then renamed, so that whoever looks
/// at the file sees the old one or the new one and never half of one. Missing folders are made.
///
/// # Errors
/// [`VizError::Save`]; an older file of that name is then left as it was.
pub fn save(path: impl AsRef<Path>, text: &str) -> Result<(), VizError> {
    let path = path.as_ref();
    write_and_rename(path, text).map_err(|source| VizError::Save { path: path.to_owned(), source })
}

fn write_and_rename(path: &Path, text: &str) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is not the name of a file"));
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary: PathBuf = folder.join(format!(".{}.{}.tmp", name.display(), std::process::id()));
    let result = File::create(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        // The first error is the one to report; a leftover is only untidy.
        let _ = fs::remove_file(&temporary);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/곡선.svg");
        save(&path, "one").unwrap();
        save(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_names_the_file_and_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        let error = save(file.join("picture.svg"), "x").unwrap_err().to_string();
        assert!(error.contains("picture.svg") && error.contains("folder"), "{error}");
        assert!(save("/", "x").unwrap_err().to_string().contains("not the name of a file"));
        // A folder of that name cannot be replaced by a file.
        fs::create_dir_all(folder.path().join("taken/inner")).unwrap();
        assert!(save(folder.path().join("taken"), "x").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
    }
}
