//! Checks the shape of the workspace from `cargo metadata`: layers, licences, bans, generations, Rust versions.
//!
//! Each crate under `crates/` states its layer in its manifest (`[package.metadata.session] layer = 2`); a crate
//! depends on crates of lower layers only. The rules on third-party crates are those of `deny.toml`, checked
//! here too so that no tool has to be installed for them.
//!
//! With the argument `features` it checks instead that every feature of every published crate compiles alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::{Command, ExitCode},
};

use serde_json::Value;

const LICENCES: [&str; 9] = [
    "MIT",
    "Apache-2.0",
    "BSD-3-Clause",
    "BSD-2-Clause",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "CC0-1.0",
    "0BSD",
];
const BANNED: [&str; 4] = ["libsession", "openssl", "openssl-sys", "xsalsa20poly1305"];

fn main() -> ExitCode {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--locked", "--all-features"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let built = built();
    let packages: Vec<Value> = list(&metadata, "packages")
        .iter()
        .filter(|package| built.contains(&named(text(package, "name"), text(package, "version"))))
        .cloned()
        .collect();
    let packages = packages.as_slice();
    if std::env::args().nth(1).as_deref() == Some("features") {
        return check_features(packages);
    }
    let mut faults = Vec::new();
    let layers = layers(packages, &mut faults);
    for package in packages {
        check_layers(package, &layers, &mut faults);
        check_third_party(package, &mut faults);
    }
    check_rust_versions(packages, &mut faults);
    check_generations(packages, &mut faults);
    for fault in &faults {
        println!("FAULT {fault}");
    }
    println!(
        "checked {} packages, {} layered crates: {} faults",
        packages.len(),
        layers.len(),
        faults.len()
    );
    ExitCode::from(u8::from(!faults.is_empty()))
}

/// Name and version of every package that is built on some platform with some features. `Cargo.lock`, and with it
/// the metadata, also names optional packages that a feature only mentions: `alloc` of rustls-webpki says
/// `ring?/alloc`, and so brings in two old generations that no build ever compiles.
fn built() -> BTreeSet<String> {
    let output = Command::new("cargo")
        .args(["tree", "--workspace", "--all-features", "--target=all", "--locked"])
        .args(["--edges=normal,build,dev", "--prefix=none", "--format={p}"])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    let package = |line: &str| {
        let mut words = line.split_whitespace();
        Some(named(words.next()?, words.next()?.strip_prefix('v')?))
    };
    tree.lines().filter_map(package).collect()
}

fn named(name: &str, version: &str) -> String {
    format!("{name} {version}")
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn is_ours(package: &Value) -> bool {
    package["source"].is_null()
}

/// Layer of each crate of ours. Packages that are not published (runners, examples) stand above all layers.
fn layers(packages: &[Value], faults: &mut Vec<String>) -> BTreeMap<String, u64> {
    let mut layers = BTreeMap::new();
    for package in packages.iter().filter(|package| is_ours(package)) {
        let name = text(package, "name");
        let unpublished = package["publish"].as_array().is_some_and(Vec::is_empty);
        match package["metadata"]["session"]["layer"].as_u64() {
            Some(layer) => drop(layers.insert(name.to_owned(), layer)),
            None if unpublished => drop(layers.insert(name.to_owned(), u64::MAX)),
            None => faults.push(format!("{name} states no layer")),
        }
    }
    layers
}

/// Test dependencies count too: a cycle of ideas is one in tests as well.
fn check_layers(package: &Value, layers: &BTreeMap<String, u64>, faults: &mut Vec<String>) {
    let name = text(package, "name");
    let Some(own) = layers.get(name).filter(|_| is_ours(package)) else { return };
    for dependency in list(package, "dependencies") {
        let other = text(dependency, "name");
        if let Some(layer) = layers.get(other).filter(|layer| *layer >= own) {
            faults.push(format!("{name} (layer {own}) depends on {other} (layer {layer})"));
        }
    }
}

fn check_third_party(package: &Value, faults: &mut Vec<String>) {
    let (name, licence) = (text(package, "name"), text(package, "license"));
    if BANNED.contains(&name) {
        faults.push(format!("{name} is banned"));
    }
    if !is_allowed(licence) {
        faults.push(format!("{name} has licence `{licence}`"));
    }
    let source = text(package, "source");
    if !is_ours(package)
        && !source.starts_with("registry+https://github.com/rust-lang/crates.io-index")
    {
        faults.push(format!("{name} comes from {source}"));
    }
}

/// Whether an SPDX expression of `OR`, `AND`, `/` and parentheses can be satisfied by the allowed licences.
fn is_allowed(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], " ").replace('/', " OR ");
    let all = |clause: &str| clause.split(" AND ").all(|one| LICENCES.contains(&one.trim()));
    if expression.contains('(') {
        // `A AND (B OR C)`: every AND part must have an allowed alternative.
        return expression.split(" AND ").all(|part| {
            part.replace(['(', ')'], " ").split(" OR ").any(|one| LICENCES.contains(&one.trim()))
        });
    }
    flat.split(" OR ").any(all)
}

/// Our `rust-version` is true only if no dependency needs a newer one.
fn check_rust_versions(packages: &[Value], faults: &mut Vec<String>) {
    let parse = |package: &Value| -> Vec<u32> {
        text(package, "rust_version").split('.').filter_map(|part| part.parse().ok()).collect()
    };
    let ours = packages.iter().filter(|package| is_ours(package)).map(&parse).min();
    let ours = ours.unwrap_or_default();
    for package in packages.iter().filter(|package| !is_ours(package)) {
        if parse(package) > ours {
            faults.push(format!(
                "{} needs Rust {}",
                text(package, "name"),
                text(package, "rust_version")
            ));
        }
    }
}

/// One version of each crate.
fn check_generations(packages: &[Value], faults: &mut Vec<String>) {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(text(package, "name")).or_default().insert(text(package, "version"));
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        faults.push(format!("{name} comes in {} versions: {versions:?}", versions.len()));
    }
}

/// Features are additive and stand alone: each compiles without the others.
fn check_features(packages: &[Value]) -> ExitCode {
    let published =
        packages.iter().filter(|package| is_ours(package) && package["publish"].is_null());
    for package in published {
        let name = text(package, "name");
        let features = package["features"].as_object().map(|features| features.keys());
        for feature in features.into_iter().flatten().filter(|feature| *feature != "default") {
            println!("checking {name} with {feature} alone");
            let status = Command::new("cargo")
                .args(["clippy", "--quiet", "--locked", "--package", name])
                .args(["--no-default-features", "--features", feature, "--", "-D", "warnings"])
                .status()
                .expect("cargo runs");
            if !status.success() {
                println!("FAULT {name} does not compile with {feature} alone");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
