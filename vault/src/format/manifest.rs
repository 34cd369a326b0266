//! What a file says about its content, inside the encryption.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::bytes::{self, Malformed};

/// A manifest's JSON has at most this many bytes, so that it is in the first segment.
pub const MAX_MANIFEST: u32 = 64 << 10;
/// A content has at most this many bytes: what JSON's numbers hold everywhere.
pub const MAX_SIZE: u64 = (1 << 53) - 1;

/// The content's description. Unknown members are ignored, so that a later writer may add some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The file's name, without a path: 1 to 255 bytes, no control characters, `/` or `\`, neither `.` nor `..`.
    pub name: String,
    /// Its media type (RFC 6838): printable ASCII without spaces around, at most 127 bytes.
    pub mime: String,
    /// Bytes of the content.
    pub size: u64,
    /// SHA-256 of the content; 64 lower-case hexadecimal digits in JSON.
    #[serde(with = "hex_digest")]
    pub sha256: [u8; 32],
    /// When the document was made; RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    /// What kind of document it is: a LOINC code, at most 64 bytes.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    /// What its author wants to say about it, at most 4096 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Manifest {
    /// As JSON, in the order of the fields above. Fails if a field is out of its range.
    pub fn to_json(&self) -> Result<Vec<u8>, Malformed> {
        self.check()?;
        serde_json::to_vec(self).map_err(|error| Malformed(format!("the manifest: {error}")))
    }

    /// From JSON; checks every field's range.
    pub fn from_json(json: &[u8]) -> Result<Self, Malformed> {
        let manifest: Manifest =
            serde_json::from_slice(json).map_err(|error| Malformed(format!("the manifest: {error}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), Malformed> {
        let at_most = |text: &Option<String>, limit| text.as_ref().is_none_or(|text| text.len() <= limit);
        let wrong = if !is_plain_name(&self.name) {
            "name is none that a file can have everywhere"
        } else if !(1..=127).contains(&self.mime.len()) || !self.mime.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            "mime is not 1 to 127 printable ASCII characters"
        } else if self.size > MAX_SIZE {
            "size is over 2^53 - 1"
        } else if !at_most(&self.document_type, 64) {
            "type is longer than 64 bytes"
        } else if !at_most(&self.note, 4096) {
            "note is longer than 4096 bytes"
        } else {
            return Ok(());
        };
        Err(Malformed(format!("the manifest's {wrong}")))
    }
}

/// Whoever opens a record writes it to disk under this name: it must not lead anywhere else.
fn is_plain_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && !matches!(name, "." | "..")
        && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'))
}

mod hex_digest {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::bytes::{from_hex, hex};

    pub fn serialize<S: Serializer>(digest: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex(digest))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(d)?;
        let digest: Option<[u8; 32]> = from_hex(&text).and_then(|bytes| bytes.try_into().ok());
        let digest = digest.filter(|digest| hex(digest) == text);
        digest.ok_or_else(|| D::Error::custom("sha256 is not 64 lower-case hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            name: "chest.png".into(),
            mime: "image/png".into(),
            size: 3,
            sha256: [0xab; 32],
            created: time::macros::datetime!(2026-11-22 10:00 UTC),
            document_type: Some("36643-5".into()),
            note: None,
        }
    }

    #[test]
    fn its_json_is_fixed() {
        let json = String::from_utf8(manifest().to_json().unwrap()).unwrap();
        let digest = "ab".repeat(32);
        assert_eq!(
            json,
            format!(
                r#"{{"name":"chest.png","mime":"image/png","size":3,"sha256":"{digest}","created":"2026-11-22T10:00:00Z","type":"36643-5"}}"#
            )
        );
        assert_eq!(Manifest::from_json(json.as_bytes()).unwrap(), manifest());
        let later = json.replace("{\"name\"", "{\"later\":[1],\"name\"");
        assert_eq!(Manifest::from_json(later.as_bytes()).unwrap(), manifest());
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["", ".", "..", "../x", "a/b", "a\\b", "a\0", "a\n", &"x".repeat(256)] {
            let manifest = Manifest { name: name.into(), ..manifest() };
            assert!(manifest.to_json().unwrap_err().0.contains("name"), "{name:?}");
            let json = serde_json::to_vec(&manifest).unwrap();
            assert!(Manifest::from_json(&json).is_err());
        }
    }

    #[test]
    fn fields_out_of_range_are_named() {
        let long = |n| Some("x".repeat(n));
        for (manifest, field) in [
            (Manifest { mime: String::new(), ..manifest() }, "mime"),
            (Manifest { mime: "é".into(), ..manifest() }, "mime"),
            (Manifest { size: MAX_SIZE + 1, ..manifest() }, "size"),
            (Manifest { document_type: long(65), ..manifest() }, "type"),
            (Manifest { note: long(4097), ..manifest() }, "note"),
        ] {
            assert!(manifest.to_json().unwrap_err().0.contains(field));
        }
    }
}
