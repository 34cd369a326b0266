//! A hospital in which every kind of caller has something to do with one patient, or had, or never.

use std::collections::{BTreeMap, BTreeSet};

use chartkey_devnet::contract::At;
use chartkey_devnet::contract::bindings::{
    AddRecordCall, CreateTeamCall, DirectoryEntry, GrantAccessCall, GrantRoleCall, ReferAccessCall, ReferralTerms,
    RegisterPatientCall, RegisterPractitionerCall, RemoveGuardianCall, RemoveTeamMemberCall, RevokeAccessCall,
    RevokeRoleCall, SetGuardianCall, SetTeamMemberCall, SupersedeRecordCall, SuspendPractitionerCall, TeamAddressCall,
};
use chartkey_devnet::postgres::DatabaseUrl;
use ethers::abi::AbiEncode;
use ethers::types::Address;
use ethers::utils::keccak256;
use serde_json::{Value, json};

use crate::api::{END, new_record, text};
use crate::indexer::{Indexer, run_to_end};
use crate::viewers::cid;
use crate::world::{World, connect};

/// Who asks: names of accounts, as in paths.
pub const CALLERS: [&str; 16] = [
    "anonymous",
    "patient",
    "other",
    "guardian",
    "former",
    "chart",
    "folder",
    "record",
    "member",
    "referred",
    "expired",
    "revoked",
    "suspended",
    "registrar",
    "custodian",
    "auditor",
];
const CHART: [u8; 32] = [0; 32];
/// In folder 7, and in none.
const FILED: [u8; 32] = [0xb1; 32];
const ALONE: [u8; 32] = [0xb2; 32];
const CORRECTED: [u8; 32] = [0xb3; 32];
/// The other patient's.
const FOREIGN: [u8; 32] = [0xb4; 32];

pub struct Hospital {
    world: World,
    indexer: Indexer,
    database: DatabaseUrl,
    accounts: BTreeMap<&'static str, Address>,
    tokens: BTreeMap<&'static str, String>,
    /// The head before anything ended.
    before: u64,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    pub tag: String,
    headers: BTreeSet<String>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }

    pub fn data(&self) -> Value {
        self.json()["data"].take()
    }

    /// Status, the names of its headers, and its problem but for the request's id.
    pub fn without_what_differs(&self) -> (u16, &BTreeSet<String>, Value) {
        let mut problem = self.json();
        problem["requestId"] = Value::Null;
        (self.status, &self.headers, problem)
    }
}

impl Hospital {
    pub async fn found() -> Self {
        let world = World::new().await;
        let names = CALLERS.into_iter().skip(1).chain(["admin", "referrer", "nobody"]);
        let accounts: BTreeMap<_, _> = names.zip(world.accounts.iter().copied().rev()).collect();
        let accounts = accounts.into_iter().chain([("admin", world.accounts[0])]).collect::<BTreeMap<_, _>>();
        staff(&world, &accounts).await;
        let team = team(&world, &accounts).await;
        charts(&world, &accounts, team).await;
        let (before, _) = world.head().await;
        let accounts = accounts.into_iter().chain([("team", team)]).collect();
        let database = world.database().await;
        let indexer = Indexer::start_closed(&world, &database).await;
        indexer.catch_up(&world).await;
        let mut hospital = Hospital { world, indexer, database, accounts, tokens: BTreeMap::new(), before };
        for ended in ["former", "revoked", "suspended"] {
            hospital.end(ended).await;
        }
        hospital.let_expire().await;
        for caller in CALLERS.into_iter().skip(1) {
            let token = hospital.indexer.sign_in(&hospital.world, hospital.accounts[caller]).await;
            hospital.tokens.insert(caller, token);
        }
        hospital
    }

    pub fn account(&self, name: &str) -> String {
        text(self.accounts[name])
    }

    async fn send(&self, from: &str, call: impl AbiEncode) {
        self.world.contract.send(self.accounts[from], call).await.unwrap();
        self.indexer.catch_up(&self.world).await;
    }

    /// Ends what lets somebody see the patient's chart.
    pub async fn end(&self, whose: &str) {
        let (patient, account) = (self.accounts["patient"], self.accounts[whose]);
        match whose {
            "former" | "guardian" => {
                self.send("patient", RemoveGuardianCall { patient, guardian: account }).await;
            }
            "member" => {
                let call = RemoveTeamMemberCall { team: self.accounts["team"], member: account };
                self.send("registrar", call).await;
            }
            "referred" => {
                let call = RevokeAccessCall { patient, grantee: self.accounts["referrer"], scope: CHART };
                self.send("patient", call).await;
            }
            "auditor" => self.send("admin", RevokeRoleCall { role: keccak256("AUDITOR"), account }).await,
            "suspended" => self.send("registrar", SuspendPractitionerCall { practitioner: account }).await,
            _ => self.send("patient", RevokeAccessCall { patient, grantee: account, scope: CHART }).await,
        }
    }

