//! What holds of all schemas.

use serde_json::{Map, Value, json};

use super::objects;

/// Fields that an object may lack, of all that answers have.
const MAY_LACK: [(&str, &str); 1] = [("AsOf", "archivedBefore")];

/// Completes each schema: answers have all fields that are described, and no other.
pub(super) fn complete(components: &mut Value) {
    let before = components["schemas"].clone();
    for (name, schema) in objects(&mut components["schemas"]) {
        merge(schema, &before);
        close(name, schema);
        bound(schema);
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
        for (name, property) in objects(&mut part["properties"]) {
            schema["properties"][name] = property.clone();
        }
    }
    schema["type"] = json!("object");
}

fn close(name: &str, schema: &mut Value) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let required: Vec<_> = properties.keys().filter(|field| !MAY_LACK.contains(&(name, field))).cloned().collect();
    schema["required"] = json!(required);
    schema["additionalProperties"] = json!(false);
}

/// Numbers have the bounds of their types.
fn bound(schema: &mut Value) {
    let most = match schema["format"].as_str() {
        Some("uint8") => Some(u64::from(u8::MAX)),
        Some("uint16") => Some(u64::from(u16::MAX)),
        Some("uint32") => Some(u64::from(u32::MAX)),
        _ => None,
    };
    if let Some(most) = most
        && schema["maximum"].is_null()
    {
        schema["maximum"] = json!(most);
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(bound),
        Value::Array(members) => members.iter_mut().for_each(bound),
        _ => {}
    }
}

/// `One_Patient` is a `PatientAnswer`, `List_Record` a `RecordPage`, wherever they are named.
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
        Some(("One", what)) => format!("{what}Answer"),
        Some(("List", what)) => format!("{what}Page"),
        _ => return name.to_owned(),
    };
    if place.is_empty() { new } else { format!("{place}/{new}") }
}
