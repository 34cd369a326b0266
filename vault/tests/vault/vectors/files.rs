use chartkey_vault::format::{
    Described, FormatError, HEADER, Header, Manifest, RecordReader, SEGMENT, TAG, describe, file_aad, padded,
    seal_record,
};
use chartkey_vault::{Address, ContentKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{check, hex};
use crate::support::{Fixed, decrypt, encrypt, pattern};

const FIRST: usize = SEGMENT - HEADER - TAG;
const NEXT: usize = SEGMENT - TAG;
const PATIENT: Address = Address([0x11; 20]);

fn key() -> ContentKey {
    ContentKey::from_bytes(&mut std::array::from_fn(|i| i.try_into().unwrap()))
}

fn header() -> Header {
    Header::random(&mut Fixed::new("file"))
}

fn file(size: usize) -> Vec<u8> {
    encrypt(&pattern(size), &key(), PATIENT, &mut Fixed::new("file"))
}

fn good(size: usize) -> Value {
    let file = file(size);
    let mut vector = json!({"size": size, "fileSize": file.len(), "fileSha256": hex(Sha256::digest(&file))});
    if file.len() <= 64 {
        vector["file"] = hex(&file).into();
    }
    vector
}

/// The error's variant, by which a reader in another language knows what to say.
fn name_of(error: &FormatError) -> String {
    let debug = format!("{error:?}");
    debug.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

/// What is done to the file of `2 * SEGMENT` bytes, which has three segments.
fn bad(change: Value, file: &[u8], key: &ContentKey, patient: Address) -> Value {
    let error = decrypt(file, key, patient).unwrap_err();
    json!({"change": change, "error": name_of(&error), "message": error.to_string()})
}

fn damaged() -> Vec<Value> {
    let whole = file(2 * SEGMENT);
    let mut all = Vec::new();
    for at in [0, 1, 33, HEADER, SEGMENT - 1, SEGMENT, 2 * SEGMENT - 1, 2 * SEGMENT, whole.len() - 1] {
        let mut file = whole.clone();
        file[at] ^= 1;
        all.push(bad(json!({"flipLowestBitOfByte": at}), &file, &key(), PATIENT));
    }
    for length in [0, 1, 39, HEADER, 55, SEGMENT - 1, SEGMENT, SEGMENT + 1, SEGMENT + 16, 2 * SEGMENT, whole.len() - 1]
    {
        all.push(bad(json!({"cutTo": length}), &whole[..length], &key(), PATIENT));
    }
    all.push(bad(json!({"append": "0x00"}), &[&whole[..], &[0]].concat(), &key(), PATIENT));
    let swapped = [&whole[..SEGMENT], &whole[2 * SEGMENT..], &whole[SEGMENT..2 * SEGMENT]].concat();
    all.push(bad(json!({"order": [0, 2, 1]}), &swapped, &key(), PATIENT));
    let doubled = [&whole[..2 * SEGMENT], &whole[SEGMENT..]].concat();
    all.push(bad(json!({"order": [0, 1, 1, 2]}), &doubled, &key(), PATIENT));
    let other = Address([0x12; 20]);
    all.push(bad(json!({"patient": other.to_string(), "aad": hex(file_aad(other))}), &whole, &key(), other));
    let other = ContentKey::from_bytes(&mut [9; 32]);
    all.push(bad(json!({"contentKey": hex(other.expose())}), &whole, &other, PATIENT));
    all
}

fn record(name: &str, content: &[u8], note: Option<&str>) -> Value {
    let Described { size, sha256 } = describe(content).unwrap();
    let manifest = Manifest {
        name: name.into(),
        mime: "text/plain".into(),
        size,
        sha256,
        created: time::macros::datetime!(2026-11-22 10:00 UTC),
        document_type: Some("34109-9".into()),
        note: note.map(Into::into),
    };
    let (file, layout) = seal_record(&manifest, content, Vec::new(), &key(), PATIENT, &mut Fixed::new("file")).unwrap();
    let read = RecordReader::new(&file[..], &key(), PATIENT).unwrap().copy_to(Vec::new());
    assert_eq!(read.unwrap(), manifest);
    json!({
        "manifest": String::from_utf8(manifest.to_json().unwrap()).unwrap(),
        "content": hex(content),
        "plaintextSize": layout.plaintext_length(),
        "file": hex(file),
    })
}

fn padding() -> Vec<Value> {
    let lengths = [0, 1, 2, 3, 8, 9, 17, 255, 256, 257, 300, 1000, 1_048_576, 1_048_577, 1_073_741_825, (1 << 53) - 1];
    lengths.into_iter().map(|length: u64| json!({"length": length, "padded": padded(length)})).collect()
}

#[test]
fn files_are_as_published() {
    let sizes = [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + NEXT - 1, FIRST + NEXT, FIRST + NEXT + 1, 2 * SEGMENT];
    check(
        "files.json",
        "Encrypted files, all of one key, patient and header, which no two real files share. Byte i of \
         `files`' plaintexts is the top byte of i * 2654435761 modulo 2^32. `damaged` are changes of the file \
         of 2097152 bytes, and must not open.",
        json!({
            "contentKey": hex(key().expose()),
            "patient": PATIENT.to_string(),
            "aad": hex(file_aad(PATIENT)),
            "header": hex(header().to_bytes()),
            "files": sizes.map(good),
            "damaged": damaged(),
            "records": [record("empty.txt", b"", None), record("Grüße.txt", "Grüße\n".as_bytes(), Some("A note."))],
            "padding": padding(),
        }),
    );
}
