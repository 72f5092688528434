//! One process at a time in a run folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::RunError;

const LOCK_FILE: &str = "run.lock";

/// Holds a run folder for this process until it is dropped.
///
/// It is the operating system's lock on the file, not the file's existence, that counts: the system takes the lock back
/// when a process ends, however it ends, so a run that was killed leaves no stale lock behind. The file stays, with the number
/// of the last process in it; removing it would let two processes hold "the" lock, one on the old file and one on a new.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: File,
}

impl RunLock {
    pub(crate) fn acquire(folder: &Path) -> Result<RunLock, RunError> {
        let path = folder.join(LOCK_FILE);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(RunError::write(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is only told for convenience.
                let _ = file.read_to_string(&mut holder);
                return Err(RunError::Locked { path: folder.into(), pid: holder.trim().parse().ok() });
            }
            Err(TryLockError::Error(source)) => return Err(RunError::Write { path, source }),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        written.map_err(RunError::write(&path))?;
        Ok(RunLock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::acquire(folder.path()).unwrap();
        match RunLock::acquire(folder.path()) {
            Err(RunError::Locked { pid: Some(pid), .. }) => assert_eq!(pid, std::process::id()),
            other => panic!("{other:?}"),
        }
        drop(first);
        RunLock::acquire(folder.path()).unwrap();
    }

    #[test]
    fn the_file_of_a_dead_process_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK_FILE), "1\n").unwrap();
        RunLock::acquire(folder.path()).unwrap();
        let content = std::fs::read_to_string(folder.path().join(LOCK_FILE)).unwrap();
        assert_eq!(content.trim(), std::process::id().to_string());
    }
}
