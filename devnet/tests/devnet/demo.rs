use std::{collections::HashSet, path::Path, sync::Mutex};

use chartkey_devnet::{
    chain::{Anvil, AnvilOptions},
    cid,
    contract::{
        At, Contract, Log,
        bindings::{
            AccessRevokedFilter, CanOpenCall, HasRoleCall, PractitionerOfCall, PractitionerOfReturn,
            RecordOpenedFilter, WhyNotCall,
        },
        deploy,
    },
    demo::{self, Moment, Summary},
    deployment::Deployment,
    rpc::Rpc,
    scratch::Scratch,
    toolchain::Toolchain,
};
use ethers::{
    contract::EthEvent as _,
    types::{Address, H256, U64},
    utils::keccak256,
};
use serde_json::{Value, json};

// Reasons and purposes by the contract's numbers (contracts/types/Types.sol).
const ALLOWED: u8 = 0;
const RETRACTED: u8 = 3;
const SUSPENDED: u8 = 6;
const NOT_ON_TEAM: u8 = 8;
const NO_GRANT: u8 = 10;
const VOIDED: u8 = 12;
const EXPIRED: u8 = 13;
const WRONG_PURPOSE: u8 = 15;
const TREATMENT: u8 = 0;
const BREAK_THE_GLASS: u8 = 2;
const RESEARCH: u8 = 5;
const FAMILY_REQUEST: u8 = 7;

struct Played {
    anvil: Anvil,
    deployment: Deployment,
    summary: Summary,
    steps: usize,
}

fn clock() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

async fn play(folder: &Path) -> Played {
    let tools = Toolchain::find().unwrap();
    let options = AnvilOptions { genesis_timestamp: Some(clock() - demo::SPAN), ..AnvilOptions::default() };
    let anvil = Anvil::start(&tools, options).await.unwrap();
    let accounts: Vec<Address> = anvil.rpc().call("eth_accounts", json!([])).await.unwrap();
    let deployment = deploy(&tools, anvil.rpc(), accounts[0]).await.unwrap();
    assert!(demo::find(anvil.rpc(), &deployment, folder).await.unwrap().is_none());
    let told = Mutex::new(Vec::new());
    let progress = |done, of, _: &str| told.lock().unwrap().push((done, of));
    let summary = demo::ensure(anvil.rpc(), &deployment, folder, &progress).await.unwrap();
    let told = told.into_inner().unwrap();
    let (done, steps) = *told.last().unwrap();
    assert_eq!(done, steps);
    Played { anvil, deployment, summary, steps }
}

async fn head(rpc: &Rpc) -> Moment {
    let head: Value = rpc.call("eth_getBlockByNumber", json!(["latest", false])).await.unwrap();
    let number = |field: &str| serde_json::from_value::<U64>(head[field].clone()).unwrap().as_u64();
    Moment { block: number("number"), timestamp: number("timestamp") }
}

/// What the contract's judge says.
struct Judge<'a> {
    contract: Contract,
    summary: &'a Summary,
}

impl Judge<'_> {
    fn address(&self, key: &str) -> Address {
        self.summary.address(key).unwrap().parse().unwrap()
    }

    /// `reader`: a short name, or two: `who via whom`.
    async fn why_not(&self, reader: &str, record: &str, purpose: u8, at: At) -> u8 {
        let (reader, via) = match reader.split_once(" via ") {
            Some((reader, via)) => (reader, self.address(via)),
            None => (reader, Address::zero()),
        };
        let record = self.summary.record(record).unwrap();
        let cid: ::cid::Cid = record.cid.parse().unwrap();
        let digest = cid.hash().digest().try_into().unwrap();
        let (patient, reader) = (self.address(&record.patient), self.address(reader));
        let asked = WhyNotCall { patient, digest, reader, via, purpose };
        let reason = self.contract.call_at(asked, at).await.unwrap();
        let asked = CanOpenCall { patient, digest, reader, via, purpose };
        let allowed: bool = self.contract.call_at(asked, at).await.unwrap();
        assert_eq!(allowed, reason == ALLOWED);
        reason
    }
}

