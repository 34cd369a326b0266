//! What is not as the contract has it.

use std::fmt;

use crate::model::{Address, Position, REGISTRY, RawLog};

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub about: About,
    /// Where; `None`: at the end, or not in any one place.
    pub position: Option<Position>,
    /// What was expected, and what is there.
    pub detail: String,
}

/// What something wrong is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Blocks,
    /// A subject's trail.
    Trail(Address),
    /// What follows from the events: the state, of a patient or (zero) of no one patient.
    State(Address),
}

impl Wrong {
    /// Of a trail, at its end or as a whole.
    pub fn of_trail(subject: Address, detail: String) -> Self {
        Wrong { about: About::Trail(subject), position: None, detail }
    }

    /// Of the chain of blocks.
    pub fn of_blocks(detail: String) -> Self {
        Wrong { about: About::Blocks, position: None, detail }
    }

    /// Of one log.
    pub fn at(log: &RawLog, detail: String) -> Self {
        Wrong { about: log.subject().map_or(About::Blocks, About::Trail), position: Some(log.position), detail }
    }
}

impl std::error::Error for Wrong {}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.about {
            About::Blocks => write!(f, "the chain of blocks")?,
            About::Trail(REGISTRY) => write!(f, "the registry's trail")?,
            About::Trail(subject) => write!(f, "the trail of {subject}")?,
            About::State(REGISTRY) => write!(f, "the state")?,
            About::State(patient) => write!(f, "the state of {patient}'s chart")?,
        }
        match self.position {
            Some(at) => write!(f, ", block {}, log {}: ", at.block_number, at.log_index)?,
            None => write!(f, ": ")?,
        }
        f.write_str(&self.detail)
    }
}
