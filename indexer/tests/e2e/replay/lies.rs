//! Each lie of an API is found from the outside, with nothing but a node.

use chartkey_indexer::model::Moment;
use serde_json::{Value, json};

use super::proxy::{Answer, Proxy};
use super::{Stage, run};
use crate::indexer::Source;
use crate::world::World;

type Lie = fn(&mut Answer);

fn later(value: &mut Value) {
    let time: Moment = value.as_str().unwrap().parse().unwrap();
    *value = json!(Moment::from_unix(time.unix() + 1).unwrap());
}

fn flip(value: &mut Value) {
    let text = value.as_str().unwrap();
    let (head, last) = text.split_at(text.len() - 1);
    *value = json!(format!("{head}{}", if last == "0" { "1" } else { "0" }));
}

/// What is changed, the exit code that it must have, and the words.
const LIES: &[(&str, i32, &[&str], Lie)] = &[
    ("an event is left out", 1, &["first wrong link: the trail of 0x", "expected link", "got 0x"], |answer| {
        if answer.is_events() {
            let at = answer.first("AccessGranted");
            answer.values.remove(at);
        }
    }),
    ("the last event of a trail is left out", 1, &["it ends at link", "the contract's at"], |answer| {
        if answer.is_events() {
            answer.values.pop();
        }
    }),
    ("all of a patient is left out", 1, &["first wrong link: the trail of 0x", "the contract's at"], |answer| {
        if answer.is_events() {
            let subject = answer.values[answer.first("AccessGranted")]["subject"].clone();
            answer.values.retain(|event| event["subject"] != subject);
        }
    }),
    ("a time is another", 1, &["first wrong link", "expected link"], |answer| {
        if answer.is_events() {
            let at = answer.first("RecordAdded");
            later(&mut answer.values[at]["blockTimestamp"]);
            later(&mut answer.values[at]["position"]["timestamp"]);
        }
    }),
    ("an actor is another", 1, &["first wrong link: the trail of 0x", "log ", "actor: expected 0x"], |answer| {
        if answer.is_events() {
            let at = answer.first("RecordAdded");
            answer.values[at]["actor"] = json!("0x00000000000000000000000000000000000000ff");
        }
    }),
    ("a scope is another", 1, &["scope: expected"], |answer| {
        if answer.is_events() {
            let at = answer.find(|event| event["kind"] == "AccessGranted" && event["scope"]["kind"] == "chart");
            answer.values[at]["scope"] = json!({ "kind": "folder", "folder": 1, "cid": null });
        }
    }),
    ("a purpose is another", 1, &["purpose: expected"], |answer| {
        if answer.is_events() {
            let at = answer.first("RecordOpened");
            answer.values[at]["purpose"] = json!("HLEGAL");
        }
    }),
    ("bytes are others", 1, &["first wrong link: "], |answer| {
        if answer.is_events() {
            let at = answer.first("AccessGranted");
            flip(&mut answer.values[at]["topics"][2]);
        }
    }),
    ("an event is of another block's hash", 1, &["first wrong link: the chain of blocks: expected block"], |answer| {
        if answer.is_events() {
            let block = answer.values[answer.first("AccessGranted")]["blockNumber"].clone();
            let of_block = answer.values.iter_mut().filter(|event| event["blockNumber"] == block);
            of_block.for_each(|event| flip(&mut event["position"]["blockHash"]));
        }
    }),
    ("two events change places", 1, &["first wrong link"], |answer| {
        if answer.is_events() {
            answer.values.swap(10, 11);
        }
    }),
    ("the head is of another hash", 1, &["the chain of blocks: expected block"], |answer| {
        if answer.is_events() {
            flip(&mut answer.as_of["blockHash"]);
        }
    }),
    ("a grant is made up in the state", 1, &["the state of 0x", "expected ", "got {"], |answer| {
        if answer.is_state() {
            let mut made_up = answer.values.last().unwrap().clone();
            assert_eq!(made_up["line"], "grant");
            made_up["grantee"] = json!("0x00000000000000000000000000000000000000ff");
            answer.values.push(made_up);
        }
    }),
    ("a grant is left out of the state", 1, &["the state of 0x", "got no more lines"], |answer| {
        if answer.is_state() {
            answer.values.pop();
        }
    }),
    ("a suspended practitioner is in good standing", 1, &["first wrong link: the state: line"], |answer| {
        if answer.is_state() {
            let at = answer.find(|line| line["line"] == "practitioner");
            let suspended = answer.values[at]["suspended"] == true;
            answer.values[at]["suspended"] = json!(!suspended);
        }
    }),
    ("the history is cut", 3, &["could not be checked", "was cut after"], |answer| answer.cut = answer.is_events()),
    ("the state is cut", 3, &["could not be checked", "was cut after"], |answer| answer.cut = answer.is_state()),
    ("the state is of another branch", 3, &["could not be checked", "the chain changed branch"], |answer| {
        if answer.is_state() {
            flip(&mut answer.as_of["blockHash"]);
        }
    }),
    ("it says nothing of its head", 3, &["Chartkey-As-Of"], |answer| answer.as_of = Value::Null),
];

