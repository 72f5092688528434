//! The part of a `config.json` that is about a head: the names of the labels and what kind of answer they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a sequence classifier's outputs mean, under Hugging Face's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemType {
    /// Numbers; the loss is the mean squared error.
    Regression,
    /// Exactly one label is right; cross-entropy.
    SingleLabelClassification,
    /// Each label is right or not for itself; binary cross-entropy.
    MultiLabelClassification,
}

/// `id2label`, `label2id`, `num_labels` and `problem_type` of a `config.json`.
///
/// As in Hugging Face's library there are two labels, `LABEL_0` and `LABEL_1`, where a file names none. Of the two maps
/// `id2label` is read; both are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawHeadConfig", into = "RawHeadConfig")]
pub struct HeadConfig {
    /// The names of the labels, in the order of the classifier's outputs.
    pub labels: Vec<String>,
    /// What the outputs mean; without it one label is a regression and more are classes.
    pub problem_type: Option<ProblemType>,
}

impl Default for HeadConfig {
    fn default() -> Self {
        Self::numbered(2)
    }
}

impl HeadConfig {
    /// The most labels that a configuration may have.
    pub const MAX_LABELS: usize = 100_000;

    /// `count` labels called `LABEL_0`, `LABEL_1`, …
    pub fn numbered(count: usize) -> Self {
        Self { labels: (0..count).map(|id| format!("LABEL_{id}")).collect(), problem_type: None }
    }

    /// Labels of these names.
    pub fn named<S: Into<String>>(labels: impl IntoIterator<Item = S>) -> Self {
        Self { labels: labels.into_iter().map(Into::into).collect(), problem_type: None }
    }

    /// The number of labels.
    pub fn num_labels(&self) -> usize {
        self.labels.len()
    }

    /// What the outputs of a sequence classifier mean: as told, or else a number for one label and classes for more.
    pub fn problem(&self) -> ProblemType {
        self.problem_type.unwrap_or(match self.labels.len() {
            1 => ProblemType::Regression,
            _ => ProblemType::SingleLabelClassification,
        })
    }
}

/// The fields as they stand in the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct RawHeadConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    id2label: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    label2id: Option<BTreeMap<String, usize>>,
    #[serde(skip_serializing)]
    num_labels: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem_type: Option<ProblemType>,
}

impl TryFrom<RawHeadConfig> for HeadConfig {
    type Error = String;

    fn try_from(raw: RawHeadConfig) -> Result<Self, String> {
        let count = raw.id2label.as_ref().map(BTreeMap::len).or(raw.num_labels).unwrap_or(2);
        if !(1..=HeadConfig::MAX_LABELS).contains(&count) {
            return Err(format!("{count} labels: there must be from 1 to {} of them", HeadConfig::MAX_LABELS));
        }
        let labels = match raw.id2label {
            None => HeadConfig::numbered(count).labels,
            Some(mut names) => (0..count)
                .map(|id| {
                    let rule = "it must name every id from 0 on, without a gap";
                    names.remove(&id.to_string()).ok_or_else(|| format!("id2label has no name for {id}: {rule}"))
                })
                .collect::<Result<_, _>>()?,
        };
        Ok(HeadConfig { labels, problem_type: raw.problem_type })
    }
}

impl From<HeadConfig> for RawHeadConfig {
    fn from(head: HeadConfig) -> Self {
        let told = head.labels != HeadConfig::default().labels;
        let pairs = || head.labels.iter().cloned().enumerate();
        RawHeadConfig {
            id2label: told.then(|| pairs().map(|(id, name)| (id.to_string(), name)).collect()),
            label2id: told.then(|| pairs().map(|(id, name)| (name, id)).collect()),
            num_labels: None,
            problem_type: head.problem_type,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_come_in_the_order_of_their_ids() {
        let names: serde_json::Map<_, _> = (0..12).map(|id| (id.to_string(), json!(format!("tag{id}")))).collect();
        let head: HeadConfig = serde_json::from_value(json!({ "id2label": names })).unwrap();
        assert_eq!((head.labels[2].as_str(), head.labels[10].as_str()), ("tag2", "tag10"));
        let back: HeadConfig = serde_json::from_value(serde_json::to_value(&head).unwrap()).unwrap();
        assert_eq!(back, head);
    }

    #[test]
    fn without_names_there_are_two_labels_and_nothing_is_written() {
        let head: HeadConfig = serde_json::from_value(json!({"id2label": null})).unwrap();
        assert_eq!(head, HeadConfig::default());
        assert_eq!(serde_json::to_value(&head).unwrap(), json!({}));
        let three: HeadConfig = serde_json::from_value(json!({"num_labels": 3})).unwrap();
        assert_eq!(three.labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
    }

    #[test]
    fn one_label_is_a_number_unless_told_otherwise() {
        assert_eq!(HeadConfig::numbered(1).problem(), ProblemType::Regression);
        assert_eq!(HeadConfig::numbered(3).problem(), ProblemType::SingleLabelClassification);
        let told: HeadConfig = serde_json::from_value(json!({"problem_type": "multi_label_classification"})).unwrap();
        assert_eq!(told.problem(), ProblemType::MultiLabelClassification);
    }

    #[test]
    fn gaps_and_absurd_numbers_are_refused() {
        let error = |json| serde_json::from_value::<HeadConfig>(json).unwrap_err().to_string();
        assert!(error(json!({"id2label": {"0": "a", "2": "b"}})).contains("no name for 1"));
        assert!(error(json!({"num_labels": 1_u64 << 60})).contains("from 1 to 100000"));
        assert!(error(json!({"num_labels": 0})).contains("from 1 to 100000"));
        assert!(error(json!({"problem_type": "guessing"})).contains("guessing"));
    }
}
