//! Deposits: kept before they are acknowledged.

use chartkey_vault::{Digest, GrantTerms, Scope, Suite};

use super::{AT_ONCE, Custodian, check_fresh, now};
use crate::refusal::Refusal;
use crate::store::{self, Put, Standing};
use crate::typed::{Deposit, DepositReceipt, Hash, Item, What};

/// A deposit, the terms of its grant and its depositor's signature.
#[derive(Debug, Clone)]
pub struct DepositOrder {
    pub deposit: Deposit,
    /// None: owner's copies only.
    pub terms: Option<GrantTerms>,
    pub signature: Vec<u8>,
}

/// What a depositor gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub receipt: DepositReceipt,
    pub signature: [u8; 65],
}

impl Custodian {
    /// Keeps what is deposited. The same deposit again gets the same receipt.
    pub async fn deposit(&self, order: DepositOrder) -> Result<Receipt, Refusal> {
        let DepositOrder { deposit, terms, signature } = &order;
        self.check_form(deposit, terms.as_ref())?;
        let hash = deposit.hash(self.domain());
        self.check_signature(deposit.depositor, hash, signature).await?;
        let stored_at = store::receipt_time(&mut *self.pool.acquire().await?, hash).await?;
        if let Some(stored_at) = stored_at {
            return Ok(self.receipt(hash, stored_at));
        }
        check_fresh(deposit.issued_at, now())?;
        let may_replace = self.check_depositor(deposit).await?;
        self.keep(&order, may_replace, hash).await
    }

    async fn keep(&self, order: &DepositOrder, may_replace: bool, hash: Hash) -> Result<Receipt, Refusal> {
        let DepositOrder { deposit, terms, .. } = order;
        let mut transaction = self.pool.begin().await?;
        store::lock(&mut transaction).await?;
        // Only now: nothing is deleted meanwhile.
        if terms.is_some()
            && let Standing::Ended(end) = store::standing(&mut transaction, deposit.grant).await?
        {
            return Err(Refusal::Ended(end.name()));
        }
        if store::put(&mut transaction, deposit, terms.as_ref(), may_replace, (hash, now())).await? == Put::Taken {
            return Err(Refusal::Taken);
        }
        let stored_at = store::receipt_time(&mut transaction, hash).await?.ok_or(Refusal::Internal)?;
        transaction.commit().await?;
        Ok(self.receipt(hash, stored_at))
    }

    fn receipt(&self, deposit: Hash, stored_at: u64) -> Receipt {
        let receipt = DepositReceipt { custodian: self.address(), deposit, stored_at };
        Receipt { receipt, signature: self.keys.sign(receipt.hash(self.domain())) }
    }

    /// What a deposit itself must be.
    fn check_form(&self, deposit: &Deposit, terms: Option<&GrantTerms>) -> Result<(), Refusal> {
        if deposit.custodian != self.address() {
            return malformed(format!("it is for custodian {}, not for {}", deposit.custodian, self.address()));
        }
        if deposit.items.is_empty() || deposit.items.len() > AT_ONCE {
            return malformed(format!("expected 1 to {AT_ONCE} items"));
        }
        deposit.items.iter().try_for_each(check_item)?;
        let Some(terms) = terms else {
            let only_copies = deposit.items.iter().all(|item| item.kind == What::Owner);
            return if only_copies { Ok(()) } else { malformed("shares need the terms of their grant".into()) };
        };
        if terms.patient != deposit.patient || terms.id(self.domain()) != deposit.grant {
            return malformed("the terms are not the grant's".into());
        }
        let is_emergency = terms.scope == Scope::EMERGENCY;
        if is_emergency && *terms != GrantTerms::emergency(terms.patient, terms.epoch, terms.nonce) {
            return malformed("the terms are not an emergency's".into());
        }
        if !is_emergency && terms.expires_at <= now() {
            return Err(Refusal::Ended(store::End::Expired.name()));
        }
        let has_seed = deposit.items.iter().any(|item| item.kind == What::Seed);
        if has_seed && !is_emergency { malformed("only an emergency's seed is shared".into()) } else { Ok(()) }
    }

    /// Whether the depositor may replace what is kept: patient and guardians may; authors deposit for their own records and for
    /// grants that are in force.
    async fn check_depositor(&self, deposit: &Deposit) -> Result<bool, Refusal> {
        let Deposit { patient, depositor, .. } = *deposit;
        let view = self.look().await?;
        if depositor == patient {
            return if self.chain.is_patient(patient).await? { Ok(true) } else { Err(Refusal::NotADepositor) };
        }
        if self.is_guardian(&view, patient, depositor).await? {
            return Ok(true);
        }
        let digests: Vec<Digest> = deposit.items.iter().map(|item| item.digest).collect();
        let records = self.chain.records(patient, &digests).await?;
        let are_theirs = records.iter().all(|record| record.status != 0 && record.author == depositor);
        let has_shares = deposit.items.iter().any(|item| item.kind != What::Owner);
        let mut db = self.pool.acquire().await?;
        let in_force = !has_shares || matches!(store::standing(&mut db, deposit.grant).await?, Standing::InForce(_));
        if are_theirs && in_force { Ok(false) } else { Err(Refusal::NotADepositor) }
    }
}

fn check_item(item: &Item) -> Result<(), Refusal> {
    let (index_is_right, lengths) = match item.kind {
        What::Owner => (item.index == 0, Suite::ALL.map(|suite| suite.sealed_length(64)).to_vec()),
        What::Title | What::Content | What::Seed => (item.index != 0, vec![Suite::XWing.sealed_length(32)]),
    };
    if !index_is_right {
        return malformed("a share's index is 1 to 255, an owner's copy's is 0".into());
    }
    if item.kind == What::Seed && item.digest != Digest([0; 32]) {
        return malformed("a seed is of no record: its digest is zero".into());
    }
    if !lengths.contains(&item.sealed.len()) {
        return malformed(format!("a sealed {:?} has {lengths:?} bytes, not {}", item.kind, item.sealed.len()));
    }
    Ok(())
}

fn malformed<T>(why: String) -> Result<T, Refusal> {
    Err(Refusal::Malformed(why))
}
