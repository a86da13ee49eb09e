//! A transcript: what an exchange did, as lines that do not depend on ports, dates or the gateway's own headers.

use portcullis_testkit::message::{Body, Head};

/// Headers that gateways add by themselves, towards either side.
const OWN: [&str; 7] = [
    "date",
    "server",
    "via",
    "x-forwarded-proto",
    "x-forwarded-for",
    "x-request-id",
    "x-forwarded-host",
];
const ENVOYS: &str = "x-envoy-";
/// A longer body is told by its size and its ends, bytes.
const BODY_SHOWN: usize = 400;

/// Lines, each with who saw it before `> `.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript(pub Vec<String>);

impl Transcript {
    /// Adds a line.
    pub fn push(&mut self, who: &str, text: &str) {
        self.0.push(format!("{who}> {text}").trim_end().to_owned());
    }

    /// Adds a head: its first line without a reason phrase, which every gateway chooses itself, then its fields in order,
    /// names in lower case.
    pub fn head(&mut self, who: &str, head: &Head) {
        let response = head.start.starts_with("HTTP/");
        let words = if response { 2 } else { usize::MAX };
        self.push(who, &head.start.trim_end().split(' ').take(words).collect::<Vec<_>>().join(" "));
        for (name, value) in &head.fields {
            let name = name.to_ascii_lowercase();
            if !OWN.contains(&name.as_str()) && !name.starts_with(ENVOYS) {
                self.push(who, &format!("{name}: {}", shown(value)));
            }
        }
    }

    /// Adds a body with the sizes of its chunks, and its trailers.
    pub fn body(&mut self, who: &str, body: &Body) {
        let chunks = if body.chunks.is_empty() {
            String::new()
        } else {
            format!(" in chunks {:?}", body.chunks)
        };
        if !body.bytes.is_empty() {
            self.push(
                who,
                &format!("body of {}{chunks}: {}", body.bytes.len(), shown(&body.bytes)),
            );
        }
        for (name, value) in &body.trailers {
            self.push(who, &format!("trailer {}: {}", name.to_ascii_lowercase(), shown(value)));
        }
    }

    /// The lines as a file has them.
    pub fn text(&self) -> String {
        self.0.iter().map(|line| format!("{line}\n")).collect()
    }

    /// A transcript from a file.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().map(str::to_owned).collect())
    }

    /// The first of `wanted` that does not come, in this order; one that ends with `*` is the beginning of a line.
    pub fn lacks<'a>(&self, wanted: &'a [String]) -> Option<&'a str> {
        let mut lines = self.0.iter();
        wanted.iter().find(|line| !lines.any(|own| fits(own, line))).map(String::as_str)
    }
}

fn fits(line: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => line.starts_with(start),
        None => line == wanted,
    }
}

fn shown(bytes: &[u8]) -> String {
    if bytes.len() > BODY_SHOWN {
        let first = bytes.get(..40).unwrap_or_default();
        let last = bytes.get(bytes.len() - 40..).unwrap_or_default();
        return format!("{} ... {}", first.escape_ascii(), last.escape_ascii());
    }
    bytes.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_in_order() {
        let transcript = Transcript::parse("a\nb\nc\n");
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(transcript.lacks(&list(&["a", "c"])), None);
        assert_eq!(transcript.lacks(&list(&["c", "a"])), Some("a"));
        assert_eq!(Transcript::parse("abc\n").lacks(&list(&["ab*"])), None);
        assert_eq!(transcript.text(), "a\nb\nc\n");
    }

    #[test]
    fn headers_of_the_gateways_own_are_left_out() {
        let mut transcript = Transcript::default();
        let head = b"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: http\r\nX-A: \xff\r\n\r\n";
        transcript.head("upstream", &Head::parse(head.to_vec()));
        assert_eq!(
            transcript.0,
            ["upstream> GET / HTTP/1.1", "upstream> host: h", "upstream> x-a: \\xff"]
        );
    }
}
