//! The one unsafe thing: native code that was compiled before is taken for what it says it is.
//!
//! JUSTIFICATION: compiling a Go plugin takes 3 to 10 seconds and 12 to 16 MB; taking it back from a file takes a
//! millisecond and shares its pages between all VMs. wasmtime marks this unsafe because it cannot check that the
//! bytes were made by it. We can: see [`Believed`].

#![allow(unsafe_code, reason = "wasmtime cannot know who made a compiled module; `Believed` does")]

use std::fs::File;

use wasmtime::{Engine, Module};

/// Code that this program's compiler has made, either a moment ago or under our signature.
pub(super) enum Believed {
    /// An open file whose bytes were checked against our key through this very descriptor.
    Signed(File),
    /// What our compiler's process has just written into its pipe.
    Made(Vec<u8>),
}

/// Makes a module of it.
pub(super) fn load(engine: &Engine, code: Believed) -> wasmtime::Result<Module> {
    match code {
        // SAFETY: the bytes were made by `Engine::precompile_module` of this version of wasmtime: only what our
        // compiler has written is signed, the signature covers the name, and the name covers the module, wasmtime's
        // version and every setting. The file is 0600 in a folder that is 0700, so only this user could change it
        // between the check and the mapping, and this user has the key as well.
        Believed::Signed(file) => unsafe { Module::deserialize_open_file(engine, file) },
        // SAFETY: these bytes come from a process of our own program over an anonymous pipe.
        Believed::Made(bytes) => unsafe { Module::deserialize(engine, bytes) },
    }
}
