//! Folders in Hugging Face's format, as they are, damaged and hostile: what comes out, and what is said.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use jumok_bert::{
    AlbertConfig, AlbertForPreTraining, AlbertForSequenceClassification, BertConfig, BertForMaskedLM,
    BertForMultipleChoice, BertForPreTraining, BertForQuestionAnswering, BertForSequenceClassification,
    BertForTokenClassification, BertInputs, DistilBertConfig, DistilBertForQuestionAnswering,
    DistilBertForSequenceClassification, EncoderConfig, EncoderError, EncoderSettings, HeadConfig, HeadedModel,
    MissingParts, ProblemType, RobertaConfig, RobertaForMultipleChoice, RobertaForSequenceClassification,
    SequenceLabels, TextEncoder,
};
use jumok_nn::{CheckpointError, Ctx, Module, NamedArrays, load_arrays, save_arrays};
use jumok_tensor::{Array, IntTensor, Tensor};
use proptest::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

const WEIGHTS: &str = "model.safetensors";

fn bert() -> BertConfig {
    BertConfig {
        vocab_size: 11,
        hidden_size: 8,
        num_attention_heads: 2,
        intermediate_size: 12,
        max_position_embeddings: 6,
        ..BertConfig::tiny()
    }
}
fn roberta() -> RobertaConfig {
    RobertaConfig {
        vocab_size: 11,
        hidden_size: 8,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 12,
        max_position_embeddings: 8,
        ..RobertaConfig::base()
    }
}
fn albert() -> AlbertConfig {
    AlbertConfig {
        vocab_size: 11,
        embedding_size: 4,
        hidden_size: 8,
        num_hidden_layers: 4,
        num_hidden_groups: 2,
        num_attention_heads: 2,
        intermediate_size: 12,
        max_position_embeddings: 6,
        ..AlbertConfig::base()
    }
}
fn distilbert() -> DistilBertConfig {
    DistilBertConfig {
        vocab_size: 11,
        dim: 8,
        n_layers: 2,
        n_heads: 2,
        hidden_dim: 12,
        max_position_embeddings: 6,
        ..DistilBertConfig::default()
    }
}

/// Two sequences of four tokens, the second with a token of padding.
fn inputs(pad: i64) -> BertInputs {
    let mut inputs = BertInputs::new(IntTensor::from_vec(vec![2, 5, 6, 3, 2, 7, 3, pad], &[2, 4]));
    inputs.attention_mask = IntTensor::from_vec(vec![1, 1, 1, 1, 1, 1, 1, 0], &[2, 4]);
    inputs
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The folder of a small BERT with the heads of its pre-training.
fn pretrained() -> tempfile::TempDir {
    let folder = folder();
    BertForPreTraining::new(&bert(), 1).unwrap().save(&bert(), folder.path()).unwrap();
    folder
}

fn contents(folder: &Path) -> NamedArrays {
    load_arrays(&folder.join(WEIGHTS)).unwrap()
}

/// Writes the arrays again under other names; an empty name drops one.
fn renamed(folder: &Path, name: impl Fn(&str) -> String) {
    let NamedArrays { arrays, metadata } = contents(folder);
    let arrays =
        arrays.into_iter().map(|(old, array)| (name(&old), array)).filter(|(new, _)| !new.is_empty()).collect();
    save_arrays(&NamedArrays { arrays, metadata }, &folder.join(WEIGHTS)).unwrap();
}

fn set_config(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("config.json");
    let mut json: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

fn values(model: &dyn Module) -> BTreeMap<String, Vec<f32>> {
    model.named_parameters().into_iter().map(|(name, tensor)| (name, tensor.to_vec())).collect()
}

fn refused<M: HeadedModel>(folder: &Path) -> EncoderError {
    match M::load(folder, MissingParts::Refuse) {
        Ok(_) => panic!("a {} was loaded from {}", M::architecture(), folder.display()),
        Err(error) => error,
    }
}

/// Saves, loads and compares a model of one of the family; its logits must not change either.
fn comes_back<M: HeadedModel>(
    model: &M,
    config: &<M::Encoder as TextEncoder>::Config,
    logits: impl Fn(&M) -> Vec<f32>,
) {
    let folder = folder();
    model.save(config, folder.path()).unwrap();
    let loaded = M::load(folder.path(), MissingParts::Refuse).unwrap();
    assert_eq!(&loaded.config, config);
    assert!(loaded.fresh.is_empty() && loaded.report.unexpected.is_empty() && loaded.report.ignored.is_empty());
    assert_eq!(values(&loaded.model), values(model));
    assert_eq!(logits(&loaded.model), logits(model));
    let json: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("config.json")).unwrap()).unwrap();
    assert_eq!(json["architectures"], json!([M::architecture()]));
    let read = EncoderConfig::load(folder.path()).unwrap();
    assert_eq!(read.sizes(), config.sizes());
}

