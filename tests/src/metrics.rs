//! Group `metrics`: the figures by which answers are judged. All but `perplexity` are JSON only.

use jumok_metrics::{
    Average, BleuOptions, BleuScore, BleuTokenizer, ChrfOptions, Classification, EntityScores, Scheme, Scores,
    Smoothing, SquadScores, answer_exact_match, answer_f1, corpus_bleu, corpus_chrf, entities, normalize_answer,
    pearson, perplexity as perplexity_of, sentence_bleu, sentence_chrf, spearman,
};
use jumok_tensor::{CrossEntropy, Reduction, Tensor};
use jumok_testkit::{Case, FromAttr};
use serde_json::{Map, Value as Json, json};

use crate::Compute;
use crate::fields::{ComputeJson, Fields, taken_over};
use crate::given::{Given, Outputs, Result};

/// How to compute a metric that is given tensors.
pub(crate) fn find(op: &str) -> Option<Compute> {
    (op == "perplexity").then_some(perplexity as Compute)
}

/// How to compute a metric that is given texts or labels.
pub(crate) fn find_json(op: &str) -> Option<ComputeJson> {
    let compute: ComputeJson = match op {
        "bleu" => bleu,
        "chrf" => chrf,
        "classification_metrics" => |case| each(case, "examples", &["true", "predicted"], classification),
        "correlation" => |case| each(case, "examples", &["x", "y"], correlation),
        "entity_f1" => entity_f1,
        "squad_em_f1" => squad,
        _ => return None,
    };
    Some(compute)
}

/// In `[B, T, V]` logits and `[B, T]` labels, position t predicts label t + 1.
fn perplexity(g: &Given) -> Result<Outputs> {
    const IGNORED: i64 = -100;
    let (logits, labels) = (g.input("logits")?, g.ints("labels")?);
    let [b, t, v] = logits.dims();
    let predictions = logits.narrow(1, 0, t - 1); // [B, T−1, V]
    let mut per_sequence = vec![];
    let (mut nll, mut tokens) = (0.0, 0);
    for row in 0..b {
        let targets: Vec<i64> = labels.as_slice()[row * t + 1..(row + 1) * t].to_vec();
        let counted = targets.iter().filter(|&&target| target != IGNORED).count();
        let options = CrossEntropy { ignore_index: IGNORED, reduction: Reduction::Sum, ..CrossEntropy::default() };
        let targets = jumok_tensor::IntTensor::from_vec(targets, &[t - 1]);
        let sum =
            predictions.narrow(0, row, 1).reshape(&[t as isize - 1, v as isize]).cross_entropy(&targets, &options);
        per_sequence.push(perplexity_of(sum.item(), counted) as _);
        nll += sum.item();
        tokens += counted;
    }
    let scalar = |value: f64| Tensor::from_vec(vec![value as _], &[]);
    Ok(Outputs::new()
        .and("perplexity", scalar(perplexity_of(nll, tokens)))
        .and("per_sequence", Tensor::from_vec(per_sequence, &[b]))
        .and("total_nll", scalar(nll))
        .and("tokens", jumok_tensor::IntTensor::from_vec(vec![tokens as i64], &[])))
}

/// Computes each element of a list of the case.
fn list(fields: Fields, name: &str, given: &[&str], compute: impl Fn(Fields) -> Result<Json>) -> Result<Json> {
    let one = |json: &Json| {
        let mut whole = taken_over(json, given);
        whole.extend(compute(Fields { case: fields.case, json })?.as_object().cloned().unwrap_or_default());
        Ok(Json::Object(whole))
    };
    fields.list(name)?.iter().map(one).collect()
}

/// A case that is a list of examples.
fn each(case: &Case, name: &str, given: &[&str], compute: fn(Fields) -> Result<Json>) -> Result<Json> {
    let computed = list(Fields { case, json: &case.json }, name, given, compute)?;
    Ok(Json::Object(Map::from_iter([(name.to_owned(), computed)])))
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Hypotheses and references that the case stores once under a name.
fn texts_of(whole: Fields, example: Fields) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    let name: String = example.get("texts")?;
    let texts = Fields { json: &whole.json["texts"][name.as_str()], ..whole };
    Ok((texts.get("hypotheses")?, texts.get("references")?))
}

