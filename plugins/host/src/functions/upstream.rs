//! Higress' view of the upstream: the endpoints of the cluster, and the choice of one.

use wasmtime::{Caller, Linker};

use crate::abi::Status;
use crate::guest::{Out, Span, answer};
use crate::pairs;
use crate::state::State;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap("env", "proxy_get_upstream_hosts", |c: C<'_>, p: u32, n: u32| {
        answer(c, |guest| {
            guest.produce(Out(p, n), |_, state, out| {
                let context = state.context().ok_or(Status::BadArgument)?;
                let hosts = context.stream.upstream_hosts().ok_or(Status::NotFound)?;
                let mut encoder = pairs::Encoder::default();
                for host in hosts {
                    if !encoder.push(host.address.as_bytes(), host.facts.as_bytes()) {
                        break;
                    }
                }
                encoder.finish(out);
                Ok(())
            })
        })
    })?;
    linker.func_wrap("env", "proxy_set_upstream_override_host", |c: C<'_>, p: u32, n: u32| {
        answer(c, |guest| {
            let (memory, state) = guest.parts()?;
            let address = Span(p, n).text(memory)?;
            let context = state.context_mut().ok_or(Status::BadArgument)?;
            if context.stream.override_upstream(address) {
                Ok(())
            } else {
                Err(Status::BadArgument.into())
            }
        })
    })?;
    Ok(())
}
