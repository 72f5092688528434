//! The reference values of `tests/reference`: what is built agrees with PyTorch, and the judgement itself can be trusted.

use std::path::{Path, PathBuf};

use jumok_testkit::{Case, Computed, TensorData, Tensors, Tolerance, Values, Verdict, compare, walk};
use jumok_tests::{CaseError, dispatch, run};
use serde_json::{Value as Json, json};

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reference")
}

fn cases(beginning: &str) -> Vec<Case> {
    let cases = walk(&reference(), &[beginning]).unwrap();
    assert!(!cases.is_empty(), "no case begins with {beginning}");
    cases
}

/// The kinds that are not built yet, with the number of their cases. A kind leaves this list when it is built, and no other
/// way: a case that passes in silence because nobody computes it would otherwise go unnoticed.
const NOT_BUILT: [(&str, usize); 3] = [("pack_causal", 1), ("replaced_token_detection", 1), ("span_corruption", 1)];

/// Files of ids instead of tensors: the tests of the tokenizers in `crates/text` compare them.
const COMPARED_ELSEWHERE: [(&str, usize); 2] = [("sentencepiece", 1), ("tokenize", 4)];

#[test]
fn what_is_built_agrees_with_the_reference() {
    let run = run(&reference(), &[], None).unwrap();
    assert!(run.report.failed().is_empty(), "{}", run.report);
    let not_built: Vec<(&str, usize)> =
        run.not_built.iter().map(|(kind, cases)| (kind.as_str(), cases.len())).collect();
    let mut expected = [&NOT_BUILT[..], &COMPARED_ELSEWHERE].concat();
    expected.sort_unstable();
    assert_eq!(not_built, expected);
    let names: Vec<&str> = run.not_built.values().flatten().map(String::as_str).collect();
    assert!(names.len() == run.report.missing().len() && names.iter().all(|name| run.report.missing().contains(name)));
    let passed: Vec<(&str, usize)> = run.report.groups().iter().map(|(&group, counts)| (group, counts.pass)).collect();
    assert_eq!(
        passed,
        [
            ("alignment", 4),
            ("attention", 58),
            ("bert", 1),
            ("metrics", 7),
            ("models", 8),
            ("ops", 235),
            ("pretraining", 7),
            ("seq2seq", 32),
            ("tokenizers", 0),
            ("transformer", 66)
        ],
        "{}",
        run.report
    );
}

/// Another value at one place: beyond the tolerance where it is a float, one more where it is an integer.
fn with_one_wrong_element(tensor: &TensorData, place: usize, tolerance: Tolerance) -> TensorData {
    let shape = tensor.shape();
    match tensor.values() {
        Values::F32(values) => {
            let mut values = values.clone();
            let value = f64::from(values[place]);
            let wrong = value + 1.5 * tolerance.limit(value);
            values[place] = if wrong.is_finite() { wrong as f32 } else { 0.0 };
            TensorData::f32(shape, values)
        }
        Values::F64(values) => {
            let mut values = values.clone();
            values[place] += 1.5 * tolerance.limit(values[place]);
            TensorData::f64(shape, values)
        }
        Values::I64(values) => {
            let mut values = values.clone();
            values[place] += 1;
            TensorData::i64(shape, values)
        }
        Values::Bool(values) => {
            let mut values = values.clone();
            values[place] = !values[place];
            TensorData::bool(shape, values)
        }
    }
}

fn assert_fails_because_of(case: &Case, tensors: &Tensors, name: &str) {
    match compare(case, Some(&Computed::Tensors(tensors.clone()))) {
        Verdict::Fail(errors) => assert!(errors.iter().all(|e| e.starts_with(name)), "{}: {errors:?}", case.name),
        other => panic!("{}: a wrong {name} is {other:?}", case.name),
    }
}

