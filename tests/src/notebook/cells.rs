//! The cells of a notebook that is kept as Markdown. Also compiled into the build script, so it stands alone.

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Markdown(String),
    /// Code for the kernel, its commands (`:dep …`) included.
    Code(String),
}

/// The cells of a Markdown notebook in the form of jupytext: a `rust` listing is a cell of code, what stands between two of
/// them is a cell of text, and the block between `---` lines at the start belongs to neither.
pub fn cells(markdown: &str) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut text = String::new();
    let mut code: Option<String> = None;
    for line in body(markdown).lines() {
        match &mut code {
            Some(lines) if line == "```" => {
                cells.push(Cell::Code(lines.trim_end().to_owned()));
                code = None;
            }
            Some(lines) => {
                lines.push_str(line);
                lines.push('\n');
            }
            None if line == "```rust" => {
                push_text(&mut cells, &mut text);
                code = Some(String::new());
            }
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    push_text(&mut cells, &mut text);
    cells
}

/// What follows the block between `---` lines.
fn body(markdown: &str) -> &str {
    let header = markdown.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    header.map_or(markdown, |(_, body)| body)
}

fn push_text(cells: &mut Vec<Cell>, text: &mut String) {
    let trimmed = text.trim();
    if !trimmed.is_empty() {
        cells.push(Cell::Markdown(trimmed.to_owned()));
    }
    text.clear();
}

/// The code of a cell without the commands for the kernel, which a compiler does not know.
pub fn without_commands(code: &str) -> String {
    code.lines().filter(|line| !line.starts_with(':')).map(|line| format!("{line}\n")).collect()
}
