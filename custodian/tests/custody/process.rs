//! One custodian's process, and its API.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use chartkey_custodian::key::Keys;
use chartkey_custodian::typed::{Erasure, Hash, OpenRequest, ReleaseRequest};
use chartkey_devnet::child::{Child, Signal};
use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_devnet::rpc::http_client;
use chartkey_devnet::wait;
use chartkey_vault::bytes::hex;
use chartkey_vault::{Address, Domain};
use serde::Serialize;
use serde_json::{Value, json};

use crate::actor::Actor;

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Custodian {
    child: Option<Child>,
    pub keys: Keys,
    pub database: DatabaseUrl,
    pub domain: Domain,
    rpc_url: String,
    folder: PathBuf,
    url: String,
}

/// An answer: the status, and what it says.
pub type Said = (u16, Value);

impl Custodian {
    /// The keys are in `folder`, and the deployment's file beside it.
    pub async fn start(folder: PathBuf, rpc_url: &str, domain: Domain, database: DatabaseUrl) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        let keys = Keys::random();
        keys.save(&folder.join("keys")).unwrap();
        let (rpc_url, url) = (rpc_url.to_owned(), String::new());
        let mut custodian = Custodian { child: None, keys, database, domain, rpc_url, folder, url };
        custodian.restart(&[]).await;
        custodian
    }

    pub async fn restart(&mut self, arguments: &[&str]) {
        self.kill();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chartkey-custodian"));
        command.args(["run", "--listen", "127.0.0.1:0", "--finality", "2", "--poll", "100"]);
        if !arguments.contains(&"--anchor-every") {
            command.args(["--anchor-every", "0"]);
        }
        if !arguments.contains(&"--max-head-age") {
            command.args(["--max-head-age", "1000000"]);
        }
        command.args(["--rpc-url", &self.rpc_url]);
        command.arg("--key-file").arg(self.folder.join("keys"));
        command.arg("--deployment").arg(self.folder.parent().unwrap().join("deployment.json"));
        command.args(arguments).env("DATABASE_URL", self.database.expose()).env("NO_PROXY", "127.0.0.1");
        let log = self.folder.join(format!("{:08x}.log", rand::random::<u32>()));
        let child = Child::spawn("chartkey-custodian", command, &log, Signal::SIGKILL).unwrap();
        self.url = wait::until("a custodian to serve", PATIENCE, || async {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            assert!(child.try_wait().unwrap().is_none(), "it ended: {said}");
            let at = said.split_whitespace().find_map(|word| word.strip_prefix("listen="));
            Ok(at.map(|at| format!("http://{at}/v1/custodian")))
        })
        .await
        .unwrap();
        self.child = Some(child);
    }

    /// As `kill -9`.
    pub fn kill(&mut self) {
        if let Some(child) = self.child.take() {
            child.kill();
        }
    }

    pub fn process_id(&self) -> i32 {
        i32::try_from(self.child.as_ref().unwrap().id()).unwrap()
    }

    pub fn address(&self) -> Address {
        self.keys.address()
    }

    pub async fn get(&self, path: &str) -> Said {
        let answer = http_client().get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// None: it did not answer.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<Said> {
        let answer = http_client().post(format!("{}{path}", self.url)).json(body).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Said {
        self.try_post(path, body).await.unwrap()
    }

    /// The status of the answer to any bytes.
    pub async fn post_bytes(&self, path: &str, body: Vec<u8>) -> u16 {
        http_client().post(format!("{}{path}", self.url)).body(body).send().await.unwrap().status().as_u16()
    }

    pub async fn release(&self, reader: &Actor, request: &ReleaseRequest) -> Said {
        self.post("/releases", &signed(request, reader, request.hash(&self.domain))).await
    }

    pub async fn relay(&self, reader: &Actor, open: &OpenRequest) -> Said {
        self.post("/opens", &signed(open, reader, open.hash(&self.domain))).await
    }

    pub async fn erase(&self, actor: &Actor, erasure: &Erasure) -> Said {
        self.post("/erasures", &signed(erasure, actor, erasure.hash(&self.domain))).await
    }
}

pub fn signed(request: &impl Serialize, by: &Actor, hash: Hash) -> Value {
    json!({"request": request, "signature": format!("0x{}", hex(&by.sign(hash)))})
}

/// The refusal's code.
pub fn code(said: &Said) -> &str {
    said.1["title"].as_str().unwrap_or_else(|| panic!("no refusal: {said:?}"))
}

pub fn unhex(value: &Value) -> Vec<u8> {
    chartkey_vault::bytes::from_hex(value.as_str().unwrap().strip_prefix("0x").unwrap()).unwrap()
}