    /// Lets a minute pass, after which one grant has run out.
    async fn let_expire(&self) {
        let rpc = self.world.rpc();
        let _: Value = rpc.call("evm_increaseTime", json!([7_200])).await.unwrap();
        self.world.mine(1).await;
        self.indexer.catch_up(&self.world).await;
    }

    /// The patient corrects the record that some may see alone; returns the CID of what corrects it.
    pub async fn correct(&self) -> String {
        let (patient, via) = (self.accounts["patient"], Address::zero());
        let call = SupersedeRecordCall { patient, via, digest: ALONE, record: new_record(CORRECTED) };
        self.send("patient", call).await;
        cid(CORRECTED).to_string()
    }

    /// A route with accounts and records in the places of their names.
    pub fn fill(&self, caller: &str, route: &str) -> String {
        let own = self.accounts.get(caller).copied().unwrap_or_default();
        let named = self.accounts.iter().map(|(name, account)| (format!("{{{name}}}"), text(*account)));
        let others = [
            ("{self}", text(own)),
            ("{registry}", text(Address::zero())),
            ("{filed}", cid(FILED).to_string()),
            ("{alone}", cid(ALONE).to_string()),
            ("{nothing}", cid([0xee; 32]).to_string()),
            ("{before}", self.before.to_string()),
        ];
        let others = others.map(|(name, value)| (name.to_owned(), value));
        named.chain(others).fold(route.to_owned(), |route, (name, value)| route.replace(&name, &value))
    }

    pub async fn ask(&self, caller: &str, route: &str) -> Answer {
        self.ask_with(caller, route, "").await
    }

    pub async fn ask_with(&self, caller: &str, route: &str, if_none_match: &str) -> Answer {
        let bearer = self.tokens.get(caller).map(|token| format!("Bearer {token}"));
        let mut headers = vec![];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        headers.extend(Some(("if-none-match", if_none_match)).filter(|(_, tag)| !tag.is_empty()));
        let response = self.indexer.send(&self.fill(caller, route), &headers).await;
        let names = response.headers().keys().map(|name| name.as_str().to_owned()).collect();
        let tag = response.headers().get("etag").map_or("", |tag| tag.to_str().unwrap()).to_owned();
        Answer { status: response.status().as_u16(), tag, headers: names, body: response.text().await.unwrap() }
    }

    /// What nobody may learn of who has no business with it, by name.
    pub fn ids(&self) -> Vec<(&'static str, String)> {
        vec![
            ("filed", cid(FILED).to_string()),
            ("alone", cid(ALONE).to_string()),
            ("foreign", cid(FOREIGN).to_string()),
            ("patient", self.account("patient")),
            ("other", self.account("other")),
        ]
    }

    /// Which of these a caller may learn: what they may see, and what they name.
    pub fn ids_of(&self, caller: &str, route: &str) -> Vec<&'static str> {
        let seen: &[&str] = match caller {
            "auditor" => &["filed", "alone", "foreign", "patient", "other"],
            "patient" | "guardian" | "chart" | "member" => &["filed", "alone", "patient"],
            "folder" => &["filed", "patient"],
            "record" | "referred" => &["alone", "patient"],
            "other" => &["foreign", "other"],
            _ => &[],
        };
        let asked = self.fill(caller, route);
        let named = |(name, id): (&'static str, String)| asked.contains(&id).then_some(name);
        let seen = self.ids().into_iter().filter_map(|(name, _)| seen.contains(&name).then_some(name));
        seen.chain(self.ids().into_iter().filter_map(named)).collect()
    }

