#![doc = include_str!("../README.md")]

pub mod bytes;
mod commit;
pub mod format;
mod kdf;
mod label;
mod secret;

pub use bytes::{Address, Digest, GrantId, KeyCommit, KeyId, Malformed};
pub use commit::{commit, is_committed};
pub use label::{KeyName, Kind, Label};
pub use secret::{AccountSeed, ContentKey, GrantSeed, Half, ShareSecret, TitleKey};

/// The operating system's random numbers. They panic where the system has none: nothing here can go on without.
pub fn system_rng() -> impl rand::CryptoRng {
    rand::rand_core::UnwrapErr(rand::rngs::SysRng)
}