#[tokio::test]
async fn ends_as_the_story_says() {
    let folder = Scratch::new().unwrap();
    let Played { anvil, deployment, summary, .. } = play(folder.path()).await;
    let judge = Judge { contract: Contract::new(anvil.rpc(), deployment.contract), summary: &summary };

    for (reader, record, purpose, reason) in [
        ("family-doctor", "ada-lab", TREATMENT, ALLOWED),
        ("family-doctor", "ada-lab", RESEARCH, WRONG_PURPOSE),
        ("radiologist", "ada-xray", TREATMENT, ALLOWED),
        ("radiologist", "ada-xray-later", TREATMENT, ALLOWED),
        ("radiologist", "ada-lab", TREATMENT, NO_GRANT),
        ("cardiologist", "ada-xray", TREATMENT, NO_GRANT),
        ("cardiologist", "bruno-lab", TREATMENT, EXPIRED),
        ("family-doctor", "bruno-lab", TREATMENT, NO_GRANT),
        ("radiologist", "bruno-dicom", TREATMENT, ALLOWED),
        ("radiologist", "chiara-lab", TREATMENT, VOIDED),
        ("family-doctor", "chiara-lab", TREATMENT, ALLOWED),
        ("chiara", "chiara-lab", TREATMENT, ALLOWED),
        ("dora via chiara", "chiara-lab", FAMILY_REQUEST, ALLOWED),
        ("cardiologist via family-doctor", "ada-lab", TREATMENT, ALLOWED),
        ("cardiologist via family-doctor", "ada-xray", TREATMENT, NO_GRANT),
        ("family-doctor", "ada-lab-mixed-up", TREATMENT, RETRACTED),
        ("ada", "ada-lab-mixed-up", TREATMENT, ALLOWED),
        ("radiologist via ward", "bruno-lab", TREATMENT, NOT_ON_TEAM),
        ("emergency-doctor", "bruno-lab", BREAK_THE_GLASS, EXPIRED),
    ] {
        let said = judge.why_not(reader, record, purpose, At::Latest).await;
        assert_eq!(said, reason, "{reader} and {record} for purpose {purpose}");
    }
    for (reader, record, purpose, moment, before, after) in [
        ("cardiologist via family-doctor", "ada-lab", TREATMENT, "ada-referred", NO_GRANT, ALLOWED),
        ("family-doctor", "ada-lab-mixed-up", TREATMENT, "mixed-up-retracted", ALLOWED, RETRACTED),
        ("emergency-doctor", "bruno-lab", BREAK_THE_GLASS, "glass-broken", NO_GRANT, ALLOWED),
        ("nurse via ward", "bruno-ward-corrected", TREATMENT, "ward-revoked", ALLOWED, NO_GRANT),
        ("nurse via ward", "bruno-lab", TREATMENT, "ward-granted", NO_GRANT, ALLOWED),
        ("cardiologist", "ada-xray", TREATMENT, "xray-granted", NO_GRANT, ALLOWED),
        ("cardiologist", "ada-xray", TREATMENT, "xray-revoked", ALLOWED, NO_GRANT),
        ("family-doctor", "bruno-lab", TREATMENT, "bruno-lab-renounced", ALLOWED, NO_GRANT),
        ("radiologist", "chiara-xray", TREATMENT, "chiara-revoked-everyone", ALLOWED, VOIDED),
        ("family-doctor", "chiara-xray", TREATMENT, "chiara-granted-again", VOIDED, ALLOWED),
        ("radiologist", "ada-xray", TREATMENT, "radiologist-suspended", ALLOWED, SUSPENDED),
        ("radiologist", "ada-xray", TREATMENT, "radiologist-reinstated", SUSPENDED, ALLOWED),
    ] {
        let block = summary.moment(moment).unwrap().block;
        let reasons = (
            judge.why_not(reader, record, purpose, At::Block(block - 1)).await,
            judge.why_not(reader, record, purpose, At::Block(block)).await,
        );
        assert_eq!(reasons, (before, after), "{reader} and {record} around {moment}");
    }

    let auditor = judge.address("auditor");
    let role = keccak256("AUDITOR");
    assert!(judge.contract.call_at::<bool>(HasRoleCall { role, account: auditor }, At::Latest).await.unwrap());
    let cardiologist = PractitionerOfCall { account: judge.address("cardiologist") };
    let standing: PractitionerOfReturn = judge.contract.call_at(cardiologist, At::Latest).await.unwrap();
    assert!(standing.0.valid_until > clock() + 365 * 24 * 3600, "renewed");
    acts_that_others_sent_are_the_signers(anvil.rpc(), &deployment, &summary).await;
}

