//! Fills variables from bodies, by the processor that headers or rules chose.

use portcullis_waf_body::{ContentType, json, multipart, xml};

use crate::ast::Processor;
use crate::limits::{MAX_BODY_ENTRIES, MAX_JSON_FREE_BYTES, MAX_JSON_GROWTH};
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;
use crate::variable::Variable;

/// Keys under which text and attribute values of XML stand.
const XML_TEXT: &[u8] = b"/*";
const XML_ATTRIBUTES: &[u8] = b"//@*";

impl State {
    /// The result is how many bytes of the body are files.
    pub(super) fn load_request_body(
        &mut self,
        rules: &RuleSet,
        body: &[u8],
        complete: bool,
    ) -> usize {
        let whole = i64::try_from(self.head_bytes + 2 + body.len()).unwrap_or(i64::MAX);
        self.set_number(Variable::FullRequestLength, whole);
        self.full_request(rules, body);
        if !complete {
            self.set_number(Variable::InboundDataError, 1);
        }
        if body.is_empty() {
            return 0;
        }
        self.keep_body(body);
        if !self.switches.request_body_access {
            return 0;
        }
        let forced = self.switches.request_body_forced;
        let processor = match self.switches.request_processor {
            None if forced => {
                self.set(Variable::ReqbodyProcessor, Processor::UrlEncoded.name().as_bytes());
                Some(Processor::UrlEncoded)
            }
            chosen => chosen,
        };
        let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
        self.set_number(Variable::RequestBodyLength, length);
        let keep = matches!(processor, Some(Processor::UrlEncoded | Processor::Raw)) || forced;
        if keep {
            self.set(Variable::RequestBody, body);
        }
        match processor {
            Some(Processor::UrlEncoded) => self.arguments(rules, Bag::ArgsPost, body),
            Some(Processor::Multipart) => return self.multipart(rules, body, complete),
            Some(Processor::Json) => self.json(rules, body, complete),
            Some(Processor::Xml) => self.xml(rules, body, complete),
            Some(Processor::Raw) | None => {}
        }
        0
    }

    fn json(&mut self, rules: &RuleSet, body: &[u8], complete: bool) {
        if rules.program.has_schemas {
            self.json_body = Some(self.values.intern(body));
        }
        let limits = json_limits(rules, self.free_arguments(rules), body);
        let parsed = json::flatten(body, b"json", &limits);
        let shown = rules.names(Variable::Json);
        for (name, value) in parsed.fields.iter() {
            self.add(rules, Bag::ArgsPost, name, value);
            if shown {
                self.add(rules, Bag::Json, name, value);
            }
        }
        let cut = !complete && parsed.problem == Some(json::Problem::Truncated);
        if let Some(problem) = parsed.problem.filter(|_| !cut) {
            self.body_error(&problem.to_string());
        }
    }

    fn xml(&mut self, rules: &RuleSet, body: &[u8], complete: bool) {
        let limits = xml::Limits { nodes: MAX_BODY_ENTRIES / 2, ..xml::Limits::default() };
        let parsed = xml::flatten(body, &limits);
        for text in parsed.texts.iter() {
            self.add(rules, Bag::RequestXml, XML_TEXT, text);
        }
        for value in parsed.attributes.iter() {
            self.add(rules, Bag::RequestXml, XML_ATTRIBUTES, value);
        }
        let cut = !complete && parsed.problem == Some(xml::Problem::Truncated);
        if let Some(problem) = parsed.problem.filter(|_| !cut) {
            self.body_error(&problem.to_string());
        }
    }

