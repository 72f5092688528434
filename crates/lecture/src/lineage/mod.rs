//! The family tree of language models (lecture, slides S22 and S23): a file of facts, as a tree in the terminal and as a
//! picture over time.
//!
//! The facts stand in `data/lineage.toml`; a model there has a source that can be looked up.
//!
//! ```
//! use jumok_lecture::lineage::{Branch, Filter, Lineage};
//!
//! let encoders = Filter { branch: Some(Branch::EncoderOnly), ..Filter::default() };
//! let all = Lineage::built_in();
//! assert!(all.filtered(&encoders).models().iter().any(|model| model.name == "BERT"));
//! ```

mod model;
mod picture;
mod tree;

pub use model::{Access, Branch, Date, LineageError, Model, Note};

use serde::Deserialize;

/// Models, parents before their children, oldest first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    #[serde(rename = "model")]
    models: Vec<Model>,
}

/// Which models to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of a branch.
    pub branch: Option<Branch>,
    /// Only those whose weights can be had.
    pub open: bool,
    /// Only those up to the end of a year.
    pub until: Option<u16>,
    /// Only those that a product is known for.
    pub products: bool,
}

impl Lineage {
    /// The models of `data/lineage.toml`.
    ///
    /// # Panics
    /// If that file breaks a rule, which a test excludes.
    pub fn built_in() -> Lineage {
        Lineage::parse(include_str!("../../data/lineage.toml")).expect("data/lineage.toml keeps its rules")
    }

    /// Reads a file of that form.
    ///
    /// # Errors
    /// [`LineageError`] if it is no such file, names a model twice, is out of order, or a parent does not come before its
    /// child.
    pub fn parse(text: &str) -> Result<Lineage, LineageError> {
        let lineage: Lineage = toml::from_str(text)?;
        for (n, model) in lineage.models.iter().enumerate() {
            let before = &lineage.models[..n];
            let broken = |rule: &str| Err(LineageError::Rule { name: model.name.clone(), rule: rule.to_owned() });
            if model.name.trim().is_empty() || model.source.trim().is_empty() || model.organisation.trim().is_empty() {
                return broken("name, organisation and source must not be empty");
            }
            if before.iter().any(|other| other.name == model.name) {
                return broken("there are two of this name");
            }
            let parent = model.parent.as_ref().map(|parent| before.iter().find(|other| other.name == *parent));
            match parent {
                Some(None) => return broken("its parent must stand before it"),
                Some(Some(parent)) if parent.date.year > model.date.year => {
                    return broken("it is older than its parent");
                }
                _ => {}
            }
            if before.last().is_some_and(|last| last.date.year > model.date.year) {
                return broken("the years must not go back");
            }
            if model.access == Access::Open && model.licence.is_none() {
                return broken("what can be had has a licence");
            }
        }
        Ok(lineage)
    }

