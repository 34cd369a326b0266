//! What is not as the contract has it.

use std::fmt;

use crate::model::{Address, Position, REGISTRY};

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Whose trail; `None`: the chain of blocks.
    pub subject: Option<Address>,
    /// Where; `None`: at the trail's end.
    pub position: Option<Position>,
    /// What was expected, and what is there.
    pub detail: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Some(REGISTRY) => write!(f, "the registry's trail")?,
            Some(subject) => write!(f, "the trail of {subject}")?,
            None => write!(f, "the chain of blocks")?,
        }
        match self.position {
            Some(at) => write!(f, ", block {}, log {}: ", at.block_number, at.log_index)?,
            None => write!(f, ": ")?,
        }
        f.write_str(&self.detail)
    }
}
