//! What an account is, by what the chain says at the head.

use sqlx::PgConnection;

use super::{At, patient_exists, practitioner};
use crate::model::view::{PractitionerRole, Roles};
use crate::model::{Address, Hash, Role};
use crate::store::StoreError;

/// Charts that an account is told to be a guardian of. Anybody can name it theirs, so there may be any number.
const CHARTS: i64 = 200;

/// What an account is at the head.
pub async fn roles(db: &mut PgConnection, account: Address, at: At) -> Result<Roles, StoreError> {
    let held = sqlx::query_scalar!(
        r#"select role as "role: Hash" from role_holder
           where account = $1 and from_block <= $2 and (until_block is null or until_block > $2)"#,
        account as _,
        at.block(),
    );
    let held = held.fetch_all(&mut *db).await?;
    let guardian_of = sqlx::query_scalar!(
        r#"select patient as "patient: Address" from guardian
           where guardian = $1 and term_in_force(from_block, until_block, ends_at, $2, $3)
           order by from_block, from_log limit $4"#,
        account as _,
        at.block(),
        at.time as _,
        CHARTS,
    );
    let guardian_of = guardian_of.fetch_all(&mut *db).await?;
    let practitioner = practitioner(db, account, at).await?;
    let holds = |role: Role| held.contains(&role.id());
    Ok(Roles {
        patient: patient_exists(db, account).await?,
        guardian_of,
        practitioner: practitioner.map(|found| PractitionerRole { state: found.state, valid_until: found.valid_until }),
        auditor: holds(Role::Auditor),
        registrar: holds(Role::Registrar),
        custodian: holds(Role::Custodian),
        admin: holds(Role::Admin),
    })
}
