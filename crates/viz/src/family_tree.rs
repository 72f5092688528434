use std::path::Path;

use crate::svg::{Body, Label};
use crate::text::{pixel_width, visible};
use crate::{VizError, save};

const RULES: &str = "\
.jumok .line{stroke:#8c959f;fill:none;stroke-width:1.2}\
.jumok .rule{stroke:#8c959f;stroke-opacity:0.3;fill:none}\
.jumok .band-0{fill:#8c959f;fill-opacity:0.08}\
.jumok .band-1{fill:#8c959f;fill-opacity:0.02}\
.jumok .hue-0{fill:#6e7781;stroke:#6e7781}\
.jumok .hue-1{fill:#bf4b8a;stroke:#bf4b8a}\
.jumok .hue-2{fill:#2da44e;stroke:#2da44e}\
.jumok .hue-3{fill:#1f6feb;stroke:#1f6feb}\
.jumok .closed{fill-opacity:0.08;stroke-width:1.8}\
.jumok .halo{paint-order:stroke;stroke:#ffffff;stroke-width:4px;stroke-linejoin:round}\
@media (prefers-color-scheme:dark){.jumok .halo{stroke:#0d1117}}";

const SIZE: f64 = 12.0;
const ROW: f64 = 20.0;
const LEFT: f64 = 132.0;
const TOP: f64 = 70.0;
const YEAR: f64 = 128.0;

/// A family tree over time: a band for each branch, a mark for each member at its date, full or hollow, and a line to its
/// parent.
///
/// ```
/// use jumok_viz::FamilyTree;
///
/// let mut tree = FamilyTree::new(["roots", "decoders"]);
/// let root = tree.member("Transformer", 2017.45, 0, true, None);
/// tree.member("GPT", 2018.45, 1, true, Some(root));
/// assert!(tree.to_svg().contains("GPT"));
/// ```
#[derive(Debug, Clone)]
pub struct FamilyTree {
    branches: Vec<String>,
    members: Vec<Member>,
    title: String,
    legend: [String; 2],
}

#[derive(Debug, Clone)]
struct Member {
    name: String,
    date: f64,
    branch: usize,
    full: bool,
    parent: Option<usize>,
}

impl FamilyTree {
    /// An empty tree with its branches, from top to bottom.
    pub fn new<S: AsRef<str>>(branches: impl IntoIterator<Item = S>) -> FamilyTree {
        let branches = branches.into_iter().map(|branch| visible(branch.as_ref())).collect();
        FamilyTree { branches, members: Vec::new(), title: String::new(), legend: Default::default() }
    }

    /// Adds a member at a date in years and gives its number, by which its children name it.
    ///
    /// # Panics
    /// If there is no such branch or parent, or the date is not finite.
    #[track_caller]
    pub fn member(&mut self, name: &str, date: f64, branch: usize, full: bool, parent: Option<usize>) -> usize {
        let (branches, members) = (self.branches.len(), self.members.len());
        assert!(branch < branches, "FamilyTree: there is no branch {branch} among {branches}");
        assert!(parent.is_none_or(|parent| parent < members), "FamilyTree: the parent of {name} comes before it");
        assert!(date.is_finite(), "FamilyTree: {name} has no date");
        self.members.push(Member { name: visible(name), date, branch, full, parent });
        members
    }

    /// A title above the tree.
    #[must_use]
    pub fn title(mut self, title: &str) -> FamilyTree {
        self.title = visible(title);
        self
    }

    /// What a full and what a hollow mark means.
    #[must_use]
    pub fn legend(mut self, full: &str, hollow: &str) -> FamilyTree {
        self.legend = [visible(full), visible(hollow)];
        self
    }

    /// A row for each member, those of a branch together: the first in which its name covers no other.
    fn rows(&self, x: impl Fn(f64) -> f64) -> (Vec<usize>, Vec<usize>) {
        let mut rows = vec![0; self.members.len()];
        let mut used = vec![];
        for branch in 0..self.branches.len() {
            let mut ends: Vec<f64> = vec![];
            let mut order: Vec<usize> = (0..self.members.len()).filter(|&n| self.members[n].branch == branch).collect();
            order.sort_by(|&a, &b| self.members[a].date.total_cmp(&self.members[b].date));
            for n in order {
                let Member { name, date, .. } = &self.members[n];
                let (start, end) = (x(*date) - 8.0, x(*date) + 10.0 + pixel_width(name, SIZE) + 8.0);
                let row = ends.iter().position(|&used| used <= start).unwrap_or(ends.len());
                if row == ends.len() {
                    ends.push(end);
                } else {
                    ends[row] = end;
                }
                rows[n] = row;
            }
            used.push(ends.len().max(1));
        }
        (rows, used)
    }

