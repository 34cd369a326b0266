//! Laboratory results as a FHIR R4 bundle.

use anyhow::Result;
use serde_json::{Value, json};

use super::{DATE, MARK, Subject};

/// The security label that HL7 has for test data.
const TEST_DATA: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

pub(super) fn laboratory(subject: Subject, hba1c: u16, glucose: u16) -> Result<Vec<u8>> {
    let hba1c = f64::from(hba1c) / 10.0;
    let observations = [
        observation("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", hba1c, "%", "%"),
        observation("2345-7", "Glucose [Mass/volume] in Serum or Plasma", glucose.into(), "mg/dL", "mg/dL"),
    ];
    let results: Vec<Value> = (0..observations.len()).map(|index| json!({"reference": reference(index)})).collect();
    let mut entries = vec![json!({"fullUrl": PATIENT, "resource": patient(subject)})];
    let numbered = observations.into_iter().enumerate();
    entries.extend(numbered.map(|(index, observation)| json!({"fullUrl": reference(index), "resource": observation})));
    entries.push(json!({"fullUrl": "urn:uuid:5d2a8e0c-1f6b-4c55-9a57-0b1b52a3c002", "resource": report(&results)}));
    let bundle = json!({
        "resourceType": "Bundle",
        "meta": {"security": [{"system": TEST_DATA, "code": "HTEST", "display": MARK}]},
        "type": "collection",
        "timestamp": format!("{DATE}T12:00:00Z"),
        "entry": entries,
    });
    Ok(serde_json::to_vec_pretty(&bundle)?)
}

const PATIENT: &str = "urn:uuid:5d2a8e0c-1f6b-4c55-9a57-0b1b52a3c001";

fn reference(observation: usize) -> String {
    format!("urn:uuid:5d2a8e0c-1f6b-4c55-9a57-0b1b52a3c1{observation:02}")
}

fn patient(subject: Subject) -> Value {
    json!({
        "resourceType": "Patient",
        "text": narrative(MARK),
        "identifier": [{"system": "urn:invented", "value": subject.number}],
        "name": [{"use": "anonymous", "family": subject.family, "given": [subject.given]}],
    })
}

fn observation(loinc: &str, display: &str, value: f64, unit: &str, ucum: &str) -> Value {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory", "Laboratory")],
        "code": concept("http://loinc.org", loinc, display),
        "subject": {"reference": PATIENT},
        "effectiveDateTime": DATE,
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": ucum},
    })
}

fn report(results: &[Value]) -> Value {
    json!({
        "resourceType": "DiagnosticReport",
        "status": "final",
        "text": narrative(MARK),
        "category": [concept("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB", "Laboratory")],
        "code": concept("http://loinc.org", "11502-2", "Laboratory report"),
        "subject": {"reference": PATIENT},
        "effectiveDateTime": DATE,
        "result": results,
        "conclusion": MARK,
    })
}

fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({"coding": [{"system": system, "code": code, "display": display}]})
}

fn narrative(text: &str) -> Value {
    json!({"status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{text}</div>")})
}
