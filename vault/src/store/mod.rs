//! Records on IPFS: encrypted files as blocks, kept by several stores, read without trusting any of them.
//!
//! [`Replicas`] writes a file to stores as a [`Policy`] says, audits and repairs them; [`DagReader`] reads it, a leaf (one
//! segment of the encrypted file) at a time or a range or all. Both work on anything that is a [`RecordStore`]:
//! [`DiskStore`] on this machine, [`KuboStore`] over the RPC of Kubo, IPFS Cluster or our own node, [`PinningStore`] over
//! the Pinning Service API, [`GatewayStore`] over trustless gateways. [`serve::router`] answers the same protocols from a
//! [`DiskStore`].

mod block;
mod car;
mod client;
mod dag;
mod disk;
mod error;
mod import;
mod read;
mod record_store;
mod replicas;
pub mod serve;
mod walk;

pub use block::{Block, DAG_PB, MAX_BLOCK, RAW, parse_cid};
pub use car::{CarParser, header as car_header, section as car_section};
pub use client::{Gateway as GatewayStore, Kubo as KuboStore, Pinning as PinningStore, Token};
pub use dag::{Child, Limits, Node};
pub use disk::DiskStore;
pub use error::StoreError;
pub use import::{Importer, cid_of};
pub use read::{DagReader, Fault, Finding};
pub use record_store::{RecordStore, Stat};
pub use replicas::{Event, Policy, Progress, Replicas, Report, Silent, State, StoreReport, StoreStatus, Stored};
pub use walk::{Step, Walk};

use block::{check_cid, normal};
