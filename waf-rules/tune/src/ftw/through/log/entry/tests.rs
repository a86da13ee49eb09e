use super::*;

/// Logs of two requests, each with what its rules are; `<7>` and `<8>` stand for the markers.
const LOGS: [(&str, &str); 7] = [
    (
        "this gateway",
        r#"{"event_id":"00","status":200,"matches":[{"rule":942100,"message":"SQL","data":"d"},{"rule":999999,"message":"X-CRS-Test <7>"}]}
{"event_id":"01","status":200,"matches":[{"rule":999999,"message":"X-CRS-Test <8>"},{"rule":941100,"message":"XSS","data":"e"}]}"#,
    ),
    (
        "Coraza's JSON audit log",
        r#"{"transaction":{"id":"123","request":{"headers":{"x-crs-test":["<7>"]}}},"messages":[{"message":"m","data":{"id":942100,"msg":"SQL","data":"d"}}]}
{"transaction":{"id":"124","request":{"headers":{"x-crs-test":["<8>"]}}},"messages":[{"message":"m","data":{"id":941100,"msg":"XSS","data":"e"}}]}"#,
    ),
    (
        "ModSecurity's JSON audit log",
        r#"{"transaction":{"unique_id":"9","request":{"headers":{"X-CRS-Test":"<7>"}},"messages":[{"message":"SQL","details":{"ruleId":"942100","data":"d"}}]}}
{"transaction":{"unique_id":"8","request":{"headers":{"X-CRS-Test":"<8>"}},"messages":[{"message":"XSS","details":{"ruleId":"941100","data":"e"}}]}}"#,
    ),
    (
        "a native audit log",
        "--1a2b-A--\n[x] 1 127.0.0.1\n--1a2b-B--\nGET / HTTP/1.1\nX-CRS-Test: <7>\n\n--1a2b-H--\n\
         Message: Warning. [id \"942100\"] [msg \"SQL\"] [data \"d\"]\n--1a2b-Z--\n\n\
         ---9Zx---A--\n---9Zx---B--\nX-CRS-Test: <8>\n---9Zx---H--\n\
         ModSecurity: Warning. [id \"941100\"] [msg \"XSS\"] [data \"e\"]\n---9Zx---Z--\n",
    ),
    (
        "an error log whose lines are mixed",
        "Warning. [id \"942100\"] [msg \"SQL\"] [data \"d\"] [unique_id \"A\"]\n\
         Warning. [id \"999999\"] [msg \"X-CRS-Test <8>\"] [unique_id \"B\"]\n\
         Warning. [id \"941100\"] [msg \"XSS\"] [data \"e\"] [unique_id \"B\"]\n\
         Warning. [id \"999999\"] [msg \"X-CRS-Test <7>\"] [unique_id \"A\"]\n",
    ),
    (
        "JSON around lines of an error log",
        r#"{"level":"warn","log":"Warning. [id \"942100\"] [msg \"SQL\"] [data \"d\"] for <7>"}
{"level":"warn","log":"Warning. [id \"941100\"] [msg \"XSS\"] [data \"e\"] for <8>"}"#,
    ),
    (
        "lines of nobody in between",
        "started\n{\"level\":\"info\",\"id\":930100}\nWarning. [id \"930100\"]\n\
         Warning. [id \"942100\"] [msg \"SQL\"] [data \"d\"] <7>\n{broken\n\
         Warning. [id \"941100\"] [msg \"XSS\"] [data \"e\"] <8>\n",
    ),
];

#[test]
fn rules_are_found_by_marker_in_every_kind_of_log() {
    for (name, log) in LOGS {
        let mut reader = Reader::new("ftw-1f-");
        for line in log.replace('<', "ftw-1f-").replace('>', " ").lines() {
            reader.line(line);
        }
        assert!(reader.has_seen(7) && reader.has_seen(8) && !reader.has_seen(78), "{name}");
        let found = reader.found();
        for (marker, rule, words) in
            [(7, 942_100, ["SQL", "\"d\""]), (8, 941_100, ["XSS", "\"e\""])]
        {
            let of: Vec<&Matched> =
                found[&marker].iter().filter(|matched| matched.rule != 999_999).collect();
            assert_eq!(of.len(), 1, "{name}: {of:?}");
            assert_eq!(of[0].rule, rule, "{name}");
            for word in words {
                assert!(of[0].line.contains(word), "{name}: no {word} in {}", of[0].line);
            }
        }
    }
}

#[test]
fn a_longer_number_is_another_marker() {
    let mut reader = Reader::new("ftw-1f-");
    reader.line("[id \"1\"] ftw-1f-70");
    assert!(!reader.has_seen(7));
    assert!(reader.has_seen(70));
}
