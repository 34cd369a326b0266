//! Where a replay is written, and how: values as NDJSON or as lines of a table; to standard output, or to a file that is there only once it
//! is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::table::{Columns, row};
use crate::config::Output as Wanted;

pub(super) struct Output {
    to: To,
    /// Of a table.
    columns: Option<Columns>,
}

enum To {
    Stdout(BufWriter<Stdout>),
    File(Whole),
}

/// A file that takes its place once it is whole.
struct Whole {
    place: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
}

impl Output {
    /// Begins it, with the columns' names if it is a table.
    pub fn begin(wanted: &Wanted, columns: Columns) -> anyhow::Result<Self> {
        let to = match &wanted.out {
            None => To::Stdout(BufWriter::new(io::stdout())),
            Some(place) => To::File(Whole::begin(place)?),
        };
        let mut output = Output { to, columns: wanted.csv.then_some(columns) };
        if output.columns.is_some() {
            let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
            output.write(format!("{names}\r\n").as_bytes())?;
        }
        Ok(output)
    }

    /// The next value.
    pub fn tell<T: Serialize>(&mut self, value: &T) -> anyhow::Result<()> {
        let line = match self.columns {
            Some(columns) => row(columns, &serde_json::to_value(value)?)?,
            None => serde_json::to_vec(value)?.into_iter().chain([b'\n']).collect(),
        };
        Ok(self.write(&line)?)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.to {
            To::Stdout(stdout) => stdout.write_all(bytes),
            To::File(whole) => whole.file.write_all(bytes),
        }
    }

    /// It is whole.
    pub fn finish(self) -> anyhow::Result<()> {
        match self.to {
            To::Stdout(mut stdout) => Ok(stdout.flush()?),
            To::File(whole) => whole.finish(),
        }
    }
}

impl Whole {
    fn begin(place: &Path) -> anyhow::Result<Self> {
        let name = place.file_name().with_context(|| format!("{} is no file's name", place.display()))?;
        let mut partial = name.to_owned();
        partial.push(format!(".{}.part", std::process::id()));
        let partial = place.with_file_name(partial);
        let file = File::create(&partial).with_context(|| format!("cannot write {}", partial.display()))?;
        Ok(Whole { place: place.to_owned(), partial, file: BufWriter::new(file) })
    }

    fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        fs::rename(&self.partial, &self.place).with_context(|| format!("cannot write {}", self.place.display()))
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // Gone already where it took its place.
        let _ = fs::remove_file(&self.partial);
    }
}