    /// What was asked can neither be changed nor taken out: by the API's own role not at all, and not by the tables' owner.
    pub async fn assert_queries_stay(&self) {
        let mut db = connect(&self.database).await;
        for statement in ["delete from query", "update query set asked = ''", "truncate query"] {
            let refused = sqlx::query(statement).execute(&mut db).await.unwrap_err();
            assert!(refused.to_string().contains("stays on record"), "{statement}: {refused}");
        }
        for (role, statements) in [
            (
                "chartkey_api",
                &["select from query", "delete from query", "update query set asked = ''", "truncate query"][..],
            ),
            ("chartkey_api", &["select from event", "select from query_trail", "delete from query_trail"]),
            (
                "chartkey_reader",
                &["delete from query", "insert into query_trail values ('', 1, '')", "select from session"],
            ),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(format!("set role {role}"))).execute(&mut db).await.unwrap();
            for statement in statements {
                let refused = sqlx::query(*statement).execute(&mut db).await.unwrap_err();
                assert!(refused.to_string().contains("permission denied"), "{role}: {statement}: {refused}");
            }
            sqlx::query("reset role").execute(&mut db).await.unwrap();
        }
        let broken = "select count(*) from (
                select q.link, query_link(lag(q.link, 1, query_start(q.patient)) over (partition by q.patient order by q.number), q) as expected
                from query q) links where link <> expected";
        assert_eq!(sqlx::query_scalar::<_, i64>(broken).fetch_one(&mut db).await.unwrap(), 0);
        let (fine, said) = run_to_end(&self.world, &self.database, &["verify"]).await;
        assert!(fine && said.contains("queries on record, none taken out"), "{said}");
        // Who owns the database can take the guard down, and is found out.
        let patient = self.accounts["patient"].as_bytes();
        sqlx::query("alter table query disable trigger query_stays").execute(&mut db).await.unwrap();
        for change in [
            "delete from query where patient = $1 and number = (select max(number) from query where patient = $1)",
            "update query set asked = 'nothing' where patient = $1 and number = 2",
        ] {
            sqlx::query(change).bind(patient).execute(&mut db).await.unwrap();
            let (fine, said) = run_to_end(&self.world, &self.database, &["verify"]).await;
            assert!(
                !fine && said.contains("of what the API was asked about them is not what was written down"),
                "{said}"
            );
        }
    }
}

async fn act(world: &World, from: Address, call: impl AbiEncode) {
    world.contract.send(from, call).await.unwrap();
}

async fn staff(world: &World, accounts: &BTreeMap<&'static str, Address>) {
    let admin = accounts["admin"];
    for (role, holder) in [("REGISTRAR", "registrar"), ("CUSTODIAN", "custodian"), ("AUDITOR", "auditor")] {
        act(world, admin, GrantRoleCall { role: keccak256(role), account: accounts[holder] }).await;
    }
    for name in ["chart", "folder", "record", "member", "referrer", "referred", "expired", "revoked", "suspended"] {
        let entry = DirectoryEntry { name: format!("Dr {name}"), ..DirectoryEntry::default() };
        let practitioner = accounts[name];
        let call = RegisterPractitionerCall { practitioner, valid_until: END, emergency_capable: false, entry };
        act(world, accounts["registrar"], call).await;
    }
}

async fn team(world: &World, accounts: &BTreeMap<&'static str, Address>) -> Address {
    let (registrar, salt) = (accounts["registrar"], [5; 32]);
    let team = world.contract.call_at(TeamAddressCall { registrar, salt }, At::Latest).await.unwrap();
    act(world, registrar, CreateTeamCall { salt, name: "Ward 3".into(), organisation: "St. Anna".into() }).await;
    act(world, registrar, SetTeamMemberCall { team, member: accounts["member"], until: END }).await;
    team
}

/// The patient's chart, with a way to see it for each; and the other patient's, which nobody else sees.
async fn charts(world: &World, accounts: &BTreeMap<&'static str, Address>, team: Address) {
    let (patient, other) = (accounts["patient"], accounts["other"]);
    for (whose, digest, folder) in [(patient, FILED, 7), (patient, ALONE, 0), (other, FOREIGN, 7)] {
        if digest != ALONE {
            act(world, whose, RegisterPatientCall { key: [7; 32].into() }).await;
        }
        let (via, record) = (Address::zero(), new_record(digest));
        act(world, whose, AddRecordCall { patient: whose, via, folder, record }).await;
    }
    for guardian in ["guardian", "former"] {
        act(world, patient, SetGuardianCall { guardian: accounts[guardian], until: END }).await;
    }
    let mut folder = CHART;
    folder[31] = 7;
    let now = world.now().await;
    for (grantee, scope, rights, expires_at) in [
        (accounts["chart"], CHART, 1, END),
        (accounts["folder"], folder, 1, END),
        (accounts["record"], ALONE, 1, END),
        (team, CHART, 1, END),
        (accounts["referrer"], CHART, 5, END),
        (accounts["expired"], CHART, 1, now + 3_600),
        (accounts["revoked"], CHART, 1, END),
        (accounts["suspended"], CHART, 1, END),
    ] {
        let sealed_key = [9; 80].into();
        let call = GrantAccessCall { patient, grantee, scope, rights, purposes: 1, expires_at, sealed_key };
        act(world, patient, call).await;
    }
    let terms = ReferralTerms {
        parent: CHART,
        grantee: accounts["referred"],
        scope: ALONE,
        rights: 1,
        purposes: 1,
        expires_at: END - 1,
        sealed_key: [9; 80].into(),
    };
    act(world, accounts["referrer"], ReferAccessCall { patient, terms }).await;
}
