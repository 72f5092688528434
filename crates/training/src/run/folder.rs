//! The folder of a run.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lock::RunLock;
use crate::RunError;
use crate::files::{TEMPORARY, write_atomically};

const CONFIG_FILE: &str = "config.toml";
const SUMMARY_FILE: &str = "summary.json";

/// A run folder that this process holds: no other can be at work in it at the same time.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    _lock: RunLock,
}

impl RunFolder {
    /// Makes the folder of a new run and writes its `config.toml`. The folder may exist if it is empty; missing parents are
    /// made.
    ///
    /// # Errors
    /// [`RunError::AlreadyARun`], [`RunError::NotEmpty`] and [`RunError::NotAFolder`] if something is there already, which is
    /// then left as it is; [`RunError::Write`] if the folder or the file cannot be made; [`RunError::Serialize`] if `config`
    /// cannot be written as TOML.
    pub fn create<C: Serialize>(path: &Path, config: &C) -> Result<RunFolder, RunError> {
        RunFolder::check_free(path)?;
        fs::create_dir_all(path).map_err(RunError::write(path))?;
        RunFolder::begin(path, config)
    }

    /// Whether [`RunFolder::create`] would find the place free; makes nothing.
    ///
    /// # Errors
    /// [`RunError::AlreadyARun`], [`RunError::NotEmpty`] and [`RunError::NotAFolder`] if something is there already.
    pub fn check_free(path: &Path) -> Result<(), RunError> {
        let mut entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(_) if path.is_file() => return Err(RunError::NotAFolder { path: path.into() }),
            // It does not exist, or cannot be listed, which making it will tell.
            Err(_) => return Ok(()),
        };
        match entries.next() {
            None => Ok(()),
            Some(_) if path.join(CONFIG_FILE).exists() => Err(RunError::AlreadyARun { path: path.into() }),
            Some(_) => Err(RunError::NotEmpty { path: path.into() }),
        }
    }

    /// Makes the folder of a new run under `parent`, named `<name>-001` or with the next number that is free.
    ///
    /// # Errors
    /// As [`RunFolder::create`].
    pub fn create_numbered<C: Serialize>(parent: &Path, name: &str, config: &C) -> Result<RunFolder, RunError> {
        fs::create_dir_all(parent).map_err(RunError::write(parent))?;
        let mut number = 1;
        loop {
            let path = parent.join(format!("{name}-{number:03}"));
            // Making the folder is what claims the number: two runs that start together get two numbers.
            match fs::create_dir(&path) {
                Ok(()) => return RunFolder::begin(&path, config),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(source) => return Err(RunError::Write { path, source }),
            }
        }
    }

    fn begin<C: Serialize>(path: &Path, config: &C) -> Result<RunFolder, RunError> {
        let lock = RunLock::acquire(path)?;
        let file = path.join(CONFIG_FILE);
        let text = toml::to_string(config)
            .map_err(|error| RunError::Serialize { path: file.clone(), reason: error.to_string() })?;
        write_atomically(&file, text.as_bytes())?;
        Ok(RunFolder { path: path.into(), _lock: lock })
    }

    /// Takes up a run that was stopped, and clears away what a killed process left half written.
    ///
    /// # Errors
    /// [`RunError::Missing`], [`RunError::NotAFolder`] and [`RunError::NotARun`] if this is no run folder,
    /// [`RunError::Locked`] if another process is at work in it, [`RunError::Write`] if it cannot be written to.
    pub fn open(path: &Path) -> Result<RunFolder, RunError> {
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(RunError::Missing { path: path.into() }),
            Err(source) => return Err(RunError::Read { path: path.into(), source }),
            Ok(metadata) if !metadata.is_dir() => return Err(RunError::NotAFolder { path: path.into() }),
            Ok(_) => {}
        }
        if !path.join(CONFIG_FILE).is_file() {
            return Err(RunError::NotARun { path: path.into(), missing: CONFIG_FILE });
        }
        let folder = RunFolder { path: path.into(), _lock: RunLock::acquire(path)? };
        folder.remove_leftovers()?;
        Ok(folder)
    }

    /// Temporary files and folders. Nobody is writing them, since the lock is ours.
    fn remove_leftovers(&self) -> Result<(), RunError> {
        for entry in fs::read_dir(&self.path).map_err(RunError::read(&self.path))? {
            let entry = entry.map_err(RunError::read(&self.path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') && name.ends_with(TEMPORARY) {
                let path = entry.path();
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.map_err(RunError::write(&path))?;
            }
        }
        Ok(())
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether a folder is that of a run: whether it has a `config.toml`.
    pub fn has_config(folder: &Path) -> bool {
        folder.join(CONFIG_FILE).is_file()
    }

    /// Reads the `config.toml` of a run folder.
    ///
    /// # Errors
    /// [`RunError::Missing`] and [`RunError::NotARun`] if there is none, [`RunError::Read`] if it cannot be read,
    /// [`RunError::BrokenFile`] with line and column if it does not hold a `C`.
    pub fn read_config<C: DeserializeOwned>(folder: &Path) -> Result<C, RunError> {
        let path = folder.join(CONFIG_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !folder.exists() => {
                return Err(RunError::Missing { path: folder.into() });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(RunError::NotARun { path: folder.into(), missing: CONFIG_FILE });
            }
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(RunError::NotAFolder { path: folder.into() });
            }
            Err(source) => return Err(RunError::Read { path, source }),
        };
        toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
            let line = before.lines().count().max(1);
            RunError::BrokenFile { path, reason: format!("line {line}: {}", error.message()) }
        })
    }

    /// Writes `summary.json`.
    ///
    /// # Errors
    /// [`RunError::Serialize`], [`RunError::Write`].
    pub fn write_summary<S: Serialize>(&self, summary: &S) -> Result<(), RunError> {
        self.write_json(SUMMARY_FILE, summary)
    }

    /// Writes a value as indented JSON into a file of the folder.
    ///
    /// # Errors
    /// [`RunError::Serialize`], [`RunError::Write`].
    pub fn write_json<S: Serialize>(&self, name: &str, value: &S) -> Result<(), RunError> {
        let path = self.file(name);
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| RunError::Serialize { path: path.clone(), reason: error.to_string() })?;
        write_atomically(&path, (text + "\n").as_bytes())
    }

    /// Writes a text (a picture as SVG, for example) into a file of the folder.
    ///
    /// # Errors
    /// [`RunError::Write`].
    pub fn write_text(&self, name: &str, text: &str) -> Result<(), RunError> {
        write_atomically(&self.file(name), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Config {
        seed: u64,
        name: String,
    }

    fn config() -> Config {
        Config { seed: 7, name: "작은 것".into() }
    }

    #[test]
    fn a_config_comes_back() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let folder = RunFolder::create(&path, &config()).unwrap();
        assert_eq!(RunFolder::read_config::<Config>(folder.path()).unwrap(), config());
    }

    #[test]
    fn numbered_folders_count_up() {
        let parent = tempfile::tempdir().unwrap();
        let runs = parent.path().join("runs");
        let names: Vec<String> = (0..3)
            .map(|_| RunFolder::create_numbered(&runs, "bert-tiny", &config()).unwrap())
            .map(|folder| folder.path().file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["bert-tiny-001", "bert-tiny-002", "bert-tiny-003"]);
    }

    #[test]
    fn nothing_is_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("run");
        drop(RunFolder::create(&path, &config()).unwrap());
        assert!(matches!(RunFolder::create(&path, &config()), Err(RunError::AlreadyARun { .. })));

        let other = parent.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(RunFolder::create(&other, &config()), Err(RunError::NotEmpty { .. })));
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);

        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(RunFolder::create(&file, &config()), Err(RunError::NotAFolder { .. })));
        let error = RunFolder::create(&file.join("run"), &config()).unwrap_err().to_string();
        assert!(error.contains("file"), "{error}");
    }

    #[test]
    fn foreign_and_missing_folders_are_not_opened() {
        let parent = tempfile::tempdir().unwrap();
        let missing = parent.path().join("missing");
        assert!(matches!(RunFolder::open(&missing), Err(RunError::Missing { .. })));
        assert!(matches!(RunFolder::read_config::<Config>(&missing), Err(RunError::Missing { .. })));
        assert!(matches!(RunFolder::open(parent.path()), Err(RunError::NotARun { .. })));
        assert!(matches!(RunFolder::read_config::<Config>(parent.path()), Err(RunError::NotARun { .. })));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "looking must leave nothing behind");
    }

    #[test]
    fn a_run_at_work_is_not_opened_twice() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("run");
        let running = RunFolder::create(&path, &config()).unwrap();
        let error = RunFolder::open(&path).unwrap_err();
        assert!(matches!(error, RunError::Locked { .. }));
        assert!(error.to_string().contains("still going on (process"), "{error}");
        drop(running);
        RunFolder::open(&path).unwrap();
    }

    #[test]
    fn leftovers_of_a_killed_process_are_cleared_away() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("run");
        drop(RunFolder::create(&path, &config()).unwrap());
        fs::create_dir(path.join(".checkpoint-5.123.tmp")).unwrap();
        fs::write(path.join(".checkpoint-5.123.tmp/model.safetensors"), "half").unwrap();
        fs::write(path.join(".summary.json.123.tmp"), "{").unwrap();
        drop(RunFolder::open(&path).unwrap());
        let mut names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["config.toml", "run.lock"]);
    }

    #[test]
    fn a_broken_config_is_named_with_its_line() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("run");
        drop(RunFolder::create(&path, &config()).unwrap());
        fs::write(path.join("config.toml"), "seed = 7\nname = 3\n").unwrap();
        let error = RunFolder::read_config::<Config>(&path).unwrap_err().to_string();
        assert!(error.contains("config.toml is broken: line 2"), "{error}");
    }

    #[test]
    fn a_summary_is_plain_json() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&parent.path().join("run"), &config()).unwrap();
        folder.write_summary(&serde_json::json!({"mlm_accuracy": 0.5})).unwrap();
        let text = fs::read_to_string(folder.file("summary.json")).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["mlm_accuracy"], 0.5);
    }
}
