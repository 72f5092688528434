//! The commands on every encoder of the family, each with the tokenizer of its kind: BERT and DistilBERT with word pieces, RoBERTa with
//! byte-level BPE, ALBERT with Unigram.

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use common::{Place, json};
use jumok::bert::{
    AlbertConfig, AlbertForPreTraining, BertConfig, BertForMaskedLM, BertForPreTraining, DistilBertConfig,
    DistilBertForMaskedLM, HeadedModel, RobertaConfig, RobertaForMaskedLM, RobertaForSequenceClassification,
};
use jumok::text::{Corpus, SubwordTokenizer, Tokenizer, WordPieceOptions};
use serde_json::{Value, json};

const TYPES: [&str; 4] = ["bert", "roberta", "albert", "distilbert"];
/// The longest text of the small models.
const LONGEST: usize = 64;

/// A place with a small random model of each type, each in a folder of that name.
fn place() -> Place {
    let place = Place::new();
    let corpus = Corpus::parse(&fs::read_to_string(place.path("text.txt")).unwrap());
    for name in ["bert", "distilbert"] {
        let options = WordPieceOptions { vocab_size: 200, ..WordPieceOptions::default() };
        Tokenizer::train(&corpus, &options).unwrap().save(&place.path(name)).unwrap();
    }
    SubwordTokenizer::train_bpe(&corpus, 340, 2).unwrap().save(&place.path("roberta")).unwrap();
    like_roberta(&place.path("roberta/tokenizer.json"));
    SubwordTokenizer::train_unigram(&corpus, 200).unwrap().save(&place.path("albert")).unwrap();
    like_albert(&place.path("albert/tokenizer.json"));

    let vocab_size = |name: &str| Tokenizer::load(&place.path(name)).unwrap().vocab_size();
    let bert = bert(vocab_size("bert"));
    BertForPreTraining::new(&bert, 1).unwrap().save(&bert, &place.path("bert")).unwrap();
    let roberta = RobertaConfig {
        vocab_size: vocab_size("roberta"),
        hidden_size: 16,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 32,
        max_position_embeddings: LONGEST + 2,
        ..RobertaConfig::base()
    };
    RobertaForMaskedLM::new(&roberta, 1).unwrap().save(&roberta, &place.path("roberta")).unwrap();
    let albert = AlbertConfig {
        vocab_size: vocab_size("albert"),
        embedding_size: 8,
        hidden_size: 16,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 32,
        max_position_embeddings: LONGEST,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        ..AlbertConfig::base()
    };
    AlbertForPreTraining::new(&albert, 1).unwrap().save(&albert, &place.path("albert")).unwrap();
    let distilbert = DistilBertConfig {
        vocab_size: vocab_size("distilbert"),
        dim: 16,
        n_layers: 2,
        n_heads: 2,
        hidden_dim: 32,
        max_position_embeddings: LONGEST,
        ..DistilBertConfig::default()
    };
    DistilBertForMaskedLM::new(&distilbert, 1).unwrap().save(&distilbert, &place.path("distilbert")).unwrap();
    place
}

fn bert(vocab_size: usize) -> BertConfig {
    BertConfig {
        vocab_size,
        hidden_size: 16,
        num_attention_heads: 2,
        intermediate_size: 32,
        max_position_embeddings: LONGEST,
        ..BertConfig::tiny()
    }
}

fn special(id: usize, token: &str) -> Value {
    json!({"id": id, "content": token, "single_word": false, "lstrip": token == "<mask>", "rstrip": false,
           "normalized": false, "special": true})
}

/// Gives a byte-level BPE tokenizer the special tokens of RoBERTa's: four in front, the mask at the end.
fn like_roberta(path: &Path) {
    let mut tokenizer = json(path);
    let front = ["<s>", "<pad>", "</s>", "<unk>"];
    let mut vocabulary: HashMap<String, usize> = serde_json::from_value(tokenizer["model"]["vocab"].take()).unwrap();
    vocabulary.values_mut().for_each(|id| *id += front.len());
    vocabulary.extend(front.iter().enumerate().map(|(id, token)| ((*token).to_owned(), id)));
    let mask = vocabulary.len();
    vocabulary.insert("<mask>".into(), mask);
    tokenizer["model"]["vocab"] = json!(vocabulary);
    let all = front.iter().enumerate().map(|(id, token)| special(id, token)).chain([special(mask, "<mask>")]);
    tokenizer["added_tokens"] = Value::Array(all.collect());
    tokenizer["post_processor"] = json!({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
                                         "trim_offsets": true, "add_prefix_space": false});
    fs::write(path, tokenizer.to_string()).unwrap();
}

