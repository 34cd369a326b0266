//! Who may import whom: data flows one way (docs/ARCHITECTURE.md).

use std::fs;
use std::path::{Path, PathBuf};

/// For each part, the parts it may name. `ethers` and `sqlx` count as parts.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("model", &["model"]),
    ("chain", &["chain", "model", "ethers"]),
    ("decode", &["decode", "model", "ethers"]),
    ("store", &["store", "model", "sqlx"]),
    ("sync", &["sync", "model", "chain", "decode", "store"]),
    ("api", &["api", "model", "store"]),
    ("replay", &["replay", "model", "decode"]),
    ("client", &["client", "model"]),
    ("verify", &["verify", "model", "chain", "replay", "client", "store", "sqlx"]),
    ("desk", &["desk", "model", "chain", "replay", "client", "store", "sync", "verify"]),
];
const PARTS: [&str; 10] = ["model", "chain", "decode", "store", "sync", "api", "replay", "client", "verify", "desk"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn each_part_names_only_the_parts_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (part, allowed) in ALLOWED {
        for path in sources(&root.join(part)) {
            let text = fs::read_to_string(&path).unwrap();
            let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            for other in PARTS.iter().filter(|other| !allowed.contains(other)) {
                assert!(!code.contains(&format!("crate::{other}")), "{} names {other}", path.display());
            }
            for library in ["ethers", "sqlx"].iter().filter(|library| !allowed.contains(library)) {
                let named = code.contains(&format!("{library}::"));
                assert!(!named, "{} names {library}", path.display());
            }
            if part == "api" {
                let beyond = code
                    .replace("crate::store::read", "")
                    .replace("crate::store::{Connection, Reader, Transaction}", "")
                    .replace("crate::store::{Journal, Reader}", "")
                    .replace("crate::store::{Reader, Transaction}", "")
                    .replace("crate::store::{Journal, Session}", "")
                    .replace("crate::store::{Connection, Journal, Query, Reader, Transaction}", "")
                    .replace("crate::store::Connection", "")
                    .replace("crate::store::Journal", "")
                    .replace("crate::store::Reader", "")
                    .replace("crate::store::StoreError", "");
                assert!(!beyond.contains("crate::store"), "{} reads by more than store::read", path.display());
            }
        }
    }
}

#[test]
fn the_indexer_depends_on_nothing_that_could_decrypt() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("vault"));
}
