//! Bodies that are counted until they are sent, or given up.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::metrics::Counted;

/// A body, and what is counted as long as it is being sent.
pub(super) struct Metered {
    body: Body,
    _request: Counted,
    _stream: Option<Counted>,
}

impl Metered {
    pub fn new(body: Body, request: Counted, stream: Option<Counted>) -> Self {
        Metered { body, _request: request, _stream: stream }
    }
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
