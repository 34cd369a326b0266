//! The chain's head: from a subscription where there is one, else asked for. Both go through `Heads::hear`, which decides
//! which head to follow when endpoints differ:
//!
//! * further along wins at once;
//! * lower, and not known to be of another branch, is an endpoint that lags: ignored, unless nobody confirms the head followed
//!   for `PATIENCE` (then the chain was cut back);
//! * another branch, no further along, counts if the endpoint that gave the head followed says so itself, or has been silent
//!   for `STALE`: two endpoints that disagree do not make the index go back and forth.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Url;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::core::{Core, header_by_tag};
use super::error::ChainError;
use super::pool::{ANSWER, First};
use super::socket;
use super::wire::NodeHeader;
use crate::model::{Hash, Header};

const PATIENCE: Duration = Duration::from_secs(3);
const STALE: Duration = Duration::from_secs(10);
/// With a live subscription the head is still asked for this often: a connection may be dead without looking so.
const SAFETY: Duration = Duration::from_secs(15);
/// Heads of other endpoints are asked for this often, to notice that the one followed lags.
const SURVEY: Duration = Duration::from_secs(15);
const SURVEY_TIMEOUT: Duration = Duration::from_secs(3);
/// Blocks by which another endpoint must be ahead to be followed instead.
const LAG: u64 = 2;
/// Ancestors of the head that are remembered.
const ANCESTORS: usize = 256;

/// Who told a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Endpoint(usize),
    Socket(usize),
}

#[derive(Debug, Clone, Copy)]
pub struct Tip {
    header: Header,
    from: Speaker,
    /// When it was last told by anybody.
    heard: Instant,
    /// Since when it is contradicted by lower heads.
    doubted: Option<Instant>,
}

/// The head that is followed, and who is listened to.
pub struct Heads {
    tip: watch::Sender<Option<Tip>>,
    ancestors: Mutex<BTreeMap<u64, Hash>>,
    /// Since when a subscription brings heads.
    live: watch::Sender<Option<Instant>>,
    /// Wakes the subscription up to connect anew.
    pub mute: Notify,
    pushed: Mutex<Instant>,
    polled: Mutex<Option<Instant>>,
    surveyed: Mutex<Instant>,
    surveying: AtomicBool,
    poll_interval: Duration,
    sockets: Vec<Url>,
    listener: OnceLock<Listener>,
}

