//! The audit log as rule text decides it: whether there is a record, of which parts, and what no log may show.

use portcullis_waf_engine::{AuditFormat, CompileOptions, Mark, RuleSet, Sources};

use crate::harness::{GET, Request, compile, form, get, run};

/// Rule text, request, whether a record is written.
type Case = (&'static str, Request<'static>, bool);

#[test]
fn whether_there_is_a_record() {
    let missing = Request { response: (404, &[], b""), ..GET };
    let cases: &[Case] = &[
        ("", GET, false),
        ("SecAuditEngine On", GET, true),
        ("SecAuditEngine Off\nSecAction \"id:1,phase:1,log\"", GET, false),
        ("SecAuditEngine RelevantOnly", GET, false),
        // Rules: `auditlog` follows `log`, unless it is said.
        ("SecAuditEngine RelevantOnly\nSecAction \"id:1,phase:1,pass,log\"", GET, true),
        ("SecAuditEngine RelevantOnly\nSecAction \"id:1,phase:1,pass,nolog\"", GET, false),
        ("SecAuditEngine RelevantOnly\nSecAction \"id:1,phase:1,pass,nolog,auditlog\"", GET, true),
        ("SecAuditEngine RelevantOnly\nSecAction \"id:1,phase:1,pass,log,noauditlog\"", GET, false),
        // Status: a pattern decides alone.
        ("SecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus \"^[45]\"", missing, true),
        ("SecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus \"^[45]\"", GET, false),
        (
            "SecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus \"^5\"\n\
             SecAction \"id:1,phase:1,pass,log\"",
            GET,
            false,
        ),
        // The status of an interruption counts, also of one that was only detected.
        (
            "SecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus \"^403$\"\n\
             SecAction \"id:1,phase:1,deny,nolog\"",
            GET,
            true,
        ),
        (
            "SecRuleEngine DetectionOnly\nSecAuditEngine RelevantOnly\n\
             SecAuditLogRelevantStatus \"^418$\"\nSecAction \"id:1,phase:1,deny,status:418,nolog\"",
            GET,
            true,
        ),
        // ctl, the last word counts.
        ("SecAction \"id:1,phase:1,pass,nolog,ctl:auditEngine=On\"", GET, true),
        (
            "SecAuditEngine On\nSecAction \"id:1,phase:5,pass,nolog,ctl:auditEngine=Off\"",
            GET,
            false,
        ),
    ];
    for (text, request, expected) in cases {
        let outcome = run(text, *request);
        assert_eq!(outcome.tx.is_audited(request.response.0), *expected, "{text}");
    }
}

#[test]
fn a_rule_set_says_whether_it_audits_at_all() {
    for (text, audits) in [
        ("", false),
        ("SecAuditEngine On", true),
        ("SecAuditEngine RelevantOnly", true),
        ("SecAction \"id:1,phase:1,pass,ctl:auditEngine=On\"", true),
    ] {
        assert_eq!(compile(text, true).audits(), audits, "{text}");
    }
    let rules = compile("SecAuditLog /var/log/audit.log\nSecAuditLogFormat json", true);
    assert_eq!(rules.audit_log(), Some("/var/log/audit.log"));
    assert_eq!(rules.audit_format(), Some(AuditFormat::Json));
}

