//! The compiler's process by itself: a module on standard input, native code on standard output. The tests start it;
//! the gateway starts itself as `portcullis plugin compile`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(portcullis_plugin_host::compile_main())
}
