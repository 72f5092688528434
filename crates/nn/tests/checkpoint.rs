//! Checkpoint files: what is saved comes back, and what is wrong with a file is said.

#![allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use half::{bf16, f16};
use jumok_nn::{
    Array, CheckpointError, Elem, Linear, LoadOptions, Module, NamedArrays, Tensor, load, load_arrays, parameters,
    save, save_arrays, save_with_metadata, write_atomically,
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

struct Model {
    encoder: Vec<Linear>,
    pooler: Linear,
}
impl Module for Model {
    parameters!("encoder.layer" => encoder, "pooler.dense" => pooler);
}

fn model(seed: u64) -> Model {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut linear = || Linear::new(2, 2, &mut rng);
    Model { encoder: vec![linear(), linear()], pooler: linear() }
}

fn values(model: &dyn Module) -> Vec<(String, Vec<Elem>)> {
    model.named_parameters().into_iter().map(|(name, tensor)| (name, tensor.to_vec())).collect()
}

/// A file as another program would write it: every array as a name, a type, a shape and bytes.
fn write_foreign(path: &Path, arrays: &[(&str, Dtype, &[usize], Vec<u8>)]) {
    let views = arrays
        .iter()
        .map(|(name, dtype, shape, bytes)| (name.to_string(), TensorView::new(*dtype, shape.to_vec(), bytes).unwrap()));
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// A file with any header and data.
fn write_raw(path: &Path, header: &str, data: &[u8]) {
    let length = (header.len() as u64).to_le_bytes();
    fs::write(path, [&length, header.as_bytes(), data].concat()).unwrap();
}

fn f32_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[test]
fn a_saved_model_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let metadata = BTreeMap::from([("epoch".to_owned(), "3".to_owned())]);
    save_with_metadata(&model(1), &path, &metadata).unwrap();

    let mut other = model(2);
    let report = load(&mut other, &path, &LoadOptions::default()).unwrap();
    assert_eq!(values(&other), values(&model(1)));
    let names: Vec<String> = values(&other).into_iter().map(|(name, _)| name).collect();
    assert_eq!(report.loaded, names);
    assert_eq!(report.metadata["epoch"], "3");
    assert_eq!(report.metadata["format"], "pt");
    assert!(report.converted.is_empty() && report.missing.is_empty() && report.unexpected.is_empty());
    assert!(other.pooler.weight.is_parameter());
}

#[test]
fn the_reference_reader_understands_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&model(1), &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.len(), 6);
    let weight = tensors.tensor("encoder.layer.1.weight").unwrap();
    assert_eq!(weight.shape(), [2, 2]);
    let expected: Vec<u8> = model(1).encoder[1].weight.to_vec().iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(weight.data(), expected);
    let header_length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(header_length % 8, 0);
}

#[test]
fn other_types_are_converted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let numbers = [1.5_f32, -0.25, 1024.0, 3.0];
    let f64s = numbers.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect();
    let f16s = numbers.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
    let bf16s = numbers.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect();
    let arrays: [(&str, Dtype, &[usize], Vec<u8>); 4] = [
        ("0", Dtype::F32, &[4], f32_bytes(&numbers)),
        ("1", Dtype::F64, &[2, 2], f64s),
        ("2", Dtype::F16, &[4, 1], f16s),
        ("3", Dtype::BF16, &[4], bf16s),
    ];
    write_foreign(&path, &arrays);
    let mut model: Vec<Tensor> = arrays.iter().map(|(_, _, shape, _)| Tensor::zeros(shape)).collect();
    let report = load(&mut model, &path, &LoadOptions::default()).unwrap();
    for tensor in &model {
        assert_eq!(tensor.to_vec(), numbers.map(|x| x as Elem));
    }
    let native = if size_of::<Elem>() == 4 { "0" } else { "1" };
    let converted: Vec<&str> = report.converted.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(converted, ["0", "1", "2", "3"].into_iter().filter(|&name| name != native).collect::<Vec<_>>());
}

#[test]
fn a_file_that_does_not_fit_is_explained_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let zeros = |n| f32_bytes(&vec![0.0; n]);
    write_foreign(
        &path,
        &[
            ("encoder.layer.0.weight", Dtype::F32, &[2, 2], zeros(4)),
            ("encoder.layer.0.bias", Dtype::F32, &[2], zeros(2)),
            ("encoder.layers.1.weight", Dtype::F32, &[2, 2], zeros(4)),
            ("encoder.layer.1.bias", Dtype::F32, &[3], zeros(3)),
            ("pooler.dense.weight", Dtype::F32, &[2, 2], zeros(4)),
            ("pooler.dense.bias", Dtype::F32, &[2], zeros(2)),
            ("classifier.weight", Dtype::F32, &[1], zeros(1)),
        ],
    );
    let mut model = model(1);
    let before = values(&model);
    let text = load(&mut model, &path, &LoadOptions::default()).unwrap_err().to_string();
    let expected = "does not fit the model
  1 missing in the file:
    encoder.layer.1.weight (the file has encoder.layers.1.weight)
  2 unknown to the model:
    classifier.weight
    encoder.layers.1.weight (the model has encoder.layer.1.weight)
  1 of another shape:
    encoder.layer.1.bias: [2] in the model, [3] in the file";
    assert!(text.ends_with(expected), "{text}");
    let lenient = LoadOptions { strict: false, ..LoadOptions::default() };
    assert!(matches!(load(&mut model, &path, &lenient), Err(CheckpointError::Mismatch { .. })));
    assert_eq!(values(&model), before);
}

