//! Measurements: one table and one file, `target/bench.json`, whoever measures.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// One measurement, beside what it was measured against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured: `part` or `part.aspect`. Unique in the file.
    pub name: String,
    /// In `unit`.
    pub value: f64,
    /// Of `value` and `floor`.
    pub unit: String,
    /// What it was measured against: a floor of the same run, or a bar.
    pub floor: Option<f64>,
    /// `value / floor`.
    pub ratio: Option<f64>,
    /// What the floor is, in words.
    #[serde(skip)]
    against: String,
    #[serde(skip)]
    bar: Option<Bar>,
}

/// What a row's ratio must be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    /// A measurement against nothing.
    #[must_use]
    pub fn new(name: &str, value: f64, unit: &str) -> Self {
        Self {
            name: name.into(),
            value,
            unit: unit.into(),
            floor: None,
            ratio: None,
            against: String::new(),
            bar: None,
        }
    }

    /// Measured against `floor`, which is `what`.
    #[must_use]
    pub fn against(self, floor: f64, what: &str) -> Self {
        Self { floor: Some(floor), ratio: Some(self.value / floor), against: what.into(), ..self }
    }

    /// Words for the table where there is no floor.
    #[must_use]
    pub fn note(self, what: &str) -> Self {
        Self { against: what.into(), ..self }
    }

    /// The ratio should be at least this.
    #[must_use]
    pub fn at_least(self, ratio: f64) -> Self {
        Self { bar: Some(Bar::AtLeast(ratio)), ..self }
    }

    /// The ratio should be at most this.
    #[must_use]
    pub fn at_most(self, ratio: f64) -> Self {
        Self { bar: Some(Bar::AtMost(ratio)), ..self }
    }

    /// Whether it has a bar and is on the wrong side of it.
    #[must_use]
    pub fn below_the_bar(&self) -> bool {
        match (self.bar, self.ratio) {
            (Some(Bar::AtLeast(bar)), Some(ratio)) => ratio < bar,
            (Some(Bar::AtMost(bar)), Some(ratio)) => ratio > bar,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    fn cells(&self) -> [String; 5] {
        let bar = match self.bar {
            Some(Bar::AtLeast(bar)) => format!("≥ {bar:.2}"),
            Some(Bar::AtMost(bar)) => format!("≤ {bar:.2}"),
            None => String::new(),
        };
        let bar = if self.below_the_bar() { format!("{bar}  below the bar") } else { bar };
        let against = match self.floor {
            Some(floor) => format!("{} {}", amount(floor), self.against),
            None => self.against.clone(),
        };
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
        [self.name.clone(), format!("{} {}", amount(self.value), self.unit), against, ratio, bar]
    }
}

/// The rows as a table, one line each.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let head = ["row", "value", "against", "ratio", "bar"].map(str::to_owned);
    let lines: Vec<[String; 5]> = [head].into_iter().chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |cells: &[String; 5]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}  "));
        padded.collect::<String>().trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// Writes rows into a file, in the place of those of the same names; the others stay.
///
/// # Errors
/// When the file is not such a list, or cannot be written.
pub fn merge(file: &Path, rows: &[Row]) -> Result<()> {
    let mut all: Vec<Row> = match fs::read_to_string(file) {
        Ok(json) => serde_json::from_str(&json)
            .with_context(|| format!("{} is not a list of measurements: delete it", file.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    for row in rows {
        match all.iter_mut().find(|old| old.name == row.name) {
            Some(old) => *old = row.clone(),
            None => all.push(row.clone()),
        }
    }
    let json = serde_json::to_string_pretty(&all)? + "\n";
    fs::write(file, json).with_context(|| format!("cannot write {}", file.display()))
}

/// Three digits that count, thousands apart.
fn amount(value: f64) -> String {
    if value.abs() < 1000.0 {
        let decimals = if value.abs() < 10.0 { 2 } else { 1 };
        return format!("{value:.decimals$}");
    }
    let digits = format!("{value:.0}");
    let (sign, digits) = digits.strip_prefix('-').map_or(("", &*digits), |digits| ("-", digits));
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    format!("{sign}{}", groups.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_row_replaces_the_one_of_its_name() {
        let scratch = Scratch::new().unwrap();
        let file = scratch.path().join("bench.json");
        merge(&file, &[Row::new("a", 1.0, "s"), Row::new("b", 2.0, "s")]).unwrap();
        merge(&file, &[Row::new("c", 3.0, "s"), Row::new("a", 4.0, "s").against(8.0, "the bar").at_least(0.6)])
            .unwrap();
        let all: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let a = serde_json::json!({ "name": "a", "value": 4.0, "unit": "s", "floor": 8.0, "ratio": 0.5 });
        assert_eq!(all[0], a);
        let names: Vec<_> = all.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn the_table_marks_what_is_below_its_bar() {
        let slow = Row::new("slow", 59_000.0, "events/s").against(100_000.0, "events/s of the floor").at_least(0.6);
        let small = Row::new("small", 120.25, "MiB").against(300.0, "MiB").at_most(1.0);
        let large = Row::new("large", 301.0, "MiB").against(300.0, "MiB").at_most(1.0);
        assert!(slow.below_the_bar() && large.below_the_bar() && !small.below_the_bar());
        let table = table(&[slow, small, large]);
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[1].starts_with("slow   59 000 events/s  100 000 events/s of the floor  0.59   ≥ 0.60  below the bar")
        );
        assert!(lines[2].contains("120.2 MiB") && !lines[2].contains("below"), "{table}");
    }
}
