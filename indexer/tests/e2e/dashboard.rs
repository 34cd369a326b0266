//! Whatever the dashboard and the alerts look at is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;

use crate::indexer::Indexer;
use crate::world::World;

/// Names of metrics in a text, as Prometheus has them.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("chartkey_")).collect()
}

/// A file of docs/grafana.
fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/grafana").join(name)).unwrap()
}

#[tokio::test]
async fn every_metric_of_the_dashboard_and_the_alerts_is_there() {
    let world = World::new().await;
    let database = world.database().await;
    let indexer = Indexer::start(&world, &database).await;
    indexer.catch_up(&world).await;
    let answer = indexer.send("/metrics", &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    let there: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| named(line.split(' ').next().unwrap()))
        .collect();

    let dashboard: Value = serde_json::from_str(&file("chartkey-indexer.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 10);
    let (dashboard, alerts) = (dashboard.to_string(), file("alerts.yml"));
    let watched = &named(&dashboard) | &named(&alerts);
    assert!(watched.len() > 20, "{watched:?}");
    let missing: Vec<_> = watched.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?} in {text}");
    // And nobody forgot to look at something.
    let unseen: Vec<_> = there.iter().filter(|name| !watched.contains(*name)).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    indexer.stop().await;
}
