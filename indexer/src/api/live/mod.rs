//! `GET /v1/stream`: one's own events as they are indexed, as Server-Sent Events (HTML standard, 9.2).
//!
//! A stream is one sequence, which depends on the chain and on who asks alone. Where a client is in it, its last event's id says
//! ([`id`]); a listener goes on from there ([`listener`]), by reading for itself ([`page`]) until it is where one reader for all
//! ([`hub`]) is. What was withdrawn by reorgs meanwhile, it is told first.

mod batch;
mod hub;
mod id;
mod listener;
mod page;
mod seats;
mod start;

pub(super) use seats::Streams;
