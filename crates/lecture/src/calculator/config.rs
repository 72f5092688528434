//! From a `config.json` to an [`Architecture`].

use serde_json::Value;

use super::{Architecture, AttentionBias, CalculatorError, Head};

/// Configurations of well-known models, with the fields that their sizes follow from.
const PRESETS: &str = include_str!("../../data/models.json");

/// The kinds of models that can be calculated.
const TYPES: [&str; 12] = [
    "bert",
    "roberta",
    "distilbert",
    "albert",
    "openai-gpt",
    "gpt2",
    "t5",
    "llama",
    "mistral",
    "qwen2",
    "jumok-causal-lm",
    "jumok-transformer",
];

/// A configuration whose fields are asked for by name.
struct Fields<'a> {
    json: &'a Value,
    model_type: &'a str,
}

impl Fields<'_> {
    /// # Errors
    /// [`CalculatorError::Field`] if it is missing or no whole number.
    fn number(&self, field: &'static str) -> Result<usize, CalculatorError> {
        let number = self.json[field].as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| {
            let found = if self.json[field].is_null() { "none".to_owned() } else { self.json[field].to_string() };
            CalculatorError::Field { model_type: self.model_type.to_owned(), field, found }
        })
    }

    /// As [`Fields::number`]; `default` where the field is missing or `null`.
    fn number_or(&self, field: &'static str, default: usize) -> Result<usize, CalculatorError> {
        if self.json[field].is_null() { Ok(default) } else { self.number(field) }
    }

    fn flag_or(&self, field: &str, default: bool) -> bool {
        self.json[field].as_bool().unwrap_or(default)
    }

    /// What the checkpoint's class adds to the bare model.
    fn class_is(&self, part: &str) -> bool {
        self.json["architectures"][0].as_str().is_some_and(|class| class.ends_with(part))
    }
}

impl Architecture {
    /// The names that [`Architecture::preset`] knows.
    pub fn presets() -> Vec<String> {
        presets().keys().cloned().collect()
    }

    /// A well-known model by its name, such as `llama-7b`.
    ///
    /// # Errors
    /// [`CalculatorError::UnknownPreset`].
    pub fn preset(name: &str) -> Result<Architecture, CalculatorError> {
        let presets = presets();
        let config = presets.get(name).ok_or_else(|| {
            let known = presets.keys().cloned().collect::<Vec<_>>().join(", ");
            CalculatorError::UnknownPreset { name: name.to_owned(), known }
        })?;
        Architecture::from_config(name, config)
    }

    /// The model that a `config.json` describes, of a file in Hugging Face's format or of a run folder.
    ///
    /// For BERT, `architectures` decides whether the heads of its pre-training are counted; without it the model ends with
    /// its pooler.
    ///
    /// # Errors
    /// [`CalculatorError`] for an unknown `model_type`, a missing field or sizes that do not go together.
    pub fn from_config(name: &str, json: &Value) -> Result<Architecture, CalculatorError> {
        let model_type = json["model_type"].as_str().unwrap_or_default();
        let fields = Fields { json, model_type };
        let mut architecture = match model_type {
            "bert" | "roberta" | "albert" => bert(&fields),
            "distilbert" => distilbert(&fields),
            "openai-gpt" | "gpt2" => gpt(&fields),
            "t5" => t5(&fields),
            "llama" | "mistral" | "qwen2" => llama(&fields),
            "jumok-causal-lm" => causal(&fields),
            "jumok-transformer" => transformer(&fields),
            _ => Err(CalculatorError::UnknownType { model_type: model_type.to_owned(), known: TYPES.join(", ") }),
        }?;
        name.clone_into(&mut architecture.name);
        architecture.validate()
    }
}

fn presets() -> serde_json::Map<String, Value> {
    serde_json::from_str(PRESETS).expect("data/models.json is an object of configurations")
}

