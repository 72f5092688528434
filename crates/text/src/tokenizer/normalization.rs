//! What is done to a text before it is split into words.

use tokenizers::normalizers::{BertNormalizer, NFC, NormalizerWrapper, Sequence};

/// What happens to a text before it is split.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Normalization {
    /// NFC, so that a Korean syllable is one character however it was typed.
    pub(super) compose: bool,
    pub(super) strip_accents: bool,
    pub(super) lowercase: bool,
}

impl Normalization {
    /// BERT's cleaning of text as a step of the `tokenizers` crate.
    pub(super) fn normalizer(self) -> NormalizerWrapper {
        let bert = BertNormalizer::new(true, true, Some(self.strip_accents), self.lowercase);
        if self.compose { Sequence::new(vec![NFC.into(), bert.into()]).into() } else { bert.into() }
    }

    /// What a loaded normaliser does, wherever in a sequence it does it.
    pub(super) fn of(normalizer: &NormalizerWrapper) -> Normalization {
        match normalizer {
            NormalizerWrapper::BertNormalizer(bert) => Normalization {
                compose: false,
                strip_accents: bert.strip_accents.unwrap_or(bert.lowercase),
                lowercase: bert.lowercase,
            },
            NormalizerWrapper::NFC(_) => Normalization { compose: true, ..Default::default() },
            NormalizerWrapper::Lowercase(_) => Normalization { lowercase: true, ..Default::default() },
            NormalizerWrapper::StripAccents(_) => Normalization { strip_accents: true, ..Default::default() },
            NormalizerWrapper::Sequence(sequence) => {
                sequence.as_ref().iter().map(Normalization::of).fold(Normalization::default(), |one, other| {
                    Normalization {
                        compose: one.compose || other.compose,
                        strip_accents: one.strip_accents || other.strip_accents,
                        lowercase: one.lowercase || other.lowercase,
                    }
                })
            }
            _ => Normalization::default(),
        }
    }
}