#[test]
fn parts_and_what_is_in_them() {
    let upload = Request {
        method: "POST",
        uri: "/up?a=1",
        headers: &[
            ("Host", "shop.test"),
            ("Content-Type", "multipart/form-data; boundary=b"),
            ("Cookie", "sid=1"),
        ],
        body: b"--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nv\r\n\
                --b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n\
                Content-Type: image/png\r\n\r\n12345\r\n\
                --b--\r\n",
        response: (200, &[("Content-Type", "text/html")], b"hello"),
    };
    let text = "SecAuditEngine On\nSecAuditLogParts ABCZ\n\
                SecAction \"id:1,phase:1,pass,nolog,ctl:auditLogParts=+EF\"\n\
                SecAction \"id:2,phase:1,pass,nolog,ctl:auditLogParts=-B,severity:ERROR\"";
    let outcome = run(text, upload);
    let audit = outcome.tx.audit();
    assert_eq!(audit.parts().to_string(), "ACEFZ");
    assert_eq!((audit.method(), audit.uri()), (&b"POST"[..], &b"/up?a=1"[..]));
    assert_eq!(audit.server_name(), b"shop.test");
    assert_eq!(audit.request_body(), Some(upload.body));
    assert_eq!(audit.body_processor(), b"MULTIPART");
    assert_eq!(audit.response_body(), b"hello");
    assert_eq!(audit.arguments().collect::<Vec<_>>(), [(&b"a"[..], &b"1"[..]), (b"t", b"v")]);
    assert_eq!(audit.form().collect::<Vec<_>>(), [(&b"t"[..], &b"v"[..])]);
    assert_eq!(audit.cookies().collect::<Vec<_>>(), [(&b"sid"[..], &b"1"[..])]);
    assert_eq!(audit.request_headers().count(), 3);
    assert_eq!(audit.response_headers().count(), 1);
    let file = audit.files().next().unwrap();
    assert_eq!((file.field, file.name, file.bytes), (&b"f"[..], &b"x.png"[..], 5));
    assert_eq!(file.media_type, b"image/png");
    assert_eq!(audit.highest_severity().map(|severity| severity.name()), Some("ERROR"));
    assert!(audit.request_bytes() > upload.body.len() as u64);
}

#[test]
fn the_body_is_kept_only_where_it_is_written() {
    let json = Request {
        method: "POST",
        headers: &[("Content-Type", "application/json")],
        body: br#"{"a":1}"#,
        ..GET
    };
    assert_eq!(run("SecAuditLogParts ABCZ", json).tx.audit().request_body(), Some(json.body));
    assert_eq!(run("SecAuditLogParts ABZ", json).tx.audit().request_body(), None);
}

#[test]
fn rules_name_what_no_log_shows() {
    let named = |name: &str| name.as_bytes().to_vec();
    let bytes = |text: &str, first, last| Mark::Bytes { bytes: named(text), first, last };
    let rule =
        |action: &str| format!("SecRule ARGS \"@rx \\d{{4}}\" \"id:1,phase:1,pass,{action}\"");
    let header = "SecRule REQUEST_HEADERS:X-Key \"@rx .\" \"id:1,phase:1,pass,sanitiseMatched\"";
    let cookie = "SecRule REQUEST_COOKIES:sid \"@rx .\" \"id:1,phase:1,pass,sanitiseMatched\"";
    let query = get("/?card=x4111y&q=no");
    let headers = Request { headers: &[("X-Key", "abc"), ("Cookie", "sid=7")], ..GET };
    for (text, request, expected) in [
        ("SecAction \"id:1,phase:1,pass,sanitiseArg:pw\"", GET, vec![Mark::Argument(named("pw"))]),
        ("SecAction \"id:1,phase:1,pass,sanitizeArg:pw\"", GET, vec![Mark::Argument(named("pw"))]),
        (
            "SecAction \"id:1,phase:5,pass,sanitiseRequestHeader:X-A,sanitiseResponseHeader:X-B\"",
            GET,
            vec![Mark::RequestHeader(named("X-A")), Mark::ResponseHeader(named("X-B"))],
        ),
        (
            rule("sanitiseMatched").as_str(),
            query,
            vec![Mark::Argument(named("card")), bytes("x4111y", 0, 0)],
        ),
        (rule("sanitiseMatchedBytes").as_str(), query, vec![bytes("4111", 0, 0)]),
        (rule("sanitiseMatchedBytes:1/2").as_str(), query, vec![bytes("4111", 1, 2)]),
        // Where a transformed value matched, nobody knows which bytes those were.
        (
            rule("t:hexDecode,t:hexEncode,sanitizeMatchedBytes").as_str(),
            get("/?card=41114111"),
            vec![Mark::Argument(named("card")), bytes("41114111", 0, 0)],
        ),
        (header, headers, vec![Mark::RequestHeader(named("X-Key")), bytes("abc", 0, 0)]),
        (cookie, headers, vec![Mark::Cookie(named("sid")), bytes("7", 0, 0)]),
        (rule("sanitiseMatched").as_str(), get("/?q=no"), vec![]),
    ] {
        assert_eq!(run(text, request).tx.sanitised(), expected, "{text}");
    }
}

