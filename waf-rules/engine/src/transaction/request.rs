//! Fills variables from the request line and headers.

use std::borrow::Cow;
use std::io::Write as _;
use std::net::IpAddr;

use portcullis_waf_body::urlencoded;

use crate::ast::Processor;
use crate::limits::MAX_HEADERS;
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;
use crate::transaction::tx::Datum;
use crate::variable::Variable;

impl State {
    pub(super) fn connection(&mut self, client: (IpAddr, u16), server: (IpAddr, u16)) {
        let client_address = self.address(client.0);
        self.set_datum(Variable::RemoteAddr, client_address);
        self.set_datum(Variable::RemoteHost, client_address);
        self.set_number(Variable::RemotePort, i64::from(client.1));
        let server_address = self.address(server.0);
        self.set_datum(Variable::ServerAddr, server_address);
        self.set_number(Variable::ServerPort, i64::from(server.1));
    }

    fn address(&mut self, address: IpAddr) -> Datum {
        let mut text = std::mem::take(&mut self.work.text);
        text.clear();
        write_address(address, &mut text);
        let id = self.values.intern(&text);
        self.work.text = text;
        Datum::Value(id)
    }

    pub(super) fn request_line(
        &mut self,
        rules: &RuleSet,
        method: &[u8],
        (uri, uri_raw): (&[u8], &[u8]),
        protocol: &[u8],
    ) {
        self.set(Variable::RequestMethod, method);
        self.set(Variable::RequestProtocol, protocol);
        self.set(Variable::RequestUri, uri);
        self.set(Variable::RequestUriRaw, uri_raw);
        let mut line = std::mem::take(&mut self.work.text);
        line.clear();
        for part in [method, b" ", uri_raw, b" ", protocol] {
            line.extend_from_slice(part);
        }
        self.set(Variable::RequestLine, &line);
        self.head_bytes += line.len() + 2;
        self.work.text = line;

        let uri = uri.split(|b| *b == b'#').next().unwrap_or_default();
        let (path, query) = match memchr::memchr(b'?', uri) {
            Some(at) => (uri.get(..at), uri.get(at + 1..).unwrap_or_default()),
            None => (Some(uri), &b""[..]),
        };
        let (path, valid) = percent_decoded(path.unwrap_or_default());
        if !valid {
            self.set_number(Variable::UrlencodedError, 1);
        }
        let path = &*path;
        self.set(Variable::RequestFilename, path);
        if rules.names(Variable::PathInfo) {
            self.set(Variable::PathInfo, path);
        }
        let base = path.iter().rposition(|b| matches!(b, b'/' | b'\\')).map_or(0, |at| at + 1);
        // A path that ends with its slash is its own last part.
        let base = path.get(base..).filter(|base| !base.is_empty()).unwrap_or(path);
        self.set(Variable::RequestBasename, base);
        self.set(Variable::QueryString, query);
        self.arguments(rules, Bag::ArgsGet, query);
    }

    /// Splits `text` into arguments of `bag`.
    pub(super) fn arguments(&mut self, rules: &RuleSet, bag: Bag, text: &[u8]) {
        let limits = urlencoded::Limits { arguments: self.free_arguments(rules) };
        let parsed = urlencoded::parse(text, b'&', &limits);
        let mut room = true;
        for argument in parsed.arguments.iter() {
            room &= self.argument(rules, bag, argument);
        }
        if parsed.invalid_escape {
            self.set_number(Variable::UrlencodedError, 1);
        }
        if parsed.over_limit || !room {
            self.set_number(Variable::UrlencodedError, 1);
            self.body_error("too many arguments");
        }
    }

    /// How many arguments may still come.
    pub(super) fn free_arguments(&self, rules: &RuleSet) -> usize {
        let bags = Bag::of(Variable::Args).iter();
        let taken: usize = bags.map(|bag| self.bags.get(*bag).len()).sum();
        rules.program.settings.arguments.saturating_sub(taken)
    }

    /// Adds an entry; false when the collection is full.
    pub(super) fn add(&mut self, rules: &RuleSet, bag: Bag, name: &[u8], value: &[u8]) -> bool {
        let limit = match bag {
            Bag::ArgsGet | Bag::ArgsPost => rules.program.settings.arguments,
            Bag::Geo | Bag::ArgsPath => crate::limits::MAX_PATH_ARGUMENTS,
            Bag::RequestHeaders | Bag::ResponseHeaders | Bag::Env => MAX_HEADERS,
            Bag::RequestCookies
            | Bag::RequestXml
            | Bag::Files
            | Bag::FilesNames
            | Bag::FilesSizes
            | Bag::FilesContent
            | Bag::Json
            | Bag::PartHeaders
            | Bag::PartNames
            | Bag::PartFilenames
            | Bag::ResponseArgs
            | Bag::ResponseXml
            | Bag::Ip
            | Bag::Session
            | Bag::Global
            | Bag::User
            | Bag::Resource => crate::limits::MAX_BODY_ENTRIES,
        };
        self.epoch += 1;
        let store = (&rules.program.names, &mut self.values);
        self.bags.add(bag, (name, value), limit, store)
    }

