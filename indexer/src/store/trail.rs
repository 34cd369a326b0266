//! Where each subject's trail ends: the table `trail`.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;

use super::StoreError;
use super::project::place;
use crate::model::{Address, Hash, LoggedEvent};

/// How far a batch takes the trails of the subjects it touches, as columns.
#[derive(Debug, Default)]
pub(super) struct Trails {
    subjects: Vec<Address>,
    first_blocks: Vec<i64>,
    last_blocks: Vec<i64>,
    last_logs: Vec<i32>,
    lengths: Vec<i64>,
    links: Vec<Hash>,
}

impl Trails {
    /// Reads events, in chain order.
    pub fn of(events: &[LoggedEvent]) -> Self {
        // In the order of the table's key, so that neighbours are written together.
        let mut subjects: BTreeMap<Address, (i64, i64, &LoggedEvent)> = BTreeMap::new();
        for e in events {
            let (block, _) = place(e.log.position);
            let (_, length, last) = subjects.entry(e.subject).or_insert((block, 0, e));
            *length += 1;
            *last = e;
        }
        let mut trails = Trails::default();
        for (subject, (first_block, length, last)) in subjects {
            let (block, log) = place(last.log.position);
            trails.subjects.push(subject);
            trails.first_blocks.push(first_block);
            trails.last_blocks.push(block);
            trails.last_logs.push(log);
            trails.lengths.push(length);
            trails.links.push(last.link);
        }
        trails
    }

    /// Moves the trails on, and begins those that are not there yet.
    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if self.subjects.is_empty() {
            return Ok(());
        }
        // Two statements cost less than one `insert … on conflict`, which locks each row before it writes it.
        let known = sqlx::query!(
            "update trail t set last_block = b.last_block, last_log = b.last_log, length = t.length + b.length,
                                link = b.link
             from unnest($1::bytea[], $2::bigint[], $3::integer[], $4::bigint[], $5::bytea[])
                  b(subject, last_block, last_log, length, link)
             where t.subject = b.subject",
            &self.subjects as _,
            &self.last_blocks,
            &self.last_logs,
            &self.lengths,
            &self.links as _,
        );
        let known = known.execute(&mut *db).await?.rows_affected();
        if usize::try_from(known).is_ok_and(|known| known == self.subjects.len()) {
            return Ok(());
        }
        self.insert_missing(db).await
    }

    async fn insert_missing(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query!(
            "insert into trail (subject, first_block, last_block, last_log, length, link)
             select b.*
             from unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::bytea[])
                  b(subject, first_block, last_block, last_log, length, link)
             where not exists (select from trail t where t.subject = b.subject)",
            &self.subjects as _,
            &self.first_blocks,
            &self.last_blocks,
            &self.last_logs,
            &self.lengths,
            &self.links as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

/// The latest link of each subject's trail. Subjects without events are absent.
pub async fn trail_heads(db: &mut PgConnection, subjects: &[Address]) -> Result<HashMap<Address, Hash>, StoreError> {
    let rows = sqlx::query!(
        r#"select t.subject as "subject: Address", t.link as "link: Hash"
           from unnest($1::bytea[]) s(subject) join trail t on t.subject = s.subject"#,
        subjects as _,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.subject, row.link)).collect())
}

/// Notes that the events from a block on were not compared with the contract's trails. What was noted before stays noted.
/// Nothing before the first `write_progress`.
pub async fn mark_unchecked(db: &mut PgConnection, first: u64) -> Result<(), StoreError> {
    sqlx::query!("update progress set unchecked_from = least(unchecked_from, $1)", first.cast_signed())
        .execute(db)
        .await?;
    Ok(())
}

/// The first block whose events were not compared with the contract's trails. `None`: all were.
pub async fn unchecked_from(db: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let number = sqlx::query_scalar!("select unchecked_from from progress").fetch_optional(db).await?.flatten();
    Ok(number.map(i64::cast_unsigned))
}

/// Subjects, each with its latest link: at most `limit`, beyond `after`, in order.
pub async fn trails_after(
    db: &mut PgConnection,
    after: Option<Address>,
    limit: u32,
) -> Result<Vec<(Address, Hash)>, StoreError> {
    let rows = sqlx::query!(
        r#"select subject as "subject: Address", link as "link: Hash" from trail
           where subject > coalesce($1::bytea, ''::bytea) order by subject limit $2"#,
        after as _,
        i64::from(limit),
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (row.subject, row.link)).collect())
}

/// Lets a halted index go on: from the deployment's block on, every trail is to be compared with the contract's before anything is
/// answered.
pub async fn recheck(db: &mut PgConnection, deployment_block: u64) -> Result<(), StoreError> {
    sqlx::query!("update progress set halted = null, unchecked_from = $1", deployment_block.cast_signed())
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that all trails were compared with the contract's.
pub async fn mark_checked(db: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("update progress set unchecked_from = null").execute(db).await?;
    Ok(())
}

/// Takes the trails back to where they stood before a block. The events from there on are still stored.
pub(super) async fn rewind(db: &mut PgConnection, first: u64) -> Result<(), StoreError> {
    let first = first.cast_signed();
    sqlx::query!(
        "with e as materialized (
             select subject, count(*) as withdrawn from event where block_number >= $1 group by subject
         )
         update trail t set last_block = before.block_number, last_log = before.log_index, link = before.link,
                            length = t.length - e.withdrawn
         from e
         cross join lateral (
             -- The latest event that is left, or what archiving left of it.
             select * from (
                 (select block_number, log_index, link from event
                  where subject = e.subject and block_number < $1
                      and block_number >= (select first_block from trail where subject = e.subject)
                  order by block_number desc, log_index desc limit 1)
                 union all
                 select last_block, last_log, link from archived_trail where subject = e.subject
             ) left_over
             order by block_number desc, log_index desc limit 1
         ) before
         where t.subject = e.subject",
        first
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "with e as materialized (select distinct subject from event where block_number >= $1)
         delete from trail t using e where t.subject = e.subject and t.first_block >= $1",
        first
    )
    .execute(db)
    .await?;
    Ok(())
}
