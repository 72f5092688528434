//! The tree in a terminal.

use jumok_training::Language;
use jumok_viz::{Table, TerminalStyle, width};

use super::{Access, Lineage, Model};
use crate::texts::lineage as texts;

impl Lineage {
    /// The models as a tree, children below their parents, with date, organisation, size, licence and notes.
    pub fn to_terminal(&self, language: Language, style: &TerminalStyle) -> String {
        let mut lines = vec![];
        for root in self.models().iter().filter(|model| model.parent.is_none()) {
            self.branch_of(root, "", "", style, &mut lines);
        }
        let columns = lines.iter().map(|(start, _)| width(start)).max().unwrap_or(0);
        let mut out = String::new();
        for (start, model) in &lines {
            let padding = " ".repeat(columns - width(start));
            out += &format!("{start}{padding}  {:7}  {}\n", model.date.to_string(), details(model, language));
        }
        let [open, closed] = marks(style);
        out + &format!("\n{}\n", texts::LEGEND.fill(language, &[("open", &open), ("closed", &closed)]))
    }

    /// The products and the models behind them (slide S23).
    pub fn products(&self, language: Language, style: &TerminalStyle) -> String {
        let columns = [texts::COLUMN_PRODUCT, texts::COLUMN_MODEL, texts::COLUMN_ORGANISATION, texts::COLUMN_DATE];
        let mut table = Table::new(columns.map(|text| text.get(language)));
        for model in self.models() {
            if let Some(product) = &model.product {
                table.row([product, &model.name, &model.organisation, &model.date.to_string()]);
            }
        }
        table.to_terminal(style)
    }

    fn branch_of<'a>(
        &'a self,
        model: &'a Model,
        before: &str,
        below: &str,
        style: &TerminalStyle,
        lines: &mut Vec<(String, &'a Model)>,
    ) {
        let [open, closed] = marks(style);
        let mark = if model.access == Access::Open { open } else { closed };
        lines.push((format!("{before}{mark} {}", model.name), model));
        let is_child = |child: &&Model| child.parent.as_deref() == Some(&model.name);
        let children: Vec<&Model> = self.models().iter().filter(is_child).collect();
        let [fork, corner, line] = if style.unicode { ["├─", "└─", "│ "] } else { ["|-", "`-", "| "] };
        for (n, child) in children.iter().enumerate() {
            let last = n + 1 == children.len();
            let (joint, rest) = if last { (corner, "  ") } else { (fork, line) };
            self.branch_of(child, &format!("{below}{joint}"), &format!("{below}{rest}"), style, lines);
        }
    }
}

fn marks(style: &TerminalStyle) -> [&'static str; 2] {
    if style.unicode { ["●", "○"] } else { ["*", "o"] }
}

fn details(model: &Model, language: Language) -> String {
    let note = model.note.as_ref().map(|note| note.get(language).to_owned());
    let calc = model.calc.as_ref().map(|calc| format!("calc {calc}"));
    let parts = [Some(model.organisation.clone()), model.size.clone(), model.licence.clone(), note, calc];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lineage::{Branch, Filter};

    #[test]
    fn every_model_has_a_line_below_its_parent() {
        let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
        for language in [Language::English, Language::Korean] {
            let all = Lineage::built_in();
            let text = all.to_terminal(language, &style);
            let line = |name: &str| {
                let of = |line: &str| {
                    let start = line.split("  ").map(|part| part.trim_start_matches(['│', '├', '└', '─', ' ']));
                    start.into_iter().any(|part| part == format!("● {name}") || part == format!("○ {name}"))
                };
                text.lines().position(of).unwrap_or_else(|| panic!("no {name} in\n{text}"))
            };
            for model in all.models() {
                if let Some(parent) = &model.parent {
                    assert!(line(parent) < line(&model.name), "{}", model.name);
                }
            }
        }
    }

    #[test]
    fn a_plain_terminal_gets_plain_lines() {
        let encoders = Lineage::built_in().filtered(&Filter { branch: Some(Branch::EncoderOnly), ..Filter::default() });
        let text = encoders.to_terminal(Language::English, &TerminalStyle::plain());
        assert!(text.is_ascii() || !TerminalStyle::plain().unicode || text.contains('├'), "{text}");
        assert!(text.contains("RoBERTa") && !text.contains("GPT-2"));
    }

    #[test]
    fn products_name_their_models() {
        let style = TerminalStyle::plain();
        let text = Lineage::built_in().products(Language::Korean, &style);
        assert!(text.lines().any(|line| line.starts_with("CLOVA X") && line.contains("HyperCLOVA X")), "{text}");
        assert!(!text.contains("BERT"));
    }
}
