//! Acts of the administration: roles, practitioners, care teams; and published keys.

use ethers::utils::keccak256;

use super::Stage;
use crate::{
    contract::bindings::{
        ChartkeyCalls, CreateTeamCall, DirectoryEntry, GrantRoleCall, PublishKeyCall, RegisterPractitionerCall,
        ReinstatePractitionerCall, RenewPractitionerCall, SetTeamMemberCall, SuspendPractitionerCall,
    },
    demo::cast::{self, Who},
};

impl Stage<'_> {
    /// `role` as the contract names it.
    pub fn gives_role(&mut self, role: &str, to: Who) {
        let call = GrantRoleCall { role: keccak256(role), account: self.cast.address(to) };
        self.act(Who::Admin, ChartkeyCalls::GrantRole(call), format!("gives {} its role", to.key()));
    }

    pub fn registers_practitioner(&mut self, practitioner: Who, valid_days: u64) {
        let Some(entry) = practitioner.entry() else { return };
        let call = RegisterPractitionerCall {
            practitioner: self.cast.address(practitioner),
            valid_until: self.day(valid_days),
            emergency_capable: practitioner == Who::EmergencyDoctor,
            entry: DirectoryEntry {
                name: entry.name.to_owned(),
                licence: entry.licence.to_owned(),
                specialty: entry.specialty.to_owned(),
                organisation: entry.organisation.to_owned(),
            },
        };
        let says = format!("vouches for {}", practitioner.key());
        self.act(Who::Registrar, ChartkeyCalls::RegisterPractitioner(call), says);
    }

    pub fn renews(&mut self, practitioner: Who, valid_days: u64) {
        let (address, valid_until) = (self.cast.address(practitioner), self.day(valid_days));
        let call = RenewPractitionerCall { practitioner: address, valid_until, emergency_capable: false };
        self.act(Who::Registrar, ChartkeyCalls::RenewPractitioner(call), format!("renews {}", practitioner.key()));
    }

    pub fn suspends(&mut self, practitioner: Who) {
        let call = SuspendPractitionerCall { practitioner: self.cast.address(practitioner) };
        self.act(Who::Registrar, ChartkeyCalls::SuspendPractitioner(call), format!("suspends {}", practitioner.key()));
    }

    pub fn reinstates(&mut self, practitioner: Who) {
        let call = ReinstatePractitionerCall { practitioner: self.cast.address(practitioner) };
        let says = format!("reinstates {}", practitioner.key());
        self.act(Who::Registrar, ChartkeyCalls::ReinstatePractitioner(call), says);
    }

    /// Makes the ward's team, with these members for a year.
    pub fn makes_the_ward(&mut self, members: &[Who]) {
        let call = CreateTeamCall {
            salt: cast::ward_salt(),
            name: cast::WARD.to_owned(),
            organisation: cast::NORTHGATE.to_owned(),
        };
        self.act(Who::Registrar, ChartkeyCalls::CreateTeam(call), "makes the ward's care team".to_owned());
        for member in members {
            let (team, until) = (self.cast.address(Who::Ward), self.day(365));
            let call = SetTeamMemberCall { team, member: self.cast.address(*member), until };
            let says = format!("puts {} on the ward", member.key());
            self.act(Who::Registrar, ChartkeyCalls::SetTeamMember(call), says);
        }
    }

    pub fn publishes_key(&mut self, who: Who, version: u8) {
        let call = PublishKeyCall { key: who.key_bytes(version).into() };
        self.act(who, ChartkeyCalls::PublishKey(call), format!("publishes encryption key {version}"));
    }
}
