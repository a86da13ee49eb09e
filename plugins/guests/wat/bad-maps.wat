;; Hands over header lists that are none - too short for their count, lengths past the end, more bytes than the list has -
;; and puts the statuses as letters (a = 0) into `x-statuses`.
(module
  (import "env" "proxy_set_header_map_pairs" (func $set (param i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "x-statuses")
  (data (i32.const 64) "\ff\ff\ff\ff")                                        ;; four milliards of pairs
  (data (i32.const 80) "\01\00\00\00\ff\ff\ff\7f\01\00\00\00a\00b\00")        ;; a name longer than the list
  (data (i32.const 112) "\01\00\00\00\01\00\00\00\01\00\00\00a\00b\00rest")   ;; bytes after the end
  (data (i32.const 144) "\01\00")                                             ;; half a count
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 65536))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 256) (i32.add (i32.const 97) (call $set (i32.const 2) (i32.const 64) (i32.const 4))))
    (i32.store8 (i32.const 257) (i32.add (i32.const 97) (call $set (i32.const 2) (i32.const 80) (i32.const 16))))
    (i32.store8 (i32.const 258) (i32.add (i32.const 97) (call $set (i32.const 2) (i32.const 112) (i32.const 20))))
    (i32.store8 (i32.const 259) (i32.add (i32.const 97) (call $set (i32.const 2) (i32.const 144) (i32.const 2))))
    (drop (call $add (i32.const 2) (i32.const 16) (i32.const 10) (i32.const 256) (i32.const 4)))
    (i32.const 0)))
