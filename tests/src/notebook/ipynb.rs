//! The format of Jupyter (nbformat 4.5), as far as a notebook of the course needs it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cells::Cell;

/// What a cell of code has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// What it printed.
    pub text: String,
    /// Its contents of other kinds by their type, such as `image/svg+xml`.
    pub rich: BTreeMap<String, String>,
}

impl Output {
    /// Parts what a program printed into plain text and the contents between the marks of the kernel.
    pub fn parse(printed: &str) -> Output {
        let mut output = Output::default();
        let mut open: Option<(String, String)> = None;
        for line in printed.lines() {
            match (&mut open, line.strip_prefix("EVCXR_BEGIN_CONTENT ")) {
                (Some((mime, content)), _) if line == "EVCXR_END_CONTENT" => {
                    output.rich.insert(std::mem::take(mime), std::mem::take(content));
                    open = None;
                }
                (Some((_, content)), _) => *content += &format!("{line}\n"),
                (None, Some(mime)) => open = Some((mime.to_owned(), String::new())),
                (None, None) => output.text += &format!("{line}\n"),
            }
        }
        output
    }

    /// The same with ends of texts that cannot be told apart made equal: a kernel may or may not end with a line end.
    fn normalized(self) -> Output {
        let ended =
            |text: String| if text.trim().is_empty() { String::new() } else { format!("{}\n", text.trim_end()) };
        Output { text: ended(self.text), rich: self.rich.into_iter().map(|(mime, text)| (mime, ended(text))).collect() }
    }
}

/// A stored notebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// What each cell of code has shown.
    pub outputs: Vec<Output>,
}

/// Why a `.ipynb` cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotebookError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A cell without one of its parts, or of an unknown kind.
    #[error("cell {cell}: {reason}")]
    Cell {
        /// Its number, counted from 0.
        cell: usize,
        /// What is wrong.
        reason: String,
    },
}

