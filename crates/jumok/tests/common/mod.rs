//! Running the program as a user would, in a folder of its own, on a small text and a small model.

#![allow(dead_code, reason = "each test file uses its part of it")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use jumok::text::{Language, ToyOptions, toy_corpus};
use tempfile::TempDir;

/// A folder with a text to train on, `text.txt`.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        let options = ToyOptions { documents: 80, held_out_documents: 1, ..ToyOptions::new(Language::English) };
        toy_corpus(&options).unwrap().training.write(&place.path("text.txt")).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jumok"));
        command.current_dir(self.folder.path()).args(args);
        // Messages in English, and examples without `cargo run`, wherever the tests run.
        command.env("LC_ALL", "C.UTF-8").env_remove("CARGO");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// A command that must succeed; gives what it printed.
    pub(crate) fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        text(&output.stdout)
    }

    /// A command that must be refused in one message, without a panic; gives the message.
    pub(crate) fn refused(&self, args: &[&str]) -> String {
        message(&self.run(args))
    }

    /// `bert pretrain` of a small model on `text.txt`, with further arguments, which may replace those of the small model.
    pub(crate) fn pretrain<'a>(&self, more: &[&'a str]) -> Vec<&'a str> {
        with_usual(["bert", "pretrain"], &SMALL, more)
    }

    /// `summary.json` of a run.
    pub(crate) fn summary(&self, run: &str) -> serde_json::Value {
        json(&self.path(run).join("summary.json"))
    }
}

/// A command with its usual options and further arguments, which may replace usual ones.
pub(crate) fn with_usual<'a, const N: usize>(
    command: [&'a str; N],
    usual: &[(&'a str, &'a str)],
    more: &[&'a str],
) -> Vec<&'a str> {
    let usual = usual.iter().filter(|(name, _)| !more.contains(name)).flat_map(|&(name, value)| [name, value]);
    command.into_iter().chain(usual).chain(more.iter().copied()).collect()
}

const SMALL: [(&str, &str); 9] = [
    ("--text", "text.txt"),
    ("--hidden-size", "16"),
    ("--num-attention-heads", "2"),
    ("--num-hidden-layers", "1"),
    ("--intermediate-size", "32"),
    ("--vocab-size", "200"),
    ("--batch-size", "8"),
    ("--seq-len", "48"),
    ("--dropout", "0.1"),
];

/// A process that is killed when the test is over, whatever happens.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        Running(command.spawn().unwrap())
    }

    /// Waits until `ready` holds; fails after a minute, or when the process has ended.
    pub(crate) fn wait_until(&mut self, ready: impl Fn() -> bool) {
        let started = Instant::now();
        while !ready() {
            assert!(self.0.try_wait().unwrap().is_none(), "the process has ended");
            assert!(started.elapsed() < Duration::from_secs(60), "waited in vain");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal by its name, such as `INT`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    pub(crate) fn output(mut self) -> Output {
        use std::io::Read;
        let mut output = Output { status: self.0.wait().unwrap(), stdout: vec![], stderr: vec![] };
        if let Some(mut pipe) = self.0.stdout.take() {
            pipe.read_to_end(&mut output.stdout).unwrap();
        }
        if let Some(mut pipe) = self.0.stderr.take() {
            pipe.read_to_end(&mut output.stderr).unwrap();
        }
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The message of a command that failed.
pub(crate) fn message(output: &Output) -> String {
    let message = text(&output.stderr);
    assert!(!output.status.success(), "it was not refused: {output:?}");
    assert!(message.contains("error: "), "{message}");
    assert!(!message.contains("panicked") && !message.contains("RUST_BACKTRACE"), "{message}");
    message
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
