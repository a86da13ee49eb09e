//! The callbacks a module has, looked up once. One that is not exported is never called.

use wasmtime::{Instance, Store, TypedFunc, WasmParams, WasmResults};

use super::StartError;
use crate::state::State;

/// A callback of exchanges: ABI 0.1.0 has not the flag at the end.
pub(super) enum OnHeaders {
    None,
    Short(TypedFunc<(u32, u32), u32>),
    Long(TypedFunc<(u32, u32, u32), u32>),
}

pub(super) type Two<R> = Option<TypedFunc<(u32, u32), R>>;
/// An answer to an HTTP call: root, token, headers, bytes, trailers.
pub(super) type Five = Option<TypedFunc<(u32, u32, u32, u32, u32), ()>>;
pub(super) type Three<R> = Option<TypedFunc<(u32, u32, u32), R>>;

/// Callbacks of a module.
pub(super) struct Exports {
    pub(super) context_create: Two<()>,
    pub(super) vm_start: Two<u32>,
    pub(super) configure: Two<u32>,
    pub(super) tick: Option<TypedFunc<u32, ()>>,
    pub(super) queue_ready: Two<()>,
    /// Of requests, then of responses.
    pub(super) headers: [OnHeaders; 2],
    pub(super) body: [Three<u32>; 2],
    pub(super) trailers: [Two<u32>; 2],
    pub(super) http_answer: Five,
    pub(super) grpc_metadata: Three<()>,
    pub(super) grpc_message: Three<()>,
    pub(super) grpc_trailers: Three<()>,
    pub(super) grpc_close: Three<()>,
    pub(super) redis_answer: Option<TypedFunc<(u32, u32, u32, u32), ()>>,
    pub(super) done: Option<TypedFunc<u32, u32>>,
    pub(super) log: Option<TypedFunc<u32, ()>>,
    pub(super) delete: Option<TypedFunc<u32, ()>>,
}

impl Exports {
    pub(super) fn find(store: &mut Store<State>, instance: &Instance) -> Result<Self, StartError> {
        let headers = |store: &mut Store<State>, name: &'static str| -> Result<_, StartError> {
            if let Ok(long) = instance.get_typed_func(&mut *store, name) {
                return Ok(OnHeaders::Long(long));
            }
            Ok(match function(store, instance, name)? {
                Some(short) => OnHeaders::Short(short),
                None => OnHeaders::None,
            })
        };
        Ok(Self {
            context_create: function(store, instance, "proxy_on_context_create")?,
            vm_start: function(store, instance, "proxy_on_vm_start")?,
            configure: function(store, instance, "proxy_on_configure")?,
            tick: function(store, instance, "proxy_on_tick")?,
            queue_ready: function(store, instance, "proxy_on_queue_ready")?,
            headers: [
                headers(store, "proxy_on_request_headers")?,
                headers(store, "proxy_on_response_headers")?,
            ],
            body: [
                function(store, instance, "proxy_on_request_body")?,
                function(store, instance, "proxy_on_response_body")?,
            ],
            trailers: [
                function(store, instance, "proxy_on_request_trailers")?,
                function(store, instance, "proxy_on_response_trailers")?,
            ],
            http_answer: function(store, instance, "proxy_on_http_call_response")?,
            grpc_metadata: function(store, instance, "proxy_on_grpc_receive_initial_metadata")?,
            grpc_message: function(store, instance, "proxy_on_grpc_receive")?,
            grpc_trailers: function(store, instance, "proxy_on_grpc_receive_trailing_metadata")?,
            grpc_close: function(store, instance, "proxy_on_grpc_close")?,
            redis_answer: function(store, instance, "proxy_on_redis_call_response")?,
            done: function(store, instance, "proxy_on_done")?,
            log: function(store, instance, "proxy_on_log")?,
            delete: function(store, instance, "proxy_on_delete")?,
        })
    }
}

/// An exported function; none when it is missing, an error when it has another type.
pub(super) fn function<P: WasmParams, R: WasmResults>(
    store: &mut Store<State>,
    instance: &Instance,
    name: &'static str,
) -> Result<Option<TypedFunc<P, R>>, StartError> {
    let Some(export) = instance.get_func(&mut *store, name) else { return Ok(None) };
    match export.typed(&*store) {
        Ok(typed) => Ok(Some(typed)),
        Err(_) => Err(StartError::Export(name)),
    }
}
