//! `chartkey-indexer verify`: is what somebody tells what the contract vouches for? Of a database (`database`), with every block and log
//! of the node's; or of an API (`outside`), by those who have nothing but a node of their own.

mod charts;
mod database;
mod heads;
mod outside;
mod state;

pub use database::{Verified, verify};
pub use heads::check_heads;
pub use outside::{Outside, Report, verify_outside};
