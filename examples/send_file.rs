//! Encrypts a file as an attachment is encrypted, and decrypts one, in constant memory and with a progress bar.
//!
//!     cargo run --example send_file -- encrypt photo.jpg photo.enc photo.pointer
//!     cargo run --example send_file -- decrypt photo.enc photo.pointer photo-again.jpg
//!
//! The encrypted file is what a server would store. The pointer is what the message would carry: the key, the
//! length, and how the file is encrypted. The decrypted file appears under its name when all of it is verified.

use std::{
    error::Error,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal as _, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use session_protocol::{
    crypto::{ed25519::Ed25519Seed, encoding::hex, system_rng},
    envelope::attachment::{
        Format, Fragment, Purpose,
        io::{decrypt_verified, encrypt, encrypt_large},
    },
};
use zeroize::Zeroizing;

mod program;

use program::{Result, UsageError, say};

const USAGE: &str = "usage: send_file encrypt [--large] FILE ENCRYPTED POINTER
       send_file decrypt ENCRYPTED POINTER FILE

  encrypt   encrypt FILE to ENCRYPTED, and write to POINTER what decrypts it: whoever has the pointer can
  decrypt   decrypt ENCRYPTED to FILE

  --large   take more than the 10 218 286 bytes that the network's file server stores

Nothing is overwritten. A pointer has these lines: url, key, size, and digest in the format of older clients.";

fn main() -> ExitCode {
    // A bar in a log helps nobody.
    let mut progress: Box<dyn Write> =
        if io::stderr().is_terminal() { Box::new(io::stderr()) } else { Box::new(io::sink()) };
    program::main("send_file", USAGE, |words| {
        say!("{}", run(words, &mut progress)?);
        Ok(())
    })
}

fn run(mut words: Vec<OsString>, progress: &mut impl Write) -> Result<String> {
    let large =
        words.iter().position(|word| word == "--large").map(|at| words.remove(at)).is_some();
    if let Some(option) = words.iter().find(|word| word.to_string_lossy().starts_with("--")) {
        return Err(UsageError::unknown(option));
    }
    let words: Vec<_> = words.iter().map(|word| (word.to_str(), Path::new(word))).collect();
    match words.as_slice() {
        [(Some("encrypt"), _), (_, file), (_, encrypted), (_, pointer)] => {
            encrypt_file(file, encrypted, pointer, large, progress)
        }
        [(Some("decrypt"), _), (_, encrypted), (_, pointer), (_, file)] if !large => {
            decrypt_file(encrypted, pointer, file, progress)
        }
        [(Some("decrypt"), _), _, _, _] => Err(UsageError("--large is for encrypt".into()).into()),
        [(Some("encrypt" | "decrypt"), _), ..] => {
            Err(UsageError("three files are needed".into()).into())
        }
        [(_, word), ..] => Err(UsageError::unknown(&word.as_os_str().to_owned())),
        [] => Err(UsageError("what is to be done is missing".into()).into()),
    }
}

fn encrypt_file(
    file: &Path,
    encrypted: &Path,
    pointer: &Path,
    large: bool,
    progress: &mut impl Write,
) -> Result<String> {
    let content = open(file)?;
    let size = content.metadata()?.len();
    // A fresh seed for every file: the server cannot see who uploads the same file twice.
    let uploader = Ed25519Seed::generate(&mut system_rng());
    let mut content = Progress::new(content, size.saturating_mul(2), progress);
    let mut out = NewFile::create(encrypted)?;
    let encrypt = if large { encrypt_large } else { encrypt };
    let key = encrypt(&mut content, &mut out.file, &uploader, Purpose::Attachment)
        .map_err(|error| in_file(file, &error))?;
    content.finish()?;

    let url = Fragment::stream().append_to("http://filev2.getsession.org/file/0");
    let key = Zeroizing::new(hex::encode(key.expose_bytes()));
    let text = Zeroizing::new(format!("url {url}\nkey {}\nsize {size}\n", *key));
    let mut pointer_file = NewFile::create(pointer)?;
    pointer_file.file.write_all(text.as_bytes())?;
    let stored = out.file.metadata()?.len();
    out.keep()?;
    pointer_file.keep()?;
    Ok(format!("{size} bytes became {stored}; the key is in {}", pointer.display()))
}

fn decrypt_file(
    encrypted: &Path,
    pointer: &Path,
    file: &Path,
    progress: &mut impl Write,
) -> Result<String> {
    let pointer = Pointer::read(pointer).map_err(|error| in_file(pointer, error.as_ref()))?;
    let (name, encrypted) = (encrypted, open(encrypted)?);
    let length = encrypted.metadata()?.len();
    // Once to verify, once to write.
    let passes = if matches!(pointer.format, Format::Stream(_)) { 2 } else { 1 };
    let mut encrypted = Progress::new(encrypted, length.saturating_mul(passes), progress);
    let mut out = NewFile::create(file)?;
    let written = decrypt_verified(&mut encrypted, &mut out.file, &pointer.format, pointer.size)
        .map_err(|error| in_file(name, &error))?;
    encrypted.finish()?;
    out.keep()?;
    let said = pointer.size.map(u64::from).filter(|said| *said != 0 && *said != written);
    let note = said.map(|said| format!(", not {said} as the pointer says")).unwrap_or_default();
    Ok(format!("{written} bytes{note}, all of them verified"))
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The error, with the name of the file that is to blame in front.
fn in_file(path: &Path, error: &dyn Error) -> Box<dyn Error> {
    format!("{}: {}", path.display(), program::with_causes(error)).into()
}

/// What the message says of its file.
struct Pointer {
    format: Format,
    size: Option<u32>,
}

impl Pointer {
    fn read(path: &Path) -> Result<Self> {
        /// Far more than four lines.
        const LIMIT: u64 = 10_000;
        let mut text = Zeroizing::new(String::new());
        File::open(path)?.take(LIMIT).read_to_string(&mut text)?;
        let (mut url, mut key, mut size, mut digest) = ("", Zeroizing::new(Vec::new()), None, None);
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("url", value)) => url = value,
                Some(("key", value)) => {
                    let bytes = hex::decode(value).map_err(|error| format!("key: {error}"))?;
                    key = Zeroizing::new(bytes);
                }
                Some(("size", value)) => {
                    size = Some(value.parse().map_err(|error| format!("size: {error}"))?);
                }
                Some(("digest", value)) => {
                    let bytes = hex::decode_array(value);
                    digest = Some(bytes.map_err(|error| format!("digest: {error}"))?);
                }
                _ => {
                    return Err(
                        "the pointer has a line that is none of url, key, size, digest".into()
                    );
                }
            }
        }
        // The key's length alone does not tell the format: a picture's key has 32 bytes as well.
        let is_picture = digest.is_none() && key.len() == 32;
        let format = if is_picture {
            Format::of_picture(url, &key)?
        } else {
            Format::of_attachment(url, &key, digest.as_ref())?
        };
        Ok(Self { format, size })
    }
}

