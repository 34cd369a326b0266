//! One schedule: a chain, a database, two instances, and what happens to them.

use std::time::{Duration, Instant};

use chartkey_devnet::child::Signal;
use chartkey_devnet::postgres::{DatabaseUrl, Postgres};
use chartkey_devnet::replay::{Fault, ReplayOptions};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::act::{Act, Circumstances, Which};
use super::fault;
use super::stage::Stage;
use crate::indexer::Indexer;

/// Blocks after which one is final.
const FINALITY: u64 = 12;
/// Events of a chain whose deployment may not be final.
const YOUNG: u64 = 20;
/// The longest pause between two acts, in milliseconds. Where in its work an act finds the indexer is chance.
const PAUSE: u64 = 250;
/// How long an instance may take to end when asked to.
const STOP: Duration = Duration::from_secs(20);
/// Small steps: more places to be killed in.
const STEPS: [&str; 2] = ["--events-per-step", "20"];
/// Ends whatever connection holds the writer's lock.
const END_WRITER: &str = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' \
                          and database = (select oid from pg_database where datname = current_database())";

pub struct Schedule<'a> {
    stage: Stage,
    server: &'a mut Postgres,
    database: String,
    instances: [Option<Indexer>; 2],
    rng: StdRng,
    /// The latest block that any node may have called final.
    finalized: u64,
    /// The block before the branch that was replaced last.
    fork: Option<u64>,
    largest: usize,
    listening: [bool; 2],
    faulty: [bool; 2],
    /// Which endpoints are on the branch that was replaced.
    elsewhere: [bool; 2],
    started: Instant,
    /// What happened when, told if it ends badly.
    told: Vec<String>,
}

impl<'a> Schedule<'a> {
    pub async fn new(seed: u32, server: &'a mut Postgres) -> Self {
        let mut rng = StdRng::seed_from_u64(seed.into());
        let events_per_block = rng.random_range(1..=8);
        // One in four is so young that its deployment can be replaced.
        let events = if rng.random_range(0..4) == 0 { YOUNG } else { rng.random_range(100..=1500) };
        let options = ReplayOptions {
            seed: seed.into(),
            events,
            events_per_block,
            deployment_block: rng.random_range(1..=10),
            finalized_distance: Some(FINALITY),
            ..ReplayOptions::default()
        };
        let stage = Stage::new(options);
        let sparse = events > YOUNG && rng.random();
        if sparse {
            // Most blocks hold no event, as on most chains.
            for _ in 0..rng.random_range(10..=40) {
                stage.replay.mine(rng.random_range(1..=12));
                stage.replay.extend(1);
            }
        }
        let largest = 8 * usize::try_from(events_per_block).unwrap() + 40;
        let limited = rng.random_range(0..3) > 0;
        if limited {
            for (which, endpoint) in stage.endpoints().into_iter().enumerate() {
                endpoint.set_faults(vec![fault::limit(&mut rng, largest)], u64::from(seed) + which as u64);
            }
        }
        let database = format!("chaos_{seed}");
        server.create_database(&database).await.unwrap();
        let finalized = stage.replay.head().number.saturating_sub(FINALITY);
        let told = vec![format!("{options:?}, sparse: {sparse}, limited: {limited}")];
        Schedule {
            stage,
            server,
            database,
            instances: [None, None],
            rng,
            finalized,
            fork: None,
            largest,
            listening: [true; 2],
            faulty: [limited; 2],
            elsewhere: [false; 2],
            started: Instant::now(),
            told,
        }
    }

    /// Runs it to its end, and compares. Gives the number of acts.
    pub async fn run(mut self) -> usize {
        let count = self.rng.random_range(6..=15);
        let mut first = vec![Act::Start(0)];
        if self.rng.random_range(0..4) > 0 {
            first.push(Act::Start(1));
        }
        for nth in 0..count + first.len() {
            let circumstances = self.circumstances();
            let act = first.get(nth).copied().unwrap_or_else(|| Act::draw(&mut self.rng, &circumstances));
            self.tell(format!("{act:?}"));
            self.perform(act).await;
            self.pause().await;
            self.look();
        }
        self.settle().await;
        self.tell("complete".into());
        self.compare().await;
        count
    }

    fn tell(&mut self, what: String) {
        self.told.push(format!("{:.2} s: {what}", self.started.elapsed().as_secs_f64()));
    }

    fn circumstances(&self) -> Circumstances {
        let first = self.stage.replay.deployment().block;
        let depth = self.stage.replay.head().number.saturating_sub(self.finalized.max(first.saturating_sub(1)));
        Circumstances {
            depth,
            other_branch: self.fork.is_some(),
            running: self.instances.each_ref().map(Option::is_some),
            listening: self.listening,
            faulty: self.faulty,
        }
    }

    fn url(&self) -> DatabaseUrl {
        self.server.url(&self.database)
    }

    /// Instances do not end by themselves.
    fn look(&self) {
        for (which, instance) in self.instances.iter().enumerate() {
            if let Some(ended) = instance.as_ref().and_then(|it| it.child().try_wait().unwrap()) {
                panic!("instance {which} ended by itself: {ended}");
            }
        }
    }

