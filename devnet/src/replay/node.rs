//! One endpoint: reads requests, and answers them from the chain, with faults of its own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tokio::sync::broadcast;

use super::{
    block::Block,
    chain::Chain,
    fault::{Fault, Faults},
    filter::Refusal,
    json::Json,
    methods::Call,
    view::View,
};

/// A chain and who listens for its heads: what all endpoints share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) chain: RwLock<Chain>,
    pub(super) heads: broadcast::Sender<Arc<Block>>,
}

impl Shared {
    pub(super) fn read<T>(&self, ask: impl FnOnce(&Chain) -> T) -> T {
        ask(&self.chain.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn write<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> T {
        change(&mut self.chain.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What an endpoint was asked and gave, since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Calls by method; those in batches one by one.
    pub calls: BTreeMap<String, u64>,
    /// HTTP requests and WebSocket messages.
    pub messages: u64,
    /// Logs in answers of `eth_getLogs`.
    pub logs: u64,
    /// Bytes of JSON in answers, before a fault cut them.
    pub bytes: u64,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) shared: Arc<Shared>,
    pub(super) faults: Faults,
    stats: Mutex<Stats>,
    next_subscription: AtomicU64,
}

/// A request as it came.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    pub(super) method: String,
    #[serde(default)]
    pub(super) params: Value,
}

/// One request or a batch.
pub(super) struct Message<'a> {
    pub(super) requests: Vec<Request<'a>>,
    batch: bool,
}

impl<'a> Message<'a> {
    /// `None`: it is no JSON-RPC.
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        if text.trim_ascii_start().starts_with(b"[") {
            return Some(Self { requests: serde_json::from_slice(text).ok()?, batch: true });
        }
        Some(Self { requests: vec![serde_json::from_slice(text).ok()?], batch: false })
    }

    pub(super) fn methods(&self) -> Vec<&str> {
        self.requests.iter().map(|request| request.method.as_str()).collect()
    }
}

impl Node {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, faults: Faults::none(), stats: Mutex::default(), next_subscription: AtomicU64::new(1) }
    }

    pub(super) fn stats(&self) -> Stats {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers a message. `subscriptions`: those of the WebSocket connection it came by.
    pub(super) fn answer(&self, message: &Message<'_>, mut subscriptions: Option<&mut Vec<u64>>) -> Vec<u8> {
        let mut out = Json::default();
        let mut logs = 0;
        if message.batch {
            out.text("[");
        }
        for request in &message.requests {
            logs += self.answer_one(request, subscriptions.as_deref_mut(), &mut out);
            out.text(",");
        }
        out.0.pop();
        if message.batch {
            out.text("]");
        }
        self.count(message, logs, out.0.len());
        out.0
    }

    fn answer_one(&self, request: &Request<'_>, subscriptions: Option<&mut Vec<u64>>, out: &mut Json) -> u64 {
        let start = out.0.len();
        let id = request.id.map_or("null", |id| id.get());
        out.text("{\"jsonrpc\":\"2.0\",\"id\":").text(id).text(",\"result\":");
        let answered = match (request.method.as_str(), subscriptions) {
            ("eth_subscribe", Some(subscriptions)) => self.subscribe(&request.params, subscriptions, out),
            ("eth_unsubscribe", Some(subscriptions)) => Ok(unsubscribe(&request.params, subscriptions, out)),
            (method, _) => self.call(method, &request.params, out),
        };
        let logs = answered.unwrap_or_else(|refusal| {
            out.0.truncate(start);
            out.text("{\"jsonrpc\":\"2.0\",\"id\":").text(id).text(",\"error\":{\"code\":");
            out.text(&refusal.code.to_string()).text(",\"message\":").string(&refusal.message).text("}");
            0
        });
        out.text("}");
        logs
    }

    fn call(&self, method: &str, params: &Value, out: &mut Json) -> Result<u64, Refusal> {
        let faults = self.faults.of_call(method);
        self.shared.read(|chain| {
            let view = View::new(chain, &faults);
            Call { view, params, faults: &faults }.answer(method, out)
        })
    }

    fn subscribe(&self, params: &Value, subscriptions: &mut Vec<u64>, out: &mut Json) -> Result<u64, Refusal> {
        if self.faults.of_call("eth_subscribe").contains(&Fault::UnknownMethod) {
            return Err(Refusal::new(-32_601, "notifications not supported"));
        }
        if params[0] != "newHeads" {
            return Err(Refusal::invalid(format!("no subscription {}: only newHeads", params[0])));
        }
        let id = self.next_subscription.fetch_add(1, Ordering::Relaxed);
        subscriptions.push(id);
        out.quantity(id);
        Ok(0)
    }

    /// What a subscriber gets when the chain has a new block; an endpoint that lags or is elsewhere announces its own head.
    pub(super) fn announcement(&self, subscription: u64, block: &Block) -> String {
        let faults = self.faults.of_call("eth_subscription");
        let mut out = Json::default();
        out.text("{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\",\"params\":{\"subscription\":");
        out.quantity(subscription).text(",\"result\":");
        self.shared.read(|chain| {
            let view = View::new(chain, &faults);
            let head = if faults.is_empty() { None } else { view.block(view.head) };
            out.header(head.map_or(block, |head| head));
        });
        out.text("}}");
        String::from_utf8(out.0).unwrap_or_default()
    }

    fn count(&self, message: &Message<'_>, logs: u64, bytes: usize) {
        let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.messages += 1;
        stats.logs += logs;
        stats.bytes += bytes as u64;
        for request in &message.requests {
            match stats.calls.get_mut(&request.method) {
                Some(count) => *count += 1,
                None => _ = stats.calls.insert(request.method.clone(), 1),
            }
        }
    }
}

fn unsubscribe(params: &Value, subscriptions: &mut Vec<u64>, out: &mut Json) -> u64 {
    let known = subscriptions.iter().position(|id| params[0] == format!("{id:#x}"));
    if let Some(nth) = known {
        subscriptions.swap_remove(nth);
    }
    out.text(if known.is_some() { "true" } else { "false" });
    0
}
