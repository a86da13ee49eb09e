//! Collections that outlive an exchange: what one exchange stores, later ones read.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use portcullis_waf_engine::{
    CollectionStore, CompileOptions, LocalCollections, RuleSet, Sources, Transaction, TransactionId,
};

use crate::harness::phases;
use crate::harness::{Request, get};

const BEGAN: Duration = Duration::from_secs(1_800_000_000);

fn compile(text: &str, store: &Arc<LocalCollections>) -> Arc<RuleSet> {
    let store: Arc<dyn CollectionStore> = Arc::<LocalCollections>::clone(store);
    let options = CompileOptions { collections: Some(store), ..CompileOptions::default() };
    let text = format!("SecRuleEngine On\n{text}");
    RuleSet::compile(&Sources::new("test.conf", text), &options)
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn begun(rules: &Arc<RuleSet>, seconds: u64) -> Transaction {
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(7_u128));
    tx.began(SystemTime::UNIX_EPOCH + BEGAN + Duration::from_secs(seconds));
    tx
}

/// What `tx.out` says after an exchange at this second.
fn exchange(rules: &Arc<RuleSet>, seconds: u64, request: Request<'_>) -> String {
    let mut tx = begun(rules, seconds);
    let _ = phases(&mut tx, request);
    tx.logging();
    tx.tx("out").map_or_else(|| "-".to_owned(), |out| String::from_utf8_lossy(&out).into_owned())
}

const OPEN: &str = "SecAction \"id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR}\"\n";

