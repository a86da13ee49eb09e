//! The host's functions, as the ABI has them. A status is told as it came, nothing is turned into an error.

use std::alloc::{alloc, Layout};

macro_rules! imports {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        #[cfg(target_arch = "wasm32")]
        #[link(wasm_import_module = "env")]
        extern "C" {
            $(fn $name($($argument: $kind),*) -> i32;)*
        }
        // The tests of the language run on the machine itself, where no host is.
        $(#[cfg(not(target_arch = "wasm32"))]
        unsafe fn $name($($argument: $kind),*) -> i32 {
            $(let _ = $argument;)*
            12
        })*
    };
}

type In = *const u8;
type Out<T> = *mut T;

imports! {
    proxy_log(level: u32, text: In, length: usize);
    proxy_get_log_level(level: Out<u32>);
    proxy_get_current_time_nanoseconds(time: Out<u64>);
    proxy_set_tick_period_milliseconds(period: u32);
    proxy_get_buffer_bytes(kind: u32, start: usize, most: usize, data: Out<*mut u8>, length: Out<usize>);
    proxy_get_buffer_status(kind: u32, length: Out<usize>, flags: Out<u32>);
    proxy_set_buffer_bytes(kind: u32, start: usize, size: usize, data: In, length: usize);
    proxy_get_header_map_pairs(map: u32, data: Out<*mut u8>, length: Out<usize>);
    proxy_set_header_map_pairs(map: u32, data: In, length: usize);
    proxy_get_header_map_size(map: u32, size: Out<usize>);
    proxy_get_header_map_value(map: u32, key: In, key_length: usize, data: Out<*mut u8>, length: Out<usize>);
    proxy_add_header_map_value(map: u32, key: In, key_length: usize, value: In, value_length: usize);
    proxy_replace_header_map_value(map: u32, key: In, key_length: usize, value: In, value_length: usize);
    proxy_remove_header_map_value(map: u32, key: In, key_length: usize);
    proxy_get_property(path: In, path_length: usize, data: Out<*mut u8>, length: Out<usize>);
    proxy_set_property(path: In, path_length: usize, value: In, value_length: usize);
    proxy_continue_stream(stream: u32);
    proxy_close_stream(stream: u32);
    proxy_send_local_response(status: u32, details: In, details_length: usize, body: In, body_length: usize,
        headers: In, headers_length: usize, grpc_status: i32);
    proxy_http_call(cluster: In, cluster_length: usize, headers: In, headers_length: usize, body: In,
        body_length: usize, trailers: In, trailers_length: usize, timeout: u32, token: Out<u32>);
    proxy_get_status(code: Out<u32>, data: Out<*mut u8>, length: Out<usize>);
    proxy_get_shared_data(key: In, key_length: usize, data: Out<*mut u8>, length: Out<usize>, cas: Out<u32>);
    proxy_set_shared_data(key: In, key_length: usize, value: In, value_length: usize, cas: u32);
    proxy_register_shared_queue(name: In, name_length: usize, id: Out<u32>);
    proxy_resolve_shared_queue(vm: In, vm_length: usize, name: In, name_length: usize, id: Out<u32>);
    proxy_enqueue_shared_queue(id: u32, value: In, value_length: usize);
    proxy_dequeue_shared_queue(id: u32, data: Out<*mut u8>, length: Out<usize>);
    proxy_define_metric(kind: u32, name: In, name_length: usize, id: Out<u32>);
    proxy_increment_metric(id: u32, by: i64);
    proxy_record_metric(id: u32, value: u64);
    proxy_get_metric(id: u32, value: Out<u64>);
    proxy_set_effective_context(context: u32);
    proxy_done();
    proxy_call_foreign_function(name: In, name_length: usize, argument: In, argument_length: usize,
        data: Out<*mut u8>, length: Out<usize>);
}

/// A status and what the host handed over; nothing where it left the result alone.
pub(crate) type Answer<T> = (i32, T);

