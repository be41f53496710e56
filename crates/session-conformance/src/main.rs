//! Runs vector files against the public API of the workspace. See the library for what a vector is.

use std::{env, ffi::OsString, io::Write as _, path::PathBuf, process::ExitCode};

use session_conformance::{Report, run_directory};

const USAGE: &str = "usage: session-conformance --vectors DIR [--json]

  --vectors DIR   run every *.json of DIR
  --json          print one JSON object instead of a table
  --help          print this

Exit code: 0 nothing failed, 1 something failed, 2 DIR or the arguments cannot be used.";

fn main() -> ExitCode {
    if env::args_os().skip(1).any(|word| word == "--help" || word == "-h") {
        let _ = writeln!(std::io::stdout(), "{USAGE}");
        return ExitCode::SUCCESS;
    }
    let arguments = match Arguments::parse(env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(why) => return fail(&format!("{why}\n{USAGE}")),
    };
    let report = match run_directory(&arguments.vectors) {
        Ok(report) => report,
        Err(error) => return fail(&error.to_string()),
    };
    let text = if arguments.json { report.to_json() } else { report.to_table() };
    // A closed pipe (`| head`) is the reader's choice, not a failure of the run.
    let _ = writeln!(std::io::stdout(), "{text}");
    exit_code(&report)
}

fn exit_code(report: &Report) -> ExitCode {
    ExitCode::from(u8::from(report.failed() > 0))
}

fn fail(why: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "session-conformance: {why}");
    ExitCode::from(2)
}

struct Arguments {
    vectors: PathBuf,
    json: bool,
}

impl Arguments {
    fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut words = words;
        let (mut vectors, mut json) = (None, false);
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--json") => json = true,
                Some("--vectors") => {
                    vectors = Some(words.next().ok_or("--vectors needs a directory")?.into());
                }
                _ => return Err(format!("unknown argument {}", word.display())),
            }
        }
        Ok(Self { vectors: vectors.ok_or("--vectors is missing")?, json })
    }
}
