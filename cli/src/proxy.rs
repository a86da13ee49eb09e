//! `portcullis proxy`: one listener, one upstream, no file.

use std::path::Path;
use std::process::ExitCode;

use portcullis_config::{Gateway, parse_str};
use serde_json::json;

use crate::arguments::ProxyArguments;
use crate::{check, fail, run};

/// Runs until a signal ends it.
pub(crate) fn proxy(arguments: &ProxyArguments) -> ExitCode {
    match gateway(arguments) {
        Ok(gateway) => run::fixed(gateway),
        Err(problem) => fail(&problem),
    }
}

/// The document these arguments stand for. It goes through the same checks as one in a file.
fn gateway(arguments: &ProxyArguments) -> Result<Gateway, String> {
    let (scheme, rest) = arguments.to.split_once("://").ok_or_else(|| {
        format!("`{}` has no scheme; write for example http://host:port", arguments.to)
    })?;
    let default_port = match scheme {
        "http" => 80,
        "https" => 443,
        other => return Err(format!("`{other}` is neither http nor https")),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#', '@']) {
        return Err(format!("`{}` has more than a scheme, a host and a port", arguments.to));
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = match has_port {
        true => authority.to_owned(),
        false => format!("{authority}:{default_port}"),
    };
    let mut cluster = json!({ "name": "upstream", "endpoints": [{ "address": address }] });
    if scheme == "https" {
        cluster["tls"] = json!({});
    }
    let filters = if arguments.waf { json!([{ "waf": {} }]) } else { json!([]) };
    let document = json!({
        "admin": { "address": arguments.admin.to_string() },
        "listeners": [{ "name": "proxy", "address": arguments.listen.to_string() }],
        "clusters": [cluster],
        "filters": filters,
        "routes": [{ "name": "proxy", "cluster": "upstream" }],
    });
    // JSON is YAML, so the one reader serves here too.
    let loaded = parse_str(Path::new("command line"), &document.to_string());
    loaded.map(|loaded| loaded.gateway).map_err(|problems| {
        check::print(&problems, false);
        "the arguments cannot be used".to_owned()
    })
}