    fn logs(&self) -> String {
        let running = self.instances.iter().enumerate();
        let logs = running.filter_map(|(which, it)| it.as_ref().map(|it| format!("instance {which}:\n{}", it.told())));
        logs.collect::<Vec<_>>().join("\n")
    }

    async fn pause(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(0..PAUSE))).await;
    }

    async fn perform(&mut self, act: Act) {
        match act {
            Act::Extend(blocks) => drop(self.stage.replay.extend(blocks)),
            Act::Mine(blocks) => drop(self.stage.replay.mine(blocks)),
            Act::Reorg { depth, blocks } => self.reorg(depth, blocks),
            Act::Kill(which) => drop(self.instances[which].take().map(Indexer::kill)),
            Act::Stop(which) => self.stop(which).await,
            Act::Start(which) => self.start(which).await,
            Act::Freeze(which) => self.freeze(which).await,
            Act::CrashDatabase => {
                self.server.crash();
                self.pause().await;
                self.server.start_again().await.unwrap();
            }
            Act::RestartDatabase => {
                self.server.pause().await.unwrap();
                self.pause().await;
                self.server.start_again().await.unwrap();
            }
            Act::EndWriter => self.end_writer().await,
            Act::StopListening(which) => {
                self.stage.endpoints()[which].stop_listening();
                self.listening[which] = false;
            }
            Act::ListenAgain(which) => {
                self.stage.endpoints()[which].listen_again().unwrap();
                self.listening[which] = true;
            }
            Act::Faults(_) | Act::WrongFork(_) | Act::EndFaults(_) => self.fault(act),
        }
        self.note_final();
    }

    /// Nobody goes on believing a branch that cannot be the chain's any more: that would be another chain.
    fn note_final(&mut self) {
        let head = self.stage.replay.head().number;
        self.finalized = self.finalized.max(head.saturating_sub(FINALITY));
        if self.fork.is_some_and(|fork| fork < self.finalized) {
            self.fork = None;
            for which in 0..2 {
                if self.elsewhere[which] {
                    self.fault(Act::EndFaults(which));
                }
            }
        }
    }

    fn reorg(&mut self, depth: u64, blocks: u64) {
        let fork = self.stage.replay.head().number - depth;
        self.stage.replay.reorg(depth, blocks, self.rng.random());
        self.fork = Some(fork);
    }

    fn fault(&mut self, act: Act) {
        let (which, rules) = match act {
            Act::Faults(which) => (which, fault::some(&mut self.rng, self.largest)),
            Act::WrongFork(which) => (which, vec![Fault::WrongFork.always()]),
            Act::EndFaults(which) => (which, Vec::new()),
            other => unreachable!("{other:?} is no fault"),
        };
        if !rules.is_empty() {
            self.tell(format!("    {rules:?}"));
        }
        self.faulty[which] = !rules.is_empty();
        self.elsewhere[which] = matches!(act, Act::WrongFork(_));
        let seed = self.rng.random();
        self.stage.endpoints()[which].set_faults(rules, seed);
    }

    async fn start(&mut self, which: Which) {
        if self.instances[which].is_none() {
            self.instances[which] = Some(self.stage.start(&self.url(), &STEPS).await);
        }
    }

    /// It ends in order, whatever it is waiting for.
    async fn stop(&mut self, which: Which) {
        let Some(instance) = self.instances[which].take() else { return };
        instance
            .child()
            .stop(Signal::SIGTERM, STOP)
            .await
            .unwrap_or_else(|error| panic!("{error}\n{}", instance.told()));
        let ended = instance.child().try_wait().unwrap();
        assert!(ended.is_some_and(|status| status.success()), "{ended:?}\n{}", instance.told());
    }

    async fn freeze(&mut self, which: Which) {
        let Some(instance) = &self.instances[which] else { return };
        instance.child().signal(Signal::SIGSTOP);
        let pause = Duration::from_millis(self.rng.random_range(0..PAUSE));
        tokio::time::sleep(pause).await;
        instance.child().signal(Signal::SIGCONT);
    }

    async fn end_writer(&self) {
        let mut db = PgConnection::connect(self.url().expose()).await.unwrap();
        sqlx::query(END_WRITER).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }

    /// All trouble ends, and both instances run until the index is complete.
    async fn settle(&mut self) {
        self.stage.heal();
        self.stage.replay.extend(self.rng.random_range(1..=3));
        for which in 0..2 {
            self.start(which).await;
        }
        for instance in self.instances.iter().flatten() {
            self.stage.complete(instance).await;
        }
        self.look();
        for which in 0..2 {
            self.stop(which).await;
        }
    }

    async fn compare(&mut self) {
        let fresh = format!("{}_fresh", self.database);
        self.server.create_database(&fresh).await.unwrap();
        self.stage.compare_with_fresh(&self.url(), &self.server.url(&fresh), "after everything").await;
        for database in [&self.database, &fresh] {
            self.drop_database(database).await;
        }
    }

    /// Connections of killed processes may not have ended yet.
    async fn drop_database(&self, name: &str) {
        let mut db = PgConnection::connect(self.server.url("postgres").expose()).await.unwrap();
        let statement = AssertSqlSafe(format!("drop database {name} with (force)"));
        sqlx::query(statement).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }
}

impl Drop for Schedule<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}\n{}", self.told.join("\n"), self.logs());
        }
    }
}
