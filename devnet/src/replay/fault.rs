//! What goes wrong on demand.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ethers::types::Address;

use super::{nodes::Node, rng::Rng};

/// Something that goes wrong. The first six strike an HTTP request or WebSocket message as a whole, the others each call in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The answer comes after a random time from the first to the second.
    Delay(Duration, Duration),
    /// HTTP 429, with `Retry-After` in seconds if given. Over WebSocket: error -32005.
    TooManyRequests(Option<u64>),
    /// Another HTTP status without a JSON body, as of a proxy: 500, 502, 503. Over WebSocket the connection is closed.
    Status(u16),
    /// The body ends in its middle, and claims to be whole.
    Truncated,
    /// The connection breaks in the middle of the answer.
    Dropped,
    /// The body is no JSON.
    Garbage,

    /// JSON-RPC error -32005, `rate limited`.
    RateLimited,
    /// `eth_getLogs` refuses answers of more logs than this, in a node's words.
    ResultLimit(usize, Node),
    /// `eth_getLogs` refuses ranges of more blocks than this, in a node's words.
    RangeLimit(u64, Node),
    /// `eth_getLogs` answers with nothing, whatever there is: the node announced a block whose logs it does not have yet.
    NoLogs,
    /// `eth_getLogs` leaves out one log, if there is one.
    LostLog,
    /// Everything is answered from the branch that the latest reorganisation replaced.
    WrongFork,
    /// Answers as if the head were so many blocks lower.
    Lagging(u64),
    /// Logs without `blockTimestamp`, as of an older node.
    NoTimestamps,
    /// Logs name a block hash that is none.
    WrongBlockHash,
    /// `finalized` and `safe` are so many blocks older than they should be.
    StaleFinalized(u64),
    /// `trail(address)` of these subjects answers something else.
    WrongTrail(Vec<Address>),
    /// The method is not known: -32601.
    UnknownMethod,
}

impl Fault {
    fn strikes_messages(&self) -> bool {
        use Fault as F;
        matches!(self, F::Delay(..) | F::TooManyRequests(_) | F::Status(_) | F::Truncated | F::Dropped | F::Garbage)
    }

    /// Every time.
    #[must_use]
    pub fn always(self) -> Rule {
        Rule { fault: self, when: When::Always, method: None }
    }

    /// With this probability, 0 to 1.
    #[must_use]
    pub fn chance(self, probability: f64) -> Rule {
        Rule { fault: self, when: When::Chance(probability), method: None }
    }

    /// The next so many times.
    #[must_use]
    pub fn times(self, times: u32) -> Rule {
        Rule { fault: self, when: When::Times(times), method: None }
    }
}

#[derive(Clone, Debug)]
enum When {
    Always,
    Chance(f64),
    Times(u32),
}

/// A fault and when it strikes.
#[derive(Clone, Debug)]
pub struct Rule {
    fault: Fault,
    when: When,
    method: Option<String>,
}

impl Rule {
    /// Only calls of this method (messages that hold such a call).
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }
}

/// The faults of one endpoint.
#[derive(Debug)]
pub(super) struct Faults(Mutex<(Vec<Rule>, Rng)>);

impl Faults {
    pub(super) fn none() -> Self {
        Self(Mutex::new((Vec::new(), Rng::new(0))))
    }

    pub(super) fn set(&self, rules: Vec<Rule>, seed: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (rules, Rng::new(seed));
    }

    /// What strikes a message that calls these methods.
    pub(super) fn of_message(&self, methods: &[&str]) -> Vec<Fault> {
        self.strike(methods, true)
    }

    /// What strikes one call.
    pub(super) fn of_call(&self, method: &str) -> Vec<Fault> {
        self.strike(&[method], false)
    }

    fn strike(&self, methods: &[&str], messages: bool) -> Vec<Fault> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (rules, rng) = &mut *held;
        let concerned = rules.iter_mut().filter(|rule| {
            let called = rule.method.as_deref().is_none_or(|method| methods.contains(&method));
            called && rule.fault.strikes_messages() == messages
        });
        let mut struck = Vec::new();
        for rule in concerned {
            let strikes = match &mut rule.when {
                When::Always => true,
                When::Chance(probability) => rng.chance(*probability),
                When::Times(0) => false,
                When::Times(left) => {
                    *left -= 1;
                    true
                }
            };
            if strikes {
                struck.push(rule.fault.clone());
            }
        }
        struck
    }

    /// A random number, `low ..= high`.
    pub(super) fn between(&self, low: u64, high: u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.between(low, high)
    }
}
