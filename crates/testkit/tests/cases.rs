//! Reading a folder of cases and judging results, on a small folder that is made here.

use std::fs;
use std::path::Path;

use jumok_testkit::{
    Case, Computed, Scope, TensorData, Tensors, TestkitError, Verdict, compare, compare_scope, read_computed, walk,
    write_case, write_json_case,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

const ALL: [&str; 0] = [];

fn put(folder: &Path, name: &str, json: &Value, tensors: Option<&Tensors>) {
    let path = folder.join(format!("{name}.json"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, json.to_string()).unwrap();
    if let Some(tensors) = tensors {
        write_case(folder, name.as_ref(), tensors).unwrap();
    }
}

fn tensors<const N: usize>(list: [(&str, TensorData); N]) -> Tensors {
    list.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect()
}

fn case_of(json: Value, tensors: Option<&Tensors>) -> Case {
    let folder = TempDir::new().unwrap();
    put(folder.path(), json["case"].as_str().unwrap(), &json, tensors);
    let mut cases = walk(folder.path(), &ALL).unwrap();
    assert_eq!(cases.len(), 1);
    cases.remove(0)
}

fn judge(case: &Case, actual: &Tensors) -> Verdict {
    compare(case, Some(&Computed::Tensors(actual.clone())))
}

fn errors(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Fail(errors) => errors,
        other => panic!("expected a failure, got {other:?}"),
    }
}

fn vector(values: &[f32]) -> TensorData {
    TensorData::f32(&[values.len()], values.to_vec())
}

#[test]
fn a_case_is_read_with_all_its_parts() {
    let stored = tensors([
        ("in.x", TensorData::f32(&[2, 1], vec![1.0, -0.5])),
        ("in.ids", TensorData::i64(&[2], vec![-100, 3])),
        ("in.keep", TensorData::bool(&[2], vec![true, false])),
        ("param.linear.weight", TensorData::f32(&[0, 3], vec![])),
        ("out.lr", TensorData::f64(&[], vec![1e-3])),
        ("grad.out.lr", TensorData::f32(&[], vec![2.0])),
    ]);
    let json = json!({
        "case": "ops/thing__small", "op": "thing", "attrs": {"value": "-inf", "p": 0.1, "end": null}, "note": "so",
        "inputs": ["x", "ids", "keep"], "params": ["linear.weight"], "outputs": ["lr"], "tags": ["edge"],
        "backward": {"upstream": {"lr": "grad.out.lr"}, "grads": {"x": "grad.x"}},
        "tolerance": {"out": {"rtol": 1e-4, "atol": 1e-5}},
    });
    let case = case_of(json, Some(&stored));
    assert_eq!((case.name.as_str(), case.op.as_str(), case.group()), ("ops/thing__small", "thing", "ops"));
    assert_eq!(case.stem, Path::new("ops/thing__small"));
    assert_eq!(
        (case.inputs.len(), &case.params[..], &case.outputs[..]),
        (3, &["linear.weight".to_owned()][..], &["lr".to_owned()][..])
    );
    assert_eq!(case.tensors.as_ref(), Some(&stored), "every element type survives writing and reading");
    assert!(case.has_tag("edge") && !case.has_tag("edg"));
    assert_eq!(case.attr::<f64>("value").unwrap(), f64::NEG_INFINITY);
    assert_eq!(case.attr_opt::<i64>("end").unwrap(), None);
    assert_eq!(case.attr_or("q", 4_i64).unwrap(), 4);
    let message = case.attr::<bool>("p").unwrap_err().to_string();
    assert_eq!(message, "case ops/thing__small: attribute p should be true or false, but is 0.1");
    assert_eq!(case.input("ids").unwrap().to_i64(), Some(vec![-100, 3]));
    assert_eq!(case.param("linear.weight").unwrap().shape(), [0, 3]);
    assert!(case.input_opt("mask").is_none());
    assert_eq!(case.upstream("lr").unwrap().unwrap().to_f32(), [2.0]);
    assert!(case.upstream("other").unwrap().is_none());
    let message = case.input("y").unwrap_err().to_string();
    assert!(message.starts_with("case ops/thing__small has no tensor in.y; it has grad.out.lr, in.ids"), "{message}");
}

#[test]
fn walk_sorts_selects_and_leaves_out_what_is_no_case() {
    let folder = TempDir::new().unwrap();
    for name in ["ops/b", "ops/a", "attention/c", "generate/d", "ops/generate/e"] {
        put(folder.path(), name, &json!({"case": name, "op": "x"}), None);
    }
    put(folder.path(), "models/config", &json!({"hidden_size": 8}), None);
    put(folder.path(), "list", &json!([1, 2]), None);
    put(folder.path(), "no_op", &json!({"case": "no_op", "op": null}), None);
    put(folder.path(), "sampler", &json!({"case": "sampler", "op": "mlm_statistics"}), None);
    let names = |only: &[&str]| walk(folder.path(), only).unwrap().into_iter().map(|c| c.name).collect::<Vec<_>>();
    assert_eq!(names(&[]), ["attention/c", "ops/a", "ops/b"]);
    assert_eq!(names(&["ops/b", "att"]), ["attention/c", "ops/b"]);
    assert!(names(&["models/"]).is_empty());
}

#[test]
fn damaged_files_are_typed_errors() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("case.json");
    assert!(matches!(walk(&folder.path().join("absent"), &ALL), Err(TestkitError::Io { .. })));

    fs::write(&path, "{\"case\": ").unwrap();
    let error = walk(folder.path(), &ALL).unwrap_err();
    assert!(matches!(error, TestkitError::Json { .. }) && error.to_string().contains("case.json"), "{error}");

    fs::write(&path, json!({"case": "c", "op": "x", "tags": 3}).to_string()).unwrap();
    assert!(matches!(walk(folder.path(), &ALL), Err(TestkitError::Json { .. })));

    fs::write(&path, json!({"case": "c", "op": "x"}).to_string()).unwrap();
    fs::write(folder.path().join("case.safetensors"), [255; 16]).unwrap();
    assert!(matches!(walk(folder.path(), &ALL), Err(TestkitError::Safetensors { .. })));

    let header = br#"{"x":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}"#;
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header, &[0, 0]].concat();
    fs::write(folder.path().join("case.safetensors"), bytes).unwrap();
    let error = walk(folder.path(), &ALL).unwrap_err();
    assert!(matches!(&error, TestkitError::UnsupportedDtype { tensor, dtype, .. } if tensor == "x" && dtype == "BF16"));
}