    pub(super) fn request_header(&mut self, rules: &RuleSet, name: &[u8], value: &[u8]) {
        self.head_bytes += name.len() + value.len() + 4;
        if !self.add(rules, Bag::RequestHeaders, name, value) {
            self.body_error("too many headers");
            return;
        }
        if name.eq_ignore_ascii_case(b"cookie") {
            self.cookies(rules, value);
        } else if name.eq_ignore_ascii_case(b"host") {
            self.set(Variable::ServerName, without_port(value));
        } else if name.eq_ignore_ascii_case(b"content-type") {
            self.content_type(value);
        } else if name.eq_ignore_ascii_case(b"authorization") {
            self.credentials(rules, value);
        }
    }

    /// Chooses the body processors that need no rule.
    fn content_type(&mut self, value: &[u8]) {
        let end = value.iter().position(|b| matches!(b, b';' | b',' | b' ' | b'\t'));
        let media = value.get(..end.unwrap_or(value.len())).unwrap_or_default();
        let processor = if media.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            Processor::UrlEncoded
        } else if media.eq_ignore_ascii_case(b"multipart/form-data") {
            Processor::Multipart
        } else {
            return;
        };
        self.switches.request_processor = Some(processor);
        self.set(Variable::ReqbodyProcessor, processor.name().as_bytes());
    }

    /// Cookies are not decoded: what a name or value means is the application's affair.
    fn cookies(&mut self, rules: &RuleSet, value: &[u8]) {
        for piece in value.split(|b| *b == b';') {
            let piece = piece.trim_ascii_start();
            let (name, value) = match memchr::memchr(b'=', piece) {
                Some(at) => (piece.get(..at), piece.get(at + 1..)),
                None => (Some(piece), None),
            };
            let name = name.unwrap_or_default();
            if piece.is_empty() {
                continue;
            }
            if !self.cookie(rules, name, value.unwrap_or_default()) {
                self.body_error("too many cookies");
                return;
            }
        }
    }

    /// What makes a request unreadable shows in `REQBODY_ERROR`, which recommended rules refuse.
    pub(super) fn body_error(&mut self, message: &str) {
        self.set_number(Variable::ReqbodyError, 1);
        self.set_number(Variable::ReqbodyProcessorError, 1);
        self.set(Variable::ReqbodyErrorMsg, message.as_bytes());
        self.set(Variable::ReqbodyProcessorErrorMsg, message.as_bytes());
    }
}

/// A path as the application sees it, and whether all its escapes are valid; `+` stands for itself there, and an invalid
/// escape stays.
pub(super) fn percent_decoded(path: &[u8]) -> (Cow<'_, [u8]>, bool) {
    let Some(first) = memchr::memchr(b'%', path) else { return (Cow::Borrowed(path), true) };
    let mut valid = true;
    let mut out = Vec::with_capacity(path.len());
    let (before, mut rest) = path.split_at(first);
    out.extend_from_slice(before);
    while let Some((byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                valid &= *byte != b'%';
                out.push(*byte);
                rest = after;
            }
        }
    }
    (Cow::Owned(out), valid)
}

/// An address as it is written; the frequent kind without the machinery of formatting, which takes longer than a rule.
fn write_address(address: IpAddr, text: &mut Vec<u8>) {
    let v4 = match address {
        IpAddr::V4(v4) => v4,
        IpAddr::V6(v6) => {
            // Writing to a Vec cannot fail.
            let _ = write!(text, "{v6}");
            return;
        }
    };
    for (at, octet) in v4.octets().into_iter().enumerate() {
        if at > 0 {
            text.push(b'.');
        }
        if octet >= 100 {
            text.push(b'0' + octet / 100);
        }
        if octet >= 10 {
            text.push(b'0' + octet / 10 % 10);
        }
        text.push(b'0' + octet % 10);
    }
}

/// `Host` without its port; brackets of an IPv6 address stay.
fn without_port(host: &[u8]) -> &[u8] {
    let digits = host.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let before = host.len() - digits;
    match before.checked_sub(1).and_then(|at| host.get(at)) {
        Some(b':') => host.get(..before - 1).unwrap_or(host),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{percent_decoded, without_port, write_address};

    #[test]
    fn addresses() {
        for written in
            ["0.0.0.0", "10.0.0.7", "192.168.99.100", "255.255.255.255", "2001:db8::1", "::1"]
        {
            let mut text = Vec::new();
            write_address(written.parse::<IpAddr>().unwrap(), &mut text);
            assert_eq!(text, written.as_bytes());
        }
    }

    #[test]
    fn paths() {
        for (path, expected, valid) in [
            ("/a+b", "/a+b", true),
            ("/%41", "/A", true),
            ("/%41%2", "/A%2", false),
            ("/%zz%20", "/%zz ", false),
        ] {
            let (decoded, is_valid) = percent_decoded(path.as_bytes());
            assert_eq!((&*decoded, is_valid), (expected.as_bytes(), valid), "{path}");
        }
    }

    #[test]
    fn ports() {
        for (host, expected) in [
            ("a", "a"),
            ("a:80", "a"),
            ("[::1]:8", "[::1]"),
            ("[::1]", "[::1]"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(without_port(host.as_bytes()), expected.as_bytes(), "{host}");
        }
    }
}
