//! Shared queues.

use std::sync::{Arc, Weak};

use wasmtime::{Caller, Linker};

use crate::abi::Status;
use crate::guest::{Out, Span, answer};
use crate::limits::NAME_BYTES;
use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_register_shared_queue",
        |c: C<'_>, name: u32, name_n: u32, out: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let name = Span(name, name_n).of(memory)?;
                if name.len() > NAME_BYTES {
                    return Err(Status::BadArgument.into());
                }
                let owner = Weak::clone(&state.slot);
                let setup = &state.setup;
                let id = setup.shared.queues.register(&setup.spec.vm_id, name, owner)?;
                guest.write_u32(out, id)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_resolve_shared_queue",
        |c: C<'_>, vm: u32, vm_n: u32, name: u32, name_n: u32, out: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let (vm, name) = (Span(vm, vm_n).text(memory)?, Span(name, name_n).of(memory)?);
                let found = state.setup.shared.queues.resolve(vm, name);
                guest.write_u32(out, found.ok_or(Status::NotFound)?)
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_enqueue_shared_queue",
        |c: C<'_>, id: u32, p: u32, n: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                state.setup.shared.queues.enqueue(id, Span(p, n).of(memory)?)?;
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_dequeue_shared_queue",
        |c: C<'_>, id: u32, p: u32, n: u32| {
            answer(c, |guest| {
                let setup = Arc::clone(&guest.state().setup);
                let entry = setup.shared.queues.dequeue(id)?;
                guest.give(&entry, Out(p, n))
            })
        },
    )?;
    Ok(())
}
