//! Who could see a record, beside what the API says of each block.

use std::collections::{BTreeMap, BTreeSet};

use chartkey_indexer::model::Moment;
use serde_json::{Value, json};

use super::Stage;
use crate::viewers::cid;
use crate::world::World;

const DAY: u64 = 86_400;

/// A row of `replay who` as the API has viewers.
fn viewer(row: &Value) -> Value {
    let grant = &row["grant"];
    let grant = if grant.is_null() { json!(null) } else { fields(grant) };
    json!({ "viewer": row["viewer"], "via": row["via"], "grant": grant })
}

fn fields(grant: &Value) -> Value {
    let field = |name: &str| grant[name].clone();
    json!([field("grantee"), field("scope"), field("grantedAt"), field("expiresAt")])
}

async fn viewers(stage: &Stage<'_>, record: &str, block: u64) -> Vec<Value> {
    let body = stage.indexer.get(&format!("/v1/records/{record}/viewers?at=block:{block}&limit=200")).await;
    assert!(body["page"]["next"].is_null());
    body["data"].as_array().unwrap().iter().map(viewer).collect()
}

fn records(stage: &Stage<'_>) -> Vec<String> {
    let digests: BTreeSet<[u8; 32]> = stage.history.records.iter().map(|record| record.digest).collect();
    digests.into_iter().map(|digest| cid(digest).to_string()).collect()
}

#[tokio::test]
async fn who_at_a_block_is_who_the_api_says() {
    let world = World::new().await;
    let stage = Stage::new(&world, 5, 300).await;
    let mut seen = 0;
    for (index, block) in stage.blocks(10).await.into_iter().enumerate() {
        for record in records(&stage).iter().skip(index % 2).step_by(2) {
            let at = format!("block:{block}");
            let asked = ["replay", "who", "--record", record, "--at", &at];
            let ours = stage.by_database(&stage.without_node(), &asked).await.lines();
            let ours: Vec<Value> = ours.iter().map(viewer).collect();
            assert_eq!(ours, viewers(&stage, record, block).await, "{record} at block {block}");
            seen += ours.len();
        }
    }
    assert!(seen > 30, "hardly anybody saw anything: {seen}");
}

/// Whoever could see it at the end of any block of the day, and nobody else but who ran out between blocks; each from the block of which
/// they could, up to the one of which they could not.
#[tokio::test]
async fn who_on_a_day_is_who_the_api_says_at_any_of_its_blocks() {
    let world = World::new().await;
    let stage = Stage::new(&world, 5, 420).await;
    let (first, last) = (world.deployment.block, world.head().await.0);
    let times = times(&stage, first, last).await;
    let days: BTreeSet<u64> = times.range(first + 60..).map(|(_, time)| time / DAY).collect();
    let (mut ends, mut compared) = (BTreeMap::<String, usize>::new(), 0);
    for day in days {
        for record in records(&stage) {
            compared += on_day(&stage, &record, day, &times, &mut ends).await;
        }
    }
    println!("{compared} lists compared; ends: {ends:?}");
    assert!(compared > 500, "hardly anything compared: {compared}");
    assert!(ends.len() >= 6, "too few ways to end: {ends:?}");
}

/// One record on one day, with the viewers at each block; how many blocks.
async fn on_day(
    stage: &Stage<'_>,
    record: &str,
    day: u64,
    times: &BTreeMap<u64, u64>,
    ends: &mut BTreeMap<String, usize>,
) -> usize {
    let name = Moment::from_unix(day * DAY).unwrap().to_string();
    let asked = ["replay", "who", "--record", record, "--on", name.split_once('T').unwrap().0];
    let rows = stage.by_api(&stage.node(), &asked).await.lines();
    for row in &rows {
        assert!(unix(&row["from"]) <= unix(&row["until"]) && unix(&row["from"]) / DAY == day, "{row}");
        *ends.entry(row["endReason"].to_string()).or_default() += 1;
    }
    // Of blocks of one time only the last one's end is a moment by itself.
    let moments = times.iter().filter(|(block, time)| **time / DAY == day && times.get(&(**block + 1)) != Some(*time));
    let mut compared = 0;
    for (block, time) in moments {
        let holds = |row: &&Value| {
            let until = unix(&row["until"]);
            unix(&row["from"]) <= *time && (*time < until || (row["endReason"].is_null() && *time == until))
        };
        let mut ours: Vec<Value> = rows.iter().filter(holds).map(viewer).collect();
        let mut expected = viewers(stage, record, *block).await;
        ours.sort_by_key(Value::to_string);
        expected.sort_by_key(Value::to_string);
        assert_eq!(ours, expected, "{record} at block {block} of {name}: {rows:#?}");
        compared += 1;
    }
    compared
}

fn unix(time: &Value) -> u64 {
    time.as_str().unwrap().parse::<Moment>().unwrap().unix()
}

async fn times(stage: &Stage<'_>, first: u64, last: u64) -> BTreeMap<u64, u64> {
    let mut times = BTreeMap::new();
    for number in first..=last {
        let number = ethers::types::U64::from(number);
        let block: Value = stage.world.rpc().call("eth_getBlockByNumber", json!([number, false])).await.unwrap();
        let time: ethers::types::U64 = serde_json::from_value(block["timestamp"].clone()).unwrap();
        times.insert(number.as_u64(), time.as_u64());
    }
    times
}
