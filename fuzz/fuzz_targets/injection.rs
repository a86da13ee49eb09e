#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_oracles::injection::check(data));
