;; Exports the ABI, memory and an allocator, and no callback at all: a host must not call what is not there.
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096)))
