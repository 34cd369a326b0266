//! What the API sends to the database for a question, taken from the database's own log: so pgbench sends the same.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chartkey_devnet::wait;
use sqlx::{Executor as _, PgConnection};

use crate::load;
use crate::samples::{Question, Samples};

/// As pgbench reads it, with what stays the same in each run.
pub struct Script {
    pub text: String,
    /// Variables, by name.
    pub constants: Vec<(String, String)>,
    /// Statements besides the one that draws.
    pub statements: usize,
}

/// A statement that was executed.
struct Executed {
    sql: String,
    /// As text. `None`: null.
    parameters: Vec<Option<String>>,
}

const PATIENCE: Duration = Duration::from_secs(10);

impl Script {
    /// Asks the API once, and writes down what it had the database do for it: what came out of the sample becomes a variable.
    pub async fn of(
        question: &Question,
        samples: &Samples,
        server: SocketAddr,
        db: &mut PgConnection,
        log: &Path,
    ) -> Result<Self> {
        // Statements are prepared when they are first executed, connection by connection, which asks more than is asked later.
        for path in samples.paths.iter().take(400) {
            load::body(server, path).await?;
        }
        let executed = record(server, &samples.paths[0], db, log).await?;
        let mut script = Script {
            text: draw(question, samples),
            constants: vec![("asked".into(), "0".into())],
            statements: executed.len(),
        };
        let known: Vec<(&String, &String)> = samples.columns.iter().zip(&samples.values[0]).collect();
        // The API reads and writes on two connections: what is written, is so after the snapshot, whoever logs first.
        let (written, read): (Vec<_>, Vec<_>) = executed.iter().partition(|statement| is(statement, "insert"));
        for statement in read.into_iter().chain(written) {
            let sql = script.with_variables(statement, &known);
            script.text.extend([&sql, ";\n"]);
        }
        Ok(script)
    }

    /// Puts something in the place of each `$n`: the highest first, so that `$1` is not taken for the beginning of `$10`.
    fn with_variables(&mut self, statement: &Executed, known: &[(&String, &String)]) -> String {
        let mut sql = statement.sql.clone();
        for (at, value) in statement.parameters.iter().enumerate().rev() {
            let sample = known.iter().find(|(_, sample)| Some(sample.as_str()) == value.as_deref());
            let inserted = match (sample, value) {
                (Some((column, _)), _) => format!(":{column}"),
                (None, Some(value)) => self.constant(value),
                (None, None) => "null".into(),
            };
            sql = sql.replace(&format!("${}", at + 1), &inserted);
        }
        sql
    }

    fn constant(&mut self, value: &str) -> String {
        let known = self.constants.iter().position(|(_, held)| held == value);
        let at = known.unwrap_or_else(|| {
            self.constants.push((format!("c{}", self.constants.len()), value.to_owned()));
            self.constants.len() - 1
        });
        format!(":{}", self.constants[at].0)
    }
}

/// Every so many requests of a connection are about the same thing: drawing it is no part of what is measured.
const SAME: u32 = 16;

/// Draws what to ask about.
fn draw(question: &Question, samples: &Samples) -> String {
    format!(
        "\\set asked :asked + 1\n\\if :asked % {SAME} = 1\n\\set id random(1, {})\nselect {} from {} where id = :id \\gset\n\\endif\n",
        samples.paths.len(),
        samples.columns.join(", "),
        question.table()
    )
}

/// What is executed while the API answers.
async fn record(server: SocketAddr, path: &str, db: &mut PgConnection, log: &Path) -> Result<Vec<Executed>> {
    set_logging(db, "all").await?;
    let executed = wait::until("the database's log to show a request", PATIENCE, || async {
        let before = std::fs::read_to_string(log)?.len();
        load::body(server, path).await?;
        // The end of the transaction comes after the answer.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let text = std::fs::read_to_string(log)?;
        let executed = parse(&text[before..])?;
        let has = |word: &str| executed.iter().any(|statement| is(statement, word));
        Ok((has("begin") && has("rollback") && has("insert into query")).then_some(executed))
    })
    .await?;
    set_logging(db, "none").await?;
    Ok(executed)
}

fn is(statement: &Executed, word: &str) -> bool {
    statement.sql.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

async fn set_logging(db: &mut PgConnection, what: &str) -> Result<()> {
    db.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(format!("alter system set log_statement = '{what}'")))).await?;
    db.execute("select pg_reload_conf()").await?;
    Ok(())
}

/// Statements in the log, in its order. Our own settings are none of them.
fn parse(log: &str) -> Result<Vec<Executed>> {
    let mut found: Vec<Executed> = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let mut entry = line.to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            entry = entry + "\n" + more;
        }
        if let Some((_, executed)) = entry.split_once("LOG:  execute ") {
            let (_, sql) = executed.split_once(": ").context("the log names no statement")?;
            found.push(Executed { sql: sql.to_owned(), parameters: Vec::new() });
        } else if let Some((_, sql)) = entry.split_once("LOG:  statement: ") {
            found.push(Executed { sql: sql.to_owned(), parameters: Vec::new() });
        } else if let (Some((_, list)), Some(last)) = (entry.split_once("arameters: "), found.last_mut()) {
            last.parameters = parameters(list)?;
        }
    }
    found.retain(|statement| !statement.sql.starts_with("alter system") && !statement.sql.contains("pg_reload_conf"));
    Ok(found)
}

/// `$1 = 'a', $2 = NULL`, with quotes doubled.
fn parameters(list: &str) -> Result<Vec<Option<String>>> {
    let mut all = Vec::new();
    let mut rest = list;
    while let Some((_, value)) = rest.split_once(" = ") {
        if let Some(after) = value.strip_prefix("NULL") {
            all.push(None);
            rest = after;
            continue;
        }
        let Some(text) = value.strip_prefix('\'') else { bail!("the log holds a parameter of another form: {value}") };
        let end = end_of_quoted(text).context("the log holds a parameter without end")?;
        all.push(Some(text[..end].replace("''", "'")));
        rest = &text[end + 1..];
    }
    Ok(all)
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find('\'')?;
        if !text[at + 1..].starts_with('\'') {
            return Some(at);
        }
        from = at + 2;
    }
}
