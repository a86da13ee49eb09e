;; Its allocator answers with an address outside its memory; the status of asking for the path goes into `x-status` as a
;; letter (a = 0).
(module
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "x-status")
  (data (i32.const 32) ":path")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 0x7ffffff0))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 256) (i32.add (i32.const 97)
      (call $get (i32.const 0) (i32.const 32) (i32.const 5) (i32.const 64) (i32.const 68))))
    (drop (call $add (i32.const 0) (i32.const 16) (i32.const 8) (i32.const 256) (i32.const 1)))
    (i32.const 0)))
