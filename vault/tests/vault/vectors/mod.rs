//! The published vectors, test/vectors/*.json: made here, the same in every run, and compared with what is committed.
//! `VECTORS=write cargo test -p chartkey-vault --test vault vectors` writes them anew.

mod files;
mod grants;
mod keys;
mod seals;
mod shares;
mod titles;

use serde_json::{Value, json};

use crate::support::{repository, vectors};

/// In the vectors bytes are 0x and lower-case hexadecimal digits.
fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", chartkey_vault::bytes::hex(bytes.as_ref()))
}

fn check(name: &str, description: &str, content: Value) {
    let mut made = json!({
        "description": format!("{description} Bytes are 0x and hexadecimal digits. Layouts: vault/README.md."),
        "madeWith": "VECTORS=write cargo test -p chartkey-vault --test vault vectors",
    });
    made.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
    let path = vectors().join(name);
    if std::env::var("VECTORS").is_ok_and(|mode| mode == "write") {
        std::fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let path = path.strip_prefix(repository()).unwrap().display();
    assert!(made == committed, "{path} is not what is made today: see vault/tests/vault/vectors/mod.rs");
}