#[test]
fn one_wrong_element_of_any_result_is_caught() {
    let mut caught = 0;
    for case in cases("ops/").iter().chain(&cases("attention/")).chain(&cases("transformer/")) {
        let Ok(Computed::Tensors(computed)) = dispatch(case) else { continue };
        for (name, tensor) in &computed {
            let mut wrong = computed.clone();
            let expected = case.tensor(name).unwrap();
            let kind = name.split('.').next().unwrap();
            let tolerance = case.tolerance_by_tensor.get(name).unwrap_or(&case.tolerance[kind]);
            for place in [0, tensor.len() / 2, tensor.len().saturating_sub(1)] {
                if place < expected.len() {
                    wrong.insert(name.clone(), with_one_wrong_element(expected, place, *tolerance));
                    assert_fails_because_of(case, &wrong, name);
                    caught += 1;
                }
            }
            wrong.remove(name);
            assert_fails_because_of(case, &wrong, name);
        }
    }
    assert!(caught > 1000, "only {caught} elements were looked at");
}

#[test]
fn a_wrong_decision_in_a_case_without_tensors_is_caught() {
    for case in cases("pretraining/") {
        let Ok(Computed::Json(mut computed)) = dispatch(&case) else { continue };
        assert_eq!(compare(&case, Some(&Computed::Json(computed.clone()))), Verdict::Pass);
        let last = computed["examples"].as_array_mut().unwrap().last_mut().unwrap();
        let result = last.as_object_mut().unwrap().values_mut().rfind(|value| value.is_array()).unwrap();
        result.as_array_mut().unwrap()[0] = json!(77);
        assert!(matches!(compare(&case, Some(&Computed::Json(computed))), Verdict::Fail(_)), "{}", case.name);
    }
}

/// Makes the last number with a fraction a little larger; whether there was one.
fn falsify(json: &mut Json) -> bool {
    match json {
        Json::Number(number) if number.is_f64() => {
            *json = json!(number.as_f64().unwrap() * 1.001 + 1e-3);
            true
        }
        Json::Array(items) => items.iter_mut().rev().any(falsify),
        Json::Object(fields) => {
            let mut fields: Vec<&mut Json> = fields.values_mut().collect();
            fields.iter_mut().rev().any(|field| falsify(field))
        }
        _ => false,
    }
}

#[test]
fn a_figure_that_is_a_little_too_good_is_caught() {
    let mut caught = 0;
    for case in cases("metrics/") {
        let Ok(Computed::Json(mut computed)) = dispatch(&case) else { continue };
        assert!(falsify(&mut computed), "{} has no figure", case.name);
        assert!(matches!(compare(&case, Some(&Computed::Json(computed))), Verdict::Fail(_)), "{}", case.name);
        caught += 1;
    }
    assert_eq!(caught, 6);
}

#[test]
fn the_name_of_a_case_has_no_influence() {
    for beginning in ["ops/cross_entropy", "attention/mha", "transformer/schedule", "pretraining/nsp", "metrics/"] {
        for case in cases(beginning) {
            let renamed =
                Case { name: "elsewhere/thing".to_owned(), stem: PathBuf::from("elsewhere/thing"), ..case.clone() };
            assert_eq!(compare(&case, Some(&dispatch(&renamed).unwrap())), Verdict::Pass, "{}", case.name);
        }
    }
}

fn one(name: &str) -> Case {
    cases(name).swap_remove(0)
}

fn error_of(case: &Case) -> String {
    dispatch(case).unwrap_err().to_string()
}

#[test]
fn an_attribute_or_input_that_nobody_looks_at_is_an_error() {
    let mut case = one("ops/softmax__dim-1");
    case.attrs["temperature"] = json!(0.5);
    assert_eq!(error_of(&case), "case ops/softmax__dim-1: nothing looked at attribute temperature");

    let mut case = one("ops/linear__2d");
    case.inputs.push("scale".to_owned());
    case.tensors.as_mut().unwrap().insert("in.scale".to_owned(), TensorData::f32(&[], vec![2.0]));
    assert_eq!(error_of(&case), "case ops/linear__2d: nothing looked at in.scale");
}

