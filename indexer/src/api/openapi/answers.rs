//! What any route may answer besides what it is for.

use serde_json::{Value, json};

use super::text::PARAMETERS;

/// Problems that several routes answer: status, name, and what it means.
const PROBLEMS: [(u16, &str, &str); 12] = [
    (
        400,
        "BadRequest",
        "A parameter, header or body is not what it should be, or is unknown. `detail` says which, and what would be right.",
    ),
    (
        401,
        "NotSignedIn",
        "Nobody is signed in, or the session ended, or the sign-in is refused: sign in (`POST /v1/auth/nonce`, `POST /v1/auth/verify`).",
    ),
    (
        403,
        "NotYours",
        "Not yours to see. The same whether or not it exists. Of `POST`: a page of an origin that may not sign in here.",
    ),
    (404, "NotFound", "What the path names is not there."),
    (406, "NotAcceptable", "`Accept` allows none of the forms that this route answers in."),
    (413, "TooLarge", "The body is larger than this route takes."),
    (414, "UriTooLong", "Path and query are longer than any that is right."),
    (415, "NotJson", "The body is not said to be JSON: send `Content-Type: application/json`."),
    (421, "Misdirected", "The request's `Host` is none of this API's names."),
    (429, "TooManyRequests", "More requests than allowed. `Retry-After` says after how many seconds to ask again."),
    (500, "Internal", "A fault of the API's. Its log says more under `requestId`."),
    (
        503,
        "Unavailable",
        "Not right now: the index is catching up with the chain, the database does not answer, or the question takes too long. `Retry-After` says after how many seconds to ask again.",
    ),
];

/// Adds to a route what it may answer besides what it is for.
pub(super) fn complete(path: &str, method: &str, operation: &mut Value) {
    let (private, posted) = (operation["security"].is_null(), method == "post");
    let has_body = !operation["requestBody"].is_null();
    let tagged = is_of_one_head(operation) || path == "/openapi.json";
    let applies = |status: u16| match status {
        401 | 403 => private || posted,
        404 => path.contains('{'),
        413 | 415 => has_body,
        _ => true,
    };
    for (status, name, _) in PROBLEMS.iter().filter(|(status, ..)| applies(*status)) {
        let slot = &mut operation["responses"][status.to_string()];
        if slot.is_null() {
            *slot = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
    if tagged {
        operation["responses"]["304"] = json!({ "$ref": "#/components/responses/NotModified" });
    }
    if let Some(stream) = operation.pointer_mut("/responses/200/content/text~1event-stream/schema") {
        *stream = json!({ "$ref": "#/components/schemas/StreamEvent" });
    }
    add_headers(operation, tagged);
    complete_parameters(operation);
}

/// Whether the answer is of one head of the chain.
fn is_of_one_head(operation: &Value) -> bool {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
    let name = schema.as_str().and_then(|name| name.rsplit('/').next());
    name.is_some_and(|name| name.starts_with("One_") || name.starts_with("List_") || name == "TrailPage")
}

fn add_headers(operation: &mut Value, tagged: bool) {
    for (status, answer) in super::objects(&mut operation["responses"]) {
        if !status.starts_with('2') {
            continue;
        }
        let whole = answer["content"].get("application/x-ndjson").is_some();
        let mut names = vec!["X-Request-Id", "RateLimit", "RateLimit-Policy"];
        names.extend(tagged.then_some(["ETag", "Cache-Control"]).into_iter().flatten());
        names.extend(whole.then_some("Chartkey-As-Of"));
        answer["headers"] = references(&names);
    }
}

/// Parameters are what they are or left out; those without words of their own have those that they have everywhere.
fn complete_parameters(operation: &mut Value) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        // One that is left out is not null.
        let type_alone = parameter["schema"]["oneOf"][0].clone();
        if type_alone.is_object() && parameter["schema"]["oneOf"][1]["type"] == "null" {
            parameter["schema"] = type_alone;
        }
        let said = parameter["description"].as_str().is_some_and(|words| !words.is_empty());
        let words = PARAMETERS.iter().find(|(name, _)| parameter["name"] == *name).map(|(_, words)| *words);
        if let (false, Some(words)) = (said, words) {
            parameter["description"] = json!(words);
        }
    }
}

fn references(names: &[&str]) -> Value {
    names.iter().map(|name| (*name, json!({ "$ref": format!("#/components/headers/{name}") }))).collect()
}

/// The answers that routes refer to.
pub(super) fn shared() -> Value {
    let problem = |status: u16, description: &str| {
        let mut names = vec!["X-Request-Id"];
        names.extend(matches!(status, 429 | 503).then_some("Retry-After"));
        json!({
            "description": description,
            "headers": references(&names),
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
        })
    };
    let mut all: serde_json::Map<_, _> = PROBLEMS
        .iter()
        .map(|(status, name, description)| ((*name).to_owned(), problem(*status, description)))
        .collect();
    let unchanged = json!({
        "description": "The copy that `If-None-Match` names is current.",
        "headers": references(&["X-Request-Id", "ETag", "Cache-Control"]),
    });
    all.insert("NotModified".into(), unchanged);
    Value::Object(all)
}

/// The headers that answers refer to.
pub(super) fn headers() -> Value {
    let header = |required: bool, description: &str, schema: Value| json!({ "required": required, "description": description, "schema": schema });
    let text = |example: &str| json!({ "type": "string", "examples": [example] });
    json!({
        "X-Request-Id": header(
            true,
            "What the log calls the request by: the caller's own `X-Request-Id`, if it sent a decent one.",
            json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$", "examples": ["6441c0f1d2e3a-7"] }),
        ),
        "ETag": header(
            true,
            "Changes when the answer does: with the head of the chain, at least. Send it as `If-None-Match`.",
            json!({ "type": "string", "pattern": "^W/\"[0-9a-f]*\"$", "examples": ["W/\"90f0e2a1b3c4d5e6f7081920\""] }),
        ),
        "Cache-Control": header(true, "Ask again each time, with `If-None-Match`.", text("private, no-cache")),
        "Retry-After": header(
            true,
            "Seconds after which to ask again.",
            json!({ "type": "integer", "minimum": 0, "examples": [1] }),
        ),
        "RateLimit": header(
            false,
            "What is left of what is allowed, and in how many seconds there is more (draft-ietf-httpapi-ratelimit-headers).",
            text("\"default\";r=599;t=1"),
        ),
        "RateLimit-Policy": header(false, "What is allowed, in how many seconds.", text("\"default\";q=600;w=60")),
        "Chartkey-As-Of": header(
            false,
            "Of NDJSON: the indexed head it was read at, as JSON like `asOf`.",
            text("{\"blockNumber\":12,\"blockHash\":\"0x…\",\"timestamp\":\"2026-11-22T09:30:00Z\",\"finalized\":false}"),
        ),
    })
}