/// The host allocates what it hands over with this.
///
/// A size of 0 traps on purpose: no host may ask for that (the Go SDK would index an empty slice).
///
/// Only in a host: on the machine itself it would take the place of the C library's.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn malloc(size: usize) -> *mut u8 {
    assert!(size > 0, "the host asked for memory of size 0");
    match Layout::array::<u8>(size) {
        // SAFETY: the layout has a size, as was asserted.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => std::ptr::null_mut(),
    }
}

fn bytes(status: i32, data: *mut u8, length: usize) -> Answer<Vec<u8>> {
    if data.is_null() {
        return (status, Vec::new());
    }
    // SAFETY: the host wrote a block that `malloc` above made, `length` bytes long, and keeps no pointer to it.
    (status, unsafe { Vec::from_raw_parts(data, length, length) })
}

/// Calls a function whose last two arguments are a pointer and a length for the result.
macro_rules! handed {
    ($function:ident($($argument:expr),*)) => {{
        let (mut data, mut length) = (std::ptr::null_mut(), 0);
        // SAFETY: every pointer is to a live local or to the bytes of a live slice, with their true lengths.
        let status = unsafe { $function($($argument,)* &mut data, &mut length) };
        bytes(status, data, length)
    }};
}

/// Calls a function whose last argument is a pointer to a number.
macro_rules! number {
    ($function:ident($($argument:expr),*)) => {{
        let mut number = 0;
        // SAFETY: as in `handed!`.
        let status = unsafe { $function($($argument,)* &mut number) };
        (status, u64::from(number))
    }};
}

/// Calls a function that answers with its status alone.
macro_rules! status {
    // SAFETY: as in `handed!`.
    ($function:ident($($argument:expr),*)) => { unsafe { $function($($argument),*) } };
}

pub(crate) fn log(level: u32, text: &str) -> i32 {
    status!(proxy_log(level, text.as_ptr(), text.len()))
}

pub(crate) fn log_level() -> Answer<u64> {
    number!(proxy_get_log_level())
}

pub(crate) fn time() -> Answer<u64> {
    number!(proxy_get_current_time_nanoseconds())
}

pub(crate) fn tick(period: u32) -> i32 {
    status!(proxy_set_tick_period_milliseconds(period))
}

pub(crate) fn buffer(kind: u32, start: usize, most: usize) -> Answer<Vec<u8>> {
    handed!(proxy_get_buffer_bytes(kind, start, most))
}

pub(crate) fn buffer_status(kind: u32) -> Answer<(usize, u32)> {
    let (mut length, mut flags) = (0, 0);
    (status!(proxy_get_buffer_status(kind, &mut length, &mut flags)), (length, flags))
}

pub(crate) fn set_buffer(kind: u32, start: usize, size: usize, data: &[u8]) -> i32 {
    status!(proxy_set_buffer_bytes(kind, start, size, data.as_ptr(), data.len()))
}

pub(crate) fn pairs(map: u32) -> Answer<Vec<u8>> {
    handed!(proxy_get_header_map_pairs(map))
}

pub(crate) fn set_pairs(map: u32, data: &[u8]) -> i32 {
    status!(proxy_set_header_map_pairs(map, data.as_ptr(), data.len()))
}

pub(crate) fn map_size(map: u32) -> Answer<u64> {
    let mut size = 0;
    (status!(proxy_get_header_map_size(map, &mut size)), size as u64)
}

pub(crate) fn value(map: u32, key: &str) -> Answer<Vec<u8>> {
    handed!(proxy_get_header_map_value(map, key.as_ptr(), key.len()))
}

pub(crate) fn add(map: u32, key: &str, value: &str) -> i32 {
    status!(proxy_add_header_map_value(map, key.as_ptr(), key.len(), value.as_ptr(), value.len()))
}

pub(crate) fn replace(map: u32, key: &str, value: &str) -> i32 {
    status!(proxy_replace_header_map_value(
        map,
        key.as_ptr(),
        key.len(),
        value.as_ptr(),
        value.len()
    ))
}

