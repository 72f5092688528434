//! The recording as the JSON that the script of the page reads.

use serde::Serialize;

use super::AttentionPage;
use super::recording::{AttentionKind, AttentionLayer, AttentionPart, QueriesAndKeys};
use crate::color::ColorMap;

/// Colours of a scale: more than an eye tells apart.
const COLORS: usize = 65;

#[derive(Serialize)]
struct Data<'a> {
    language: &'static str,
    sequential: Vec<String>,
    diverging: Vec<String>,
    parts: Vec<Part<'a>>,
    absent: Absent,
}

/// Why a kind of attention is not among the parts.
#[derive(Serialize)]
struct Absent {
    encoder: &'static str,
    decoder: &'static str,
    cross: &'static str,
}

#[derive(Serialize)]
struct Part<'a> {
    kind: &'static str,
    queries: &'a [String],
    keys: &'a [String],
    layers: Vec<Layer<'a>>,
}

/// A list a head; `null` is a weight that the mask forbids.
#[derive(Serialize)]
struct Layer<'a> {
    path: &'a str,
    weights: Vec<Vec<Option<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores: Option<Vec<Vec<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vectors: Option<Vectors>,
}

#[derive(Serialize)]
struct Vectors {
    width: usize,
    queries: Vec<Vec<f64>>,
    keys: Vec<Vec<f64>>,
}

impl AttentionPage {
    /// The data of the page. No `<` stands in it, so it cannot close the script element that holds it.
    pub(super) fn to_json(&self) -> String {
        let colors = |map: ColorMap| (0..COLORS).map(|n| map.color(n as f64 / (COLORS - 1) as f64).hex()).collect();
        let [encoder, decoder, cross] = self.absent.map(|why| why.name());
        let kinds = AttentionKind::ALL.into_iter();
        let data = Data {
            language: self.language.code(),
            sequential: colors(ColorMap::Sequential),
            diverging: colors(ColorMap::Diverging),
            parts: kinds.flat_map(|kind| self.parts.iter().find(|part| part.kind == kind)).map(part).collect(),
            absent: Absent { encoder, decoder, cross },
        };
        serde_json::to_string(&data).expect("plain numbers and strings").replace('<', "\\u003c")
    }
}

fn part(part: &AttentionPart) -> Part<'_> {
    let cells = part.queries.len() * part.keys.len();
    let layer = |layer| self::layer(layer, cells);
    Part {
        kind: part.kind.name(),
        queries: &part.queries,
        keys: &part.keys,
        layers: part.layers.iter().map(layer).collect(),
    }
}

fn layer(layer: &AttentionLayer, cells: usize) -> Layer<'_> {
    let AttentionLayer { path, heads, weights, scores, vectors } = layer;
    let weight = |&weight: &f32| (weight != 0.0).then(|| four_decimals(weight));
    Layer {
        path,
        weights: weights.chunks(cells.max(1)).map(|head| head.iter().map(weight).collect()).collect(),
        scores: scores.as_ref().map(|scores| by_head(scores, *heads)),
        vectors: vectors.as_ref().map(|QueriesAndKeys { width, queries, keys }| Vectors {
            width: *width,
            queries: by_head(queries, *heads),
            keys: by_head(keys, *heads),
        }),
    }
}

fn by_head(values: &[f32], heads: usize) -> Vec<Vec<f64>> {
    values.chunks((values.len() / heads).max(1)).map(|head| head.iter().map(|&x| four_digits(x)).collect()).collect()
}

/// A weight, whose place in 0 to 1 is what counts.
fn four_decimals(x: f32) -> f64 {
    (f64::from(x) * 1e4).round() / 1e4
}

/// A number of any size.
fn four_digits(x: f32) -> f64 {
    format!("{x:.3e}").parse().expect("a number that was just written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;

    #[test]
    fn numbers_keep_four_digits() {
        assert_eq!([0.123_456, 0.000_04, 1.0].map(four_decimals), [0.1235, 0.0, 1.0]);
        assert_eq!([-12345.6, 0.000_123_456, 0.0].map(four_digits), [-12350.0, 0.0001235, 0.0]);
    }

    #[test]
    fn the_data_are_cut_by_head_and_tell_what_is_masked() {
        let tokens = vec!["a".to_owned(), "b".to_owned()];
        let weights = vec![1.0, 0.0, 0.3, 0.7, 0.00001, 0.99999, 0.5, 0.5];
        let vectors = QueriesAndKeys { width: 1, queries: vec![1.0, 2.0, 3.0, 4.0], keys: vec![5.0, 6.0, 7.0, 8.0] };
        let layer = AttentionLayer::new("p", 2, weights).with_vectors((1..=8).map(|n| n as f32).collect(), vectors);
        let part = AttentionPart::new(AttentionKind::Cross, tokens.clone(), tokens, vec![layer]);
        let data = AttentionPage::new("t", Language::Korean, vec![part]).to_json();
        let data: serde_json::Value = serde_json::from_str(&data).unwrap();
        let layer = &data["parts"][0]["layers"][0];
        assert_eq!(layer["weights"], serde_json::json!([[1.0, null, 0.3, 0.7], [0.0, 1.0, 0.5, 0.5]]));
        assert_eq!(layer["scores"][1], serde_json::json!([5.0, 6.0, 7.0, 8.0]));
        assert_eq!(layer["vectors"]["keys"], serde_json::json!([[5.0, 6.0], [7.0, 8.0]]));
        assert_eq!((data["language"].as_str(), data["absent"]["encoder"].as_str()), (Some("ko"), Some("recurrent")));
        assert_eq!(data["sequential"].as_array().unwrap().len(), COLORS);
    }
}
