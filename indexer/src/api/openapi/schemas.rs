//! What holds of all schemas.

use serde_json::{Map, Value, json};

use super::objects;
use crate::model::EventKind;

/// Fields that an object may lack, of all that answers have.
const MAY_LACK: [(&str, &str); 1] = [("AsOf", "archivedBefore")];

/// Completes each schema: answers have all fields that are described, and no other.
pub(super) fn complete(components: &mut Value) {
    let before = components["schemas"].clone();
    for (name, schema) in objects(&mut components["schemas"]) {
        merge(schema, &before);
        // Each kind of a line: what it is, and what it says.
        for kind in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
            merge(kind, &before);
            close(name, kind);
        }
        frame(name, schema);
        close(name, schema);
        everywhere(schema);
    }
}

/// One object instead of several that it is all of: objects that are closed cannot be part of another.
fn merge(schema: &mut Value, schemas: &Value) {
    let Some(parts) = schema.as_object_mut().and_then(|schema| schema.remove("allOf")) else { return };
    for part in parts.as_array().into_iter().flatten() {
        let mut part = part.clone();
        if let Some(name) = part["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
            part = schemas[name].clone();
        }
        merge(&mut part, schemas);
        for (name, property) in part.get_mut("properties").into_iter().flat_map(objects) {
            schema["properties"][name] = property.clone();
        }
    }
    schema["type"] = json!("object");
}

/// One event of a stream: its fields are those of Server-Sent Events, and `data` is JSON.
pub(super) fn stream_event() -> Value {
    let told = ["HistoryEvent", "Reorg"].map(|name| json!({ "$ref": format!("#/components/schemas/{name}") }));
    let kinds = EventKind::ALL.iter().map(|kind| kind.name()).chain(["reorg"]).collect::<Vec<_>>();
    json!({
        "type": "object",
        "description": "One event of a stream of Server-Sent Events. The schema is of one, as there is none for all.",
        "properties": {
            "event": { "type": "string", "enum": kinds, "description": "What happened; `reorg`: blocks were replaced." },
            "id": { "type": "string", "description": "An `EventId`: where the stream is then. None of its own with `reorg`." },
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": { "oneOf": told },
                "description": "A `HistoryEvent`, or with `reorg` a `Reorg`.",
            },
        },
        "required": ["event", "data"],
    })
}

/// Frames refer to what is in them, which would be written out in each.
fn frame(name: &str, schema: &mut Value) {
    let Some((frame, what)) = name.split_once('_') else { return };
    let what = json!({ "$ref": format!("#/components/schemas/{what}") });
    schema["properties"]["data"] = if frame == "List" { json!({ "type": "array", "items": what }) } else { what };
}

fn close(name: &str, schema: &mut Value) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let required: Vec<_> = properties.keys().filter(|field| !MAY_LACK.contains(&(name, field))).cloned().collect();
    schema["required"] = json!(required);
    schema["additionalProperties"] = json!(false);
}

/// Numbers have the bounds of their types, and formats that others know.
fn bound(schema: &mut Value) {
    let (most, format) = match schema["format"].as_str() {
        Some("u-int8") => (Some(u64::from(u8::MAX)), "int32"),
        Some("u-int16") => (Some(u64::from(u16::MAX)), "int32"),
        Some("u-int32") => (Some(u64::from(u32::MAX)), "int64"),
        Some("u-int64") => (None, "int64"),
        _ => return,
    };
    schema["format"] = json!(format);
    if let (Some(most), true) = (most, schema["maximum"].is_null()) {
        schema["maximum"] = json!(most);
    }
}

/// JSON Schema has several examples or none.
fn exemplify(schema: &mut Value) {
    let Some(members) = schema.as_object_mut().filter(|members| members.contains_key("type")) else { return };
    if let Some(example) = members.remove("example") {
        members.insert("examples".into(), json!([example]));
    }
}

/// Completes the schemas that stand anywhere in this.
pub(super) fn everywhere(schema: &mut Value) {
    bound(schema);
    exemplify(schema);
    match schema {
        Value::Object(members) => members.values_mut().for_each(everywhere),
        Value::Array(members) => members.iter_mut().for_each(everywhere),
        _ => {}
    }
}

/// `One_Patient` is a `PatientAnswer`, as `Data_Nonce` is a `NonceAnswer`, `List_Record` a `RecordPage`, wherever they are named.
pub(super) fn renamed(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.into_iter().map(|(name, value)| (rename(&name), renamed(value))).collect::<Map<_, _>>(),
        ),
        Value::Array(members) => Value::Array(members.into_iter().map(renamed).collect()),
        Value::String(text) if text.starts_with("#/components/schemas/") => Value::String(rename(&text)),
        other => other,
    }
}

fn rename(name: &str) -> String {
    let (place, last) = name.rsplit_once('/').map_or(("", name), |(place, last)| (place, last));
    let new = match last.split_once('_') {
        Some(("One" | "Data", what)) => format!("{what}Answer"),
        Some(("List", what)) => format!("{what}Page"),
        _ => return name.to_owned(),
    };
    if place.is_empty() { new } else { format!("{place}/{new}") }
}
