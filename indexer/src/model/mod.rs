//! The common language: pure types, no I/O, nothing of ours imported. Words are those of the contract's interfaces.

mod bytes;
mod cid;
mod columns;
mod event;
mod judge;
mod kind;
mod moment;
mod purpose;
mod role;
pub(crate) mod schema;
mod scope;
mod sheet;
mod trail;
pub mod view;

pub use bytes::{Address, Digest, Hash, Key, Malformed, REGISTRY, keccak256};
pub use cid::{Codec, RecordCid};
pub use event::{Block, DirectoryEntry, Event, Header, LoggedEvent, Position, RawLog};
pub use judge::{Chart, GrantState, Question, Reason, Standing, Through, Verdict, judge};
pub use kind::{EventKind, LogKind};
pub use moment::Moment;
pub use purpose::{Purpose, Purposes, Right, Rights};
pub use role::Role;
pub use scope::Scope;
pub use sheet::plain;
pub use trail::{TrailDomain, logged_hash, next_link};
