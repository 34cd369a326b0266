//! Taking facts back: what began in withdrawn blocks goes, what ended there holds on. The events of these blocks, which must
//! still be stored, say which rows that may be; each row is then known by its positions.

use sqlx::PgConnection;

use super::StoreError;

/// The events from block `first` on, and which kinds there are among them, each in quotes.
struct Withdrawn {
    first: i64,
    kinds: Vec<String>,
}

/// Runs statements about withdrawn events, from block `$1` on, of kinds that are among them. Each reads the events first, and
/// finds each row by its key.
macro_rules! undo {
    ($db:expr, $withdrawn:expr, [$($kinds:literal => $change:literal),* $(,)?]) => {$(
        if $withdrawn.kinds.iter().any(|kind| $kinds.contains(kind.as_str())) {
            sqlx::query!(
                "with e as materialized (
                     select subject, party, digest, scope, via, block_number, log_index from event
                     where block_number >= $1 and kind in (" + $kinds + ")
                 ) " + $change,
                $withdrawn.first
            )
            .execute(&mut *$db)
            .await?;
        }
    )*};
}

/// Takes back what follows from the events from a block on.
pub(in crate::store) async fn withdraw(db: &mut PgConnection, first: u64) -> Result<(), StoreError> {
    let first = first.cast_signed();
    let kinds = sqlx::query_scalar!(
        r#"select distinct quote_literal(kind) as "kind!" from event where block_number >= $1"#,
        first
    );
    let withdrawn = Withdrawn { first, kinds: kinds.fetch_all(&mut *db).await? };
    undo!(db, withdrawn, [
        "'PatientRegistered'" =>
            "delete from patient p using e where p.patient = e.party and p.registered_block >= $1",
        "'KeyPublished'" =>
            "delete from account_key k using e where k.account = e.party and k.published_block >= $1",
        "'TeamCreated'" =>
            "delete from team t using e where t.team = e.party and t.created_block >= $1",
        "'RecordAdded'" =>
            "delete from record r using e
             where r.patient = e.subject and r.digest = e.digest and r.added_block >= $1",
        "'RecordSuperseded'" =>
            "update record r set superseded_block = null, superseded_log = null, superseded_by = null from e
             where r.patient = e.subject and r.digest = e.digest and r.superseded_block >= $1",
        "'RecordRetracted'" =>
            "update record r set retracted_block = null, retracted_log = null from e
             where r.patient = e.subject and r.digest = e.digest and r.retracted_block >= $1",
    ]);
    withdraw_grants(&mut *db, &withdrawn).await?;
    withdraw_terms(db, &withdrawn).await
}

async fn withdraw_grants(db: &mut PgConnection, withdrawn: &Withdrawn) -> Result<(), StoreError> {
    undo!(db, withdrawn, [
        "'AccessGranted', 'GlassBroken', 'AccessReferred'" =>
            "delete from access_grant g using e
             where (g.patient, g.granted_block, g.granted_log) = (e.subject, e.block_number, e.log_index)",
        "'AccessGranted', 'GlassBroken', 'AccessReferred', 'AccessRevoked', 'AccessRenounced', 'ReferralEnded'" =>
            "update access_grant g set ended_block = null, ended_log = null, end_reason = null from e
             where g.grantee = e.party and g.patient = e.subject and g.scope = e.scope
                 and g.ended_block = e.block_number and g.ended_log = e.log_index",
        "'EveryoneRevoked'" =>
            "update access_grant g set voided_block = null, voided_log = null from e
             where g.patient = e.subject and g.voided_block = e.block_number and g.voided_log = e.log_index",
        "'AccessRequested'" =>
            "delete from access_request r using e
             where (r.patient, r.practitioner, r.scope, r.requested_block, r.requested_log)
                 = (e.subject, e.party, e.scope, e.block_number, e.log_index)",
        "'AccessRequested', 'AccessGranted'" =>
            "update access_request r set ended_block = null, ended_log = null, end_reason = null from e
             where r.patient = e.subject and r.practitioner = e.party and r.scope = e.scope
                 and r.ended_block = e.block_number and r.ended_log = e.log_index",
    ]);
    Ok(())
}

/// What holds until the next change of the same thing.
async fn withdraw_terms(db: &mut PgConnection, withdrawn: &Withdrawn) -> Result<(), StoreError> {
    undo!(db, withdrawn, [
        "'PractitionerRegistered', 'PractitionerAmended', 'PractitionerRenewed', 'PractitionerSuspended', 'PractitionerReinstated'" =>
            "delete from practitioner p using e where p.practitioner = e.party and p.from_block >= $1",
        "'PractitionerRegistered', 'PractitionerAmended', 'PractitionerRenewed', 'PractitionerSuspended', 'PractitionerReinstated'" =>
            "update practitioner p set until_block = null, until_log = null from e
             where p.practitioner = e.party and p.until_block >= $1",
        "'RoleChanged'" =>
            "delete from role_holder r using e where r.account = e.party and r.from_block >= $1",
        "'RoleChanged'" =>
            "update role_holder r set until_block = null, until_log = null from e
             where r.account = e.party and r.until_block >= $1",
        "'TeamMemberSet', 'TeamMemberRemoved'" =>
            "delete from team_member m using e where m.team = e.via and m.member = e.party and m.from_block >= $1",
        "'TeamMemberSet', 'TeamMemberRemoved'" =>
            "update team_member m set until_block = null, until_log = null, end_reason = null from e
             where m.team = e.via and m.member = e.party and m.until_block >= $1",
        "'GuardianSet', 'GuardianRemoved'" =>
            "delete from guardian g using e
             where g.patient = e.subject and g.guardian = e.party and g.from_block >= $1",
        "'GuardianSet', 'GuardianRemoved'" =>
            "update guardian g set until_block = null, until_log = null, end_reason = null from e
             where g.patient = e.subject and g.guardian = e.party and g.until_block >= $1",
        "'EmergencyPolicySet'" =>
            "delete from emergency_policy p using e where p.patient = e.subject and p.from_block >= $1",
        "'EmergencyPolicySet'" =>
            "update emergency_policy p set until_block = null, until_log = null from e
             where p.patient = e.subject and p.until_block >= $1",
    ]);
    Ok(())
}

/// Takes all facts back, whatever the events say. Readers go on with what they see.
pub(in crate::store) async fn clear(db: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("delete from patient").execute(&mut *db).await?;
    sqlx::query!("delete from account_key").execute(&mut *db).await?;
    sqlx::query!("delete from record").execute(&mut *db).await?;
    sqlx::query!("delete from access_grant").execute(&mut *db).await?;
    sqlx::query!("delete from access_request").execute(&mut *db).await?;
    sqlx::query!("delete from practitioner").execute(&mut *db).await?;
    sqlx::query!("delete from team").execute(&mut *db).await?;
    sqlx::query!("delete from team_member").execute(&mut *db).await?;
    sqlx::query!("delete from guardian").execute(&mut *db).await?;
    sqlx::query!("delete from emergency_policy").execute(&mut *db).await?;
    sqlx::query!("delete from role_holder").execute(&mut *db).await?;
    Ok(())
}
