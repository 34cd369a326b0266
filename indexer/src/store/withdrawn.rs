//! Keeping what is withdrawn for readers who were told of it: the tables `withdrawal`, `withdrawn_block`, `withdrawn_event`.

use sqlx::PgConnection;

use super::StoreError;

/// Notes the blocks from `first` on, which are about to be withdrawn, and whom their events concern. Nothing if there are none.
pub(super) async fn keep(db: &mut PgConnection, first: u64) -> Result<(), StoreError> {
    sqlx::query!(
        "with noted as (
             insert into withdrawal (number, first_block)
             select coalesce((select number from withdrawal order by number desc limit 1), 0) + 1, $1
             where exists (select from block where number >= $1)
             returning number
         ), blocks as (
             insert into withdrawn_block (withdrawal, number, hash)
             select noted.number, b.number, b.hash from noted join block b on b.number >= $1
         )
         insert into withdrawn_event (withdrawal, block_number, log_index, concerned)
         select noted.number, e.block_number, e.log_index,
                concerned(e.subject, e.actor, e.party, b.number, b.timestamp, b.number, b.timestamp)
         from noted join event e on e.block_number >= $1 join block b on b.number = e.block_number",
        first.cast_signed()
    )
    .execute(db)
    .await?;
    Ok(())
}
