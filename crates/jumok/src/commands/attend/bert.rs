//! An encoder looks at one part or two.

use jumok_bert::{BareEncoder, BertInputs, EncoderTask, MissingParts, TextEncoder};
use jumok_nn::{Ctx, Record};
use jumok_viz::{AttentionKind, AttentionPart};

use super::{Attended, recording::attention_layers};
use crate::cli::AttendArgs;
use crate::commands::model_folder::ModelFolder;
use crate::commands::predict::record;
use crate::texts::attend as texts;
use crate::{CommandError, Console};

const SEPARATOR: &str = "[SEP]";

pub(super) fn look(args: &AttendArgs, console: Console) -> Result<Attended, CommandError> {
    if let Some(target) = &args.target {
        let rule = format!("the model in {} only reads and writes nothing: leave it out", args.model.display());
        return Err(CommandError::option("--target", target, rule));
    }
    let (a, b) = parts(&args.text)?;
    let folder = ModelFolder::open(&args.model, console)?;
    let b = b.map(|b| folder.tokenizer.encode(b)).transpose()?;
    let look = Look { folder: &folder, a: &folder.tokenizer.encode(a)?, b: b.as_deref() };
    let (records, tokens) = folder.config.with_encoder(look)?;
    let layers: Vec<_> =
        attention_layers(&records, AttentionKind::Encoder).into_iter().map(|(_, layer)| layer).collect();
    let heads = folder.config.sizes().num_attention_heads;
    super::say_part(AttentionKind::Encoder, layers.len(), heads, [tokens.len(); 2], console);
    let model = folder.config.family_name();
    let title = texts::TITLE.fill(console.language(), &[("model", &model), ("text", &args.text.trim())]);
    let parts = vec![AttentionPart::new(AttentionKind::Encoder, tokens.clone(), tokens, layers)];
    Ok(Attended { title, parts, page: |page| page })
}

/// Runs the encoder of a folder, whatever head it has, on one part or two.
struct Look<'a> {
    folder: &'a ModelFolder,
    a: &'a [i64],
    b: Option<&'a [i64]>,
}

impl EncoderTask for Look<'_> {
    type Output = Result<(Vec<Record>, Vec<String>), CommandError>;

    fn run<E: TextEncoder>(self, config: &E::Config) -> Self::Output {
        let model = self.folder.load::<BareEncoder<E>>(config, MissingParts::Refuse)?.model;
        let read = |inputs: &BertInputs, ctx: &mut Ctx| {
            model.encoder.states(inputs, None, ctx);
        };
        record(read, self.folder.config.max_length(), &self.folder.tokenizer, self.a, self.b)
    }
}

/// The parts of `A` or `A [SEP] B`; the special tokens around them may be written out.
fn parts(text: &str) -> Result<(&str, Option<&str>), CommandError> {
    let inner = text.trim();
    let inner = inner.strip_prefix("[CLS]").unwrap_or(inner);
    let inner = inner.trim_end().strip_suffix(SEPARATOR).unwrap_or(inner);
    let parts: Vec<&str> = inner.split(SEPARATOR).map(str::trim).collect();
    let empty = |what| Err(CommandError::EmptySentence { what });
    match parts[..] {
        [""] => empty("the sentence"),
        [a] => Ok((a, None)),
        ["", _] => empty("the part before [SEP]"),
        [_, ""] => empty("the part behind [SEP]"),
        [a, b] => Ok((a, Some(b))),
        _ => Err(CommandError::option(
            "the text",
            format!("{text:?}"),
            "an encoder reads one part, or two with one [SEP] between them",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_part_or_two() {
        assert_eq!(parts(" a b ").unwrap(), ("a b", None));
        assert_eq!(parts("a [SEP] b").unwrap(), ("a", Some("b")));
        assert_eq!(parts("[CLS] 가 [SEP] 나 [SEP]").unwrap(), ("가", Some("나")));
        assert_eq!(parts("a [SEP]").unwrap(), ("a", None));
        for text in ["", "[CLS] [SEP]", "[SEP] b", "[SEP]", "a [SEP] b [SEP] c"] {
            assert!(parts(text).is_err(), "{text:?}");
        }
    }
}
