//! `metrics.csv`: what was measured, step by step.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::RunError;
use crate::files::write_atomically;

const METRICS_FILE: &str = "metrics.csv";
const STEP: &str = "step";

/// Appends to `metrics.csv`. Each row reaches the file before [`MetricsLog::append`] returns.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    columns: usize,
}

/// What `metrics.csv` holds.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsTable {
    /// The names of the columns after `step`.
    pub columns: Vec<String>,
    /// Step and values of each row, one value a column; an empty field is `None`.
    pub rows: Vec<(u64, Vec<Option<f64>>)>,
}

impl MetricsLog {
    /// A new `metrics.csv` in `folder` with a first line of `step` and `columns`.
    ///
    /// # Errors
    /// [`RunError::Write`].
    pub fn create(folder: &Path, columns: &[&str]) -> Result<MetricsLog, RunError> {
        let path = folder.join(METRICS_FILE);
        write_atomically(&path, header(columns).as_bytes())?;
        MetricsLog::appending(path, columns.len())
    }

    /// Goes on with the `metrics.csv` of a run that continues after `step`. Rows of later steps, which were measured after
    /// the checkpoint and will be measured again, are cut off, as is a last line that was cut short when its writer was killed.
    ///
    /// # Errors
    /// [`RunError::Read`], [`RunError::Write`], [`RunError::BrokenFile`] if the file has other columns or a line that is none
    /// of its rows.
    pub fn resume(folder: &Path, columns: &[&str], step: u64) -> Result<MetricsLog, RunError> {
        let path = folder.join(METRICS_FILE);
        let table = MetricsTable::read(folder)?;
        if table.columns != columns {
            let reason = format!("it has the columns {:?} instead of {columns:?}", table.columns);
            return Err(RunError::BrokenFile { path, reason });
        }
        let mut text = header(columns);
        for (at, values) in table.rows.iter().filter(|(at, _)| *at <= step) {
            text += &row(*at, values);
        }
        write_atomically(&path, text.as_bytes())?;
        MetricsLog::appending(path, columns.len())
    }

    fn appending(path: PathBuf, columns: usize) -> Result<MetricsLog, RunError> {
        let file = OpenOptions::new().append(true).open(&path).map_err(RunError::write(&path))?;
        Ok(MetricsLog { path, file, columns })
    }

    /// Adds a row: a value for each column, or `None` where this step measured none.
    ///
    /// # Errors
    /// [`RunError::Write`].
    ///
    /// # Panics
    /// If there is not exactly one value a column.
    #[track_caller]
    pub fn append(&mut self, step: u64, values: &[Option<f64>]) -> Result<(), RunError> {
        assert!(values.len() == self.columns, "MetricsLog: {} values for {} columns", values.len(), self.columns);
        self.file.write_all(row(step, values).as_bytes()).map_err(RunError::write(&self.path))
    }
}

impl MetricsTable {
    /// Reads the `metrics.csv` of a run folder. A last line without its line end was cut short when its writer was killed, and
    /// is left out.
    ///
    /// # Errors
    /// [`RunError::NotARun`] if there is none, [`RunError::Read`], [`RunError::BrokenFile`] with the line that is no row.
    pub fn read(folder: &Path) -> Result<MetricsTable, RunError> {
        let path = folder.join(METRICS_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(RunError::NotARun { path: folder.into(), missing: METRICS_FILE });
            }
            Err(source) => return Err(RunError::Read { path, source }),
        };
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let mut lines = whole.lines();
        let broken = |line: usize, reason: &str| RunError::BrokenFile {
            path: path.clone(),
            reason: format!("line {line}: {reason}"),
        };
        let mut names = lines.next().unwrap_or_default().split(',');
        if names.next() != Some(STEP) {
            return Err(broken(1, "the first line must name the columns, beginning with step"));
        }
        let columns: Vec<String> = names.map(str::to_owned).collect();
        let mut rows = vec![];
        for (index, line) in lines.enumerate() {
            let number = index + 2;
            let mut fields = line.split(',');
            let step = fields.next().unwrap_or_default().parse().map_err(|_| broken(number, "no number of a step"))?;
            let values: Result<Vec<Option<f64>>, _> =
                fields.map(|field| if field.is_empty() { Ok(None) } else { field.parse().map(Some) }).collect();
            let values = values.map_err(|_| broken(number, "a field is not a number"))?;
            if values.len() != columns.len() {
                return Err(broken(number, "not as many fields as the first line has names"));
            }
            rows.push((step, values));
        }
        Ok(MetricsTable { columns, rows })
    }

    /// The points (step, value) of a column, without the rows that have no value there; `None` if there is no such column.
    pub fn series(&self, column: &str) -> Option<Vec<(f64, f64)>> {
        let index = self.columns.iter().position(|name| name == column)?;
        Some(self.rows.iter().filter_map(|(step, values)| Some((*step as f64, values[index]?))).collect())
    }
}

