//! Random histories with reorgs and restarts: whoever is told what, and whenever they come again, ends up with exactly their own
//! events of the chain as it is.

use chartkey_devnet::postgres::DatabaseUrl;
use ethers::types::Address;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::client::{Stream, Told};
use super::own::Terms;
use super::{history, is_last_word, last_word};
use crate::history::History;
use crate::indexer::{Indexer, Source};
use crate::world::World;

/// Ids that each account comes again with, of all it was ever given.
const RESUMED: usize = 25;
const ROUNDS: usize = 24;

/// Two processes on one database that callers sign in at, and one that is open.
struct Stage<'a> {
    world: &'a World,
    database: DatabaseUrl,
    closed: Vec<Indexer>,
    open: Indexer,
}

impl<'a> Stage<'a> {
    async fn new(world: &'a World) -> Self {
        let database = world.database().await;
        let closed = vec![Self::start(world, &database).await, Self::start(world, &database).await];
        let open = Indexer::serve(world, &database).await;
        let stage = Stage { world, database, closed, open };
        stage.catch_up().await;
        stage
    }

    async fn start(world: &World, database: &DatabaseUrl) -> Indexer {
        Indexer::start_on(&Source { open: false, ..world.source() }, database, &[]).await
    }

    async fn catch_up(&self) {
        self.open.catch_up(self.world).await;
    }

    /// Ends one of the two, as it comes, and starts another in its place.
    async fn restart(&mut self, rng: &mut StdRng) {
        let ended = self.closed.remove(rng.random_range(0..2));
        if rng.random() {
            ended.stop().await;
        } else {
            ended.kill();
        }
        self.closed.push(Self::start(self.world, &self.database).await);
    }

    fn one(&self, rng: &mut StdRng) -> &Indexer {
        self.closed.choose(rng).unwrap()
    }
}

/// Somebody who listens, and what they had when, by the id they had last.
struct Person {
    account: Address,
    token: String,
    stream: Stream,
    told: Told,
    moments: Vec<Told>,
}

impl Person {
    async fn begin(stage: &Stage<'_>, account: Address) -> Self {
        let token = stage.closed[0].sign_in(stage.world, account).await;
        let stream = Stream::open(&stage.closed[0], Some(&token), "?fromBlock=0", None).await;
        Person { account, token, stream, told: Told::default(), moments: Vec::new() }
    }

    /// Takes what has come, up to a last word; comes again whenever the stream ended.
    async fn listen(&mut self, stage: &Stage<'_>, rng: &mut StdRng, last_word: &str) {
        let last = is_last_word(last_word);
        loop {
            match self.stream.try_next().await {
                Ok(Some(frame)) => {
                    self.told.take(&frame);
                    if frame.id.is_some() {
                        self.moments.push(self.told.clone());
                    }
                    if self.told.events.last().is_some_and(&last) {
                        return;
                    }
                }
                Ok(None) | Err(_) => self.come_again(stage, rng).await,
            }
        }
    }

    async fn come_again(&mut self, stage: &Stage<'_>, rng: &mut StdRng) {
        let last = self.told.last_id.as_deref();
        let indexer = stage.one(rng);
        self.stream = if let (Some(last), true) = (last, rng.random()) {
            Stream::open(indexer, Some(&self.token), &format!("?lastEventId={last}"), None).await
        } else {
            Stream::open(indexer, Some(&self.token), "?fromBlock=0", last).await
        };
    }
}

/// One stretch of history: acts, of which a reorg takes some back; processes and connections come and go.
async fn round(stage: &mut Stage<'_>, history: &mut History<'_>, people: &mut [Person], rng: &mut StdRng) {
    let snapshot: Value = stage.world.rpc().call("evm_snapshot", json!([])).await.unwrap();
    let records = history.records.clone();
    history.act(rng.random_range(1..8)).await;
    if rng.random_ratio(2, 3) {
        stage.catch_up().await;
        speak(stage, people, rng).await;
    }
    if rng.random_ratio(1, 2) {
        let reverted: bool = stage.world.rpc().call("evm_revert", json!([snapshot])).await.unwrap();
        assert!(reverted);
        history.records = records;
        history.act(rng.random_range(1..8)).await;
    }
    if rng.random_ratio(1, 6) {
        stage.restart(rng).await;
    }
    for person in people {
        if rng.random_ratio(1, 4) {
            person.come_again(stage, rng).await;
        }
    }
}

/// Everybody says something, and listens until they hear it.
async fn speak(stage: &Stage<'_>, people: &mut [Person], rng: &mut StdRng) {
    let mut words = Vec::new();
    for person in people.iter() {
        words.push(last_word(stage.world, person.account).await);
    }
    for (person, word) in people.iter_mut().zip(words) {
        person.listen(stage, rng, &word).await;
    }
}

#[tokio::test]
async fn whoever_comes_again_whenever_ends_up_with_exactly_their_own() {
    let seed = 41;
    let mut rng = StdRng::seed_from_u64(seed);
    let world = World::new().await;
    let mut acts = History::begin(&world, seed).await;
    acts.act(40).await;
    let mut stage = Stage::new(&world).await;
    let mut people = Vec::new();
    // Patients, practitioners, a guardian, the auditor, a registrar, and somebody who is nothing.
    for nth in [1, 2, 3, 5, 13, 11, 9, 17] {
        people.push(Person::begin(&stage, world.accounts[nth]).await);
    }
    for _ in 0..ROUNDS {
        round(&mut stage, &mut acts, &mut people, &mut rng).await;
    }
    acts.act(5).await;
    speak(&stage, &mut people, &mut rng).await;

    stage.catch_up().await;
    let (whole, terms) = (history(&stage.open).await, Terms::read(&stage.database).await);
    let mut by_term = 0;
    for person in &people {
        by_term += terms.check(person.account, &whole, &person.told.events, false, "listening all the time");
    }
    let reorgs: usize = people.iter().map(|person| person.told.reorgs).sum();
    assert!(reorgs > 10 && by_term > 10, "seed {seed}: {reorgs} reorgs, {by_term} events by terms");
    resume_everywhere(&stage, &people, &whole, &terms, &mut rng).await;
    let mut all = Told::default();
    let mut everything = Stream::open(&stage.open, None, "?fromBlock=0", None).await;
    let last = whole.last().unwrap();
    all.take_until(&mut everything, |event| event == last).await;
    assert_eq!(all.events, whole);
    for indexer in stage.closed {
        indexer.stop().await;
    }
}

/// Everybody comes again from moments of all that they had, those on branches that were replaced among them.
async fn resume_everywhere(stage: &Stage<'_>, people: &[Person], whole: &[Value], terms: &Terms, rng: &mut StdRng) {
    for person in people {
        let last = person.told.events.last().unwrap();
        for moment in person.moments.sample(rng, RESUMED) {
            let mut told = moment.clone();
            let id = told.last_id.clone().unwrap();
            let mut stream = Stream::open(stage.one(rng), Some(&person.token), "", Some(&id)).await;
            if told.events.last() != Some(last) {
                told.take_until(&mut stream, |event| event == last).await;
            }
            terms.check(person.account, whole, &told.events, false, &format!("coming again with {id}"));
        }
        let mut told = Told::default();
        let mut stream = Stream::open(stage.one(rng), Some(&person.token), "?fromBlock=0", None).await;
        told.take_until(&mut stream, |event| event == last).await;
        terms.check(person.account, whole, &told.events, true, "coming for the first time");
    }
}