/// A file that has its name only when it is complete; until then it is called `NAME.part`, and it goes when
/// something fails. Only a run that is killed leaves it behind.
struct NewFile {
    file: File,
    part: PathBuf,
    name: PathBuf,
    kept: bool,
}

impl NewFile {
    fn create(name: &Path) -> Result<Self> {
        let exists = |path: &Path| format!("{} is there already", path.display());
        if name.exists() {
            return Err(exists(name).into());
        }
        let mut part = name.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Keys and plain files are nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!("{}; delete it if it is of a run that was interrupted", exists(&part))
            }
            _ => format!("{}: {error}", part.display()),
        })?;
        Ok(Self { file, part, name: name.to_owned(), kept: false })
    }

    fn keep(mut self) -> Result<()> {
        self.file.sync_all()?;
        // Unlike renaming, linking does not overwrite what came meanwhile.
        fs::hard_link(&self.part, &self.name)?;
        self.kept = true;
        Ok(fs::remove_file(&self.part)?)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            // What is half a file helps nobody; if it cannot be removed, it stays under its other name.
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// Shows how much of a reader has been read.
struct Progress<'w, R, W> {
    reader: R,
    read: u64,
    total: u64,
    shown: Option<u64>,
    out: &'w mut W,
}

impl<'w, R, W: Write> Progress<'w, R, W> {
    const fn new(reader: R, total: u64, out: &'w mut W) -> Self {
        Self { reader, read: 0, total, shown: None, out }
    }

    fn show(&mut self) -> io::Result<()> {
        let percent = self.read.saturating_mul(100).checked_div(self.total).unwrap_or(100).min(100);
        if self.shown == Some(percent) {
            return Ok(());
        }
        self.shown = Some(percent);
        let full = usize::try_from(percent / 4).unwrap_or(0);
        let (full, empty) = ("█".repeat(full), "░".repeat(25_usize.saturating_sub(full)));
        write!(self.out, "\r{full}{empty} {percent:3} %")?;
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }
}

impl<R: Read, W: Write> Read for Progress<'_, R, W> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(bytes)?;
        self.read = self.read.saturating_add(u64::try_from(count).unwrap_or(0));
        self.show()?;
        Ok(count)
    }
}

impl<R: Seek, W> Seek for Progress<'_, R, W> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.reader.seek(position)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]
mod tests {
    use super::*;

    /// A directory that goes when the test ends.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("send_file-{name}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }

