//! Opens: by the reader, and signed and logged by somebody else.

use chartkey_devnet::contract::CallError;
use chartkey_devnet::contract::bindings::{CancelNoncesCall, LogOpensCall, OpenRecordCall, OpenRequest};
use ethers::types::{Address, U256};
use rand::RngExt as _;
use rand::seq::IndexedRandom as _;

use super::{History, Relation};

/// Few nonces, so that some come twice.
const NONCES: u64 = 60;
/// The first number that is no purpose.
const NO_PURPOSE: u8 = 10;

impl History<'_> {
    pub(super) async fn open(&mut self) -> Result<(), CallError> {
        let Relation { patient, mut reader, via } = self.recent_relation();
        let Some(record) = self.record_of(patient) else { return Ok(()) };
        let (purpose, _) = self.purpose();
        if self.rng.random_ratio(1, 10) {
            reader = patient;
        }
        self.send(reader, OpenRecordCall { patient, digest: record.digest, via, purpose }).await.map(|_| ())
    }

    /// Some of the requests are malformed, late, spent, not signed by their reader or refused: those are skipped.
    pub(super) async fn log_opens(&mut self) -> Result<(), CallError> {
        let (mut requests, mut signatures) = (Vec::new(), Vec::new());
        for _ in 0..self.rng.random_range(1..5) {
            let Some(mut request) = self.open_request() else { continue };
            let signature = self.world.contract.sign_open(&request).await?;
            if self.rng.random_ratio(1, 8) {
                request.nonce += U256::one();
            }
            requests.push(request);
            signatures.push(signature);
        }
        self.send(self.relayer, LogOpensCall { requests, signatures }).await.map(|_| ())
    }

    fn open_request(&mut self) -> Option<OpenRequest> {
        let Relation { patient, reader, via } = self.recent_relation();
        let digest = self.record_of(patient)?.digest;
        let (purpose, _) = self.purpose();
        let late = self.rng.random_ratio(1, 8);
        Some(OpenRequest {
            patient,
            digest,
            reader,
            via,
            purpose: if self.rng.random_ratio(1, 10) { NO_PURPOSE } else { purpose },
            nonce: self.rng.random_range(0..NONCES).into(),
            deadline: if late { self.time - 1 } else { self.much_later() }.into(),
        })
    }

    pub(super) async fn cancel_nonces(&mut self) -> Result<(), CallError> {
        let everybody: Vec<Address> = self.readers();
        let account = *everybody.choose(&mut self.rng).unwrap();
        let bits = U256::one() << self.rng.random_range(0..NONCES);
        self.send(account, CancelNoncesCall { word: U256::zero(), bits }).await.map(|_| ())
    }
}
