//! Compiled modules: who compiles, where the result is kept, and why it is believed.
//!
//! Compiling takes seconds and works on whatever somebody has sent, so it is done once, in a process of its own with
//! limits. The result is native code. It is kept under a name that says what it was made of and with a signature by a
//! key that only this machine has; anything else found in its place is compiled again, never run.

mod cache;
mod compiler;
mod load;

pub(crate) use cache::Cache;
pub use compiler::{Compiler, ProcessCompiler, compile_main};