fn bleu(case: &Case) -> Result<Json> {
    let whole = Fields { case, json: &case.json };
    let corpus = list(whole, "corpus", &["settings", "texts"], |example| {
        let (hypotheses, references) = texts_of(whole, example)?;
        let options = bleu_options(Fields { json: &example.json["settings"], ..example })?;
        let score = corpus_bleu(&hypotheses, &references, &options);
        Ok(bleu_json(score.map_err(|error| example.unsuitable(error.to_string()))?))
    })?;
    let sentence = list(whole, "sentence", &["hypothesis", "references", "settings"], |example| {
        let options = bleu_options(Fields { json: &example.json["settings"], ..example })?;
        let (hypothesis, references): (String, Vec<String>) = (example.get("hypothesis")?, example.get("references")?);
        let score = sentence_bleu(&hypothesis, &borrowed(&references), &options);
        Ok(bleu_json(score.map_err(|error| example.unsuitable(error.to_string()))?))
    })?;
    let tokenization = list(whole, "tokenization", &["text"], |example| {
        let text: String = example.get("text")?;
        let mut tokenized = Map::new();
        for name in example.json.as_object().into_iter().flatten().map(|(name, _)| name).filter(|name| *name != "text")
        {
            tokenized.insert(name.clone(), json!(tokenizer(example, name)?.tokenize(&text)));
        }
        Ok(Json::Object(tokenized))
    })?;
    let mut computed = taken_over(&case.json, &["texts"]);
    computed.extend(
        [("corpus", corpus), ("sentence", sentence), ("tokenization", tokenization)].map(|(k, v)| (k.into(), v)),
    );
    Ok(Json::Object(computed))
}

fn tokenizer(fields: Fields, name: &str) -> Result<BleuTokenizer> {
    name.parse().map_err(|error: jumok_metrics::MetricError| fields.unsuitable(error.to_string()))
}

fn optional<T: FromAttr>(fields: Fields, name: &str, default: T) -> Result<T> {
    if fields.json.get(name).is_none_or(Json::is_null) { Ok(default) } else { fields.get(name) }
}

fn bleu_options(settings: Fields) -> Result<BleuOptions> {
    let smoothing = match optional(settings, "smooth_method", "exp".to_owned())?.as_str() {
        "exp" => Smoothing::Exp,
        "none" => Smoothing::None,
        "floor" => Smoothing::Floor(optional(settings, "smooth_value", 0.1)?),
        "add-k" => Smoothing::AddK(optional(settings, "smooth_value", 1.0)?),
        other => return Err(settings.unsuitable(format!("unknown smoothing {other}"))),
    };
    Ok(BleuOptions {
        tokenizer: tokenizer(settings, &optional(settings, "tokenize", "13a".to_owned())?)?,
        lowercase: optional(settings, "lowercase", false)?,
        smoothing,
        max_order: optional(settings, "max_ngram_order", 4)?,
        effective_order: optional(settings, "effective_order", false)?,
    })
}

fn bleu_json(score: BleuScore) -> Json {
    json!({
        "score": score.score,
        "counts": score.counts,
        "totals": score.totals,
        "precisions": score.precisions,
        "bp": score.brevity_penalty,
        "sys_len": score.system_length,
        "ref_len": score.reference_length,
    })
}

fn chrf(case: &Case) -> Result<Json> {
    let whole = Fields { case, json: &case.json };
    let corpus = list(whole, "corpus", &["texts", "word_order"], |example| {
        let (hypotheses, references) = texts_of(whole, example)?;
        let options = ChrfOptions { word_order: example.get("word_order")?, ..ChrfOptions::default() };
        let score = corpus_chrf(&hypotheses, &references, &options);
        Ok(json!({"score": score.map_err(|error| example.unsuitable(error.to_string()))?}))
    })?;
    let sentence = list(whole, "sentence", &["hypothesis", "references"], |example| {
        let (hypothesis, references): (String, Vec<String>) = (example.get("hypothesis")?, example.get("references")?);
        let score = sentence_chrf(&hypothesis, &borrowed(&references), &ChrfOptions::default());
        Ok(json!({"score": score.map_err(|error| example.unsuitable(error.to_string()))?}))
    })?;
    let mut computed = taken_over(&case.json, &["texts"]);
    computed.extend([("corpus", corpus), ("sentence", sentence)].map(|(k, v)| (k.into(), v)));
    Ok(Json::Object(computed))
}

fn scores_json(scores: Scores) -> Json {
    json!({"precision": scores.precision, "recall": scores.recall, "f1": scores.f1})
}