/// Ends the subscription with the chain it is for.
struct Listener(JoinHandle<()>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Heads {
    pub fn new(poll_interval: Duration, sockets: Vec<Url>) -> Self {
        Heads {
            tip: watch::Sender::new(None),
            ancestors: Mutex::default(),
            live: watch::Sender::new(None),
            mute: Notify::new(),
            pushed: Mutex::new(Instant::now()),
            polled: Mutex::default(),
            surveyed: Mutex::new(Instant::now()),
            surveying: AtomicBool::new(false),
            poll_interval,
            sockets,
            listener: OnceLock::new(),
        }
    }

    pub fn poll_interval(&self) -> Duration {
        self.poll_interval
    }

    /// Whether a subscription brings heads from now on. Answers whether one did so far.
    pub fn set_live(&self, live: bool) -> bool {
        self.live.send_replace(live.then(Instant::now)).is_some()
    }

    /// A head that a subscription brought.
    pub fn push(&self, header: Header, socket: usize) {
        *lock(&self.pushed) = Instant::now();
        self.hear(header, Speaker::Socket(socket));
    }

    /// Takes note of a head, and answers with the one to follow.
    pub fn hear(&self, header: Header, from: Speaker) -> Header {
        let mut followed = header;
        self.tip.send_if_modified(|tip| {
            let now = Instant::now();
            let before = tip.as_ref().map(|tip| tip.header);
            let replaced = match tip.as_mut() {
                None => true,
                Some(tip) if tip.header.block.hash == header.block.hash => {
                    (tip.heard, tip.doubted) = (now, None);
                    false
                }
                Some(tip) => self.overrides(tip, &header, from),
            };
            if replaced {
                *tip = Some(Tip { header, from, heard: now, doubted: None });
                self.note_ancestors(&header);
            }
            followed = tip.as_ref().map_or(header, |tip| tip.header);
            before.is_none_or(|before| before.block.hash != followed.block.hash)
        });
        followed
    }

    /// When to ask for the head if nobody tells a new one.
    fn ask_at(&self, live_since: Option<Instant>, called: Instant) -> Instant {
        let (polled, pushed) = (*lock(&self.polled), *lock(&self.pushed));
        match (live_since, polled) {
            // What came just before the subscription began, nobody tells.
            (Some(since), _) if pushed < since && polled.is_none_or(|polled| polled < since) => called,
            (Some(_), _) => called + SAFETY,
            (None, Some(polled)) => polled + self.poll_interval,
            (None, None) => called,
        }
    }

    fn overrides(&self, tip: &mut Tip, header: &Header, from: Speaker) -> bool {
        let (number, followed) = (header.block.number, tip.header.block.number);
        if number > followed {
            return true;
        }
        let known = lock(&self.ancestors).get(&number).copied();
        if number < followed && known.is_none_or(|known| known == header.block.hash) {
            return tip.doubted.get_or_insert_with(Instant::now).elapsed() >= PATIENCE;
        }
        from == tip.from || tip.heard.elapsed() >= STALE
    }

    fn note_ancestors(&self, header: &Header) {
        let mut ancestors = lock(&self.ancestors);
        let number = header.block.number;
        ancestors.split_off(&number);
        if let Some(below) = number.checked_sub(1)
            && ancestors.insert(below, header.parent).is_some_and(|known| known != header.parent)
        {
            *ancestors = BTreeMap::from([(below, header.parent)]);
        }
        ancestors.insert(number, header.block.hash);
        while ancestors.len() > ANCESTORS {
            ancestors.pop_first();
        }
    }
}

async fn ask(core: &Core, first: First) -> Result<(Header, usize), ChainError> {
    let read = |mut answers: Vec<Option<NodeHeader>>, number: usize| {
        let found = answers.pop().flatten().ok_or(ChainError::NoBlock(0))?;
        let wrong = |detail| ChainError::nonsense(core.pool.endpoint(number).name(), "eth_getBlockByNumber", detail);
        Ok((core.header(&found).map_err(wrong)?, number))
    };
    core.pool.ask(first, &[header_by_tag("latest")], ANSWER, read).await
}

/// Asks for the head, and answers with the one to follow.
pub async fn head(core: &Arc<Core>, heads: &Arc<Heads>) -> Result<Header, ChainError> {
    let (header, number) = ask(core, First::Lead).await?;
    *lock(&heads.polled) = Some(Instant::now());
    let followed = heads.hear(header, Speaker::Endpoint(number));
    let differs = followed.block.hash != header.block.hash;
    let due = lock(&heads.surveyed).elapsed() >= SURVEY;
    if core.pool.len() > 1 && (differs || due) && !heads.surveying.swap(true, Ordering::Relaxed) {
        tokio::spawn(survey(core.clone(), heads.clone(), header.block.number));
    }
    Ok(followed)
}

/// Hears all endpoints, and follows another one if the one followed so far, at `ours`, lags.
async fn survey(core: Arc<Core>, heads: Arc<Heads>, ours: u64) {
    let others = (0..core.pool.len()).filter(|number| *number != core.pool.lead());
    let asked = others.map(|number| {
        let core = &core;
        async move {
            let endpoint = core.pool.endpoint(number);
            let calls = [header_by_tag("latest")];
            let answer = tokio::time::timeout(SURVEY_TIMEOUT, endpoint.ask::<NodeHeader>(&calls, ANSWER)).await;
            let found = answer.ok()?.ok()?.pop()??;
            Some((number, core.header(&found).ok()?))
        }
    });
    let told: Vec<_> = join_all(asked).await.into_iter().flatten().collect();
    for (number, header) in &told {
        heads.hear(*header, Speaker::Endpoint(*number));
    }
    if let Some((number, furthest)) = told.iter().max_by_key(|(_, header)| header.block.number)
        && furthest.block.number >= ours + LAG
    {
        core.pool.set_lead(*number);
    }
    *lock(&heads.surveyed) = Instant::now();
    heads.surveying.store(false, Ordering::Relaxed);
}

/// Waits for a head other than `known`: at most until the next time to ask for it.
pub async fn next_head(core: &Arc<Core>, heads: &Arc<Heads>, known: Hash) -> Result<Header, ChainError> {
    if !heads.sockets.is_empty() {
        heads.listener.get_or_init(|| {
            // The task must not keep alive what ends it.
            let task = socket::follow(core.clone(), Arc::downgrade(heads), heads.sockets.clone());
            Listener(tokio::spawn(task))
        });
    }
    let mut tips = heads.tip.subscribe();
    let mut live = heads.live.subscribe();
    let called = Instant::now();
    loop {
        let live_since = *live.borrow_and_update();
        let tip = *tips.borrow_and_update();
        let fresh = |tip: &Tip| live_since.is_some() || tip.heard.elapsed() < heads.poll_interval;
        if let Some(tip) = tip.filter(|tip| tip.header.block.hash != known && fresh(tip)) {
            return Ok(tip.header);
        }
        let ask_at = heads.ask_at(live_since, called);
        tokio::select! {
            _ = tips.changed() => {}
            _ = live.changed() => {}
            () = tokio::time::sleep_until(ask_at.into()) => break,
        }
    }
    let found = head(core, heads).await?;
    let silent = lock(&heads.pushed).elapsed() >= SAFETY;
    if heads.live.borrow().is_some() && silent && found.block.hash != known {
        heads.mute.notify_one();
    }
    Ok(found)
}
