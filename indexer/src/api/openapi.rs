//! The description of the API (OpenAPI 3.1). What one route answers is said where it is declared; here is what holds of all of them,
//! and what the declarations cannot say.

mod answers;
mod schemas;
mod text;

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

/// The order in which the parts are written.
#[derive(Serialize)]
struct Document {
    openapi: Value,
    info: Value,
    servers: Value,
    security: Value,
    tags: Value,
    paths: Value,
    components: Value,
}

/// The whole description as JSON, from what the routes say of themselves.
pub(super) fn document(routes: &OpenApi) -> Result<String, serde_json::Error> {
    let mut said = serde_json::to_value(routes)?;
    let mut paths = said["paths"].take();
    for (path, item) in objects(&mut paths) {
        for (_, operation) in objects(item) {
            answers::complete(path, operation);
        }
    }
    let mut components = said["components"].take();
    schemas::complete(&mut components);
    components["responses"] = answers::shared();
    components["headers"] = answers::headers();
    components["securitySchemes"] = text::security_schemes();
    let document = Document {
        openapi: json!("3.1.0"),
        info: text::info(),
        servers: json!([{ "url": "/", "description": "where this page comes from" }]),
        security: json!([{ "token": [] }, { "cookie": [] }]),
        tags: text::tags(),
        paths: schemas::renamed(paths),
        components: schemas::renamed(components),
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// The members of an object that are objects.
fn objects(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().map(Map::iter_mut).into_iter().flatten().filter(|(_, value)| value.is_object())
}
