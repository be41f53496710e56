use alloc::{vec, vec::Vec};
use std::io::Cursor;

use session_crypto::{
    encoding::hex,
    secret_stream::{self, Header, Tag},
};
use sha2::{Digest as _, Sha256};

use super::*;

fn seed() -> Ed25519Seed {
    let seed = "0123456789abcdef".repeat(4);
    Ed25519Seed::from_bytes(hex::decode_array(&seed).unwrap())
}

/// Byte i is 7·i mod 256.
fn content(length: usize) -> Vec<u8> {
    (0..=255_u8).map(|i| i.wrapping_mul(7)).cycle().take(length).collect()
}

fn encrypted(length: usize) -> (Vec<u8>, AttachmentKey) {
    encrypt(&content(length), &seed(), Purpose::Attachment).unwrap()
}

/// A file of one stream with these chunks, under a key of its own.
fn stream(chunks: &[(Tag, &[u8])]) -> (Vec<u8>, AttachmentKey) {
    let (key, header) = (AttachmentKey::from_bytes([1; 32]), Header::from_bytes([2; 24]));
    let mut encryptor = secret_stream::Encryptor::new(key.stream_key(), &header);
    let mut file = [b"S".as_slice(), header.as_bytes()].concat();
    for (tag, text) in chunks {
        encryptor.push(*tag, text, &mut file);
    }
    (file, key)
}

fn decrypt_stream(chunks: &[(Tag, &[u8])]) -> Result<Vec<u8>, DecryptError> {
    let (file, key) = stream(chunks);
    decrypt(&file, &key)
}

/// A file of the table in 02 §11.2.
struct Vector {
    content: Input,
    derivation: Derivation,
    purpose: Purpose,
    header: &'static str,
    key: &'static str,
    size: usize,
    sha_256: &'static str,
}

