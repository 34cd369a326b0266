//! Random trouble: whatever happens to indexers, database and chain, and in whatever order, in the end the tables are those of a
//! fresh index of the final chain, and `verify` finds nothing wrong.
//!
//! `CHAOS_SCHEDULES=200` runs so many schedules; `CHAOS_SEED=…` chooses the first one's seed, and each further one has the next.
//! What happens follows from the seed; when exactly it strikes does not.

mod act;
mod fault;
mod schedule;
pub mod stage;

use std::str::FromStr;
use std::time::Instant;

use chartkey_devnet::postgres::{Postgres, PostgresOptions};
use chartkey_devnet::toolchain::Toolchain;

use schedule::Schedule;

/// Few: this many are part of all tests.
const SCHEDULES: u32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_the_tables_become_those_of_a_fresh_index() {
    let count = setting("CHAOS_SCHEDULES").unwrap_or(SCHEDULES);
    let first: u32 = setting("CHAOS_SEED").unwrap_or_else(rand::random);
    println!("{count} schedules, the first with seed {first}");
    let tools = Toolchain::find().unwrap();
    // Commits survive a crash of the server, which is all that crashes here: not of the machine.
    let settings = vec![("fsync".to_owned(), "off".to_owned())];
    let options = PostgresOptions { durable: true, settings, ..PostgresOptions::default() };
    let mut server = Postgres::start(&tools, options).await.unwrap();
    for nth in 0..count {
        let seed = first.wrapping_add(nth);
        let named = Named(seed);
        let started = Instant::now();
        let acts = Schedule::new(seed, &mut server).await.run().await;
        let seconds = started.elapsed().as_secs_f64();
        println!("schedule {} of {count} (seed {seed}): ok, {acts} acts, {seconds:.1} s", nth + 1);
        drop(named);
    }
    server.stop().await.unwrap();
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}: expected a number")))
}

/// Says how to run a schedule alone, if it fails.
struct Named(u32);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0;
            println!(
                "this was seed {seed}; alone: CHAOS_SEED={seed} CHAOS_SCHEDULES=1 \
                 cargo test -p chartkey-indexer --test e2e -- --nocapture whatever_happens_the_tables"
            );
        }
    }
}
