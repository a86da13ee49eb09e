;; Hands the host pointers outside its memory, lengths that wrap around and lists that are none; adds each status as a
;; letter (a = 0) to the header `x-statuses`. A host must answer each and survive.
(module
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_pairs" (func $pairs (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $time (param i32) (result i32)))
  (import "env" "proxy_define_metric" (func $metric (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $share (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "x-statuses")
  (data (i32.const 32) ":path")
  (global $at (mut i32) (i32.const 256))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 65536))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func $note (param $status i32)
    (i32.store8 (global.get $at) (i32.add (local.get $status) (i32.const 97)))
    (global.set $at (i32.add (global.get $at) (i32.const 1))))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $at (i32.const 256))
    (call $note (call $log (i32.const 2) (i32.const 0x7fffffff) (i32.const 4)))            ;; text outside
    (call $note (call $log (i32.const 2) (i32.const 0xfffffff0) (i32.const 0x20)))         ;; text wraps around
    (call $note (call $log (i32.const 99) (i32.const 16) (i32.const 4)))                   ;; no such level
    (call $note (call $get (i32.const 0) (i32.const 32) (i32.const -1) (i32.const 64) (i32.const 68)))  ;; key too long
    (call $note (call $get (i32.const 0) (i32.const 32) (i32.const 5) (i32.const 0x7ffffff0) (i32.const 68)))
    (call $note (call $get (i32.const 99) (i32.const 32) (i32.const 5) (i32.const 64) (i32.const 68)))  ;; no such map
    (call $note (call $pairs (i32.const 0) (i32.const 0x7ffffff0) (i32.const 68)))
    (call $note (call $buffer (i32.const 99) (i32.const 0) (i32.const 9) (i32.const 64) (i32.const 68)))
    (call $note (call $buffer (i32.const 7) (i32.const -1) (i32.const 9) (i32.const 64) (i32.const 68)))
    (call $note (call $property (i32.const 0x7ffffff0) (i32.const 64) (i32.const 64) (i32.const 68)))
    (call $note (call $time (i32.const 0x7ffffff0)))
    (call $note (call $metric (i32.const 99) (i32.const 16) (i32.const 4) (i32.const 64)))  ;; no such kind
    (call $note (call $share (i32.const 16) (i32.const 4) (i32.const 16) (i32.const -1) (i32.const 0)))
    (drop (call $add (i32.const 0) (i32.const 16) (i32.const 10) (i32.const 256)
      (i32.sub (global.get $at) (i32.const 256))))
    (i32.const 0)))