#[test]
fn narrow_integers_are_widened() {
    let folder = TempDir::new().unwrap();
    let header = br#"{"in.x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},"in.y":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}"#;
    let data = [&(-2_i32).to_le_bytes()[..], &7_i32.to_le_bytes(), &[200]].concat();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header, &data].concat();
    fs::write(folder.path().join("c.safetensors"), bytes).unwrap();
    put(folder.path(), "c", &json!({"case": "c", "op": "x"}), None);
    let case = walk(folder.path(), &ALL).unwrap().remove(0);
    assert_eq!(case.input("x").unwrap(), &TensorData::i64(&[2], vec![-2, 7]));
    assert_eq!(case.input("y").unwrap(), &TensorData::i64(&[1], vec![200]));
}

#[test]
fn writing_into_a_file_instead_of_a_folder_fails_and_leaves_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    let error = write_case(&file, "ops/x".as_ref(), &Tensors::new()).unwrap_err();
    assert!(matches!(error, TestkitError::Io { action: "cannot write", .. }), "{error}");
    assert_eq!(fs::read_to_string(file).unwrap(), "precious");
}

#[test]
fn the_tolerance_of_the_tensor_then_of_the_kind_then_the_default_holds() {
    let stored = tensors([
        ("out.a", vector(&[100.0])),
        ("out.b", vector(&[100.0])),
        ("grad.c", vector(&[100.0])),
        ("grad.out", vector(&[5.0])),
        ("in.x", vector(&[9.0])),
    ]);
    let json = json!({
        "case": "c", "op": "x", "tolerance": {"out": {"rtol": 0.1, "atol": 1.0}},
        "tolerance_by_tensor": {"out.b": {"rtol": 0.0, "atol": 2.0}},
    });
    let case = case_of(json, Some(&stored));
    let computed =
        |a: f32, b: f32, c: f32| tensors([("out.a", vector(&[a])), ("out.b", vector(&[b])), ("grad.c", vector(&[c]))]);
    assert_eq!(judge(&case, &computed(110.9, 98.1, 100.009)), Verdict::Pass);
    let found = errors(judge(&case, &computed(111.1, 97.0, 100.02)));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[2].starts_with("out.b: 1 of 1 off, worst 97 for 100 (1.5 times"), "{found:?}");
    assert!(found[0].starts_with("grad.c: ") && found[1].starts_with("out.a: "), "{found:?}");

    let only_out = Computed::Tensors(tensors([("out.a", vector(&[100.0])), ("out.b", vector(&[100.0]))]));
    assert_eq!(errors(compare(&case, Some(&only_out))), ["grad.c: missing"]);
    assert_eq!(compare_scope(&case, Some(&only_out), Scope::Outputs), Verdict::Pass);
    assert_eq!(compare(&case, None), Verdict::Missing);
    assert_eq!(errors(compare(&case, Some(&Computed::Json(json!({}))))), ["JSON was computed, expected tensors"]);
}

