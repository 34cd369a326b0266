use chartkey_vault::{Address, Digest, Title, TitleKey};
use serde_json::{Value, json};

use super::{check, hex};
use crate::support::Fixed;

const PATIENT: Address = Address([0x11; 20]);

fn title(title: &str, full: bool) -> Value {
    let mut rng = Fixed::new(title);
    let key = TitleKey::random(&mut rng);
    let digest = Digest(rng.bytes());
    let (document_type, date) =
        if full { (Some("36643-5".into()), Some(time::macros::date!(2026 - 11 - 22))) } else { (None, None) };
    let title = Title { title: title.into(), mime: "image/png".into(), document_type, date };
    let sealed = title.seal(&key, PATIENT, digest, &mut rng).unwrap();
    assert_eq!(Title::open(&sealed, &key, PATIENT, digest), Ok(title.clone()));
    assert!(Title::open(&sealed, &key, Address([0x12; 20]), digest).is_err());
    json!({
        "titleKey": hex(key.expose()), "patient": PATIENT.to_string(), "digest": digest.to_string(),
        "json": serde_json::to_string(&title).unwrap(), "sealed": hex(sealed),
    })
}

#[test]
fn titles_are_as_published() {
    check(
        "titles.json",
        "Sealed titles, as in `RecordAdded.sealedMetadata`. With another patient or digest none opens.",
        json!({"titles": [title("Röntgen", false), title("Chest X-ray, two views", true), title(&"x".repeat(400), true)]}),
    );
}
