//! The TypeScript client, against a real API.

use std::process::Command;
use std::time::Duration;

use super::tool::{root, run};
use crate::api::text;
use crate::api::ward::{FIRST, Ward};
use crate::indexer::Indexer;
use crate::viewers::cid;

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test]
async fn the_typescript_client_signs_in_and_reads_and_streams() {
    let ward = Ward::tell().await;
    let closed = Indexer::start_closed(&ward.world, &ward.database).await;
    closed.catch_up(&ward.world).await;
    let log = |name: &str| ward.world.scratch.path().join(name);
    // What must compile and what must not, with the client itself.
    let mut compile = Command::new(root().join("node_modules/.bin/tsc"));
    compile.args(["--build", "clients/typescript", "clients/typescript/test"]);
    run("tsc", compile, &log("tsc.log"), PATIENCE).await;

    let mut test = Command::new("node");
    test.args(["--test", "clients/typescript/test/"])
        .env("CHARTKEY_API", format!("http://{}", closed.address()))
        .env("CHARTKEY_RPC", ward.world.rpc().url())
        .env("CHARTKEY_CONTRACT", text(ward.world.deployment.contract))
        .env("CHARTKEY_PATIENT", text(ward.patient))
        .env("CHARTKEY_AUDITOR", text(ward.registrar))
        .env("CHARTKEY_STRANGER", text(ward.world.accounts[9]))
        .env("CHARTKEY_CID", cid(FIRST).to_string());
    let said = run("node", test, &log("client.log"), PATIENCE).await;
    assert!(said.contains("# fail 0") && said.contains("# skipped 0"), "{said}");
}
