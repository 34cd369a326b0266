//! Whether the time that a refusal takes tells what there is: somebody who may see nothing asks for what exists and for what does not.

use std::time::Duration;

use anyhow::Result;
use chartkey_devnet::bench::Row;
use chartkey_devnet::postgres::DatabaseUrl;
use chartkey_devnet::replay::Wallet;
use chartkey_devnet::rpc::http_client;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::load::{self, Times};
use crate::shared::indexer::{Indexer, Places};
use crate::shared::sign_in::token;

/// A kind of path, with a name, as SQL of the hexadecimal of what it names, and where the names are.
const KINDS: [(&str, &str, &str); 2] = [
    ("patients", "'/v1/patients/0x' || hex || '/records'", "select patient as name from patient"),
    ("records", "'/v1/records/f01551220' || hex", "select digest as name from record where codec = 85"),
];
/// Names of each kind, and as many made-up ones.
const NAMES: u32 = 4_000;
/// All are asked for so often before it counts.
const WARM_UP: u64 = 2;
const ROUNDS: u64 = 5;
/// An index that is not complete by then never is.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// One row of each kind: the median of one over that of the other, whichever takes longer.
pub async fn measure(places: &Places<'_>) -> Result<Vec<Row>> {
    let indexer = Indexer::start_with(places, &[("OPEN", "false")]).await?;
    indexer.ready(PATIENCE).await?;
    // Who is nobody on the chain.
    let token = token(&http_client(), &indexer.url, &Wallet::of(0)).await?;
    let mut rows = Vec::new();
    for (name, path, from) in KINDS {
        eprintln!("Refusals: {name}");
        let paths = draw(places.database, path, from).await?;
        let mut seconds = [Vec::new(), Vec::new()];
        for round in 0..WARM_UP + ROUNDS {
            let times = load::refusals(indexer.address()?, &paths, &token, round).await?;
            if round >= WARM_UP {
                let (there, made_up) = times.split_at(times.len() / 2);
                seconds[0].extend(there);
                seconds[1].extend(made_up);
            }
        }
        let [there, made_up] = seconds.map(|seconds| Times::of(seconds, 1.0).percentile(50));
        let what = if there > made_up { "of what is not there" } else { "of what is there" };
        rows.push(
            Row::new(&format!("api.refusals.{name}"), there.max(made_up), "ms")
                .against(there.min(made_up), what)
                .at_most(1.05),
        );
    }
    indexer.stop().await?;
    Ok(rows)
}

/// Paths of what is there, and as many of what is not.
async fn draw(database: &DatabaseUrl, path: &str, from: &str) -> Result<Vec<String>> {
    let mut db = PgConnection::connect(database.expose()).await?;
    let read = format!(
        "with named as (select encode(name, 'hex') as hex from ({from}) all_names order by random() limit {NAMES}),
              made_up as (select left(md5(hex) || md5(hex || '.'), length(hex)) as hex from named)
         select {path} from named union all select {path} from made_up"
    );
    let paths = sqlx::query_scalar(AssertSqlSafe(read)).fetch_all(&mut db).await?;
    db.close().await?;
    Ok(paths)
}