#[test]
fn a_kind_or_option_that_is_not_built_is_missing_and_says_what() {
    let kind = |case: &Case| match dispatch(case) {
        Err(CaseError::NotBuilt { kind }) => kind,
        other => panic!("{}: {other:?}", case.name),
    };
    let mut case = one("ops/relu");
    case.op = "hardswish".to_owned();
    assert_eq!(kind(&case), "hardswish");
    let mut case = one("attention/score_dot");
    case.attrs["score"] = json!("gaussian");
    assert_eq!(kind(&case), "general_attention with score gaussian");
    let mut case = one("attention/rope__half_linear");
    case.attrs["rope_parameters"]["rope_type"] = json!("dynamic");
    assert_eq!(kind(&case), "rope_half of type dynamic");
    let mut case = one("attention/rope__half_linear");
    case.attrs["rope_parameters"]["partial_rotary_factor"] = json!(0.5);
    assert_eq!(kind(&case), "rope_half with partial_rotary_factor");
    let mut case = one("transformer/optimizer__adamw");
    case.attrs["optimizer"] = json!("Lion");
    assert_eq!(kind(&case), "optimizer Lion");
    let mut case = one("transformer/schedule__polynomial");
    case.attrs["kwargs"]["cycle"] = json!(true);
    assert_eq!(kind(&case), "lr_schedule polynomial with cycle");
    let mut case = one("models/bert_pretraining");
    case.attrs["architecture"] = json!("BertForEverything");
    assert_eq!(kind(&case), "hf_forward BertForEverything");
    let mut case = one("transformer/trajectory__adam");
    case.attrs["model"] = json!("rnn");
    assert_eq!(kind(&case), "training_trajectory of rnn");
}

#[test]
fn a_case_that_contradicts_itself_is_an_error_of_that_case() {
    let mut case = one("ops/softmax__dim-1");
    case.attrs = json!({});
    assert_eq!(error_of(&case), "case ops/softmax__dim-1: attribute dim should be an integer, but is missing");

    let mut case = one("ops/gather__dim1");
    case.tensors.as_mut().unwrap().insert("in.index".to_owned(), TensorData::f32(&[1], vec![0.0]));
    assert_eq!(error_of(&case), "case ops/gather__dim1: in.index should hold integers");

    let mut case = one("attention/mha__self");
    let bias = case.tensors.as_mut().unwrap().get_mut("param.out_proj.bias").unwrap();
    *bias = TensorData::f32(&[1], vec![0.0]);
    let error = error_of(&case);
    assert!(error.contains("out_proj.bias is given as [1] and needs"), "{error}");
}

#[test]
fn a_panic_of_the_code_under_test_is_an_error_of_that_case() {
    let mut case = one("ops/matmul__2d");
    case.tensors.as_mut().unwrap().insert("in.b".to_owned(), TensorData::f32(&[1, 1], vec![0.0]));
    let error = error_of(&case);
    assert!(error.starts_with("panicked: matmul: shapes"), "{error}");
}

#[test]
fn a_training_run_with_one_setting_changed_is_caught() {
    type Change = fn(&mut Json);
    let changes: [(&str, Change); 8] = [
        ("bert/", |attrs| attrs["optimizer"]["weight_decay"] = json!(0.0)),
        ("bert/", |attrs| attrs["optimizer"]["betas"] = json!([0.9, 0.99])),
        ("bert/", |attrs| attrs["config"]["hidden_act"] = json!("gelu_new")),
        ("bert/", |attrs| attrs["clip_norm"] = json!(null)),
        ("bert/", |attrs| attrs["warmup"] = json!(21)),
        ("transformer/trajectory__adamw_postnorm", |attrs| attrs["activation"] = json!("relu")),
        ("transformer/trajectory__sgd_cosine_clip", |attrs| attrs["optimizer"]["nesterov"] = json!(false)),
        ("transformer/trajectory__adam_noam", |attrs| attrs["factor"] = json!(0.0501)),
    ];
    for (name, change) in changes {
        let case = one(name);
        let mut changed = case.clone();
        change(&mut changed.attrs);
        let Verdict::Fail(errors) = compare(&case, Some(&dispatch(&changed).unwrap())) else {
            panic!("{name}: {} instead of {} passes", changed.attrs, case.attrs);
        };
        assert!(errors.iter().any(|error| error.starts_with("out.loss")), "{name}: {errors:?}");
    }
}
