//! What a run found, as a table for people and as JSON for programs.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::{Case, Verdict};

/// Failures that the table shows for each file.
const SHOWN_FAILURES: usize = 5;
/// Characters of an expected or found value that the table shows.
const SHOWN_CHARACTERS: usize = 160;

/// Result of a run over a directory.
#[derive(Clone, Debug)]
pub struct Report {
    files: Vec<FileReport>,
}

/// Result of the cases of one file.
#[derive(Clone, Debug)]
pub struct FileReport {
    file: String,
    passed: usize,
    failures: Vec<Failure>,
    /// How often each reason to skip came up.
    skipped: BTreeMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Failure {
    case: String,
    expected: String,
    got: String,
}

impl Report {
    pub(crate) const fn new(files: Vec<FileReport>) -> Self {
        Self { files }
    }

    /// Results by file, in the order of their names.
    #[must_use]
    pub fn files(&self) -> &[FileReport] {
        &self.files
    }

    /// Number of cases that passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.files.iter().map(FileReport::passed).sum()
    }

    /// Number of cases that failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.files.iter().map(FileReport::failed).sum()
    }

    /// Number of cases that were not run.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.files.iter().map(FileReport::skipped).sum()
    }

    /// The report as one JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let files: Vec<Value> = self.files.iter().map(FileReport::to_value).collect();
        json!({
            "files": files,
            "passed": self.passed(),
            "failed": self.failed(),
            "skipped": self.skipped(),
        })
        .to_string()
    }

    /// The report as a table, with the first failures and every reason to skip.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut text =
            format!("{:<32}{:>7}{:>8}{:>8}{:>9}\n", "file", "cases", "passed", "failed", "skipped");
        for file in &self.files {
            text.push_str(&file.to_rows());
        }
        let cases = self.passed() + self.failed() + self.skipped();
        text.push_str(&row("total", cases, self.passed(), self.failed(), self.skipped()));
        text
    }
}

impl FileReport {
    pub(crate) const fn new(file: String) -> Self {
        Self { file, passed: 0, failures: Vec::new(), skipped: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, case: &Case<'_>, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed { expected, got } => {
                let case = format!("{} [{}]", case.name(), case.op());
                self.failures.push(Failure { case, expected, got });
            }
            Verdict::Skipped(why) => *self.skipped.entry(why).or_default() += 1,
        }
    }

    /// Name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Number of cases that passed.
    #[must_use]
    pub const fn passed(&self) -> usize {
        self.passed
    }

    /// Number of cases that failed.
    #[must_use]
    pub const fn failed(&self) -> usize {
        self.failures.len()
    }

    /// Number of cases that were not run.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped.values().sum()
    }

    /// Why cases were not run, and how many for each reason.
    pub fn skip_reasons(&self) -> impl Iterator<Item = (&str, usize)> {
        self.skipped.iter().map(|(why, count)| (why.as_str(), *count))
    }

    fn cases(&self) -> usize {
        self.passed() + self.failed() + self.skipped()
    }

    fn to_value(&self) -> Value {
        let mut value = json!({
            "file": self.file,
            "cases": self.cases(),
            "passed": self.passed(),
            "failed": self.failed(),
            "skipped": self.skipped(),
        });
        if let (Some(fields), false) = (value.as_object_mut(), self.skipped.is_empty()) {
            fields.insert("skipped_because".to_owned(), json!(self.skipped));
        }
        value
    }

    fn to_rows(&self) -> String {
        let counts = (self.cases(), self.passed(), self.failed(), self.skipped());
        let mut text = row(&self.file, counts.0, counts.1, counts.2, counts.3);
        for failure in self.failures.iter().take(SHOWN_FAILURES) {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "    FAILED {}\n      expected {}\n      got      {}",
                failure.case,
                shorten(&failure.expected),
                shorten(&failure.got)
            );
        }
        if self.failed() > SHOWN_FAILURES {
            let _ = writeln!(text, "    … and {} more", self.failed() - SHOWN_FAILURES);
        }
        for (why, count) in &self.skipped {
            let _ = writeln!(text, "    skipped {count}: {why}");
        }
        text
    }
}

fn row(name: &str, cases: usize, passed: usize, failed: usize, skipped: usize) -> String {
    format!("{name:<32}{cases:>7}{passed:>8}{failed:>8}{skipped:>9}\n")
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}… ({} bytes)", text.split_at(end).0, text.len()),
        None => text.to_owned(),
    }
}
