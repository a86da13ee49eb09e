//! OWASP Coraza as a driver of `make bench-waf`; see `portcullis_benches::waf::serve`. The garbage collector runs in
//! threads of this process, so its work is in the figures.

use std::process::ExitCode;

use coraza::{Error, Waf, WafConfig};
use portcullis_benches::waf::request::Request;
use portcullis_benches::waf::serve::{Engine, serve};

struct Coraza(Waf);

/// `true` when a rule ended the exchange.
fn ended(result: Result<(), Error>) -> Result<bool, String> {
    match result {
        Ok(()) => Ok(false),
        Err(Error::Intervention { .. }) => Ok(true),
        Err(error) => Err(error.to_string()),
    }
}

impl Engine for Coraza {
    fn version() -> String {
        // The crate coraza-sys carries the version of the Go module it builds.
        "Coraza 3.7.0".to_owned()
    }

    fn compile(entry: &str) -> Result<Self, String> {
        let config = WafConfig::new().map_err(|error| error.to_string())?;
        config.with_directives_from_file(entry).build().map(Self).map_err(|error| error.to_string())
    }

    fn run(&self, request: &Request, _id: u64) -> Result<Option<u16>, String> {
        let mut tx = self.0.new_transaction();
        let mut stopped = ended(tx.process_connection("192.0.2.7", 50_000, "127.0.0.1", 80))?
            || ended(tx.process_uri(&request.target, &request.method, "HTTP/1.1"))?;
        // One call for all: cheaper than a crossing into Go a header.
        let headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        tx.add_request_headers(&headers);
        stopped = stopped || ended(tx.process_request_headers())?;
        if !stopped {
            stopped = ended(tx.append_request_body(request.body.as_bytes()))?
                || ended(tx.process_request_body())?;
        }
        let status = tx.intervention().filter(|_| stopped).map(|found| found.status);
        tx.close().map_err(|error| error.to_string())?;
        Ok(status.map(|status| u16::try_from(status).unwrap_or(999)))
    }
}

fn main() -> ExitCode {
    match serve::<Coraza>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("waf-coraza: {problem}");
            ExitCode::FAILURE
        }
    }
}
