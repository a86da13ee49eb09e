//! The same Proxy-Wasm plugins and the same exchanges through Envoy and through the gateway: what reaches the upstream,
//! what reaches the client and what the plugin saw is written down as a transcript, and two transcripts are compared.
//!
//! A [`scenario::Scenario`] is data (`scenarios/*.yaml`). A [`subject::Subject`] is anything that runs plugins in front of
//! an upstream; [`envoy::Envoy`] is one. What Envoy does is kept in `expected/envoy`, so that a comparison does not need it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

pub mod compare;
pub mod drive;
pub mod envoy;
pub mod expected;
pub mod guest_log;
pub mod modules;
pub mod rename;
pub mod scenario;
pub mod subject;
pub mod transcript;