fn numbers(tensor: Tensor) -> Vec<f32> {
    tensor.to_vec()
}

#[test]
fn what_is_saved_comes_back_for_all_of_the_family() {
    let labels = HeadConfig::named(["good", "bad", "so-so"]);
    let config = BertConfig { head: labels.clone(), ..bert() };
    comes_back(&BertForSequenceClassification::new(&config, 1).unwrap(), &config, |model| {
        numbers(model.forward(&inputs(0), &mut Ctx::eval()))
    });
    comes_back(&BertForMaskedLM::new(&bert(), 1).unwrap(), &bert(), |model| {
        numbers(model.forward(&inputs(0), &mut Ctx::eval()))
    });
    let config = RobertaConfig { head: labels.clone(), ..roberta() };
    comes_back(&RobertaForSequenceClassification::new(&config, 1).unwrap(), &config, |model| {
        numbers(model.forward(&inputs(1), &mut Ctx::eval()))
    });
    comes_back(&RobertaForMultipleChoice::new(&roberta(), 1).unwrap(), &roberta(), |model| {
        numbers(model.forward(&inputs(1), 2, &mut Ctx::eval()))
    });
    comes_back(&AlbertForPreTraining::new(&albert(), 1).unwrap(), &albert(), |model| {
        numbers(model.forward(&inputs(0), &mut Ctx::eval())[0].clone())
    });
    comes_back(&AlbertForSequenceClassification::new(&albert(), 1).unwrap(), &albert(), |model| {
        numbers(model.forward(&inputs(0), &mut Ctx::eval()))
    });
    comes_back(&DistilBertForSequenceClassification::new(&distilbert(), 1).unwrap(), &distilbert(), |model| {
        numbers(model.forward(&inputs(0), &mut Ctx::eval()))
    });
    comes_back(&DistilBertForQuestionAnswering::new(&distilbert(), 1).unwrap(), &distilbert(), |model| {
        numbers(model.forward(&inputs(0), &mut Ctx::eval())[1].clone())
    });
}

#[test]
fn recording_changes_no_logit() {
    let model = BertForSequenceClassification::new(&bert(), 1).unwrap();
    let mut ctx = Ctx::eval().recording();
    let recorded = numbers(model.forward(&inputs(0), &mut ctx));
    for (a, b) in recorded.iter().zip(numbers(model.forward(&inputs(0), &mut Ctx::eval()))) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
    let states = <jumok_bert::BertModel as TextEncoder>::recorded_states(&ctx.take_records());
    assert_eq!((states.hidden_states.len(), states.attentions.len()), (3, 2));
    assert_eq!(states.attentions[1].shape(), [2, 2, 4, 4]);
}

#[test]
fn each_kind_of_label_has_its_loss() {
    let model = |head: HeadConfig| {
        let config = BertConfig { head, ..bert() };
        BertForSequenceClassification::new(&config, 1).unwrap()
    };
    let logits = Tensor::from_vec(vec![1.0, 3.0], &[2, 1]);
    let values = SequenceLabels::Values(Tensor::from_vec(vec![2.0, 1.0], &[2]));
    assert!((model(HeadConfig::numbered(1)).loss(&logits, &values).item() - 2.5).abs() < 1e-6); // (1 + 4)/2
    let logits = Tensor::from_vec(vec![0.0; 4], &[2, 2]);
    let classes = SequenceLabels::Classes(IntTensor::from_vec(vec![1, -100], &[2]));
    let ln2 = std::f64::consts::LN_2;
    assert!((model(HeadConfig::numbered(2)).loss(&logits, &classes).item() as f64 - ln2).abs() < 1e-6);
    let several = HeadConfig { problem_type: Some(ProblemType::MultiLabelClassification), ..HeadConfig::numbered(2) };
    let values = SequenceLabels::Values(Tensor::from_vec(vec![1.0, 1.0, 0.0, 1.0], &[2, 2]));
    assert!((model(several).loss(&logits, &values).item() as f64 - ln2).abs() < 1e-6);
}