/// Gives a Unigram tokenizer the special tokens of ALBERT's.
fn like_albert(path: &Path) {
    let mut tokenizer = json(path);
    let mut added = tokenizer["added_tokens"].as_array().unwrap().clone();
    let mut ids = vec![];
    let pieces = tokenizer["model"]["vocab"].as_array_mut().unwrap();
    for token in ["[CLS]", "[SEP]", "[MASK]"] {
        added.push(special(pieces.len(), token));
        ids.push(pieces.len());
        pieces.push(json!([token, 0.0]));
    }
    tokenizer["added_tokens"] = Value::Array(added);
    let part = |id: &str, segment: usize| match id {
        "A" | "B" => json!({"Sequence": {"id": id, "type_id": segment}}),
        _ => json!({"SpecialToken": {"id": id, "type_id": segment}}),
    };
    let single = [("[CLS]", 0), ("A", 0), ("[SEP]", 0)].map(|(id, segment)| part(id, segment)).to_vec();
    let second = [("B", 1), ("[SEP]", 1)].map(|(id, segment)| part(id, segment)).to_vec();
    let pair = [single.clone(), second].concat();
    let token = |n: usize, name: &str| json!({"id": name, "ids": [ids[n]], "tokens": [name]});
    tokenizer["post_processor"] = json!({
        "type": "TemplateProcessing", "single": single, "pair": pair,
        "special_tokens": {"[CLS]": token(0, "[CLS]"), "[SEP]": token(1, "[SEP]")},
    });
    fs::write(path, tokenizer.to_string()).unwrap();
}

/// `bert finetune` of a generated task for a few steps.
fn finetune<'a>(model: &'a str, task: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        ("--generated", task),
        ("--model", model),
        ("--training-examples", "12"),
        ("--dev-examples", "6"),
        ("--test-examples", "6"),
        ("--epochs", "2"),
        ("--batch-size", "4"),
        ("--max-length", "48"),
        ("--out", out),
    ];
    common::with_usual(["bert", "finetune"], &usual, more)
}

#[test]
fn every_encoder_is_fine_tuned_under_every_head_and_asked() {
    let place = place();
    for model_type in TYPES {
        for (task, head, labels, inputs) in [
            ("nli", "ForSequenceClassification", Some(3), &["Tom finds a red fox.", "Tom finds an animal."][..]),
            ("similarity", "ForSequenceClassification", Some(1), &["Tom finds a toy.", "Anna finds a toy."]),
            ("choice", "ForMultipleChoice", None, &["Tom is in the kitchen.", "He cooks.", "The train is late."]),
            ("tagging", "ForTokenClassification", Some(9), &["Tom travels to Paris ."]),
            ("questions", "ForQuestionAnswering", None, &["Where is Tom?", "Tom finds a fox in the park."]),
        ] {
            let out = format!("{model_type}-{task}");
            let said = place.succeed(&finetune(model_type, task, &out, &[]));
            let config = json(&place.path(&out).join("config.json"));
            let architecture = config["architectures"][0].as_str().unwrap();
            let family = architecture.strip_suffix(head).unwrap_or_else(|| panic!("{config}"));
            assert_eq!(family.to_lowercase(), model_type, "{config}");
            assert!(said.contains(architecture) && said.contains("begin with random weights"), "{said}");
            assert_eq!(config["model_type"], *model_type);
            assert_eq!(config["id2label"].as_object().map(|names| names.len()), labels, "{config}");
            let answer = place.succeed(&[&["bert", "predict", "--model", &out], inputs].concat());
            // A folder from elsewhere has no settings of a run: the class says what it answers.
            fs::remove_file(place.path(&out).join("config.toml")).unwrap();
            let without = place.succeed(&[&["bert", "predict", "--model", &out], inputs].concat());
            assert_eq!(answer, without, "{out}");
        }
    }
}

#[test]
fn a_stopped_run_of_any_encoder_goes_on_bit_for_bit() {
    let place = place();
    for model_type in TYPES {
        let [whole, parts] = ["whole", "parts"].map(|name| format!("{model_type}-{name}"));
        let steps = ["--checkpoint-every", "2", "--dropout", "0.1"];
        place.succeed(&finetune(model_type, "paraphrase", &whole, &steps));
        place.succeed(&finetune(model_type, "paraphrase", &parts, &[&steps[..], &["--stop-after", "2"]].concat()));
        // What there is can be asked already.
        let asked = place.succeed(&["bert", "predict", "--model", &parts, "The cup is hot.", "The cup is cold."]);
        assert!(asked.contains("checkpoint-2"), "{asked}");
        place.succeed(&["bert", "finetune", "--resume", &parts]);
        assert_eq!(place.summary(&whole)["weights_sha256"], place.summary(&parts)["weights_sha256"], "{model_type}");
    }
}

