//! The tree as a picture over time.

use std::collections::HashMap;

use jumok_training::Language;
use jumok_viz::FamilyTree;

use super::{Access, Branch, Lineage};
use crate::texts::lineage as texts;

impl Lineage {
    /// The models over time, a band for each branch that has any.
    pub fn picture(&self, language: Language) -> FamilyTree {
        let has = |branch: &Branch| self.models().iter().any(|model| model.branch == *branch);
        let branches: Vec<Branch> = Branch::ALL.into_iter().filter(has).collect();
        let mut tree = FamilyTree::new(branches.iter().map(|branch| branch.title().get(language)))
            .title(texts::TITLE.get(language))
            .legend(texts::OPEN.get(language), texts::CLOSED.get(language));
        let mut numbers = HashMap::new();
        for model in self.models() {
            let branch =
                branches.iter().position(|branch| *branch == model.branch).expect("every branch was looked for");
            let parent = model.parent.as_deref().and_then(|parent| numbers.get(parent).copied());
            let number = tree.member(&model.name, model.date.years(), branch, model.access == Access::Open, parent);
            numbers.insert(model.name.as_str(), number);
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::Filter;

    #[test]
    fn the_picture_has_every_model_in_both_languages() {
        let all = Lineage::built_in();
        for (language, roots) in [(Language::English, "Roots"), (Language::Korean, "뿌리")] {
            let svg = all.picture(language).to_svg();
            assert!(svg.contains(roots));
            assert!(all.models().iter().all(|model| svg.contains(&format!(">{}<", model.name))));
        }
        let nothing = all.filtered(&Filter { until: Some(1999), ..Filter::default() });
        assert!(nothing.picture(Language::English).to_svg().contains("</svg>"));
    }
}