#[test]
#[should_panic(expected = "SingleLabelClassification needs classes as labels, not numbers")]
fn labels_of_another_kind_are_refused() {
    let model = BertForSequenceClassification::new(&bert(), 1).unwrap();
    let logits = Tensor::from_vec(vec![0.0; 4], &[2, 2]);
    model.loss(&logits, &SequenceLabels::Values(Tensor::from_vec(vec![0.0, 1.0], &[2])));
}

#[test]
#[should_panic(expected = "2 rows do not make examples of 3 choices")]
fn choices_that_do_not_fit_are_refused() {
    BertForMultipleChoice::new(&bert(), 1).unwrap().forward(&inputs(0), 3, &mut Ctx::eval());
}

#[test]
fn an_answer_beyond_the_text_counts_for_nothing() {
    let logits = [Tensor::from_vec(vec![0.0, 1.0, 2.0, 3.0], &[2, 2]), Tensor::from_vec(vec![0.0; 4], &[2, 2])];
    let loss = |starts: Vec<i64>| {
        let [starts, ends] = [starts, vec![1, 0]].map(|positions| IntTensor::from_vec(positions, &[2]));
        BertForQuestionAnswering::loss(&logits, [&starts, &ends]).item() as f64
    };
    let right = (1.0_f64 + std::f64::consts::E).ln(); // −log p(first) where the other logit is larger by 1
    assert!((loss(vec![0, 2]) - (right + std::f64::consts::LN_2) / 2.0).abs() < 1e-6);
    assert!((loss(vec![0, 77]) - loss(vec![0, 2])).abs() < 1e-7);
    assert!((loss(vec![-5, 77]) - loss(vec![0, 2])).abs() < 1e-7);
}

#[test]
fn roberta_counts_its_positions_from_behind_the_padding() {
    let model = RobertaForSequenceClassification::new(&roberta(), 1).unwrap();
    let positions = model.encoder.position_ids(&IntTensor::from_vec(vec![0, 5, 2, 1, 1, 0, 6, 2], &[2, 4]));
    assert_eq!(positions.as_slice(), [2, 3, 4, 1, 1, 2, 3, 4]);
}

#[test]
fn a_base_model_under_a_fresh_head_says_what_is_new() {
    let folder = pretrained();
    let config = BertConfig { head: HeadConfig::numbered(3), ..bert() };
    let draw = MissingParts::Draw { seed: 5 };
    let loaded = BertForSequenceClassification::load_with(config, folder.path(), folder.path(), draw).unwrap();
    assert_eq!(loaded.fresh, ["classifier.weight", "classifier.bias"]);
    assert!(loaded.report.unexpected.iter().all(|name| name.starts_with("cls.")));
    assert_eq!(loaded.report.unexpected.len(), 7);
    let head = loaded.model.head.classifier.weight.to_vec();
    assert!(head.len() == 24 && head.iter().all(|&x| x != 0.0), "{head:?}");
    // A head that reads tokens has no pooler: that of the file is left aside.
    let loaded = BertForTokenClassification::load(folder.path(), draw).unwrap();
    assert!(loaded.report.unexpected.iter().any(|name| name == "bert.pooler.dense.weight"));

    let error = refused::<BertForSequenceClassification>(folder.path()).to_string();
    assert!(error.contains("lacks 2 of the parameters of a BertForSequenceClassification"), "{error}");
    assert!(error.contains("classifier.weight among them") && error.contains("fine-tune"), "{error}");
}

#[test]
fn old_names_bare_names_and_buffers_are_understood() {
    let expected = values(&BertForPreTraining::new(&bert(), 1).unwrap().bert);
    let old = |name: &str| {
        if !name.contains("LayerNorm") {
            return name.to_owned();
        }
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
    };
    let bare = |name: &str| name.strip_prefix("bert.").unwrap_or_default().to_owned();
    let ways: [&dyn Fn(&str) -> String; 3] = [&old, &bare, &|name| bare(&old(name))];
    for name in ways {
        let folder = pretrained();
        renamed(folder.path(), name);
        let mut with_buffer = contents(folder.path());
        let prefix = if with_buffer.arrays.keys().any(|name| name.starts_with("bert.")) { "bert." } else { "" };
        with_buffer.arrays.insert(format!("{prefix}embeddings.position_ids"), Array::zeros(&[1, 6]));
        save_arrays(&with_buffer, &folder.path().join(WEIGHTS)).unwrap();
        let draw = MissingParts::Draw { seed: 0 };
        let loaded = BertForSequenceClassification::load(folder.path(), draw).unwrap();
        assert_eq!(values(&loaded.model.encoder), expected);
        assert_eq!(loaded.report.ignored.len(), 1);
    }
}

