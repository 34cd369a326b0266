//! Nonces that were given out to be signed, and sessions. One statement each; what expired is swept by those that insert, a bounded
//! number at a time. Times are the database's, which all instances share.

use std::time::Duration;

use super::Journal;
use crate::model::{Address, Hash, Moment};
use crate::store::StoreError;

/// What came of using a nonce.
#[derive(Debug, Clone, Copy)]
pub struct NonceUse {
    /// Whether it had been given out, was not used before and had not expired. It is used now, in any case.
    pub valid: bool,
    /// The moment, by the database's clock.
    pub now: Moment,
    /// EIP-155 id of the chain that the database is about. `None`: nothing is indexed yet.
    pub chain_id: Option<u64>,
}

/// Somebody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub account: Address,
    pub expires_at: Moment,
}

impl Journal {
    /// Keeps a nonce that is about to be given out: 8 to 64 letters and digits. Returns until when it can be used, and the id of the
    /// chain that the database is about.
    pub async fn add_nonce(&self, nonce: &str, life: Duration) -> Result<(Moment, Option<u64>), StoreError> {
        let added = sqlx::query!(
            r#"with swept as (
                   delete from sign_in_nonce where nonce = any(array(
                       select nonce from sign_in_nonce where expires_at <= now()
                       order by expires_at limit 100 for update skip locked))
               )
               insert into sign_in_nonce (nonce, expires_at)
               values ($1, date_trunc('second', now()) + make_interval(secs => $2))
               returning expires_at as "expires_at: Moment", (select chain_id from deployment) as chain_id"#,
            nonce,
            life.as_secs_f64()
        );
        let added = added.fetch_one(&self.pool).await?;
        Ok((added.expires_at, added.chain_id.map(i64::cast_unsigned)))
    }

    /// Uses a nonce up.
    pub async fn use_nonce(&self, nonce: &str) -> Result<NonceUse, StoreError> {
        let used = sqlx::query!(
            r#"with used as (delete from sign_in_nonce where nonce = $1 returning expires_at)
               select exists (select from used where expires_at > now()) as "valid!",
                      now() as "now!: Moment",
                      (select chain_id from deployment) as chain_id"#,
            nonce
        );
        let used = used.fetch_one(&self.pool).await?;
        Ok(NonceUse { valid: used.valid, now: used.now, chain_id: used.chain_id.map(i64::cast_unsigned) })
    }

    /// Begins a session, known by the hash of its token: for `life`, at most a day, or until `latest` if that is sooner.
    pub async fn begin_session(
        &self,
        token: Hash,
        account: Address,
        life: Duration,
        latest: Option<Moment>,
    ) -> Result<Session, StoreError> {
        let begun = sqlx::query_as!(
            Session,
            r#"with swept as (
                   delete from session where token_hash = any(array(
                       select token_hash from session where expires_at <= now()
                       order by expires_at limit 100 for update skip locked))
               )
               insert into session (token_hash, account, expires_at)
               values ($1, $2, date_trunc('second', least(now() + make_interval(secs => $3), $4)))
               returning account as "account: Address", expires_at as "expires_at: Moment""#,
            token as Hash,
            account as Address,
            life.as_secs_f64(),
            latest as Option<Moment>
        );
        Ok(begun.fetch_one(&self.pool).await?)
    }

    /// The session of a token, by its hash, if it has neither ended nor expired.
    pub async fn session(&self, token: Hash) -> Result<Option<Session>, StoreError> {
        let found = sqlx::query_as!(
            Session,
            r#"select account as "account: Address", expires_at as "expires_at: Moment"
               from session where token_hash = $1 and expires_at > now()"#,
            token as Hash
        );
        Ok(found.fetch_optional(&self.pool).await?)
    }

    /// Ends a session at once, if there is one.
    pub async fn end_session(&self, token: Hash) -> Result<(), StoreError> {
        let ended = sqlx::query!("delete from session where token_hash = $1", token as Hash);
        ended.execute(&self.pool).await?;
        Ok(())
    }
}