#[test]
fn shapes_special_values_and_integers_are_exact() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let stored = tensors([
        ("out.ids", TensorData::i64(&[3], vec![1, 2, 3])),
        ("out.keep", TensorData::bool(&[2], vec![true, false])),
        ("out.none", TensorData::f32(&[0, 2], vec![])),
        ("out.x", vector(&[nan, inf, -inf, 1.0])),
    ]);
    let tolerance = json!({"out": {"rtol": 1.0, "atol": 1000.0}});
    let case = case_of(json!({"case": "c", "op": "x", "tolerance": tolerance}), Some(&stored));
    assert_eq!(judge(&case, &stored), Verdict::Pass);
    let with = |name: &str, tensor: TensorData| {
        let mut actual = stored.clone();
        actual.insert(name.to_owned(), tensor);
        errors(judge(&case, &actual)).join("; ")
    };
    assert_eq!(with("out.x", vector(&[0.0, inf, -inf, 1.0])), "out.x: nan pattern differs (0 nan, expected 1)");
    assert_eq!(with("out.x", vector(&[nan, inf, inf, 1.0])), "out.x: infinities differ");
    assert_eq!(with("out.x", vector(&[nan, inf, -inf, inf])), "out.x: infinities differ");
    assert_eq!(with("out.x", vector(&[nan, 3e38, -inf, 1.0])), "out.x: infinities differ");
    assert_eq!(with("out.ids", TensorData::i64(&[3], vec![1, 0, 4])), "out.ids: 2 of 3 integers differ");
    assert_eq!(with("out.ids", vector(&[1.0, nan, 3.0])), "out.ids: 1 of 3 integers differ");
    assert_eq!(with("out.keep", TensorData::i64(&[2], vec![1, 1])), "out.keep: 1 of 2 integers differ");
    assert_eq!(with("out.none", TensorData::f32(&[2, 0], vec![])), "out.none: shape [2, 0], expected [0, 2]");
    assert_eq!(with("out.x", TensorData::f32(&[1, 4], vec![nan, inf, -inf, 1.0])), "out.x: shape [1, 4], expected [4]");
    let mut same_numbers = stored.clone();
    same_numbers.insert("out.keep".to_owned(), TensorData::i64(&[2], vec![1, 0]));
    same_numbers.insert("out.ids".to_owned(), vector(&[1.0, 2.0, 3.0]));
    assert_eq!(judge(&case, &same_numbers), Verdict::Pass, "only the numbers count, not their type");
}

