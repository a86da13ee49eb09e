//! Compiled modules are kept, signed, and made by another process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use portcullis_plugin_host::{
    Compiler, Host, HostOptions, LoadError, ProcessCompiler, SharedLimits,
};

use crate::kit::{Guest, metrics};

fn host(folder: &Path, compiler: Compiler) -> Result<Arc<Host>, LoadError> {
    let cache = Some(folder.to_owned());
    Host::new(HostOptions { cache, compiler, shared: SharedLimits::default(), metrics: metrics() })
}

/// A compiler that cannot compile: what loads with it came from the folder.
fn none() -> Compiler {
    Compiler::Process(ProcessCompiler {
        program: "/bin/false".into(),
        arguments: Vec::new(),
        timeout: Duration::from_secs(10),
    })
}

/// The compiler's process of this crate's example.
fn process() -> Compiler {
    let program = std::env::current_exe().unwrap();
    let program = program.parent().unwrap().parent().unwrap().join("examples/compile");
    assert!(
        program.exists(),
        "{} is missing: cargo build -p portcullis-plugin-host --examples",
        program.display()
    );
    Compiler::Process(ProcessCompiler {
        program,
        arguments: Vec::new(),
        timeout: Duration::from_secs(60),
    })
}

fn find(folder: &Path, extension: &str) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|e| e == extension)).unwrap()
}

#[test]
fn what_was_compiled_once_is_not_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = Guest::new().wasm();
    host(folder.path(), process()).unwrap().load(&wasm).unwrap();
    host(folder.path(), none()).unwrap().load(&wasm).unwrap();
    let mut other = Guest::new();
    other.request_headers("", 0);
    let error = host(folder.path(), none()).unwrap().load(&other.wasm()).unwrap_err();
    assert!(matches!(error, LoadError::Compiler(_)), "{error}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("key")), 0o600);
    assert_eq!(mode(&find(folder.path(), "code")), 0o600);
}

#[test]
fn what_is_not_signed_by_us_is_never_run() {
    let wasm = Guest::new().wasm();
    for extension in ["code", "mac"] {
        let folder = tempfile::tempdir().unwrap();
        host(folder.path(), Compiler::Here).unwrap().load(&wasm).unwrap();
        let path = find(folder.path(), extension);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let error = host(folder.path(), none()).unwrap().load(&wasm).unwrap_err();
        assert!(
            matches!(error, LoadError::Compiler(_)),
            "{extension}: it must want to compile: {error}"
        );
        host(folder.path(), Compiler::Here).unwrap().load(&wasm).unwrap();
        host(folder.path(), none()).unwrap().load(&wasm).unwrap();
    }
    // Signed, but for another module.
    let folder = tempfile::tempdir().unwrap();
    host(folder.path(), Compiler::Here).unwrap().load(&wasm).unwrap();
    let (code, mac) = (find(folder.path(), "code"), find(folder.path(), "mac"));
    let (code_bytes, mac_bytes) = (fs::read(&code).unwrap(), fs::read(&mac).unwrap());
    fs::remove_file(&code).unwrap();
    fs::remove_file(&mac).unwrap();
    let mut other = Guest::new();
    other.request_headers("", 0);
    host(folder.path(), Compiler::Here).unwrap().load(&other.wasm()).unwrap();
    fs::write(find(folder.path(), "code"), code_bytes).unwrap();
    fs::write(find(folder.path(), "mac"), mac_bytes).unwrap();
    let error = host(folder.path(), none()).unwrap().load(&other.wasm()).unwrap_err();
    assert!(matches!(error, LoadError::Compiler(_)), "{error}");
}

#[test]
fn a_key_that_others_can_read_is_no_key() {
    let folder = tempfile::tempdir().unwrap();
    host(folder.path(), none()).unwrap();
    let key = folder.path().join("key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = host(folder.path(), none()).unwrap_err();
    assert!(error.to_string().contains("0600"), "{error}");
}

#[test]
fn the_compilers_process_says_what_is_wrong_and_ends_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let error =
        host(folder.path(), process()).unwrap().load(b"\0asm\x01\0\0\0nonsense").unwrap_err();
    assert!(matches!(error, LoadError::Module(_)), "{error}");
    let slow = Compiler::Process(ProcessCompiler {
        program: "/bin/sleep".into(),
        arguments: vec!["60".to_owned()],
        timeout: Duration::from_millis(100),
    });
    let error = host(folder.path(), slow).unwrap().load(&Guest::new().wasm()).unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}
