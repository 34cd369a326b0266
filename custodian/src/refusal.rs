//! Why something is not done. One list for every route; each has a code that clients go by, and a status.

/// Why a custodian does not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0}")]
    Malformed(String),
    #[error("the request is {0}: expected one issued within the last 300 seconds, by a clock that is not ahead")]
    Stale(&'static str),
    #[error("this reader's nonce was used before")]
    Replayed,
    #[error("the signature is not that of the account which the request names")]
    WrongSignature,
    #[error("the key is not the reader's latest published one")]
    WrongKey,
    #[error("this account may not deposit that: the patient, a guardian, and a record's author may")]
    NotADepositor,
    #[error("other bytes are kept under this name already, and only the patient or a guardian may replace them")]
    Taken,
    #[error("no final grant on chain has this id")]
    NotFinal,
    #[error("the grant has ended: {0}")]
    Ended(&'static str),
    #[error("the grant is not for this reader by that way")]
    OtherReader,
    #[error("the grant does not cover the record")]
    ScopeNotCovered,
    #[error("the grant does not include the right to read")]
    RightNotGranted,
    #[error("the grant does not include this purpose")]
    PurposeNotGranted,
    #[error("the contract does not allow it (reason {0} of Types.sol)")]
    Judged(u8),
    #[error(
        "no open by this reader, of this record, for this purpose is on chain, or it is not deep enough, or too old"
    )]
    NotOpened,
    #[error("nothing is kept under this name")]
    NothingKept,
    #[error("the chain cannot be asked now: {0}")]
    ChainUnavailable(String),
    #[error("something went wrong here")]
    Internal,
}

impl Refusal {
    /// What clients go by.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "malformed",
            Refusal::Stale(_) => "stale",
            Refusal::Replayed => "replayed",
            Refusal::WrongSignature => "wrong-signature",
            Refusal::WrongKey => "wrong-key",
            Refusal::NotADepositor => "not-a-depositor",
            Refusal::Taken => "taken",
            Refusal::NotFinal => "not-final",
            Refusal::Ended(_) => "ended",
            Refusal::OtherReader => "other-reader",
            Refusal::ScopeNotCovered => "scope-not-covered",
            Refusal::RightNotGranted => "right-not-granted",
            Refusal::PurposeNotGranted => "purpose-not-granted",
            Refusal::Judged(_) => "judged",
            Refusal::NotOpened => "not-opened",
            Refusal::NothingKept => "nothing-kept",
            Refusal::ChainUnavailable(_) => "chain-unavailable",
            Refusal::Internal => "internal",
        }
    }

    /// Its HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) => 400,
            Refusal::WrongSignature | Refusal::Stale(_) => 401,
            Refusal::NothingKept => 404,
            Refusal::Replayed | Refusal::Taken => 409,
            Refusal::Ended(_) => 410,
            Refusal::ChainUnavailable(_) => 503,
            Refusal::Internal => 500,
            _ => 403,
        }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        // Postgres quotes values in its messages; whom they are about is nobody's business in a log.
        match &error {
            sqlx::Error::Database(said) => {
                tracing::error!(code = ?said.code(), constraint = ?said.constraint(), "the database refused");
            }
            other => tracing::error!(error = %other, "the database failed"),
        }
        Refusal::Internal
    }
}
