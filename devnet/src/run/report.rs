//! What a run says once everything works: where things are, who is who, and what to try.

use ethers::utils::to_checksum;

use super::{RunOptions, terminal::say};
use crate::{demo::Summary, state::State};

pub(super) fn print(options: &RunOptions, state: &State, summary: &Summary) {
    let RunOptions { api_port, chain_port, .. } = options;
    let Summary { deployment, people, records, .. } = summary;
    let folder = state.folder().display();
    say("");
    say("Chartkey is running. All data are invented.");
    say("");
    say(&format!("  API        http://127.0.0.1:{api_port} (its routes: http://127.0.0.1:{api_port}/docs)"));
    say(&format!("  chain      http://127.0.0.1:{chain_port} (chain id {})", deployment.chain_id));
    say(&format!("  contract   {} (since block {})", to_checksum(&deployment.contract, None), deployment.block));
    say(&format!("  forwarder  {}", to_checksum(&deployment.forwarder, None)));
    say(&format!("  records    {folder}/records ({} files)", records.len()));
    say(&format!("  logs       {folder}/indexer.log, postgres.log, chain/anvil.log"));
    say("");
    for person in people {
        say(&format!("  {:<16} {}  {}", person.key, person.address, person.about));
    }
    say("");
    say("Worth trying:");
    for (shows, url) in questions(summary) {
        say("");
        say(&format!("  {shows}"));
        say(&format!("curl -s 'http://127.0.0.1:{api_port}{url}'"));
    }
    say("");
    say("Here everything can be read without signing in; `make run OPEN=false` asks callers to.");
    say("`make verify` compares all of it with the contract's own trails.");
    say("Ctrl-C stops everything; the next `make run` continues here, `make reset` forgets it.");
}

/// Eight questions whose answers tell a story: what each shows, and its path and query.
fn questions(summary: &Summary) -> [(String, String); 8] {
    let account = |key: &str| summary.address(key).unwrap_or_default();
    let cid = |key: &str| summary.record(key).map_or("", |record| &*record.cid);
    let block = |key: &str| summary.moment(key).map_or(summary.end.block, |moment| moment.block);
    let (xray, revoked, discharged) = (cid("ada-xray"), block("xray-revoked"), block("ward-revoked"));
    let (ada, cardiologist) = (account("ada"), account("cardiologist"));
    [
        ("Who can see Ada's chest X-ray now:".to_owned(), format!("/v1/records/{xray}/viewers")),
        (
            format!("Who could one block before Ada took it back from the cardiologist (block {revoked}):"),
            format!("/v1/records/{xray}/viewers?at=block:{}", revoked - 1),
        ),
        (
            "Whether the cardiologist can open it now, and why not:".to_owned(),
            format!("/v1/can-open?patient={ada}&cid={xray}&reader={cardiologist}&purpose=TREAT"),
        ),
        ("Who read Ada's chart, when and why, who was let in, and who asked the API about her:".to_owned(), {
            format!("/v1/patients/{ada}/access-log?limit=20")
        }),
        (
            format!("Who could see Bruno's prescription while he was on the ward, and through whom (block {discharged}):"),
            format!("/v1/records/{}/viewers?at=block:{}", cid("bruno-prescription"), discharged - 1),
        ),
        ("Who is on that ward:".to_owned(), format!("/v1/teams/{}", account("ward"))),
        ("Who asked Bruno for access, and whether he gave it:".to_owned(), format!("/v1/patients/{}/requests", account("bruno"))),
        (
            "Every event of Chiara, whose mother once revoked everyone, as the hash chain that the contract vouches for:"
                .to_owned(),
            format!("/v1/patients/{}/trail", account("chiara")),
        ),
    ]
}