/// Writes the weights as another type of numbers.
fn as_type(folder: &Path, dtype: Dtype, bytes: impl Fn(f32) -> Vec<u8>) {
    let arrays: Vec<(String, Vec<usize>, Vec<u8>)> = contents(folder)
        .arrays
        .iter()
        .map(|(name, array)| {
            let bytes = array.to_vec().into_iter().flat_map(&bytes).collect();
            (name.clone(), array.shape().to_vec(), bytes)
        })
        .collect();
    let views =
        arrays.iter().map(|(name, shape, bytes)| (name.clone(), TensorView::new(dtype, shape.clone(), bytes).unwrap()));
    fs::write(folder.join(WEIGHTS), safetensors::serialize(views, None).unwrap()).unwrap();
}

#[test]
fn half_precision_is_read_and_whole_numbers_are_not() {
    let before = values(&BertForPreTraining::new(&bert(), 1).unwrap());
    for (dtype, digits) in [(Dtype::F16, 1e-3_f32), (Dtype::BF16, 1e-2), (Dtype::F64, 0.0)] {
        let folder = pretrained();
        as_type(folder.path(), dtype, |x| match dtype {
            Dtype::F16 => f16::from_f32(x).to_le_bytes().to_vec(),
            Dtype::BF16 => bf16::from_f32(x).to_le_bytes().to_vec(),
            _ => f64::from(x).to_le_bytes().to_vec(),
        });
        let loaded = BertForPreTraining::load(folder.path(), MissingParts::Refuse).unwrap();
        for (name, numbers) in values(&loaded.model) {
            for (a, b) in numbers.iter().zip(&before[&name]) {
                assert!((a - b).abs() <= digits * b.abs() + 1e-6, "{name}: {a} {b}");
            }
        }
    }
    let folder = pretrained();
    as_type(folder.path(), Dtype::I32, |x| (x as i32).to_le_bytes().to_vec());
    let error = refused::<BertForPreTraining>(folder.path()).to_string();
    assert!(error.contains("holds numbers of type I32"), "{error}");
}

/// Cuts the weights into two files with an index, and gives the index to be changed.
fn sharded(folder: &Path, change: impl FnOnce(&mut Value)) -> PathBuf {
    let NamedArrays { arrays, metadata } = contents(folder);
    let mut map = serde_json::Map::new();
    let mut shards = [BTreeMap::new(), BTreeMap::new()];
    for (n, (name, array)) in arrays.into_iter().enumerate() {
        map.insert(name.clone(), json!(format!("model-0000{}-of-00002.safetensors", n % 2 + 1)));
        shards[n % 2].insert(name, array);
    }
    for (n, arrays) in shards.into_iter().enumerate() {
        let path = folder.join(format!("model-0000{}-of-00002.safetensors", n + 1));
        save_arrays(&NamedArrays { arrays, metadata: metadata.clone() }, &path).unwrap();
    }
    fs::remove_file(folder.join(WEIGHTS)).unwrap();
    let mut index = json!({"metadata": {"total_size": 1}, "weight_map": map});
    change(&mut index);
    let path = folder.join("model.safetensors.index.json");
    fs::write(&path, index.to_string()).unwrap();
    path
}

#[test]
fn several_files_are_one_model() {
    let folder = pretrained();
    sharded(folder.path(), |_| {});
    let loaded = BertForPreTraining::load(folder.path(), MissingParts::Refuse).unwrap();
    assert_eq!(values(&loaded.model), values(&BertForPreTraining::new(&bert(), 1).unwrap()));
}