#[test]
fn every_encoder_guesses_words_and_shows_where_it_looks() {
    let place = place();
    for model_type in TYPES {
        let text = "Tom is in the kitchen. The boy is drinking [MASK].";
        let said = place.succeed(&["bert", "fill-mask", "--model", model_type, "--top", "4", text]);
        assert_eq!(said.lines().count(), 4, "{model_type}: {said}");
        let page = format!("{model_type}.html");
        let said = place.succeed(&["attend", "--model", model_type, "--out", &page, "Tom sees a fox. [SEP] He runs."]);
        assert!(said.contains("2 layers"), "{model_type}: {said}");
        // Whatever the head.
        let out = format!("{model_type}-head");
        place.succeed(&finetune(model_type, "sentiment", &out, &["--epochs", "1"]));
        place.succeed(&["attend", "--model", &out, "--out", &page, "Tom sees a fox."]);
        let error = place.refused(&["bert", "predict", "--model", model_type, "Tom"]);
        assert!(error.contains("fine-tune it"), "{error}");
    }
    let said = place.succeed(&["bert", "fill-mask", "--model", "roberta", "The boy is drinking <mask> ."]);
    assert!(!said.contains('Ġ'), "{said}");
    let error = place.refused(&["bert", "fill-mask", "--model", "roberta", "The boy is drinking milk."]);
    assert!(error.contains("no [MASK]"), "{error}");
}

#[test]
fn pairs_are_judged_by_those_that_learned_it() {
    let place = place();
    let ask = |model| vec!["bert", "nsp", "--model", model, "Tom is thirsty.", "He drinks water."];
    assert!(place.succeed(&ask("bert")).contains("B follows A"));
    assert!(place.succeed(&ask("albert")).contains("A comes before B"));
    let config = bert(Tokenizer::load(&place.path("bert")).unwrap().vocab_size());
    BertForMaskedLM::new(&config, 1).unwrap().save(&config, &place.path("words-only")).unwrap();
    fs::copy(place.path("bert/tokenizer.json"), place.path("words-only/tokenizer.json")).unwrap();
    for model in ["roberta", "distilbert", "words-only"] {
        let error = place.refused(&ask(model));
        assert!(error.contains("no head for pairs") && error.contains("ALBERT"), "{error}");
    }
}

#[test]
fn transfer_runs_on_every_encoder() {
    let place = place();
    for model_type in TYPES {
        let said = place.succeed(&[
            "bert",
            "experiment",
            "transfer",
            "--model",
            model_type,
            "--labels",
            "4,8",
            "--seeds",
            "2",
            "--steps",
            "2",
            "--dev-examples",
            "10",
        ]);
        assert!(said.contains("pre-trained"), "{said}");
    }
}

#[test]
fn a_new_task_begins_with_a_new_head() {
    let place = place();
    place.succeed(&finetune("roberta", "nli", "three", &["--epochs", "1"]));
    let said = place.succeed(&finetune("three", "sentiment", "two", &["--epochs", "1"]));
    assert!(said.contains("classifier.out_proj.weight"), "{said}");
    let folder = place.path("two");
    let loaded = RobertaForSequenceClassification::load(&folder, jumok::bert::MissingParts::Refuse).unwrap();
    assert_eq!(loaded.config.head.num_labels(), 2);
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let place = place();
    let ask = |more: &[&str]| place.refused(&finetune("roberta", "nli", "refused", more));
    let error = ask(&["--max-length", "65"]);
    assert!(error.contains("reads 64 tokens"), "{error}");
    // A tokenizer of another kind of model.
    fs::copy(place.path("albert/tokenizer.json"), place.path("distilbert/tokenizer.json")).unwrap();
    let mut config = json(&place.path("distilbert/config.json"));
    config["vocab_size"] = json!(50);
    fs::write(place.path("distilbert/config.json"), config.to_string()).unwrap();
    let error = place.refused(&finetune("distilbert", "nli", "refused", &[]));
    assert!(error.contains("do not belong together"), "{error}");
    config["model_type"] = json!("electra");
    fs::write(place.path("distilbert/config.json"), config.to_string()).unwrap();
    let error = place.refused(&finetune("distilbert", "nli", "refused", &[]));
    assert!(error.contains("\"electra\"") && error.contains("roberta"), "{error}");
    assert!(!place.path("refused").exists());
}
