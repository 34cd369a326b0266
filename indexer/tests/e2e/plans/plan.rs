//! What Postgres does for a statement.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};

use super::statements::Statement;

/// Tables of one row.
const SINGLE: [&str; 2] = ["deployment", "progress"];

/// As `explain (format json)` gives it.
pub struct Plan(Value);

impl Plan {
    /// With parameters that could be anything.
    pub async fn of(db: &mut PgConnection, statement: &Statement) -> Self {
        let nulls = vec!["null"; statement.parameters].join(", ");
        Self::explain(db, &statement.sql, &nulls, "format json").await
    }

    /// What it did with these, which are SQL.
    pub async fn executed(db: &mut PgConnection, statement: &Statement, parameters: &str) -> Self {
        Self::explain(db, &statement.sql, parameters, "analyze, buffers, timing off, summary off, format json").await
    }

    /// Under the connection's own settings.
    async fn explain(db: &mut PgConnection, sql: &str, parameters: &str, options: &str) -> Self {
        db.execute(sqlx::raw_sql(AssertSqlSafe(format!("prepare explained as {sql}")))).await.unwrap();
        let parameters = if parameters.is_empty() { String::new() } else { format!("({parameters})") };
        let explain = format!("explain ({options}) execute explained{parameters}");
        let row = db.fetch_one(sqlx::raw_sql(AssertSqlSafe(explain))).await.unwrap_or_else(|e| panic!("{e}: {sql}"));
        db.execute("deallocate explained").await.unwrap();
        let mut json: Value = serde_json::from_str(&row.try_get_unchecked::<String, _>(0).unwrap()).unwrap();
        Plan(json[0]["Plan"].take())
    }

    /// What of it reads a table that grows otherwise than by a key.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        visit(&self.0, None, &mut |node, above| {
            let (kind, table) = (text(node, "Node Type"), text(node, "Relation Name"));
            let unbounded = node["Index Cond"].is_null() && kind.contains("Index") && !kind.contains("Bitmap Heap");
            // The first of an order, as it is.
            let first = node["Filter"].is_null() && above.is_some_and(|above| text(above, "Node Type") == "Limit");
            if kind == "Seq Scan" && !SINGLE.contains(&table) {
                faults.push(format!("reads all of {table}"));
            } else if unbounded && !first {
                faults.push(format!("reads all of {}", text(node, "Index Name")));
            } else if kind.contains("Hash Join") || kind.contains("Merge Join") {
                faults.push(format!("{kind} of whole tables"));
            }
        });
        faults
    }

    /// Pages that were looked at.
    pub fn buffers(&self) -> u64 {
        ["Shared Hit Blocks", "Shared Read Blocks"].iter().filter_map(|name| self.0[name].as_u64()).sum()
    }

    /// Rows that came out of it.
    pub fn rows(&self) -> f64 {
        self.0["Actual Rows"].as_f64().unwrap_or_default()
    }

    /// One line a step.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        draw(&self.0, 0, &mut lines);
        lines
    }
}

fn text<'a>(node: &'a Value, name: &str) -> &'a str {
    node[name].as_str().unwrap_or_default()
}

fn steps(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}

fn visit<'a>(node: &'a Value, above: Option<&'a Value>, see: &mut impl FnMut(&'a Value, Option<&'a Value>)) {
    see(node, above);
    steps(node).for_each(|step| visit(step, Some(node), see));
}

fn draw(node: &Value, depth: usize, lines: &mut String) {
    let words = ["Node Type", "Relation Name", "Index Name", "Index Cond"].map(|name| text(node, name));
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let guess = format!("{} rows, cost {}", node["Plan Rows"], node["Total Cost"]);
    lines.extend(["    ", &"  ".repeat(depth), &words.join("  "), "  (", &guess, ")\n"]);
    steps(node).for_each(|step| draw(step, depth + 1, lines));
}
