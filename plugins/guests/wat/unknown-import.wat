;; Imports a function that no host has. Upstream Envoy refuses it; a host may instead answer 12 (Unimplemented).
(module
  (import "env" "proxy_of_another_time" (func $unknown (param i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "x-status")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 256) (i32.add (i32.const 97) (call $unknown (i32.const 1))))
    (drop (call $add (i32.const 0) (i32.const 16) (i32.const 8) (i32.const 256) (i32.const 1)))
    (i32.const 0)))
