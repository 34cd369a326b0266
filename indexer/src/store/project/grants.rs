//! Grants and referrals, and how they ended. What breaking the glass gives is a grant of the emergency's scope.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::terms::{End, EndColumns, Term, Terms};
use super::{Place, Rows, StoreError, place};
use crate::model::{Address, Event, Hash, LoggedEvent, Moment, Purpose, Purposes, Rights, Scope};

/// What is granted once at a time: (patient, grantee, scope's word, referrer).
type Slot = (Address, Address, [u8; 32], Option<Address>);

const COLUMNS: &[&str] = &[
    "patient",
    "grantee",
    "scope",
    "granted_block",
    "granted_log",
    "granted_transaction",
    "actor",
    "rights",
    "purposes",
    "expires_at",
    "epoch",
    "sealed_key",
    "ended_block",
    "ended_log",
    "end_reason",
    "voided_block",
    "voided_log",
];

/// A grant's or referral's terms, as an event gives them.
#[derive(Debug, Clone)]
struct Given {
    transaction: Hash,
    actor: Address,
    rights: Rights,
    purposes: Purposes,
    expires_at: Moment,
    /// Of a grant. A referral has its parent's.
    epoch: u32,
    /// Of a referral: the scope of the grant that it rests on.
    parent: Option<Scope>,
    sealed_key: Vec<u8>,
    voided: Option<Place>,
}

type Grant = Term<Slot, Given>;

/// What a batch does to grants and referrals.
#[derive(Debug)]
pub(super) struct Grants {
    granted: Rows,
    referred: Vec<Grant>,
    ended: Vec<(Slot, End)>,
    /// The first "revoke everyone" of each patient: what later ones void was granted after it, in this batch.
    voided: Vec<(Address, Place)>,
}

impl Grants {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let mut terms = Terms::new();
        let mut voided = Vec::new();
        let mut voiding = HashSet::new();
        for e in events {
            let at = place(e.log.position);
            if let Some((slot, given)) = given(e) {
                terms.begin(slot, at, given, "replaced");
            } else if let Some((slot, reason)) = ended(e) {
                terms.end(slot, at, reason);
            } else if let Event::EveryoneRevoked { .. } = &e.event {
                void(&mut terms.begun, e.subject, at);
                if voiding.insert(e.subject) {
                    voided.push((e.subject, at));
                }
            }
        }
        let (referred, granted): (Vec<Grant>, Vec<Grant>) =
            terms.begun.into_iter().partition(|grant| grant.fact.parent.is_some());
        Grants { granted: rows(&granted), referred, ended: terms.ended, voided }
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if !self.ended.is_empty() {
            self.end(&mut *db).await?;
        }
        if !self.voided.is_empty() {
            self.void(&mut *db).await?;
        }
        self.granted.copy(&mut *db).await?;
        if !self.referred.is_empty() {
            self.refer(db).await?;
        }
        Ok(())
    }

    /// Ends what earlier batches' grants hold of a slot.
    async fn end(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        let patients: Vec<Address> = self.ended.iter().map(|((patient, ..), _)| *patient).collect();
        let grantees: Vec<Address> = self.ended.iter().map(|((_, grantee, ..), _)| *grantee).collect();
        let scopes: Vec<Scope> = self.ended.iter().map(|((_, _, scope, _), _)| Scope::from_word(*scope)).collect();
        let referrers: Vec<Option<Address>> = self.ended.iter().map(|((.., referrer), _)| *referrer).collect();
        let ends = EndColumns::of(&self.ended);
        sqlx::query!(
            "update access_grant g set ended_block = e.block, ended_log = e.log, end_reason = e.reason
             from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::integer[], $7::text[])
                  e(patient, grantee, scope, referrer, block, log, reason)
             where g.patient = e.patient and g.grantee = e.grantee and g.scope = e.scope
                 and g.referrer is not distinct from e.referrer and g.ended_block is null",
            &patients as _,
            &grantees as _,
            &scopes as _,
            &referrers as _,
            &ends.blocks,
            &ends.logs,
            &ends.reasons as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }

    /// Voids each grant of an earlier batch whose slot was still there at the first "revoke everyone" after it.
    async fn void(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        let patients: Vec<Address> = self.voided.iter().map(|(patient, _)| *patient).collect();
        let (blocks, logs): (Vec<i64>, Vec<i32>) = self.voided.iter().map(|(_, at)| *at).unzip();
        sqlx::query!(
            "update access_grant g set voided_block = e.block, voided_log = e.log
             from unnest($1::bytea[], $2::bigint[], $3::integer[]) e(patient, block, log)
             where g.patient = e.patient and g.voided_block is null
                 and (g.ended_block is null or (g.ended_block, g.ended_log) > (e.block, e.log))",
            &patients as _,
            &blocks,
            &logs,
        )
        .execute(db)
        .await?;
        Ok(())
    }

    /// Inserts referrals, each with its parent: the latest grant of the referrer's of that scope by then, which the
    /// contract found in force. The chart's epoch was the parent's.
    async fn refer(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        let list = &self.referred;
        let (blocks, logs): (Vec<i64>, Vec<i32>) = list.iter().map(|r| r.from).unzip();
        sqlx::query!(
            "insert into access_grant (patient, grantee, scope, granted_block, granted_log, granted_transaction, actor,
                                       rights, purposes, expires_at, epoch, sealed_key, ended_block, ended_log,
                                       end_reason, voided_block, voided_log,
                                       referrer, parent_scope, parent_granted_block, parent_granted_log)
             select r.patient, r.grantee, r.scope, r.block, r.log, r.transaction, r.referrer,
                    r.rights, r.purposes, r.expires_at, p.epoch, r.sealed_key, r.ended_block, r.ended_log,
                    r.end_reason, r.voided_block, r.voided_log,
                    r.referrer, r.parent, p.granted_block, p.granted_log
             from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::integer[], $6::bytea[], $7::bytea[],
                         $8::smallint[], $9::integer[], $10::timestamptz[], $11::bytea[], $12::bigint[],
                         $13::integer[], $14::text[], $15::bigint[], $16::integer[], $17::bytea[])
                  r(patient, grantee, scope, block, log, referrer, parent, rights, purposes, expires_at, sealed_key,
                    ended_block, ended_log, end_reason, voided_block, voided_log, transaction)
             left join lateral (
                 select granted_block, granted_log, epoch
                 from access_grant g
                 where g.patient = r.patient and g.grantee = r.referrer and g.scope = r.parent and g.referrer is null
                     and (g.granted_block, g.granted_log) < (r.block, r.log)
                 order by g.granted_block desc, g.granted_log desc limit 1
             ) p on true",
            &list.iter().map(|r| r.key.0).collect::<Vec<Address>>() as _,
            &list.iter().map(|r| r.key.1).collect::<Vec<Address>>() as _,
            &list.iter().map(|r| Scope::from_word(r.key.2)).collect::<Vec<Scope>>() as _,
            &blocks,
            &logs,
            &list.iter().map(|r| r.fact.actor).collect::<Vec<Address>>() as _,
            &list.iter().map(|r| r.fact.parent).collect::<Vec<Option<Scope>>>() as _,
            &list.iter().map(|r| r.fact.rights.0.into()).collect::<Vec<i16>>(),
            &list.iter().map(|r| r.fact.purposes.0.into()).collect::<Vec<i32>>(),
            &list.iter().map(|r| r.fact.expires_at).collect::<Vec<Moment>>() as _,
            &list.iter().map(|r| r.fact.sealed_key.as_slice()).collect::<Vec<&[u8]>>() as _,
            &list.iter().map(Term::end_block).collect::<Vec<_>>() as _,
            &list.iter().map(Term::end_log).collect::<Vec<_>>() as _,
            &list.iter().map(Term::end_reason).collect::<Vec<_>>() as _,
            &list.iter().map(|r| r.fact.voided.map(|at| at.0)).collect::<Vec<_>>() as _,
            &list.iter().map(|r| r.fact.voided.map(|at| at.1)).collect::<Vec<_>>() as _,
            &list.iter().map(|r| r.fact.transaction).collect::<Vec<Hash>>() as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

