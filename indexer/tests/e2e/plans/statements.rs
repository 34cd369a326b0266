//! The API's statements, as sqlx prepared them: found in `.sqlx` by what the code of `store::read` and `store::journal` says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A statement as it is sent.
pub struct Statement {
    pub sql: String,
    /// The part of the store that asks it, and the file.
    pub place: String,
    /// How many parameters it has.
    pub parameters: usize,
}

fn crate_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// The string literals of a source file, raw ones and plain ones.
fn literals(source: &str) -> Vec<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find('"') {
        let raw = rest[..at].ends_with("r#");
        rest = &rest[at + 1..];
        let end = if raw { rest.find("\"#") } else { end_of_plain(rest) };
        let Some(end) = end else { break };
        found.push(if raw { rest[..end].to_owned() } else { unescape(&rest[..end]) });
        rest = &rest[end + 1..];
    }
    found
}

fn end_of_plain(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn unescape(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\")
}

/// Whether it begins as a statement, or as one goes on that a macro begins.
fn is_sql(literal: &str) -> bool {
    let first = literal.split_whitespace().next().unwrap_or_default();
    let more = literal.split_whitespace().count() > 2;
    more && ["select", "insert", "update", "delete", "with", "where", "join", "from"].contains(&first)
}

/// All statements of a part of the store. Panics if the code holds SQL that `.sqlx` has no statement of.
pub fn of(part: &str) -> Vec<Statement> {
    let mut pieces = BTreeMap::new();
    for file in files(&crate_folder().join("src/store").join(part), "rs") {
        let name = format!("{part}/{}", file.file_name().unwrap().display());
        let literals = literals(&fs::read_to_string(&file).unwrap());
        pieces.extend(literals.into_iter().filter(|literal| is_sql(literal)).map(|literal| (literal, name.clone())));
    }
    let beginnings: Vec<&String> = pieces.keys().filter(|piece| piece.ends_with(' ')).collect();
    let mut unused: BTreeSet<&String> = pieces.keys().collect();
    let mut statements = Vec::new();
    for file in files(&crate_folder().join(".sqlx"), "json") {
        let json: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let sql = json["query"].as_str().unwrap();
        let beginning = beginnings.iter().find(|beginning| sql.starts_with(beginning.as_str()) && sql != **beginning);
        let rest = beginning.map_or(sql, |beginning| &sql[beginning.len()..]);
        let Some((piece, place)) = pieces.get_key_value(rest).or_else(|| pieces.get_key_value(sql)) else { continue };
        unused.remove(piece);
        unused.retain(|piece| beginning != Some(piece));
        let parameters = json["describe"]["parameters"]["Left"].as_array().map_or(0, Vec::len);
        statements.push(Statement { sql: sql.to_owned(), place: place.clone(), parameters });
    }
    assert!(unused.is_empty(), "no plan is looked at of {unused:#?}: is indexer/.sqlx up to date?");
    statements
}

/// The one statement that holds all of these words.
pub fn the<'a>(statements: &'a [Statement], words: &[&str]) -> &'a Statement {
    let mut found = statements.iter().filter(|statement| words.iter().all(|word| statement.sql.contains(word)));
    let one = found.next().unwrap_or_else(|| panic!("no statement with {words:?}"));
    assert!(found.next().is_none(), "several statements with {words:?}");
    one
}