/// Rules after `OPEN`; second of an exchange and what it leaves in `tx.out`.
type Case = (&'static str, &'static [(u64, &'static str)]);

const CASES: &[Case] = &[
    // A counter, read by a target and by a macro, in any case.
    (
        "SecAction \"id:2,phase:1,pass,setvar:ip.N=+1\"\n\
         SecRule IP:n \"@ge 3\" \"id:3,phase:1,pass,setvar:tx.out=%{IP.n}\"",
        &[(0, "-"), (1, "-"), (2, "3"), (3, "4")],
    ),
    (
        "SecRule &IP:n \"@eq 0\" \"id:2,phase:1,pass,setvar:ip.n=1,setvar:tx.out=first\"",
        &[(0, "first"), (0, "-")],
    ),
    (
        "SecAction \"id:2,phase:1,pass,setvar:'ip.seen_%{REQUEST_METHOD}=yes'\"\n\
         SecRule IP:/^seen_/ \"@streq yes\" \"id:3,phase:1,pass,setvar:'tx.out=%{MATCHED_VAR_NAME}'\"",
        &[(0, "IP:seen_get")],
    ),
    (
        "SecRule IP:n \"@eq 1\" \"id:2,phase:1,pass,setvar:!ip.n,setvar:tx.out=gone\"\n\
         SecRule &IP:n \"@eq 0\" \"id:3,phase:2,pass,setvar:ip.n=1\"",
        &[(0, "-"), (1, "gone"), (2, "gone")],
    ),
    // A block that ends by itself.
    (
        "SecRule IP:block \"@eq 1\" \"id:2,phase:1,pass,setvar:tx.out=blocked,skipAfter:END\"\n\
         SecAction \"id:3,phase:1,pass,setvar:ip.block=1,expirevar:ip.block=60\"\nSecMarker END",
        &[(0, "-"), (59, "blocked"), (61, "-"), (62, "blocked")],
    ),
    (
        "SecAction \"id:2,phase:1,pass,setvar:tx.for=5\"\n\
         SecRule IP:x \"@eq 1\" \"id:3,phase:1,pass,setvar:tx.out=still\"\n\
         SecAction \"id:4,phase:1,pass,expirevar:ip.x=%{tx.for},setvar:ip.x=1\"",
        &[(0, "-"), (4, "still"), (9, "-")],
    ),
    // A score that falls.
    (
        "SecAction \"id:2,phase:1,pass,deprecatevar:ip.score=60/300\"\n\
         SecRule &IP:score \"@eq 0\" \"id:3,phase:1,pass,setvar:ip.score=100\"\n\
         SecAction \"id:4,phase:1,pass,setvar:tx.out=%{IP.score}\"",
        &[(0, "100"), (299, "100"), (301, "40"), (302, "40"), (601, "0")],
    ),
    // The record ends an hour after its last change, or as the rules say.
    (
        "SecAction \"id:2,phase:1,pass,setvar:ip.n=+1,setvar:tx.out=%{IP.n}\"",
        &[(0, "1"), (3_599, "2"), (7_200, "1")],
    ),
    (
        "SecCollectionTimeout 10\nSecAction \"id:2,phase:1,pass,setvar:ip.n=+1,setvar:tx.out=%{IP.n}\"",
        &[(0, "1"), (9, "2"), (20, "1")],
    ),
    (
        "SecAction \"id:2,phase:1,pass,setvar:ip.timeout=5,setvar:ip.n=+1,setvar:'tx.out=%{IP.n}/%{IP.TIMEOUT}'\"",
        &[(0, "1/5"), (4, "2/5"), (9, "1/5")],
    ),
    // What every record has.
    (
        "SecAction \"id:2,phase:1,pass,setvar:'tx.out=%{IP.KEY} %{IP.IS_NEW} %{IP.UPDATE_COUNTER} %{IP.UPDATE_RATE}'\"\n\
         SecAction \"id:3,phase:1,pass,setvar:ip.a=1,setvar:ip.b=1\"",
        &[(0, "192.0.2.1 1 0 0"), (30, "192.0.2.1 0 1 2"), (60, "192.0.2.1 0 2 2")],
    ),
    (
        "SecAction \"id:2,phase:1,pass,setvar:'tx.out=%{IP.CREATE_TIME} %{IP.LAST_UPDATE_TIME}'\"\n\
         SecAction \"id:3,phase:1,pass,setvar:ip.a=1\"",
        &[
            (5, "1800000005 1800000005"),
            (9, "1800000005 1800000005"),
            (12, "1800000005 1800000009"),
        ],
    ),
    // Looking at a record does not make one.
    ("SecAction \"id:2,phase:1,pass,setvar:tx.out=%{IP.IS_NEW}\"", &[(0, "1"), (1, "1")]),
    // The first key of an exchange stays.
    (
        "SecAction \"id:2,phase:1,pass,initcol:ip=other,setvar:'tx.out=%{IP.KEY}'\"",
        &[(0, "192.0.2.1")],
    ),
    // A name that rules make at run time does not overwrite what the store keeps.
    (
        "SecAction \"id:2,phase:1,pass,setvar:tx.name=is_new,setvar:ip.%{tx.name}=7,setvar:tx.out=%{IP.IS_NEW}\"",
        &[(0, "1")],
    ),
    // Bytes that are no UTF-8 come back as they went in.
    (
        "SecRule ARGS:raw \"@rx .\" \"id:2,phase:1,pass,setvar:'ip.raw=%{MATCHED_VAR}'\"\n\
         SecRule IP:raw \"@rx ^\\xff\\xfe$\" \"id:3,phase:1,pass,setvar:tx.out=whole\"",
        &[(0, "whole")],
    ),
];

#[test]
fn exchanges_share_a_record() {
    for (text, exchanges) in CASES {
        let store = Arc::new(LocalCollections::default());
        let rules = compile(&format!("{OPEN}{text}"), &store);
        for (seconds, expected) in *exchanges {
            let out = exchange(&rules, *seconds, get("/?raw=%ff%fe"));
            assert_eq!(out, *expected, "{text} at {seconds}");
        }
    }
}

/// Action, request, what the variable shows.
#[test]
fn every_collection_opens_by_its_key() {
    let cookie = Request { headers: &[("Cookie", "sid=s1")], ..get("/a/b?user=ann") };
    for (open, out, expected) in [
        ("setsid:%{REQUEST_COOKIES.sid}", "%{SESSIONID} %{SESSION.KEY} %{SESSION.n}", "s1 s1 1"),
        ("setuid:%{ARGS.user}", "%{USERID} %{USER.KEY} %{USER.n}", "ann ann 1"),
        ("setrsc:%{REQUEST_FILENAME}", "%{RESOURCE.KEY} %{RESOURCE.n}", "/a/b 1"),
        ("initcol:global=global", "%{GLOBAL.KEY} %{GLOBAL.n}", "global 1"),
        ("initcol:SESSION=%{REQUEST_COOKIES.sid}", "%{SESSION.KEY} %{SESSION.n}", "s1 1"),
        ("initcol:ip=%{REMOTE_ADDR}_%{ARGS.user}", "%{IP.KEY} %{IP.n}", "192.0.2.1_ann 1"),
        // Who has no session has no record.
        ("setsid:%{REQUEST_COOKIES.none}", "[%{SESSIONID}%{SESSION.KEY}%{SESSION.n}]", "[]"),
    ] {
        let store = Arc::new(LocalCollections::default());
        let all = ["ip", "session", "global", "user", "resource"];
        let name = all.into_iter().find(|name| out.to_lowercase().contains(&format!("{name}.n")));
        let name = name.unwrap();
        let text = format!(
            "SecAction \"id:1,phase:1,pass,{open},setvar:{name}.n=+1,setvar:'tx.out={out}'\""
        );
        assert_eq!(exchange(&compile(&text, &store), 0, cookie), expected, "{open}");
    }
}

/// A record belongs to the web application; rule sets of the same one share it, also after they were compiled anew.
#[test]
fn records_outlive_a_rule_set() {
    let store = Arc::new(LocalCollections::default());
    let count = format!(
        "{OPEN}SecAction \"id:2,phase:1,pass,setvar:ip.n=+1,setvar:'tx.out=%{{IP.n}} %{{WEBAPPID}}'\""
    );
    let other = format!("SecWebAppId shop\n{count}");
    assert_eq!(exchange(&compile(&count, &store), 0, get("/")), "1 default");
    assert_eq!(exchange(&compile(&other, &store), 0, get("/")), "1 shop");
    assert_eq!(exchange(&compile(&count, &store), 0, get("/")), "2 default");
    assert_eq!(store.counts().records, 2);
}

/// Both read 0 before either wrote.
#[test]
fn increments_of_exchanges_at_once_all_count() {
    let store = Arc::new(LocalCollections::default());
    let rules = compile(&format!("{OPEN}SecAction \"id:2,phase:2,pass,setvar:ip.n=+1\""), &store);
    let mut open: Vec<Transaction> = (0..10).map(|_| begun(&rules, 0)).collect();
    for tx in &mut open {
        let client = std::net::IpAddr::from([192, 0, 2, 1]);
        tx.connection(client, 1, client, 2);
        assert!(tx.request_headers_done().is_none());
    }
    for tx in &mut open {
        assert!(tx.request_body(b"", true).is_none());
    }
    let text = format!("{OPEN}SecAction \"id:2,phase:1,pass,setvar:tx.out=%{{IP.n}}\"");
    assert_eq!(exchange(&compile(&text, &store), 0, get("/")), "10");
}

/// Rules may count and decide in the logging phase, when the verdict is known.
#[test]
fn the_logging_phase_counts() {
    let store = Arc::new(LocalCollections::default());
    let text = format!(
        "{OPEN}SecRule IP:bad \"@ge 2\" \"id:2,phase:1,deny,status:429\"\n\
         SecRule RESPONSE_STATUS \"@eq 401\" \"id:3,phase:5,pass,setvar:ip.bad=+1,expirevar:ip.bad=60\""
    );
    let rules = compile(&text, &store);
    let denied = Request { response: (401, &[], b""), ..get("/login") };
    let status = |seconds| {
        let mut tx = begun(&rules, seconds);
        let verdict = phases(&mut tx, denied);
        tx.logging();
        verdict.map(|by| by.status)
    };
    assert_eq!([0, 1, 2, 3, 62].map(status), [None, None, Some(429), Some(429), None]);
}

/// Without a store of its maker's, a rule set keeps records itself.
#[test]
fn a_rule_set_has_a_store_of_its_own() {
    let text = format!(
        "SecRuleEngine On\n{OPEN}SecAction \"id:2,phase:1,pass,setvar:ip.n=+1,setvar:tx.out=%{{IP.n}}\""
    );
    let rules =
        RuleSet::compile(&Sources::new("test.conf", text), &CompileOptions::default()).unwrap();
    assert_eq!(exchange(&rules, 0, get("/")), "1");
    assert_eq!(exchange(&rules, 0, get("/")), "2");
}
