//! The file: whole, in parts, and in every way damaged.

use std::io::{Cursor, Read};

use chartkey_vault::Address;
use chartkey_vault::format::{
    Described, FormatError, HEADER, Manifest, RangeReader, RecordRange, RecordReader, SEGMENT, TAG, describe, padded,
    seal_record,
};
use time::macros::datetime;

use crate::support::{Fixed, content_key, decrypt, encrypt, pattern};

const PATIENT: Address = Address([0x11; 20]);

/// A file of three segments.
fn file() -> Vec<u8> {
    encrypt(&pattern(2 * SEGMENT), &content_key(1), PATIENT, &mut Fixed::new("file"))
}

fn failure(file: &[u8]) -> FormatError {
    decrypt(file, &content_key(1), PATIENT).unwrap_err()
}

#[test]
fn every_size_around_a_boundary_comes_back() {
    let first = SEGMENT - HEADER - TAG;
    let next = SEGMENT - TAG;
    for size in [0, 1, first - 1, first, first + 1, first + next - 1, first + next, first + next + 1] {
        let plaintext = pattern(size);
        let file = encrypt(&plaintext, &content_key(1), PATIENT, &mut Fixed::new("sizes"));
        assert!(decrypt(&file, &content_key(1), PATIENT).unwrap() == plaintext, "{size}");
        let mut range = RangeReader::new(Cursor::new(&file), &content_key(1), PATIENT).unwrap();
        assert_eq!(range.plaintext_length(), size as u64);
        let mut all = vec![0; size];
        range.read_exact_at(0, &mut all).unwrap();
        assert!(all == plaintext, "{size}");
    }
}

#[test]
fn every_damage_is_refused_and_named() {
    let flipped = |at: usize| {
        let mut file = file();
        file[at] ^= 1;
        failure(&file)
    };
    assert!(matches!(flipped(0), FormatError::NotARecord(0x29)));
    for at in [1, 39, HEADER, SEGMENT - 1] {
        assert!(matches!(flipped(at), FormatError::WrongKey), "{at}");
    }
    for (at, segment) in [(SEGMENT, 1), (2 * SEGMENT - 1, 1), (2 * SEGMENT, 2)] {
        assert!(matches!(flipped(at), FormatError::Damaged { segment: found } if found == segment), "{at}");
    }
}

#[test]
fn every_cut_is_refused_and_named() {
    let file = file();
    assert!(matches!(failure(&file[..39]), FormatError::TooShort(39)));
    assert!(matches!(failure(&file[..55]), FormatError::TooShort(55)));
    assert!(matches!(failure(&file[..SEGMENT]), FormatError::Truncated { segment: 0 }));
    assert!(matches!(failure(&file[..2 * SEGMENT]), FormatError::Truncated { segment: 1 }));
    assert!(matches!(failure(&file[..SEGMENT + 100]), FormatError::Damaged { segment: 1 }));
    assert!(matches!(failure(&file[..file.len() - 1]), FormatError::Damaged { segment: 2 }));
    assert!(matches!(failure(&[&file[..], &[0]].concat()), FormatError::Damaged { segment: 2 }));
    let swapped = [&file[..SEGMENT], &file[2 * SEGMENT..], &file[SEGMENT..2 * SEGMENT]].concat();
    assert!(matches!(failure(&swapped), FormatError::Damaged { segment: 1 }));
}

#[test]
fn ranges_notice_a_missing_end_before_anything_is_read() {
    let file = file();
    let open = |file: &[u8]| RangeReader::new(Cursor::new(file.to_vec()), &content_key(1), PATIENT).err();
    assert!(matches!(open(&file[..2 * SEGMENT]), Some(FormatError::Truncated { segment: 1 })));
    assert!(matches!(open(&file[..SEGMENT + 1000]), Some(FormatError::Damaged { segment: 1 })));
    assert!(matches!(open(&file[..SEGMENT + 3]), Some(FormatError::Damaged { segment: 1 })));
    assert!(matches!(open(&file[..20]), Some(FormatError::TooShort(20))));
}

#[test]
fn a_failed_reader_gives_nothing_more() {
    let mut damaged = file();
    damaged[SEGMENT] ^= 1;
    let mut reader = chartkey_vault::format::Decryptor::new(&damaged[..], &content_key(1), PATIENT).unwrap();
    let mut out = Vec::new();
    assert!(reader.read_to_end(&mut out).is_err());
    assert_eq!(out.len(), SEGMENT - HEADER - TAG);
    assert!(reader.read(&mut [0; 10]).is_err() && !reader.is_complete());
}

