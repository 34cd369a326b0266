//! What is asked for: drawn from what is indexed, by a seed. Each question has a table of its own in the schema `bench`: a row is
//! one thing to ask about, with everything that the API finds out about it on its way to the answer, as text. So pgbench can ask
//! the same, and draw as freely.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};

/// A question, and how its things are found.
pub struct Question {
    /// In rows: `api.<name>`.
    pub name: &'static str,
    /// The path to ask for, as SQL of a sample's columns.
    path: &'static str,
    /// A query for samples. Every column is text.
    samples: &'static str,
}

pub const QUESTIONS: [Question; 3] = [
    Question {
        name: "records",
        path: "format('/v1/patients/0x%s/records', substr(patient, 3))",
        samples: "select patient::text as patient, array[patient]::text as subject from patient",
    },
    Question {
        name: "viewersAt",
        path: "format('/v1/records/f01551220%s/viewers?at=%s', substr(digest, 3), at)",
        // The record's charts, the last block by that time, and where the viewers' grants are.
        samples: r#"
            select r.digest::text as digest, array[r.digest]::text as digests, array[r.patient]::text as charts, t.time::text as time, b.number::text as block,
                   to_char(t.time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at,
                   coalesce(v.patients, '{}') as patients, coalesce(v.blocks, '{}') as blocks
            from record r
            join block added on added.number = r.added_block
            cross join (select max(timestamp) as time from block) head
            cross join lateral (
                select date_trunc('second', added.timestamp + random() * (head.time - added.timestamp)) as time) t
            cross join lateral (select number from block where timestamp <= t.time order by timestamp desc limit 1) b
            cross join lateral (
                select array_agg(s.patient)::text as patients, array_agg(s.from_block)::text as blocks
                from (select s.* from sight(b.number, t.time) s
                      where s.patient = r.patient
                          and sight_shows(s.scope, r.added_block, r.retracted_block, r.folder, r.digest, b.number)
                      order by s.from_block, s.from_log, s.viewer limit 51) s
                where s.grantee is not null) v
            where r.codec = 85"#,
    },
    Question {
        name: "accessLog",
        path: "format('/v1/patients/0x%s/access-log', substr(patient, 3))",
        samples: "select patient::text as patient, array[patient]::text as subject, first_block::text as first,
                         last_block::text as last
                  from trail join patient on patient = subject",
    },
];

/// Things of one question that are asked about, in the order of `bench.<name>.id`, from 1.
pub struct Samples {
    /// Names of the columns that say what the API finds out.
    pub columns: Vec<String>,
    /// What the columns hold of each.
    pub values: Vec<Vec<String>>,
    /// What to ask the API for.
    pub paths: Vec<String>,
}

impl Question {
    /// The table that pgbench draws from.
    pub fn table(&self) -> String {
        format!("bench.{}", self.name.to_lowercase())
    }

    /// Draws so many.
    pub async fn draw(&self, db: &mut PgConnection, count: u32, seed: f64) -> Result<Samples> {
        let table = self.table();
        let samples = self.samples;
        let make = format!(
            "create schema if not exists bench;
             drop table if exists {table};
             select setseed({seed});
             create table {table} as
             select row_number() over ()::integer as id, sample.*
             from (select * from ({samples}) s order by random() limit {count}) sample;
             alter table {table} add primary key (id);
             analyze {table};"
        );
        db.execute(sqlx::raw_sql(AssertSqlSafe(make))).await.context("cannot draw samples")?;
        let read = format!("select {} as asked_for, * from {table} order by id", self.path);
        let rows = sqlx::query(AssertSqlSafe(read)).fetch_all(db).await?;
        let first = rows.first().context("nothing is indexed that could be asked about")?;
        let columns: Vec<String> =
            sqlx::Row::columns(first).iter().skip(2).map(|c| sqlx::Column::name(c).to_owned()).collect();
        let value = |row: &sqlx::postgres::PgRow, at: usize| row.try_get::<String, _>(at);
        let mut all = Samples { columns, values: Vec::new(), paths: Vec::new() };
        for row in &rows {
            all.paths.push(value(row, 0)?);
            all.values.push((0..all.columns.len()).map(|at| value(row, at + 2)).collect::<Result<_, _>>()?);
        }
        Ok(all)
    }
}
