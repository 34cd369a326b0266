//! Rows as `COPY … FROM STDIN (FORMAT binary)` takes them: a header, each row as the count of its fields and each field
//! as its length and bytes, all big-endian, and a trailer ("Binary Format", documentation of COPY).

use sqlx::PgConnection;

use super::StoreError;
use crate::model::{Address, Digest, Hash, Moment, Scope};

const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Seconds from 1970 to 2000, which is where Postgres counts its microseconds from.
const POSTGRES_EPOCH: i64 = 946_684_800;

/// A value of a column.
pub(super) trait Field {
    /// Appends the length and the bytes.
    fn write(&self, out: &mut Vec<u8>);
}

/// The format counts in signed 32 bits; Postgres refuses larger values itself.
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_be_bytes()
}

impl Field for [u8] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&length(self.len()));
        out.extend_from_slice(self);
    }
}

impl<T: Field> Field for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
        }
    }
}

macro_rules! fields {
    ($($name:ty => |$value:ident| $bytes:expr),* $(,)?) => {$(
        impl Field for $name {
            fn write(&self, out: &mut Vec<u8>) {
                let $value = self;
                <[u8] as Field>::write(&$bytes[..], out);
            }
        }
    )*};
}

fields!(
    i64 => |n| n.to_be_bytes(),
    i32 => |n| n.to_be_bytes(),
    i16 => |n| n.to_be_bytes(),
    bool => |yes| [u8::from(*yes)],
    &str => |text| text.as_bytes(),
    String => |text| text.as_bytes(),
    &[u8] => |bytes| bytes,
    Vec<u8> => |bytes| bytes,
    Address => |a| a.0,
    Digest => |d| d.0,
    Hash => |h| h.0,
    Scope => |s| s.to_word(),
    Moment => |m| ((m.as_datetime().unix_timestamp() - POSTGRES_EPOCH) * 1_000_000).to_be_bytes(),
);

impl Field for [Hash; 4] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&length(128));
        for word in self {
            out.extend_from_slice(&word.0);
        }
    }
}

/// Bytes sent at a time.
const PIECE: usize = 256 << 10;

/// Rows of one table, ready to send.
#[derive(Debug)]
pub(super) struct Rows {
    table: &'static str,
    columns: &'static [&'static str],
    bytes: Vec<u8>,
    count: u64,
}

impl Rows {
    /// No rows yet. The names go into SQL as they are.
    pub fn of(table: &'static str, columns: &'static [&'static str]) -> Self {
        Rows { table, columns, bytes: HEADER.to_vec(), count: 0 }
    }

    /// Makes room for so many more bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Appends a row, its fields in the order of the columns.
    pub fn push(&mut self, fields: &[&dyn Field]) {
        debug_assert_eq!(fields.len(), self.columns.len(), "{}", self.table);
        self.bytes.extend_from_slice(&i16::try_from(fields.len()).unwrap_or(i16::MAX).to_be_bytes());
        for field in fields {
            field.write(&mut self.bytes);
        }
        self.count += 1;
    }

    /// Sends the rows, if there are any.
    pub async fn copy(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if self.count == 0 {
            return Ok(());
        }
        let statement = format!("copy {} ({}) from stdin (format binary)", self.table, self.columns.join(", "));
        let mut copy = db.copy_in_raw(&statement).await?;
        // In pieces: sqlx keeps a buffer as large as the largest one.
        for piece in self.bytes.chunks(PIECE) {
            copy.send(piece).await?;
        }
        copy.send(&(-1_i16).to_be_bytes()[..]).await?;
        copy.finish().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_fields_of_counted_bytes() {
        let mut rows = Rows::of("t", &["a", "b", "c"]);
        rows.push(&[&1_i64, &None::<Address>, &"é"]);
        let mut expected = HEADER.to_vec();
        expected.extend_from_slice(&[0, 3]);
        expected.extend_from_slice(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]);
        expected.extend_from_slice(&[0xff; 4]);
        expected.extend_from_slice(&[0, 0, 0, 2, 0xc3, 0xa9]);
        assert_eq!(rows.bytes, expected);
    }

    #[test]
    fn times_count_microseconds_from_2000() {
        let mut out = vec![];
        Moment::from_unix(946_684_801).unwrap().write(&mut out);
        Moment::from_unix(0).unwrap().write(&mut out);
        let mut expected = vec![0, 0, 0, 8];
        expected.extend_from_slice(&1_000_000_i64.to_be_bytes());
        expected.extend_from_slice(&[0, 0, 0, 8]);
        expected.extend_from_slice(&(-946_684_800_000_000_i64).to_be_bytes());
        assert_eq!(out, expected);
    }
}
