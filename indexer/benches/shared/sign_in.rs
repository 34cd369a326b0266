//! Sessions of the API, as anybody gets one.

use anyhow::{Context as _, Result, ensure};
use chartkey_devnet::replay::Wallet;
use ethers::utils::to_checksum;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A session (EIP-4361).
pub async fn token(client: &reqwest::Client, url: &str, wallet: &Wallet) -> Result<String> {
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