#[test]
fn what_is_left_over_is_reported_when_not_strict() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_foreign(
        &path,
        &[
            ("module.pooler.dense.gamma", Dtype::F32, &[2, 2], f32_bytes(&[1.0, 2.0, 3.0, 4.0])),
            ("module.extra", Dtype::I64, &[1], vec![0; 8]),
            ("module.position_ids", Dtype::I64, &[1], vec![0; 8]),
            ("optimizer.step", Dtype::I64, &[1], vec![0; 8]),
        ],
    );
    let options = LoadOptions {
        strict: false,
        file_prefix: "module".into(),
        rename: vec![("gamma".into(), "weight".into())],
        ignore: vec!["position_ids".into()],
        ..LoadOptions::default()
    };
    let mut model = model(1);
    let bias = model.pooler.bias.as_ref().unwrap().to_vec();
    let report = load(&mut model, &path, &options).unwrap();
    assert_eq!(report.loaded, ["pooler.dense.weight"]);
    assert_eq!(report.missing.len(), 5);
    assert_eq!(report.unexpected, ["module.extra"]);
    assert_eq!(report.ignored, ["module.position_ids", "optimizer.step"]);
    assert_eq!(model.pooler.weight.to_vec(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(model.pooler.bias.unwrap().to_vec(), bias);
}

#[test]
fn a_part_of_a_model_is_loaded_from_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pooler.safetensors");
    save(&model(1).pooler, &path).unwrap();
    let mut whole = model(2);
    let options = LoadOptions { model_prefix: "pooler.dense".into(), ..LoadOptions::default() };
    let report = load(&mut whole, &path, &options).unwrap();
    assert_eq!(report.loaded, ["pooler.dense.weight", "pooler.dense.bias"]);
    assert_eq!(whole.pooler.weight.to_vec(), model(1).pooler.weight.to_vec());
    assert_eq!(whole.encoder[0].weight.to_vec(), model(2).encoder[0].weight.to_vec());
}

#[test]
fn two_arrays_for_one_parameter_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let one = || f32_bytes(&[1.0]);
    write_foreign(&path, &[("a.beta", Dtype::F32, &[1], one()), ("a.bias", Dtype::F32, &[1], one())]);
    let options = LoadOptions { rename: vec![("beta".into(), "bias".into())], ..LoadOptions::default() };
    let error = load(&mut model(1), &path, &options).unwrap_err().to_string();
    assert!(error.contains("a.beta and a.bias would both be loaded as a.bias"), "{error}");
}

#[test]
fn whole_numbers_are_no_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = vec![Tensor::parameter(Array::ones(&[1])), Tensor::parameter(Array::ones(&[1]))];
    write_foreign(&path, &[("0", Dtype::F32, &[1], f32_bytes(&[5.0])), ("1", Dtype::I64, &[1], vec![0; 8])]);
    let error = load(&mut model, &path, &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.ends_with("1 holds numbers of type I64; f32, f64, f16 and bf16 can be loaded"), "{error}");
    assert_eq!(values(&model)[0].1, [1.0], "nothing is loaded if something cannot be");
}