/// An encoder as BERT has it, or with `decoder_layers` a decoder as GPT-2: biases everywhere, no gate, learned positions.
fn plain(fields: &Fields, hidden_size: usize, num_attention_heads: usize) -> Architecture {
    Architecture {
        name: String::new(),
        model_type: fields.model_type.to_owned(),
        vocab_size: 0,
        target_vocab_size: None,
        embedding_size: hidden_size,
        hidden_size,
        encoder_layers: 0,
        decoder_layers: 0,
        num_attention_heads,
        num_key_value_heads: num_attention_heads,
        head_dim: hidden_size.checked_div(num_attention_heads).unwrap_or(0),
        intermediate_size: hidden_size.saturating_mul(4),
        gated: false,
        attention_bias: AttentionBias::All,
        feed_forward_bias: true,
        norm_bias: true,
        embedding_norm: false,
        final_norm: false,
        learned_positions: 0,
        segments: 0,
        relative_position_buckets: 0,
        shared_layers: false,
        pooler: false,
        head: Head::None,
        output_bias: false,
        max_context: None,
    }
}

fn bert(fields: &Fields) -> Result<Architecture, CalculatorError> {
    let (width, heads) = (fields.number("hidden_size")?, fields.number("num_attention_heads")?);
    heads_divide(width, heads)?;
    let positions = fields.number("max_position_embeddings")?;
    let is_albert = fields.model_type == "albert";
    let (pre_training, masked_words) = (fields.class_is("ForPreTraining"), fields.class_is("ForMaskedLM"));
    Ok(Architecture {
        vocab_size: fields.number("vocab_size")?,
        embedding_size: if is_albert { fields.number("embedding_size")? } else { width },
        encoder_layers: fields.number("num_hidden_layers")?,
        intermediate_size: fields.number("intermediate_size")?,
        embedding_norm: true,
        learned_positions: positions,
        segments: fields.number_or("type_vocab_size", 2)?,
        shared_layers: is_albert,
        pooler: !masked_words,
        head: match (pre_training, masked_words) {
            (true, _) => Head::PreTraining,
            (_, true) => Head::MaskedWords,
            _ => Head::None,
        },
        // RoBERTa counts its positions from 2 on: those before are padding's.
        max_context: Some(if fields.model_type == "roberta" { positions.saturating_sub(2) } else { positions }),
        ..plain(fields, width, heads)
    })
}

fn distilbert(fields: &Fields) -> Result<Architecture, CalculatorError> {
    let (width, heads) = (fields.number("dim")?, fields.number("n_heads")?);
    heads_divide(width, heads)?;
    let positions = fields.number("max_position_embeddings")?;
    Ok(Architecture {
        vocab_size: fields.number("vocab_size")?,
        encoder_layers: fields.number("n_layers")?,
        intermediate_size: fields.number("hidden_dim")?,
        embedding_norm: true,
        learned_positions: positions,
        head: if fields.class_is("ForMaskedLM") { Head::MaskedWords } else { Head::None },
        max_context: Some(positions),
        ..plain(fields, width, heads)
    })
}

fn gpt(fields: &Fields) -> Result<Architecture, CalculatorError> {
    let (width, heads) = (fields.number("n_embd")?, fields.number("n_head")?);
    heads_divide(width, heads)?;
    let positions = fields.number("n_positions")?;
    Ok(Architecture {
        vocab_size: fields.number("vocab_size")?,
        decoder_layers: fields.number("n_layer")?,
        intermediate_size: fields.number_or("n_inner", width.saturating_mul(4))?,
        // GPT-1 norms behind its layers, so its last states are normed already.
        final_norm: fields.model_type == "gpt2",
        learned_positions: positions,
        head: Head::TiedLanguageModel,
        max_context: Some(positions),
        ..plain(fields, width, heads)
    })
}

