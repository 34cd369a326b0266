//! Smart accounts sign in by ERC-1271, as far as the chain can be asked.

use chartkey_devnet::contract::deploy_other;
use chartkey_devnet::toolchain::Toolchain;
use ethers::abi::Token;
use ethers::types::{Address, U256};
use ethers::utils::to_checksum;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::letter::Letter;
use super::{ME, Stage, closed, problem};
use crate::indexer::{Indexer, Source};
use crate::world::World;

const SILENT_PORT: &str = "http://127.0.0.1:9";

/// A contract of `test/utils/Wallets.sol`.
async fn wallet(world: &World, name: &str, arguments: &[Token]) -> Address {
    let tools = Toolchain::find().unwrap();
    deploy_other(&tools, world.rpc(), &format!("Wallets.sol/{name}.json"), arguments).await.unwrap()
}

/// Signs a wallet in by the key of an account.
async fn sign_in(indexer: &Indexer, world: &World, wallet: Address, key: Address) -> Response {
    let letter = Letter::new(indexer, wallet).await;
    letter.send(indexer, &letter.signed_by(world, key).await).await
}

fn word(number: u64) -> Token {
    Token::Uint(U256::from(number))
}

#[tokio::test]
async fn a_smart_account_is_signed_in_if_its_code_accepts_the_signature() {
    let stage = Stage::new().await;
    let (owner, other) = (stage.account(1), stage.account(2));
    let owned = wallet(&stage.world, "OwnedWallet", &[Token::Address(owner)]).await;
    let begun: Value = sign_in(&stage.indexer, &stage.world, owned, owner).await.json().await.unwrap();
    let token = begun["data"]["token"].as_str().unwrap();
    assert_eq!(stage.indexer.ask_as(token, ME).await.1["data"]["account"], to_checksum(&owned, None));

    let refusing = Token::Bytes([0xff; 32].to_vec());
    let yes = Token::Bytes([&[0x16, 0x26, 0xba, 0x7e][..], &[0; 28]].concat());
    let short = Token::Bytes(vec![0x16, 0x26, 0xba, 0x7e]);
    let dirty = Token::Bytes([&[0x16, 0x26, 0xba, 0x7e][..], &[1; 28]].concat());
    let no = Token::Bool(false);
    let refused = [
        (owned, other, "not the owner's"),
        (wallet(&stage.world, "FixedWallet", &[refusing, no.clone()]).await, owner, "says no"),
        (wallet(&stage.world, "FixedWallet", &[short, no.clone()]).await, owner, "half a word"),
        (wallet(&stage.world, "FixedWallet", &[dirty, no.clone()]).await, owner, "not quite the word"),
        (wallet(&stage.world, "FixedWallet", &[yes.clone(), Token::Bool(true)]).await, owner, "reverts with yes"),
        (wallet(&stage.world, "SpendingWallet", &[word(600_000)]).await, owner, "wants too much gas"),
        (wallet(&stage.world, "SpendingWallet", &[word(1 << 40)]).await, owner, "burns all gas"),
        (wallet(&stage.world, "BombWallet", &[word(1 << 30)]).await, owner, "returns more than there is"),
        (wallet(&stage.world, "SilentAccount", &[]).await, owner, "knows no ERC-1271"),
        (stage.account(3), owner, "no contract at all"),
    ];
    for (account, key, what) in refused {
        let (status, kind, why) = problem(sign_in(&stage.indexer, &stage.world, account, key).await).await;
        assert_eq!((status, &*kind), (401, "sign-in-refused"), "{what}: {why}");
        assert!(why.contains("ERC-1271"), "{what}: {why}");
    }
    let accepted = [
        (wallet(&stage.world, "FixedWallet", &[yes, no]).await, "always says yes"),
        (wallet(&stage.world, "SpendingWallet", &[word(400_000)]).await, "spends much"),
        (wallet(&stage.world, "BombWallet", &[word(100_000)]).await, "says yes at length"),
    ];
    for (account, what) in accepted {
        let response = sign_in(&stage.indexer, &stage.world, account, owner).await;
        assert_eq!(response.status(), StatusCode::OK, "{what}");
    }
}

#[tokio::test]
async fn a_chain_that_cannot_be_asked_signs_no_smart_account_in() {
    let stage = Stage::new().await;
    let owner = stage.account(1);
    let owned = wallet(&stage.world, "OwnedWallet", &[Token::Address(owner)]).await;
    for (rpc_url, status, kind, said) in
        [("", 401, "sign-in-refused", "RPC_URL"), (SILENT_PORT, 503, "chain-unavailable", "with a new nonce")]
    {
        let source = Source { rpc_url: rpc_url.to_owned(), ..closed(&stage.world) };
        let serving = Indexer::serve_on(&source, &stage.database, &[]).await;
        let refused = problem(sign_in(&serving, &stage.world, owned, owner).await).await;
        assert_eq!((refused.0, &*refused.1), (status, kind), "{rpc_url}: {}", refused.2);
        assert!(refused.2.contains(said), "{}", refused.2);
        // Keys need no chain.
        serving.sign_in(&stage.world, owner).await;
    }

    // A node of another chain, where another may have the account's address.
    let serving = Indexer::serve_on(&closed(&stage.world), &stage.database, &[]).await;
    stage.execute("update deployment set chain_id = 5").await;
    let (status, kind, _) = problem(sign_in(&serving, &stage.world, owned, owner).await).await;
    assert_eq!((status, &*kind), (503, "chain-unavailable"));
    assert!(serving.log().contains("0x7a69, not 0x5"), "{}", serving.log());
}
