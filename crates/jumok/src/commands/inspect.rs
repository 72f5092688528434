//! `jumok inspect`: the tree of parameters in a file or folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jumok_nn::{CheckpointError, Weights};
use jumok_training::grouped;
use jumok_viz::{Align, Table, TerminalStyle};
use serde_json::Value;

use super::hub;
use crate::cli::InspectArgs;
use crate::texts::inspect as texts;
use crate::{CommandError, Console};

/// A parameter, or all below a path.
#[derive(Default)]
struct Node {
    children: BTreeMap<Segment, Node>,
    /// Of the array itself; none of a path.
    shape: Option<Vec<usize>>,
    dtypes: BTreeSet<String>,
    count: u128,
    /// Σ x² over all floating-point numbers below.
    squares: f64,
    /// Whether there are numbers that are no floating-point ones.
    has_others: bool,
}

/// Part of a name; numbers are in their own order, 2 before 10.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Number(u64, String),
    Word(String),
}

impl Segment {
    fn of(text: &str) -> Segment {
        match text.parse() {
            Ok(number) => Segment::Number(number, text.to_owned()),
            Err(_) => Segment::Word(text.to_owned()),
        }
    }

    fn text(&self) -> &str {
        let (Segment::Number(_, text) | Segment::Word(text)) = self;
        text
    }
}

/// Prints the arrays of a safetensors file, an index or a model's folder as a tree, with shapes, types, counts and Euclidean
/// norms, each path with the sums of what is below it.
///
/// # Errors
/// [`CommandError::NoHub`] or [`CommandError::Hub`] if a model is to be fetched and cannot be; [`CommandError::Checkpoint`] if there are no weights or they are damaged, [`CommandError::ModelConfig`] if there is a
/// `config.json` that is no JSON.
pub fn inspect(args: &InspectArgs, console: Console) -> Result<(), CommandError> {
    let path = match (&args.path, &args.hub) {
        (Some(path), _) => path.clone(),
        (None, Some(name)) => {
            let folder = args.out.clone().unwrap_or_else(|| hub::usual_folder(name));
            hub::download(name, &folder, console)?;
            folder
        }
        (None, None) => unreachable!("a path or a name is required"),
    };
    let mut weights = Weights::open(&path)?;
    let root = tree(&mut weights)?;
    let (shown_path, files) = (weights.path().display().to_string(), weights.file_count());
    let (parameters, arrays) = (count(root.count), weights.names().count());
    console.say(
        &texts::WEIGHTS,
        &[("path", &shown_path), ("parameters", &parameters), ("arrays", &arrays), ("files", &files)],
    );
    describe_config(&path, console)?;

    let language = console.language();
    let columns =
        [texts::COLUMN_NAME, texts::COLUMN_SHAPE, texts::COLUMN_TYPE, texts::COLUMN_COUNT, texts::COLUMN_NORM];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Right,
    ]);
    root.rows(&mut table, 0, args.depth.unwrap_or(usize::MAX));
    table.row(root.row(texts::TOTAL.get(language).to_owned()));
    console.raw(&table.to_terminal(&TerminalStyle::detect()));
    if root.has_others {
        console.line(texts::NOT_FLOAT.get(language));
    }
    Ok(())
}

/// Reads every array once, one at a time.
fn tree(weights: &mut Weights) -> Result<Node, CommandError> {
    let names: Vec<String> = weights.names().map(str::to_owned).collect();
    let mut root = Node::default();
    for name in &names {
        let (shape, dtype) = (weights.shape(name).to_vec(), weights.dtype(name));
        let squares = match weights.array(name) {
            Ok(array) => Some(array.to_vec().into_iter().map(|x| f64::from(x).powi(2)).sum::<f64>()),
            Err(CheckpointError::Dtype { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let elements = shape.iter().map(|&extent| extent as u128).product();
        let mut node = &mut root;
        node.add(&dtype, elements, squares);
        for segment in name.split('.') {
            node = node.children.entry(Segment::of(segment)).or_default();
            node.add(&dtype, elements, squares);
        }
        node.shape = Some(shape);
    }
    Ok(root)
}

impl Node {
    fn add(&mut self, dtype: &str, elements: u128, squares: Option<f64>) {
        self.dtypes.insert(dtype.to_owned());
        self.count += elements;
        self.squares += squares.unwrap_or(0.0);
        self.has_others |= squares.is_none();
    }

    fn rows(&self, table: &mut Table, level: usize, depth: usize) {
        if level == depth {
            return;
        }
        for (segment, node) in &self.children {
            table.row(node.row(format!("{}{}", "  ".repeat(level), segment.text())));
            node.rows(table, level + 1, depth);
        }
    }

    fn row(&self, name: String) -> [String; 5] {
        let shape = self.shape.as_ref().map_or(String::new(), |shape| format!("{shape:?}"));
        let dtypes = self.dtypes.iter().cloned().collect::<Vec<_>>().join(", ");
        let norm = if self.has_others { "–".to_owned() } else { format!("{:.4}", self.squares.sqrt()) };
        [name, shape, dtypes, count(self.count), norm]
    }
}

fn count(elements: u128) -> String {
    u64::try_from(elements).map_or_else(|_| elements.to_string(), grouped)
}

/// What the `config.json` of a folder says the weights are.
fn describe_config(path: &Path, console: Console) -> Result<(), CommandError> {
    let file = path.join("config.json");
    if !file.is_file() {
        return Ok(());
    }
    let unusable = |reason: String| CommandError::ModelConfig { path: file.clone(), reason };
    let text = std::fs::read_to_string(&file).map_err(|error| unusable(error.to_string()))?;
    let config: Value = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let none = texts::NO_ARCHITECTURE.get(console.language());
    let (model_type, architecture) = (&config["model_type"], &config["architectures"][0]);
    let said = [("model_type", model_type), ("architecture", architecture)]
        .map(|(name, value)| (name, value.as_str().unwrap_or(none).to_owned()));
    console.say(&texts::CONFIG, &[(said[0].0, &said[0].1), (said[1].0, &said[1].1)]);
    Ok(())
}
