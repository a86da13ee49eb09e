//! Log, clock, ticks, and what ABI 0.1.0 asks its configuration with.

use std::time::Instant;

use wasmtime::{Caller, Linker};

use crate::abi::{LogLevel, Status};
use crate::guest::{Answer, Guest, Out, Span, answer};
use crate::services::LogLine;
use crate::state::{Done, Stage, State};

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap("env", "proxy_log", |c: C<'_>, level: u32, p: u32, n: u32| {
        answer(c, |guest| {
            let level = LogLevel::of(level).ok_or(Status::BadArgument)?;
            let (memory, state) = guest.parts()?;
            line(state, level, Span(p, n).of(memory)?);
            Ok(())
        })
    })?;
    linker.func_wrap("env", "proxy_get_log_level", |c: C<'_>, out: u32| {
        answer(c, |guest| {
            let level = guest.state().setup.services.log_level();
            guest.write_u32(out, level as u32)
        })
    })?;
    linker.func_wrap("env", "proxy_get_current_time_nanoseconds", |c: C<'_>, out: u32| {
        answer(c, |guest| {
            let now = guest.state().setup.services.now().as_nanos();
            guest.write_u64(out, u64::try_from(now).unwrap_or(u64::MAX))
        })
    })?;
    linker.func_wrap("env", "proxy_set_tick_period_milliseconds", |c: C<'_>, ms: u32| {
        answer(c, |guest| {
            set_tick(guest.state(), ms);
            Ok(())
        })
    })?;
    linker.func_wrap("env", "proxy_get_configuration", |c: C<'_>, p: u32, n: u32| {
        answer(c, |guest| configuration(guest, Out(p, n)))
    })?;
    linker.func_wrap("env", "proxy_get_status", |c: C<'_>, code: u32, p: u32, n: u32| {
        answer(c, |guest| {
            let number = guest.state().status.0;
            guest.write_u32(code, number)?;
            guest.produce(Out(p, n), |_, state, out| {
                let (_, fixed, told) = &state.status;
                out.extend_from_slice(if told.is_empty() {
                    fixed.as_bytes()
                } else {
                    told.as_bytes()
                });
                Ok(())
            })
        })
    })?;
    linker.func_wrap("env", "proxy_set_effective_context", |c: C<'_>, id: u32| {
        answer(c, |guest| {
            let state = guest.state();
            if id != crate::state::ROOT && !state.contexts.contains_key(&id) {
                return Err(Status::BadArgument.into());
            }
            state.effective = id;
            Ok(())
        })
    })?;
    linker.func_wrap("env", "proxy_done", |c: C<'_>| {
        answer(c, |guest| {
            let state = guest.state();
            if state.done != Done::Pending {
                return Err(Status::NotFound.into());
            }
            state.done = Done::Yes;
            Ok(())
        })
    })?;
    Ok(())
}

/// Writes a line, if it is loud enough and there are not too many.
pub(super) fn line(state: &mut State, level: LogLevel, message: &[u8]) {
    let setup = &state.setup;
    if level < setup.services.log_level() {
        return;
    }
    if !state.lines.take() {
        setup.counters.log_lines_dropped.increment();
        return;
    }
    let message = message.get(..setup.spec.limits.log_line_bytes).unwrap_or(message);
    let message = String::from_utf8_lossy(message);
    setup.services.log(LogLine { plugin: &setup.spec.name, level, message: &message });
}

fn set_tick(state: &mut State, milliseconds: u32) {
    let wished = std::time::Duration::from_millis(milliseconds.into());
    let period = wished.max(state.setup.spec.limits.tick);
    state.tick = (milliseconds > 0).then_some(period);
    state.next_tick = state.tick.map(|period| Instant::now() + period);
}

/// ABI 0.1.0: of the VM while it starts, of the plugin while it is configured.
fn configuration(guest: &mut Guest<'_>, out: Out) -> Answer {
    let state = guest.state();
    let bytes = match state.stage {
        Stage::Starting => state.setup.spec.vm_configuration.clone(),
        Stage::Configuring | Stage::Running => state.setup.spec.configuration.clone(),
    };
    guest.give(&bytes, out)
}