fn t5(fields: &Fields) -> Result<Architecture, CalculatorError> {
    let (width, heads) = (fields.number("d_model")?, fields.number("num_heads")?);
    let layers = fields.number("num_layers")?;
    let tied = fields.flag_or("tie_word_embeddings", true);
    Ok(Architecture {
        vocab_size: fields.number("vocab_size")?,
        encoder_layers: layers,
        decoder_layers: fields.number_or("num_decoder_layers", layers)?,
        head_dim: fields.number("d_kv")?,
        intermediate_size: fields.number("d_ff")?,
        gated: fields.json["feed_forward_proj"].as_str().is_some_and(|name| name.starts_with("gated")),
        attention_bias: AttentionBias::None,
        feed_forward_bias: false,
        norm_bias: false,
        final_norm: true,
        relative_position_buckets: fields.number_or("relative_attention_num_buckets", 32)?,
        head: if tied { Head::TiedLanguageModel } else { Head::LanguageModel },
        ..plain(fields, width, heads)
    })
}

fn llama(fields: &Fields) -> Result<Architecture, CalculatorError> {
    let (width, heads) = (fields.number("hidden_size")?, fields.number("num_attention_heads")?);
    let head_dim = match fields.json["head_dim"].is_null() {
        true => heads_divide(width, heads)?,
        false => fields.number("head_dim")?,
    };
    let bias = match fields.model_type {
        "qwen2" => AttentionBias::QueryKeyValue,
        _ if fields.flag_or("attention_bias", false) => AttentionBias::All,
        _ => AttentionBias::None,
    };
    let tied = fields.flag_or("tie_word_embeddings", false);
    Ok(Architecture {
        vocab_size: fields.number("vocab_size")?,
        decoder_layers: fields.number("num_hidden_layers")?,
        num_key_value_heads: fields.number_or("num_key_value_heads", heads)?,
        head_dim,
        intermediate_size: fields.number("intermediate_size")?,
        gated: true,
        attention_bias: bias,
        feed_forward_bias: fields.flag_or("mlp_bias", false),
        norm_bias: false,
        final_norm: true,
        head: if tied { Head::TiedLanguageModel } else { Head::LanguageModel },
        max_context: Some(fields.number("max_position_embeddings")?),
        ..plain(fields, width, heads)
    })
}

/// A run of `jumok transformer train-lm`: GPT-2's fields, and what makes a LLaMA of it.
fn causal(fields: &Fields) -> Result<Architecture, CalculatorError> {
    let (width, heads) = (fields.number("n_embd")?, fields.number("n_head")?);
    heads_divide(width, heads)?;
    let positions = fields.number("n_positions")?;
    let (bias, layer_norm) = (fields.flag_or("bias", true), fields.json["norm"] != "rms_norm");
    let tied = fields.flag_or("tie_word_embeddings", true);
    Ok(Architecture {
        vocab_size: fields.number("vocab_size")?,
        decoder_layers: fields.number("n_layer")?,
        num_key_value_heads: fields.number_or("num_key_value_heads", heads)?,
        intermediate_size: fields.number_or("n_inner", width.saturating_mul(4))?,
        gated: fields.json["feed_forward"] == "gated",
        attention_bias: if bias { AttentionBias::All } else { AttentionBias::None },
        feed_forward_bias: bias,
        norm_bias: layer_norm && bias,
        final_norm: true,
        learned_positions: if fields.json["rope_parameters"].is_null() { positions } else { 0 },
        head: if tied { Head::TiedLanguageModel } else { Head::LanguageModel },
        max_context: Some(positions),
        ..plain(fields, width, heads)
    })
}

