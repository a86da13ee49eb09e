//! WASI preview 1, as little of it as language runtimes need: a clock, an environment, randomness, and two streams
//! that are log lines. There are no files, no arguments, no sockets and no waiting.

use wasmtime::{Caller, Linker};

use super::log;
use crate::abi::LogLevel;
use crate::broken::Stop;
use crate::guest::{Answer, Fail, Guest, Span, enter};
use crate::limits::RANDOM_BYTES;
use crate::state::State;

/// Numbers of WASI's errors.
mod errno {
    pub(super) const SUCCESS: u32 = 0;
    pub(super) const BADF: u32 = 8;
    pub(super) const FAULT: u32 = 21;
    pub(super) const INVAL: u32 = 28;
    pub(super) const ISDIR_OR_NOENT: u32 = 44;
    pub(super) const NOSYS: u32 = 52;
    pub(super) const NOTSUP: u32 = 58;
}

/// Most pieces of one write.
const PIECES: u32 = 1024;
/// `fd_write` is the one thing that may be done with a standard stream.
const RIGHT_WRITE: u64 = 64;
/// Standard output and standard error.
const STREAMS: [u32; 2] = [1, 2];

type C<'a> = Caller<'a, State>;

/// What a function of WASI comes to.
fn wasi(caller: C<'_>, work: impl FnOnce(&mut Guest<'_>) -> Answer<u32>) -> wasmtime::Result<u32> {
    match enter(caller, work) {
        Ok(number) => Ok(number),
        Err(Fail::Status(_)) => Ok(errno::FAULT),
        Err(Fail::Trap(error)) => Err(error),
    }
}

/// A function that only has a number to say.
fn says(caller: C<'_>, number: u32) -> wasmtime::Result<u32> {
    wasi(caller, |_| Ok(number))
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
        link_streams(linker, module)?;
        link_files(linker, module)?;
        link_process(linker, module)?;
    }
    // What Emscripten's C++ wants beside.
    linker.func_wrap("env", "pthread_equal", |a: u32, b: u32| u32::from(a == b))?;
    linker.func_wrap("env", "emscripten_notify_memory_growth", |_: u32| {})?;
    Ok(())
}

fn link_streams(linker: &mut Linker<State>, module: &str) -> wasmtime::Result<()> {
    linker.func_wrap(module, "fd_write", |c: C<'_>, fd: u32, iovs: u32, n: u32, out: u32| {
        wasi(c, |guest| write(guest, fd, Span(iovs, n), out))
    })?;
    linker.func_wrap(module, "fd_read", |c: C<'_>, _: u32, _: u32, _: u32, _: u32| {
        says(c, errno::NOSYS)
    })?;
    linker.func_wrap(module, "fd_seek", |c: C<'_>, _: u32, _: u64, _: u32, _: u32| {
        says(c, errno::SUCCESS)
    })?;
    linker.func_wrap(module, "fd_close", |c: C<'_>, _: u32| says(c, errno::SUCCESS))?;
    linker.func_wrap(module, "fd_fdstat_get", |c: C<'_>, fd: u32, out: u32| {
        wasi(c, |guest| {
            if !STREAMS.contains(&fd) {
                return Ok(errno::BADF);
            }
            // Type and flags, then the rights, then those of what is opened through it.
            let mut stat = [0; 24];
            let (_, rights) = stat.split_at_mut(8);
            rights.get_mut(..8).unwrap_or_default().copy_from_slice(&RIGHT_WRITE.to_le_bytes());
            guest.overwrite(out, &stat)?;
            Ok(errno::SUCCESS)
        })
    })?;
    linker.func_wrap(module, "fd_fdstat_set_flags", |c: C<'_>, _: u32, _: u32| {
        says(c, errno::NOSYS)
    })?;
    Ok(())
}

fn link_files(linker: &mut Linker<State>, module: &str) -> wasmtime::Result<()> {
    linker.func_wrap(module, "fd_prestat_get", |c: C<'_>, _: u32, _: u32| says(c, errno::BADF))?;
    linker.func_wrap(module, "fd_prestat_dir_name", |c: C<'_>, _: u32, _: u32, _: u32| {
        says(c, errno::NOSYS)
    })?;
    linker.func_wrap(module, "fd_filestat_get", |c: C<'_>, _: u32, _: u32| says(c, errno::BADF))?;
    linker.func_wrap(
        module,
        "path_open",
        |c: C<'_>, _: u32, _: u32, _: u32, _: u32, _: u32, _: u64, _: u64, _: u32, _: u32| {
            says(c, errno::ISDIR_OR_NOENT)
        },
    )?;
    linker.func_wrap(
        module,
        "path_filestat_get",
        |c: C<'_>, _: u32, _: u32, _: u32, _: u32, _: u32| says(c, errno::NOTSUP),
    )?;
    Ok(())
}

