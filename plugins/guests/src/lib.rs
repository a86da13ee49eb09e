//! A Proxy-Wasm guest that does in every callback what its configuration says, and writes down what it saw.
//!
//! It speaks the ABI itself, without an SDK: a return value, a pointer or a size is exactly what the script says, and
//! nothing is done that the script does not name. Every callback writes a line `guest| CONTEXT CALLBACK arguments`, every
//! operation a line `guest|   OPERATION -> STATUS value`. `README.md` beside this crate describes the language.

mod callbacks;
mod host;
mod operations;
mod script;
mod text;
