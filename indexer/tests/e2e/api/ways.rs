//! The ways to see besides a patient's own grant: guardians, teams, referrals, emergencies; and what becomes of
//! records.

use chartkey_devnet::contract::bindings::{
    RequestAccessCall, RevokeAccessCall, SetEmergencyPolicyCall, SetTeamMemberCall,
};
use ethers::types::Address;
use serde_json::{Value, json};

use super::ward::{CHART, FIRST, MISTAKE, SECOND, TREAT, Ward, grant};
use super::{END, text};
use crate::viewers::cid;

fn each<'a>(rows: &'a Value, field: &str) -> Vec<&'a Value> {
    rows.as_array().unwrap().iter().map(|row| &row[field]).collect()
}

#[tokio::test]
async fn every_way_to_see_is_a_viewer() {
    let ward = Ward::tell().await;
    let (guardian, team, patient) = (text(ward.guardian), text(ward.team), text(ward.patient));
    let (member, referrer, colleague) = (text(ward.member), text(ward.referrer), text(ward.colleague));
    let as_guardian = json!([guardian, patient, null, null, null]);
    let in_team = json!([member, team, "team", null, "chart"]);
    let own = json!([referrer, null, "practitioner", null, "chart"]);
    let referred = json!([colleague, referrer, "practitioner", referrer, "record"]);
    let broken = json!([colleague, null, "practitioner", null, "emergency"]);
    let all = [&as_guardian, &in_team, &own, &referred, &broken].map(Clone::clone).to_vec();
    assert_eq!(ward.viewers("/v1/patients/{patient}/viewers").await, all);
    // The successor is in the chart, and no referral of the old one covers it.
    let successors = vec![as_guardian.clone(), in_team.clone(), own.clone(), broken.clone()];
    assert_eq!(ward.viewers(&format!("/v1/records/{}/viewers", cid(SECOND))).await, successors);
    assert_eq!(ward.viewers(&format!("/v1/records/{}/viewers", cid(FIRST))).await, all);
    let mistake = format!("/v1/records/{}/viewers", cid(MISTAKE));
    assert_eq!(ward.viewers(&mistake).await, vec![as_guardian]);
    assert_eq!(ward.viewers(&format!("{mistake}?at=block:{}", ward.before_retraction)).await, successors);

    let (mut joined, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ward.indexer.get(&format!("/v1/patients/{patient}/viewers?limit=1{cursor}")).await;
        joined.extend(page["data"].as_array().unwrap().iter().map(|row| row["viewer"].clone()));
        let Some(next) = page["page"]["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(json!(joined), json!([guardian, member, referrer, colleague, colleague]));

    // A second member's row has the same grant, and its place in the list by account.
    ward.act(ward.registrar, SetTeamMemberCall { team: ward.team, member: ward.referrer, until: END }).await;
    let rows = ward.viewers("/v1/patients/{patient}/viewers").await;
    let mut members = vec![in_team, json!([referrer, team, "team", null, "chart"])];
    members.sort_by_key(|row| row[0].as_str().unwrap().to_lowercase());
    assert_eq!(rows[1..3], members);
}

#[tokio::test]
async fn verdicts_go_by_via() {
    let ward = Ward::tell().await;
    let Ward { patient, guardian, team, member, referrer, colleague, .. } = ward;
    let own = Address::zero();
    let stranger = ward.world.accounts[9];
    for (digest, reader, via, purpose, expected) in [
        (FIRST, member, team, "TREAT", "allowed"),
        (FIRST, member, own, "TREAT", "noGrant"),
        (FIRST, colleague, team, "TREAT", "notATeamMember"),
        (FIRST, colleague, referrer, "TREAT", "allowed"),
        (FIRST, colleague, referrer, "HRESCH", "purposeNotGranted"),
        (SECOND, colleague, referrer, "TREAT", "noGrant"),
        (FIRST, colleague, stranger, "TREAT", "referrerNotInGoodStanding"),
        (SECOND, colleague, own, "BTG", "allowed"),
        (SECOND, colleague, own, "TREAT", "noGrant"),
        (MISTAKE, member, team, "TREAT", "recordRetracted"),
        (MISTAKE, guardian, patient, "TREAT", "allowed"),
        (MISTAKE, patient, own, "TREAT", "allowed"),
        (FIRST, guardian, own, "TREAT", "unknownPractitioner"),
        (FIRST, stranger, patient, "TREAT", "notAGuardian"),
    ] {
        let said = ward.reason(digest, reader, via, purpose).await;
        assert_eq!(said, expected, "{:?} by {reader:?} via {via:?} for {purpose}", cid(digest));
    }
    ward.act(patient, RevokeAccessCall { patient, grantee: referrer, scope: CHART }).await;
    assert_eq!(ward.reason(FIRST, colleague, referrer, "TREAT").await, "parentEnded");
    let ended = &ward.get("/v1/patients/{patient}/grants?state=revoked").await;
    assert_eq!(json!(each(ended, "endReason")), json!(["revoked", "parentEnded"]));
    assert_eq!(json!(each(ended, "referrer")), json!([null, text(referrer)]));
    assert_eq!(ended[0]["endedAt"], ended[1]["endedAt"]);
    // Granting the referrer anew does not revive it.
    ward.act(patient, grant(patient, referrer, CHART, 5)).await;
    assert_eq!(ward.reason(FIRST, colleague, referrer, "TREAT").await, "parentEnded");
}

#[tokio::test]
async fn charts_show_guardians_policies_corrections_and_requests() {
    let ward = Ward::tell().await;
    let (first, second, mistake) = (cid(FIRST).to_string(), cid(SECOND).to_string(), cid(MISTAKE).to_string());
    let summary = ward.get("/v1/patients/{patient}").await;
    assert_eq!(summary["guardians"], json!([{ "guardian": text(ward.guardian), "until": "2027-01-15T08:00:00Z" }]));
    assert_eq!(summary["emergencyPolicy"], json!({ "durationSeconds": 3_600 }));
    assert_eq!((&summary["recordCount"], &summary["activeGrantCount"]), (&json!(3), &json!(4)));
    let Ward { patient, referrer, .. } = ward;
    ward.act(patient, SetEmergencyPolicyCall { patient, duration: 0 }).await;
    assert_eq!(ward.get("/v1/patients/{patient}").await["emergencyPolicy"], Value::Null);

    for (status, expected) in [
        ("", vec![(&first, "superseded"), (&mistake, "retracted"), (&second, "current")]),
        ("?status=current", vec![(&second, "current")]),
        ("?status=superseded", vec![(&first, "superseded")]),
        ("?status=retracted", vec![(&mistake, "retracted")]),
    ] {
        let rows = ward.get(&format!("/v1/patients/{{patient}}/records{status}")).await;
        let rows: Vec<_> =
            rows.as_array().unwrap().iter().map(|row| (row["cid"].clone(), row["status"].clone())).collect();
        assert_eq!(json!(rows), json!(expected), "{status}");
    }
    let old = ward.get(&format!("/v1/records/{first}")).await;
    assert_eq!((&old["supersedes"], &old["supersededBy"]), (&Value::Null, &json!(second)));
    let new = ward.get(&format!("/v1/records/{second}")).await;
    assert_eq!((&new["supersedes"], &new["supersededBy"]), (&json!(first), &Value::Null));

    let mut folder = [0; 32];
    folder[31] = 3;
    let request = |scope, note| RequestAccessCall { patient, scope, purposes: TREAT, note_hash: [note; 32] };
    for call in [request(folder, 0), request(folder, 1), request(FIRST, 0)] {
        ward.act(referrer, call).await;
    }
    ward.act(patient, grant(patient, referrer, folder, 1)).await;
    let requests = ward.get("/v1/patients/{patient}/requests").await;
    assert_eq!(json!(each(&requests, "state")), json!(["superseded", "granted", "pending"]));
    let notes = json!([null, format!("0x{}", "01".repeat(32)), null]);
    assert_eq!(json!(each(&requests, "noteHash")), notes);
    assert_eq!(requests[1]["scope"], json!({ "kind": "folder", "folder": 3, "cid": null }));
    assert!(requests[1]["endedAt"].is_string() && requests[2]["endedAt"].is_null());
    let pending = ward.get("/v1/patients/{patient}/requests?state=pending").await;
    assert_eq!(pending, json!([requests[2]]));
}

#[tokio::test]
async fn teams_and_their_members_patients_and_history_are_told() {
    let ward = Ward::tell().await;
    let (patient, team, member) = (text(ward.patient), text(ward.team), text(ward.member));
    let (referrer, colleague) = (text(ward.referrer), text(ward.colleague));
    let told = ward.get(&format!("/v1/teams/{team}")).await;
    assert_eq!((&told["name"], &told["organisation"]), (&json!("Ward 3"), &json!("St. Anna")));
    assert_eq!((&told["address"], &told["registrar"]), (&json!(team), &json!(text(ward.registrar))));
    assert_eq!(json!(each(&told["members"], "member")), json!([member, colleague, member]));
    assert_eq!(json!(each(&told["members"], "endReason")), json!(["replaced", "removed", null]));

    let cids = |rows: Value| json!(each(&rows, "cid"));
    let chart = json!([cid(FIRST).to_string(), cid(SECOND).to_string()]);
    for practitioner in [&member, &referrer, &colleague] {
        assert_eq!(cids(ward.get(&format!("/v1/practitioners/{practitioner}/records")).await), chart);
    }
    let patients = ward.get(&format!("/v1/practitioners/{member}/patients")).await;
    assert_eq!((&patients[0]["patient"], &patients[0]["granteeKind"]), (&json!(patient), &json!("team")));
    let patients = ward.get(&format!("/v1/practitioners/{colleague}/patients")).await;
    let kinds: Vec<_> = each(&patients, "scope").iter().map(|scope| scope["kind"].clone()).collect();
    assert_eq!(json!(kinds), json!(["record", "emergency"]));
    let emergencies = ward.get("/v1/patients/{patient}/grants?scope=emergency").await;
    assert_eq!((&emergencies[0]["rights"], &emergencies[0]["purposes"]), (&json!(["READ"]), &json!(["BTG"])));

    let log = ward.get("/v1/patients/{patient}/access-log").await;
    let mut kinds = each(&log, "kind");
    kinds.retain(|kind| **kind != json!("Queried"));
    kinds.reverse();
    let expected = [
        "KeyPublished",
        "GuardianSet",
        "RecordAdded",
        "AccessGranted",
        "RecordAdded",
        "AccessGranted",
        "AccessReferred",
        "EmergencyPolicySet",
        "GlassBroken",
        "EmergencyReviewed",
        "RecordRetracted",
        "RecordAdded",
        "RecordSuperseded",
    ];
    assert_eq!(json!(kinds), json!(expected));
    let entry = async |kind| ward.get(&format!("/v1/patients/{patient}/access-log?kind={kind}")).await;
    let referred = &entry("AccessReferred").await[0];
    assert_eq!((&referred["viewer"], &referred["via"]), (&json!(colleague), &json!(referrer)));
    assert_eq!(referred["grant"]["grantee"], json!(colleague));
    let retracted = &entry("RecordRetracted").await[0];
    assert_eq!((&retracted["via"], &retracted["grant"]["grantee"]), (&json!(team), &json!(team)));
    let broken = &ward.get("/v1/patients/{patient}/access-log?purpose=BTG").await[0];
    assert_eq!((&broken["kind"], &broken["grant"]["scope"]["kind"]), (&json!("GlassBroken"), &json!("emergency")));
    assert_eq!(entry("GuardianSet").await[0]["viewer"], json!(text(ward.guardian)));
}