        fn run(&self, words: [&str; 4]) -> std::result::Result<(String, String), String> {
            let mut progress = Vec::new();
            let [command, files @ ..] = words;
            let mut line = vec![command.into()];
            line.extend(files.map(|file| self.path(file).into_os_string()));
            let said = run(line, &mut progress).map_err(|error| error.to_string())?;
            Ok((said, String::from_utf8(progress).unwrap()))
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_goes_there_and_back() {
        let directory = Directory::new("back");
        let content: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        fs::write(directory.path("a"), &content).unwrap();
        let (said, progress) = directory.run(["encrypt", "a", "b", "p"]).unwrap();
        assert!(said.starts_with("300000 bytes became 303104;"), "{said}");
        assert!(progress.ends_with("█████████████████████████ 100 %\n"), "{progress}");
        assert!(progress.contains("  50 %"), "{progress}");
        assert_eq!(fs::read(directory.path("b")).unwrap().len(), 303_104);

        let (said, _) = directory.run(["decrypt", "b", "p", "c"]).unwrap();
        assert_eq!(said, "300000 bytes, all of them verified");
        assert_eq!(fs::read(directory.path("c")).unwrap(), content);
        assert_eq!(directory.names(), ["a", "b", "c", "p"]);
    }

    #[test]
    fn a_broken_file_leaves_nothing_behind() {
        let directory = Directory::new("broken");
        fs::write(directory.path("a"), vec![7; 100_000]).unwrap();
        directory.run(["encrypt", "a", "b", "p"]).unwrap();
        let mut file = fs::read(directory.path("b")).unwrap();
        *file.last_mut().unwrap() ^= 1;
        fs::write(directory.path("b"), &file).unwrap();
        let error = directory.run(["decrypt", "b", "p", "c"]).unwrap_err();
        assert!(error.ends_with("b: file failed authentication"), "{error}");
        assert_eq!(directory.names(), ["a", "b", "p"]);
    }

    #[test]
    fn nothing_is_overwritten() {
        let directory = Directory::new("there");
        for name in ["a", "b"] {
            fs::write(directory.path(name), b"here").unwrap();
        }
        let error = directory.run(["encrypt", "a", "b", "p"]).unwrap_err();
        assert!(error.ends_with("b is there already"), "{error}");
        let error = directory.run(["encrypt", "a", "c", "b"]).unwrap_err();
        assert!(error.ends_with("b is there already"), "{error}");
        assert_eq!(directory.names(), ["a", "b"]);
        assert_eq!(fs::read(directory.path("b")).unwrap(), b"here");
        fs::write(directory.path("c.part"), b"half").unwrap();
        let error = directory.run(["encrypt", "a", "c", "p"]).unwrap_err();
        let text = "c.part is there already; delete it if it is of a run that was interrupted";
        assert!(error.ends_with(text), "{error}");
        assert_eq!(fs::read(directory.path("c.part")).unwrap(), b"half");
    }

    /// 02 §11.4: a picture in the format of older clients.
    #[test]
    fn old_formats_are_decrypted() {
        let directory = Directory::new("old");
        let file = "000102030405060708090a0b2f67ba77aa2797ff353b8a046d28236dcd9d057bbb";
        fs::write(directory.path("b"), hex::decode(file).unwrap()).unwrap();
        let key: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
        fs::write(directory.path("p"), format!("url http://a/file/1\nkey {key}\nsize 7\n"))
            .unwrap();
        let (said, _) = directory.run(["decrypt", "b", "p", "c"]).unwrap();
        assert_eq!(said, "5 bytes, not 7 as the pointer says, all of them verified");
        assert_eq!(fs::read(directory.path("c")).unwrap(), b"hello");
    }

    #[test]
    fn errors_name_the_file_that_is_wrong() {
        let directory = Directory::new("names");
        fs::create_dir(directory.path("d")).unwrap();
        let error = directory.run(["encrypt", "d", "b", "p"]).unwrap_err();
        assert!(error.contains("d: file could not be read"), "{error}");
        for (pointer, wrong) in [
            ("key zz", "p: key: no hexadecimal digit"),
            ("size 99999999999", "p: size: number too large"),
            ("digest 00", "p: digest: expected 64"),
            ("url a\nkey 00", "p: file of the legacy format without digest"),
            ("hello", "p: the pointer has a line"),
        ] {
            fs::write(directory.path("p"), pointer).unwrap();
            let error = directory.run(["decrypt", "d", "p", "c"]).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
        let error = directory.run(["decrypt", "d", "q", "c"]).unwrap_err();
        assert!(error.contains("q: "), "{error}");
        assert_eq!(directory.names(), ["d", "p"]);
    }

    #[test]
    fn what_is_not_known_gets_the_usage() {
        for (words, what) in [
            (vec![], "what is to be done is missing"),
            (vec!["encrypt"], "three files are needed"),
            (vec!["send", "a", "b", "c"], "send is not known here"),
            (vec!["decrypt", "a", "b"], "three files are needed"),
            (vec!["decrypt", "--large", "a", "b", "c"], "--large is for encrypt"),
            (vec!["encrypt", "--larger", "a", "b", "c"], "--larger is not known here"),
        ] {
            let words = words.into_iter().map(OsString::from).collect();
            let error = run(words, &mut Vec::new()).unwrap_err();
            assert!(error.is::<UsageError>(), "{error}");
            assert_eq!(error.to_string(), what);
        }
    }
}
