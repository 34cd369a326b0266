//! Several stores as one: as many copies as a policy asks for, made, audited, repaired.

mod audit;
mod policy;
mod repair;
mod report;
mod upload;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

pub use policy::{Event, Policy, Progress, Silent};
pub use report::{Report, State, StoreReport, StoreStatus, Stored};

use super::read::Sources;
use super::{DagReader, Limits, RecordStore, StoreError};
use cid::Cid;

/// How long a store has for one block.
const PATIENCE: Duration = Duration::from_secs(30);

/// The stores of a configuration, in the order in which they are preferred.
#[derive(Clone)]
pub struct Replicas {
    stores: Vec<Arc<dyn RecordStore>>,
    policy: Policy,
    limits: Limits,
    patience: Duration,
}

impl Replicas {
    /// Refuses policies that these stores cannot keep, and stores of one name.
    pub fn new(stores: Vec<Arc<dyn RecordStore>>, policy: Policy) -> Result<Self, StoreError> {
        let mut names = HashSet::new();
        if let Some(twice) = stores.iter().find(|store| !names.insert(store.name().to_owned())) {
            return Err(StoreError::BadPolicy(format!("two stores are called '{}'", twice.name())));
        }
        policy.check(stores.iter().filter(|store| store.keeps()).count())?;
        Ok(Replicas { stores, policy, limits: Limits::default(), patience: PATIENCE })
    }

    /// The same with another time for one block; 30 s unless told.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Replicas { patience, ..self }
    }

    /// Reads a file from these stores.
    pub async fn reader(&self, root: &Cid) -> Result<DagReader, StoreError> {
        DagReader::with_patience(self.stores.clone(), root, self.limits, self.patience).await
    }

    /// What each store says it holds: a question or two to each.
    pub async fn status(&self) -> Vec<StoreStatus> {
        let asked = self.stores.iter().map(|store| async move {
            let pins = store.list().await;
            let error = pins.as_ref().err().filter(|error| !matches!(error, StoreError::Unsupported(_)));
            StoreStatus {
                store: store.name().to_owned(),
                keeps: store.keeps(),
                silent: error.map(ToString::to_string),
                pins: pins.ok().map(|pins| pins.len()),
                holds: store.stat().await.ok(),
            }
        });
        futures_util::future::join_all(asked).await
    }

    /// No longer keeps the file, anywhere it can be told so: by store, who failed and why. Blocks go when a node collects
    /// its garbage.
    pub async fn unpin(&self, root: &Cid) -> Vec<(String, StoreError)> {
        let told = self
            .keepers()
            .map(|store| async move { store.unpin(root).await.err().map(|e| (store.name().to_owned(), e)) });
        futures_util::future::join_all(told).await.into_iter().flatten().collect()
    }

    fn keepers(&self) -> impl Iterator<Item = &Arc<dyn RecordStore>> {
        self.stores.iter().filter(|store| store.keeps())
    }

    fn sources(&self) -> Sources {
        Sources::new(self.stores.clone(), self.patience)
    }
}