fn classification(example: Fields) -> Result<Json> {
    let (truth, predicted): (Vec<i64>, Vec<i64>) = (example.get("true")?, example.get("predicted")?);
    let counts = Classification::new(&truth, &predicted).map_err(|error| example.unsuitable(error.to_string()))?;
    let mut computed = json!({
        "accuracy": counts.accuracy(),
        "mcc": counts.mcc(),
        "confusion_rows_true": counts.confusion,
        "labels": counts.labels,
        "macro": scores_json(counts.scores(Average::Macro)),
        "micro": scores_json(counts.scores(Average::Micro)),
        "weighted": scores_json(counts.scores(Average::Weighted)),
    });
    if counts.labels.iter().all(|label| [0, 1].contains(label)) {
        computed["binary"] = scores_json(counts.of_class(1));
    }
    Ok(computed)
}

fn correlation(example: Fields) -> Result<Json> {
    let (x, y): (Vec<f64>, Vec<f64>) = (example.get("x")?, example.get("y")?);
    // JSON has no NaN.
    let number = |value: f64| if value.is_nan() { json!("nan") } else { json!(value) };
    let succeed = |result: std::result::Result<f64, jumok_metrics::MetricError>| {
        result.map(number).map_err(|error| example.unsuitable(error.to_string()))
    };
    Ok(json!({"pearson": succeed(pearson(&x, &y))?, "spearman": succeed(spearman(&x, &y))?}))
}

fn entity_f1(case: &Case) -> Result<Json> {
    let whole = Fields { case, json: &case.json };
    let sets = list(whole, "sets", &["name", "true", "predicted"], |example| {
        let (truth, predicted): (Vec<Vec<String>>, Vec<Vec<String>>) =
            (example.get("true")?, example.get("predicted")?);
        let score = |scheme| {
            EntityScores::new(&truth, &predicted, scheme).map_err(|error| example.unsuitable(error.to_string()))
        };
        let lenient = score(Scheme::Lenient)?;
        let strict = score(Scheme::StrictIob2)?;
        Ok(json!({
            "accuracy": lenient.accuracy,
            "default": entity_json(&lenient),
            "strict_iob2": entity_json(&strict),
        }))
    })?;
    let found = list(whole, "entities", &["tags"], |example| {
        let tags: Vec<String> = example.get("tags")?;
        let found = entities(&tags, Scheme::Lenient).map_err(|error| example.unsuitable(error.to_string()))?;
        Ok(json!({"entities": found.iter().map(|e| json!([e.kind, e.first, e.last])).collect::<Vec<_>>()}))
    })?;
    Ok(json!({"sets": sets, "entities": found, "entity_note": case.json["entity_note"]}))
}

fn entity_json(scores: &EntityScores) -> Json {
    let of_type = |one: &jumok_metrics::TypeScores| {
        let Scores { precision, recall, f1 } = one.scores;
        json!({"precision": precision, "recall": recall, "f1-score": f1, "support": one.support as f64})
    };
    let mut json = scores_json(scores.micro);
    json["macro_f1"] = json!(scores.macro_average.f1);
    json["weighted_f1"] = json!(scores.weighted.f1);
    json["per_type"] = scores.per_type.iter().map(|(kind, one)| (kind.clone(), of_type(one))).collect();
    json
}

fn squad(case: &Case) -> Result<Json> {
    let whole = Fields { case, json: &case.json };
    let (mut predictions, mut answers): (Vec<String>, Vec<Vec<String>>) = (vec![], vec![]);
    for json in whole.list("examples")? {
        let example = Fields { case, json };
        predictions.push(example.get("prediction")?);
        answers.push(example.get("answers")?);
    }
    let examples = list(whole, "examples", &["prediction", "answers"], |example| {
        let (prediction, answers): (String, Vec<String>) = (example.get("prediction")?, example.get("answers")?);
        Ok(json!({
            "normalized": normalize_answer(&prediction),
            "exact_match": answer_exact_match(&prediction, &borrowed(&answers)),
            "f1": answer_f1(&prediction, &borrowed(&answers)),
        }))
    })?;
    let answers: Vec<Vec<&str>> = answers.iter().map(|answers| borrowed(answers)).collect();
    let totals = SquadScores::new(&borrowed(&predictions), &answers);
    let totals = totals.map_err(|error| whole.unsuitable(error.to_string()))?;
    Ok(json!({"examples": examples, "exact_match": totals.exact_match, "f1": totals.f1}))
}