fn link_process(linker: &mut Linker<State>, module: &str) -> wasmtime::Result<()> {
    linker.func_wrap(module, "environ_sizes_get", |c: C<'_>, count: u32, bytes: u32| {
        wasi(c, |guest| {
            let environment = &guest.state().setup.spec.environment;
            let total: usize = environment.iter().map(|(n, v)| n.len() + v.len() + 2).sum();
            let n = environment.len();
            guest.write_u32(count, u32::try_from(n).unwrap_or(u32::MAX))?;
            guest.write_u32(bytes, u32::try_from(total).unwrap_or(u32::MAX))?;
            Ok(errno::SUCCESS)
        })
    })?;
    linker.func_wrap(module, "environ_get", |c: C<'_>, list: u32, text: u32| {
        wasi(c, |guest| environment(guest, list, text))
    })?;
    linker.func_wrap(module, "args_sizes_get", |c: C<'_>, count: u32, bytes: u32| {
        wasi(c, |guest| {
            guest.write_u32(count, 0)?;
            guest.write_u32(bytes, 0)?;
            Ok(errno::SUCCESS)
        })
    })?;
    linker.func_wrap(module, "args_get", |c: C<'_>, _: u32, _: u32| says(c, errno::SUCCESS))?;
    linker.func_wrap(module, "clock_res_get", |c: C<'_>, _: u32, out: u32| {
        wasi(c, |guest| {
            guest.write_u64(out, 1)?;
            Ok(errno::SUCCESS)
        })
    })?;
    linker.func_wrap(module, "clock_time_get", |c: C<'_>, clock: u32, _: u64, out: u32| {
        wasi(c, |guest| {
            let setup = &guest.state().setup;
            let now = match clock {
                0 => setup.services.now(),
                1 => setup.began.elapsed(),
                _ => return Ok(errno::NOTSUP),
            };
            guest.write_u64(out, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))?;
            Ok(errno::SUCCESS)
        })
    })?;
    linker.func_wrap(module, "random_get", |c: C<'_>, p: u32, n: u32| {
        wasi(c, |guest| {
            if n as usize > RANDOM_BYTES {
                return Ok(errno::INVAL);
            }
            let (memory, _) = guest.parts()?;
            let Some(place) = memory.get_mut(p as usize..p as usize + n as usize) else {
                return Ok(errno::FAULT);
            };
            Ok(if getrandom::fill(place).is_ok() { errno::SUCCESS } else { errno::NOSYS })
        })
    })?;
    linker.func_wrap(module, "sched_yield", |c: C<'_>| says(c, errno::SUCCESS))?;
    // Go's scheduler waits here when it has nothing to do, and takes any error for the end.
    linker.func_wrap(module, "poll_oneoff", |c: C<'_>, _: u32, _: u32, _: u32, events: u32| {
        wasi(c, |guest| {
            guest.write_u32(events, 0)?;
            Ok(errno::SUCCESS)
        })
    })?;
    linker.func_wrap(module, "proc_exit", |_: C<'_>, code: u32| -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Stop::Exit(code)))
    })?;
    Ok(())
}

fn environment(guest: &mut Guest<'_>, list: u32, text: u32) -> Answer<u32> {
    let pairs = guest.state().setup.spec.environment.clone();
    let (mut entry, mut at) = (list, text);
    for (name, value) in pairs {
        let line = format!("{name}={value}\0");
        guest.write_u32(entry, at)?;
        guest.overwrite(at, line.as_bytes())?;
        entry = entry.saturating_add(4);
        at = at.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX));
    }
    Ok(errno::SUCCESS)
}

fn write(guest: &mut Guest<'_>, fd: u32, pieces: Span, out: u32) -> Answer<u32> {
    let level = match fd {
        1 => LogLevel::Info,
        2 => LogLevel::Error,
        _ => return Ok(errno::BADF),
    };
    if pieces.1 > PIECES {
        return Ok(errno::INVAL);
    }
    let (memory, state) = guest.parts()?;
    let longest = state.setup.spec.limits.log_line_bytes;
    let mut message = Vec::new();
    let mut written: u32 = 0;
    for piece in Span(pieces.0, pieces.1 * 8).of(memory)?.chunks_exact(8) {
        let (at, length) = piece.split_at(4);
        let number = |b: &[u8]| b.try_into().map(u32::from_le_bytes).unwrap_or_default();
        let bytes = Span(number(at), number(length)).of(memory)?;
        written = written.saturating_add(number(length));
        let room = longest.saturating_sub(message.len());
        message.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }
    let line = message.strip_suffix(b"\n").unwrap_or(&message);
    log::line(state, level, line);
    guest.write_u32(out, written)?;
    Ok(errno::SUCCESS)
}