    /// The picture as a complete SVG document.
    pub fn to_svg(&self) -> String {
        let dates = || self.members.iter().map(|member| member.date);
        let first = dates().fold(f64::INFINITY, f64::min).min(1e6).floor();
        let last = dates().fold(f64::NEG_INFINITY, f64::max).max(first + 1.0).ceil();
        let x = |date: f64| LEFT + (date - first) * YEAR;
        let (rows, used) = self.rows(x);
        let mut tops = vec![TOP];
        for rows in &used {
            tops.push(tops[tops.len() - 1] + *rows as f64 * ROW + 14.0);
        }
        let bottom = tops[tops.len() - 1];
        let y = |n: usize| tops[self.members[n].branch] + 7.0 + ROW * (rows[n] as f64 + 0.5);
        let names = self.members.iter().map(|member| x(member.date) + 16.0 + pixel_width(&member.name, SIZE));
        let right = names.fold(x(last), f64::max) + 12.0;

        let mut body = Body::default();
        body.text(16.0, 28.0, &self.title, Label { size: 16.0, bold: true, ..Label::PLAIN });
        for (n, branch) in self.branches.iter().enumerate() {
            let height = tops[n + 1] - tops[n];
            body.rect([0.0, tops[n], right, height], &format!("class=\"band-{}\"", n % 2), None);
            body.text(12.0, tops[n] + 7.0 + ROW * 0.5 + 4.0, branch, Label { size: 12.0, bold: true, ..Label::PLAIN });
        }
        for year in first as i64..=last as i64 {
            let at = x(year as f64);
            body.path(&format!("M{at:.1} {:.1}V{bottom:.1}", TOP - 4.0), "rule");
            body.text(
                at,
                TOP - 10.0,
                &year.to_string(),
                Label { size: 11.0, class: "muted", anchor: "middle", ..Label::PLAIN },
            );
        }
        for (n, member) in self.members.iter().enumerate() {
            let Some(parent) = member.parent else { continue };
            let (from, to) = ((x(self.members[parent].date), y(parent)), (x(member.date), y(n)));
            let middle = (from.0 + to.0) / 2.0;
            body.path(
                &format!(
                    "M{:.1} {:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}",
                    from.0, from.1, from.1, to.1, to.0, to.1
                ),
                "line",
            );
        }
        for (n, member) in self.members.iter().enumerate() {
            let (at, height) = (x(member.date), y(n));
            body.raw(&mark(at, height, member.branch, member.full));
            body.text(at + 9.0, height + 4.0, &member.name, Label { size: SIZE, class: "halo", ..Label::PLAIN });
        }
        let mut at = 16.0;
        for (n, text) in self.legend.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            body.raw(&mark(at, bottom + 18.0, 0, n == 0));
            body.text(at + 10.0, bottom + 22.0, text, Label { size: 12.0, ..Label::PLAIN });
            at += 32.0 + pixel_width(text, 12.0);
        }
        body.finish_with(right, bottom + 34.0, &self.title, RULES)
    }

    /// Saves [`FamilyTree::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg())
    }
}

fn mark(x: f64, y: f64, branch: usize, full: bool) -> String {
    let closed = if full { "" } else { " closed" };
    format!("<circle class=\"hue-{}{closed}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>\n", branch % 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_time_get_rows_of_their_own_and_children_a_line() {
        let mut tree = FamilyTree::new(["뿌리", "b"]).title("<t>").legend("full", "hollow");
        let root = tree.member("root", 2017.0, 0, true, None);
        for n in 0..3 {
            tree.member(&format!("child {n}"), 2018.0 + f64::from(n) * 0.1, 1, n > 0, Some(root));
        }
        tree.member("late", 2022.5, 1, false, Some(1));
        let (rows, used) = tree.rows(|date| (date - 2017.0) * YEAR);
        assert_eq!(
            (&rows[..], &used[..]),
            (&[0, 0, 1, 2, 0][..], &[1, 3][..]),
            "the late one has room in the first row"
        );
        let svg = tree.to_svg();
        assert_eq!(svg.matches("class=\"line\"").count(), 4);
        assert_eq!(svg.matches("<circle").count(), 7);
        assert_eq!(svg.matches(" closed\"").count(), 3);
        for part in ["&lt;t&gt;", "뿌리", ">2017<", ">2023<"] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn an_empty_tree_can_be_drawn() {
        assert!(FamilyTree::new(["a"]).to_svg().contains("</svg>"));
    }

    #[test]
    #[should_panic(expected = "the parent of b comes before it")]
    fn a_parent_comes_before_its_child() {
        FamilyTree::new(["a"]).member("b", 2020.0, 0, true, Some(0));
    }
}
