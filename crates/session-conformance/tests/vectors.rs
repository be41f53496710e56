//! Every vector file of the project, and how the judge takes what is wrong.

use std::{fs, path::Path};

use session_conformance::{LoadError, run_directory};

fn vectors() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors"))
}

#[test]
fn no_vector_fails() {
    let report = run_directory(vectors()).unwrap();
    assert_eq!(report.failed(), 0, "{}", report.to_table());
}

/// Files that must run completely; the others are skipped by name until their issue.
#[test]
fn the_promised_files_run_completely() {
    let report = run_directory(vectors()).unwrap();
    for promised in [
        "attachments.json",
        "blinded_encrypt.json",
        "blinding.json",
        "community_urls.json",
        "config_contacts.json",
        "config_convo_info_volatile.json",
        "config_encrypt.json",
        "config_limits.json",
        "config_message.json",
        "config_user_groups.json",
        "config_user_profile.json",
        "ed25519.json",
        "envelopes.json",
        "group_configs.json",
        "group_keys.json",
        "group_messages.json",
        "group_subaccounts.json",
        "hash.json",
        "hop_encryption.json",
        "identity_keys.json",
        "message_hash.json",
        "mnemonic_english.json",
        "mnemonic_languages.json",
        "mnemonic_mobile_languages.json",
        "multi_encrypt.json",
        "onion_build.json",
        "onion_parser.json",
        "onion_v4.json",
        "padding.json",
        "pro_backend_hashes.json",
        "pro_proof.json",
        "push_ons.json",
        "session_encrypt.json",
        "storage_rpc_live.json",
        "storage_signatures.json",
        "swarm_assignment.json",
        "swarm_mapping.json",
        "xed25519.json",
    ] {
        let file = report.files().iter().find(|file| file.file() == promised);
        let file = file.unwrap_or_else(|| panic!("{promised} is missing"));
        // What the specification refuses and the oracle takes is named in the report, not passed over.
        for (why, _) in file.skip_reasons() {
            assert!(why.starts_with("known deviation"), "{promised}: {why}");
        }
        assert!(file.passed() > 0, "{promised} holds no case");
    }
}

/// A copy of `hash.json` with one case changed must not pass: the judge goes by the vector.
#[test]
fn altered_vectors_fail() {
    let text = fs::read_to_string(vectors().join("hash.json")).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = file["cases"].as_array_mut().unwrap();
    cases.truncate(1);
    let mut refused = cases[0].clone();
    refused["error"] = "must fail".into();
    let mut without = cases[0].clone();
    without.as_object_mut().unwrap().remove("out");
    let mut unknown = cases[0].clone();
    unknown["op"] = "no such op".into();
    cases[0]["out"]["hash"] = "00".into();
    cases.extend([refused, without, unknown]);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("altered");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("hash.json"), file.to_string()).unwrap();
    fs::write(directory.join("other.json"), r#"{"cases":[{"op":"x"}]}"#).unwrap();
    let report = run_directory(&directory).unwrap();
    assert_eq!((report.passed(), report.failed(), report.skipped()), (0, 3, 2));
    let json = report.to_json();
    for part in [r#""unknown op `no such op`":1"#, r#""no suite for this file":1"#, r#""failed":3"#]
    {
        assert!(json.contains(part), "{part} in {json}");
    }
    assert!(report.to_table().contains("got      hash: "), "{}", report.to_table());
}

/// The texts of a foreign parser are not a closed list: one that the table does not know says that the message is
/// refused, one that it knows must name what ours names.
#[test]
fn refused_messages_of_a_merge_are_judged_by_cause() {
    let text = fs::read_to_string(vectors().join("config_message.json")).unwrap();
    let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let damaged = cases.iter().find(|case| case["name"] == "one damaged 11").unwrap().clone();
    // A key that is an integer, a value that starts with no known letter, each instead of the damaged message.
    let bytes = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (key, kind) = (bytes("d1:#i5e1:&di3ei4eee"), bytes("d1:#i5e1:&d1:axee"));
    let case = |message: &str, reason: &str| {
        let mut case = damaged.clone();
        case["in"]["messages"][1] = message.into();
        case["out"]["bad_messages"] = serde_json::json!([[1, reason]]);
        case
    };
    file["cases"] = serde_json::json!([
        case(&key, "Failed to parse config file: expected a string, but found i"),
        case(&kind, "Failed to parse config file: next bt value has unknown type"),
        case(&kind, "a text that no table knows"),
        // Refused for another reason than these.
        case(&kind, "Data contains an unsorted set"),
        case(&kind, "Config signature is invalid (not 64B)"),
    ]);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("causes");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("config_message.json"), file.to_string()).unwrap();
    let report = run_directory(&directory).unwrap();
    assert_eq!((report.passed(), report.failed()), (3, 2), "{}", report.to_table());
}

#[test]
fn a_directory_without_vectors_is_no_success() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty");
    fs::create_dir_all(&directory).unwrap();
    assert!(matches!(run_directory(&directory), Err(LoadError::Empty { .. })));
}

#[test]
fn unreadable_directories_are_errors() {
    let missing = run_directory(Path::new("no such directory"));
    assert!(matches!(missing, Err(LoadError::Read { .. })));
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("broken");
    fs::create_dir_all(&directory).unwrap();
    for text in ["", "[]", "{}", r#"{"cases":[1]}"#] {
        fs::write(directory.join("hash.json"), text).unwrap();
        assert!(matches!(run_directory(&directory), Err(LoadError::Format { .. })), "{text:?}");
    }
}
