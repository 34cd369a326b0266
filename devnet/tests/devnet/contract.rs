use chartkey_devnet::{
    chain::{Anvil, AnvilOptions},
    contract::{
        At, CallError, Contract,
        bindings::{self, IsPatientReturn, RegisterPatientCall},
        deploy,
    },
    toolchain::Toolchain,
};
use ethers::types::{Address, Bytes};
use serde_json::json;

#[tokio::test]
async fn is_deployed_acted_on_and_asked_at_any_block() {
    let tools = Toolchain::find().unwrap();
    let anvil = Anvil::start(&tools, AnvilOptions::default()).await.unwrap();
    let accounts: Vec<Address> = anvil.rpc().call("eth_accounts", json!([])).await.unwrap();
    let deployment = deploy(&tools, anvil.rpc(), accounts[0]).await.unwrap();
    assert_eq!((deployment.chain_id, deployment.block), (31337, 2));
    let contract = Contract::new(anvil.rpc(), deployment.contract);

    let patient = accounts[1];
    let register = RegisterPatientCall { key: Bytes::from([7; 32]) };
    let receipt = contract.send(patient, register.clone()).await.unwrap();
    assert_eq!(receipt.logs.len(), 2);
    let block = receipt.block_number.as_u64();
    for (at, registered) in [(At::Block(block - 1), false), (At::Block(block), true), (At::Latest, true)] {
        let answer: IsPatientReturn = contract.call_at(bindings::IsPatientCall { account: patient }, at).await.unwrap();
        assert_eq!(answer.0, registered, "{at:?}");
    }

    let twice = contract.send(patient, register).await.unwrap_err();
    assert!(matches!(&twice, CallError::Reverted(revert) if revert.name == "AlreadyRegistered"), "{twice}");
    assert!(twice.to_string().contains(&ethers::utils::to_checksum(&patient, None)), "{twice}");
}
