//! Times of the chain.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Malformed;
use super::bytes::deserialize_from_str;

/// A time of the chain, in whole seconds. Written as RFC 3339 in UTC. Reaches to 9999-12-31T23:59:59Z, as the contract's
/// ends do (`LAST_MOMENT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(OffsetDateTime);

impl Moment {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Moment = Moment(OffsetDateTime::UNIX_EPOCH);

    /// From Unix seconds. Fails beyond the year 9999.
    pub fn from_unix(seconds: u64) -> Result<Self, Malformed> {
        i64::try_from(seconds)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .map(Moment)
            .ok_or_else(|| Malformed(format!("{seconds} s is beyond the year 9999")))
    }

    /// Unix seconds.
    pub fn unix(self) -> u64 {
        u64::try_from(self.0.unix_timestamp()).unwrap_or(0)
    }

    pub fn as_datetime(self) -> OffsetDateTime {
        self.0
    }
}

impl From<OffsetDateTime> for Moment {
    fn from(time: OffsetDateTime) -> Self {
        Moment(time)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Moment {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
            Malformed(format!("'{text}' is not an RFC 3339 time: expected one like 2026-11-22T09:30:00Z"))
        })?;
        let utc = time.checked_to_offset(time::UtcOffset::UTC);
        utc.map(Moment).ok_or_else(|| Malformed(format!("'{text}' is out of range")))
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

deserialize_from_str!(Moment);
