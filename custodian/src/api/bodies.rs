//! What comes in.

use chartkey_vault::{Address, Domain, GrantId, GrantTerms, Scope};
use serde::Deserialize;

use crate::act::DepositOrder;
use crate::text;
use crate::typed::{self, Item};

/// Something and its signature.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed<T> {
    pub(super) request: T,
    #[serde(with = "text::bytes")]
    pub(super) signature: Vec<u8>,
}

/// A deposit. The grant's id is that of its terms.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Deposit {
    #[serde(with = "text::own")]
    custodian: Address,
    #[serde(with = "text::own")]
    patient: Address,
    /// Missing: owner's copies only.
    grant: Option<Terms>,
    items: Vec<Item>,
    #[serde(with = "text::own")]
    depositor: Address,
    issued_at: u64,
    #[serde(with = "text::bytes")]
    signature: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Terms {
    #[serde(with = "text::own")]
    grantee: Address,
    #[serde(with = "text::own")]
    scope: Scope,
    rights: u8,
    purposes: u16,
    expires_at: u64,
    epoch: u32,
    #[serde(with = "text::bytes")]
    nonce: [u8; 8],
}

impl Deposit {
    pub(super) fn order(self, domain: &Domain) -> DepositOrder {
        let patient = self.patient;
        let terms = self.grant.map(|Terms { grantee, scope, rights, purposes, expires_at, epoch, nonce }| {
            let nonce = u64::from_be_bytes(nonce);
            GrantTerms { patient, grantee, scope, rights, purposes, expires_at, epoch, nonce }
        });
        let deposit = typed::Deposit {
            custodian: self.custodian,
            patient,
            grant: terms.as_ref().map_or(GrantId::default(), |terms| terms.id(domain)),
            items: self.items,
            depositor: self.depositor,
            issued_at: self.issued_at,
        };
        DepositOrder { deposit, terms, signature: self.signature }
    }
}