#[test]
fn hostile_and_foreign_files_give_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let entry =
        |shape: &str, offsets: &str| format!(r#"{{"0":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#);
    // Eight arrays whose lengths add up to just below 2⁶⁴.
    let length = (1_u128 << 61) - 1;
    let huge: Vec<String> = (0..8)
        .map(|n| {
            let (start, end) = (n * length, (n + 1) * length);
            format!(r#""{n}":{{"dtype":"U8","shape":[{length}],"data_offsets":[{start},{end}]}}"#)
        })
        .collect();
    let nested = format!(r#"{{"0":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let headers: HashMap<&str, String> = HashMap::from([
        ("not JSON", "hello".to_owned()),
        ("an array", "[]".to_owned()),
        ("unknown type", entry("[1]", "[0,4]").replace("F32", "F33")),
        ("shape and length differ", entry("[2]", "[0,4]")),
        ("a gap", entry("[1]", "[4,8]")),
        ("backwards", entry("[1]", "[4,0]")),
        ("negative", entry("[-1]", "[0,4]")),
        ("shape overflows", entry("[4294967296,4294967296,4]", "[0,4]")),
        ("beyond the end", entry("[1000]", "[0,4000]")),
        ("sum overflows", format!("{{{}}}", huge.join(","))),
        ("nested", nested),
    ]);
    for (kind, header) in headers {
        write_raw(&path, &header, &[0; 4]);
        for error in [
            load(&mut Tensor::zeros(&[1]), &path, &LoadOptions::default()).map(|_| ()).unwrap_err(),
            load_arrays(&path).map(|_| ()).unwrap_err(),
        ] {
            assert!(matches!(error, CheckpointError::Format { .. }), "{kind}: {error}");
        }
    }
    write_raw(&path, &entry("[0,9223372036854775807,8]", "[0,0]"), &[]);
    assert!(matches!(load_arrays(&path), Err(CheckpointError::Format { .. })));

    let starts: [(&[u8], &str); 8] = [
        (b"", "only 0 bytes"),
        (b"PK\x03\x04\x00\x00\x08\x08 and so on", "zip archive"),
        (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9", "pickle"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
        (b"GGUF\x03\x00\x00\x00\x01\x00", "GGUF"),
        (b"<!DOCTYPE html>", "it is a text"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615 bytes is announced"),
        (b"\x40\x00\x00\x00\x00\x00\x00\x00{}", "has 64 bytes, but the file ends after 10"),
    ];
    for (bytes, reason) in starts {
        fs::write(&path, bytes).unwrap();
        let error = load_arrays(&path).unwrap_err();
        assert!(matches!(error, CheckpointError::Format { .. }) && error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn every_truncation_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&model(1), &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let error = load(&mut model(2), &path, &LoadOptions::default()).unwrap_err();
        assert!(matches!(error, CheckpointError::Format { .. }), "{length} bytes: {error}");
    }
    fs::write(&path, [&bytes[..], &[0]].concat()).unwrap();
    let error = load(&mut model(2), &path, &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("something was added"), "{error}");
}

#[test]
fn files_that_cannot_be_opened_or_written() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent").join("model.safetensors");
    let error = load_arrays(&absent).unwrap_err();
    assert!(
        error.to_string().starts_with("cannot read ") && error.to_string().contains("model.safetensors"),
        "{error}"
    );
    let error = save(&model(1), &absent).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
    assert!(load_arrays(folder.path()).unwrap_err().to_string().contains("it is a folder"));
    assert!(save(&model(1), folder.path()).is_err());
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, "old").unwrap();
    let failed = write_atomically(&path, |file| {
        file.write_all(b"half of the new")?;
        Err(std::io::Error::other("disk full"))
    });
    assert!(failed.unwrap_err().to_string().ends_with("disk full"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    write_atomically(&path, |file| file.write_all(b"new")).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn files_that_a_killed_process_left_behind_are_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for count in 0..100 {
        let stale = format!(".model.safetensors.{}-{count}.tmp", std::process::id());
        fs::write(folder.path().join(stale), "half").unwrap();
    }
    save(&model(1), &path).unwrap();
    load(&mut model(2), &path, &LoadOptions::default()).unwrap();
}

fn named_arrays() -> impl Strategy<Value = NamedArrays> {
    let array = prop::collection::vec(0_usize..4, 0..4).prop_flat_map(|shape| {
        let count = shape.iter().product::<usize>();
        prop::collection::vec(any::<f32>(), count)
            .prop_map(move |values| Array::from_vec(values.into_iter().map(|x| x as Elem).collect(), &shape))
    });
    // The format keeps its strings under this name.
    let name = ".{0,12}".prop_filter("reserved", |name| name != "__metadata__");
    let arrays = prop::collection::btree_map(name, array, 0..6);
    let metadata = prop::collection::btree_map(".{0,12}", ".{0,12}", 0..6);
    (arrays, metadata).prop_map(|(arrays, metadata)| NamedArrays { arrays, metadata })
}

/// Names and shapes with the bits of the elements, since NaN is not equal to itself.
fn bits(named: &NamedArrays) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let bits_of = |array: &Array| array.to_vec().into_iter().flat_map(Elem::to_le_bytes).collect();
    named.arrays.iter().map(|(name, array)| (name.clone(), array.shape().to_vec(), bits_of(array))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn saved_arrays_come_back_and_are_saved_as_the_same_bytes(named in named_arrays()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("arrays.safetensors");
        save_arrays(&named, &path).unwrap();
        let first = fs::read(&path).unwrap();
        let loaded = load_arrays(&path).unwrap();
        prop_assert_eq!(bits(&loaded), bits(&named));
        prop_assert_eq!(&loaded.metadata, &named.metadata);
        save_arrays(&loaded, &path).unwrap();
        prop_assert_eq!(fs::read(&path).unwrap(), first);
    }

    #[test]
    fn damaged_bytes_never_panic(position in 0_usize..400, value in any::<u8>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&model(1), &path).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let position = position % bytes.len();
        bytes[position] = value;
        fs::write(&path, bytes).unwrap();
        // A changed number is a valid file; anything else must be an error.
        let _ = load(&mut model(2), &path, &LoadOptions::default());
        let _ = load_arrays(&path);
    }
}
