use chartkey_devnet::records::{Kind, MARK, Subject};

const SUBJECT: Subject = Subject { given: "Ada", family: "Invented", number: "CK-0001" };

fn file(kind: Kind) -> Vec<u8> {
    let file = kind.file(SUBJECT).unwrap();
    assert_eq!(file, kind.file(SUBJECT).unwrap(), "the same every time");
    file
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[test]
fn the_prescription_is_a_pdf_that_says_what_it_is() {
    let pdf = file(Kind::Prescription { medicine: "Metformin 500 mg", directions: "One in the morning" });
    assert!(pdf.starts_with(b"%PDF-1."));
    assert!(pdf.trim_ascii_end().ends_with(b"%%EOF"));
    for text in [MARK, "Metformin 500 mg", "One in the morning", "Ada Invented", "CK-0001"] {
        assert!(find(&pdf, text.as_bytes()).is_some(), "{text}");
    }
    // The table of contents at the end points to itself.
    let tail = &pdf[find(&pdf, b"startxref").unwrap()..];
    let offset: usize = std::str::from_utf8(tail).unwrap().lines().nth(1).unwrap().parse().unwrap();
    assert!(pdf[offset..].starts_with(b"xref"));
}

#[test]
fn the_xray_is_a_png_with_a_picture_in_it() {
    let png = file(Kind::Xray { spot: 60 });
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    assert!(reader.info().uncompressed_latin1_text.iter().any(|chunk| chunk.text == MARK));
    let mut grey = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut grey).unwrap();
    assert_eq!((frame.width, frame.height, frame.color_type), (512, 512, png::ColorType::Grayscale));
    let (darkest, brightest) = (grey.iter().min().unwrap(), grey.iter().max().unwrap());
    assert!(*darkest < 30 && *brightest == 255);
    assert_ne!(png, file(Kind::Xray { spot: 0 }), "the spot shows");
}

#[test]
fn the_dicom_has_its_preamble_and_its_elements_in_order() {
    let dicom = file(Kind::Dicom { spot: 60 });
    assert_eq!(&dicom[..128], [0; 128]);
    assert_eq!(&dicom[128..132], b"DICM");
    let elements = elements(&dicom[132..]);
    assert!(elements.windows(2).all(|pair| pair[0].0 < pair[1].0), "ascending tags");
    let value = |tag: u32| elements.iter().find(|element| element.0 == tag).unwrap().1;
    assert_eq!(value(0x0002_0010), b"1.2.840.10008.1.2.1\0");
    assert_eq!(value(0x0002_0003), value(0x0008_0018), "one instance");
    assert_eq!(value(0x0010_0010), b"Invented^Ada");
    assert_eq!(value(0x0010_4000), MARK.as_bytes());
    let pixels = value(0x7FE0_0010);
    assert_eq!(pixels.len(), 512 * 512);
    assert_eq!((value(0x0028_0010), value(0x0028_0011)), (&512_u16.to_le_bytes()[..], &512_u16.to_le_bytes()[..]));
    // The group's length: from after its element to the first of the next group.
    let meta: usize = 132 + 12 + u32::from_le_bytes(value(0x0002_0000).try_into().unwrap()) as usize;
    assert_eq!(&dicom[meta..meta + 2], 8_u16.to_le_bytes());
}

/// Reads Explicit VR Little Endian (PS3.5 section 7.1.2).
fn elements(mut rest: &[u8]) -> Vec<(u32, &[u8])> {
    let short = |bytes: &[u8]| u16::from_le_bytes(bytes[..2].try_into().unwrap());
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let tag = u32::from(short(rest)) << 16 | u32::from(short(&rest[2..]));
        let (start, length) = if &rest[4..6] == b"OB" {
            (12, u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize)
        } else {
            (8, usize::from(short(&rest[6..])))
        };
        assert_eq!(length % 2, 0, "{tag:08x}");
        elements.push((tag, &rest[start..start + length]));
        rest = &rest[start + length..];
    }
    elements
}

#[test]
fn the_laboratory_results_are_a_bundle_whose_references_resolve() {
    let bundle: serde_json::Value =
        serde_json::from_slice(&file(Kind::Laboratory { hba1c: 71, glucose: 148 })).unwrap();
    assert_eq!(bundle["resourceType"], "Bundle");
    assert_eq!(bundle["meta"]["security"][0]["display"], MARK);
    let entries = bundle["entry"].as_array().unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| entry["resource"]["resourceType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Patient", "Observation", "Observation", "DiagnosticReport"]);
    assert_eq!(entries[1]["resource"]["valueQuantity"]["value"], 7.1);
    let known = |url: &serde_json::Value| entries.iter().any(|entry| entry["fullUrl"] == *url);
    for entry in &entries[1..] {
        assert!(known(&entry["resource"]["subject"]["reference"]));
    }
    let results = entries[3]["resource"]["result"].as_array().unwrap();
    assert!(results.len() == 2 && results.iter().all(|result| known(&result["reference"])));
}
