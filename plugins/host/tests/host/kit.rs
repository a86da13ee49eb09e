//! What the tests write guests with, and the gateway around them.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use portcullis_plugin_host::{
    Compiler, GrpcCall, GrpcCommand, Host, HostOptions, HttpCall, LogLevel, LogLine, Module,
    NotBegun, PlainStream, Plugin, PluginSpec, RedisTarget, Reply, Services, SharedLimits,
    StartError, Visit,
};
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::MetricLimits;

/// Every function of the ABI: name, parameters, result. A guest imports all of them, so each is linked.
const IMPORTS: &[(&str, &str)] = &[
    ("proxy_log", "i32 i32 i32"),
    ("proxy_get_log_level", "i32"),
    ("proxy_get_current_time_nanoseconds", "i32"),
    ("proxy_set_tick_period_milliseconds", "i32"),
    ("proxy_get_configuration", "i32 i32"),
    ("proxy_continue_request", ""),
    ("proxy_continue_response", ""),
    ("proxy_clear_route_cache", ""),
    ("proxy_get_buffer_bytes", "i32 i32 i32 i32 i32"),
    ("proxy_get_buffer_status", "i32 i32 i32"),
    ("proxy_set_buffer_bytes", "i32 i32 i32 i32 i32"),
    ("proxy_get_header_map_pairs", "i32 i32 i32"),
    ("proxy_set_header_map_pairs", "i32 i32 i32"),
    ("proxy_get_header_map_value", "i32 i32 i32 i32 i32"),
    ("proxy_add_header_map_value", "i32 i32 i32 i32 i32"),
    ("proxy_replace_header_map_value", "i32 i32 i32 i32 i32"),
    ("proxy_remove_header_map_value", "i32 i32 i32"),
    ("proxy_get_header_map_size", "i32 i32"),
    ("proxy_get_property", "i32 i32 i32 i32"),
    ("proxy_set_property", "i32 i32 i32 i32"),
    ("proxy_http_call", "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32"),
    ("proxy_grpc_call", "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32"),
    ("proxy_grpc_stream", "i32 i32 i32 i32 i32 i32 i32 i32 i32"),
    ("proxy_grpc_send", "i32 i32 i32 i32"),
    ("proxy_grpc_cancel", "i32"),
    ("proxy_grpc_close", "i32"),
    ("proxy_get_status", "i32 i32 i32"),
    ("proxy_get_shared_data", "i32 i32 i32 i32 i32"),
    ("proxy_set_shared_data", "i32 i32 i32 i32 i32"),
    ("proxy_register_shared_queue", "i32 i32 i32"),
    ("proxy_resolve_shared_queue", "i32 i32 i32 i32 i32"),
    ("proxy_enqueue_shared_queue", "i32 i32 i32"),
    ("proxy_dequeue_shared_queue", "i32 i32 i32"),
    ("proxy_define_metric", "i32 i32 i32 i32"),
    ("proxy_increment_metric", "i32 i64"),
    ("proxy_record_metric", "i32 i64"),
    ("proxy_get_metric", "i32 i32"),
    ("proxy_continue_stream", "i32"),
    ("proxy_close_stream", "i32"),
    ("proxy_send_local_response", "i32 i32 i32 i32 i32 i32 i32 i32"),
    ("proxy_set_effective_context", "i32"),
    ("proxy_done", ""),
    ("proxy_call_foreign_function", "i32 i32 i32 i32 i32 i32"),
    ("proxy_redis_init", "i32 i32 i32 i32 i32 i32 i32"),
    ("proxy_redis_call", "i32 i32 i32 i32 i32"),
    ("proxy_inject_encoded_data_to_filter_chain", "i32 i32 i32"),
    ("proxy_get_upstream_hosts", "i32 i32"),
    ("proxy_set_upstream_override_host", "i32 i32"),
    ("proxy_made_up", "i32"),
];

