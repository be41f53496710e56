//! What every example needs of its `main`: `--help`, errors in words, and an end without noise when a pipe is closed.

use std::{
    error::Error,
    ffi::OsString,
    fmt, fs,
    io::{self, Write as _},
    path::Path,
    process::{self, ExitCode},
};

/// What an example returns.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The words after the program's name cannot be used; the text says which, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsageError {}

impl UsageError {
    /// An option or argument that the program does not have.
    pub(crate) fn unknown(word: &OsString) -> Box<dyn Error> {
        Box::new(Self(format!("{} is not known here", word.display())))
    }
}

/// Runs an example and ends it: 0, 1 for an error, 2 for words that cannot be used.
pub(crate) fn main(
    name: &str,
    usage: &str,
    run: impl FnOnce(Vec<OsString>) -> Result<()>,
) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    // `help` alone is a question too; later it may be the name of a file.
    let asks = words.iter().any(|word| word == "--help" || word == "-h");
    if asks || words.first().is_some_and(|word| word == "help") {
        write(format_args!("{}\n", usage.trim_end()));
        return ExitCode::SUCCESS;
    }
    let Err(error) = run(words) else { return ExitCode::SUCCESS };
    let is_usage = error.is::<UsageError>();
    let hint = if is_usage { format!("\n\n{}", usage.trim_end()) } else { String::new() };
    // Errors go nowhere if this fails.
    let _ = writeln!(io::stderr(), "{name}: {}{hint}", with_causes(error.as_ref()));
    ExitCode::from(if is_usage { 2 } else { 1 })
}

/// Runs an example that takes no words but `--help`. `about` is one sentence for it.
#[allow(dead_code, reason = "some examples have options")]
pub(crate) fn main_without_options(
    name: &str,
    about: &str,
    run: impl FnOnce() -> Result<()>,
) -> ExitCode {
    main(name, &format!("usage: {name}\n\n{about}"), |words| match words.first() {
        Some(word) => Err(UsageError::unknown(word)),
        None => run(),
    })
}

/// Writes to standard output. Ends the program quietly where nothing reads it any more (`… | head -1`).
pub(crate) fn write(text: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    end_if_closed(out.write_fmt(text).and_then(|()| out.flush()));
}

fn end_if_closed(written: io::Result<()>) {
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => {
            let _ = writeln!(io::stderr(), "standard output: {error}");
            process::exit(1);
        }
    }
}

/// Standard output for `writeln!`, with [`write`]'s end.
#[allow(dead_code, reason = "most examples say lines")]
pub(crate) struct Output;

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        end_if_closed(io::stdout().write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        end_if_closed(io::stdout().flush());
        Ok(())
    }
}

/// A line on standard output, as `println!` writes it; a closed pipe is no panic.
#[allow(unused_macros, reason = "some examples write a whole text")]
macro_rules! say {
    ($($text:tt)*) => {
        $crate::program::write(format_args!("{}\n", format_args!($($text)*)))
    };
}
#[allow(unused_imports, reason = "as the macro")]
pub(crate) use say;

/// Writes a file that is not there yet. With `force` it may be, and stays as it was if the new one cannot be written.
#[allow(dead_code, reason = "most examples write no file")]
pub(crate) fn write_file(path: &Path, bytes: &[u8], force: bool) -> Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let target = if force { Path::new(&part) } else { path };
    let created = fs::OpenOptions::new().write(true).create_new(true).open(target);
    let written = created.and_then(|mut file| {
        let written = file
            .write_all(bytes)
            .and_then(|()| if force { fs::rename(target, path) } else { Ok(()) });
        // Half a file is worse than none. Where it cannot be removed, the error says enough.
        written.inspect_err(|_| drop(fs::remove_file(target)))
    });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists if force => {
            format!("{} is left over from another run; remove it", target.display()).into()
        }
        io::ErrorKind::AlreadyExists => {
            format!("{} is there already; --force overwrites it", path.display()).into()
        }
        _ => format!("{}: {error}", path.display()).into(),
    })
}

/// The error with its causes, which its own text leaves out.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Transparent errors repeat the text of their cause.
        if !text.ends_with(&error.to_string()) {
            text += &format!(": {error}");
        }
        cause = error.source();
    }
    text
}
