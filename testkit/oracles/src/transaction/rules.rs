//! Rule text made of fuzz bytes: mostly valid, so that transactions run.

use std::fmt::Write as _;

use arbitrary::{Result, Unstructured};

/// Rules of one text, chain links counted.
const MAX_RULES: usize = 12;

const TARGETS: &[&str] = &[
    "ARGS",
    "ARGS:a",
    "ARGS:/^a/",
    "&ARGS",
    "ARGS_NAMES",
    "ARGS_GET",
    "ARGS_POST",
    "REQUEST_URI",
    "REQUEST_URI_RAW",
    "REQUEST_LINE",
    "REQUEST_HEADERS",
    "REQUEST_HEADERS:User-Agent",
    "REQUEST_HEADERS_NAMES",
    "REQUEST_COOKIES",
    "REQUEST_BODY",
    "REQUEST_FILENAME",
    "REQUEST_BASENAME",
    "QUERY_STRING",
    "REQUEST_METHOD",
    "TX:a",
    "&TX:a",
    "TX:/^a/",
    "TX:0",
    "MATCHED_VAR",
    "MATCHED_VARS",
    "MATCHED_VARS_NAMES",
    "XML:/*",
    "XML://@*",
    "RESPONSE_BODY",
    "RESPONSE_HEADERS",
    "RESPONSE_STATUS",
    "REQBODY_ERROR",
    "MULTIPART_STRICT_ERROR",
    "FILES",
    "ARGS|!ARGS:a",
    "ARGS|REQUEST_HEADERS|!REQUEST_HEADERS:/^x/",
    "ARGS_COMBINED_SIZE",
    "REQUEST_PROTOCOL",
];

const TRANSFORMATIONS: &[&str] = &[
    "none",
    "lowercase",
    "uppercase",
    "urlDecode",
    "urlDecodeUni",
    "htmlEntityDecode",
    "jsDecode",
    "cssDecode",
    "base64Decode",
    "hexDecode",
    "hexEncode",
    "removeNulls",
    "removeWhitespace",
    "compressWhitespace",
    "replaceComments",
    "removeComments",
    "normalizePath",
    "normalizePathWin",
    "cmdLine",
    "utf8toUnicode",
    "length",
    "sha1",
    "md5",
    "trim",
    "escapeSeqDecode",
    "urlEncode",
    "base64Encode",
];

const ACTIONS: &[&str] = &[
    "capture",
    "multiMatch",
    "log",
    "nolog",
    "msg:'m %{MATCHED_VAR} %{TX.0}'",
    "logdata:'%{MATCHED_VAR_NAME}'",
    "setvar:tx.a=1",
    "setvar:tx.a=+1",
    "setvar:tx.a=-%{tx.b}",
    "setvar:!tx.a",
    "setvar:'tx.b=%{MATCHED_VAR}'",
    "setvar:'tx.a_%{MATCHED_VAR_NAME}=%{TX.1}'",
    "skip:1",
    "skipAfter:END",
    "ctl:ruleRemoveById=3",
    "ctl:ruleRemoveTargetById=2;ARGS:a",
    "ctl:ruleRemoveByTag=t",
    "ctl:ruleRemoveTargetByTag=t;ARGS",
    "ctl:requestBodyProcessor=JSON",
    "ctl:requestBodyProcessor=XML",
    "ctl:forceRequestBodyVariable=On",
    "ctl:ruleEngine=DetectionOnly",
    "ctl:requestBodyAccess=Off",
    "tag:t",
    "severity:CRITICAL",
    "setvar:tx.blocking_inbound_anomaly_score=+5",
    "auditlog",
];

const ENDS: &[&str] = &[
    "pass",
    "pass",
    "pass",
    "pass",
    "deny",
    "deny,status:429",
    "drop",
    "block",
    "allow",
    "allow:phase",
    "allow:request",
    "redirect:'/r'",
];

