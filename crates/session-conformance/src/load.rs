//! Reads a directory of vector files and runs each with its suite.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::{
    Case, FileReport, Report, Verdict,
    judge::judge,
    suites::{SUITES, Suite},
};

/// Why a directory of vectors could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or the directory could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The directory holds no `*.json`: a run that says nothing must not look like a success.
    #[error("no vector file in {}", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// A file is not a vector file.
    #[error("{} is no vector file: {why}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Runs every `*.json` of `directory`, in the order of their names.
///
/// # Errors
/// [`LoadError`] if the directory or a file cannot be read, or a file has not the form of a vector file.
pub fn run_directory(directory: &Path) -> Result<Report, LoadError> {
    let read = |source| LoadError::Read { path: directory.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(read)? {
        paths.push(entry.map_err(read)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        return Err(LoadError::Empty { path: directory.to_owned() });
    }
    let files = paths.iter().map(|path| run_file(path)).collect::<Result<_, _>>()?;
    Ok(Report::new(files))
}

fn run_file(path: &Path) -> Result<FileReport, LoadError> {
    let text = fs::read_to_string(path)
        .map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    let format = |why: String| LoadError::Format { path: path.to_owned(), why };
    let value: Value = serde_json::from_str(&text).map_err(|error| format(error.to_string()))?;
    let file = value.as_object().ok_or_else(|| format("no object".to_owned()))?;
    let cases = file.get("cases").and_then(Value::as_array);
    let cases = cases.ok_or_else(|| format("no list `cases`".to_owned()))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let suite = SUITES.iter().find(|suite| suite.file == stem);
    let mut report = FileReport::new(format!("{stem}.json"));
    for case in cases {
        let case = case.as_object().ok_or_else(|| format("a case is no object".to_owned()))?;
        report.add(&Case::new(case, file), run_case(suite, case, file));
    }
    Ok(report)
}

fn run_case(
    suite: Option<&Suite>,
    case: &Map<String, Value>,
    file: &Map<String, Value>,
) -> Verdict {
    match suite {
        // A panic is the worst failure of its case, not the end of the run.
        Some(suite) => {
            catch_unwind(AssertUnwindSafe(|| judge(suite, &Case::new(case, file)))).unwrap_or_else(
                |_| Verdict::Failed { expected: "an answer".to_owned(), got: "a panic".to_owned() },
            )
        }
        None => Verdict::Skipped("no suite for this file".to_owned()),
    }
}
