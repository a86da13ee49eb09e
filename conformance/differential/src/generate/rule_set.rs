//! Small rule sets over what the Core Rule Set does not use: operators, transformations, variables, selectors and
//! actions joined at random.

use crate::random::Random;
use crate::rules::{RuleText, probe};

/// Rules of one set.
const RULES: usize = 8;
/// The variables rules set, whose end state is compared.
const SET: [&str; 5] = ["a", "b", "count", "last", "x"];

/// Chooses the body processors, as every recommended configuration does.
const SETTINGS: &str = r#"SecRuleEngine On
SecAuditEngine Off
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,pass"
SecDefaultAction "phase:3,log,auditlog,pass"
SecDefaultAction "phase:4,log,auditlog,pass"
SecDefaultAction "phase:5,log,auditlog,pass"
SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:application(?:/soap\+|/)|text/)xml" "id:1,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/(?:[a-z0-9.-]+\+)?json" "id:2,phase:1,pass,nolog,t:none,t:lowercase,ctl:requestBodyProcessor=JSON"
SecAction "id:3,phase:1,pass,nolog,setvar:tx.a=0,setvar:tx.b=0,setvar:tx.count=0,setvar:tx.last=none,setvar:tx.x=0"
SecRule REQBODY_ERROR "!@eq 0" "id:4,phase:2,pass,log,t:none"
"#;

