//! Higress' calls to Redis.

use std::time::Duration;

use bytes::Bytes;
use wasmtime::{Caller, Linker};

use super::calls::begin;
use crate::abi::Status;
use crate::guest::{Answer, Span, answer};
use crate::services::{NotBegun, RedisTarget};
use crate::state::{Awaited, State};

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    type C<'a> = Caller<'a, State>;
    linker.func_wrap(
        "env",
        "proxy_redis_init",
        |c: C<'_>,
         service: u32,
         service_n: u32,
         user: u32,
         user_n: u32,
         pass: u32,
         pass_n: u32,
         ms: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let (cluster, query) = split(Span(service, service_n).text(memory)?);
                let mut target = RedisTarget {
                    cluster: cluster.to_owned(),
                    database: None,
                    username: Span(user, user_n).text(memory)?.to_owned(),
                    password: Span(pass, pass_n).text(memory)?.to_owned(),
                    timeout: Duration::from_millis(ms.into()),
                    flush_after: None,
                    flush_bytes: None,
                };
                options(&mut target, query)?;
                state.setup.services.redis_init(target).map_err(refusal)?;
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        "env",
        "proxy_redis_call",
        |c: C<'_>, service: u32, service_n: u32, query: u32, query_n: u32, token: u32| {
            answer(c, |guest| {
                let (memory, state) = guest.parts()?;
                let cluster = Span(service, service_n).text(memory)?;
                let query = Bytes::copy_from_slice(Span(query, query_n).of(memory)?);
                let number = begin(state, Awaited::Redis, |setup, reply| {
                    setup.services.redis_call(cluster, query, reply)
                })
                .map_err(refusal)?;
                guest.write_u32(token, number)
            })
        },
    )?;
    Ok(())
}

fn refusal(why: NotBegun) -> Status {
    match why {
        NotBegun::UnknownCluster => Status::BadArgument,
        NotBegun::Failed => Status::InternalFailure,
    }
}

fn split(service: &str) -> (&str, &str) {
    service.split_once('?').unwrap_or((service, ""))
}

fn options(target: &mut RedisTarget, query: &str) -> Answer {
    fn number<T: std::str::FromStr>(text: &str) -> Result<T, Status> {
        text.parse().map_err(|_| Status::BadArgument)
    }
    for (name, value) in query.split('&').filter_map(|option| option.split_once('=')) {
        match name {
            "db" => target.database = Some(number(value)?),
            "buffer_flush_timeout" => {
                target.flush_after = Some(Duration::from_millis(number(value)?));
            }
            "max_buffer_size_before_flush" => target.flush_bytes = Some(number(value)?),
            _ => {}
        }
    }
    Ok(())
}
