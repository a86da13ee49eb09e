//! A module's memory, as host functions reach it.

use wasmtime::{Caller, Memory};

use crate::abi::Status;
use crate::broken::Stop;
use crate::state::State;

/// Why a host function did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Fail {
    /// The module is told.
    Status(Status),
    /// The module ends here: its allocator trapped, or it has called too often.
    Trap(wasmtime::Error),
}

impl From<Status> for Fail {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// What a host function comes to.
pub(crate) type Answer<T = ()> = Result<T, Fail>;

/// An address and a length in a module's memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span(pub(crate) u32, pub(crate) u32);

impl Span {
    /// The bytes it names.
    pub(crate) fn of(self, memory: &[u8]) -> Result<&[u8], Status> {
        let start = self.0 as usize;
        memory.get(start..start + self.1 as usize).ok_or(Status::InvalidMemoryAccess)
    }

    /// The text it names; anything that is none is a bad argument.
    pub(crate) fn text(self, memory: &[u8]) -> Result<&str, Status> {
        std::str::from_utf8(self.of(memory)?).map_err(|_| Status::BadArgument)
    }
}

/// Where a host function leaves bytes: the address of a pointer and of a length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out(pub(crate) u32, pub(crate) u32);

/// A module that has called a host function.
pub(crate) struct Guest<'a> {
    caller: Caller<'a, State>,
}

/// Runs a host function of the ABI.
pub(crate) fn answer(
    caller: Caller<'_, State>,
    work: impl FnOnce(&mut Guest<'_>) -> Answer,
) -> wasmtime::Result<u32> {
    match enter(caller, work) {
        Ok(()) => Ok(Status::Ok as u32),
        Err(Fail::Status(status)) => Ok(status as u32),
        Err(Fail::Trap(error)) => Err(error),
    }
}

/// Runs any host function, and counts it.
pub(crate) fn enter<T>(
    mut caller: Caller<'_, State>,
    work: impl FnOnce(&mut Guest<'_>) -> Answer<T>,
) -> Answer<T> {
    let left = &mut caller.data_mut().host_calls_left;
    match left.checked_sub(1) {
        Some(less) => *left = less,
        None => return Err(Fail::Trap(wasmtime::Error::new(Stop::HostCalls))),
    }
    work(&mut Guest { caller })
}

impl Guest<'_> {
    pub(crate) fn state(&mut self) -> &mut State {
        self.caller.data_mut()
    }

    fn memory(&mut self) -> Answer<Memory> {
        if let Some(memory) = self.caller.data().memory {
            return Ok(memory);
        }
        // A start function runs before the exports have been looked up.
        let export = self.caller.get_export("memory").and_then(|export| export.into_memory());
        export.ok_or(Fail::Status(Status::InvalidMemoryAccess))
    }

    /// Memory and state side by side.
    pub(crate) fn parts(&mut self) -> Answer<(&mut [u8], &mut State)> {
        let memory = self.memory()?;
        Ok(memory.data_and_store_mut(&mut self.caller))
    }

    /// Bytes of memory, for as long as nothing else is done.
    pub(crate) fn memory_bytes(&mut self) -> Answer<usize> {
        let memory = self.memory()?;
        Ok(memory.data_size(&self.caller))
    }

    pub(crate) fn write<const N: usize>(&mut self, at: u32, bytes: [u8; N]) -> Answer {
        let (memory, _) = self.parts()?;
        let place = memory.get_mut(at as usize..at as usize + N);
        place.ok_or(Status::InvalidMemoryAccess)?.copy_from_slice(&bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, at: u32, number: u32) -> Answer {
        self.write(at, number.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, at: u32, number: u64) -> Answer {
        self.write(at, number.to_le_bytes())
    }

    /// Writes bytes over the memory of the module.
    pub(crate) fn overwrite(&mut self, at: u32, bytes: &[u8]) -> Answer {
        let (memory, _) = self.parts()?;
        let place = memory.get_mut(at as usize..at as usize + bytes.len());
        place.ok_or(Status::InvalidMemoryAccess)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Hands bytes over in memory that the module's own allocator gives. Nothing is allocated for no bytes: the Go
    /// SDK takes the address of the first one.
    pub(crate) fn give(&mut self, bytes: &[u8], out: Out) -> Answer {
        let length = u32::try_from(bytes.len()).map_err(|_| Status::InternalFailure)?;
        let mut at = 0;
        if length > 0 {
            let allocate = self.caller.data().allocate.clone();
            let allocate = allocate.ok_or(Status::InternalFailure)?;
            at = allocate.call(&mut self.caller, length).map_err(Fail::Trap)?;
            if at == 0 {
                return Err(Status::InvalidMemoryAccess.into());
            }
            self.overwrite(at, bytes)?;
        }
        self.write_u32(out.0, at)?;
        self.write_u32(out.1, length)
    }

    /// Hands over what `fill` writes, through a buffer that is kept.
    pub(crate) fn produce(
        &mut self,
        out: Out,
        fill: impl FnOnce(&[u8], &State, &mut Vec<u8>) -> Result<(), Status>,
    ) -> Answer {
        let (memory, state) = self.parts()?;
        let mut scratch = std::mem::take(&mut state.scratch);
        scratch.clear();
        let filled = fill(memory, state, &mut scratch);
        let given = match filled {
            Ok(()) => self.give(&scratch, out),
            Err(status) => Err(status.into()),
        };
        self.state().scratch = scratch;
        given
    }
}
