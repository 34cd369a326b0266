//! Who may ask what: every route by every kind of caller.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::access::hospital::{CALLERS, Hospital};

mod hospital;

/// What a caller gets: `200`, `401` and so on, in the order of `CALLERS`.
type Row = (&'static str, [u16; CALLERS.len()]);

/// The registered patient is `{patient}`, another one `{other}`, nobody `{nobody}`; `{self}` is the caller.
#[rustfmt::skip]
const MATRIX: &[Row] = &[
    // anonymous, patient, other, guardian, former guardian,
    //                               chart, folder, record, member, referred, expired, revoked, suspended,
    //                                                                        registrar, custodian, auditor
    ("/v1/patients/{patient}",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{patient}/records",
        [401, 200, 403, 200, 403,    200, 200, 200, 200, 200, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{patient}/grants?state=all",
        [401, 200, 403, 200, 403,    200, 200, 200, 200, 200, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{patient}/viewers",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{patient}/access-log",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{patient}/requests",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{patient}/trail",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{patient}/disclosures",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/records/{filed}",
        [401, 200, 403, 200, 403,    200, 200, 403, 200, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/records/{alone}",
        [401, 200, 403, 200, 403,    200, 403, 200, 200, 200, 403, 403, 403,    403, 403, 200]),
    ("/v1/records/{alone}/viewers",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/records/{alone}/opens",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/can-open?patient={patient}&cid={alone}&reader={self}&purpose=TREAT",
        [401, 200, 403, 200, 403,    200, 200, 200, 200, 200, 403, 403, 403,    403, 403, 200]),
    ("/v1/can-open?patient={patient}&cid={alone}&reader={other}&purpose=TREAT",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/events",
        [401, 403, 403, 403, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/events?subject={patient}",
        [401, 200, 403, 200, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/state",
        [401, 403, 403, 403, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/patients/{registry}/trail",
        [401, 403, 403, 403, 403,    403, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/practitioners/{chart}/patients",
        [401, 403, 403, 403, 403,    200, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/practitioners/{chart}/records",
        [401, 403, 403, 403, 403,    200, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    ("/v1/practitioners/{chart}/activity",
        [401, 403, 403, 403, 403,    200, 403, 403, 403, 403, 403, 403, 403,    403, 403, 200]),
    // What is public.
    ("/v1/practitioners",               [200; CALLERS.len()]),
    ("/v1/practitioners/{chart}",       [200; CALLERS.len()]),
    ("/v1/teams/{team}",                [200; CALLERS.len()]),
    ("/v1/accounts/{patient}/keys",     [200; CALLERS.len()]),
    ("/health",                         [200; CALLERS.len()]),
    ("/ready",                          [200; CALLERS.len()]),
    ("/status",                         [200; CALLERS.len()]),
    ("/metrics",                        [200; CALLERS.len()]),
];

#[tokio::test]
async fn every_route_answers_every_kind_of_caller_as_the_matrix_says() {
    let hospital = Hospital::found().await;
    let mut wrong = Vec::new();
    for (route, expected) in MATRIX {
        for (caller, expected) in CALLERS.iter().zip(expected) {
            let answer = hospital.ask(caller, route).await;
            if answer.status != *expected {
                wrong.push(format!("{caller} at {route}: {} instead of {expected}: {}", answer.status, answer.body));
            }
            let allowed = hospital.ids_of(caller, route);
            for (name, id) in hospital.ids().iter().filter(|(name, _)| answer.status == 200 && !allowed.contains(name))
            {
                if answer.body.contains(id) {
                    wrong.push(format!("{caller} at {route} learns of {name}: {}", answer.body));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever may not see it learns nothing of whether it exists: not by status, words, headers, cursors or tags.
#[tokio::test]
async fn what_is_not_yours_looks_the_same_whether_or_not_it_exists() {
    let hospital = Hospital::found().await;
    let guessed = hospital.ask("auditor", "/v1/patients/{patient}/records").await.tag;
    for (route, expected) in MATRIX.iter().filter(|(route, _)| route.contains("{patient}") || route.contains("{alone}"))
    {
        let unknown =
            route.replace("{patient}", "{nobody}").replace("{alone}", "{nothing}").replace("{filed}", "{nothing}");
        for (caller, _) in CALLERS.iter().zip(expected).filter(|(_, status)| **status == 403) {
            let there = hospital.ask_with(caller, route, &guessed).await;
            let not_there = hospital.ask_with(caller, &unknown, &guessed).await;
            assert_eq!(there.status, StatusCode::FORBIDDEN, "{caller} at {route}");
            assert_eq!(there.without_what_differs(), not_there.without_what_differs(), "{caller} at {route}");
            let cursor = if route.contains("viewers") { "1-0-{patient}" } else { "1-0" };
            let further = format!("{route}{}cursor={cursor}&limit=1", if route.contains('?') { '&' } else { '?' });
            if !route.contains("can-open") && route.matches('/').count() > 3 {
                assert_eq!(hospital.ask(caller, &further).await.status, StatusCode::FORBIDDEN, "{caller} at {further}");
            }
        }
    }
}

#[tokio::test]
async fn access_ends_at_the_block_that_ends_it() {
    let hospital = Hospital::found().await;
    let records = "/v1/patients/{patient}/records";
    for caller in ["chart", "guardian", "member", "referred", "auditor"] {
        assert_eq!(hospital.ask(caller, records).await.status, StatusCode::OK, "{caller} before");
        hospital.end(caller).await;
        assert_eq!(hospital.ask(caller, records).await.status, StatusCode::FORBIDDEN, "{caller} after");
    }
    // Nor do they see by a moment in which they could.
    let then = hospital.ask("chart", "/v1/practitioners/{chart}/patients?at=block:{before}").await;
    assert_eq!((then.status, then.data()), (200, json!([])));
    let then = hospital.ask("chart", "/v1/practitioners/{chart}/records?at=block:{before}").await;
    assert_eq!((then.status, then.data()), (200, json!([])));
}

#[tokio::test]
async fn a_correction_that_no_grant_covers_is_not_named() {
    let hospital = Hospital::found().await;
    let corrected = hospital.correct().await;
    let seen = |answer: &Value| answer["data"]["supersededBy"].clone();
    let patient = hospital.ask("patient", "/v1/records/{alone}").await;
    assert_eq!(seen(&patient.json()), json!(corrected));
    for caller in ["record", "referred"] {
        for route in ["/v1/records/{alone}", "/v1/patients/{patient}/records", "/v1/practitioners/{self}/records"] {
            let answer = hospital.ask(caller, route).await;
            assert_eq!(answer.status, StatusCode::OK, "{caller} at {route}");
            assert!(
                answer.body.contains("superseded") && !answer.body.contains(&corrected),
                "{route}: {}",
                answer.body
            );
        }
    }
    let whole = hospital.ask("chart", "/v1/records/{alone}").await;
    assert_eq!(seen(&whole.json()), json!(corrected));
}

/// Every answer about a patient is in their access log, with who asked and what; what was refused is not.
#[tokio::test]
async fn who_asks_about_a_patient_is_on_record() {
    let hospital = Hospital::found().await;
    let routes = [
        ("chart", "/v1/patients/{patient}/records?folder=7", "{patient}"),
        ("auditor", "/v1/records/{alone}", "{patient}"),
        ("chart", "/v1/practitioners/{chart}/patients", "{patient}"),
        ("auditor", "/v1/events", "all"),
        ("auditor", "/v1/state", "all"),
        ("guardian", "/v1/patients/{patient}/viewers", "{patient}"),
        ("auditor", "/v1/patients/{other}", "{other}"),
        ("revoked", "/v1/patients/{patient}/records", "nobody"),
    ];
    for (caller, route, _) in routes {
        hospital.ask(caller, route).await;
    }
    let log = hospital.ask("patient", "/v1/patients/{patient}/access-log?kind=Queried").await.json();
    let entries: Vec<_> = log["data"].as_array().unwrap().iter().rev().collect();
    // Of one block, what was asked about all patients stands first.
    let asked = |entry: &&Value| (entry["actor"].clone(), entry["query"]["asked"].clone());
    let (of_all, of_one): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry["query"]["ofAll"] == true);
    let asked: Vec<_> = of_all.iter().chain(&of_one).map(asked).collect();
    let mut about: Vec<_> = routes.iter().filter(|(_, _, about)| ["{patient}", "all"].contains(about)).collect();
    about.sort_by_key(|(_, _, about)| *about != "all");
    let expected: Vec<_> = about
        .iter()
        .map(|(caller, route, _)| (json!(hospital.account(caller)), json!(hospital.fill(caller, route))))
        .collect();
    assert_eq!(asked, expected);
    for entry in &entries {
        assert_eq!((&entry["kind"], &entry["subject"]), (&json!("Queried"), &json!(hospital.account("patient"))));
        assert_eq!(entry["query"]["route"].as_str().map(|route| route.starts_with("/v1/")), Some(true));
        assert!(entry["position"]["transactionHash"].is_null() && entry["position"]["logIndex"].is_null());
    }
    // Its pages join, together with events, and reading the log is on record too.
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let route = format!("/v1/patients/{{patient}}/access-log?limit=3{cursor}");
        let page = hospital.ask("auditor", &route).await.json();
        pages.extend(page["data"].as_array().unwrap().clone());
        let Some(next) = page["page"]["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let kinds = pages.iter().fold(BTreeMap::<_, usize>::new(), |mut kinds, entry| {
        *kinds.entry(entry["kind"].to_string()).or_default() += 1;
        kinds
    });
    // Those above, and the reading of the log by the patient; not what came after the first page was asked for.
    assert_eq!(kinds["\"Queried\""], expected.len() + 1);
    assert!(kinds["\"AccessGranted\""] >= 5 && kinds["\"RecordAdded\""] == 2, "{kinds:?}");
    hospital.assert_queries_stay().await;
}
