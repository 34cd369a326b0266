//! The accounting of disclosures (45 CFR 164.528): every open of a record by somebody else than the patient.

use sqlx::PgConnection;

use super::{PageOf, codec, corrupt, place, purpose, scope_view};
use crate::model::view::{Capacity, Disclosure, GrantRef, Recipient};
use crate::model::{Address, Digest, Hash, Malformed, Moment, Position, Purpose, RecordCid, Scope};
use crate::store::StoreError;

/// A row of `event_detail`, with the reader's directory entry of that moment.
struct Row {
    block_number: i64,
    log_index: i32,
    block_hash: Hash,
    block_timestamp: Moment,
    transaction_hash: Hash,
    reader: Address,
    digest: Digest,
    digest_codec: i16,
    folder: i64,
    via: Option<Address>,
    purpose: i16,
    scope: Option<Scope>,
    scope_codec: Option<i16>,
    grant_grantee: Option<Address>,
    grant_granted_at: Option<Moment>,
    name: Option<String>,
    licence: Option<String>,
    specialty: Option<String>,
    organisation: Option<String>,
}

impl Row {
    fn purpose(&self) -> Result<Purpose, StoreError> {
        purpose(Some(self.purpose))?.ok_or_else(|| corrupt(Malformed("an open without a purpose".into())))
    }

    fn grant(&self) -> Result<Option<GrantRef>, StoreError> {
        let (Some(grantee), Some(scope), Some(granted_at)) = (self.grant_grantee, self.scope, self.grant_granted_at)
        else {
            return Ok(None);
        };
        Ok(Some(GrantRef { grantee, scope: scope_view(scope, self.scope_codec)?, granted_at }))
    }

    fn view(self, patient: Address) -> Result<(Position, Disclosure), StoreError> {
        let position = place(
            self.block_number,
            self.block_hash,
            Some(self.transaction_hash),
            self.log_index,
            self.block_timestamp,
        );
        let at = Position { block_number: position.block_number, log_index: position.log_index };
        let disclosure = Disclosure {
            disclosed_at: self.block_timestamp,
            cid: RecordCid { codec: codec(self.digest_codec)?, digest: self.digest },
            folder: u32::try_from(self.folder).unwrap_or(0),
            purpose: self.purpose()?,
            grant: self.grant()?,
            recipient: Recipient {
                account: self.reader,
                capacity: if self.via == Some(patient) { Capacity::Guardian } else { Capacity::Practitioner },
                name: self.name,
                licence: self.licence,
                specialty: self.specialty,
                organisation: self.organisation,
            },
            via: self.via,
            position,
        };
        Ok((at, disclosure))
    }
}

/// What was disclosed of a chart at or after `since` and before `until`, oldest first.
pub async fn disclosures(
    db: &mut PgConnection,
    patient: Address,
    since: Moment,
    until: Moment,
    page: PageOf<Position>,
) -> Result<Vec<(Position, Disclosure)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    let rows = sqlx::query_as!(
        Row,
        r#"select e.block_number as "block_number!", e.log_index as "log_index!", e.block_hash as "block_hash!: Hash",
                  e.block_timestamp as "block_timestamp!: Moment", e.transaction_hash as "transaction_hash!: Hash",
                  e.party as "reader!: Address", e.digest as "digest!: Digest", r.codec as "digest_codec!",
                  r.folder as "folder!", e.via as "via: Address", e.purpose as "purpose!", e.scope as "scope: Scope",
                  e.scope_codec, e.grant_grantee as "grant_grantee: Address",
                  e.grant_granted_at as "grant_granted_at: Moment", p.name as "name?", p.licence as "licence?",
                  p.specialty as "specialty?", p.organisation as "organisation?"
           from event_detail e
           join record r on r.patient = e.subject and r.digest = e.digest
           left join practitioner p on p.practitioner = e.party
               and (p.from_block, p.from_log) <= (e.block_number, e.log_index)
               and (p.until_block is null or (p.until_block, p.until_log) > (e.block_number, e.log_index))
           where e.subject = $1 and e.kind = 'RecordOpened' and e.party <> $1
               and e.block_number >= greatest(
                   (select first_block from trail where subject = $1),
                   (select number from block where timestamp >= $2 order by timestamp, number limit 1))
               and e.block_number <= least(
                   (select last_block from trail where subject = $1),
                   (select number from block where timestamp < $3 order by timestamp desc, number desc limit 1))
               and e.block_timestamp >= $2 and e.block_timestamp < $3
               and (e.block_number, e.log_index) > ($4, $5)
           order by e.block_number, e.log_index limit $6"#,
        patient as _,
        since as _,
        until as _,
        after_block,
        after_log,
        page.limit(),
    );
    rows.fetch_all(db).await?.into_iter().map(|row| row.view(patient)).collect()
}