#[test]
fn with_too_many_marks_everything_is_hidden() {
    let pairs: Vec<String> = (0..400).map(|n| format!("a{n}=value{n}")).collect();
    let body = pairs.join("&");
    let outcome = run("SecRule ARGS \"@rx v\" \"id:1,phase:2,pass,sanitiseMatched\"", form(&body));
    assert_eq!(outcome.tx.sanitised().last(), Some(&Mark::Everything));
    assert!(outcome.tx.sanitised().len() < 300);
    let body = format!("a=v{}", "x".repeat(20_000));
    let outcome = run("SecRule ARGS \"@rx v\" \"id:1,phase:2,pass,sanitiseMatched\"", form(&body));
    assert_eq!(outcome.tx.sanitised().last(), Some(&Mark::Everything));
}

#[test]
fn what_is_wrong_is_said() {
    for (text, column, message) in [
        ("SecAuditLogParts ABC", 18, "audit log parts `ABC` do not end with Z"),
        ("SecAuditLogFormat xml", 19, "unknown audit log format `xml`"),
        ("SecAuditLog \"|/usr/bin/mlogc\"", 14, "the audit log cannot be piped to a program"),
        ("SecAuditLog https://logs.test", 13, "SecAuditLog names a file, not a URL"),
        ("SecAction \"id:1,phase:1,ctl:auditLogParts=+Q\"", 25, "`Q` is not an audit log part"),
        ("SecAction \"id:1,phase:1,sanitiseArg\"", 25, "action `sanitisearg` needs a name"),
        ("SecAction \"id:1,phase:1,sanitiseMatchedBytes:x\"", 25, "`x` is not `FIRST/LAST`"),
        ("SecAction \"id:1,phase:1,sanitiseArgs:x\"", 25, "unknown action `sanitiseargs`"),
        ("SecAuditLogRelevantStatus \"^(\"", 1, "unclosed group"),
    ] {
        let sources = Sources::new("test.conf", text);
        let problems = RuleSet::compile(&sources, &CompileOptions::default()).unwrap_err();
        let problem = &problems[0];
        assert!(problem.message.contains(message), "{text}: {}", problem.message);
        assert_eq!((problem.line, problem.column), (1, column), "{text}");
    }
}

#[test]
fn what_is_not_followed_is_said() {
    for (text, warning) in [
        ("SecAuditLogType Serial", ""),
        ("SecAuditLogType Concurrent", "not as `Concurrent` asks"),
        ("SecAuditLogType HTTPS", "not as `HTTPS` asks"),
        ("SecAuditLogStorageDir /var/log/audit", "files of their own"),
        ("SecAuditLogFileMode 0600", "mode 0640, not 0600"),
        ("SecAuditLogFileMode 0640", ""),
        ("SecAuditLogDirMode 0750", "no folder"),
        ("SecAuditLog2 /var/log/b", "no second"),
    ] {
        let rules =
            RuleSet::compile(&Sources::new("test.conf", text), &CompileOptions::default()).unwrap();
        let said: Vec<&str> = rules.warnings().iter().map(|w| w.message.as_str()).collect();
        assert_eq!(said.len(), usize::from(!warning.is_empty()), "{text}");
        assert!(said.concat().contains(warning), "{text}: {said:?}");
    }
}
