//! Values as lines of tables (RFC 4180).

use serde_json::Value;

use crate::model::plain;

/// Names, and where a value has what stands below: the first of these places that there is.
pub(super) type Columns = &'static [(&'static str, &'static [&'static str])];

/// A value's line.
pub(super) fn row(columns: Columns, value: &Value) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new();
    let mut table = writer.terminator(csv::Terminator::CRLF).buffer_capacity(512).from_writer(Vec::new());
    let find = |places: &[&str]| places.iter().find_map(|place| value.pointer(place));
    table.write_record(columns.iter().map(|(_, places)| find(places).map_or_else(String::new, cell)))?;
    Ok(table.into_inner()?)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

pub(super) const EVENTS: Columns = &[
    ("blockNumber", &["/blockNumber"]),
    ("blockTimestamp", &["/blockTimestamp"]),
    ("blockHash", &["/position/blockHash"]),
    ("transactionHash", &["/position/transactionHash"]),
    ("logIndex", &["/position/logIndex"]),
    ("kind", &["/kind"]),
    ("subject", &["/subject"]),
    ("actor", &["/actor"]),
    ("party", &["/party"]),
    ("digest", &["/digest"]),
    ("scopeKind", &["/scope/kind"]),
    ("scopeFolder", &["/scope/folder"]),
    ("scopeCid", &["/scope/cid"]),
    ("via", &["/via"]),
    ("purpose", &["/purpose"]),
    ("topics", &["/topics"]),
    ("data", &["/data"]),
    ("link", &["/link"]),
];

pub(super) const WHO: Columns = &[
    ("record", &["/record"]),
    ("patient", &["/patient"]),
    ("viewer", &["/viewer"]),
    ("via", &["/via"]),
    ("grantee", &["/grant/grantee"]),
    ("scopeKind", &["/grant/scope/kind"]),
    ("scopeFolder", &["/grant/scope/folder"]),
    ("scopeCid", &["/grant/scope/cid"]),
    ("grantedAt", &["/grant/grantedAt"]),
    ("expiresAt", &["/grant/expiresAt"]),
    ("from", &["/from"]),
    ("until", &["/until"]),
    ("endReason", &["/endReason"]),
];

/// Lines of all kinds, each with the columns that it has.
pub(super) const STATE: Columns = &[
    ("line", &["/line"]),
    ("chainId", &["/chainId"]),
    ("contract", &["/contract"]),
    ("timestamp", &["/timestamp"]),
    ("address", &["/address"]),
    ("account", &["/account"]),
    ("role", &["/role"]),
    ("name", &["/name"]),
    ("licence", &["/licence"]),
    ("specialty", &["/specialty"]),
    ("organisation", &["/organisation"]),
    ("state", &["/state"]),
    ("validUntil", &["/validUntil"]),
    ("suspended", &["/suspended"]),
    ("emergencyCapable", &["/emergencyCapable"]),
    ("registrar", &["/registrar"]),
    ("changedAt", &["/changedAt"]),
    ("createdAt", &["/createdAt"]),
    ("registeredAt", &["/registeredAt"]),
    ("team", &["/team"]),
    ("member", &["/member"]),
    ("patient", &["/patient"]),
    ("guardian", &["/guardian"]),
    ("since", &["/since"]),
    ("until", &["/until"]),
    ("durationSeconds", &["/durationSeconds"]),
    ("cid", &["/cid"]),
    ("digest", &["/digest"]),
    ("codec", &["/codec"]),
    ("folder", &["/folder"]),
    ("author", &["/author"]),
    ("status", &["/status"]),
    ("addedAt", &["/addedAt"]),
    ("supersedes", &["/supersedes"]),
    ("supersededBy", &["/supersededBy"]),
    ("keyCommit", &["/keyCommit"]),
    ("sealedMetadata", &["/sealedMetadata"]),
    ("grantee", &["/grantee"]),
    ("granteeKind", &["/granteeKind"]),
    ("scopeKind", &["/scope/kind"]),
    ("scopeFolder", &["/scope/folder"]),
    ("scopeCid", &["/scope/cid"]),
    ("rights", &["/rights"]),
    ("purposes", &["/purposes"]),
    ("referrer", &["/referrer"]),
    ("grantedAt", &["/grantedAt"]),
    ("expiresAt", &["/expiresAt"]),
    ("sealedKey", &["/sealedKey"]),
    ("blockNumber", &["/position/blockNumber", "/blockNumber"]),
    ("blockHash", &["/position/blockHash"]),
    ("transactionHash", &["/position/transactionHash"]),
    ("logIndex", &["/position/logIndex"]),
    ("asOfBlockNumber", &["/asOf/blockNumber"]),
    ("asOfBlockHash", &["/asOf/blockHash"]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_quoted_and_none_is_a_formula() {
        let value =
            json!({"line": "practitioner", "name": "=1+1", "organisation": "St. \"Anna\", Ward 3", "suspended": false});
        let line = String::from_utf8(row(STATE, &value).unwrap()).unwrap();
        assert!(line.starts_with("practitioner,") && line.ends_with("\r\n"), "{line}");
        assert!(line.contains(",'=1+1,") && line.contains("\"St. \"\"Anna\"\", Ward 3\"") && line.contains(",false,"));
        assert_eq!(line.matches(',').count(), STATE.len());
    }
}