const HEAD_TARGETS: &[&str] = &[
    "ARGS_GET",
    "ARGS_GET_NAMES",
    "REQUEST_HEADERS",
    "REQUEST_HEADERS_NAMES",
    "REQUEST_COOKIES",
    "REQUEST_COOKIES_NAMES",
    "QUERY_STRING",
    "REQUEST_METHOD",
    "REQUEST_PROTOCOL",
    "REQUEST_FILENAME",
    "REQUEST_BASENAME",
    "REQUEST_URI_RAW",
    "REQUEST_LINE",
    "REMOTE_ADDR",
    "TX",
    "REQUEST_HEADERS:User-Agent",
    "REQUEST_HEADERS:user-agent",
    "REQUEST_HEADERS:/^x-/",
    "&REQUEST_HEADERS",
    "&REQUEST_HEADERS:Host",
    "TX:a",
    "TX:/^[ab]$/",
    "&TX:b",
    "REQUEST_COOKIES:id",
    "REQUEST_COOKIES:/^[a-q]/",
    "ARGS:id",
    "ARGS:/^[a-m]/",
    "&ARGS:q",
];
const BODY_TARGETS: &[&str] = &[
    "ARGS",
    "ARGS_NAMES",
    "ARGS_POST",
    "ARGS_POST_NAMES",
    "ARGS:a",
    "ARGS:/^(?:field|list)/",
    "&ARGS",
    "&ARGS_POST",
    "ARGS_COMBINED_SIZE",
    "FILES",
    "FILES_NAMES",
    "FILES_COMBINED_SIZE",
    "MULTIPART_PART_HEADERS",
    "XML:/*",
    "XML://@*",
    "REQUEST_BODY",
    "REQUEST_BODY_LENGTH",
    "REQBODY_PROCESSOR",
    "REQBODY_ERROR",
    "ARGS_POST:field0",
    "&FILES",
    "&XML:/*",
];
const EXCLUSIONS: &[&str] = &[
    "!ARGS:id",
    "!ARGS:/^[a-f]/",
    "!REQUEST_HEADERS:Host",
    "!REQUEST_HEADERS:/^acc/",
    "!REQUEST_COOKIES:q",
    "!ARGS_NAMES:name",
    "!TX:a",
];
const OPERATORS: &[&str] = &[
    "@rx a",
    "@rx ^[a-z]+$",
    "@rx (?i)select|script|etc",
    "@rx ([a-z])([0-9])",
    "@rx ^(.)(.*)$",
    "@rx \\d{2,}",
    "@rx ^$",
    "@rx =",
    "@rx ['\\x22<>]",
    "@rx \\bor\\b",
    "@rx [^\\x20-\\x7e]",
    "@rx (?:%[0-9a-f]{2})+",
    "@pm select union script passwd",
    "@pm a",
    "@contains <",
    "@contains ../",
    "@beginsWith a",
    "@beginsWith /",
    "@endsWith 1",
    "@endsWith /",
    "@streq 42",
    "@streq GET",
    "@strmatch user",
    "@within GET POST HEAD",
    "@within a,b,c,42",
    "@eq 0",
    "@eq 1",
    "@ge 2",
    "@gt 0",
    "@lt 5",
    "@le 1",
    "@eq a",
    "@validateByteRange 32-126",
    "@validateByteRange 9,10,13,32-255",
    "@validateUrlEncoding",
    "@validateUtf8Encoding",
    "@ipMatch 127.0.0.0/8",
    "@ipMatch 10.0.0.0/8,::1",
    "@detectSQLi",
    "@detectXSS",
    "@unconditionalMatch",
    "@noMatch",
    "@contains %{tx.a}",
    "@streq %{tx.x}",
    "@beginsWith %{request_method}",
    "@eq %{tx.count}",
    "@gt %{tx.b}",
    "@within %{tx.a} %{tx.x} 1",
];
const TRANSFORMATIONS: &[&str] = &[
    "lowercase",
    "uppercase",
    "urlDecode",
    "urlDecodeUni",
    "urlEncode",
    "htmlEntityDecode",
    "removeNulls",
    "replaceNulls",
    "removeWhitespace",
    "compressWhitespace",
    "trim",
    "trimLeft",
    "trimRight",
    "length",
    "hexEncode",
    "hexDecode",
    "base64Encode",
    "base64Decode",
    "base64DecodeExt",
    "md5",
    "sha1",
    "cmdLine",
    "normalizePath",
    "normalizePathWin",
    "removeComments",
    "replaceComments",
    "removeCommentsChar",
    "escapeSeqDecode",
    "cssDecode",
    "jsDecode",
    "utf8toUnicode",
];
/// Only numbers are counted with: what becomes of `=+1` on a text is another matter (see `docs/differential.md`).
/// `setvar:!tx.a` and `setvar:tx.b` without a value are left out: Coraza 3.7 dereferences nil on both.
const EFFECTS: &[&str] = &[
    "setvar:tx.a=1",
    "setvar:tx.a=+2",
    "setvar:tx.b=-1",
    "setvar:tx.b=%{tx.a}",
    "setvar:tx.count=+1",
    "setvar:tx.count=+%{tx.a}",
    "setvar:tx.x=%{tx.1}",
    "setvar:tx.x=%{rule.id}",
    "setvar:tx.last=%{request_method}-%{tx.count}",
    "setvar:tx.X=3",
    "setvar:tx.%{request_method}=1",
    "capture",
    "multiMatch",
    "severity:2",
    "tag:'t1'",
    "tag:'t2'",
    "msg:'first message'",
    "msg:'second message'",
    "logdata:'%{tx.0}'",
];
const CONTROLS: &[&str] = &[
    "ctl:ruleRemoveById=104",
    "ctl:ruleRemoveById=103-106",
    "ctl:ruleRemoveByTag=t1",
    "ctl:ruleRemoveByMsg=first message",
    "ctl:ruleRemoveTargetById=105;ARGS:id",
    "ctl:ruleRemoveTargetById=106;ARGS",
    "ctl:ruleRemoveTargetById=102-107;ARGS:/^[a-f]/",
    "ctl:ruleRemoveTargetByTag=t2;REQUEST_HEADERS:User-Agent",
    "ctl:ruleRemoveTargetByMsg=second message;ARGS_NAMES",
    "ctl:ruleEngine=DetectionOnly",
    "ctl:forceRequestBodyVariable=On",
    "ctl:requestBodyProcessor=URLENCODED",
    "ctl:requestBodyAccess=Off",
    "skipAfter:END",
    "skipAfter:MIDDLE",
    "skip:1",
    "skip:2",
];
const ENDS: &[&str] = &[
    "pass",
    "pass",
    "pass",
    "pass",
    "pass",
    "deny",
    "deny,status:406",
    "block",
    "drop",
    "allow:phase",
    "allow:request",
    "redirect:https://example.com/",
];

/// Rule set number `index` under `seed`.
pub fn rule_set(seed: u64, index: u64) -> RuleText {
    let random = &mut Random::of(seed ^ 0x5eed, index);
    let mut entry = SETTINGS.to_owned();
    for position in 0..RULES {
        if position == RULES / 2 {
            entry.push_str("SecMarker MIDDLE\n");
        }
        rule(random, 101 + position, &mut entry);
    }
    // A marker that lies behind is an error here, and would skip the rest of the phase there.
    if let Some(at) = entry.find("SecMarker MIDDLE") {
        let rest = entry.split_off(at);
        entry.push_str(&rest.replace("skipAfter:MIDDLE", "skipAfter:END"));
    }
    entry.push_str("SecMarker END\n");
    // Whether a marker counts as a rule that `skip` jumps over is not said anywhere, so a set has one or the other.
    if entry.contains("skip:") {
        for word in ["SecMarker MIDDLE\n", "SecMarker END\n", ",skipAfter:MIDDLE", ",skipAfter:END"]
        {
            entry = entry.replace(word, "");
        }
    }
    entry.push_str(&probe(&SET));
    RuleText { entry, files: Vec::new(), probes: &SET }
}

