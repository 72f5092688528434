//! What can go wrong with a run folder.

use std::io::{Error as IoError, ErrorKind};
use std::path::PathBuf;

/// An error about a run folder: what was wrong, where, and what to do. Each is one whole sentence; causes are part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The folder of a new run already has something else in it.
    #[error("{} exists and is not empty: choose a new folder, because nothing is ever overwritten", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder of a new run already holds a run.
    #[error("{} already holds a run: resume that run, or choose a new folder", path.display())]
    AlreadyARun {
        /// The folder.
        path: PathBuf,
    },
    /// What should be a folder is a file.
    #[error("{} is a file, and a run needs a folder", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// There is no such folder to go on with.
    #[error("there is no run folder {}: check the path", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that is no run.
    #[error("{} is not a run folder: it has no {missing}", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// The file that every run has.
        missing: &'static str,
    },
    /// Another process is at work in the folder.
    #[error(
        "the run in {} is still going on{}: wait for its end or stop it (Ctrl-C saves a checkpoint), then resume it",
        path.display(), pid.map_or(String::new(), |pid| format!(" (process {pid})"))
    )]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The process, if it left its number.
        pid: Option<u32>,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: IoError,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}: {source}{}", path.display(), advice(source))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: IoError,
    },
    /// A file of the run does not hold what it should.
    #[error("{} is broken: {reason}", path.display())]
    BrokenFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A run that has not come as far as its first checkpoint.
    #[error("the run in {} has no checkpoint to go on from: start it anew in another folder", path.display())]
    NoCheckpoint {
        /// The folder of the run.
        path: PathBuf,
    },
    /// The newest checkpoint cannot be used.
    #[error(
        "the checkpoint {} is broken ({reason}): {}", path.display(),
        match earlier {
            Some(earlier) => format!("delete that folder to go on from {}", earlier.display()),
            None => "there is no earlier one, so start the run anew in another folder".to_owned(),
        }
    )]
    BrokenCheckpoint {
        /// The folder of the checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// The checkpoint before it.
        earlier: Option<PathBuf>,
    },
    /// A configuration, summary or state that cannot be written as text.
    #[error("cannot express the contents of {} as text: {reason}", path.display())]
    Serialize {
        /// The file.
        path: PathBuf,
        /// What the writer says.
        reason: String,
    },
}

impl RunError {
    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(IoError) -> RunError {
        let path = path.into();
        move |source| RunError::Read { path, source }
    }

    pub(crate) fn write(path: impl Into<PathBuf>) -> impl FnOnce(IoError) -> RunError {
        let path = path.into();
        move |source| RunError::Write { path, source }
    }
}

/// What to do about an error in writing.
fn advice(error: &IoError) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "; make room on the disk, then resume from the last checkpoint"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "; choose a folder that can be written to",
        ErrorKind::NotFound => "; choose a folder that exists or can be made",
        _ => "",
    }
}
