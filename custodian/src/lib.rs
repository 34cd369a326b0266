#![doc = include_str!("../README.md")]

pub mod act;
pub mod api;
pub mod app;
pub mod chain;
pub mod config;
pub mod key;
pub mod leaf;
pub mod merkle;
pub mod refusal;
pub mod signature;
pub mod store;
pub mod text;
pub mod typed;
