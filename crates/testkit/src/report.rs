use std::collections::BTreeMap;
use std::fmt;

use crate::Verdict;

/// How many cases of a group passed, failed and are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All within tolerance.
    pub pass: usize,
    /// Something off.
    pub fail: usize,
    /// Nothing computed.
    pub missing: usize,
}

/// The verdicts of a run. Displayed as the failures, one a line, and a table of counts by group.
#[derive(Debug, Clone, Default)]
pub struct Report {
    verdicts: BTreeMap<String, Verdict>,
}

impl Report {
    /// Adds the verdict on a case; a second one on the same case replaces the first.
    pub fn add(&mut self, case: &str, verdict: Verdict) {
        self.verdicts.insert(case.to_owned(), verdict);
    }

    /// The verdicts by the cases' names, sorted.
    pub fn verdicts(&self) -> &BTreeMap<String, Verdict> {
        &self.verdicts
    }

    /// Names of the cases for which nothing was computed, sorted.
    pub fn missing(&self) -> Vec<&str> {
        self.names(|verdict| *verdict == Verdict::Missing)
    }

    /// Names of the cases in which something is off, sorted.
    pub fn failed(&self) -> Vec<&str> {
        self.names(|verdict| matches!(verdict, Verdict::Fail(_)))
    }

    /// Counts by group, the part of a name before the first `/`.
    pub fn groups(&self) -> BTreeMap<&str, Counts> {
        let mut groups = BTreeMap::<&str, Counts>::new();
        for (name, verdict) in &self.verdicts {
            let counts = groups.entry(name.split('/').next().unwrap_or_default()).or_default();
            match verdict {
                Verdict::Pass => counts.pass += 1,
                Verdict::Fail(_) => counts.fail += 1,
                Verdict::Missing => counts.missing += 1,
            }
        }
        groups
    }

    /// Counts over all groups.
    pub fn total(&self) -> Counts {
        self.groups().values().fold(Counts::default(), |sum, group| Counts {
            pass: sum.pass + group.pass,
            fail: sum.fail + group.fail,
            missing: sum.missing + group.missing,
        })
    }

    /// Whether at least one case passed and none failed or is missing.
    pub fn is_success(&self) -> bool {
        matches!(self.total(), Counts { pass: 1.., fail: 0, missing: 0 })
    }

    fn names(&self, keep: impl Fn(&Verdict) -> bool) -> Vec<&str> {
        self.verdicts.iter().filter(|(_, verdict)| keep(verdict)).map(|(name, _)| name.as_str()).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        const SHOWN: usize = 4;
        for (name, verdict) in &self.verdicts {
            if let Verdict::Fail(errors) = verdict {
                write!(f, "FAIL {name}: {}", errors[..errors.len().min(SHOWN)].join("; "))?;
                if errors.len() > SHOWN {
                    write!(f, "; and {} more", errors.len() - SHOWN)?;
                }
                writeln!(f)?;
            }
        }
        writeln!(f, "{:16}{:>8}{:>8}{:>9}", "group", "pass", "fail", "missing")?;
        for (group, counts) in self.groups() {
            writeln!(f, "{group:16}{:8}{:8}{:9}", counts.pass, counts.fail, counts.missing)?;
        }
        let total = self.total();
        write!(f, "{:16}{:8}{:8}{:9}", "all", total.pass, total.fail, total.missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_table() {
        let mut report = Report::default();
        assert!(!report.is_success(), "nothing passed");
        report.add("ops/add", Verdict::Pass);
        report.add("ops/sub", Verdict::Pass);
        assert!(report.is_success());
        report.add("attention/dot", Verdict::Missing);
        assert!(!report.is_success());
        report.add("ops/mul", Verdict::Fail((1..=6).map(|n| format!("error {n}")).collect()));
        assert_eq!(report.total(), Counts { pass: 2, fail: 1, missing: 1 });
        assert_eq!((report.missing(), report.failed()), (vec!["attention/dot"], vec!["ops/mul"]));
        assert_eq!(
            report.to_string(),
            "FAIL ops/mul: error 1; error 2; error 3; error 4; and 2 more\n\
             group               pass    fail  missing\n\
             attention              0       0        1\n\
             ops                    2       1        0\n\
             all                    2       1        1"
        );
    }
}
