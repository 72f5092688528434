//! An encoder looks at one part or two.

use jumok_bert::{BertInputs, TextEncoder};
use jumok_nn::Ctx;
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
    let ModelFolder { model, tokenizer, config } = ModelFolder::load(&args.model, console)?;
    let b = b.map(|b| tokenizer.encode(b)).transpose()?;
    let read = |inputs: &BertInputs, ctx: &mut Ctx| {
        model.bert.forward(inputs, ctx);
    };
    let max = config.max_position_embeddings;
    let (records, tokens) = record(read, max, &tokenizer, &tokenizer.encode(a)?, b.as_deref())?;
    let layers: Vec<_> =
        attention_layers(&records, AttentionKind::Encoder).into_iter().map(|(_, layer)| layer).collect();
    let heads = config.num_attention_heads;
    super::say_part(AttentionKind::Encoder, layers.len(), heads, [tokens.len(); 2], console);
    let title = texts::TITLE.fill(console.language(), &[("model", &"BERT"), ("text", &args.text.trim())]);
    let parts = vec![AttentionPart::new(AttentionKind::Encoder, tokens.clone(), tokens, layers)];
    Ok(Attended { title, parts, page: |page| page })
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
            "BERT reads one part, or two with one [SEP] between them",
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
