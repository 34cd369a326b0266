//! From what was measured to rows.

use chartkey_devnet::bench::Row;

/// Processor time, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Cpu {
    pub indexer: f64,
    pub postgres: f64,
}

impl Cpu {
    pub fn since(&self, before: &Cpu) -> Cpu {
        Cpu { indexer: self.indexer - before.indexer, postgres: self.postgres - before.postgres }
    }

    pub fn all(&self) -> f64 {
        self.indexer + self.postgres
    }
}

/// Indexing while nobody listens.
#[derive(Debug)]
pub struct Idle {
    pub cpu: Cpu,
    pub lasted: f64,
}

/// What listeners were told.
#[derive(Debug)]
pub struct Heard {
    /// Milliseconds from when a block was there until a listener had an event of it, of each delivery, in order of size.
    latencies: Vec<f64>,
    /// Deliveries by the end of the last block's time. The rest came after it.
    in_time: u64,
    pub lasted: f64,
    /// Of the processes that sent it, until then.
    pub cpu: f64,
}

impl Heard {
    pub fn new(mut latencies: Vec<f64>, in_time: u64, lasted: f64, cpu: f64) -> Self {
        latencies.sort_by(f64::total_cmp);
        Heard { latencies, in_time, lasted, cpu }
    }

    pub fn deliveries(&self) -> usize {
        self.latencies.len()
    }

    /// A second.
    fn rate(&self) -> f64 {
        as_f64(self.in_time) / self.lasted
    }

    fn percentile(&self, percent: usize) -> f64 {
        let nth = (self.latencies.len() * percent).div_ceil(100).saturating_sub(1);
        self.latencies.get(nth).copied().unwrap_or(f64::NAN)
    }

    fn backlog(&self) -> u64 {
        (self.latencies.len() as u64).saturating_sub(self.in_time)
    }
}

/// The indexer, while all listen.
#[derive(Debug)]
pub struct Ours {
    pub heard: Heard,
    /// Events of the chain.
    pub produced: u64,
    /// Of these, indexed by the end of the last block's time.
    pub indexed: u64,
    pub cpu: Cpu,
    /// The indexer's most, in MiB.
    pub memory: f64,
}

impl Ours {
    pub fn deliveries(&self) -> usize {
        self.heard.deliveries()
    }
}

pub fn rows(idle: &Idle, ours: &Ours, floor: &Heard) -> Vec<Row> {
    let heard = &ours.heard;
    let (produced, indexed) = (as_f64(ours.produced) / heard.lasted, as_f64(ours.indexed) / heard.lasted);
    // What listeners cost is what indexing did not take without them.
    let cost = (heard.cpu - idle.cpu.all() * heard.lasted / idle.lasted) / as_f64(heard.in_time);
    let floor_cost = floor.cpu / as_f64(floor.in_time);
    vec![
        Row::new("stream.indexed", indexed, "events/s").against(produced, "events/s of the chain").at_least(0.98),
        Row::new("stream.deliveries", heard.rate(), "a second").against(floor.rate(), "of floor.stream").at_least(0.98),
        Row::new("stream.backlog", as_f64(heard.backlog()), "deliveries")
            .note("not made when the chain's last second was over"),
        Row::new("stream.p50", heard.percentile(50), "ms").against(floor.percentile(50), "of floor.stream"),
        Row::new("stream.p99", heard.percentile(99), "ms").against(300.0, "the bar, as live.p99").at_most(1.0),
        Row::new("stream.cpu", cost * 1e6, "CPU µs a delivery")
            .against(floor_cost * 1e6, "of floor.stream; indexing subtracted"),
        Row::new("stream.cpu.indexer", ours.cpu.indexer / heard.lasted, "CPU s a second")
            .against(idle.cpu.indexer / idle.lasted, "while nobody listens"),
        Row::new("stream.cpu.postgres", ours.cpu.postgres / heard.lasted, "CPU s a second")
            .against(idle.cpu.postgres / idle.lasted, "while nobody listens"),
        Row::new("stream.memory", ours.memory, "MiB").against(300.0, "the bar").at_most(1.0),
        Row::new("floor.stream.p99", floor.percentile(99), "ms")
            .note("the same frames by a bare fan-out in axum, no database"),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
