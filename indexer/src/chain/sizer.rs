//! How many blocks to ask for at once: as many as bring about `LOGS` logs, within what the node takes.

use std::sync::Mutex;
use std::time::Duration;

/// Logs, and bytes of them in memory, that one answer should bring.
const LOGS: u64 = 2_000;
const BYTES: u64 = 2 << 20;
/// An answer that takes longer should have been smaller.
const SLOW: Duration = Duration::from_secs(5);
/// Small enough for an answer about a busy contract to be taken: growing takes few answers.
const FIRST_SIZE: u64 = 250;
const LARGEST: u64 = 1_000_000;

/// The size of the next range, by the answers so far.
#[derive(Debug)]
pub struct Sizer {
    /// The most blocks ever asked for at once.
    largest: u64,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    blocks: u64,
    /// What a time-out or refusal set; answers lift it again slowly.
    ceiling: u64,
    answers: u64,
    /// Of a recent answer, in memory.
    bytes: u64,
}

/// One answer, as far as sizes go.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    pub blocks: u64,
    pub logs: u64,
    pub bytes: u64,
    pub took: Duration,
}

impl Default for Sizer {
    fn default() -> Self {
        Sizer::new(LARGEST)
    }
}

impl Sizer {
    /// Never asks for more blocks than `largest`, at least 1.
    pub fn new(largest: u64) -> Self {
        let largest = largest.clamp(1, LARGEST);
        let state = State { blocks: FIRST_SIZE.min(largest), ceiling: largest, answers: 0, bytes: BYTES };
        Sizer { largest, state: Mutex::new(state) }
    }

    /// Blocks to ask for.
    pub fn blocks(&self) -> u64 {
        self.state().blocks
    }

    /// Whether anything is known yet: until then one range at a time is enough to be wrong with.
    pub fn measured(&self) -> bool {
        self.state().answers > 0
    }

    /// Bytes that the next answer may take in memory.
    pub fn expected_bytes(&self) -> u64 {
        self.state().bytes
    }

    pub fn answered(&self, answer: Measure) {
        let mut state = self.state();
        state.answers += 1;
        state.bytes = answer.bytes.max(state.bytes / 2);
        let slow = u64::from(answer.took > SLOW);
        // In quarters of what it should be, so that small answers grow by steps of at most four.
        let load = (answer.logs * 4 / LOGS).max(answer.bytes * 4 / BYTES).max(slow * 8);
        let fit = answer.blocks.saturating_mul(4) / load.max(1);
        if answer.blocks >= state.ceiling {
            state.ceiling = state.ceiling.saturating_add(state.ceiling / 8).min(self.largest);
        }
        let next = if fit > state.blocks { fit.min(state.blocks.saturating_mul(4)) } else { fit };
        state.blocks = next.clamp(1, state.ceiling.max(1));
    }

    /// A range of so many blocks was more than the node would answer.
    pub fn refused(&self, blocks: u64) {
        let mut state = self.state();
        state.ceiling = state.ceiling.min((blocks / 2).max(1));
        state.blocks = state.blocks.min(state.ceiling);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of a chain with so many logs per thousand blocks, as many as wanted.
    fn settle(sizer: &Sizer, per_thousand: u64, answers: usize) -> u64 {
        for _ in 0..answers {
            let blocks = sizer.blocks();
            let logs = blocks * per_thousand / 1000;
            sizer.answered(Measure { blocks, logs, bytes: logs * 500, took: Duration::from_millis(50) });
        }
        sizer.blocks() * per_thousand / 1000
    }

    #[test]
    fn answers_come_to_two_thousand_logs_whatever_the_density() {
        for per_thousand in [3, 40, 1_000, 30_000, 400_000] {
            let sizer = Sizer::default();
            let logs = settle(&sizer, per_thousand, 14);
            assert!((1_000..=2_500).contains(&logs), "{per_thousand} logs per 1000 blocks settle at {logs} an answer");
        }
    }

    #[test]
    fn an_empty_chain_is_crossed_in_the_largest_steps() {
        let sizer = Sizer::default();
        settle(&sizer, 0, 7);
        assert_eq!(sizer.blocks(), LARGEST);
    }

    #[test]
    fn a_refusal_halves_and_is_not_forgotten_at_the_next_answer() {
        let sizer = Sizer::default();
        settle(&sizer, 0, 3);
        let refused = sizer.blocks();
        sizer.refused(refused);
        settle(&sizer, 0, 1);
        assert!(sizer.blocks() <= refused * 9 / 16, "{} of {refused}", sizer.blocks());
        settle(&sizer, 0, 40);
        assert_eq!(sizer.blocks(), LARGEST, "it must come back");
    }

    #[test]
    fn a_dense_stretch_shrinks_at_once() {
        let sizer = Sizer::default();
        settle(&sizer, 0, 7);
        sizer.answered(Measure { blocks: 10_000, logs: 80_000, bytes: 40 << 20, took: Duration::from_secs(1) });
        assert!(sizer.blocks() <= 500, "{}", sizer.blocks());
    }
}