    /// The result is how many bytes of the body are files.
    fn multipart(&mut self, rules: &RuleSet, body: &[u8], complete: bool) -> usize {
        let header = self
            .bags
            .get(Bag::RequestHeaders)
            .iter()
            .rev()
            .find(|entry| self.values.get(entry.key).eq_ignore_ascii_case(b"content-type"));
        let header = header.map(|entry| self.values.get(entry.value).to_vec()).unwrap_or_default();
        let content_type = ContentType::parse(&header);
        let limits = multipart::Limits {
            parts: self.free_arguments(rules),
            files: rules.program.settings.upload_files,
            ..multipart::Limits::default()
        };
        let parsed = multipart::parse(&content_type, body, &limits);
        let mut file_bytes = 0_usize;
        for part in &parsed.parts {
            file_bytes += self.part(rules, part);
        }
        self.set_number(Variable::FilesCombinedSize, i64::try_from(file_bytes).unwrap_or(i64::MAX));
        for (flag, name) in multipart::Flags::NAMED {
            if parsed.flags.intersects(flag)
                && let Some(variable) = Variable::parse(name)
            {
                self.set_number(variable, 1);
            }
        }
        let cut = !complete && parsed.problem == Some(multipart::Problem::FinalBoundaryMissing);
        if cut {
            return file_bytes;
        }
        if parsed.strict_error() {
            self.set_number(Variable::MultipartStrictError, 1);
        }
        if let Some(problem) = parsed.problem {
            self.body_error(&problem.to_string());
        }
        file_bytes
    }

    /// One part into its collections; the result is the size of a file.
    fn part(&mut self, rules: &RuleSet, part: &multipart::Part<'_>) -> usize {
        let name = part.name.as_deref().unwrap_or_default();
        let mut room = true;
        for header in &part.headers {
            room &= self.add(rules, Bag::PartHeaders, name, &header.line);
        }
        room &= self.add(rules, Bag::PartNames, name, name);
        if part.may_be_value() {
            room &= self.argument(rules, Bag::ArgsPost, (name, part.content));
        }
        if !part.may_be_file() {
            self.part_error(room);
            return 0;
        }
        for filename in &part.filenames {
            room &= self.add(rules, Bag::Files, name, filename);
            room &= self.add(rules, Bag::PartFilenames, name, filename);
        }
        room &= self.add(rules, Bag::FilesNames, name, name);
        if rules.names(Variable::FilesTmpContent) {
            room &= self.add(rules, Bag::FilesContent, name, part.content);
        }
        let size = part.content.len();
        room &= self.add(rules, Bag::FilesSizes, name, size.to_string().as_bytes());
        self.part_error(room);
        size
    }

    /// What no collection had room for is not inspected, so the body must not pass as read.
    fn part_error(&mut self, room: bool) {
        if !room {
            self.body_error("too many arguments, part headers or file names");
        }
    }

    pub(super) fn load_response_body(&mut self, rules: &RuleSet, body: &[u8], complete: bool) {
        if !complete {
            self.set_number(Variable::OutboundDataError, 1);
        }
        if body.is_empty() {
            return;
        }
        self.set(Variable::ResponseBody, body);
        let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
        self.set_number(Variable::ResponseContentLength, length);
        match self.switches.response_processor {
            Some(Processor::Json) => {
                let limits = json_limits(rules, MAX_BODY_ENTRIES, body);
                let parsed = json::flatten(body, b"json", &limits);
                for (name, value) in parsed.fields.iter() {
                    self.add(rules, Bag::ResponseArgs, name, value);
                }
                self.response_error(parsed.problem.map(|problem| problem.to_string()));
            }
            Some(Processor::Xml) => {
                let limits = xml::Limits { nodes: MAX_BODY_ENTRIES / 2, ..xml::Limits::default() };
                let parsed = xml::flatten(body, &limits);
                for text in parsed.texts.iter() {
                    self.add(rules, Bag::ResponseXml, XML_TEXT, text);
                }
                for value in parsed.attributes.iter() {
                    self.add(rules, Bag::ResponseXml, XML_ATTRIBUTES, value);
                }
                self.response_error(parsed.problem.map(|problem| problem.to_string()));
            }
            Some(Processor::UrlEncoded | Processor::Multipart | Processor::Raw) | None => {}
        }
    }

    fn response_error(&mut self, problem: Option<String>) {
        if let Some(problem) = problem {
            self.set_number(Variable::ResBodyError, 1);
            self.set(Variable::ResBodyErrorMsg, problem.as_bytes());
            self.set_number(Variable::ResBodyProcessorError, 1);
            self.set(Variable::ResBodyProcessorErrorMsg, problem.as_bytes());
        }
    }
}

fn json_limits(rules: &RuleSet, entries: usize, body: &[u8]) -> json::Limits {
    let growth = body.len().saturating_mul(MAX_JSON_GROWTH);
    let depth = rules.program.settings.json_depth;
    json::Limits { depth, entries, output_bytes: growth.saturating_add(MAX_JSON_FREE_BYTES) }
}
