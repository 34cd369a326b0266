//! The chains of queries, recomputed from the rows: independently of the functions in migrations/0011_queries.sql, which whoever owns
//! the database can replace.

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::model::{Address, Hash, TrailDomain};
use crate::store::StoreError;

/// Rows read at a time: bounds memory.
const ROWS_AT_ONCE: i64 = 10_000;

/// The first query that is not what its chain says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenQuery {
    /// About whom; the registry's address: about all patients.
    pub patient: Address,
    /// Where in the patient's chain.
    pub number: u64,
}

struct Row {
    patient: Address,
    number: i64,
    actor: Option<Address>,
    asked_at: OffsetDateTime,
    route: String,
    asked: String,
    digest: Option<Hash>,
    request_id: String,
    block_number: i64,
    block_hash: Hash,
    block_time: OffsetDateTime,
    link: Hash,
}

/// Recomputes every chain of queries and compares where it ends. Returns how many queries there are.
pub async fn check_queries(
    db: &mut PgConnection,
    domain: &TrailDomain,
) -> Result<Result<u64, BrokenQuery>, StoreError> {
    let mut chain: Option<(Address, i64, Hash)> = None;
    let mut count = 0;
    loop {
        let after = chain.map_or((Address::default(), 0), |(patient, number, _)| (patient, number));
        let rows = rows_after(db, after).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let (before, number) = match chain {
                Some((patient, number, link)) if patient == row.patient => (link, number + 1),
                _ => (start(domain, row.patient), 1),
            };
            if row.number != number || row.link != link(before, &row) {
                return Ok(Err(BrokenQuery { patient: row.patient, number: number.cast_unsigned() }));
            }
            chain = Some((row.patient, row.number, row.link));
            count += 1;
        }
    }
    Ok(match cut_short(db).await? {
        Some(broken) => Err(broken),
        None => Ok(count),
    })
}

async fn rows_after(db: &mut PgConnection, after: (Address, i64)) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select patient as "patient: Address", number, actor as "actor: Address", asked_at, route, asked,
                  digest as "digest: Hash", request_id, block_number, block_hash as "block_hash: Hash", block_time,
                  link as "link: Hash"
           from query where (patient, number) > ($1, $2) order by patient, number limit $3"#,
        after.0 as _,
        after.1,
        ROWS_AT_ONCE,
    );
    Ok(rows.fetch_all(db).await?)
}

/// A chain that ends elsewhere than its rows do: its last rows were taken out.
async fn cut_short(db: &mut PgConnection) -> Result<Option<BrokenQuery>, StoreError> {
    let cut = sqlx::query!(
        r#"select t.patient as "patient: Address", t.length from query_trail t
           left join query q on q.patient = t.patient and q.number = t.length
           where q.link is distinct from t.link order by t.patient limit 1"#
    );
    let cut = cut.fetch_optional(db).await?;
    Ok(cut.map(|row| BrokenQuery { patient: row.patient, number: row.length.cast_unsigned() }))
}

/// What a chain begins with.
fn start(domain: &TrailDomain, patient: Address) -> Hash {
    let mut hash = Sha256::new();
    hash.update(b"Chartkey queries");
    hash.update(domain.chain_id.to_be_bytes());
    hash.update(domain.contract.0);
    hash.update(patient.0);
    Hash(hash.finalize().into())
}

fn link(before: Hash, row: &Row) -> Hash {
    let mut hash = Sha256::new();
    hash.update(before.0);
    hash.update(row.number.to_be_bytes());
    hash.update(row.actor.unwrap_or_default().0);
    hash.update(microseconds(row.asked_at));
    for text in [row.route.as_bytes(), row.asked.as_bytes(), digest(row), row.request_id.as_bytes()] {
        hash.update(i32::try_from(text.len()).unwrap_or(i32::MAX).to_be_bytes());
        hash.update(text);
    }
    hash.update(row.block_number.to_be_bytes());
    hash.update(row.block_hash.0);
    hash.update(microseconds(row.block_time));
    Hash(hash.finalize().into())
}

fn digest(row: &Row) -> &[u8] {
    row.digest.as_ref().map_or(&[], |digest| &digest.0)
}

fn microseconds(time: OffsetDateTime) -> [u8; 8] {
    let microseconds = time.unix_timestamp_nanos() / 1_000;
    i64::try_from(microseconds).unwrap_or(i64::MAX).to_be_bytes()
}
