//! Stores behind HTTP.

mod gateway;
mod http;
mod kubo;
mod pinning;

pub use gateway::Gateway;
pub use http::Token;
pub use kubo::Kubo;
pub use pinning::Pinning;
