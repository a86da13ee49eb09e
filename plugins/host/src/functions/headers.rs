//! Header maps.

use std::borrow::Cow;

use wasmtime::{Caller, Linker};

use crate::abi::{AbiVersion, AnyMap, Map, Side, Status};
use crate::guest::{Answer, Guest, Out, Span, answer};
use crate::pairs::{self, Pairs};
use crate::state::{InHand, State};
use crate::stream::Fields;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_get_header_map_pairs",
        |c: C<'_>, map: u32, p: u32, n: u32| {
            answer(c, |guest| {
                guest.produce(Out(p, n), |_, state, out| write_pairs(state, map, out))
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_set_header_map_pairs",
        |c: C<'_>, map: u32, p: u32, n: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let pairs = pairs::decode(Span(p, n).of(memory)?);
                writable(state, map)?.replace_all(&pairs).map_err(|_| Status::BadArgument)?;
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_get_header_map_value",
        |c: C<'_>, map: u32, k: u32, kn: u32, p: u32, n: u32| {
            answer(c, |guest| {
                guest.produce(Out(p, n), |memory, state, out| {
                    value(state, map, Span(k, kn).of(memory)?, out)
                })
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_add_header_map_value",
        |c: C<'_>, map: u32, k: u32, kn: u32, v: u32, vn: u32| {
            answer(c, |guest| change(guest, map, Span(k, kn), Span(v, vn), false))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_replace_header_map_value",
        |c: C<'_>, map: u32, k: u32, kn: u32, v: u32, vn: u32| {
            answer(c, |guest| change(guest, map, Span(k, kn), Span(v, vn), true))
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_remove_header_map_value",
        |c: C<'_>, map: u32, k: u32, kn: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let key = lower(Span(k, kn).of(memory)?);
                writable(state, map)?.remove(&key);
                Ok(())
            })
        },
    )?;
    linker.func_wrap("env", "proxy_get_header_map_size", |c: C<'_>, map: u32, out: u32| {
        answer(c, |guest| {
            let mut size = 0;
            readable(guest.state(), map)?.each(&mut |name, value| size += name.len() + value.len());
            guest.write_u32(out, u32::try_from(size).map_err(|_| Status::InternalFailure)?)
        })
    })?;
    Ok(())
}

/// A map that can be read now.
enum Readable<'a> {
    Stream(&'a dyn Fields),
    Answer(&'a Pairs),
}

impl Readable<'_> {
    fn value(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Stream(fields) => fields.value(key),
            Self::Answer(pairs) => {
                let found = pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
                found.map(|(_, value)| Cow::Borrowed(value.as_slice()))
            }
        }
    }

    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        match self {
            Self::Stream(fields) => fields.each(visit),
            Self::Answer(pairs) => pairs.iter().for_each(|(name, value)| visit(name, value)),
        }
    }
}

fn readable(state: &State, number: u32) -> Result<Readable<'_>, Status> {
    let map = AnyMap::of(number).ok_or(Status::BadArgument)?;
    let answered = |pairs| Ok(Readable::Answer(pairs));
    match map {
        AnyMap::AnswerHeaders => match &state.in_hand {
            Some(InHand::Http(http)) => answered(&http.headers),
            Some(InHand::GrpcMetadata(pairs)) => answered(pairs),
            _ => Err(Status::BadArgument),
        },
        AnyMap::AnswerTrailers => match &state.in_hand {
            Some(InHand::Http(http)) => answered(&http.trailers),
            Some(InHand::GrpcTrailers(pairs)) => answered(pairs),
            _ => Err(Status::BadArgument),
        },
        AnyMap::Stream(map) => {
            let context = state.context().ok_or(Status::BadArgument)?;
            let absent = if context.logging { Status::NotFound } else { Status::BadArgument };
            if !context.logging && !context.is_open(map) {
                return Err(absent);
            }
            Ok(Readable::Stream(context.stream.fields_read(map).ok_or(absent)?))
        }
    }
}

fn writable(state: &mut State, number: u32) -> Result<&mut dyn Fields, Status> {
    let Some(AnyMap::Stream(map)) = AnyMap::of(number) else { return Err(Status::BadArgument) };
    let context = state.context_mut().ok_or(Status::BadArgument)?;
    if !context.is_open(map) && !begin_trailers(context, map) {
        return Err(Status::BadArgument);
    }
    if map == (Map { side: Side::Request, trailers: false }) && !context.keep_route {
        context.stream.clear_route();
    }
    context.stream.fields(map).ok_or(Status::BadArgument)
}

/// At the end of a body without trailers a module may add some.
fn begin_trailers(context: &mut crate::context::Context, map: Map) -> bool {
    let half = context.half_read(map.side);
    let at_the_end = map.trailers && half.body_open && half.end;
    if !at_the_end || !context.stream.begin_trailers(map.side) {
        return false;
    }
    context.half(map.side).trailers_open = true;
    true
}

fn write_pairs(state: &State, map: u32, out: &mut Vec<u8>) -> Result<(), Status> {
    let mut encoder = pairs::Encoder::default();
    let mut fits = true;
    readable(state, map)?.each(&mut |name, value| fits &= encoder.push(name, value));
    encoder.finish(out);
    if fits { Ok(()) } else { Err(Status::SerializationFailure) }
}

fn value(state: &State, map: u32, key: &[u8], out: &mut Vec<u8>) -> Result<(), Status> {
    match readable(state, map)?.value(key) {
        Some(value) => out.extend_from_slice(&value),
        None if state.abi == AbiVersion::V0_1_0 => {}
        None => return Err(Status::NotFound),
    }
    Ok(())
}

fn change(guest: &mut Guest<'_>, map: u32, key: Span, value: Span, replace: bool) -> Answer {
    let (memory, state) = guest.parts()?;
    let key = lower(key.of(memory)?);
    let value = value.of(memory)?;
    let fields = writable(state, map)?;
    let done = if replace { fields.replace(&key, value) } else { fields.add(&key, value) };
    done.map_err(|_| Status::BadArgument)?;
    Ok(())
}

fn lower(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
