//! Explains bytes of the protocol layer by layer: lengths, offsets, field names, who signed, what is unknown.
//!
//!     cargo run --example inspect -- --demo
//!     cargo run --example inspect -- --keys my-keys.txt message.b64
//!
//! Keys come from a file, never from the arguments, which other users of the machine can see; no key is printed.

mod config;
mod demo;
mod input;
mod keys;
mod layers;
#[path = "../program.rs"]
mod program;
mod protobuf;
#[cfg(test)]
mod tests;
mod tree;
mod url;

use std::{
    error::Error,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use zeroize::Zeroizing;

use input::{Form, Input};
use keys::Keys;
use layers::{Inspector, KINDS};

use program::{Result, UsageError};

fn usage() -> String {
    format!(
        "usage: inspect [--keys FILE] [--as KIND] [--hex | --base64 | --binary] [FILE]
       inspect --demo

Explains a message, an envelope, a group message, a post, a config, a push notification, a URL: whatever the
protocol stores or sends. Reads standard input without FILE or for -. The form of the input is found out.

  --as KIND    what the bytes are, if they are not recognised: {KINDS}
  --keys FILE  what is needed to open them, an item on each line:

{}

  --demo       make a message and explain it",
        keys::FORMAT
    )
}

fn main() -> ExitCode {
    program::main("inspect", &usage(), |words| {
        let text = Arguments::parse(words.into_iter())?.run()?;
        program::write(format_args!("{text}"));
        Ok(())
    })
}

#[derive(Default)]
struct Arguments {
    demo: bool,
    keys: Option<PathBuf>,
    kind: Option<String>,
    form: Option<Form>,
    file: Option<PathBuf>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--demo") => arguments.demo = true,
                Some("--hex") => arguments.form = Some(Form::Hex),
                Some("--base64") => arguments.form = Some(Form::Base64),
                Some("--binary") => arguments.form = Some(Form::Binary),
                Some("--keys") => {
                    arguments.keys =
                        Some(words.next().ok_or_else(|| needs("--keys needs a file"))?.into());
                }
                Some("--as") => {
                    let kind = words.next().and_then(|kind| kind.into_string().ok());
                    arguments.kind = Some(kind.ok_or_else(|| needs("--as needs a kind"))?);
                }
                Some(option) if option.starts_with('-') && option != "-" => {
                    return Err(UsageError::unknown(&word));
                }
                _ if arguments.file.is_some() => return Err(needs("one file at a time")),
                _ => arguments.file = Some(word.into()),
            }
        }
        Ok(arguments)
    }

    fn run(&self) -> Result<String> {
        if self.demo {
            if self.file.is_some() || self.keys.is_some() || self.kind.is_some() {
                return Err(needs("--demo makes its own message, and takes nothing else"));
            }
            return demo::run();
        }
        let keys = self.keys.as_deref().map_or_else(|| Ok(Keys::default()), read_keys)?;
        let input = Input::new(input::read(self.file.as_deref())?, self.form)?;
        let tree = Inspector::new(&keys).explain(&input, self.kind.as_deref())?;
        Ok(tree.to_string())
    }
}

fn needs(what: &str) -> Box<dyn Error> {
    UsageError(what.into()).into()
}

fn read_keys(path: &Path) -> Result<Keys> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Keys::parse(&Zeroizing::new(text))
}
