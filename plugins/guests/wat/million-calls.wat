;; Calls the host a million times in a request that has `x-calls`: a log line each in `x-calls: log`, the clock otherwise.
(module
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $time (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "x-calls")
  (data (i32.const 32) "one of a million lines")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $left i32)
    (if (i32.eqz (call $get (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 64) (i32.const 68)))
      (then
        (local.set $left (i32.const 1000000))
        (loop $again
          (if (i32.eq (i32.load (i32.const 68)) (i32.const 3))
            (then (drop (call $log (i32.const 2) (i32.const 32) (i32.const 22))))
            (else (drop (call $time (i32.const 72)))))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $again (local.get $left)))))
    (i32.const 0)))
