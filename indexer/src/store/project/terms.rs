//! What holds until the next event about the same thing.

use std::collections::HashMap;
use std::hash::Hash;

use super::Place;

/// How something ended: where, and why (a word of the table's `end_reason`).
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub at: Place,
    pub reason: &'static str,
}

/// A row that a batch's events began, with its end if they ended it too.
#[derive(Debug)]
pub(super) struct Term<K, T> {
    pub key: K,
    pub from: Place,
    pub fact: T,
    pub end: Option<End>,
}

/// The terms that a batch's events begin and end, each thing's in order. A thing holds once at a time: so only the first
/// event about it can end a row that was there before the batch.
#[derive(Debug)]
pub(super) struct Terms<K, T> {
    pub begun: Vec<Term<K, T>>,
    /// What to end among the rows of earlier batches.
    pub ended: Vec<(K, End)>,
    /// Which of `begun` holds now, of each thing met so far.
    held: HashMap<K, Option<usize>>,
}

impl<K: Copy + Eq + Hash, T> Terms<K, T> {
    pub fn new() -> Self {
        Terms { begun: Vec::new(), ended: Vec::new(), held: HashMap::new() }
    }

    /// Ends what holds, if anything does.
    pub fn end(&mut self, key: K, at: Place, reason: &'static str) {
        let end = End { at, reason };
        match self.held.insert(key, None) {
            Some(Some(term)) => self.begun[term].end = Some(end),
            Some(None) => {}
            None => self.ended.push((key, end)),
        }
    }

    /// Ends what holds, and begins what holds from here on.
    pub fn begin(&mut self, key: K, from: Place, fact: T, reason: &'static str) {
        self.end(key, from, reason);
        self.held.insert(key, Some(self.begun.len()));
        self.begun.push(Term { key, from, fact, end: None });
    }
}

impl<K, T> Term<K, T> {
    pub fn end_block(&self) -> Option<i64> {
        self.end.map(|end| end.at.0)
    }

    pub fn end_log(&self) -> Option<i32> {
        self.end.map(|end| end.at.1)
    }

    pub fn end_reason(&self) -> Option<&'static str> {
        self.end.map(|end| end.reason)
    }
}

/// Columns of ends, for `unnest`.
pub(super) struct EndColumns {
    pub blocks: Vec<i64>,
    pub logs: Vec<i32>,
    pub reasons: Vec<&'static str>,
}

impl EndColumns {
    pub fn of<K>(ended: &[(K, End)]) -> Self {
        EndColumns {
            blocks: ended.iter().map(|(_, end)| end.at.0).collect(),
            logs: ended.iter().map(|(_, end)| end.at.1).collect(),
            reasons: ended.iter().map(|(_, end)| end.reason).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_event_about_a_thing_ends_an_earlier_row() {
        let mut terms = Terms::new();
        terms.begin("a", (1, 0), 'x', "replaced");
        terms.begin("a", (1, 1), 'y', "replaced");
        terms.end("b", (2, 0), "removed");
        terms.end("b", (2, 1), "removed");
        terms.end("a", (3, 0), "removed");
        let ended: Vec<_> = terms.ended.iter().map(|(key, end)| (*key, end.at, end.reason)).collect();
        assert_eq!(ended, [("a", (1, 0), "replaced"), ("b", (2, 0), "removed")]);
        let begun: Vec<_> = terms.begun.iter().map(|term| (term.fact, term.end.map(|end| end.at))).collect();
        assert_eq!(begun, [('x', Some((1, 1))), ('y', Some((3, 0)))]);
    }
}
