//! What a page about attention is made of: plain numbers and names, whichever model they come from.
//!
//! Letters used for shapes: `H` heads, `Tq` queries, `Tk` keys, `d` the width of a head's queries and keys.

use crate::text::visible;

/// Which attention of a model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttentionKind {
    /// The encoder looks at itself.
    Encoder,
    /// The decoder looks at itself.
    Decoder,
    /// The decoder looks at what the encoder read.
    Cross,
}

impl AttentionKind {
    pub(super) const ALL: [AttentionKind; 3] = [AttentionKind::Encoder, AttentionKind::Decoder, AttentionKind::Cross];

    pub(super) fn name(self) -> &'static str {
        match self {
            AttentionKind::Encoder => "encoder",
            AttentionKind::Decoder => "decoder",
            AttentionKind::Cross => "cross",
        }
    }
}

/// Why a model has no attention of some kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Encoder and decoder are recurrent networks.
    Recurrent,
    /// There is no decoder.
    EncoderOnly,
    /// There is no encoder.
    DecoderOnly,
}

impl Absence {
    pub(super) fn name(self) -> &'static str {
        match self {
            Absence::Recurrent => "recurrent",
            Absence::EncoderOnly => "encoder-only",
            Absence::DecoderOnly => "decoder-only",
        }
    }
}

/// What a model that has these parts lacks for the others.
pub(super) fn why_absent(parts: &[AttentionPart]) -> [Absence; 3] {
    let has = |kind| parts.iter().any(|part| part.kind == kind);
    let why = match (has(AttentionKind::Encoder), has(AttentionKind::Decoder)) {
        (true, _) => Absence::EncoderOnly,
        (false, true) => Absence::DecoderOnly,
        (false, false) => Absence::Recurrent,
    };
    [why; 3]
}

/// All layers of one kind of attention.
#[derive(Debug, Clone)]
pub struct AttentionPart {
    pub(super) kind: AttentionKind,
    pub(super) queries: Vec<String>,
    pub(super) keys: Vec<String>,
    pub(super) layers: Vec<AttentionLayer>,
}

impl AttentionPart {
    /// The layers, first to last, with the tokens that look and those that are looked at.
    ///
    /// # Panics
    /// If there is no layer, or the numbers of a layer are not as many as the tokens ask for.
    #[track_caller]
    pub fn new(
        kind: AttentionKind,
        queries: Vec<String>,
        keys: Vec<String>,
        layers: Vec<AttentionLayer>,
    ) -> AttentionPart {
        assert!(!layers.is_empty(), "AttentionPart: {kind:?} has no layer");
        let cells = queries.len() * keys.len();
        for AttentionLayer { path, heads, weights, scores, vectors } in &layers {
            let fits = |what: &str, count: usize, needed: usize| {
                assert_eq!(count, needed, "AttentionPart: {count} {what} of {path} do not fit: need {needed}");
            };
            fits("weights", weights.len(), heads * cells);
            if let Some(scores) = scores {
                fits("scores", scores.len(), heads * cells);
            }
            if let Some(QueriesAndKeys { width, queries: q, keys: k }) = vectors {
                fits("components of queries", q.len(), heads * queries.len() * width);
                fits("components of keys", k.len(), heads * keys.len() * width);
            }
        }
        let names = |tokens: Vec<String>| tokens.iter().map(|token| visible(token)).collect();
        AttentionPart { kind, queries: names(queries), keys: names(keys), layers }
    }
}

/// The queries and keys of a layer, of all heads.
#[derive(Debug, Clone)]
pub struct QueriesAndKeys {
    /// d, the components of a query or key.
    pub width: usize,
    /// `[H, Tq, d]`
    pub queries: Vec<f32>,
    /// `[H, Tk, d]`
    pub keys: Vec<f32>,
}

/// What one layer's attention did.
#[derive(Debug, Clone)]
pub struct AttentionLayer {
    pub(super) path: String,
    pub(super) heads: usize,
    pub(super) weights: Vec<f32>,
    pub(super) scores: Option<Vec<f32>>,
    pub(super) vectors: Option<QueriesAndKeys>,
}

impl AttentionLayer {
    /// The weights `[H, Tq, Tk]` of the layer whose parameters stand under `path`. A weight of exactly 0 is taken for one
    /// that the mask forbids.
    pub fn new(path: &str, heads: usize, weights: Vec<f32>) -> AttentionLayer {
        AttentionLayer { path: path.to_owned(), heads, weights, scores: None, vectors: None }
    }

    /// Adds the scores `[H, Tq, Tk]` and the vectors they come from, for the neuron view.
    #[must_use]
    pub fn with_vectors(mut self, scores: Vec<f32>, vectors: QueriesAndKeys) -> AttentionLayer {
        self.scores = Some(scores);
        self.vectors = Some(vectors);
        self
    }

    pub(super) fn numbers(&self) -> usize {
        let vectors = self.vectors.as_ref().map_or(0, |vectors| vectors.queries.len() + vectors.keys.len());
        self.weights.len() + self.scores.as_ref().map_or(0, Vec::len) + vectors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: AttentionKind) -> AttentionPart {
        AttentionPart::new(kind, vec!["a".into()], vec!["b".into()], vec![AttentionLayer::new("x", 1, vec![1.0])])
    }

    #[test]
    fn what_a_model_lacks_follows_from_what_it_has() {
        use AttentionKind::{Cross, Decoder, Encoder};
        assert_eq!(why_absent(&[part(Encoder)])[1], Absence::EncoderOnly);
        assert_eq!(why_absent(&[part(Decoder)])[0], Absence::DecoderOnly);
        assert_eq!(why_absent(&[part(Cross)])[0], Absence::Recurrent);
    }

    #[test]
    #[should_panic(expected = "3 components of keys of x do not fit: need 4")]
    fn numbers_must_fit_the_tokens() {
        let vectors = QueriesAndKeys { width: 2, queries: vec![0.0; 2], keys: vec![0.0; 3] };
        let layer = AttentionLayer::new("x", 1, vec![0.5, 0.5]).with_vectors(vec![0.0; 2], vectors);
        AttentionPart::new(AttentionKind::Encoder, vec!["a".into()], vec!["a".into(), "b".into()], vec![layer]);
    }
}
