//! The library from outside: what it promises, the published vectors, and other people's libraries.

mod format;
mod grants;
mod oracles;
mod properties;
mod seeds;
mod support;
mod vectors;