/// Pieces of patterns; joined they are mostly valid.
const PATTERN: &[&str] = &[
    "a",
    "b",
    "abc",
    "select",
    "SELECT",
    "<script",
    "'",
    ".",
    ".*",
    ".+?",
    "[a-c]",
    "[^a]",
    r"\d",
    r"\w+",
    r"\s*",
    r"\b",
    "^",
    "$",
    "(a|b)",
    "(?:ab|cd)",
    "(a)",
    "|",
    "a{2,3}",
    "(?i)",
    "(?i:S)elect",
    r"\x61",
    r"\xff",
    "a?",
    "(?:union|select).{0,5}a",
    "(b+)*",
    "(?=a)",
    "(?!b)",
    "(a)\\1",
    "[[:alpha:]]{3}",
    r"\.\./",
];

/// The text of a rule set.
pub(super) fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::from(
        "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecResponseBodyMimeType text/html\n",
    );
    if bytes.ratio(1, 4)? {
        text.push_str("SecDefaultAction \"phase:2,log,auditlog,deny,status:418,t:lowercase\"\n");
    }
    let mut chained = false;
    for id in 1..=bytes.int_in_range(1..=MAX_RULES)? {
        chained = rule(bytes, id, chained, &mut text)?;
    }
    if chained {
        text.push_str("SecRule ARGS \"@unconditionalMatch\" \"t:none\"\n");
    }
    text.push_str("SecMarker END\nSecAction \"id:999,phase:5,pass,log\"\n");
    Ok(text)
}

/// One rule, or one link; true when it asks for another link.
fn rule(bytes: &mut Unstructured<'_>, id: usize, link: bool, text: &mut String) -> Result<bool> {
    let mut actions = String::new();
    if !link {
        let phase = bytes.int_in_range(1..=5)?;
        let _ = write!(actions, "id:{id},phase:{phase},{},", bytes.choose(ENDS)?);
    }
    for _ in 0..bytes.int_in_range(0..=2)? {
        let _ = write!(actions, "t:{},", bytes.choose(TRANSFORMATIONS)?);
    }
    for _ in 0..bytes.int_in_range(0..=2)? {
        let action = bytes.choose(ACTIONS)?;
        // A link has no flow, tags or logging of its own.
        if !link || action.starts_with("setvar") || *action == "capture" {
            let _ = write!(actions, "{action},");
        }
    }
    let chain = bytes.ratio(1, 5)?;
    actions.push_str(if chain { "chain" } else { "t:none" });
    // `t:none` at the end clears what stands before it; half of the rules keep theirs.
    if !chain && bytes.ratio(1, 2)? && actions.ends_with(",t:none") {
        actions.truncate(actions.len() - ",t:none".len());
    }
    let targets = bytes.choose(TARGETS)?;
    let operator = operator(bytes)?;
    let _ = writeln!(text, "SecRule {targets} \"{operator}\" \"{actions}\"");
    Ok(chain)
}

fn operator(bytes: &mut Unstructured<'_>) -> Result<String> {
    let not = if bytes.ratio(1, 6)? { "!" } else { "" };
    let mut argument = String::new();
    let name = *bytes.choose(&[
        "rx",
        "rx",
        "rx",
        "rx",
        "pm",
        "contains",
        "streq",
        "beginsWith",
        "endsWith",
        "within",
        "strmatch",
        "eq",
        "gt",
        "lt",
        "containsWord",
        "detectSQLi",
        "detectXSS",
        "validateByteRange",
        "validateUtf8Encoding",
        "validateUrlEncoding",
        "unconditionalMatch",
        "noMatch",
        "ipMatch",
    ])?;
    match name {
        "rx" => {
            for _ in 0..bytes.int_in_range(1..=5)? {
                argument.push_str(bytes.choose(PATTERN)?);
            }
        }
        "eq" | "gt" | "lt" => argument = bytes.int_in_range(0..=12)?.to_string(),
        "validateByteRange" => argument = "1-255".to_owned(),
        "ipMatch" => argument = "192.0.2.0/24".to_owned(),
        "pm" => {
            argument =
                (*bytes.choose(&["a b abc", "select union", "SCRIPT ../ \\", "é a"])?).to_owned()
        }
        "contains" | "streq" | "beginsWith" | "endsWith" | "within" | "strmatch"
        | "containsWord" => {
            argument = (*bytes.choose(&[
                "a",
                "abc",
                "select",
                "%{tx.a}",
                "%{MATCHED_VAR}",
                "GET POST",
            ])?)
            .to_owned();
        }
        _ => {}
    }
    Ok(format!("{not}@{name} {argument}").trim_end().to_owned())
}