/// What every guest has: an allocator, and ways to say what it found. Addresses 0 and 4 are where host functions
/// leave a pointer and a length, 8 a number.
const PRELUDE: &str = r#"
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 65536))
  (global $kept (mut i32) (i32.const 0))
  (func (export "malloc") (param $n i32) (result i32) (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (global.get $top) (local.get $n)))
    (if (i32.gt_u (global.get $top) (i32.const 131072))
      (then (global.set $top (i32.const 65536)) (return (i32.const 65536))))
    (local.get $at))
  (func $text (param $p i32) (param $n i32)
    (drop (call $proxy_log (i32.const 2) (local.get $p) (local.get $n))))
  (func $number (param $v i32) (local $at i32)
    (local.set $at (i32.const 1000))
    (loop $more
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $v) (i32.const 10))))
      (local.set $v (i32.div_u (local.get $v) (i32.const 10)))
      (br_if $more (local.get $v)))
    (call $text (local.get $at) (i32.sub (i32.const 1000) (local.get $at))))
  (func $out (call $text (i32.load (i32.const 0)) (i32.load (i32.const 4))))
  (func $out_if (param $status i32)
    (call $number (local.get $status))
    (if (i32.eqz (local.get $status)) (then (call $out))))
"#;

/// A guest under construction.
pub(crate) struct Guest {
    abi: &'static str,
    data: Vec<u8>,
    extra: String,
    functions: String,
}

/// Where the texts of a guest begin.
const TEXTS: usize = 2048;

impl Guest {
    pub(crate) fn new() -> Self {
        Self::with_abi("0_2_100")
    }

    pub(crate) fn with_abi(abi: &'static str) -> Self {
        Self { abi, data: Vec::new(), extra: String::new(), functions: String::new() }
    }

    /// A text in the guest's memory: its address and length as two parameters.
    pub(crate) fn text(&mut self, text: impl AsRef<[u8]>) -> String {
        let text = text.as_ref();
        let at = TEXTS + self.data.len();
        self.data.extend_from_slice(text);
        format!("(i32.const {at}) (i32.const {})", text.len())
    }

    /// A callback: its parameters, whether it answers, and its body.
    pub(crate) fn on(
        &mut self,
        name: &str,
        parameters: &str,
        result: &str,
        body: &str,
    ) -> &mut Self {
        let parameters = parameters.split_whitespace().map(|n| format!("(param ${n} i32)"));
        let parameters: String = parameters.collect();
        let result = if result.is_empty() { "" } else { "(result i32)" };
        writeln!(self.functions, "(func (export \"{name}\") {parameters} {result} {body})")
            .unwrap();
        self
    }

    /// `proxy_on_request_headers` that does something and answers.
    pub(crate) fn request_headers(&mut self, body: &str, answer: u32) -> &mut Self {
        let body = format!("{body} (i32.const {answer})");
        self.on("proxy_on_request_headers", "id n end", "r", &body)
    }

    /// Anything else at the top level.
    pub(crate) fn extra(&mut self, text: &str) -> &mut Self {
        self.extra.push_str(text);
        self
    }

