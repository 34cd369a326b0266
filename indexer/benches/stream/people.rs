//! Who listens: accounts of the chain, signed in with their keys as anybody is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::replay::Wallet;
use chartkey_devnet::rpc::http_client;
use chartkey_indexer::model::{Address, Event, Role};
use ethers::utils::to_checksum;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::truth::Happened;

/// Sign-ins at once.
const AT_ONCE: usize = 16;

/// Somebody who listens.
pub struct Person {
    pub account: Address,
    /// Told of everything.
    pub auditor: bool,
    pub token: String,
}

/// So many of those who the history names: an auditor who stays one, then practitioners, then patients. Nobody who is told of more
/// than what names them, but the auditor: guardians have no keys here.
fn choose(history: &[Happened], count: usize) -> Result<Vec<Address>> {
    let found = |is: fn(&Event) -> Option<Address>| history.iter().filter_map(move |one| is(&one.event));
    // The story takes the role from others only.
    let auditor = found(|event| match event {
        Event::RoleChanged { role, account, held: true, .. } if *role == Role::Auditor.id() => Some(*account),
        _ => None,
    })
    .next();
    let practitioners = found(|event| match event {
        Event::PractitionerRegistered { practitioner, .. } => Some(*practitioner),
        _ => None,
    });
    let patients = found(|event| match event {
        Event::PatientRegistered { patient } => Some(*patient),
        _ => None,
    });
    let all: Vec<Address> = auditor.into_iter().chain(practitioners).chain(patients).take(count).collect();
    ensure!(all.len() == count, "the chain names {} accounts, not {count}", all.len());
    Ok(all)
}

/// The keys of these accounts.
fn wallets(accounts: &[Address]) -> Result<Vec<Wallet>> {
    let mut found: HashMap<Address, Option<Wallet>> = accounts.iter().map(|account| (*account, None)).collect();
    let mut missing = found.len();
    for nth in 0.. {
        if missing == 0 {
            break;
        }
        ensure!(nth < 1_000_000, "{missing} of the accounts have no keys");
        let wallet = Wallet::of(nth);
        if let Entry::Occupied(mut entry) = found.entry(Address(wallet.account().0)) {
            entry.insert(Some(wallet));
            missing -= 1;
        }
    }
    accounts.iter().map(|account| found.get_mut(account).and_then(Option::take).context("an account twice")).collect()
}

impl Person {
    /// Whose events they are told: `None`, everybody's.
    pub fn reads(&self) -> Option<Address> {
        (!self.auditor).then_some(self.account)
    }
}

/// Signs so many in at the API.
pub async fn sign_in(history: &[Happened], count: usize, url: &str) -> Result<Vec<Person>> {
    let accounts = choose(history, count)?;
    let wallets = wallets(&accounts)?;
    let client = http_client();
    let client = &client;
    let signed = stream::iter(wallets.into_iter().enumerate()).map(async |(nth, wallet)| {
        let token = token(client, url, &wallet).await.context("signing in")?;
        anyhow::Ok(Person { account: Address(wallet.account().0), auditor: nth == 0, token })
    });
    signed.buffered(AT_ONCE).try_collect().await
}

/// A session (EIP-4361).
async fn token(client: &reqwest::Client, url: &str, wallet: &Wallet) -> Result<String> {
    let given = answer(client.post(format!("{url}/v1/auth/nonce"))).await?;
    let (chain, nonce) = (&given["chainId"], given["nonce"].as_str().context("there is no nonce")?);
    let host = url.trim_start_matches("http://");
    let account = to_checksum(&wallet.account(), None);
    let issued = OffsetDateTime::now_utc().format(&Rfc3339)?;
    let message = format!(
        "{host} wants you to sign in with your Ethereum account:\n{account}\n\n\nURI: {url}\nVersion: 1\nChain ID: {chain}\n\
         Nonce: {nonce}\nIssued At: {issued}"
    );
    let signature = wallet.sign(&message)?;
    let body = json!({ "message": message, "signature": signature });
    let session = answer(client.post(format!("{url}/v1/auth/verify")).json(&body)).await?;
    Ok(session["token"].as_str().context("there is no token")?.to_owned())
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value> {
    let response = request.send().await?;
    let status = response.status();
    let body: Value = response.json().await?;
    ensure!(status.is_success(), "{status}: {body}");
    Ok(body["data"].clone())
}
