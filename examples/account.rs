//! Makes an account or restores one, and shows what its owner needs: Account ID, QR code, recovery password.
//!
//!     cargo run --example account -- create
//!     cargo run --example account -- restore < words.txt
//!
//! A recovery password is read from standard input and never from the arguments, which other users of the
//! machine can see and the shell remembers.

use std::{
    error::Error,
    ffi::OsString,
    io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write},
    process::ExitCode,
};

use session_protocol::{
    crypto::system_rng,
    identity::{
        Account, AccountSeed,
        link::Payload,
        mnemonic::{Correction, DecodeError, Decoded, Language, RecoveryPassword},
        qr::QrCode,
    },
};
use zeroize::Zeroizing;

mod program;

use program::{Result, UsageError};

const USAGE: &str = "usage: account create [--long] [--language NAME]
       account restore [--language NAME] [--without-checksum] [--accept-corrections]
       account languages

  create              make an account and show its id, its QR code and its recovery password
  restore             read a recovery password from standard input (or the 32 digits of a QR code that links
                      a device) and show the same
  languages           list the languages of recovery passwords

  --long              take 32 random bytes instead of 16: 25 words, which the apps for phones cannot read
  --language NAME     language of the words, by its English or its own name; the apps read English only.
                      Without it `restore` finds the language out, and `create` takes English
  --without-checksum  accept a recovery password whose last word is lost; a wrong word then gives another account
  --accept-corrections
                      accept words that are in no list and were understood by their first letters; without it
                      `restore` shows them and ends";

fn main() -> ExitCode {
    program::main("account", USAGE, |words| Arguments::parse(words.into_iter())?.run())
}

fn create(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let mut rng = system_rng();
    let seed = if arguments.long {
        AccountSeed::generate_long(&mut rng)
    } else {
        AccountSeed::generate(&mut rng)
    };
    show(&Account::from_seed(seed), arguments.language.unwrap_or(Language::English), out)
}

fn restore(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let text = read_secret()?;
    if let Ok(Payload::Seed(seed)) = Payload::parse_restore(&text) {
        return show(
            &Account::from_seed(seed),
            arguments.language.unwrap_or(Language::English),
            out,
        );
    }
    let decoded = decode(&text, arguments)?;
    if !decoded.corrections.is_empty() {
        confirm(&decoded.corrections, arguments)?;
    }
    let language = decoded.password.language();
    show(&Account::from_seed(decoded.password.into_seed()), language, out)
}

/// Nobody's account is restored from words that its owner did not type (01 §17).
fn confirm(corrections: &[Correction], arguments: &Arguments) -> Result<()> {
    let mut err = io::stderr();
    for correction in corrections {
        let (position, word) = (correction.position(), correction.expose_word());
        writeln!(err, "Word {position} was taken for \"{word}\".")?;
    }
    if arguments.accept_corrections {
        return Ok(());
    }
    Err("some words are in no list; if they were understood well, try --accept-corrections".into())
}

fn decode(text: &str, arguments: &Arguments) -> Result<Decoded> {
    let decoded = match arguments.language {
        language if arguments.without_checksum => {
            let language = language.unwrap_or(Language::English);
            RecoveryPassword::decode_without_checksum(language, text)
        }
        Some(language) => RecoveryPassword::decode_in(language, text),
        None => RecoveryPassword::decode(text),
    };
    decoded.map_err(|error| match error {
        DecodeError::MissingChecksumWord { .. } => {
            format!("{error}; if it is lost, try --without-checksum").into()
        }
        error => error.into(),
    })
}

fn list_languages(out: &mut impl Write) -> Result<()> {
    for language in Language::ALL {
        writeln!(out, "{} ({})", language.english_name(), language.native_name())?;
    }
    Ok(())
}

fn show(account: &Account, language: Language, out: &mut impl Write) -> Result<()> {
    let id = Payload::AccountId(account.id());
    writeln!(out, "Account ID         {}", account.id())?;
    writeln!(out, "in short           {}", account.id().short())?;
    writeln!(out, "in old communities {}", account.unblinded_id())?;
    writeln!(out, "\nFor others to scan:\n\n{}", *QrCode::new(&id.expose_text())?.to_terminal())?;
    let password = account.recovery_password(language);
    writeln!(out, "Recovery password, {language}. Whoever reads it has the account:\n")?;
    writeln!(out, "{}", *password.expose_words())?;
    Ok(())
}

/// A line from a terminal, everything from a pipe: words may stand on lines of their own.
fn read_secret() -> Result<Zeroizing<String>> {
    /// Far more than 25 words with their numbers.
    const LIMIT: usize = 10_000;
    // No reallocation leaves a copy behind; what the standard library buffers is not ours to wipe.
    let mut text = Zeroizing::new(String::with_capacity(LIMIT));
    let input = io::stdin().take(u64::try_from(LIMIT)?);
    if io::stdin().is_terminal() {
        write!(io::stderr(), "Recovery password: ")?;
        BufReader::new(input).read_line(&mut text)?;
    } else {
        BufReader::new(input).read_to_string(&mut text)?;
    }
    if text.trim().is_empty() {
        return Err("there is no recovery password on standard input".into());
    }
    Ok(text)
}

#[derive(Clone, Copy)]
enum Command {
    Create,
    Restore,
    Languages,
}

struct Arguments {
    command: Command,
    long: bool,
    without_checksum: bool,
    accept_corrections: bool,
    language: Option<Language>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = OsString>) -> Result<Self> {
        let command = match words.next().as_ref().and_then(|word| word.to_str()) {
            Some("create") => Command::Create,
            Some("restore") => Command::Restore,
            Some("languages") => Command::Languages,
            None => return Err(UsageError("what is to be done is missing".into()).into()),
            Some(word) => return Err(not_known(word)),
        };
        let mut arguments = Self {
            command,
            long: false,
            without_checksum: false,
            accept_corrections: false,
            language: None,
        };
        while let Some(word) = words.next() {
            match (word.to_str(), command) {
                (Some("--long"), Command::Create) => arguments.long = true,
                (Some("--without-checksum"), Command::Restore) => arguments.without_checksum = true,
                (Some("--accept-corrections"), Command::Restore) => {
                    arguments.accept_corrections = true;
                }
                (Some("--language"), Command::Create | Command::Restore) => {
                    let name = words.next();
                    let name = name.ok_or(UsageError("--language needs a name".into()))?;
                    arguments.language = Some(language(&name)?);
                }
                (word, _) => return Err(not_known(word.unwrap_or_default())),
            }
        }
        Ok(arguments)
    }

    fn run(&self) -> Result<()> {
        let out = &mut program::Output;
        match self.command {
            Command::Create => create(self, out),
            Command::Restore => restore(self, out),
            Command::Languages => list_languages(out),
        }
    }
}

/// The language of this name, in any case.
fn language(name: &OsString) -> Result<Language> {
    let name = name.to_str().unwrap_or_default().to_lowercase();
    let is_named = |language: &&Language| {
        [language.english_name(), language.native_name()].map(str::to_lowercase).contains(&name)
    };
    let language = Language::ALL.iter().find(is_named).copied();
    let unknown = || UsageError("no language of this name; see `account languages`".into()).into();
    language.ok_or_else(unknown)
}

/// Options are named. Other words are not: they may be the first of a recovery password.
fn not_known(word: &str) -> Box<dyn Error> {
    if word.starts_with('-') {
        return UsageError::unknown(&word.into());
    }
    UsageError("a word of these is not known here".into()).into()
}
