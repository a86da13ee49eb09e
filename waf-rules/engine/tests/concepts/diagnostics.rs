//! Rule text that must not load: where the problem is, and what was meant.

use portcullis_waf_engine::{CompileOptions, RuleDiagnostic, RuleSet, Sources};

fn problems(sources: &Sources) -> Vec<RuleDiagnostic> {
    RuleSet::compile(sources, &CompileOptions::default()).map_or_else(|found| found, |_| Vec::new())
}

/// Text, line, column, message, help.
type Case = (&'static str, u32, u32, &'static str, &'static str);

const CASES: &[Case] = &[
    ("SecRul ARGS x id:1", 1, 1, "unknown directive `SecRul`", "`SecRule`"),
    ("\nSecRule ARG \"@rx x\" id:1", 2, 9, "unknown variable `ARG`", "`ARGS`"),
    (
        "SecRule ARGS|FILES_TMPNAMES \"@rx x\" id:1",
        1,
        14,
        "variable `FILES_TMPNAMES` is not",
        "FILES_TMP_CONTENT",
    ),
    (
        "SecRule MODSEC_BUILD \"@gt 1\" id:1",
        1,
        9,
        "variable `MODSEC_BUILD` is not",
        "remove the rule",
    ),
    ("SecRule PERF_RULES \"@gt 1\" id:1", 1, 9, "variable `PERF_RULES` is not", "DURATION"),
    (
        "SecRule ARGS \"@rx x\" id:1,msg:'%{SCRIPT_FILENAME}'",
        1,
        27,
        "variable `SCRIPT_FILENAME` is",
        "REQUEST_FILENAME",
    ),
    ("SecRule ARGS|IP:x \"@rx x\" id:1", 1, 14, "no rule opens the collection `ip`", "initcol:ip="),
    ("SecAction id:1,setvar:ip.x=1", 1, 16, "no rule opens the collection `ip`", "initcol:ip="),
    ("SecAction id:1,initcol:ipp=x", 1, 16, "unknown collection `ipp`", "`ip`"),
    ("SecAction id:1,initcol:ip", 1, 16, "initcol needs collection=key", "initcol:ip="),
    ("SecAction id:1,initcol:ip=x,setvar:ip.is_new=1", 1, 29, "`is_new` of a record", "TIMEOUT"),
    ("SecAction id:1,initcol:ip=x,expirevar:ip.x", 1, 29, "expirevar needs a value", ""),
    ("SecAction id:1,expirevar:tx.x=1", 1, 16, "expirevar is not about `tx`", "end with"),
    ("SecAction id:1,initcol:ip=x,deprecatevar:ip.x=60", 1, 29, "`60` is not an amount", "60/300"),
    (
        "SecAction id:1,initcol:ip=x,deprecatevar:ip.x=60/0",
        1,
        29,
        "`60/0` is not an amount",
        "60/300",
    ),
    ("SecRule ARGS \"@rxx x\" id:1", 1, 15, "unknown operator `rxx`", "`rx`"),
    ("SecRule ARGS \"@rbl x\" id:1", 1, 15, "operator `@rbl` is not supported", "@ipMatchFromFile"),
    ("SecRule ARGS \"@verifyCC (\" id:1", 1, 25, "pattern: unclosed group", ""),
    ("SecRule ARGS \"@validateNid de x\" id:1", 1, 28, "country `de` is neither", ""),
    (
        "SecDataset words `\nx\n`\nSecRule ARGS \"@pmFromDataset wrods\" id:1",
        4,
        30,
        "unknown dataset `wrods`",
        "`words`",
    ),
    (
        "SecRule REMOTE_ADDR \"@geoLookup\" id:1",
        1,
        22,
        "@geoLookup has no database",
        "SecGeoLookupDb",
    ),
    ("SecGeoLookupDb words.dat", 1, 1, "no data file `words.dat`", "`words.data`"),
    ("SecGeoLookupDb words.data", 1, 1, "`words.data` is no MaxMind database", ""),
    ("SecDataset words `\nx", 1, 1, "dataset is never closed", "backtick"),
    ("SecDataset words `\n`", 1, 12, "dataset `words` has no lines", "backtick"),
    ("SecDataset w `\nx\n`\nSecDataset w `\ny\n`", 4, 1, "dataset `w` is defined twice", "name"),
    (
        "SecRule ARGS \"@rx x\" \"id:1,\\\n  t:lowrcase\"",
        2,
        3,
        "unknown transformation `lowrcase`",
        "`lowercase`",
    ),
    ("SecRule ARGS \"@rx x\" id:1,dney", 1, 27, "unknown action `dney`", "`deny`"),
    (
        "SecRule ARGS \"@rx x\" id:1,ctl:ruleRemoveByIdd=1",
        1,
        27,
        "unknown ctl option",
        "`ruleRemoveById`",
    ),
    ("SecRule ARGS \"@rx (\" id:1", 1, 19, "pattern: unclosed group", ""),
    // The column is that of the byte within the pattern, whatever stands escaped or on other lines before it.
    ("SecRule ARGS \"@rx abc(d\" id:1", 1, 22, "pattern: unclosed group", ""),
    ("SecRule ARGS \"@rx a\\\"b(c\" id:1", 1, 23, "pattern: unclosed group", ""),
    ("SecRule ARGS \"@rx abc\\\n  d[z-a]\" id:1", 2, 5, "pattern: invalid character class", ""),
    ("SecRule ARGS \"abc(d\" id:1", 1, 18, "pattern: unclosed group", ""),
    ("SecRule ARGS \"@rxGlobal (?=x)\" id:1", 1, 25, "pattern: look-around", "only @rx"),
    ("SecRule ARGS \"@rx (?=x\" id:1", 1, 19, "pattern: ", ""),
    ("SecRule ARGS \"@rx (a)\\2\" id:1", 1, 19, "pattern: ", ""),
    ("SecRule ARGS \"@rx x\" deny", 1, 1, "rule has no id", "id:NUMBER"),
    ("SecAction id:1\nSecAction id:1", 2, 1, "rule id 1 is used twice", ""),
    (
        "SecAction id:1,skipAfter:EDN\nSecMarker END",
        1,
        16,
        "unknown marker after the rule `EDN`",
        "`END`",
    ),
    ("SecRule ARGS \"@rx x\" id:1,chain", 1, 1, "chain has no next rule", ""),
    (
        "SecRule ARGS \"@rx x\" id:1,chain\nSecRule ARGS \"@rx x\" id:2",
        2,
        1,
        "only the first rule",
        "",
    ),
    ("SecRule ARGS \"@rx x\" \"id:1", 1, 23, "quote is never closed", ""),
    (
        "SecRule ARGS \"@pmFromFile wrods.data\" id:1",
        1,
        27,
        "no data file `wrods.data`",
        "`words.data`",
    ),
    ("Include missing.conf", 1, 1, "no file `missing.conf`", ""),
    ("SecRule ARGS \"@validateByteRange 1-300\" id:1", 1, 34, "`1-300` is neither", ""),
    ("SecRule ARGS \"@within %{TXX.a}\" id:1", 1, 23, "unknown variable `TXX`", "`TX`"),
    (
        "SecRule ARGS \"@rx x\" id:1,setvar:args.x=1",
        1,
        27,
        "variables of `args` cannot be set",
        "`tx`",
    ),
    ("SecRuleUpdateTargetById 5 !ARGS", 1, 1, "there is no rule 5 to update", "stand after"),
    ("SecRuleUpdateActionById 5 pass", 1, 1, "there is no rule 5 to update", "stand after"),
    ("SecRuleUpdateTargetById 5", 1, 1, "takes two arguments", ""),
    ("SecDecodeJsonInArgs Argument", 1, 21, "unknown place of JSON", "`Arguments`"),
    ("SecAction id:1,exec:/bin/x", 1, 16, "action `exec` is not supported", "starts no programs"),
    ("SecAction id:1,append:x", 1, 16, "action `append` is not supported", "not rewritten"),
    ("SecAction id:1,prepend:x", 1, 16, "action `prepend` is not supported", "not rewritten"),
    ("SecAction id:1,pause:5", 1, 16, "action `pause` is not supported", "limit the rate"),
    ("SecAction id:1,proxy:http://x", 1, 16, "action `proxy` is not supported", "routes"),
    ("SecAction id:1,xmlns:a=b", 1, 16, "action `xmlns` is not supported", "XML:/*"),
    ("SecAction id:1,skip:0", 1, 16, "skip leaves out at least one rule", ""),
    ("SecAction id:1,maturity:10", 1, 16, "`10` is not a valid number", "1 to 9"),
    ("SecAction id:1,accuracy:0", 1, 16, "`0` is not a valid number", "1 to 9"),
    ("SecAction id:1,chain\nSecRule ARGS x deny", 2, 1, "only the first rule of a chain", ""),
    ("SecAction id:1,chain\nSecMarker X\nSecRule ARGS x", 3, 1, "chain has no first rule", ""),
    ("SecRuleEngine Onn", 1, 15, "unknown engine mode `Onn`", "`On`"),
    ("SecRuleScript a.lua", 1, 1, "SecRuleScript is not supported", "Lua"),
];

#[test]
fn diagnostics() {
    for (text, line, column, message, help) in CASES {
        let mut sources = Sources::new("entry.conf", (*text).to_owned());
        sources.insert("words.data", &b"one"[..]);
        let found = problems(&sources);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        let first = &found[0];
        assert_eq!(
            (&*first.file, first.line, first.column),
            ("entry.conf", *line, *column),
            "{text}: {first}"
        );
        assert!(first.message.contains(message), "{text}: {first}");
        assert!(first.help.as_deref().unwrap_or("").contains(help), "{text}: {first}");
    }
}

#[test]
fn every_problem_is_reported_with_its_file() {
    let mut sources = Sources::new("a/entry.conf", "Include *.conf\nNope");
    sources.insert("a/one.conf", &b"SecRule ARGS \"@rx (\" id:1\nSecRule X y id:2"[..]);
    sources.insert("a/two.conf", &b"SecRule ARGS \"@rx x\" ident:1"[..]);
    let mut found: Vec<String> =
        problems(&sources).iter().map(|p| format!("{}:{}", p.file, p.line)).collect();
    found.sort();
    assert_eq!(found, ["a/entry.conf:2", "a/one.conf:1", "a/one.conf:2", "a/two.conf:1"]);
}

#[test]
fn includes_are_bounded() {
    let mut sources = Sources::new("entry.conf", "Include a.conf");
    sources.insert("a.conf", &b"Include a.conf"[..]);
    let found = problems(&sources);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("`a.conf` includes itself"), "{}", found[0]);
    // A round of several files is told where it closes; a file included twice is none.
    let mut sources = Sources::new("entry.conf", "Include a.conf\nInclude c.conf\nInclude c.conf");
    sources.insert("a.conf", &b"\nInclude b.conf"[..]);
    sources.insert("b.conf", &b"SecComponentSignature b\n\nInclude a.conf"[..]);
    sources.insert("c.conf", &b"SecComponentSignature c"[..]);
    let found: Vec<String> = problems(&sources).iter().map(ToString::to_string).collect();
    let round =
        "b.conf:3:1: `a.conf` includes itself (help: the way to it: entry.conf, a.conf, b.conf)";
    assert_eq!(found, [round]);
    let mut sources = Sources::new("entry.conf", "Include 0.conf");
    for n in 0..20 {
        sources.insert(format!("{n}.conf"), format!("Include {}.conf", n + 1).into_bytes());
    }
    let found = problems(&sources);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("nested deeper"), "{}", found[0]);
}

/// What other engines know and a gateway has no use for is accepted, and can be listed.
#[test]
fn accepted_directives_are_listed() {
    let sources = Sources::new("entry.conf", "SecDataDir /tmp/\nSecAuditLogType Serial");
    let rules = RuleSet::compile(&sources, &CompileOptions::default()).unwrap();
    let listed: Vec<_> = rules.accepted_directives().collect();
    assert_eq!(listed, [("SecDataDir", "/tmp/"), ("SecAuditLogType", "Serial")]);
}

/// A pattern that is tried step by step is loaded, and said to be.
#[test]
fn costly_patterns_are_warned_of() {
    let text = "SecRule ARGS \"@rx a\" id:1\n SecRule ARGS \"@rx a(?!b)\" id:2";
    let rules = RuleSet::compile(&Sources::new("entry.conf", text), &CompileOptions::default());
    let rules = rules.unwrap();
    let [warning] = rules.warnings() else { panic!("{:?}", rules.warnings()) };
    assert_eq!((&*warning.file, warning.line, warning.column), ("entry.conf", 2, 20));
    assert!(warning.message.contains("lookahead"), "{warning}");
}