fn header(columns: &[&str]) -> String {
    std::iter::once(&STEP).chain(columns).copied().collect::<Vec<_>>().join(",") + "\n"
}

fn row(step: u64, values: &[Option<f64>]) -> String {
    let mut line = step.to_string();
    for value in values {
        line.push(',');
        if let Some(value) = value {
            // The shortest form that reads back as the same number.
            line += &value.to_string();
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 2] = ["loss", "accuracy"];

    fn written(rows: &[(u64, [Option<f64>; 2])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut log = MetricsLog::create(folder.path(), &COLUMNS).unwrap();
        for (step, values) in rows {
            log.append(*step, values).unwrap();
        }
        folder
    }

    fn text(folder: &tempfile::TempDir) -> String {
        std::fs::read_to_string(folder.path().join(METRICS_FILE)).unwrap()
    }

    #[test]
    fn rows_are_readable_and_come_back_exactly() {
        let folder = written(&[(1, [Some(0.1 + 0.2), None]), (20, [Some(f64::NAN), Some(1.0)])]);
        assert_eq!(text(&folder), "step,loss,accuracy\n1,0.30000000000000004,\n20,NaN,1\n");
        let table = MetricsTable::read(folder.path()).unwrap();
        assert_eq!(table.series("loss").unwrap()[0], (1.0, 0.1 + 0.2));
        assert_eq!(table.series("accuracy").unwrap(), [(20.0, 1.0)]);
        assert_eq!(table.series("perplexity"), None);
    }

    #[test]
    fn resuming_cuts_what_came_after_the_checkpoint() {
        let folder = written(&[(1, [Some(3.0), None]), (2, [Some(2.0), Some(0.5)]), (3, [Some(1.0), None])]);
        let mut log = MetricsLog::resume(folder.path(), &COLUMNS, 2).unwrap();
        log.append(3, &[Some(1.5), None]).unwrap();
        assert_eq!(text(&folder), "step,loss,accuracy\n1,3,\n2,2,0.5\n3,1.5,\n");
    }

    #[test]
    fn a_line_cut_short_is_forgotten() {
        let folder = written(&[(1, [Some(3.0), None])]);
        let path = folder.path().join(METRICS_FILE);
        std::fs::write(&path, text(&folder) + "2,1.2").unwrap();
        drop(MetricsLog::resume(folder.path(), &COLUMNS, 9).unwrap());
        assert_eq!(text(&folder), "step,loss,accuracy\n1,3,\n");
    }

    #[test]
    fn foreign_files_are_refused() {
        let folder = written(&[]);
        let error = MetricsLog::resume(folder.path(), &["loss"], 0).unwrap_err().to_string();
        assert!(error.contains("metrics.csv is broken: it has the columns"), "{error}");
        for (content, reason) in
            [("", "line 1"), ("a,b\n", "line 1"), ("step,x\n1,2,3\n", "line 2"), ("step,x\n1,y\n", "line 2")]
        {
            std::fs::write(folder.path().join(METRICS_FILE), content).unwrap();
            let error = MetricsTable::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(reason), "{content:?}: {error}");
        }
        std::fs::remove_file(folder.path().join(METRICS_FILE)).unwrap();
        assert!(matches!(MetricsTable::read(folder.path()), Err(RunError::NotARun { .. })));
    }

    #[test]
    #[should_panic(expected = "1 values for 2 columns")]
    fn a_row_has_a_value_for_each_column() {
        let folder = written(&[]);
        let _ = MetricsLog::resume(folder.path(), &COLUMNS, 0).unwrap().append(1, &[None]);
    }
}