/// The notebook as the text of a `.ipynb`, with an output for each cell of code.
pub fn to_ipynb(cells: &[Cell], outputs: &[Output]) -> String {
    let mut outputs = outputs.iter();
    let mut count = 0;
    let cell = |(number, cell): (usize, &Cell)| match cell {
        Cell::Markdown(text) => json!({
            "cell_type": "markdown", "id": format!("cell-{number}"), "metadata": {}, "source": lines(text),
        }),
        Cell::Code(code) => {
            count += 1;
            let Output { text, rich } = outputs.next().cloned().unwrap_or_default().normalized();
            let mut shown = Vec::new();
            if !text.is_empty() {
                shown.push(json!({ "name": "stdout", "output_type": "stream", "text": lines(&text) }));
            }
            if !rich.is_empty() {
                let data: serde_json::Map<String, Value> =
                    rich.iter().map(|(mime, content)| (mime.clone(), lines(content))).collect();
                shown.push(json!({
                    "data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result",
                }));
            }
            json!({
                "cell_type": "code", "execution_count": count, "id": format!("cell-{number}"), "metadata": {},
                "outputs": shown, "source": lines(code),
            })
        }
    };
    let cells: Vec<Value> = cells.iter().enumerate().map(cell).collect();
    let notebook = json!({
        "cells": cells,
        "metadata": {
            "kernelspec": { "display_name": "Rust", "language": "rust", "name": "rust" },
            "language_info": { "file_extension": ".rs", "mimetype": "text/rust", "name": "Rust", "pygments_lexer": "rust" },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    let mut text = Vec::new();
    let indentation = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, indentation);
    let written = serde::Serialize::serialize(&notebook, &mut serializer);
    written.expect("a value that was just built can be written to memory");
    String::from_utf8(text).expect("JSON is UTF-8") + "\n"
}

/// A text as Jupyter stores it: its lines, each with its end.
fn lines(text: &str) -> Value {
    Value::from(text.split_inclusive('\n').collect::<Vec<_>>())
}

/// Reads a `.ipynb`, whoever wrote it.
///
/// # Errors
/// [`NotebookError`].
pub fn read_ipynb(text: &str) -> Result<Stored, NotebookError> {
    let notebook: Value = serde_json::from_str(text)?;
    let mut stored = Stored { cells: Vec::new(), outputs: Vec::new() };
    for (number, cell) in notebook["cells"].as_array().into_iter().flatten().enumerate() {
        let wrong = |reason: String| NotebookError::Cell { cell: number, reason };
        let source = joined(&cell["source"]).ok_or_else(|| wrong("it has no source".to_owned()))?.trim().to_owned();
        match cell["cell_type"].as_str() {
            Some("markdown") => stored.cells.push(Cell::Markdown(source)),
            Some("code") => {
                let mut shown = Output::default();
                for output in cell["outputs"].as_array().into_iter().flatten() {
                    match (output["output_type"].as_str(), output["name"].as_str()) {
                        (Some("stream"), Some("stdout")) => shown.text += &joined(&output["text"]).unwrap_or_default(),
                        (Some("execute_result" | "display_data"), _) => {
                            for (mime, content) in output["data"].as_object().into_iter().flatten() {
                                shown.rich.insert(mime.clone(), joined(content).unwrap_or_default());
                            }
                        }
                        (kind, name) => return Err(wrong(format!("it has shown {kind:?} {name:?}: {output}"))),
                    }
                }
                stored.cells.push(Cell::Code(source));
                stored.outputs.push(shown.normalized());
            }
            kind => return Err(wrong(format!("it is of the unknown kind {kind:?}"))),
        }
    }
    Ok(stored)
}

/// A text that is stored as one string or as a list of lines.
fn joined(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => lines.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{cells, outputs};
    use super::*;

    const TEXT: &str = "---\njupyter: x\n---\n\n# T\n\n```rust\n:dep a\nlet x = 1;\n\n```\nmore\n\n```sh\nls\n```\n\n```rust\nx\n```\n";

    #[test]
    fn listings_of_rust_are_cells_of_code() {
        let code = |text: &str| Cell::Code(text.to_owned());
        let found = cells(TEXT);
        assert_eq!(found.len(), 4);
        assert_eq!((&found[1], &found[3]), (&code(":dep a\nlet x = 1;"), &code("x")));
        assert_eq!(found[2], Cell::Markdown("more\n\n```sh\nls\n```".to_owned()));
    }

    #[test]
    fn a_notebook_is_read_back_as_it_was_written() {
        let printed = "\u{1e}cell 0\none\nEVCXR_BEGIN_CONTENT image/svg+xml\n<svg>\n</svg>\nEVCXR_END_CONTENT\ntwo\n\u{1e}cell 1\n";
        let shown = outputs(printed);
        assert_eq!(shown[0].text, "one\ntwo\n");
        assert_eq!(shown[0].rich["image/svg+xml"], "<svg>\n</svg>\n");
        let text = to_ipynb(&cells(TEXT), &shown);
        assert_eq!(read_ipynb(&text).unwrap(), Stored { cells: cells(TEXT), outputs: shown });
        assert!(text.contains("\"nbformat_minor\": 5"));
    }

    #[test]
    fn outputs_of_a_real_kernel_are_read_and_its_errors_refused() {
        let cell = |outputs: &str| {
            format!("{{\"cells\":[{{\"cell_type\":\"code\",\"source\":\"x\",\"outputs\":[{outputs}]}}]}}")
        };
        let stream = |text: &str| format!("{{\"output_type\":\"stream\",\"name\":\"stdout\",\"text\":{text}}}");
        let text = cell(&format!("{},{}", stream("\"a\\n\""), stream("[\"b\"]")));
        assert_eq!(read_ipynb(&text).unwrap().outputs[0].text, "a\nb\n");
        let error = cell("{\"output_type\":\"error\",\"ename\":\"panic\"}");
        assert!(read_ipynb(&error).unwrap_err().to_string().contains("cell 0: it has shown"));
        assert!(read_ipynb("no").unwrap_err().to_string().starts_with("not JSON"));
    }
}
