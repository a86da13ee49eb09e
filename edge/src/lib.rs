//! The data plane: listeners, connections, and the way of every exchange between downstream and upstream.
//!
//! This crate is an HTTP service of its own on pingora-core and the h2 crate. It decides nothing about a request:
//! `canonical` says what it is, `pipeline` which route and filters it has, `upstream` which endpoint. What is decided
//! here is how bytes move: [`relay`] moves all bodies, [`rescue`] turns every failure into its response.
//!
//! Deliberately absent: Via (it would tell callers what stands here, and turns compression off in some upstreams),
//! `Server` of our own, HTTP/2 push, `Upgrade: h2c`, CONNECT.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod budget;
mod collect;
mod connection;
mod date;
mod deadline;
mod edge;
mod exchange;
mod failure;
mod forward;
mod h1;
mod h2;
mod health;
mod hop_by_hop;
mod id;
mod listener;
mod local_reply;
mod message;
mod pool;
mod record;
mod relay;
mod rescue;
mod respond;
mod session;
mod socket;
mod worker;

pub use edge::Edge;
