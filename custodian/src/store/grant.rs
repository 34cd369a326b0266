//! How a grant stands: by final events, and by what was seen since.

use chartkey_vault::{Address, GrantId, GrantTerms, Scope};

use super::{Connection, End, deposit, fixed, signed, unsigned};

/// What is known of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// No final event gave it, and nothing was deposited for it as an emergency's.
    Unknown,
    Ended(End),
    InForce(GrantTerms),
}

/// How a grant stands. An emergency's is not on chain: it stands by its deposit, as long as the chart's epoch lasts.
pub async fn standing(db: &mut Connection, id: GrantId) -> sqlx::Result<Standing> {
    let deleted = sqlx::query!("select reason from custodian.deletion where grant_id = $1", &id.0[..]);
    if let Some(deleted) = deleted.fetch_optional(&mut *db).await? {
        return Ok(Standing::Ended(End::of_number(deleted.reason)));
    }
    let row = sqlx::query!(
        "select patient, grantee, scope, rights, purposes, expires_at, epoch, granted_block, end_reason
         from custodian.access_grant where grant_id = $1",
        &id.0[..]
    );
    let Some(row) = row.fetch_optional(&mut *db).await? else {
        let terms = deposit::holding(db, id).await?.filter(|terms| terms.scope == Scope::EMERGENCY);
        let Some(terms) = terms else { return Ok(Standing::Unknown) };
        return emergency(db, terms).await;
    };
    if let Some(reason) = row.end_reason {
        return Ok(Standing::Ended(End::of_number(reason)));
    }
    let seen = sqlx::query!(
        "select reason from custodian.sighting
         where patient = $1 and (grantee = $2 and scope = $3 or grantee = '') and block > $4
         order by block limit 1",
        row.patient,
        row.grantee,
        row.scope,
        row.granted_block
    );
    if let Some(seen) = seen.fetch_optional(&mut *db).await? {
        return Ok(Standing::Ended(End::of_number(seen.reason)));
    }
    Ok(Standing::InForce(GrantTerms {
        patient: Address(fixed(row.patient)?),
        grantee: Address(fixed(row.grantee)?),
        scope: Scope(fixed(row.scope)?),
        rights: u8::try_from(row.rights).unwrap_or(0),
        purposes: u16::try_from(row.purposes).unwrap_or(0),
        expires_at: unsigned(row.expires_at),
        epoch: u32::try_from(row.epoch).unwrap_or(0),
        // It is in the id; nobody asks for it.
        nonce: 0,
    }))
}

async fn emergency(db: &mut Connection, terms: GrantTerms) -> sqlx::Result<Standing> {
    let over = sqlx::query!(
        r#"select exists (select from custodian.chart_epoch where patient = $1 and epoch > $2)
             or exists (select from custodian.sighting where patient = $1 and grantee = '') as "over!""#,
        &terms.patient.0[..],
        signed(terms.epoch.into())
    );
    let over = over.fetch_one(db).await?.over;
    Ok(if over { Standing::Ended(End::EveryoneRevoked) } else { Standing::InForce(terms) })
}