enum Input {
    Bytes(&'static [u8]),
    Pattern(usize),
}

const VECTORS: [Vector; 7] = [
    Vector {
        content: Input::Bytes(b""),
        derivation: Derivation::Released2025,
        purpose: Purpose::Attachment,
        header: "8411974a757747d9f7b2dc07589c7979b621dfade43a8f80",
        key: "254ba233f7ead8c240f7eba345db77642d469da94835d104dbb2f7509940f99d",
        size: 4096,
        sha_256: "933a0938e23cb5c1e64480ece48e2966d11537bf09e63876b231479972af03c4",
    },
    Vector {
        content: Input::Bytes(b""),
        derivation: Derivation::Newest,
        purpose: Purpose::Attachment,
        header: "57aaa43118daae1b068b7b2cfea7fbf2bc32ca4d99003ec0",
        key: "c811e82fa9a353e0e9814faaa362e3563af2ba3300d31d6e7ea8319b4b17b8d5",
        size: 4096,
        sha_256: "28ca9a9e248a6bb759a44e4a9921d46313fa8a7ff4887120af8f15c1fcc803b9",
    },
    Vector {
        content: Input::Bytes(b"hello"),
        derivation: Derivation::Newest,
        purpose: Purpose::Attachment,
        header: "b373da0a2fc69bdc214660111a2bc355b8e545d8d98837a2",
        key: "2671be949784cde5bb4ab4b0bb87c8debd73cd98275d5bdb200491e912bba73e",
        size: 4096,
        sha_256: "cd3444491af23d7b8a5955503ec67e66b828b91d11097dffcd9dfe698b68bf7d",
    },
    Vector {
        content: Input::Bytes(b"hello"),
        derivation: Derivation::Newest,
        purpose: Purpose::ProfilePicture,
        header: "2eaab6a8b192d7a42b36d31143b8ee68cfed406b356c86a4",
        key: "6d7bbb6373ff70b043b4e49dc9002f1f7095ad961be65c8dd549fe1d2bd2c40f",
        size: 4096,
        sha_256: "4d682d47e331d0182bb5b7f20a55a75f6c62ae2d11b405259a0fbec94650116e",
    },
    Vector {
        content: Input::Bytes(b"hello"),
        derivation: Derivation::Released2025,
        purpose: Purpose::ProfilePicture,
        header: "3c5623bc21091f7a0b2cc3d2a6dfa6bac38d0ff50b140e61",
        key: "f90b0aba6a0640e4810c5c55d64bd4d6031f98c8464a4061d93f83b6083affa5",
        size: 4096,
        sha_256: "cd5b3a347f40f26eb2bcb992ad4cd565c664bd0aef2cd881589ccd4a20b79336",
    },
    Vector {
        content: Input::Pattern(33_333),
        derivation: Derivation::Newest,
        purpose: Purpose::Attachment,
        header: "740be05f9db883402f152f8dca311c6797ac3a1fbd16e67b",
        key: "4ce68ba1f085312eae658f147058210a9c05771ece2c8ced686d54544be1e945",
        size: 36_864,
        sha_256: "672f3bc44b2b1915b527d6429c86dd0b462a958aa1cad9afae0ad971e660002b",
    },
    Vector {
        content: Input::Pattern(65_536),
        derivation: Derivation::Released2025,
        purpose: Purpose::Attachment,
        header: "e3df959e80f380c6e47145b33a4c0e680e82172202037d27",
        key: "109f518e24089fe3425ced297157b050dd7ad410319535fcc7bb86702086b122",
        size: 69_632,
        sha_256: "9724aed53e78d64a4ede5835e5c29090f9c80bf07b5ebb930ad2366435181fc7",
    },
];

#[test]
fn files_are_those_of_the_specification() {
    for vector in VECTORS {
        let content = match vector.content {
            Input::Bytes(bytes) => bytes.to_vec(),
            Input::Pattern(length) => content(length),
        };
        let mut deriver = KeyDeriver::new(&seed(), vector.purpose, vector.derivation);
        deriver.update(&content);
        let (file, key) = encrypt_with(&content, deriver).unwrap();
        assert_eq!(hex::encode(&file[1..25]), vector.header);
        assert_eq!(hex::encode(key.expose_bytes()), vector.key);
        assert_eq!(file.len(), vector.size);
        assert_eq!(hex::encode(&Sha256::digest(&file)), vector.sha_256);
        assert_eq!(decrypt(&file, &key).as_ref(), Ok(&content));
    }
}

#[test]
fn pieces_do_not_matter() {
    let (file, key) = encrypted(70_000);
    for size in [1, 2, 41, 4096, 32_785, file.len()] {
        let mut out = Vec::new();
        let mut decryptor = Decryptor::new(&key);
        file.chunks(size).for_each(|piece| decryptor.update(piece, &mut out).unwrap());
        decryptor.finish(&mut out).unwrap();
        assert_eq!(out, content(70_000), "{size}");
    }
    let mut deriver = KeyDeriver::new(&seed(), Purpose::Attachment, Derivation::Newest);
    content(70_000).chunks(13).for_each(|piece| deriver.update(piece));
    let (key, header) = deriver.finalize();
    for size in [1, 13, 32_768] {
        let mut out = Vec::new();
        let mut encryptor = Encryptor::new(&key, &header, 70_000, &mut out).unwrap();
        content(70_000).chunks(size).for_each(|piece| encryptor.update(piece, &mut out).unwrap());
        encryptor.finish(&mut out).unwrap();
        assert_eq!(out, file, "{size}");
    }
}

#[test]
fn sizes_are_what_arithmetic_says() {
    for length in [0, 1, 4_053, 4_054, 28_000, 32_767, 32_768, 32_769, 65_000, 131_072, 300_000] {
        let (file, key) = encrypted(length);
        let expected = size::encrypted(length.try_into().unwrap());
        assert_eq!(u64::try_from(file.len()).ok(), expected, "{length}");
        assert_eq!(decrypt(&file, &key), Ok(content(length)), "{length}");
    }
}

#[test]
fn keys_follow_from_everything() {
    let (_, key) = encrypted(100);
    let mut other = content(100);
    other[50] ^= 1;
    for (content, seed, purpose) in [
        (other, seed(), Purpose::Attachment),
        (content(100), Ed25519Seed::from_bytes([1; 32]), Purpose::Attachment),
        (content(100), seed(), Purpose::ProfilePicture),
    ] {
        assert_ne!(encrypt(&content, &seed, purpose).unwrap().1, key);
    }
}

#[test]
fn every_byte_and_every_length_counts() {
    let (file, key) = encrypted(0);
    for byte in 0..file.len() {
        let mut altered = file.clone();
        altered[byte] ^= 0x10;
        let expected = if byte == 0 { DecryptError::UnknownFormat } else { DecryptError::Corrupt };
        assert_eq!(decrypt(&altered, &key), Err(expected), "byte {byte}");
    }
    for length in 0..file.len() {
        let expected = match length {
            0 => DecryptError::UnknownFormat,
            // Head alone, or a rest that is too short for a chunk.
            1..=42 => DecryptError::Truncated,
            _ => DecryptError::Corrupt,
        };
        assert_eq!(decrypt(&file[..length], &key), Err(expected), "{length}");
    }
    let longer = [file.as_slice(), &[0]].concat();
    assert_eq!(decrypt(&longer, &key), Err(DecryptError::Corrupt));
    let other = AttachmentKey::from_bytes([9; 32]);
    assert_eq!(decrypt(&file, &other), Err(DecryptError::Corrupt));
}

#[test]
fn the_final_tag_is_on_the_last_chunk_and_only_there() {
    let first = [&[1], [7; 32_767].as_slice()].concat();
    let whole = |last| decrypt_stream(&[(Tag::Message, &first), (last, b"end")]);
    assert_eq!(whole(Tag::Final).map(|content| content.len()), Ok(32_770));
    assert_eq!(whole(Tag::Message), Err(DecryptError::Truncated));
    for tag in [Tag::Push, Tag::Rekey] {
        assert_eq!(whole(tag), Err(DecryptError::Corrupt), "{tag:?}");
    }
    let early = decrypt_stream(&[(Tag::Final, &first), (Tag::Final, b"end")]);
    assert_eq!(early, Err(DecryptError::Truncated));
    assert_eq!(decrypt_stream(&[(Tag::Message, &first)]), Err(DecryptError::Truncated));
    assert_eq!(decrypt_stream(&[(Tag::Final, &first)]).map(|content| content.len()), Ok(32_767));
    assert_eq!(decrypt_stream(&[]), Err(DecryptError::Truncated));
}

#[test]
fn padding_is_zeros_and_a_one() {
    let zeros = [0; 32_768];
    for (text, content) in
        [(b"\x01".as_slice(), b"".as_slice()), (b"\x01hi", b"hi"), (b"\0\0\x01\0\x01", b"\0\x01")]
    {
        assert_eq!(decrypt_stream(&[(Tag::Final, text)]).as_deref(), Ok(content), "{text:?}");
        let across = decrypt_stream(&[(Tag::Message, &zeros), (Tag::Final, text)]);
        assert_eq!(across.as_deref(), Ok(content), "{text:?} behind a chunk of zeros");
    }
    for text in [b"\x02".as_slice(), b"\0\xff", b"\0\0", b"\0"] {
        let error = decrypt_stream(&[(Tag::Final, text)]);
        assert_eq!(error, Err(DecryptError::BadPadding), "{text:?}");
    }
    let none = decrypt_stream(&[(Tag::Message, &zeros), (Tag::Final, &zeros)]);
    assert_eq!(none, Err(DecryptError::BadPadding));
}

/// No content comes out of a chunk that is refused.
#[test]
fn refused_chunks_leave_nothing_behind() {
    for chunks in [[(Tag::Final, b"\0\x02secret".as_slice())], [(Tag::Push, b"\x01secret")]] {
        let (file, key) = stream(&chunks);
        let mut out = Vec::new();
        let mut decryptor = Decryptor::new(&key);
        decryptor.update(&file, &mut out).unwrap();
        assert!(decryptor.finish(&mut out).is_err());
        assert_eq!(out, b"");
    }
}

#[test]
fn lengths_are_kept() {
    let (key, header) = (AttachmentKey::from_bytes([1; 32]), Header::from_bytes([2; 24]));
    let found = size::MAX_CONTENT_LENGTH + 1;
    let error = Encryptor::new(&key, &header, found, &mut Vec::new());
    assert!(matches!(error, Err(EncryptError::TooLong { found: 10_218_287 })), "{error:?}");
    let encryptor = |length| Encryptor::new(&key, &header, length, &mut Vec::new()).unwrap();
    assert_eq!(encryptor(5).update(b"longer", &mut Vec::new()), Err(EncryptError::Length));
    assert_eq!(encryptor(5).finish(&mut Vec::new()), Err(EncryptError::Length));
}

#[test]
fn files_go_from_reader_to_writer() {
    for length in [0, 100, 65_535, 65_536, 200_000] {
        let mut file = Vec::new();
        let mut reader = Cursor::new([b"skipped".as_slice(), &content(length)].concat());
        reader.set_position(7);
        let key = io::encrypt(&mut reader, &mut file, &seed(), Purpose::Attachment).unwrap();
        assert_eq!((file.clone(), key.clone()), encrypted(length), "{length}");
        let mut out = Vec::new();
        io::decrypt(&mut file.as_slice(), &mut out, &key).unwrap();
        assert_eq!(out, content(length), "{length}");
        file.pop();
        let error = io::decrypt(&mut file.as_slice(), &mut Vec::new(), &key);
        assert!(matches!(error, Err(io::DecryptFileError::Decrypt(DecryptError::Corrupt))));
    }
}

/// Beyond the limit of the network's file server.
#[test]
fn large_files_are_asked_for() {
    let length = usize::try_from(size::MAX_CONTENT_LENGTH).unwrap() + 1;
    let large = content(length);
    let mut file = Vec::new();
    let error = io::encrypt(&mut Cursor::new(&large), &mut file, &seed(), Purpose::Attachment);
    let found = size::MAX_CONTENT_LENGTH + 1;
    let Err(io::EncryptFileError::Encrypt(error)) = error else { panic!("{error:?}") };
    assert_eq!((error, file.len()), (EncryptError::TooLong { found }, 0));
    let key = io::encrypt_large(&mut Cursor::new(&large), &mut file, &seed(), Purpose::Attachment);
    assert_eq!(decrypt(&file, &key.unwrap()), Ok(large));
    let (key, header) = (AttachmentKey::from_bytes([1; 32]), Header::from_bytes([2; 24]));
    let found = (1 << 60) + 1;
    let error = Encryptor::new_large(&key, &header, found, &mut Vec::new());
    assert!(matches!(error, Err(EncryptError::TooLong { .. })), "{error:?}");
}

/// Takes nothing: whatever is written is a failure.
struct Untouched;

impl std::io::Write for Untouched {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        assert!(bytes.is_empty(), "{} bytes of an unverified file", bytes.len());
        Ok(0)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_of_a_broken_file_is_written() {
    let (file, key) = encrypted(200_000);
    let format = Format::Stream(key);
    let mut reader = Cursor::new([b"skipped".as_slice(), &file].concat());
    reader.set_position(7);
    let mut out = Vec::new();
    let length = io::decrypt_verified(&mut reader, &mut out, &format, None);
    assert_eq!((length.unwrap(), out), (200_000, content(200_000)));

    // The first chunks of these are good, the last is not.
    let cut = &file[..file.len() - 1];
    let ends_early = &file[..25 + 32_785];
    let mut altered = file.clone();
    *altered.last_mut().unwrap() ^= 1;
    let longer = [file.as_slice(), &[0; 100]].concat();
    for (broken, expected) in [
        (cut, DecryptError::Corrupt),
        (ends_early, DecryptError::Truncated),
        (&altered, DecryptError::Corrupt),
        (&longer, DecryptError::Corrupt),
        (&[], DecryptError::UnknownFormat),
    ] {
        let error =
            io::decrypt_verified(&mut Cursor::new(broken), &mut Untouched, &format, Some(1));
        let Err(io::DecryptFileError::Decrypt(error)) = error else { panic!("{error:?}") };
        assert_eq!(error, expected, "{} bytes", broken.len());
    }
}

#[test]
fn plain_files_end_where_the_sender_says() {
    for (size, expected) in [(None, 100), (Some(0), 100), (Some(60), 60), (Some(200), 100)] {
        let mut out = Vec::new();
        let plain =
            io::decrypt_verified(&mut Cursor::new(content(100)), &mut out, &Format::Plain, size);
        assert_eq!((plain.unwrap(), out), (expected, content(expected.try_into().unwrap())));
    }
}

#[test]
fn files_of_older_formats_have_a_limit() {
    let picture = Format::LegacyPicture(legacy::PictureCipherKey::from_bytes([1; 32]));
    let attachment = Format::Legacy(legacy::LegacyKey::from_parts([1; 64], [2; 32]));
    for format in [picture, attachment] {
        let limit = usize::try_from(size::MAX_FILE_LENGTH).unwrap();
        let decrypt = |length| {
            io::decrypt_verified(&mut Cursor::new(vec![0; length]), &mut Untouched, &format, None)
        };
        assert!(matches!(decrypt(limit + 1), Err(io::DecryptFileError::TooLong)));
        let error = decrypt(limit);
        assert!(matches!(error, Err(io::DecryptFileError::Legacy(_))), "{error:?}");
    }
}

#[test]
fn the_url_tells_the_format() {
    let (key, digest) = ([1; 32], [2; 32]);
    let stream = Ok(Format::Stream(AttachmentKey::from_bytes(key)));
    for url in
        ["http://f/file/1#d", "http://f/file/1#d=", "http://f/file/1#p=00&d", "http://f/1#d&x"]
    {
        assert_eq!(Format::of_attachment(url, &key, None), stream, "{url}");
        assert_eq!(Format::of_picture(url, &key), stream, "{url}");
        for found in [0, 16, 64] {
            let wrong = Err(FormatError::KeyLength { found });
            assert_eq!(Format::of_attachment(url, &vec![1; found], Some(&digest)), wrong);
            assert_eq!(Format::of_picture(url, &vec![1; found]), wrong);
        }
    }
    for url in ["http://f/file/1", "http://f/d", "http://f/file/1#p=d", "http://f/file/1#dd"] {
        let legacy = legacy::LegacyKey::from_parts([1; 64], digest);
        let found = Format::of_attachment(url, &[1; 64], Some(&digest));
        assert_eq!(found, Ok(Format::Legacy(legacy)), "{url}");
        let missing = Format::of_attachment(url, &[1; 64], None);
        assert_eq!(missing, Err(FormatError::MissingDigest));
        let wrong = Format::of_attachment(url, &key, Some(&digest));
        assert_eq!(wrong, Err(FormatError::KeyLength { found: 32 }));
        assert_eq!(Format::of_attachment(url, &[], None), Ok(Format::Plain));
        let picture = legacy::PictureCipherKey::from_bytes(key);
        assert_eq!(Format::of_picture(url, &key), Ok(Format::LegacyPicture(picture)));
        assert_eq!(Format::of_picture(url, &[1; 16]), Err(FormatError::KeyLength { found: 16 }));
    }
}
