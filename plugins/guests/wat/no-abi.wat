;; A module without an ABI version: no Proxy-Wasm plugin.
(module
  (memory (export "memory") 1)
  (func (export "malloc") (param i32) (result i32) (i32.const 4096)))
