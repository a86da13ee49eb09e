//! HTTP calls to clusters.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wasmtime::{Caller, Linker};

use crate::abi::Status;
use crate::guest::{Answer, Guest, Span, answer};
use crate::pairs::{self, Pairs};
use crate::plugin::Reply;
use crate::services::{HttpCall, NotBegun};
use crate::state::{Awaited, State};

/// Where a module has written its call.
struct Written {
    cluster: Span,
    headers: Span,
    body: Span,
    trailers: Span,
    timeout_ms: u32,
    token: u32,
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_http_call",
        |c: C<'_>,
         cluster: u32,
         cluster_n: u32,
         headers: u32,
         headers_n: u32,
         body: u32,
         body_n: u32,
         trailers: u32,
         trailers_n: u32,
         timeout_ms: u32,
         token: u32| {
            let written = Written {
                cluster: Span(cluster, cluster_n),
                headers: Span(headers, headers_n),
                body: Span(body, body_n),
                trailers: Span(trailers, trailers_n),
                timeout_ms,
                token,
            };
            answer(c, |guest| call(guest, &written))
        },
    )?;
    Ok(())
}

fn call(guest: &mut Guest<'_>, written: &Written) -> Answer {
    let (memory, state) = guest.parts()?;
    let cluster = written.cluster.text(memory)?.to_owned();
    let mut headers = owned(written.headers.of(memory)?);
    let body = Bytes::copy_from_slice(written.body.of(memory)?);
    let trailers = owned(written.trailers.of(memory)?);
    // -1 is none in the SDKs' unsigned world as well.
    let wait = i32::try_from(written.timeout_ms).map_err(|_| Status::BadArgument)?;
    let wait = u64::try_from(wait).map_err(|_| Status::BadArgument)?;
    let has = |name: &[u8]| headers.iter().any(|(n, v)| n == name && !v.is_empty());
    if ![&b":method"[..], b":path", b":authority"].into_iter().all(has) {
        return Err(Status::BadArgument.into());
    }
    if !body.is_empty() {
        headers.retain(|(name, _)| name != b"content-length");
        headers.push((b"content-length".to_vec(), body.len().to_string().into_bytes()));
    }
    let timeout = (wait > 0).then(|| Duration::from_millis(wait));
    let call = HttpCall { cluster, headers, body, trailers, timeout };
    let token = begin(state, Awaited::Http, |setup, reply| setup.services.http_call(call, reply))
        .map_err(|why| match why {
        NotBegun::UnknownCluster => Status::BadArgument,
        NotBegun::Failed => Status::InternalFailure,
    })?;
    guest.write_u32(written.token, token)
}

/// Begins a call under a token of its own.
pub(super) fn begin(
    state: &mut State,
    awaited: Awaited,
    start: impl FnOnce(&crate::plugin::Setup, Reply) -> Result<(), NotBegun>,
) -> Result<u32, NotBegun> {
    let token = state.token(awaited).map_err(|_| NotBegun::Failed)?;
    let reply = Reply::new(state.slot.clone(), state.generation, token);
    let setup = Arc::clone(&state.setup);
    let begun = start(&setup, reply);
    if begun.is_err() {
        state.pending.remove(&token);
    }
    begun.map(|()| token)
}

/// Pairs with names in lower case.
pub(super) fn owned(bytes: &[u8]) -> Pairs {
    let pairs = pairs::decode(bytes);
    pairs.into_iter().map(|(n, v)| (n.to_ascii_lowercase(), v.to_vec())).collect()
}
