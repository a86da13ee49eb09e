//! Counts events and tokens of answers of language models that come as Server-Sent Events. The stream is not touched.

mod config;
mod counter;
mod events;
#[cfg(target_arch = "wasm32")]
mod plugin;