pub(crate) fn remove(map: u32, key: &str) -> i32 {
    status!(proxy_remove_header_map_value(map, key.as_ptr(), key.len()))
}

pub(crate) fn property(path: &str) -> Answer<Vec<u8>> {
    handed!(proxy_get_property(path.as_ptr(), path.len()))
}

pub(crate) fn set_property(path: &str, value: &str) -> i32 {
    status!(proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()))
}

pub(crate) fn continue_stream(stream: u32) -> i32 {
    status!(proxy_continue_stream(stream))
}

pub(crate) fn close_stream(stream: u32) -> i32 {
    status!(proxy_close_stream(stream))
}

pub(crate) fn reply(code: u32, details: &str, body: &str, headers: &[u8], grpc: i32) -> i32 {
    status!(proxy_send_local_response(
        code,
        details.as_ptr(),
        details.len(),
        body.as_ptr(),
        body.len(),
        headers.as_ptr(),
        headers.len(),
        grpc
    ))
}

pub(crate) fn http_call(
    cluster: &str,
    headers: &[u8],
    body: &str,
    trailers: &[u8],
    timeout: u32,
) -> Answer<u64> {
    number!(proxy_http_call(
        cluster.as_ptr(),
        cluster.len(),
        headers.as_ptr(),
        headers.len(),
        body.as_ptr(),
        body.len(),
        trailers.as_ptr(),
        trailers.len(),
        timeout
    ))
}

pub(crate) fn last_status() -> Answer<(u32, Vec<u8>)> {
    let (mut code, mut data, mut length) = (0, std::ptr::null_mut(), 0);
    let status = status!(proxy_get_status(&mut code, &mut data, &mut length));
    let (status, text) = bytes(status, data, length);
    (status, (code, text))
}

pub(crate) fn shared(key: &str) -> Answer<(Vec<u8>, u32)> {
    let (mut data, mut length, mut cas) = (std::ptr::null_mut(), 0, 0);
    let status =
        status!(proxy_get_shared_data(key.as_ptr(), key.len(), &mut data, &mut length, &mut cas));
    let (status, value) = bytes(status, data, length);
    (status, (value, cas))
}

pub(crate) fn set_shared(key: &str, value: &str, cas: u32) -> i32 {
    status!(proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas))
}

pub(crate) fn register_queue(name: &str) -> Answer<u64> {
    number!(proxy_register_shared_queue(name.as_ptr(), name.len()))
}

pub(crate) fn resolve_queue(vm: &str, name: &str) -> Answer<u64> {
    number!(proxy_resolve_shared_queue(vm.as_ptr(), vm.len(), name.as_ptr(), name.len()))
}

pub(crate) fn enqueue(id: u32, value: &str) -> i32 {
    status!(proxy_enqueue_shared_queue(id, value.as_ptr(), value.len()))
}

pub(crate) fn dequeue(id: u32) -> Answer<Vec<u8>> {
    handed!(proxy_dequeue_shared_queue(id))
}

pub(crate) fn define_metric(kind: u32, name: &str) -> Answer<u64> {
    number!(proxy_define_metric(kind, name.as_ptr(), name.len()))
}

pub(crate) fn increment_metric(id: u32, by: i64) -> i32 {
    status!(proxy_increment_metric(id, by))
}

pub(crate) fn record_metric(id: u32, value: u64) -> i32 {
    status!(proxy_record_metric(id, value))
}

pub(crate) fn metric(id: u32) -> Answer<u64> {
    number!(proxy_get_metric(id))
}

pub(crate) fn effective_context(context: u32) -> i32 {
    status!(proxy_set_effective_context(context))
}

pub(crate) fn done() -> i32 {
    status!(proxy_done())
}

pub(crate) fn foreign(name: &str, argument: &str) -> Answer<Vec<u8>> {
    handed!(proxy_call_foreign_function(
        name.as_ptr(),
        name.len(),
        argument.as_ptr(),
        argument.len()
    ))
}
