//! Grants and referrals, and how they stand.

use sqlx::PgConnection;

use super::{At, PageOf, corrupt, place, purposes, scope_view};
use crate::model::view::{EndReason, Grant, GranteeKind, HexBytes};
use crate::model::{Address, Hash, Malformed, Moment, Position, Purposes, Rights, Scope};
use crate::store::StoreError;

/// Which grants, by their state at the moment asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantStateFilter {
    Active,
    Expired,
    /// Ended by someone: revoked, renounced, replaced, voided by "revoke everyone", or with the grant it rested on.
    Revoked,
    All,
}

#[derive(Debug, Clone, Copy)]
pub struct GrantFilter {
    pub grantee: Option<Address>,
    pub scope: Option<Scope>,
    pub state: GrantStateFilter,
    /// Only those by which this account may see something, or that it passed on: its own, and its teams' at that moment.
    pub party: Option<(Address, At)>,
}

/// A row of `access_grant_detail`.
pub(super) struct GrantRow {
    pub(super) patient: Address,
    pub(super) grantee: Address,
    pub(super) scope: Scope,
    pub(super) rights: i16,
    pub(super) purposes: i32,
    pub(super) expires_at: Moment,
    pub(super) sealed_key: Vec<u8>,
    pub(super) granted_block: i64,
    pub(super) granted_log: i32,
    pub(super) granted_at: Moment,
    pub(super) granted_block_hash: Hash,
    pub(super) granted_transaction: Option<Hash>,
    pub(super) ended_block: Option<i64>,
    pub(super) ended_at: Option<Moment>,
    pub(super) end_reason: Option<String>,
    pub(super) voided_block: Option<i64>,
    pub(super) voided_at: Option<Moment>,
    pub(super) parent_ended_block: Option<i64>,
    pub(super) parent_ended_at: Option<Moment>,
    pub(super) referrer: Option<Address>,
    pub(super) to_team: bool,
    pub(super) scope_codec: Option<i16>,
}

/// `query_as!` for `GrantRow`s of `access_grant_detail g`, from what follows the `from` clause.
macro_rules! grant_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            GrantRow,
            r#"select g.patient as "patient!: Address", g.grantee as "grantee!: Address", g.scope as "scope!: Scope",
                      g.rights as "rights!", g.purposes as "purposes!", g.expires_at as "expires_at!: Moment",
                      g.sealed_key as "sealed_key!", g.granted_block as "granted_block!",
                      g.granted_log as "granted_log!", g.granted_at as "granted_at!: Moment",
                      g.granted_block_hash as "granted_block_hash!: Hash",
                      g.granted_transaction as "granted_transaction: Hash", g.ended_block,
                      g.ended_at as "ended_at: Moment", g.end_reason, g.voided_block,
                      g.voided_at as "voided_at: Moment", g.parent_ended_block,
                      g.parent_ended_at as "parent_ended_at: Moment", g.referrer as "referrer: Address",
                      g.to_team as "to_team!", g.scope_codec
               from access_grant_detail g "# + $tail,
            $($arg),*
        )
    };
}
pub(super) use grant_rows;

impl GrantRow {
    pub(super) fn position(&self) -> Position {
        Position { block_number: self.granted_block.cast_unsigned(), log_index: self.granted_log.cast_unsigned() }
    }

    pub(super) fn rights(&self) -> Rights {
        Rights(self.rights.to_le_bytes()[0])
    }

    pub(super) fn purposes(&self) -> Purposes {
        purposes(self.purposes)
    }

    /// Whether a "revoke everyone" by that moment voided it.
    pub(super) fn voided(&self, at: At) -> bool {
        self.voided_block.is_some_and(|block| block <= at.block())
    }

    /// Whether the grant that it rests on was revoked, renounced or replaced by that moment.
    pub(super) fn parent_ended(&self, at: At) -> bool {
        self.parent_ended_block.is_some_and(|block| block <= at.block())
    }