#[test]
fn another_key_or_patient_opens_nothing() {
    assert!(matches!(decrypt(&file(), &content_key(2), PATIENT), Err(FormatError::WrongKey)));
    assert!(matches!(decrypt(&file(), &content_key(1), Address([0x12; 20])), Err(FormatError::WrongKey)));
}

fn manifest(content: &[u8]) -> Manifest {
    let Described { size, sha256 } = describe(content).unwrap();
    let created = datetime!(2026-11-22 10:00 UTC);
    Manifest {
        name: "scan.dcm".into(),
        mime: "application/dicom".into(),
        size,
        sha256,
        created,
        document_type: None,
        note: None,
    }
}

fn seal(manifest: &Manifest, content: &[u8]) -> Result<Vec<u8>, FormatError> {
    let sealed = seal_record(manifest, content, Vec::new(), &content_key(1), PATIENT, &mut Fixed::new("record"));
    sealed.map(|(file, layout)| {
        assert_eq!(layout.file_length(), file.len() as u64);
        file
    })
}

#[test]
fn records_come_back_whole_and_in_parts() {
    for size in [0, 1, 1000, 3 * SEGMENT] {
        let content = pattern(size);
        let file = seal(&manifest(&content), &content).unwrap();
        let reader = RecordReader::new(&file[..], &content_key(1), PATIENT).unwrap();
        let mut out = Vec::new();
        assert_eq!(reader.copy_to(&mut out).unwrap(), manifest(&content));
        assert!(out == content);

        let mut range = RecordRange::new(Cursor::new(&file), &content_key(1), PATIENT).unwrap();
        let middle = size / 3..size - size / 3;
        let mut part = vec![0; middle.len()];
        range.read_exact_at(middle.start as u64, &mut part).unwrap();
        assert!(part == content[middle]);
        let beyond = range.read_exact_at(size as u64, &mut [0]);
        assert!(matches!(beyond, Err(FormatError::OutOfRange { .. })));
    }
}

#[test]
fn a_content_that_changes_while_it_is_sealed_is_refused() {
    let content = pattern(1000);
    assert!(matches!(
        seal(&manifest(&content), &content[1..]),
        Err(FormatError::WrongSize { expected: 1000, found: 999 })
    ));
    assert!(matches!(seal(&manifest(&content), &vec![0; 1000]), Err(FormatError::WrongContent)));
}

#[test]
fn what_opens_but_is_no_record_is_refused() {
    let content = pattern(10);
    let json = manifest(&content).to_json().unwrap();
    let length = u32::try_from(json.len()).unwrap().to_be_bytes();
    let whole = [&b"CKR1"[..], &length, &json, &content].concat();
    let pad = |mut plaintext: Vec<u8>, extra: usize| {
        let to = usize::try_from(padded(plaintext.len() as u64)).unwrap() + extra;
        plaintext.resize(to, 0);
        plaintext
    };
    let read = |plaintext: &[u8]| {
        let file = encrypt(plaintext, &content_key(1), PATIENT, &mut Fixed::new("inside"));
        RecordReader::new(&file[..], &content_key(1), PATIENT).and_then(|reader| reader.copy_to(Vec::new()))
    };
    assert!(read(&pad(whole.clone(), 0)).is_ok());
    assert!(matches!(read(&pad(whole.clone(), 16)), Err(FormatError::BadPadding)));
    let mut dirty = pad(whole.clone(), 0);
    *dirty.last_mut().unwrap() = 1;
    assert!(matches!(read(&dirty), Err(FormatError::BadPadding)));
    assert!(matches!(read(&whole[..whole.len() - 1]), Err(FormatError::WrongSize { expected: 10, found: 9 })));
    let mut other = pad(whole.clone(), 0);
    other[8 + json.len()] ^= 1;
    assert!(matches!(read(&other), Err(FormatError::WrongContent)));
    for (plaintext, reason) in [
        (&b""[..], "within its manifest"),
        (b"CKR2\0\0\0\0", "CKR1"),
        (b"CKR1\0\x01\0\x01", "too long"),
        (b"CKR1\0\0\0\x05{}", "within its manifest"),
        (b"CKR1\0\0\0\x02{}", "missing field"),
    ] {
        let error = read(plaintext).unwrap_err();
        assert!(matches!(error, FormatError::BadManifest(_)) && error.to_string().contains(reason), "{error}");
    }
}
