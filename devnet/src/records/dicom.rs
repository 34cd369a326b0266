//! A DICOM file: the preamble and file meta information of PS3.10 section 7.1, then the data set in Explicit VR
//! Little Endian (PS3.5 section 7.1.2 and annex A.2). The object is a Secondary Capture Image (PS3.3 section A.8.1),
//! which is what DICOM calls a picture that no device took.

use ethers::utils::keccak256;

use super::{DATE, MARK, Subject, picture::Picture};

const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";
const EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

pub(super) fn encode(subject: Subject, picture: &Picture) -> Vec<u8> {
    let instance = uid(&[subject.number.as_bytes(), &picture.grey].concat());
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    let meta = meta(&instance);
    // The group's length counts from the element after it.
    file.extend(Elements::default().number(0x0002, 0x0000, "UL", &length_of(&meta)).0);
    file.extend(meta);
    file.extend(data_set(subject, picture, &instance));
    file
}

fn meta(instance: &str) -> Vec<u8> {
    Elements::default()
        .bytes(0x0002, 0x0001, "OB", &[0, 1])
        .text(0x0002, 0x0002, "UI", SECONDARY_CAPTURE)
        .text(0x0002, 0x0003, "UI", instance)
        .text(0x0002, 0x0010, "UI", EXPLICIT_VR_LITTLE_ENDIAN)
        .text(0x0002, 0x0012, "UI", &uid(b"chartkey devnet"))
        .0
}

/// In the order of their tags, as the standard wants them.
fn data_set(subject: Subject, picture: &Picture, instance: &str) -> Vec<u8> {
    let name = format!("{}^{}", subject.family, subject.given);
    let study = uid(&[b"study", subject.number.as_bytes(), &picture.grey].concat());
    Elements::default()
        .text(0x0008, 0x0005, "CS", "ISO_IR 192") // character set: UTF-8
        .text(0x0008, 0x0008, "CS", "DERIVED\\SECONDARY") // image type
        .text(0x0008, 0x0016, "UI", SECONDARY_CAPTURE)
        .text(0x0008, 0x0018, "UI", instance)
        .text(0x0008, 0x0020, "DA", &DATE.replace('-', "")) // study date
        .text(0x0008, 0x0030, "TM", "120000") // study time
        .text(0x0008, 0x0050, "SH", "") // accession number
        .text(0x0008, 0x0060, "CS", "OT") // modality: other
        .text(0x0008, 0x0064, "CS", "SYN") // conversion type: synthetic
        .text(0x0008, 0x0090, "PN", "") // referring physician
        .text(0x0008, 0x1030, "LO", MARK) // study description
        .text(0x0010, 0x0010, "PN", &name)
        .text(0x0010, 0x0020, "LO", subject.number)
        .text(0x0010, 0x0030, "DA", "") // birth date
        .text(0x0010, 0x0040, "CS", "O") // sex: other
        .text(0x0010, 0x4000, "LT", MARK) // comments
        .text(0x0020, 0x000D, "UI", &study)
        .text(0x0020, 0x000E, "UI", &uid(study.as_bytes())) // series
        .text(0x0020, 0x0010, "SH", "1") // study id
        .text(0x0020, 0x0011, "IS", "1") // series number
        .text(0x0020, 0x0013, "IS", "1") // instance number
        .text(0x0020, 0x0020, "CS", "") // orientation
        .short(0x0028, 0x0002, 1) // samples per pixel
        .text(0x0028, 0x0004, "CS", "MONOCHROME2") // 0 is black
        .short(0x0028, 0x0010, picture.height)
        .short(0x0028, 0x0011, picture.width)
        .short(0x0028, 0x0100, 8) // bits allocated
        .short(0x0028, 0x0101, 8) // bits stored
        .short(0x0028, 0x0102, 7) // high bit
        .short(0x0028, 0x0103, 0) // unsigned
        .text(0x0028, 0x0301, "CS", "YES") // burned in annotation: the mark
        .bytes(0x7FE0, 0x0010, "OB", &picture.grey)
        .0
}

/// A unique identifier from a UUID (PS3.5 annex B.2), here one derived from `seed`.
fn uid(seed: &[u8]) -> String {
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&keccak256(seed)[..16]);
    uuid[6] = uuid[6] & 0x0F | 0x80; // version 8: made as its maker likes
    uuid[8] = uuid[8] & 0x3F | 0x80;
    format!("2.25.{}", u128::from_be_bytes(uuid))
}

/// In four bytes, the lower ones first.
fn length_of(value: &[u8]) -> [u8; 4] {
    u32::try_from(value.len()).expect("our pictures are far below 4 GiB").to_le_bytes()
}

#[derive(Default)]
struct Elements(Vec<u8>);

impl Elements {
    fn text(self, group: u16, element: u16, vr: &str, value: &str) -> Self {
        let padding = if vr == "UI" { 0 } else { b' ' };
        let mut value = value.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(padding);
        }
        self.number(group, element, vr, &value)
    }

    fn short(self, group: u16, element: u16, value: u16) -> Self {
        self.number(group, element, "US", &value.to_le_bytes())
    }

    /// An element with a length of two bytes. `value` is even, and shorter than 64 KiB: all but pictures are.
    fn number(mut self, group: u16, element: u16, vr: &str, value: &[u8]) -> Self {
        self.tag(group, element, vr);
        self.0.extend(&length_of(value)[..2]);
        self.0.extend(value);
        self
    }

    /// An element with a length of four bytes. `value` is even.
    fn bytes(mut self, group: u16, element: u16, vr: &str, value: &[u8]) -> Self {
        self.tag(group, element, vr);
        self.0.extend([0, 0]);
        self.0.extend(length_of(value));
        self.0.extend(value);
        self
    }

    fn tag(&mut self, group: u16, element: u16, vr: &str) {
        self.0.extend(group.to_le_bytes());
        self.0.extend(element.to_le_bytes());
        self.0.extend(vr.as_bytes());
    }
}