fn rule(random: &mut Random, id: usize, entry: &mut String) {
    // A phase of the head first, so that what it removes or switches can matter.
    let phase = random.one_of(&[1, 1, 2, 2, 2, 2, 3, 4, 5]);
    let mut actions = vec![format!("id:{id}"), format!("phase:{phase}")];
    // What ends an exchange means nothing any more in phase 5.
    let end = if phase == 5 { "pass" } else { random.pick(ENDS) };
    // A request cannot be allowed once it is over.
    actions.push(if phase > 2 && end == "allow:request" { "pass" } else { end }.to_owned());
    if random.chance(12) {
        effects(random, &mut actions);
        entry.push_str(&format!("SecAction \"{}\"\n", actions.join(",")));
        return;
    }
    let links = random.one_of(&[1, 1, 1, 1, 2, 2, 3]);
    for link in 0..links {
        let chained = link + 1 < links;
        if link > 0 {
            actions = Vec::new();
        }
        transformations(random, &mut actions);
        // What a link does although a later one fails would leave no trace of which rule did it; tests/concepts of the
        // engine has cases for it.
        if !chained {
            effects(random, &mut actions);
        }
        if link > 0 {
            // Flow and disruption belong to the starter, and so do its metadata.
            let own = ["severity", "tag", "msg", "skip", "nolog", "logdata"];
            actions.retain(|action| !own.iter().any(|name| action.starts_with(name)));
        }
        if chained {
            actions.push("chain".to_owned());
        }
        let negated = if random.chance(12) { "!" } else { "" };
        let operator = random.pick(OPERATORS);
        let targets = targets(random, phase, link > 0);
        entry.push_str(&format!("SecRule {targets} \"{negated}{operator}\""));
        if !actions.is_empty() {
            entry.push_str(&format!(" \"{}\"", actions.join(",")));
        }
        entry.push('\n');
    }
}

fn targets(random: &mut Random, phase: u8, in_chain: bool) -> String {
    let mut targets = Vec::new();
    for _ in 0..=random.below(3) {
        targets.push(match random.below(10) {
            0 | 1 if in_chain => random.pick(&[
                "MATCHED_VAR",
                "MATCHED_VARS",
                "MATCHED_VAR_NAME",
                "TX:1",
                "TX:0",
                "&MATCHED_VARS",
            ]),
            0..6 if phase > 1 => random.pick(BODY_TARGETS),
            _ => random.pick(HEAD_TARGETS),
        });
    }
    if random.chance(25) {
        targets.push(random.pick(EXCLUSIONS));
    }
    targets.join("|")
}

fn transformations(random: &mut Random, actions: &mut Vec<String>) {
    if random.chance(60) {
        actions.push("t:none".to_owned());
        for _ in 0..random.below(4) {
            actions.push(format!("t:{}", random.pick(TRANSFORMATIONS)));
        }
    }
}

fn effects(random: &mut Random, actions: &mut Vec<String>) {
    for _ in 0..random.below(4) {
        let effect = random.pick(EFFECTS).to_owned();
        if !actions.contains(&effect) {
            actions.push(effect);
        }
    }
    if random.chance(15) {
        actions.push(random.pick(CONTROLS).to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ours::Ours;

    #[test]
    fn rule_sets_compile_and_use_what_there_is() {
        let mut all = String::new();
        for index in 0..400 {
            let text = rule_set(1, index);
            Ours::new(&text, true).unwrap_or_else(|problems| panic!("{problems}\n{}", text.entry));
            all.push_str(&text.entry);
        }
        let lists =
            [HEAD_TARGETS, BODY_TARGETS, OPERATORS, TRANSFORMATIONS, EFFECTS, CONTROLS, ENDS];
        let words: BTreeSet<&str> = lists.iter().flat_map(|list| list.iter().copied()).collect();
        let unused: Vec<&str> = words.into_iter().filter(|word| !all.contains(word)).collect();
        assert_eq!(unused, Vec::<&str>::new());
    }
}