    /// The models.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The models that the filter keeps; who loses its parent is given to the nearest ancestor that is left.
    #[must_use]
    pub fn filtered(&self, filter: &Filter) -> Lineage {
        let kept = |model: &Model| {
            filter.branch.is_none_or(|branch| model.branch == branch)
                && (!filter.open || model.access == Access::Open)
                && filter.until.is_none_or(|year| model.date.year <= year)
                && (!filter.products || model.product.is_some())
        };
        let find = |name: &str| self.models.iter().find(|model| model.name == name);
        let models = self.models.iter().filter(|model| kept(model)).map(|model| {
            let mut parent = model.parent.as_deref().and_then(find);
            while let Some(lost) = parent.filter(|parent| !kept(parent)) {
                parent = lost.parent.as_deref().and_then(find);
            }
            Model { parent: parent.map(|parent| parent.name.clone()), ..model.clone() }
        });
        Lineage { models: models.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calculator::Architecture;

    fn named(name: &str) -> Model {
        let all = Lineage::built_in();
        all.models().iter().find(|model| model.name == name).unwrap_or_else(|| panic!("no {name}")).clone()
    }

    #[test]
    fn the_facts_keep_their_rules() {
        let all = Lineage::built_in();
        assert!(all.models().len() >= 50);
        for branch in Branch::ALL {
            assert!(all.models().iter().any(|model| model.branch == branch), "{branch:?}");
        }
        for model in all.models() {
            if let Some(calc) = &model.calc {
                assert!(Architecture::preset(calc).is_ok(), "{} has no preset {calc}", model.name);
            }
            let arxiv = model.source.strip_prefix("arXiv ");
            if let Some(number) = arxiv {
                // The first four digits of an arXiv number are the year and the month in which it was submitted.
                let (year, month) = (number[..2].parse::<u16>().unwrap() + 2000, number[2..4].parse::<u8>().unwrap());
                let later = model.name == "GPT-4o"; // its system card came five months after it
                assert!(later || (model.date.year, model.date.month) == (year, Some(month)), "{}", model.name);
            }
            if let Some(note) = &model.note {
                let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
                assert!(!hangul(&note.en) && hangul(&note.ko), "{}", model.name);
            }
        }
    }

    /// Erratum E33: T5 was not the last of the encoder–decoders.
    #[test]
    fn encoder_decoders_went_on_after_t5() {
        let all = Lineage::built_in();
        let later = all.models().iter().filter(|model| {
            model.branch == Branch::EncoderDecoder && model.name != "T5" && model.date >= named("T5").date
        });
        assert!(later.count() >= 6);
    }

    /// Errata E34 and E35: GPT-1 came before BERT, and GPT-2 was released in stages out of concern about misuse.
    #[test]
    fn gpt_is_older_than_bert() {
        assert!(named("GPT-1").date < named("BERT").date);
        assert!(named("GPT-2").note.unwrap().en.contains("misuse"));
    }

    /// Erratum E40: no LLaMA has a licence without limits, and the first allows no commercial use at all.
    #[test]
    fn llama_has_limits() {
        assert!(named("LLaMA").note.unwrap().en.contains("non-commercial"));
        for name in ["LLaMA 2", "LLaMA 3", "LLaMA 3.1"] {
            assert!(named(name).note.unwrap().en.contains("700 million"), "{name}");
        }
    }

    #[test]
    fn broken_files_are_refused() {
        let model = |name: &str, more: &str| {
            format!(
                "[[model]]\nname = {name:?}\nbranch = \"root\"\norganisation = \"o\"\nsource = \"s\"\nlicence = \"l\"\naccess = \"open\"\n{more}\n"
            )
        };
        let error = |text: &str| Lineage::parse(text).unwrap_err().to_string();
        let a = model("a", "date = \"2018-06\"");
        assert!(Lineage::parse(&a).is_ok());
        assert!(error(&(a.clone() + &a)).contains("a: there are two of this name"));
        assert!(error(&model("a", "date = \"2018-13\"")).contains("2018-13"));
        assert!(error(&model("a", "date = \"18\"")).contains("YYYY"));
        assert!(error(&model("a", "date = \"2018\"\nparent = \"b\"")).contains("its parent must stand before it"));
        assert!(error(&(a.clone() + &model("b", "date = \"2017\""))).contains("must not go back"));
        assert!(error(&model("a", "date = \"2018\"\nsise = \"1\"")).contains("sise"));
        assert!(error(&a.replace("licence = \"l\"\n", "")).contains("has a licence"));
        assert!(error(&a.replace("root", "sideways")).contains("sideways"));
    }

    #[test]
    fn who_loses_a_parent_goes_to_the_next_of_kin() {
        let open = Lineage::built_in().filtered(&Filter { open: true, ..Filter::default() });
        let llama = open.models().iter().find(|model| model.name == "LLaMA").unwrap();
        assert_eq!(llama.parent.as_deref(), Some("GPT-2"), "GPT-3 is closed");
        assert!(open.models().iter().all(|model| model.access == Access::Open));
        let early = Filter { until: Some(2018), branch: Some(Branch::DecoderOnly), ..Filter::default() };
        let early = Lineage::built_in().filtered(&early);
        assert_eq!(early.models().iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["GPT-1"]);
        assert_eq!(early.models()[0].parent, None);
    }
}
