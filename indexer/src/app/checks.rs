//! `verify` and `replay`: what they need, what they say, and with which exit code they end.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::Connection as _;

use super::every_two_seconds;
use super::nodes::{check_chain, connect, connect_to_ask};
use crate::chain::RpcChain;
use crate::client::{Client, ClientError};
use crate::config::{Api, Deployment, Origin, ReplayCommand, Secret, ToVerify};
use crate::desk::{self, Compare, Desk, Source};
use crate::replay::Wrong;
use crate::store::{self, Reader};
use crate::sync::Bar;
use crate::verify::{Outside, Report, Verified, verify_outside};

const POLL: Duration = Duration::from_secs(1);

/// That something could not be checked, whatever it is.
#[derive(Debug, thiserror::Error)]
#[error("could not be checked")]
struct Unchecked;

/// What the process ends with: 1, 2 for wrong arguments, 3 for what could not be checked.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Wrong>() {
        1
    } else if matches!(error.downcast_ref(), Some(ClientError::Address(_))) {
        2
    } else if error.is::<Unchecked>() {
        3
    } else {
        1
    }
}

/// Tells what is wrong from what could not be checked.
fn judged<T>(result: anyhow::Result<T>) -> anyhow::Result<T> {
    result.map_err(
        |error| {
            if error.is::<Wrong>() { error.context("first wrong link") } else { error.context(Unchecked) }
        },
    )
}

/// Verifies an API if one is given, else the database.
pub(super) async fn verify(asked: &ToVerify) -> anyhow::Result<()> {
    judged(match client(&asked.api)? {
        Some(client) => verify_api(asked, &client).await,
        None => verify_database(asked).await,
    })
}

async fn verify_api(asked: &ToVerify, client: &Client) -> anyhow::Result<()> {
    let deployment = Deployment::read(&asked.node.deployment)?;
    let chain = connect(&asked.node, &[], &deployment, POLL)?;
    check_chain(&chain, &deployment).await?;
    let outside = Outside { client, chain: &chain, domain: deployment.domain(), max_behind: asked.max_behind };
    let report = verify_outside(&outside, asked.patient, every_two_seconds("compared", "blocks")).await?;
    say(&report);
    Ok(())
}

/// Who reads it may stop at any time.
fn say(report: &Report) {
    let Report { at, subjects, links, compared, not_compared } = report;
    let mut out = io::stdout();
    let _ = writeln!(
        out,
        "verified at block {} ({}): {subjects} subjects, {links} links, each trail as the contract has it; {compared}",
        at.number, at.hash
    );
    for what in not_compared {
        let _ = writeln!(out, "not compared: {what}");
    }
    let _ = writeln!(
        out,
        "not to be seen from outside: what the API was asked (entries `Queried` of access logs; `verify` on the database recomputes \
         them), and in which transaction and at which place of its block an event is, which no trail says"
    );
}

async fn verify_database(asked: &ToVerify) -> anyhow::Result<()> {
    let url = asked.database_url.as_ref().context("no database is given")?;
    let deployment = Deployment::read(&asked.node.deployment)?;
    let chain = connect(&asked.node, &[], &deployment, POLL)?;
    check_chain(&chain, &deployment).await?;
    let mut db = store::connect_to_inspect(url.expose()).await?;
    let progress = every_two_seconds("compared", "blocks");
    let outcome = crate::verify::verify(&chain, &mut db, &deployment.domain(), deployment.block, progress).await?;
    db.close().await?;
    let Verified { block, subjects, links, queries } = outcome?;
    println!(
        "verified at block {block}: {subjects} subjects, {links} links, each trail as the contract has it; {queries} \
         queries on record, none taken out"
    );
    Ok(())
}

/// Replays from an API or a database.
pub(super) async fn replay(command: &ReplayCommand, bar: Bar) -> anyhow::Result<()> {
    let origin = command.origin();
    let source = source(origin)?;
    judged(replay_from(source, origin, command, bar).await)
}

async fn replay_from(source: Source, origin: &Origin, command: &ReplayCommand, bar: Bar) -> anyhow::Result<()> {
    let deployment = origin.deployment.as_deref().map(Deployment::read).transpose()?;
    let chain = match &deployment {
        Some(deployment) if !origin.rpc_url.is_empty() => Some(node(origin, deployment).await?),
        _ => None,
    };
    let domain = deployment.as_ref().map(Deployment::domain);
    desk::run(&Desk { source, compare: Compare { chain: chain.as_ref(), domain }, bar }, command).await
}

async fn node(origin: &Origin, deployment: &Deployment) -> anyhow::Result<RpcChain> {
    let chain = connect_to_ask(&origin.rpc_url, deployment)?;
    check_chain(&chain, deployment).await?;
    Ok(chain)
}

fn source(origin: &Origin) -> anyhow::Result<Source> {
    if let Some(client) = client(&origin.api)? {
        return Ok(Source::Api(client));
    }
    let url = origin.database_url.as_ref().context("neither an API nor a database is given")?;
    Ok(Source::Database(Reader::new(url.expose())?))
}

fn client(api: &Api) -> Result<Option<Client>, ClientError> {
    let token = || api.token.clone();
    api.api.as_ref().map(Secret::expose).map(|url| Client::new(url, token())).transpose()
}
