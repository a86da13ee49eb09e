//! JUnit XML, as continuous integration reads it. What is no test of a rule file, an unreadable file or a stale override,
//! is a failed case of the suite `overrides and files`.

use std::fmt::Write as _;

use super::{Failure, Report};

/// The suite of what belongs to no rule file.
const RUN: &str = "overrides and files";

pub(super) fn write(report: &Report) -> String {
    let sum = report.sum();
    let broken: Vec<&String> = report.stale.iter().chain(&report.unreadable).collect();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites tests=\"{}\" failures=\"{}\" time=\"{:.3}\">",
        sum.total + broken.len(),
        sum.total - sum.passed + broken.len(),
        report.elapsed.as_secs_f64()
    );
    for (group, count) in &report.by_file {
        let failures: Vec<&Failure> =
            report.failures.iter().filter(|failure| failure.group == *group).collect();
        suite(&mut xml, group, count.total, failures.len());
        for (_, test) in report.held.iter().filter(|(of, _)| of == group) {
            let _ = writeln!(xml, "{}/>", case(group, test));
        }
        for failure in failures {
            failed(&mut xml, group, &failure.test, &failure.reason, &failure.description);
        }
        xml.push_str("  </testsuite>\n");
    }
    if !broken.is_empty() {
        suite(&mut xml, RUN, broken.len(), broken.len());
        for (at, problem) in broken.into_iter().enumerate() {
            failed(&mut xml, RUN, &format!("{}", at + 1), problem, "");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, name: &str, tests: usize, failures: usize) {
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\">",
        escaped(name)
    );
}

fn case(group: &str, test: &str) -> String {
    format!("    <testcase classname=\"{}\" name=\"{}\"", escaped(group), escaped(test))
}

fn failed(xml: &mut String, group: &str, test: &str, reason: &str, text: &str) {
    let _ = writeln!(
        xml,
        "{}><failure message=\"{}\">{}</failure></testcase>",
        case(group, test),
        escaped(reason),
        escaped(text)
    );
}

/// Text for an attribute or an element. What XML 1.0 cannot hold becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\0'..=' ' if c != ' ' => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Count;
    use super::*;

    #[test]
    fn cases_are_listed_by_suite_and_escaped() {
        let report = Report {
            by_file: [("REQUEST-942".to_owned(), Count { passed: 1, total: 2 })].into(),
            held: vec![("REQUEST-942".to_owned(), "942100-1".to_owned())],
            failures: vec![Failure {
                test: "942100-2".to_owned(),
                group: "REQUEST-942".to_owned(),
                reason: "status 200 & \"<b>\"".to_owned(),
                description: "a\nb\u{1}".to_owned(),
            }],
            stale: vec!["942100-9".to_owned()],
            ..Report::default()
        };
        assert_eq!(
            write(&report),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites tests=\"3\" failures=\"2\" time=\"0.000\">\n  \
             <testsuite name=\"REQUEST-942\" tests=\"2\" failures=\"1\">\n    \
             <testcase classname=\"REQUEST-942\" name=\"942100-1\"/>\n    \
             <testcase classname=\"REQUEST-942\" name=\"942100-2\">\
             <failure message=\"status 200 &amp; &quot;&lt;b&gt;&quot;\">a&#10;b\u{fffd}</failure></testcase>\n  \
             </testsuite>\n  \
             <testsuite name=\"overrides and files\" tests=\"1\" failures=\"1\">\n    \
             <testcase classname=\"overrides and files\" name=\"1\"><failure message=\"942100-9\"></failure></testcase>\n  \
             </testsuite>\n</testsuites>\n"
        );
    }
}