#[test]
fn upstream_gradients_and_informative_tensors_are_not_compared() {
    let stored = tensors([
        ("grad.out.y", vector(&[1.0])),
        ("grad.out.weight", vector(&[1.0])),
        ("out.y", vector(&[1.0])),
        ("out.noise", vector(&[1.0])),
    ]);
    // `out.weight` is a parameter of a layer called `out`, so its gradient is compared.
    let json = json!({
        "case": "c", "op": "x", "informative_only": ["out.noise"], "params": ["out.weight"],
        "backward": {"upstream": {"y": "grad.out.y"}, "grads": {"out.weight": "grad.out.weight"}},
    });
    let case = case_of(json, Some(&stored));
    assert_eq!(errors(judge(&case, &tensors([("out.y", vector(&[1.0]))]))), ["grad.out.weight: missing"]);
    let actual =
        tensors([("out.y", vector(&[1.0])), ("grad.out.weight", vector(&[1.0])), ("out.noise", vector(&[9.0]))]);
    assert_eq!(judge(&case, &actual), Verdict::Pass);
}

#[test]
fn padding_rows_are_not_compared_where_the_case_says_so() {
    // batch 2, time 2; the first token of the second sequence is padding
    let mask = TensorData::i64(&[2, 2], vec![1, 1, 0, 1]);
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    let zeros = |shape: &[usize]| TensorData::f32(shape, vec![0.0; count(shape)]);
    let (hidden, weights, loss) = ([2, 2, 3], [2, 2, 2, 2], [1]);
    let stored = tensors([
        ("in.attention_mask", mask),
        ("out.hidden", zeros(&hidden)),
        ("out.weights", zeros(&[2, 1, 2, 2])),
        ("out.loss", zeros(&loss)),
        ("grad.hidden", zeros(&hidden)),
    ]);
    let tagged = json!({"case": "c", "op": "x", "tags": ["compare_only_where_attention_mask"]});
    let case = case_of(tagged.clone(), Some(&stored));
    let bump = |name: &str, position: usize| {
        let mut values = stored[name].to_f32();
        values[position] = 1.0;
        let mut actual = stored.clone();
        actual.insert(name.to_owned(), TensorData::f32(stored[name].shape(), values));
        judge(&case, &actual)
    };
    let judged: Vec<bool> = (0..12).map(|i| bump("out.hidden", i) != Verdict::Pass).collect();
    assert_eq!(judged, [[true; 6], [false, false, false, true, true, true]].concat());
    assert!(errors(bump("out.hidden", 0))[0].starts_with("out.hidden: 1 of 9 off"));
    let judged: Vec<bool> = (0..8).map(|i| bump("out.weights", i) != Verdict::Pass).collect();
    assert_eq!(judged, [true, true, true, true, false, false, true, true]);
    assert!((0..12).all(|i| bump("grad.hidden", i) != Verdict::Pass), "gradients are compared everywhere");
    assert_ne!(bump("out.loss", 0), Verdict::Pass);

    // With several heads the axis of time is the third one.
    let mut stored = stored.clone();
    stored.insert("in.attention_mask".to_owned(), TensorData::i64(&[2, 3], vec![1, 1, 1, 1, 0, 1]));
    stored.insert("out.weights".to_owned(), zeros(&[2, 2, 3, 1]));
    let case = case_of(tagged, Some(&stored));
    let judged: Vec<bool> = (0..12)
        .map(|i| {
            let mut actual = stored.clone();
            let values = (0..12).map(|j| f32::from(u8::from(i == j))).collect();
            actual.insert("out.weights".to_owned(), TensorData::f32(&[2, 2, 3, 1], values));
            judge(&case, &actual) != Verdict::Pass
        })
        .collect();
    assert_eq!(judged, [[true; 6], [true, false, true, true, false, true]].concat());

    let untagged = case_of(json!({"case": "c", "op": "x"}), Some(&stored));
    let mut actual = stored.clone();
    actual.insert("out.weights".to_owned(), TensorData::f32(&[2, 2, 3, 1], vec![1.0; count(&weights) - 4]));
    assert!(errors(judge(&untagged, &actual))[0].starts_with("out.weights: 12 of 12 off"));
}

