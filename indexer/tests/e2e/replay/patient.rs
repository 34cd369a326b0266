//! One patient's part, by nothing but that patient's session.

use serde_json::json;

use super::proxy::{Answer, Proxy};
use super::{Ran, Stage, binary};
use crate::indexer::Source;
use crate::world::World;

/// What is changed, and the words that name it.
type Lie = (&'static str, &'static [&'static str], fn(&mut Answer));

async fn verify(stage: &Stage<'_>, api: &str, token: Option<&str>, patient: Option<&str>) -> Ran {
    let mut arguments = vec!["verify", "--api", api];
    arguments.extend(patient.into_iter().flat_map(|patient| ["--patient", patient]));
    let mut command = binary(&Source { open: false, ..stage.node() }, None, &arguments);
    if let Some(token) = token {
        command.env("TOKEN", token);
    }
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[tokio::test]
async fn a_patients_session_verifies_that_patient() {
    let world = World::new().await;
    let stage = Stage::closed(&world, 51, 200).await;
    let (patient, other) = (stage.history.patients[0], stage.history.patients[1]);
    let token = stage.indexer.sign_in(&world, patient).await;
    let (name, others) = (format!("{patient:?}"), format!("{other:?}"));
    let api = stage.indexer.url();
    let ran = verify(&stage, api, Some(&token), Some(&name)).await;
    ran.must("their own", 0, &["1 subjects", "records", "grants follow from them", "not compared: viewers", "Queried"]);
    verify(&stage, api, Some(&token), Some(&others)).await.must("another's", 3, &["Not yours to see", "request "]);
    verify(&stage, api, Some(&token), None).await.must("all", 3, &["Not yours to see"]);
    verify(&stage, api, None, Some(&name)).await.must("nobody", 3, &["Not signed in", "POST /v1/auth/nonce"]);

    let lies: [Lie; 4] = [
        ("a grant left out", &["the state of 0x", "/grants, row"], |answer| {
            if answer.asked.contains("/grants") {
                answer.values[0]["data"].as_array_mut().unwrap().remove(0);
            }
        }),
        ("a record's status", &["/records, row 1: expected"], |answer| {
            if answer.asked.contains("/records") {
                answer.values[0]["data"][0]["status"] = json!("unknown");
            }
        }),
        ("a link left out of the trail", &["/trail tells", "first wrong link: the trail of 0x"], |answer| {
            if answer.asked.contains("/trail") {
                answer.values.remove(2);
            }
        }),
        ("the last event left out of both", &["the contract's at"], |answer| {
            if answer.asked.contains("/trail") || answer.is_events() {
                answer.values.pop();
            }
        }),
    ];
    for (what, words, lie) in lies {
        let proxy = Proxy::before(api, lie).await;
        verify(&stage, proxy.url(), Some(&token), Some(&name)).await.must(what, 1, words);
    }
    stage.indexer.stop().await;
}

/// Who may read the registry's events knows who is a viewer, too.
#[tokio::test]
async fn of_an_open_api_viewers_are_compared_too() {
    let world = World::new().await;
    let stage = Stage::new(&world, 52, 200).await;
    let api = stage.indexer.url();
    for patient in &stage.history.patients {
        let ran = verify(&stage, api, None, Some(&format!("{patient:?}"))).await;
        ran.must("a patient", 0, &["2 subjects", "viewers follow from them"]);
        assert!(!ran.out.contains("not compared"), "{ran:?}");
    }
    let nobody = verify(&stage, api, None, Some("0x00000000000000000000000000000000000000ff")).await;
    nobody.must("nobody", 3, &["Not found"]);
    let proxy = Proxy::before(api, |answer| {
        if answer.asked.contains("/viewers") {
            answer.values[0]["data"].as_array_mut().unwrap().clear();
        }
    })
    .await;
    let mut found = 0;
    for patient in &stage.history.patients {
        let ran = verify(&stage, proxy.url(), None, Some(&format!("{patient:?}"))).await;
        found += usize::from(ran.code == 1 && ran.err.contains("/viewers, row 1"));
    }
    assert!(found > 0, "nobody could see anything");
}
