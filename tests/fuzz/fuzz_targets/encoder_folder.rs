//! The folder of a BERT, RoBERTa, ALBERT or DistilBERT whose `config.json` was changed: what comes of it has the size of its weights
//! and can be used, or it is refused.

#![no_main]

use jumok_bert::{
    AlbertModel, BareEncoder, BertConfig, BertForPreTraining, BertInputs, BertModel, DistilBertModel, EncoderConfig,
    EncoderSettings, ForMaskedLM, ForMultipleChoice, ForQuestionAnswering, ForSequenceClassification,
    ForTokenClassification, HeadedModel, MissingParts, RobertaModel, TextEncoder,
};
use jumok_fuzz::{Change, Folder, changed};
use jumok_nn::{Ctx, ModelConfig, load_config};
use jumok_tensor::{IntTensor, no_grad};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Fields that a file may have besides those that are written.
const MORE: [&str; 9] = [
    "id2label",
    "num_labels",
    "problem_type",
    "classifier_dropout",
    "is_decoder",
    "tie_word_embeddings",
    "position_embedding_type",
    "add_cross_attention",
    "architectures",
];

#[derive(Arbitrary, Debug)]
enum Config {
    Changed(Vec<Change>),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Input {
    model_type: u8,
    config: Config,
    head: u8,
    missing: u8,
}

/// The folders of four tiny models, with their configurations.
struct Folders([(Folder, Value); 4]);

fn bert() -> BertConfig {
    BertConfig {
        vocab_size: 11,
        hidden_size: 8,
        num_attention_heads: 2,
        intermediate_size: 12,
        max_position_embeddings: 6,
        pad_token_id: 1,
        ..BertConfig::tiny()
    }
}

fn folder<E: TextEncoder>(config: &E::Config) -> (Folder, Value) {
    let folder = Folder::default();
    let model = ForMaskedLM::<E>::drawn(config, 1).expect("the configuration is sound");
    model.save(config, folder.path()).expect("it can be written");
    (folder, serde_json::to_value(config).expect("plain numbers"))
}

impl Default for Folders {
    fn default() -> Self {
        let of = |model_type| EncoderConfig::like(model_type, &bert()).expect("there is this type");
        let [EncoderConfig::Bert(a), EncoderConfig::Roberta(b), EncoderConfig::Albert(c), EncoderConfig::DistilBert(d)] =
            EncoderConfig::MODEL_TYPES.map(of)
        else {
            unreachable!("the types are in this order")
        };
        Self([
            folder::<BertModel>(&a),
            folder::<RobertaModel>(&b),
            folder::<AlbertModel>(&c),
            folder::<DistilBertModel>(&d),
        ])
    }
}

thread_local!(static FOLDERS: Folders = Folders::default());

fn load<M: HeadedModel>(folder: &Folder, missing: MissingParts) {
    match M::load(folder.path(), missing) {
        Ok(loaded) => {
            let sizes = loaded.config.sizes();
            let labels = loaded.config.head().num_labels().max(1);
            // The weights have some 2000 numbers; only a head may be new.
            assert!(loaded.model.parameter_count() <= 4000 + 9 * labels, "{sizes:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn of_type<E: TextEncoder>(folder: &Folder, head: u8, missing: MissingParts) {
    if let Ok(config) = load_config::<E::Config>(folder.path()) {
        // What is written again is read as the same model; `serde_json` may be wrong in the last bit of a fraction.
        let json = serde_json::to_string(&config).expect("plain numbers");
        let again = serde_json::from_str::<E::Config>(&json).expect("it was written just now");
        assert_eq!(again.least_parameters(), config.least_parameters());
        assert_eq!(again.head(), config.head());
    }
    match head % 6 {
        0 => load::<ForMaskedLM<E>>(folder, missing),
        1 => load::<ForSequenceClassification<E>>(folder, missing),
        2 => load::<ForTokenClassification<E>>(folder, missing),
        3 => load::<ForMultipleChoice<E>>(folder, missing),
        4 => load::<ForQuestionAnswering<E>>(folder, missing),
        _ => {
            let Ok(loaded) = BareEncoder::<E>::load(folder.path(), missing) else { return };
            let sizes = loaded.config.sizes();
            let time = sizes.max_length.min(3);
            let inputs = BertInputs::new(IntTensor::from_vec(vec![sizes.vocab_size as i64 - 1; time], &[1, time]));
            let states = no_grad(|| loaded.model.encoder.forward(&inputs, &mut Ctx::eval()).last_hidden_state);
            assert_eq!(states.shape(), [1, time, sizes.hidden_size]);
        }
    }
}

fuzz_target!(|input: Input| {
    FOLDERS.with(|Folders(folders)| {
        let (folder, config) = &folders[usize::from(input.model_type) % 4];
        folder.write(
            "config.json",
            match &input.config {
                Config::Changed(changes) => changed(config, &MORE, changes),
                Config::Bytes(bytes) => bytes.clone(),
            },
        );
        if let Ok(config) = EncoderConfig::load(folder.path()) {
            assert!(config.parameter_count() > 0);
        }
        let missing = match input.missing % 3 {
            0 => MissingParts::Refuse,
            1 => MissingParts::Draw { seed: 1 },
            _ => MissingParts::NewHead { seed: 1 },
        };
        match input.model_type % 4 {
            0 if input.head == 255 => load::<BertForPreTraining>(folder, missing),
            0 => of_type::<BertModel>(folder, input.head, missing),
            1 => of_type::<RobertaModel>(folder, input.head, missing),
            2 => of_type::<AlbertModel>(folder, input.head, missing),
            _ => of_type::<DistilBertModel>(folder, input.head, missing),
        }
    });
});