#[test]
fn json_cases_compare_structure_and_numbers() {
    let json = json!({
        "case": "metrics/m", "op": "bleu", "note": "not compared", "tolerance": {"rtol": 0.0, "atol": 0.01},
        "examples": [{"score": 0.5, "count": 2, "text": "가나다", "ok": true, "none": null}],
    });
    let case = case_of(json, None);
    let verdict = |example: Value| compare(&case, Some(&Computed::Json(json!({"examples": [example]}))));
    let good = json!({"score": 0.505, "count": 2, "text": "가나다", "ok": true, "none": null, "extra": 1});
    assert_eq!(verdict(good.clone()), Verdict::Pass);
    let with = |key: &str, value: Value| {
        let mut example = good.clone();
        example[key] = value;
        errors(verdict(example)).join("; ")
    };
    assert_eq!(with("score", json!(0.52)), ".examples[0].score: 0.52, expected 0.5");
    assert_eq!(with("score", json!(1)), ".examples[0].score: 1, expected 0.5");
    assert_eq!(with("score", json!("0.5")), ".examples[0].score: \"0.5\", expected 0.5");
    assert_eq!(with("count", json!(2.001)), ".examples[0].count: 2.001, expected 2", "an integer has no tolerance");
    assert_eq!(with("text", json!("가나")), ".examples[0].text: \"가나\", expected \"가나다\"");
    assert_eq!(with("ok", json!(null)), ".examples[0].ok: null, expected true");
    assert_eq!(with("none", json!(0)), ".examples[0].none: 0, expected null");
    assert_eq!(errors(verdict(json!([1]))), [".examples[0]: not an object"]);
    assert!(errors(verdict(json!({"score": 0.5}))).contains(&".examples[0].count: missing".to_owned()));
    let whole = |value: Value| errors(compare(&case, Some(&Computed::Json(value)))).join("; ");
    assert_eq!(whole(json!({"examples": []})), ".examples: length 0, expected 1");
    assert_eq!(whole(json!({"examples": "none"})), ".examples: length -, expected 1");
    assert_eq!(whole(json!({})), ".examples: missing");
    assert_eq!(whole(json!(3)), ": not an object");
}

#[test]
fn results_are_found_under_the_stem() {
    let (reference, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    // The file's name differs from the case's, and holds a dot.
    let json = json!({"case": "tokenizers/unigram", "op": "tokenizer", "strings": ["a"]});
    put(reference.path(), "tokenizers/unigram/encodings.v1.1", &json, None);
    let case = walk(reference.path(), &ALL).unwrap().remove(0);
    assert!(read_computed(out.path(), &case).unwrap().is_none());
    write_json_case(out.path(), &case.stem, &json!({"strings": ["a"]})).unwrap();
    assert!(out.path().join("tokenizers/unigram/encodings.v1.1.json").exists());
    let computed = read_computed(out.path(), &case).unwrap();
    assert_eq!(compare(&case, computed.as_ref()), Verdict::Pass);
    let leftovers = fs::read_dir(out.path().join("tokenizers/unigram")).unwrap().count();
    assert_eq!(leftovers, 1, "no temporary file is left");
}

proptest! {
    #[test]
    fn what_is_written_is_read_bit_for_bit(bits in prop::collection::vec(any::<u32>(), 0..20), ids in prop::collection::vec(any::<i64>(), 0..20)) {
        let folder = TempDir::new().unwrap();
        let floats: Vec<f32> = bits.iter().map(|&b| f32::from_bits(b)).collect();
        let stored = tensors([("out.x", vector(&floats)), ("out.ids", TensorData::i64(&[ids.len(), 1], ids.clone()))]);
        write_case(folder.path(), "c".as_ref(), &stored).unwrap();
        let read = jumok_testkit::read_tensors(&folder.path().join("c.safetensors")).unwrap();
        let read_bits: Vec<u32> = read["out.x"].to_f32().iter().map(|v| v.to_bits()).collect();
        prop_assert_eq!(read_bits, bits);
        prop_assert_eq!(&read["out.ids"], &stored["out.ids"]);
    }
}
