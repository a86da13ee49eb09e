//! Higress' `waf`: `{useCRS, secRules}`, Coraza with the Core Rule Set. What `useCRS` sets there (its `@demo-conf` and
//! `@crs-setup-demo-conf`) is set here: bodies of requests up to 12.5 MiB, of responses up to 512 KiB.

use portcullis_config::{
    ByteSize, FilterConfig, OnError, OnLimit, RequestBodyInspection, ResponseBodyInspection, Waf,
    WafMode, defaults,
};
use serde_json::Value;

/// `SecRequestBodyLimit` of `@demo-conf`.
const REQUEST_BODY: ByteSize = ByteSize::from_bytes(13_107_200);
/// `SecResponseBodyLimit` of `@demo-conf`.
const RESPONSE_BODY: ByteSize = ByteSize::from_bytes(524_288);

/// The filter; or what of the configuration it does not do.
pub(super) fn translate(config: &Value, on_error: OnError) -> Result<FilterConfig, String> {
    let Value::Object(entries) = config else {
        return Err("its configuration is no map".to_owned());
    };
    if let Some(key) = entries.keys().find(|key| !["useCRS", "secRules"].contains(&key.as_str())) {
        return Err(format!("it knows nothing of `{key}`"));
    }
    let crs = match entries.get("useCRS") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(on)) => *on,
        Some(_) => return Err("`useCRS` is neither true nor false".to_owned()),
    };
    let mut rules = Vec::new();
    match entries.get("secRules") {
        None | Some(Value::Null) => {}
        Some(Value::Array(written)) => {
            for rule in written {
                rules.push(rule.as_str().ok_or("`secRules` holds what is no text")?);
            }
        }
        Some(_) => return Err("`secRules` is no list".to_owned()),
    }
    let mut waf = Waf {
        ruleset: if crs { defaults::RULESET } else { defaults::NO_RULESET }.to_owned(),
        request_body: RequestBodyInspection {
            inspect: crs,
            limit: REQUEST_BODY,
            on_limit: OnLimit::Reject,
        },
        response_body: ResponseBodyInspection { inspect: crs, limit: RESPONSE_BODY },
        on_error,
        ..Waf::default()
    };
    for line in rules.iter().flat_map(|text| text.lines()) {
        if !setting(line, &mut waf)? {
            waf.directives.push_str(line);
            waf.directives.push('\n');
        }
    }
    if !crs && waf.directives.is_empty() {
        // Nothing to inspect by, as there.
        waf.mode = WafMode::Off;
    }
    Ok(FilterConfig::Waf(waf))
}

/// Takes over a directive that is a key of our filter; whether it was one. Keys count before directives, so one left
/// where it is would say nothing.
fn setting(line: &str, waf: &mut Waf) -> Result<bool, String> {
    let mut words = line.split_whitespace();
    let (Some(directive), value) = (words.next(), words.next().unwrap_or_default()) else {
        return Ok(false);
    };
    let unknown = || format!("`{}` is not understood", line.trim());
    let value = value.trim_matches('"').to_ascii_lowercase();
    let size = || value.parse().map(ByteSize::from_bytes).map_err(|_| unknown());
    let on = || match value.as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(unknown()),
    };
    match directive.to_ascii_lowercase().as_str() {
        "secruleengine" => {
            waf.mode = match value.as_str() {
                "on" => WafMode::Blocking,
                "detectiononly" => WafMode::Detection,
                "off" => WafMode::Off,
                _ => return Err(unknown()),
            };
        }
        "secrequestbodyaccess" => waf.request_body.inspect = on()?,
        "secrequestbodylimit" => waf.request_body.limit = size()?,
        "secrequestbodylimitaction" => {
            waf.request_body.on_limit = match value.as_str() {
                "reject" => OnLimit::Reject,
                "processpartial" => OnLimit::Partial,
                _ => return Err(unknown()),
            };
        }
        "secresponsebodyaccess" => waf.response_body.inspect = on()?,
        "secresponsebodylimit" => waf.response_body.limit = size()?,
        // Responses beyond the limit always pass partly inspected here.
        "secresponsebodylimitaction" if value == "processpartial" => {}
        "secresponsebodylimitaction" => return Err(unknown()),
        "include" => return Err(format!("`{}` names files of the module", line.trim())),
        _ => return Ok(false),
    }
    Ok(true)
}
