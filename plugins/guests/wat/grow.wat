;; Asks for 4 GiB of memory, a page at a time and touching each, in a request that has `x-grow`; then tells in `x-pages`
;; how many pages it got, in decimal of five digits.
(module
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "x-grow")
  (data (i32.const 32) "x-pages")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func $tell (param $pages i32)
    (local $at i32)
    (local.set $at (i32.const 4))
    (loop $digit
      (i32.store8 offset=80 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $pages) (i32.const 10))))
      (local.set $pages (i32.div_u (local.get $pages) (i32.const 10)))
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (br_if $digit (i32.ge_s (local.get $at) (i32.const 0))))
    (drop (call $add (i32.const 0) (i32.const 32) (i32.const 7) (i32.const 80) (i32.const 5))))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $old i32)
    (if (i32.eqz (call $get (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 64) (i32.const 68)))
      (then
        (block $full
          (loop $more
            (local.set $old (memory.grow (i32.const 1)))
            (br_if $full (i32.eq (local.get $old) (i32.const -1)))
            (i32.store (i32.mul (local.get $old) (i32.const 65536)) (i32.const 1))
            (br $more)))
        (call $tell (memory.size))))
    (i32.const 0)))
