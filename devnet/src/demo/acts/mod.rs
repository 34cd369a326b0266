//! The acts of the story, as calls of the contract: what all of them share.

mod access;
mod charts;
mod opens;
mod registry;

use ethers::types::{Address, H256};

use super::{
    cast::{Cast, Who},
    files::Files,
};
use crate::contract::bindings::{ChartkeyCalls, OpenRequest};

/// Rights and purposes, as in contracts/types/Types.sol.
pub(super) const READ: u8 = 1;
pub(super) const WRITE: u8 = 2;
pub(super) const REFER: u8 = 4;

/// Why a record is read; the contract's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Treatment = 0,
    BreakTheGlass = 2,
    Operations = 4,
    Research = 5,
    PatientRequest = 6,
    FamilyRequest = 7,
}

/// One transaction.
#[derive(Clone)]
pub(super) struct Act {
    /// Seconds after the story's begin.
    pub after: u64,
    pub actor: Address,
    pub deed: Deed,
    /// One line for people.
    pub says: String,
    /// What later parts call this moment.
    pub label: Option<&'static str>,
}

/// What an actor does.
#[derive(Clone)]
pub(super) enum Deed {
    /// Calls the contract.
    Calls(ChartkeyCalls),
    /// Signs a call, which `relayer` sends through the forwarder.
    Signs { call: ChartkeyCalls, relayer: Address },
    /// Sends opens that their readers sign.
    LogsOpens(Vec<OpenRequest>),
}

/// Whose chart is acted on, and by whom.
#[derive(Clone, Copy)]
pub(super) struct Chart {
    patient: Who,
    actor: Who,
}

impl Who {
    /// This patient's chart, with `guardian` acting for them.
    pub fn by(self, guardian: Who) -> Chart {
        Chart { patient: self, actor: guardian }
    }
}

impl From<Who> for Chart {
    fn from(patient: Who) -> Self {
        Self { patient, actor: patient }
    }
}

impl Chart {
    /// For lines about it: nothing if it is the actor's own.
    fn whose(self) -> String {
        if self.actor == self.patient { String::new() } else { format!(" for {}", self.patient.key()) }
    }
}

/// What a grant covers.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    Chart,
    Folder(u32),
    Record(&'a str),
}

/// Collects acts, each a call by somebody at a time.
pub(super) struct Stage<'a> {
    pub cast: &'a Cast,
    pub files: &'a Files,
    /// Unix seconds.
    pub begin: u64,
    /// Seconds after the begin.
    pub clock: u64,
    pub acts: Vec<Act>,
}

impl Stage<'_> {
    /// Moves on to `hour` o'clock of `day`, both counted from the begin.
    pub fn at(&mut self, day: u64, hour: u64) {
        self.clock = (day * 24 + hour) * 3600;
    }

    /// The last act gets a name.
    pub fn label(&mut self, label: &'static str) {
        if let Some(act) = self.acts.last_mut() {
            act.label = Some(label);
        }
    }

    /// The last act is only signed by its actor: the gateway sends it and pays.
    pub fn without_gas(&mut self) {
        let relayer = self.cast.address(Who::Gateway);
        if let Some(act) = self.acts.last_mut()
            && let Deed::Calls(call) = &act.deed
        {
            act.deed = Deed::Signs { call: call.clone(), relayer };
            act.says += ", without gas";
        }
    }

    fn act(&mut self, who: Who, call: ChartkeyCalls, says: String) {
        self.deed(who, Deed::Calls(call), says);
    }

    fn deed(&mut self, who: Who, deed: Deed, says: String) {
        let says = format!("{} {says}", who.key());
        self.acts.push(Act { after: self.clock, actor: self.cast.address(who), deed, says, label: None });
        // The next block has to be later.
        self.clock += 60;
    }

    /// Unix seconds of `days` from now.
    fn days_on(&self, days: u64) -> u64 {
        self.begin + self.clock + days * super::DAY
    }

    /// Unix seconds of a day of the story.
    fn day(&self, day: u64) -> u64 {
        self.begin + day * super::DAY
    }

    /// `None`: by themselves.
    fn via(&self, via: Option<Who>) -> Address {
        via.map_or(Address::zero(), |via| self.cast.address(via))
    }

    fn scope(&self, scope: Scope<'_>) -> [u8; 32] {
        match scope {
            Scope::Chart => [0; 32],
            Scope::Folder(number) => H256::from_low_u64_be(number.into()).0,
            Scope::Record(key) => self.files.get(key).digest(),
        }
    }
}

fn name(scope: Scope<'_>) -> String {
    match scope {
        Scope::Chart => "the whole chart".to_owned(),
        Scope::Folder(number) => format!("folder {number}"),
        Scope::Record(key) => key.to_owned(),
    }
}

/// For lines: through whom, if not by themselves.
fn through(via: Option<Who>) -> String {
    via.map_or_else(String::new, |via| format!(" via {}", via.key()))
}

fn bits(purposes: &[Purpose]) -> u16 {
    purposes.iter().map(|&purpose| 1 << purpose as u16).sum()
}
