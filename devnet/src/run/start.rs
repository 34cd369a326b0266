//! Starting everything, or continuing with what an earlier run kept.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use ethers::types::Address;
use serde_json::json;

use super::{
    RunOptions, Running, api,
    terminal::{Progress, say},
};
use crate::{
    chain::{Anvil, AnvilOptions, now},
    child::{Child, Signal},
    contract::{self, deploy},
    demo::{self, Summary},
    deployment::Deployment,
    postgres::{Postgres, PostgresOptions},
    state::{Sources, State},
    toolchain::Toolchain,
};

/// Heads keep coming this often, as on Ethereum's main network.
const BLOCK_TIME: Duration = Duration::from_secs(12);
/// At how many past blocks the chain answers calls: with more, a day's run would take gigabytes of disk.
const PAST_STATES: u32 = 500;
const CANNOT_CONTINUE: &str = "cannot continue the chain (`make reset` starts from nothing)";
/// The indexer's database.
const DATABASE: &str = "chartkey";

pub(super) async fn everything(
    tools: &Toolchain,
    options: &RunOptions,
    state: &State,
    running: &mut Running,
) -> Result<Summary> {
    // What is missing is said before anything starts.
    let indexer = indexer_program()?;
    tools.anvil()?;
    contract::creation_code(tools)?;

    say("Starting the database (the first time takes a few seconds)");
    let kept = PostgresOptions {
        port: None,
        state: Some(state.folder().to_owned()),
        durable: true,
        ..PostgresOptions::default()
    };
    let postgres = running.postgres.insert(Postgres::start(tools, kept).await?);
    let (anvil, summary) = match continue_chain(tools, options, state).await? {
        Some(continued) => continued,
        None => {
            // An index of another chain is of no use.
            postgres.drop_database(DATABASE).await?;
            new_chain(tools, options, state).await?
        }
    };
    let anvil = running.anvil.insert(anvil);
    note_if_other_contract(tools, anvil, &summary.deployment).await?;
    postgres.create_database(DATABASE).await?;
    anvil.mine_every(BLOCK_TIME);

    say("Starting the indexer");
    let sources = sources(state, anvil, postgres);
    state.keep_sources(&sources)?;
    let command = indexer_command(&indexer, options, sources);
    let child = Child::spawn("chartkey-indexer", command, &state.indexer_log(), Signal::SIGKILL)?;
    api::ready(running.indexer.insert(child), options.api_port).await?;
    Ok(summary)
}

/// The chain an earlier run kept, if the whole demo is on it.
async fn continue_chain(tools: &Toolchain, options: &RunOptions, state: &State) -> Result<Option<(Anvil, Summary)>> {
    let kept = Deployment::read(&state.deployment());
    // An older version's file lacks what was added since.
    let Some(deployment) = kept.context(CANNOT_CONTINUE)? else { return Ok(None) };
    say("Starting the chain where the last run stopped");
    let anvil = Anvil::start(tools, chain_options(options, state)).await.context(CANNOT_CONTINUE)?;
    let Some(summary) = demo::find(anvil.rpc(), &deployment, state.folder()).await? else {
        say("The last run did not get through the demo: starting from nothing");
        return Ok(None);
    };
    Ok(Some((anvil, summary)))
}

async fn new_chain(tools: &Toolchain, options: &RunOptions, state: &State) -> Result<(Anvil, Summary)> {
    state.erase_chain()?;
    say("Starting a new chain and playing the demo: a month in the lives of three invented patients");
    let month_ago = Some(now() - demo::SPAN);
    let anvil = Anvil::start(tools, AnvilOptions { genesis_timestamp: month_ago, ..chain_options(options, state) });
    let anvil = anvil.await?;
    let accounts: Vec<Address> = anvil.rpc().call("eth_accounts", json!([])).await?;
    let admin = accounts.first().context("the chain has no accounts")?;
    let deployment = deploy(tools, anvil.rpc(), *admin).await?;
    deployment.write(&state.deployment())?;
    let bar = Progress::new("demo");
    let progress = |done, of, says: &str| bar.at(done as u64, of as u64, says);
    let summary = demo::ensure(anvil.rpc(), &deployment, state.folder(), &progress).await?;
    anvil.save_with_history().await?;
    Ok((anvil, summary))
}

fn chain_options(options: &RunOptions, state: &State) -> AnvilOptions {
    AnvilOptions {
        port: Some(options.chain_port),
        state: Some(state.chain()),
        past_states: PAST_STATES,
        ..AnvilOptions::default()
    }
}

async fn note_if_other_contract(tools: &Toolchain, anvil: &Anvil, deployment: &Deployment) -> Result<()> {
    if !contract::is_compiled_one(tools, anvil.rpc(), deployment).await? {
        say("Note: the contract was compiled anew since it was deployed here. `make reset` starts with the new one");
    }
    Ok(())
}

/// The indexer is built into the folder we are in.
pub(crate) fn indexer_program() -> Result<PathBuf> {
    let program = env::current_exe()?.with_file_name("chartkey-indexer");
    if !program.is_file() {
        bail!("the indexer is not built ({}): run `make build`", program.display());
    }
    Ok(program)
}

fn sources(state: &State, anvil: &Anvil, postgres: &Postgres) -> Sources {
    Sources {
        rpc_url: anvil.url().to_owned(),
        database_url: postgres.url(DATABASE).expose().to_owned(),
        deployment: state.deployment(),
    }
}

fn indexer_command(program: &Path, options: &RunOptions, sources: Sources) -> Command {
    let mut command = Command::new(program);
    // Its last line is shown when it dies: without colour codes.
    command.arg("run").env("NO_COLOR", "1");
    command.envs(sources.environment()).env("LISTEN", format!("127.0.0.1:{}", options.api_port));
    // The demo is for looking around, by people without a wallet. Who wants to sign in says so.
    if env::var_os("OPEN").is_none() {
        command.env("OPEN", "true");
    }
    command
}