#[test]
fn an_index_that_lies_is_refused() {
    type Change = fn(&mut Value);
    let name = "bert.pooler.dense.bias";
    let changes: [(Change, &str); 9] = [
        (|index| index["weight_map"]["bert.pooler.dense.bias"] = json!("../model.safetensors"), "in its own folder"),
        (|index| index["weight_map"]["bert.pooler.dense.bias"] = json!("/etc/passwd"), "in its own folder"),
        (|index| index["weight_map"]["bert.pooler.dense.bias"] = json!("..\\model.safetensors"), "in its own folder"),
        (|index| index["weight_map"]["bert.pooler.dense.bias"] = json!(".."), "in its own folder"),
        (|index| index["weight_map"]["bert.pooler.dense.bias"] = json!("model-9.safetensors"), "it says in model-9"),
        (|index| index["weight_map"]["bert.pooler.dense.bias"] = json!(7), "invalid type"),
        (|index| index["weight_map"]["bert.nothing"] = json!("model-00001-of-00002.safetensors"), "which holds none"),
        (|index| _ = index["weight_map"].as_object_mut().unwrap().remove("bert.pooler.dense.bias"), "does not name"),
        (|index| index["weight_map"] = json!({}), "names 0 files"),
    ];
    assert!(contents(pretrained().path()).arrays.contains_key(name));
    for (change, reason) in changes {
        let folder = pretrained();
        sharded(folder.path(), change);
        let error = refused::<BertForPreTraining>(folder.path()).to_string();
        assert!(error.contains("is not a usable index") && error.contains(reason), "{error}");
    }
    let folder = pretrained();
    let index = sharded(folder.path(), |_| {});
    fs::write(index, "{\"weight_map\": [").unwrap();
    assert!(refused::<BertForPreTraining>(folder.path()).to_string().contains("is not a usable index"));
}

#[test]
fn a_shard_that_was_cut_off_or_is_missing_is_named() {
    let folder = pretrained();
    sharded(folder.path(), |_| {});
    let shard = folder.path().join("model-00002-of-00002.safetensors");
    let bytes = fs::read(&shard).unwrap();
    fs::write(&shard, &bytes[..bytes.len() - 3]).unwrap();
    let error = refused::<BertForPreTraining>(folder.path()).to_string();
    assert!(error.contains("model-00002-of-00002.safetensors") && error.contains("cut off"), "{error}");
    fs::remove_file(&shard).unwrap();
    assert!(refused::<BertForPreTraining>(folder.path()).to_string().contains("fetch that file too"));
}

#[test]
fn what_is_not_there_is_said() {
    let folder = pretrained();
    fs::remove_file(folder.path().join(WEIGHTS)).unwrap();
    fs::write(folder.path().join("pytorch_model.bin"), "PK").unwrap();
    assert!(refused::<BertForPreTraining>(folder.path()).to_string().contains("convert it to safetensors"));
    fs::remove_file(folder.path().join("config.json")).unwrap();
    assert!(refused::<BertForPreTraining>(folder.path()).to_string().contains("config.json is missing"));
}

#[test]
fn weights_and_configuration_must_belong_together() {
    let more_layers = |folder: &Path| set_config(folder, |json| json["num_hidden_layers"] = json!(3));
    let folder = pretrained();
    more_layers(folder.path());
    let error = refused::<BertForPreTraining>(folder.path());
    assert!(matches!(error, EncoderError::Checkpoint(CheckpointError::TooFew { .. })), "{error}");

    let folder = pretrained();
    set_config(folder.path(), |json| json["num_hidden_layers"] = json!(1));
    let error = refused::<BertForPreTraining>(folder.path());
    assert!(matches!(error, EncoderError::Undescribed { .. }), "{error}");

    let folder = pretrained();
    renamed(folder.path(), |name| if name.contains("layer.1.output.dense.bias") { String::new() } else { name.into() });
    let draw = BertForPreTraining::load(folder.path(), MissingParts::Draw { seed: 0 });
    assert!(matches!(draw, Err(EncoderError::Missing { .. })));

    let folder = pretrained();
    set_config(folder.path(), |json| json["vocab_size"] = json!(10));
    let error = refused::<BertForPreTraining>(folder.path()).to_string();
    assert!(error.contains("[10, 8] in the model, [11, 8] in the file"), "{error}");
}