/// The batch of signed opens, and the revocation that came through the forwarder.
async fn acts_that_others_sent_are_the_signers(rpc: &Rpc, deployment: &Deployment, summary: &Summary) {
    let opened = logs_at(rpc, deployment, summary.moment("signed-opens-logged").unwrap()).await;
    let reader = |key: &str| H256::from(summary.address(key).unwrap().parse::<Address>().unwrap());
    let readers: Vec<H256> = opened.iter().map(|log| log.topics[3]).collect();
    assert_eq!(readers, [reader("cardiologist"), reader("cardiologist"), reader("nurse")]);
    assert!(opened.iter().all(|log| log.topics[0] == RecordOpenedFilter::signature()));

    let revoked = logs_at(rpc, deployment, summary.moment("ward-revoked").unwrap()).await;
    let [revocation] = &revoked[..] else { panic!("one event: {revoked:?}") };
    assert_eq!(revocation.topics[0], AccessRevokedFilter::signature());
    // Who acted is what the data consist of.
    assert_eq!(H256::from_slice(&revocation.data), reader("bruno"));
}

async fn logs_at(rpc: &Rpc, deployment: &Deployment, at: Moment) -> Vec<Log> {
    let block = U64::from(at.block);
    let filter = json!([{"fromBlock": block, "toBlock": block, "address": deployment.contract}]);
    rpc.call("eth_getLogs", filter).await.unwrap()
}

#[tokio::test]
async fn spans_a_month_to_the_present_and_names_its_files_truly() {
    let folder = Scratch::new().unwrap();
    let Played { anvil, deployment, summary, steps } = play(folder.path()).await;
    let end = head(anvil.rpc()).await;
    assert_eq!(end, summary.end);
    assert_eq!(end.block, deployment.block + steps as u64, "one block for each act");
    assert!(clock() - end.timestamp < 24 * 3600, "ends today");
    assert!(end.timestamp - summary.moment("xray-granted").unwrap().timestamp > 20 * 24 * 3600);

    for record in &summary.records {
        let file = folder.path().join("records").join(&record.file);
        assert_eq!(cid::of_file(&file).unwrap().to_string(), record.cid);
    }
    let cids: HashSet<_> = summary.records.iter().map(|record| &record.cid).collect();
    assert_eq!(cids.len(), summary.records.len());
    for kind in [".pdf", ".png", ".dcm", ".fhir.json"] {
        assert!(summary.records.iter().any(|record| record.file.ends_with(kind)), "{kind}");
    }

    // After it, blocks carry the machine's time.
    anvil.rpc().call::<Value>("evm_mine", json!([])).await.unwrap();
    assert!(clock().abs_diff(head(anvil.rpc()).await.timestamp) < 60);
}

#[tokio::test]
async fn is_played_once_and_only_on_its_own_chain() {
    let folder = Scratch::new().unwrap();
    let Played { anvil, deployment, summary, .. } = play(folder.path()).await;
    let before = head(anvil.rpc()).await;
    let again = demo::ensure(anvil.rpc(), &deployment, folder.path(), &|_, _, _| ()).await.unwrap();
    assert_eq!(again, summary);
    assert_eq!(head(anvil.rpc()).await, before);

    let other = Anvil::start(&Toolchain::find().unwrap(), AnvilOptions::default()).await.unwrap();
    assert!(demo::find(other.rpc(), &deployment, folder.path()).await.unwrap().is_none());
    let young = demo::ensure(other.rpc(), &deployment, folder.path(), &|_, _, _| ()).await.unwrap_err();
    assert!(young.to_string().contains("30 days"), "{young}");
}