/// The original Transformer (Vaswani et al. 2017) and runs of `jumok transformer train`: positions are computed, and with
/// the paper's choices the norms stand behind the layers and one table serves source, target and output.
fn transformer(fields: &Fields) -> Result<Architecture, CalculatorError> {
    let (width, heads) = (fields.number("d_model")?, fields.number("encoder_attention_heads")?);
    heads_divide(width, heads)?;
    let inner = fields.number("encoder_ffn_dim")?;
    for (field, size) in [("decoder_attention_heads", heads), ("decoder_ffn_dim", inner)] {
        let found = fields.number(field)?;
        if found != size {
            let rule =
                format!("{field} is {found} and the encoder's {size}, but the two stacks are counted as equally wide");
            return Err(CalculatorError::Sizes { rule });
        }
    }
    let vocab_size = fields.number("vocab_size")?;
    let shared = fields.flag_or("share_encoder_decoder_embeddings", true);
    let tied = fields.flag_or("tie_word_embeddings", true);
    Ok(Architecture {
        vocab_size,
        target_vocab_size: if shared { None } else { Some(fields.number_or("decoder_vocab_size", vocab_size)?) },
        encoder_layers: fields.number("encoder_layers")?,
        decoder_layers: fields.number("decoder_layers")?,
        intermediate_size: inner,
        final_norm: fields.flag_or("normalize_before", false),
        head: if tied { Head::TiedLanguageModel } else { Head::LanguageModel },
        output_bias: !tied,
        ..plain(fields, width, heads)
    })
}

/// The width of a head.
fn heads_divide(width: usize, heads: usize) -> Result<usize, CalculatorError> {
    match heads > 0 && width.is_multiple_of(heads) {
        true => Ok(width / heads),
        false => Err(CalculatorError::Sizes { rule: format!("{heads} heads do not divide a width of {width}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_preset_is_a_model() {
        for name in Architecture::presets() {
            let architecture = Architecture::preset(&name).unwrap();
            assert_eq!(architecture.name, name);
            assert!(TYPES.contains(&architecture.model_type.as_str()));
        }
        let error = Architecture::preset("gpt4").unwrap_err().to_string();
        assert!(error.contains("\"gpt4\"") && error.contains("llama-7b"), "{error}");
    }

    #[test]
    fn configurations_that_are_none_are_told_apart() {
        let error = |json: Value| Architecture::from_config("x", &json).unwrap_err().to_string();
        assert!(error(json!({})).contains("model_type \"\""));
        assert!(error(json!({"model_type": "mamba"})).contains("\"mamba\", but only bert"));
        assert!(error(json!({"model_type": "gpt2", "n_embd": 768})).contains("whole number n_head, but has none"));
        let with = |field: &str, value: Value| {
            let mut json = presets()["llama-3.1-8b"].clone();
            json[field] = value;
            error(json)
        };
        assert!(with("hidden_size", json!("4096")).contains("hidden_size, but has \"4096\""));
        assert!(with("hidden_size", json!(-1)).contains("but has -1"));
        assert!(with("num_attention_heads", json!(0)).contains("0 heads"));
        assert!(with("num_attention_heads", json!(33)).contains("33 heads do not divide"));
        assert!(with("num_key_value_heads", json!(5)).contains("32 heads cannot share 5"));
        assert!(with("num_hidden_layers", json!(0)).contains("the number of layers is 0"));
        assert!(with("vocab_size", json!(u64::MAX)).contains("vocab_size is"));
        let huge = json!({"model_type": "gpt2", "n_embd": u64::MAX, "n_head": 1, "n_positions": 1, "vocab_size": 1, "n_layer": 1});
        assert!(error(huge).contains("the width of embeddings is"));
        assert!(with("num_hidden_layers", json!(1 << 24)).contains("16777216 layers of"));
        assert!(error(json!([1, 2])).contains("model_type"));
    }

    #[test]
    fn a_class_with_heads_is_counted_with_them() {
        let with = |class: &str| {
            let mut json = presets()["bert-base"].clone();
            json["architectures"] = json!([class]);
            Architecture::from_config("x", &json).unwrap().parameters()
        };
        assert_eq!(with("BertModel"), 109_482_240);
        assert_eq!(with("BertForMaskedLM"), 109_514_298, "as Hugging Face counts bert-base-uncased");
        // A layer, its norm, a bias a token, and two answers about the pooled state.
        assert_eq!(with("BertForPreTraining"), 109_482_240 + 768 * 768 + 768 + 2 * 768 + 30_522 + 2 * 768 + 2);
    }
}