    /// The first of its ends that had come by that moment.
    fn end(&self, at: At) -> Result<Option<(Moment, EndReason)>, StoreError> {
        let by_then =
            |block: Option<i64>, time: Option<Moment>| time.filter(|_| block.is_some_and(|b| b <= at.block()));
        let mut ends = Vec::with_capacity(4);
        ends.extend(Some(self.expires_at).filter(|end| *end <= at.time).map(|end| (end, EndReason::Expired)));
        ends.extend(by_then(self.voided_block, self.voided_at).map(|end| (end, EndReason::EveryoneRevoked)));
        if let Some(end) = by_then(self.ended_block, self.ended_at) {
            ends.push((end, parse_end_reason(self.end_reason.as_deref())?));
        }
        ends.extend(by_then(self.parent_ended_block, self.parent_ended_at).map(|end| (end, EndReason::ParentEnded)));
        Ok(ends.into_iter().min_by_key(|(end, _)| *end))
    }

    pub(super) fn view(self, at: At) -> Result<Grant, StoreError> {
        let end = self.end(at)?;
        Ok(Grant {
            patient: self.patient,
            grantee: self.grantee,
            grantee_kind: if self.to_team { GranteeKind::Team } else { GranteeKind::Practitioner },
            scope: scope_view(self.scope, self.scope_codec)?,
            rights: self.rights().names(),
            purposes: self.purposes().names(),
            referrer: self.referrer,
            granted_at: self.granted_at,
            expires_at: self.expires_at,
            ended_at: end.map(|(time, _)| time),
            end_reason: end.map(|(_, reason)| reason),
            position: place(
                self.granted_block,
                self.granted_block_hash,
                self.granted_transaction,
                self.granted_log,
                self.granted_at,
            ),
            sealed_key: HexBytes(self.sealed_key),
        })
    }
}

fn parse_end_reason(text: Option<&str>) -> Result<EndReason, StoreError> {
    match text {
        Some("revoked") => Ok(EndReason::Revoked),
        Some("renounced") => Ok(EndReason::Renounced),
        Some("replaced") => Ok(EndReason::Replaced),
        other => Err(corrupt(Malformed(format!("end reason {other:?}")))),
    }
}

fn views(rows: Vec<GrantRow>, at: At) -> Result<Vec<(Position, Grant)>, StoreError> {
    rows.into_iter().map(|row| Ok((row.position(), row.view(at)?))).collect()
}

/// A patient's grants.
pub async fn grants(
    db: &mut PgConnection,
    patient: Address,
    filter: &GrantFilter,
    at: At,
    page: PageOf<Position>,
) -> Result<Vec<(Position, Grant)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    let state = match filter.state {
        GrantStateFilter::Active => "active",
        GrantStateFilter::Expired => "expired",
        GrantStateFilter::Revoked => "revoked",
        GrantStateFilter::All => "all",
    };
    let rows = grant_rows!(
        r#"where g.patient = $1 and g.granted_block <= $2
               and ($4::bytea is null or g.grantee = $4)
               and ($5::bytea is null or g.scope = $5)
               -- What is over by itself is not looked at further where only those in force are asked for.
               and ($6 <> 'active' or grant_in_force(g.granted_block, g.until_block, g.expires_at, $2, $3))
               -- A grant that ran out first is expired, whatever was done to it afterwards.
               and case
                       when $6 = 'all' then true
                       when g.expires_at <= least(
                           $3, case when g.ended_block <= $2 then g.ended_at end,
                           case when g.voided_block <= $2 then g.voided_at end,
                           case when g.parent_ended_block <= $2 then g.parent_ended_at end) then $6 = 'expired'
                       when g.over_block <= $2 then $6 = 'revoked'
                       else $6 = 'active'
                   end
               and ($10::bytea is null or g.grantee = $10 or g.referrer = $10 or exists (
                   select from team_member m
                   where m.team = g.grantee and m.member = $10
                       and term_in_force(m.from_block, m.until_block, m.ends_at, $11, $12)))
               and (g.granted_block, g.granted_log) > ($7, $8)
           order by g.granted_block, g.granted_log limit $9"#,
        patient as _,
        at.block(),
        at.time as _,
        filter.grantee as _,
        filter.scope as _,
        state,
        after_block,
        after_log,
        page.limit(),
        filter.party.map(|(account, _)| account) as _,
        filter.party.map(|(_, at)| at.block()),
        filter.party.map(|(_, at)| at.time) as _,
    );
    views(rows.fetch_all(db).await?, at)
}
