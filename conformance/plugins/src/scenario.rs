//! Scenarios: a plugin, its configuration, requests and what the upstream answers. They are data in `scenarios/*.yaml`.

use portcullis_testkit::{Problem, Result};
use serde::Deserialize;

use crate::modules::root;

/// Languages that examples are written in.
const LANGUAGES: [&str; 3] = ["rust", "go", "assemblyscript"];

/// One exchange, or some in a row, through one plugin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Lower-case words with dashes; also the name of its file in `expected`.
    pub name: String,
    /// What it is about, for the reader.
    pub about: String,
    /// The module, as `modules::module` names it; after `*-` an example that is there in every language: such a scenario is
    /// one for each, with the language behind its name.
    pub plugin: String,
    /// Whether it is about an example, not a guest.
    #[serde(skip)]
    pub example: bool,
    /// Whether it shares a VM with others of the same module: guests do not, as they share data within one, and the SDK for
    /// AssemblyScript knows one configuration a VM.
    #[serde(skip)]
    pub shares_vm: bool,
    /// The plugin's configuration. `$CALLEE` and `$DEAD` become names of clusters: one that answers, one that nobody
    /// listens at; `$NAME` becomes the scenario's name with underscores behind `of_`.
    #[serde(default)]
    pub configuration: String,
    /// Whether a pause in headers holds only the headers and lets body callbacks come (what Higress does).
    #[serde(default)]
    pub hold_headers: bool,
    /// Whether a broken plugin is skipped.
    #[serde(default)]
    pub fail_open: bool,
    /// Whether the plugin must be refused; such a scenario is started alone.
    #[serde(default)]
    pub refused: bool,
    /// Whether Envoy 1.40 itself ends over it; then it says nothing about what is right.
    #[serde(default)]
    pub ends_envoy: bool,
    /// The requests, each on a connection of its own, one after the other.
    #[serde(default = "one_get")]
    pub requests: Vec<Message>,
    /// What the upstream answers to each.
    #[serde(default)]
    pub answer: Message,
    /// Metrics of the plugin that are read at the end.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// How long to wait after the last response for what comes later (ticks, calls), milliseconds.
    #[serde(default)]
    pub linger_ms: u64,
    /// Lines that the transcript holds in this order, whoever the subject is: what the Proxy-Wasm specification states.
    #[serde(default)]
    pub states: Vec<String>,
    /// Texts that no line of the transcript holds.
    #[serde(default)]
    pub never: Vec<String>,
}

/// A request or an answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Of a request; POST when there is a body, GET otherwise.
    pub method: Option<String>,
    /// Target of a request; `/` by default.
    pub path: Option<String>,
    /// Of an answer; 200 by default.
    pub status: Option<u16>,
    /// `name: value` each, after Host.
    #[serde(default)]
    pub headers: Vec<String>,
    /// The body in pieces, sent apart.
    #[serde(default)]
    pub body: Vec<String>,
    /// Whether the body has a Content-Length, not chunks.
    #[serde(default)]
    pub length: bool,
    /// `name: value` each; chunked bodies only.
    #[serde(default)]
    pub trailers: Vec<String>,
}

fn one_get() -> Vec<Message> {
    vec![Message::default()]
}

impl Scenario {
    fn by_language(self) -> Vec<Scenario> {
        let Some(example) = self.plugin.strip_prefix("*-") else { return vec![self] };
        let of = |language: &str| Scenario {
            name: format!("{}-{language}", self.name),
            plugin: format!("{language}-{example}"),
            example: true,
            shares_vm: language != "assemblyscript",
            ..self.clone()
        };
        LANGUAGES.map(of).to_vec()
    }

    /// Every scenario there is, by file and place in it.
    ///
    /// # Errors
    /// Says what is wrong with which file.
    pub fn all() -> Result<Vec<Scenario>> {
        let folder = root().join("conformance/plugins/scenarios");
        let mut files: Vec<_> = std::fs::read_dir(&folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        files.sort();
        let mut all = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(&file)?;
            let list: Vec<Scenario> = serde_saphyr::from_str(&text)
                .map_err(|error| Problem::new(format!("{}: {error}", file.display())))?;
            all.extend(list.into_iter().flat_map(Scenario::by_language));
        }
        for (index, scenario) in all.iter().enumerate() {
            if all.iter().skip(index + 1).any(|other| other.name == scenario.name) {
                return Err(Problem::new(format!("two scenarios are called {}", scenario.name)));
            }
        }
        Ok(all)
    }
}

impl Message {
    /// The head of a request with this host.
    pub fn request_head(&self, host: &str) -> String {
        let with_body = if self.body.is_empty() { "GET" } else { "POST" };
        let method = self.method.as_deref().unwrap_or(with_body);
        let path = self.path.as_deref().unwrap_or("/");
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{}", self.fields(false))
    }

    /// The head of an answer.
    pub fn answer_head(&self) -> String {
        let status = self.status.unwrap_or(200);
        format!("HTTP/1.1 {status} Said\r\n{}", self.fields(true))
    }

    /// The fields, those of the framing, and the empty line. A request without a body has no framing.
    fn fields(&self, answer: bool) -> String {
        let mut text: String = self.headers.iter().map(|line| format!("{line}\r\n")).collect();
        if self.chunked() {
            text.push_str("Transfer-Encoding: chunked\r\n");
        } else if answer || !self.body.is_empty() {
            let length: usize = self.body.iter().map(String::len).sum();
            text.push_str(&format!("Content-Length: {length}\r\n"));
        }
        text + "\r\n"
    }

    fn chunked(&self) -> bool {
        !self.trailers.is_empty() || (!self.body.is_empty() && !self.length)
    }

    /// The body as it goes over the wire, a piece each.
    pub fn pieces(&self) -> Vec<Vec<u8>> {
        if !self.chunked() {
            return self.body.iter().map(|piece| piece.clone().into_bytes()).collect();
        }
        let chunk = |piece: &String| format!("{:x}\r\n{piece}\r\n", piece.len()).into_bytes();
        let mut pieces: Vec<Vec<u8>> = self.body.iter().map(chunk).collect();
        let trailers: String = self.trailers.iter().map(|line| format!("{line}\r\n")).collect();
        pieces.push(format!("0\r\n{trailers}\r\n").into_bytes());
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_framed() {
        let mut message =
            Message { body: vec!["ab".to_owned(), "c".to_owned()], ..Message::default() };
        assert_eq!(
            message.request_head("h"),
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        assert_eq!(message.pieces(), [&b"2\r\nab\r\n"[..], b"1\r\nc\r\n", b"0\r\n\r\n"]);
        message.length = true;
        assert_eq!(message.answer_head(), "HTTP/1.1 200 Said\r\nContent-Length: 3\r\n\r\n");
        assert_eq!(message.pieces(), [&b"ab"[..], b"c"]);
        assert_eq!(Message::default().request_head("h"), "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    #[test]
    fn every_scenario_can_be_read() {
        let all = Scenario::all().unwrap();
        assert!(all.len() >= 40, "{}", all.len());
    }
}