#[tokio::test]
async fn every_lie_is_found_and_named() {
    let world = World::new().await;
    let stage = Stage::new(&world, 41, 220).await;
    let honest = stage.by_api(&stage.node(), &["verify"]).await;
    honest.must("the truth", 0, &["verified at block", "4 subjects", "lines, follows from them", "Queried"]);
    for (what, code, words, lie) in LIES {
        let proxy = Proxy::before(stage.indexer.url(), lie).await;
        let ran = run(&stage.node(), None, &["verify", "--api", proxy.url()]).await;
        ran.must(what, *code, words);
    }
    stage.indexer.stop().await;
}

/// A replay stops at a wrong link by itself; what is left out at the end shows beside a node.
#[tokio::test]
async fn no_replay_goes_beyond_a_wrong_link() {
    let world = World::new().await;
    let stage = Stage::new(&world, 44, 80).await;
    let out_of_the_middle = Proxy::before(stage.indexer.url(), |answer| {
        if answer.is_events() {
            let at = answer.first("AccessGranted");
            answer.values.remove(at);
        }
    });
    let at_the_end = Proxy::before(stage.indexer.url(), |answer| {
        if answer.is_events() {
            answer.values.pop();
        }
    });
    let (out_of_the_middle, at_the_end) = (out_of_the_middle.await, at_the_end.await);
    for what in ["events", "state"] {
        let ran = run(&stage.without_node(), None, &["replay", what, "--api", out_of_the_middle.url()]).await;
        ran.must(what, 1, &["first wrong link: the trail of 0x", "expected link"]);
        let ran = run(&stage.without_node(), None, &["replay", what, "--api", at_the_end.url()]).await;
        ran.must(what, 0, &["not compared with the chain"]);
        let ran = run(&stage.node(), None, &["replay", what, "--api", at_the_end.url()]).await;
        ran.must(what, 1, &["first wrong link: the ", "the contract's at"]);
    }
    stage.indexer.stop().await;
}

/// An older head, whole and true as far as it goes.
#[tokio::test]
async fn what_is_kept_back_is_found() {
    let world = World::new().await;
    let mut stage = Stage::new(&world, 42, 60).await;
    let old = stage.indexer.get("/v1/practitioners?limit=1").await["asOf"].clone();
    let (before, number) = (old.clone(), old["blockNumber"].as_u64().unwrap());
    stage.history.act(20).await;
    stage.history.mine(30).await;
    stage.indexer.catch_up(&world).await;
    let proxy = Proxy::before(stage.indexer.url(), move |answer| {
        if answer.is_events() {
            answer.as_of = before.clone();
            answer.values.retain(|event| event["blockNumber"].as_u64().unwrap() <= number);
        }
    });
    let proxy = proxy.await;
    let verify = ["verify", "--api", proxy.url()];
    let ran = run(&stage.node(), None, &verify).await;
    ran.must("an older head", 1, &["blocks behind the chain's head", "it may be hiding what happened since"]);
    // Who allows it that much finds nothing wrong with what it tells.
    let ran = run(&stage.node(), None, &[&verify[..], &["--max-behind", "1000"]].concat()).await;
    ran.must("an older head, allowed", 0, &["verified at block"]);
}

#[tokio::test]
async fn what_cannot_be_checked_is_no_lie() {
    let world = World::new().await;
    let stage = Stage::new(&world, 43, 30).await;
    let (node, api) = (stage.node(), stage.indexer.url());
    let lost = Source { rpc_url: "http://127.0.0.1:9".into(), ..node.clone() };
    run(&lost, None, &["verify", "--api", api]).await.must("no node", 3, &["could not be checked", "did not answer"]);
    run(&node, None, &["verify", "--api", "http://127.0.0.1:9"]).await.must("no API", 3, &["could not be checked"]);
    run(&node, None, &["verify", "--api", &node.rpc_url]).await.must("no API of ours", 3, &["is it one?"]);
    run(&node, None, &["verify"]).await.must("neither", 2, &["--database-url"]);
    run(&node, None, &["verify", "--api", api, "--patient", "0x12"]).await.must("no account", 2, &["40 hexadecimal"]);
    let clear = ["verify", "--api", "http://api.example", "--token", "sesame"];
    let ran = run(&node, None, &clear).await;
    ran.must("a token in the clear", 2, &["expected https"]);
    assert!(!format!("{ran:?}").contains("sesame"), "{ran:?}");
    let other = World::with_genesis(1_700_000_001).await;
    let ran = run(&other.source(), None, &["verify", "--api", api]).await;
    assert!([1, 3].contains(&ran.code), "{ran:?}");
}