    pub(crate) fn wasm(&self) -> Vec<u8> {
        let mut text = String::from("(module\n");
        for (name, parameters) in IMPORTS {
            writeln!(
                text,
                "(import \"env\" \"{name}\" (func ${name} (param {parameters}) (result i32)))"
            )
            .unwrap();
        }
        let data: String = self.data.iter().map(|b| format!("\\{b:02x}")).collect();
        write!(
            text,
            "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))
             (import \"wasi_snapshot_preview1\" \"random_get\" (func $random_get (param i32 i32) (result i32)))
             (import \"wasi_snapshot_preview1\" \"clock_time_get\" (func $clock_time_get (param i32 i64 i32) (result i32)))
             (import \"wasi_snapshot_preview1\" \"poll_oneoff\" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
             (import \"wasi_snapshot_preview1\" \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))
             (import \"wasi_snapshot_preview1\" \"fd_fdstat_get\" (func $fd_fdstat_get (param i32 i32) (result i32)))
             (import \"wasi_snapshot_preview1\" \"environ_sizes_get\" (func $environ_sizes_get (param i32 i32) (result i32)))
             (import \"wasi_snapshot_preview1\" \"environ_get\" (func $environ_get (param i32 i32) (result i32)))
             {PRELUDE} {}
             (data (i32.const {TEXTS}) \"{data}\")
             (func (export \"proxy_abi_version_{}\"))
             {})",
            self.extra, self.abi, self.functions
        )
        .unwrap();
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

/// A gateway that remembers.
#[derive(Default)]
pub(crate) struct Desk {
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) http: Mutex<Vec<(HttpCall, Reply)>>,
    pub(crate) grpc: Mutex<Vec<(GrpcCall, Reply)>>,
    pub(crate) commands: Mutex<Vec<GrpcCommand>>,
    pub(crate) redis: Mutex<Vec<(String, Bytes, Reply)>>,
    pub(crate) targets: Mutex<Vec<RedisTarget>>,
    pub(crate) level: AtomicU32,
    pub(crate) panic: Mutex<bool>,
}

impl Desk {
    /// Lines since the last look.
    pub(crate) fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

fn known(cluster: &str) -> Result<(), NotBegun> {
    match cluster {
        "outbound|80||known.static" => Ok(()),
        "down" => Err(NotBegun::Failed),
        _ => Err(NotBegun::UnknownCluster),
    }
}

impl Services for Desk {
    fn http_call(&self, call: HttpCall, reply: Reply) -> Result<(), NotBegun> {
        assert!(!*self.panic.lock().unwrap(), "a fault of the host");
        known(&call.cluster)?;
        self.http.lock().unwrap().push((call, reply));
        Ok(())
    }

    fn grpc_open(&self, call: GrpcCall, reply: Reply) -> Result<(), NotBegun> {
        known(std::str::from_utf8(&call.service).unwrap())?;
        self.grpc.lock().unwrap().push((call, reply));
        Ok(())
    }

    fn grpc_command(&self, _stream: &Reply, command: GrpcCommand) {
        self.commands.lock().unwrap().push(command);
    }

    fn redis_init(&self, target: RedisTarget) -> Result<(), NotBegun> {
        known(&target.cluster)?;
        self.targets.lock().unwrap().push(target);
        Ok(())
    }

    fn redis_call(&self, cluster: &str, query: Bytes, reply: Reply) -> Result<(), NotBegun> {
        known(cluster)?;
        self.redis.lock().unwrap().push((cluster.to_owned(), query, reply));
        Ok(())
    }

    fn log(&self, line: LogLine<'_>) {
        self.lines.lock().unwrap().push(line.message.to_owned());
    }

    fn log_level(&self) -> LogLevel {
        LogLevel::of(self.level.load(Ordering::Relaxed)).unwrap()
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(1_700_000_000_123_456_789)
    }
}

pub(crate) fn metrics() -> Arc<Metrics> {
    Metrics::new(MetricLimits::default(), "test")
}

/// One host for all tests: it is the engine that is slow to make.
pub(crate) fn host() -> &'static Arc<Host> {
    static HOST: OnceLock<Arc<Host>> = OnceLock::new();
    HOST.get_or_init(|| new_host(metrics()))
}

pub(crate) fn new_host(metrics: Arc<Metrics>) -> Arc<Host> {
    let options = HostOptions {
        cache: None,
        compiler: Compiler::Here,
        shared: SharedLimits::default(),
        metrics,
    };
    Host::new(options).unwrap()
}

/// A plugin in one VM, with the gateway around it.
pub(crate) struct Stage {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) desk: Arc<Desk>,
}

impl Stage {
    pub(crate) fn of(guest: &Guest) -> Self {
        Self::with(guest, PluginSpec::new("test", "")).unwrap()
    }

    pub(crate) fn with(guest: &Guest, spec: PluginSpec) -> Result<Self, StartError> {
        Self::on(host(), &host().load(&guest.wasm()).unwrap(), spec, 1)
    }

    pub(crate) fn on(
        host: &Host,
        module: &Arc<Module>,
        spec: PluginSpec,
        vms: usize,
    ) -> Result<Self, StartError> {
        let desk = Arc::new(Desk::default());
        let plugin = host.start(module, spec, Arc::clone(&desk) as Arc<dyn Services>, vms)?;
        Ok(Self { plugin, desk })
    }

    /// An exchange with a few headers.
    pub(crate) fn open(&self) -> Visit {
        self.plugin.open(Box::new(request())).unwrap()
    }
}

pub(crate) fn request() -> PlainStream {
    let mut stream = PlainStream::request(&[
        (":authority", "example.com"),
        (":path", "/a?b=c"),
        (":method", "GET"),
        (":scheme", "https"),
        ("x-a", "1"),
        ("x-a", "2"),
        ("x-b", ""),
    ]);
    stream.properties.insert(b"route_name".to_vec(), b"main".to_vec());
    stream
}

/// What an exchange in memory lent.
pub(crate) fn plain<T>(visit: &Visit, look: impl FnOnce(&mut PlainStream) -> T) -> T {
    visit.stream(|stream| look(stream.as_any_mut().downcast_mut().unwrap())).unwrap()
}
