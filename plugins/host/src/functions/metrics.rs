//! Metrics.

use std::sync::Arc;

use wasmtime::{Caller, Linker};

use crate::abi::{MetricKind, Status};
use crate::guest::{Span, answer};
use crate::limits::NAME_BYTES;
use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_define_metric",
        |c: C<'_>, kind: u32, p: u32, n: u32, out: u32| {
            answer(c, |guest| {
                let kind = MetricKind::of(kind).ok_or(Status::BadArgument)?;
                let (memory, state) = guest.parts()?;
                let name = Span(p, n).of(memory)?;
                if name.len() > NAME_BYTES {
                    return Err(Status::BadArgument.into());
                }
                let setup = &state.setup;
                let id = setup.shared.metrics().define(&setup.spec.name, kind, name)?;
                guest.write_u32(out, id)
            })
        },
    )?;
    linker.func_wrap("env", "proxy_increment_metric", |c: C<'_>, id: u32, by: i64| {
        answer(c, |guest| Ok(guest.state().setup.shared.metrics().increment(id, by)?))
    })?;
    linker.func_wrap("env", "proxy_record_metric", |c: C<'_>, id: u32, value: u64| {
        answer(c, |guest| Ok(guest.state().setup.shared.metrics().record(id, value)?))
    })?;
    linker.func_wrap("env", "proxy_get_metric", |c: C<'_>, id: u32, out: u32| {
        answer(c, |guest| {
            let shared = Arc::clone(&guest.state().setup.shared);
            let value = shared.metrics().value(id)?;
            guest.write_u64(out, value)
        })
    })?;
    Ok(())
}