/// Voids the grants of this batch whose slot is still there.
fn void(begun: &mut [Grant], patient: Address, at: Place) {
    let there = begun.iter_mut().filter(|grant| grant.key.0 == patient && grant.end.is_none());
    for grant in there {
        grant.fact.voided.get_or_insert(at);
    }
}

/// The slot that an event fills, and with what.
fn given(e: &LoggedEvent) -> Option<(Slot, Given)> {
    let (transaction, actor) = (e.log.transaction_hash, e.event.actor());
    match &e.event {
        Event::AccessGranted { grantee, scope, rights, purposes, expires_at, epoch, sealed_key, .. } => Some((
            (e.subject, *grantee, scope.to_word(), None),
            Given {
                transaction,
                actor,
                rights: *rights,
                purposes: *purposes,
                expires_at: *expires_at,
                epoch: *epoch,
                parent: None,
                sealed_key: sealed_key.clone(),
                voided: None,
            },
        )),
        Event::GlassBroken { practitioner, expires_at, epoch } => Some((
            (e.subject, *practitioner, Scope::Emergency.to_word(), None),
            Given {
                transaction,
                actor,
                rights: Rights::READ,
                purposes: Purposes::only(Purpose::Btg),
                expires_at: *expires_at,
                epoch: *epoch,
                parent: None,
                sealed_key: Vec::new(),
                voided: None,
            },
        )),
        Event::AccessReferred { grantee, scope, referrer, parent, rights, purposes, expires_at, sealed_key } => Some((
            (e.subject, *grantee, scope.to_word(), Some(*referrer)),
            Given {
                transaction,
                actor,
                rights: *rights,
                purposes: *purposes,
                expires_at: *expires_at,
                epoch: 0,
                parent: Some(*parent),
                sealed_key: sealed_key.clone(),
                voided: None,
            },
        )),
        _ => None,
    }
}

/// The slot that an event empties, and why.
fn ended(e: &LoggedEvent) -> Option<(Slot, &'static str)> {
    match &e.event {
        Event::AccessRevoked { grantee, scope, .. } => Some(((e.subject, *grantee, scope.to_word(), None), "revoked")),
        Event::AccessRenounced { grantee, scope } => Some(((e.subject, *grantee, scope.to_word(), None), "renounced")),
        Event::ReferralEnded { grantee, scope, referrer, actor } => {
            let reason = if actor == grantee { "renounced" } else { "revoked" };
            Some(((e.subject, *grantee, scope.to_word(), Some(*referrer)), reason))
        }
        _ => None,
    }
}

fn rows(granted: &[Grant]) -> Rows {
    let mut rows = Rows::of("access_grant", COLUMNS);
    for grant in granted {
        let given = &grant.fact;
        rows.push(&[
            &grant.key.0,
            &grant.key.1,
            &Scope::from_word(grant.key.2),
            &grant.from.0,
            &grant.from.1,
            &given.transaction,
            &given.actor,
            &i16::from(given.rights.0),
            &i32::from(given.purposes.0),
            &given.expires_at,
            &i64::from(given.epoch),
            &given.sealed_key,
            &grant.end_block(),
            &grant.end_log(),
            &grant.end_reason(),
            &given.voided.map(|at| at.0),
            &given.voided.map(|at| at.1),
        ]);
    }
    rows
}
