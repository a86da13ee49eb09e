//! zentinel-modsec as a driver of `make bench-waf`; see `portcullis_benches::waf::serve`.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use portcullis_benches::waf::request::Request;
use portcullis_benches::waf::serve::{Engine, serve};
use zentinel_modsec::ModSecurity;

// The same allocator as this engine's driver: only the engines differ.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

struct Zentinel(ModSecurity);

impl Engine for Zentinel {
    fn version() -> String {
        format!("zentinel-modsec {}", zentinel_modsec::VERSION)
    }

    fn compile(entry: &str) -> Result<Self, String> {
        ModSecurity::from_file(entry).map(Self).map_err(|error| error.to_string())
    }

    fn run(&self, request: &Request, _id: u64) -> Result<Option<u16>, String> {
        let said = |error: zentinel_modsec::Error| error.to_string();
        let mut tx = self.0.new_transaction();
        tx.set_client_addr("192.0.2.7", 50_000);
        tx.set_server_addr("127.0.0.1", 80);
        tx.process_uri(&request.target, &request.method, "HTTP/1.1").map_err(said)?;
        for (name, value) in &request.headers {
            tx.add_request_header(name, value).map_err(said)?;
        }
        tx.process_request_headers().map_err(said)?;
        if tx.intervention().is_none() {
            if !request.body.is_empty() {
                tx.append_request_body(request.body.as_bytes()).map_err(said)?;
            }
            tx.process_request_body().map_err(said)?;
        }
        Ok(tx.intervention().map(|found| found.status))
    }
}

fn main() -> ExitCode {
    match serve::<Zentinel>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("waf-zentinel: {problem}");
            ExitCode::FAILURE
        }
    }
}
