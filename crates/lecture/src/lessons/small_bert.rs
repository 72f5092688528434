//! What the lessons on BERT share: ids that can be read, and a BERT that learns while one waits.

use jumok_bert::BertConfig;
use jumok_text::SpecialTokens;

/// BERT's special tokens, with the ids that a vocabulary trained here gives them.
pub(super) const SPECIAL: SpecialTokens = SpecialTokens { pad: 0, unk: 1, cls: 2, sep: 3, mask: 4 };

/// The same as they are written, by id.
const NAMES: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The id of the first word; the special tokens come before it.
pub(super) const FIRST: i64 = NAMES.len() as i64;

/// Every token by its id: the special ones, then `words`.
pub(super) fn vocabulary(words: &[String]) -> Vec<String> {
    NAMES.iter().map(|&name| name.to_owned()).chain(words.iter().cloned()).collect()
}

/// A BERT for `vocab_size` tokens and at most `positions` of them in a row: `layers` layers, `width` wide, two heads.
///
/// Without dropout: what is learned in a few hundred steps is not learned by heart.
pub(super) fn small_bert(vocab_size: usize, positions: usize, layers: usize, width: usize) -> BertConfig {
    BertConfig {
        vocab_size,
        hidden_size: width,
        num_hidden_layers: layers,
        num_attention_heads: 2,
        intermediate_size: 2 * width,
        max_position_embeddings: positions,
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        initializer_range: BertConfig::initializer_range_for(width),
        ..BertConfig::tiny()
    }
}
