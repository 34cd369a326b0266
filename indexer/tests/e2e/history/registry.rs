//! Registrars, practitioners, teams and published keys.

use chartkey_devnet::contract::CallError;
use chartkey_devnet::contract::bindings::{
    AmendPractitionerCall, CreateTeamCall, DirectoryEntry, GrantRoleCall, PublishKeyCall, RegisterPatientCall,
    RegisterPractitionerCall, ReinstatePractitionerCall, RemoveTeamMemberCall, RenewPractitionerCall, RevokeRoleCall,
    SetTeamMemberCall, SuspendPractitionerCall,
};
use ethers::types::Address;
use ethers::utils::keccak256;
use rand::RngExt as _;

use super::History;

const WEEK: u64 = 7 * 24 * 3600;

fn entry(name: &str) -> DirectoryEntry {
    DirectoryEntry {
        name: format!("Dr {name}"),
        licence: format!("L-{name}"),
        specialty: "cardiology".into(),
        organisation: "St. Anna".into(),
    }
}

impl History<'_> {
    /// Everybody gets their role or registers; the last practitioner never does.
    pub(super) async fn cast(&mut self) {
        let admin = self.world.accounts[0];
        for (role, account) in
            [("REGISTRAR", self.teams[0].registrar), ("REGISTRAR", self.teams[1].registrar), ("AUDITOR", self.auditor)]
        {
            self.tick().await;
            self.send(admin, GrantRoleCall { role: keccak256(role), account }).await.unwrap();
        }
        for patient in self.patients.clone() {
            let key = self.random_bytes(32);
            self.tick().await;
            self.send(patient, RegisterPatientCall { key }).await.unwrap();
        }
        let known = self.practitioners.len() - 1;
        for (i, practitioner) in self.practitioners.clone().into_iter().take(known).enumerate() {
            let valid_until = self.time + 30_000 + 40_000 * i as u64;
            let emergency_capable = i % 2 == 0;
            let entry = entry(&i.to_string());
            self.tick().await;
            let call = RegisterPractitionerCall { practitioner, valid_until, emergency_capable, entry };
            self.send(self.teams[0].registrar, call).await.unwrap();
        }
    }

    /// Mostly back into good standing, or nothing would happen any more.
    pub(super) async fn change_standing(&mut self) -> Result<(), CallError> {
        let (registrar, practitioner) = (self.teams[0].registrar, self.practitioner());
        let done = match self.rng.random_range(0..14) {
            0 => self.send(registrar, SuspendPractitionerCall { practitioner }).await,
            1..7 => self.send(registrar, ReinstatePractitionerCall { practitioner }).await,
            7 => {
                let entry = entry(&self.rng.random_range(0..9).to_string());
                self.send(registrar, AmendPractitionerCall { practitioner, entry }).await
            }
            _ => {
                let valid_until = self.time + self.rng.random_range(5_000..150_000);
                let emergency_capable = self.rng.random_ratio(3, 4);
                self.send(registrar, RenewPractitionerCall { practitioner, valid_until, emergency_capable }).await
            }
        };
        done.map(|_| ())
    }

    pub(super) async fn bring_into_good_standing(&mut self, practitioner: Address) {
        let (registrar, valid_until) = (self.teams[0].registrar, self.much_later());
        self.mine(1).await;
        let renewal = RenewPractitionerCall { practitioner, valid_until, emergency_capable: false };
        self.send(registrar, renewal).await.unwrap();
        match self.send(registrar, ReinstatePractitionerCall { practitioner }).await {
            // Who was not suspended cannot be reinstated.
            Ok(_) | Err(CallError::Reverted(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) async fn change_team(&mut self) -> Result<(), CallError> {
        let (team, member) = (self.team(), self.practitioner());
        let done = match self.rng.random_range(0..8) {
            0..2 => {
                let call = CreateTeamCall { salt: team.salt, name: "Ward".into(), organisation: "St. Anna".into() };
                self.send(team.registrar, call).await
            }
            2 => {
                let actor = if self.rng.random() { member } else { team.registrar };
                self.send(actor, RemoveTeamMemberCall { team: team.address, member }).await
            }
            _ => {
                let until = self.soon(20_000);
                self.send(team.registrar, SetTeamMemberCall { team: team.address, member, until }).await
            }
        };
        done.map(|_| ())
    }

    /// The second registrar's role comes and goes, and so does the auditor's.
    pub(super) async fn change_role(&mut self) -> Result<(), CallError> {
        let admin = self.world.accounts[0];
        let registrars = self.rng.random();
        let (role, account) =
            if registrars { ("REGISTRAR", self.teams[1].registrar) } else { ("AUDITOR", self.auditor) };
        let role = keccak256(role);
        let done = if self.rng.random_ratio(1, 3) {
            self.send(admin, RevokeRoleCall { role, account }).await
        } else {
            self.send(admin, GrantRoleCall { role, account }).await
        };
        done.map(|_| ())
    }

    pub(super) async fn publish_key(&mut self, patient: Address) -> Result<(), CallError> {
        let length = if self.rng.random_ratio(1, 4) { 1216 } else { 32 };
        let key = self.random_bytes(length);
        let account = if self.rng.random() { patient } else { self.practitioner() };
        self.send(account, PublishKeyCall { key }).await.map(|_| ())
    }

    /// Later than anything here.
    pub(super) fn much_later(&self) -> u64 {
        self.time + WEEK
    }
}
