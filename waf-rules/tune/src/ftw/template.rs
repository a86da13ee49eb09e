//! The Go template actions the regression tests use in `data`: sprig's `repeat`, called or piped.
//!
//! `{{ "1" | repeat 64200 }}` and `{{ repeat 3 "ab" }}` are all there is in CRS 4.25. Anything else between braces is
//! an error of the test, not text: go-ftw would run it, and sending it raw would judge another request.

/// The largest body a template may grow to, in bytes.
pub(crate) const MAX_EXPANDED_BYTES: usize = 16 * 1024 * 1024;

/// Replaces every action in `data` by its value.
pub(crate) fn expand(data: &str) -> Result<String, String> {
    let mut out = String::with_capacity(data.len());
    let mut rest = data;
    while let Some((before, action)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((action, after)) = action.split_once("}}") else {
            return Err("a template action without its end".to_owned());
        };
        out.push_str(&value(action)?);
        if out.len() > MAX_EXPANDED_BYTES {
            return Err(format!("the template grows beyond {MAX_EXPANDED_BYTES} bytes"));
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn value(action: &str) -> Result<String, String> {
    let unknown = || format!("template action not supported: {{{{{action}}}}}");
    let (text, count) = match action.split_once('|') {
        Some((text, call)) => {
            (text, call.trim().strip_prefix("repeat").ok_or_else(unknown)?.trim())
        }
        None => {
            let call = action.trim().strip_prefix("repeat").ok_or_else(unknown)?.trim();
            let (count, text) = call.split_once(char::is_whitespace).ok_or_else(unknown)?;
            (text, count)
        }
    };
    let text = text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = text.filter(|text| !text.contains(['\\', '"'])).ok_or_else(unknown)?;
    let count: usize = count.parse().map_err(|_| unknown())?;
    match text.len().checked_mul(count) {
        Some(size) if size <= MAX_EXPANDED_BYTES => Ok(text.repeat(count)),
        _ => Err(format!("the template grows beyond {MAX_EXPANDED_BYTES} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_become_values() {
        let cases = [
            ("plain", Some("plain")),
            ("a{{ \"1\" | repeat 4 }}b", Some("a1111b")),
            ("{{ repeat 2 \"ab\" }}{{\"c\"|repeat 1}}", Some("ababc")),
            ("{{ 7*7 }}", None),
            ("{{ \"1\" | upper }}", None),
            ("{{ \"1\" | repeat 99999999999 }}", None),
            ("{{ open", None),
        ];
        for (data, expected) in cases {
            assert_eq!(expand(data).ok().as_deref(), expected, "{data}");
        }
    }
}
