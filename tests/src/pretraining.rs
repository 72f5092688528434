//! Group `pretraining`: how training examples are made when every random decision is given. These cases are JSON only.

use jumok_testkit::{Case, FromAttr};
use jumok_text::pretraining::{
    apply_masking, build_pair, build_single, groups_of_word_ids, mask_groups, order_pair, pack_full_sentences,
    truncate_pair,
};
use jumok_text::{MaskAction, MaskDecision, MaskedSequence, SpecialTokens};
use serde_json::{Value as Json, json};

use crate::fields::{ComputeJson, Fields, taken_over};
use crate::given::Result;

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<ComputeJson> {
    let compute: ComputeJson = match op {
        "mlm_apply" => |case| examples(case, &[], &["ids", "epoch", "decisions"], mlm_apply),
        "whole_word_mask" => |case| examples(case, &[], &["ids", "word_ids", "chosen_words"], whole_word_mask),
        "nsp_pair" => |case| examples(case, &["documents"], &["first", "second"], nsp_pair),
        "sop_pair" => |case| examples(case, &["documents"], &["segments", "swap"], sop_pair),
        "pack_full_sentences" => |case| examples(case, &["documents"], &["max_length"], pack),
        "truncate_pair" => |case| examples(case, &[], &["a", "b", "max_tokens"], truncate),
        _ => return None,
    };
    Some(compute)
}

/// Computes every example. Of the case and its examples only what is given to the computation is taken over, so that no
/// result can be repeated without having been computed.
fn examples(
    case: &Case,
    given: &[&str],
    given_in_example: &[&str],
    compute: fn(&Fields, &Fields) -> Result<Json>,
) -> Result<Json> {
    let whole = Fields { case, json: &case.json };
    let mut computed = taken_over(&case.json, given);
    let one = |example: &Json| {
        let results = compute(&whole, &Fields { case, json: example })?;
        let mut fields = taken_over(example, given_in_example);
        fields.extend(results.as_object().cloned().unwrap_or_default());
        Ok(Json::Object(fields))
    };
    computed.insert("examples".to_owned(), whole.list("examples")?.iter().map(one).collect::<Result<Json>>()?);
    Ok(Json::Object(computed))
}

fn special_tokens(case: &Fields) -> Result<SpecialTokens> {
    let special = Fields { case: case.case, json: &case.json["special"] };
    let id = |name| special.get::<i64>(name);
    Ok(SpecialTokens { pad: id("pad")?, unk: id("unk")?, cls: id("cls")?, sep: id("sep")?, mask: id("mask")? })
}

/// A decision is `[position, action, random id]`.
fn mlm_apply(case: &Fields, example: &Fields) -> Result<Json> {
    let decision = |decision: &Json| {
        let action = match (decision[1].as_str(), decision[2].as_i64()) {
            (Some("mask"), _) => Some(MaskAction::Mask),
            (Some("random"), Some(id)) => Some(MaskAction::Random(id)),
            (Some("keep"), _) => Some(MaskAction::Keep),
            _ => None,
        };
        match (decision[0].as_u64(), action) {
            (Some(position), Some(action)) => Ok(MaskDecision { position: position as usize, action }),
            _ => Err(example.unsuitable(format!("{decision} is no decision [position, action, random id]"))),
        }
    };
    let decisions = example.list("decisions")?.iter().map(decision).collect::<Result<Vec<_>>>()?;
    Ok(masked(apply_masking(&example.get::<Vec<i64>>("ids")?, &decisions, special_tokens(case)?.mask)))
}

fn masked(sequence: MaskedSequence) -> Json {
    json!({"input_ids": sequence.input_ids, "labels": sequence.labels})
}

fn whole_word_mask(case: &Fields, example: &Fields) -> Result<Json> {
    let word_id = |id: &Json| match id {
        Json::Null => Ok(None),
        id => match id.as_u64() {
            Some(id) => Ok(Some(id as usize)),
            None => Err(example.unsuitable(format!("{id} is no word's number"))),
        },
    };
    let word_ids = example.list("word_ids")?.iter().map(word_id).collect::<Result<Vec<_>>>()?;
    let chosen: Vec<usize> = example.get("chosen_words")?;
    let decisions = mask_groups(&groups_of_word_ids(&word_ids), &chosen);
    Ok(masked(apply_masking(&example.get::<Vec<i64>>("ids")?, &decisions, special_tokens(case)?.mask)))
}

/// The sentence at `[document, sentence]`.
fn sentence(case: &Fields, example: &Fields, place: &[usize]) -> Result<Vec<i64>> {
    let documents = case.list("documents")?;
    let ids = match *place {
        [document, sentence] => documents.get(document).and_then(|d| Vec::<i64>::from_attr(d.get(sentence)?)),
        _ => None,
    };
    ids.ok_or_else(|| example.unsuitable(format!("{place:?} is no [document, sentence]")))
}

/// Both parts are given as `[document, sentence]`.
fn nsp_pair(case: &Fields, example: &Fields) -> Result<Json> {
    let (first, second): (Vec<usize>, Vec<usize>) = (example.get("first")?, example.get("second")?);
    let [a, b] = [sentence(case, example, &first)?, sentence(case, example, &second)?];
    let pair = build_pair(&a, &b, &special_tokens(case)?);
    let follows = first[0] == second[0] && first[1] + 1 == second[1];
    Ok(json!({
        "next_sentence_label": if follows { 0 } else { 1 },
        "input_ids": pair.input_ids,
        "token_type_ids": pair.token_type_ids,
    }))
}

/// Two neighbours, given as `[document, sentence]`, and whether they are swapped.
fn sop_pair(case: &Fields, example: &Fields) -> Result<Json> {
    let segments: Vec<Vec<usize>> = example.get("segments")?;
    let [first, second] = &segments[..] else { return Err(example.unsuitable("there must be two segments")) };
    let [a, b] = [sentence(case, example, first)?, sentence(case, example, second)?];
    let (a, b, label) = order_pair(a, b, example.get("swap")?);
    let pair = build_pair(&a, &b, &special_tokens(case)?);
    Ok(json!({
        "sentence_order_label": label,
        "input_ids": pair.input_ids,
        "token_type_ids": pair.token_type_ids,
    }))
}

/// Whole sentences in rows of at most `max_length`.
fn pack(case: &Fields, example: &Fields) -> Result<Json> {
    let documents = case.get::<Vec<Vec<Vec<i64>>>>("documents")?;
    let special = special_tokens(case)?;
    let block = |row: Vec<(usize, std::ops::Range<usize>)>| {
        let texts: Vec<Vec<i64>> = row.into_iter().map(|(document, of)| documents[document][of].concat()).collect();
        build_single(&texts.iter().map(Vec::as_slice).collect::<Vec<_>>(), &special).input_ids
    };
    let rows = pack_full_sentences(&documents, example.get("max_length")?);
    Ok(json!({"blocks": rows.into_iter().map(block).collect::<Vec<_>>()}))
}

fn truncate(_: &Fields, example: &Fields) -> Result<Json> {
    let (mut a, mut b): (Vec<i64>, Vec<i64>) = (example.get("a")?, example.get("b")?);
    truncate_pair(&mut a, &mut b, example.get("max_tokens")?);
    Ok(json!({"truncated_a": a, "truncated_b": b}))
}