#[test]
fn absurd_and_foreign_configurations_are_refused_before_anything_is_allocated() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 13] = [
        (|json| json["hidden_size"] = json!(1_u64 << 60), "at most 16777216"),
        (|json| json["hidden_size"] = json!(1 << 24), "do not belong together"),
        (|json| json["vocab_size"] = json!(1 << 24), "do not belong together"),
        (|json| json["num_hidden_layers"] = json!(1 << 24), "do not belong together"),
        (|json| json["num_hidden_layers"] = json!(-1), "invalid value"),
        (|json| json["num_hidden_layers"] = json!(1.5), "invalid type"),
        (|json| json["num_labels"] = json!(1_u64 << 40), "labels: there must be from 1"),
        (|json| json["hidden_act"] = json!("explode"), "unknown activation"),
        (|json| json["model_type"] = json!("gpt2"), "holds a model of type \"gpt2\""),
        (|json| _ = json.as_object_mut().unwrap().remove("model_type"), "holds a model of type \"\""),
        (|json| json["is_decoder"] = json!(true), "is_decoder = true is not supported"),
        (|json| json["tie_word_embeddings"] = json!(false), "tie_word_embeddings = false is not supported"),
        (|json| json["position_embedding_type"] = json!("relative_key"), "positions are learned"),
    ];
    for (change, reason) in changes {
        let folder = pretrained();
        set_config(folder.path(), change);
        let error = refused::<BertForPreTraining>(folder.path()).to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let folder = pretrained();
    let path = folder.path().join("config.json");
    for text in ["", "[]", "{\"model_type\": \"bert\"", "\u{0}", &"[".repeat(100_000)] {
        fs::write(&path, text).unwrap();
        refused::<BertForPreTraining>(folder.path());
    }
    fs::write(&path, " ".repeat((1 << 24) + 1)).unwrap();
    let error = refused::<BertForPreTraining>(folder.path()).to_string();
    assert!(error.contains("config.json"), "{error}");
    let folder = pretrained();
    set_config(folder.path(), |json| json["model_type"] = json!("xlnet"));
    let error = EncoderConfig::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("\"xlnet\": here are only bert, roberta, albert, distilbert"), "{error}");
}

#[test]
fn shared_layers_cannot_be_without_end() {
    let folder = folder();
    AlbertForPreTraining::new(&albert(), 1).unwrap().save(&albert(), folder.path()).unwrap();
    set_config(folder.path(), |json| json["num_hidden_layers"] = json!(1 << 24));
    assert!(refused::<AlbertForPreTraining>(folder.path()).to_string().contains("at most 4096"));
}

/// Every figure of the lecture's table, from the configurations alone.
#[test]
fn the_family_has_its_published_numbers_of_parameters() {
    let kobert = BertConfig { vocab_size: 8002, ..BertConfig::base() };
    let large = BertConfig {
        hidden_size: 1024,
        num_hidden_layers: 24,
        num_attention_heads: 16,
        intermediate_size: 4096,
        ..BertConfig::base()
    };
    for (config, parameters) in [
        (EncoderConfig::Bert(BertConfig::base()), 109_482_240),
        (EncoderConfig::Bert(large), 335_141_888),
        (EncoderConfig::Bert(kobert), 92_186_880),
        (EncoderConfig::Roberta(RobertaConfig::base()), 124_645_632),
        (EncoderConfig::Roberta(RobertaConfig::large()), 355_359_744),
        (EncoderConfig::Albert(AlbertConfig::base()), 11_683_584),
        (EncoderConfig::Albert(AlbertConfig::large()), 17_683_968),
        (EncoderConfig::DistilBert(DistilBertConfig::default()), 66_362_880),
    ] {
        assert_eq!(config.parameter_count(), parameters, "{config:?}");
    }
}

/// The formula counts what the models have.
#[test]
fn the_count_without_weights_is_that_of_the_weights() {
    fn counts<E: TextEncoder>(config: &E::Config, of: EncoderConfig) {
        let model = E::build(config, true, &mut rand::SeedableRng::seed_from_u64(0) as &mut rand::rngs::ChaCha8Rng);
        assert_eq!(model.parameter_count() as u128, of.parameter_count());
    }
    counts::<jumok_bert::BertModel>(&bert(), EncoderConfig::Bert(bert()));
    counts::<jumok_bert::RobertaModel>(&roberta(), EncoderConfig::Roberta(roberta()));
    counts::<jumok_bert::AlbertModel>(&albert(), EncoderConfig::Albert(albert()));
    counts::<jumok_bert::DistilBertModel>(&distilbert(), EncoderConfig::DistilBert(distilbert()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever happens to the bytes of a good folder: a model or an error, never a panic.
    #[test]
    fn damaged_files_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        in_config in any::<bool>(),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let folder = pretrained();
        let path = folder.path().join(if in_config { "config.json" } else { WEIGHTS });
        let mut bytes = fs::read(&path).unwrap();
        // The interesting bytes of the weights are those of the header.
        let end = if in_config { bytes.len() } else { 4096.min(bytes.len()) };
        for (place, byte) in &changes {
            let place = place.index(end);
            bytes[place] = *byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, bytes).unwrap();
        match BertForPreTraining::load(folder.path(), MissingParts::Refuse) {
            Ok(loaded) => prop_assert!(loaded.model.parameter_count() < 1_000_000),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
