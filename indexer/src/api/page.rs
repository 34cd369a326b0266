//! Pages of lists, and the cursors between them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::Limit;
use crate::model::schema::text_schema;
use crate::model::{Address, Malformed, Position};
use crate::store::read::{LogPlace, PageOf, ViewerPlace};

/// Where a list goes on: after the event that began its last row. Stays valid while the chain grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor(pub Position);

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0.block_number, self.0.log_index)
    }
}

impl FromStr for Cursor {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed(format!("'{text}' is not a cursor: take page.next of the page before"));
        let (block, log) = text.split_once('-').ok_or_else(wrong)?;
        let block_number: i64 = block.parse().map_err(|_| wrong())?;
        let log_index: i32 = log.parse().map_err(|_| wrong())?;
        let block_number = u64::try_from(block_number).map_err(|_| wrong())?;
        let log_index = u32::try_from(log_index).map_err(|_| wrong())?;
        Ok(Cursor(Position { block_number, log_index }))
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a list of viewers goes on: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ViewerCursor(pub ViewerPlace);

impl std::fmt::Display for ViewerCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (at, viewer) = self.0;
        // In one case, so that a pattern can describe it.
        write!(f, "{}-{}", Cursor(at), viewer.to_string().to_lowercase())
    }
}

impl FromStr for ViewerCursor {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed(format!("'{text}' is not a cursor: take page.next of the page before"));
        let (at, viewer) = text.rsplit_once('-').ok_or_else(wrong)?;
        let Cursor(at) = at.parse().map_err(|_| wrong())?;
        let viewer: Address = viewer.parse().map_err(|_| wrong())?;
        Ok(ViewerCursor((at, viewer)))
    }
}

impl<'de> Deserialize<'de> for ViewerCursor {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where an access log goes on: after this entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogCursor(pub LogPlace);

impl std::fmt::Display for LogCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            LogPlace::Event(at) => Cursor(at).fmt(f),
            LogPlace::QueryOfAll { block, number } => write!(f, "{block}-a{number}"),
            LogPlace::Query { block, number } => write!(f, "{block}-q{number}"),
        }
    }
}

impl FromStr for LogCursor {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed(format!("'{text}' is not a cursor: take page.next of the page before"));
        let number = |digits: &str| digits.parse::<i64>().ok().and_then(|n| u64::try_from(n).ok()).ok_or_else(wrong);
        let (block, rest) = text.split_once('-').ok_or_else(wrong)?;
        Ok(LogCursor(match rest.split_at_checked(1) {
            Some(("q", digits)) => LogPlace::Query { block: number(block)?, number: number(digits)? },
            Some(("a", digits)) => LogPlace::QueryOfAll { block: number(block)?, number: number(digits)? },
            _ => LogPlace::Event(text.parse::<Cursor>()?.0),
        }))
    }
}

impl<'de> Deserialize<'de> for LogCursor {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

text_schema!(
    Cursor,
    "Cursor",
    "cursor",
    Some("^[0-9]{1,18}-[0-9]{1,9}$"),
    None,
    "`page.next` of the page before. What it says is the API's own matter."
);
text_schema!(
    ViewerCursor,
    "ViewerCursor",
    "viewer-cursor",
    Some("^[0-9]{1,18}-[0-9]{1,9}-0x[0-9a-f]{40}$"),
    None,
    "`page.next` of the page before. What it says is the API's own matter."
);
text_schema!(
    LogCursor,
    "LogCursor",
    "log-cursor",
    Some("^[0-9]{1,18}-([0-9]{1,9}|[aq][0-9]{1,18})$"),
    None,
    "`page.next` of the page before. What it says is the API's own matter."
);

/// One row more than asked for is read: it tells whether there is a next page.
pub(super) fn page_of(limit: Limit, cursor: Option<Cursor>) -> PageOf<Position> {
    PageOf { limit: limit.0 + 1, after: cursor.map(|cursor| cursor.0) }
}

/// The same of a list of viewers.
pub(super) fn page_of_viewers(limit: Limit, cursor: Option<ViewerCursor>) -> PageOf<ViewerPlace> {
    PageOf { limit: limit.0 + 1, after: cursor.map(|cursor| cursor.0) }
}

/// The same of an access log.
pub(super) fn page_of_log(limit: Limit, cursor: Option<LogCursor>) -> PageOf<LogPlace> {
    PageOf { limit: limit.0 + 1, after: cursor.map(|cursor| cursor.0) }
}

/// Cuts rows down to the limit, and makes the cursor to go on with.
pub(super) fn cut<C, T>(mut rows: Vec<(C, T)>, limit: Limit, cursor: impl Fn(&C) -> String) -> (Vec<T>, Page) {
    let limit = usize::try_from(limit.0).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(at, _)| cursor(at));
    (rows.into_iter().map(|(_, row)| row).collect(), Page { next })
}

/// Where a list goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page {
    /// The `cursor` of the next page; null: this is the last one.
    pub next: Option<String>,
}
