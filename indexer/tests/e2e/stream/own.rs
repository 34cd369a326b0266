//! What is somebody's own, said again in another way: by the stored terms of guardians and auditors.

use chartkey_devnet::postgres::DatabaseUrl;
use ethers::types::Address;
use ethers::utils::keccak256;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::client::place;
use crate::world::connect;

/// A term of a guardian (of one patient) or of an auditor (of all).
struct Term {
    patient: Option<Address>,
    account: Address,
    from: u64,
    until: Option<u64>,
    ends_at: Option<OffsetDateTime>,
}

/// Patient, guardian, first and last block, end.
type TermRow = (Vec<u8>, Vec<u8>, i64, Option<i64>, OffsetDateTime);

impl Term {
    fn holds(&self, block: u64, time: OffsetDateTime) -> bool {
        self.from <= block && self.until.is_none_or(|until| until > block) && self.ends_at.is_none_or(|end| end > time)
    }
}

/// Who was what, and the head it is judged at.
pub struct Terms {
    terms: Vec<Term>,
    head: (u64, OffsetDateTime),
}

/// Whether a client must have an event, or may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    Must,
    /// By a term alone: it depends on whether that was in force, too, when they were told.
    Then,
    No,
}

fn address(event: &Value, field: &str) -> Option<Address> {
    event[field].as_str().map(|text| text.parse().unwrap())
}

fn block_time(event: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(event["blockTimestamp"].as_str().unwrap(), &Rfc3339).unwrap()
}

impl Terms {
    pub async fn read(database: &DatabaseUrl) -> Self {
        let mut db = connect(database).await;
        let guardians = "select patient, guardian, from_block, until_block, ends_at from guardian";
        let guardians: Vec<TermRow> = sqlx::query_as(guardians).fetch_all(&mut db).await.unwrap();
        let auditors = "select account, from_block, until_block from role_holder where role = $1";
        let auditors: Vec<(Vec<u8>, i64, Option<i64>)> =
            sqlx::query_as(auditors).bind(&keccak256("AUDITOR")[..]).fetch_all(&mut db).await.unwrap();
        let head = "select number, timestamp from block order by number desc limit 1";
        let head: (i64, OffsetDateTime) = sqlx::query_as(head).fetch_one(&mut db).await.unwrap();
        let guardians = guardians.into_iter().map(|(patient, account, from, until, ends_at)| Term {
            patient: Some(Address::from_slice(&patient)),
            account: Address::from_slice(&account),
            from: from.cast_unsigned(),
            until: until.map(i64::cast_unsigned),
            ends_at: Some(ends_at),
        });
        let auditors = auditors.into_iter().map(|(account, from, until)| Term {
            patient: None,
            account: Address::from_slice(&account),
            from: from.cast_unsigned(),
            until: until.map(i64::cast_unsigned),
            ends_at: None,
        });
        Terms { terms: guardians.chain(auditors).collect(), head: (head.0.cast_unsigned(), head.1) }
    }

    pub fn own(&self, account: Address, event: &Value) -> Own {
        if ["subject", "actor", "party"].iter().any(|field| address(event, field) == Some(account)) {
            return Own::Must;
        }
        let (at, subject) = ((place(event).0, block_time(event)), address(event, "subject"));
        let mut theirs = self.terms.iter().filter(|term| {
            term.account == account && (term.patient.is_none() || term.patient == subject) && term.holds(at.0, at.1)
        });
        if theirs.next().is_some() { Own::Then } else { Own::No }
    }

    /// Whether somebody is an auditor, or a guardian of an event's subject, at the head.
    fn is_still(&self, account: Address, event: &Value) -> bool {
        let subject = address(event, "subject");
        self.terms.iter().any(|term| {
            term.account == account
                && (term.patient.is_none() || term.patient == subject)
                && term.holds(self.head.0, self.head.1)
        })
    }

    /// Fails unless somebody has exactly their own of a history. Gives how many events they have by a term alone: those of terms
    /// that are in force, if they were told `now`.
    pub fn check(&self, account: Address, history: &[Value], told: &[Value], now: bool, when: &str) -> usize {
        let mut told = told.iter().peekable();
        let mut by_term = 0;
        for event in history {
            let has = told.next_if(|next| place(next) == place(event));
            if let Some(has) = has {
                assert_eq!(has, event, "{when}, {account:?}");
            }
            match self.own(account, event) {
                Own::Must => assert!(has.is_some(), "{when}: {account:?} misses {event}"),
                Own::No => assert!(has.is_none(), "{when}: {account:?} has {event}"),
                Own::Then if now => {
                    assert_eq!(has.is_some(), self.is_still(account, event), "{when}: {account:?}, {event}");
                }
                Own::Then => {}
            }
            by_term += usize::from(has.is_some() && self.own(account, event) == Own::Then);
        }
        assert!(told.next().is_none(), "{when}: {account:?} has events that are not there");
        by_term
    }
}
