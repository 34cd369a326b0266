//! The API's description, and what is made of it: served as committed, read without asking another host, true of every answer, and
//! enough for a client.

use reqwest::StatusCode;
use serde_json::Value;

use crate::api::ward::Ward;
use crate::indexer::Indexer;

mod client;
mod fuzz;
mod tool;

const COMMITTED: &str = include_str!("../../openapi.json");

#[tokio::test]
async fn the_description_is_served_as_committed() {
    let ward = Ward::tell().await;
    let served = ward.indexer.send("/openapi.json", &[]).await;
    let tag = served.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(served.text().await.unwrap(), COMMITTED, "run script/openapi");
    let again = ward.indexer.send("/openapi.json", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[test]
fn the_description_is_whole() {
    let described: Value = serde_json::from_str(COMMITTED).unwrap();
    let mut ids = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap_or_else(|| panic!("{what} has no id")).to_owned());
            assert!(operation["summary"].as_str().is_some_and(|words| words.ends_with('.')), "{what} says nothing");
            assert!(operation["tags"][0].is_string(), "{what} has no tag");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{what} does not say what {} is", parameter["name"]);
            }
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "two operations have the same id");
    let names = described["components"]["schemas"].as_object().unwrap().keys();
    assert!(names.into_iter().all(|name| !name.contains('_')), "a generic type's name is not renamed");
}

#[tokio::test]
async fn the_documentation_asks_no_other_host() {
    let ward = Ward::tell().await;
    let page = page(&ward.indexer, "/docs").await;
    let parts: Vec<_> = page.split(['"', '\'']).filter_map(|text| text.strip_prefix("docs/")).collect();
    assert!(parts.len() >= 4, "{page}");
    assert!(!page.contains("//"), "the page names another host: {page}");
    for part in parts {
        let text = self::page(&ward.indexer, &format!("/docs/{part}")).await;
        if part.contains(".css") {
            let foreign =
                text.split("url(").skip(1).find(|url| !url.trim_start_matches(['"', '\'']).starts_with("data:"));
            assert!(foreign.is_none() && !text.contains("@import"), "{part} asks for {foreign:?}");
        }
        if part == "page.js" {
            assert!(text.contains("validatorUrl: null") && !text.contains("://"), "{text}");
        }
    }
    assert_eq!(ward.indexer.send("/docs/../config", &[]).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ward.indexer.send("/docs/swagger-initializer.js", &[]).await.status(), StatusCode::NOT_FOUND);
}

/// A part of the documentation, whose headers forbid the browser to ask anybody else, whatever its scripts want.
async fn page(indexer: &Indexer, path: &str) -> String {
    let answer = indexer.send(path, &[]).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let rules: Vec<_> = policy.split(';').map(str::trim).collect();
    assert!(rules.contains(&"default-src 'none'"), "{policy}");
    for rule in rules {
        let mut sources = rule.split(' ').skip(1);
        assert!(sources.all(|source| matches!(source, "'none'" | "'self'" | "data:")), "{path} may ask others: {rule}");
    }
    let bytes = answer.bytes().await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
