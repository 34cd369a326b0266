//! What can happen.

use rand::RngExt as _;
use rand::rngs::StdRng;

/// One of the two instances, or of the two endpoints.
pub type Which = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Blocks with events.
    Extend(u64),
    /// Blocks without.
    Mine(u64),
    /// The latest blocks are replaced by so many others; none: the chain is cut back.
    Reorg {
        depth: u64,
        blocks: u64,
    },
    /// SIGKILL.
    Kill(Which),
    /// SIGTERM.
    Stop(Which),
    Start(Which),
    /// SIGSTOP, and after a moment SIGCONT.
    Freeze(Which),
    /// The database's server is killed, and started again after a moment.
    CrashDatabase,
    /// It is stopped in order, and started again.
    RestartDatabase,
    /// The server ends the connection that writes.
    EndWriter,
    /// Nobody listens at an endpoint any more.
    StopListening(Which),
    ListenAgain(Which),
    /// Faults at an endpoint from now on.
    Faults(Which),
    /// The endpoint is on the branch that the latest reorganisation replaced.
    WrongFork(Which),
    EndFaults(Which),
}

/// What an act depends on.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// Blocks that may be replaced.
    pub depth: u64,
    /// Whether the branch that was replaced last could still be believed.
    pub other_branch: bool,
    /// Which instances run.
    pub running: [bool; 2],
    /// Which endpoints listen, and which have faults.
    pub listening: [bool; 2],
    pub faulty: [bool; 2],
}

impl Act {
    /// The next act by chance, of those that change something.
    pub fn draw(rng: &mut StdRng, circumstances: &Circumstances) -> Self {
        loop {
            let act = Self::any(rng, circumstances);
            if act.matters(circumstances) {
                return act;
            }
        }
    }

    fn matters(self, circumstances: &Circumstances) -> bool {
        let Circumstances { depth, other_branch, running, listening, faulty } = *circumstances;
        match self {
            Act::Reorg { .. } => depth > 0,
            Act::Kill(which) | Act::Stop(which) | Act::Freeze(which) => running[which],
            Act::Start(which) => !running[which],
            Act::EndWriter => running != [false; 2],
            Act::StopListening(which) => listening[which],
            Act::ListenAgain(which) => !listening[which],
            Act::WrongFork(_) => other_branch,
            Act::EndFaults(which) => faulty[which],
            Act::Extend(_) | Act::Mine(_) | Act::CrashDatabase | Act::RestartDatabase | Act::Faults(_) => true,
        }
    }

    fn any(rng: &mut StdRng, circumstances: &Circumstances) -> Self {
        let which = rng.random_range(0..2);
        match rng.random_range(0..100) {
            0..10 => Act::Extend(rng.random_range(1..=20)),
            10..15 => Act::Mine(rng.random_range(1..=10)),
            // So far that final blocks come in bulk again.
            15..20 => Act::Extend(rng.random_range(80..=140)),
            20..40 => Act::reorg(rng, circumstances.depth),
            40..50 => Act::Kill(which),
            50..53 => Act::Stop(which),
            53..62 => Act::Start(which),
            62..65 => Act::Freeze(which),
            65..70 => Act::CrashDatabase,
            70..72 => Act::RestartDatabase,
            72..75 => Act::EndWriter,
            75..79 => Act::StopListening(which),
            79..83 => Act::ListenAgain(which),
            83..94 => Act::Faults(which),
            94..97 => Act::WrongFork(which),
            _ => Act::EndFaults(which),
        }
    }

    /// To a lower head, the same height, a higher one, or far beyond what was final.
    fn reorg(rng: &mut StdRng, deepest: u64) -> Self {
        let depth = rng.random_range(1..=deepest.max(1));
        let blocks = match rng.random_range(0..6) {
            0 => 0,
            1 => rng.random_range(1..=depth),
            2 | 3 => depth,
            4 => depth + rng.random_range(1..=6),
            _ => depth + rng.random_range(20..=40),
        };
        Act::Reorg { depth, blocks }
    }
}
