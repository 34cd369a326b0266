//! A chart with every way to see it, for the tests of `ways`.

use chartkey_devnet::contract::At;
use chartkey_devnet::contract::bindings::{
    AddRecordCall, BreakGlassCall, CreateTeamCall, DirectoryEntry, GrantAccessCall, GrantRoleCall, ReferAccessCall,
    ReferralTerms, RegisterPatientCall, RegisterPractitionerCall, RemoveTeamMemberCall, RetractRecordCall,
    ReviewEmergencyCall, SetEmergencyPolicyCall, SetGuardianCall, SetTeamMemberCall, SupersedeRecordCall,
    TeamAddressCall,
};
use chartkey_devnet::postgres::DatabaseUrl;
use ethers::abi::AbiEncode;
use ethers::types::Address;
use ethers::utils::keccak256;
use serde_json::{Value, json};

use super::{END, new_record, text};
use crate::indexer::Indexer;
use crate::viewers::cid;
use crate::world::World;

pub const CHART: [u8; 32] = [0; 32];
pub const FIRST: [u8; 32] = [0xa1; 32];
pub const SECOND: [u8; 32] = [0xa2; 32];
pub const MISTAKE: [u8; 32] = [0xa3; 32];
pub const TREAT: u16 = 1;

pub struct Ward {
    pub world: World,
    pub indexer: Indexer,
    pub database: DatabaseUrl,
    pub patient: Address,
    pub guardian: Address,
    pub registrar: Address,
    pub team: Address,
    pub member: Address,
    pub referrer: Address,
    pub colleague: Address,
    /// The block before the record entered in error was retracted.
    pub before_retraction: u64,
}

impl Ward {
    /// The guardian adds a record and grants the team; a member adds another, in error; a referrer passes on the first
    /// one to a colleague, who also breaks the glass.
    pub async fn tell() -> Self {
        let world = World::new().await;
        let [admin, patient, guardian, registrar, member, referrer, colleague] = world.accounts[..7] else {
            panic!("seven accounts")
        };
        let (via, itself) = (Address::zero(), patient);
        for role in ["REGISTRAR", "AUDITOR"] {
            act(&world, admin, GrantRoleCall { role: keccak256(role), account: registrar }).await;
        }
        act(&world, patient, RegisterPatientCall { key: [7; 32].into() }).await;
        for practitioner in [member, referrer, colleague] {
            let entry = DirectoryEntry { name: "Dr Ada".into(), ..DirectoryEntry::default() };
            let call = RegisterPractitionerCall { practitioner, valid_until: END, emergency_capable: true, entry };
            act(&world, registrar, call).await;
        }
        let salt = [5; 32];
        let team = world.contract.call_at(TeamAddressCall { registrar, salt }, At::Latest).await.unwrap();
        act(&world, registrar, CreateTeamCall { salt, name: "Ward 3".into(), organisation: "St. Anna".into() }).await;
        act(&world, registrar, SetTeamMemberCall { team, member, until: END - 1 }).await;
        act(&world, registrar, SetTeamMemberCall { team, member: colleague, until: END }).await;
        act(&world, registrar, SetTeamMemberCall { team, member, until: END }).await;
        act(&world, colleague, RemoveTeamMemberCall { team, member: colleague }).await;

        act(&world, patient, SetGuardianCall { guardian, until: END }).await;
        act(&world, guardian, AddRecordCall { patient, via: itself, folder: 3, record: new_record(FIRST) }).await;
        act(&world, guardian, grant(patient, team, CHART, 3)).await;
        act(&world, member, AddRecordCall { patient, via: team, folder: 3, record: new_record(MISTAKE) }).await;
        act(&world, patient, grant(patient, referrer, CHART, 5)).await;
        let terms = ReferralTerms {
            parent: CHART,
            grantee: colleague,
            scope: FIRST,
            rights: 1,
            purposes: TREAT,
            expires_at: END - 1,
            sealed_key: [9; 80].into(),
        };
        act(&world, referrer, ReferAccessCall { patient, terms }).await;
        act(&world, patient, SetEmergencyPolicyCall { patient, duration: 3_600 }).await;
        act(&world, colleague, BreakGlassCall { patient, reason_hash: [6; 32] }).await;
        let review = ReviewEmergencyCall {
            patient,
            practitioner: colleague,
            reason_hash: [6; 32],
            justified: true,
            note_hash: [0; 32],
        };
        act(&world, registrar, review).await;

        let (before_retraction, _) = world.head().await;
        let retract = RetractRecordCall { patient, via: team, digest: MISTAKE, reason_hash: [0; 32] };
        act(&world, member, retract).await;
        let correct = SupersedeRecordCall { patient, via, digest: FIRST, record: new_record(SECOND) };
        act(&world, patient, correct).await;
        let database = world.database().await;
        let indexer = Indexer::start(&world, &database).await;
        indexer.catch_up(&world).await;
        Ward {
            world,
            indexer,
            database,
            patient,
            guardian,
            registrar,
            team,
            member,
            referrer,
            colleague,
            before_retraction,
        }
    }

    pub async fn act(&self, from: Address, call: impl AbiEncode) {
        act(&self.world, from, call).await;
        self.indexer.catch_up(&self.world).await;
    }

    pub async fn get(&self, path: &str) -> Value {
        self.indexer.get(&path.replace("{patient}", &text(self.patient))).await["data"].take()
    }

    /// Viewer, via, and of the grant: grantee's kind, referrer and scope's kind.
    pub async fn viewers(&self, path: &str) -> Vec<Value> {
        let rows = self.get(path).await;
        let row = |row: &Value| {
            let grant = &row["grant"];
            json!([row["viewer"], row["via"], grant["granteeKind"], grant["referrer"], grant["scope"]["kind"]])
        };
        rows.as_array().unwrap().iter().map(row).collect()
    }

    pub async fn reason(&self, digest: [u8; 32], reader: Address, via: Address, purpose: &str) -> Value {
        let (cid, reader, via) = (cid(digest), text(reader), text(via));
        let query = format!("patient={{patient}}&cid={cid}&reader={reader}&via={via}&purpose={purpose}");
        self.get(&format!("/v1/can-open?{query}")).await["reason"].take()
    }
}

async fn act(world: &World, from: Address, call: impl AbiEncode) {
    world.contract.send(from, call).await.unwrap();
}

pub fn grant(patient: Address, grantee: Address, scope: [u8; 32], rights: u8) -> GrantAccessCall {
    let sealed_key = [9; 80].into();
    GrantAccessCall { patient, grantee, scope, rights, purposes: TREAT, expires_at: END, sealed_key }
}
