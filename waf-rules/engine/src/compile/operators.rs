//! Operators by name; identical patterns and lists are compiled once.

use std::collections::HashMap;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use crate::ast::OperatorNode;
use crate::compile::Compiler;
use crate::compile::draft::GeoNode;
use crate::diagnostic::{Problem, Span, nearest};
use crate::operator::{
    Backtracking, ByteRange, Comparison, GeoDatabase, Identifier, Networks, Operator, Pattern,
    PatternError, Phrases, RestPath, Schema, Scheme, TextTest, ascii, parse_pattern, refusal,
    supported,
};
use crate::template::Template;

/// What was compiled so far. Patterns and lists share one numbering.
#[derive(Debug, Default)]
pub(crate) struct Operators {
    patterns: HashMap<String, Arc<Pattern>>,
    tried: HashMap<String, Arc<Backtracking>>,
    phrases: HashMap<Vec<Vec<u8>>, Arc<Phrases>>,
    schemas: HashMap<Vec<u8>, Arc<Schema>>,
    /// Syntax trees of the patterns, for the gate; dropped with it.
    pub(crate) trees: Vec<(u32, Hir)>,
    /// Whether some rule validates a schema.
    pub(crate) has_schemas: bool,
    /// Every list once.
    pub(crate) lists: Vec<Arc<Phrases>>,
    /// Patterns and lists together.
    pub(crate) count: u32,
}

impl Operators {
    /// Forgets by which text patterns and lists were found.
    pub(super) fn drop_sources(&mut self) {
        self.patterns = HashMap::new();
        self.tried = HashMap::new();
        self.phrases = HashMap::new();
        self.schemas = HashMap::new();
    }

    fn pattern(&mut self, text: &str) -> Result<Arc<Pattern>, PatternError> {
        if let Some(known) = self.patterns.get(text) {
            return Ok(Arc::clone(known));
        }
        let tree = parse_pattern(text)?;
        let pattern = Arc::new(Pattern::new(self.count, &tree)?);
        self.trees.push((self.count, tree));
        self.count += 1;
        self.patterns.insert(text.to_owned(), Arc::clone(&pattern));
        Ok(pattern)
    }

    /// `None` where nothing in the pattern needs trying.
    fn backtracking(&mut self, text: &str) -> Option<Result<Arc<Backtracking>, String>> {
        if let Some(known) = self.tried.get(text) {
            return Some(Ok(Arc::clone(known)));
        }
        let built = Backtracking::new(&ascii(text))?.map(Arc::new);
        if let Ok(pattern) = &built {
            self.tried.insert(text.to_owned(), Arc::clone(pattern));
        }
        Some(built)
    }

    fn list(&mut self, words: Vec<Vec<u8>>) -> Result<Arc<Phrases>, String> {
        if let Some(known) = self.phrases.get(&words) {
            return Ok(Arc::clone(known));
        }
        let phrases = Arc::new(Phrases::new(self.count, &words)?);
        self.lists.push(Arc::clone(&phrases));
        self.count += 1;
        self.phrases.insert(words, Arc::clone(&phrases));
        Ok(phrases)
    }

    fn schema(&mut self, text: &[u8]) -> Result<Arc<Schema>, String> {
        if let Some(known) = self.schemas.get(text) {
            return Ok(Arc::clone(known));
        }
        let schema = Arc::new(Schema::new(text)?);
        self.has_schemas = true;
        self.schemas.insert(text.to_vec(), Arc::clone(&schema));
        Ok(schema)
    }
}

impl Compiler<'_> {
    pub(super) fn operator(
        &mut self,
        file: &str,
        node: &OperatorNode,
    ) -> Result<Operator, Problem> {
        let span = node.argument_span;
        let name = node.name.to_ascii_lowercase();
        let text = node.argument.as_str();
        if let Some(comparison) = Comparison::parse(&name) {
            let template = Template::parse(text, span)?;
            return Ok(Operator::Compare(comparison, self.number(&template)));
        }
        if let Some(test) = TextTest::parse(&name) {
            let template = Template::parse(text, span)?;
            return Ok(Operator::Text(test, self.text(&template)));
        }
        let plain = |message: String| Problem::new(span, message);
        if let Some(scheme) = Scheme::parse(&name) {
            let pattern = self.pattern(node, text)?;
            return Ok(Operator::Identifier(Identifier { scheme, pattern }));
        }
        match name.as_str() {
            "rx" => self.rx(node, text),
            "rxglobal" => self.pattern(node, text).map(Operator::RxGlobal),
            "validatenid" => {
                let (scheme, text) = Scheme::parse_country(text).map_err(plain)?;
                let pattern = self.pattern(node, text)?;
                Ok(Operator::Identifier(Identifier { scheme, pattern }))
            }
            "restpath" => {
                let (text, names) = RestPath::translate(text);
                let pattern = self.pattern(node, &text)?;
                Ok(Operator::RestPath(RestPath::new(pattern, &names)))
            }
            "pm" => {
                let words = Phrases::words(text);
                if words.is_empty() {
                    return Err(plain("@pm without phrases".to_owned()));
                }
                self.operators.list(words).map(Operator::Pm).map_err(plain)
            }
            "pmfromfile" | "pmf" => {
                let mut lines = Vec::new();
                for name in text.split_ascii_whitespace() {
                    lines.extend(Phrases::lines(self.data(file, name, node)?));
                }
                self.operators.list(lines).map(Operator::Pm).map_err(plain)
            }
            "pmfromdataset" => {
                let lines = self.dataset(node)?.iter().map(|line| line.as_bytes().to_vec());
                let lines = lines.collect();
                self.operators.list(lines).map(Operator::Pm).map_err(plain)
            }
            "ipmatchfromdataset" => Networks::parse(&self.dataset(node)?.join(","))
                .map(Operator::IpMatch)
                .map_err(plain),
            "geolookup" => match &self.geo {
                Some(database) => Ok(Operator::Geo(Arc::clone(database))),
                None => Err(Problem::new(node.span, "@geoLookup has no database")
                    .help("name a MaxMind database (.mmdb) with SecGeoLookupDb")),
            },
            "ipmatch" => Networks::parse(text).map(Operator::IpMatch).map_err(plain),
            "ipmatchfromfile" | "ipmatchf" => {
                let content = self.data(file, text.trim(), node)?;
                let content = String::from_utf8_lossy(content);
                Networks::parse(&content).map(Operator::IpMatch).map_err(plain)
            }
            "validateschema" => self.schema(file, node),
            "validatebyterange" => ByteRange::parse(text).map(Operator::ByteRange).map_err(plain),
            other => without_argument(other).ok_or_else(|| unknown(node)),
        }
    }

    /// A pattern that no automaton runs is tried step by step, and said to be.
    fn rx(&mut self, node: &OperatorNode, text: &str) -> Result<Operator, Problem> {
        let problem = match self.pattern(node, text) {
            Ok(pattern) => return Ok(Operator::Rx(pattern)),
            Err(problem) => problem,
        };
        match self.operators.backtracking(text) {
            None => Err(problem),
            Some(Err(error)) => Err(Problem::new(node.argument_span, format!("pattern: {error}"))),
            Some(Ok(pattern)) => {
                let message = format!(
                    "pattern with {} is tried step by step, on every value it looks at",
                    pattern.reason()
                );
                self.warnings.push(Problem::new(node.argument_span, message).help(SLOW));
                Ok(Operator::Backtracking(pattern))
            }
        }
    }

    fn pattern(&mut self, node: &OperatorNode, text: &str) -> Result<Arc<Pattern>, Problem> {
        self.operators.pattern(text).map_err(|error| {
            let place = node.argument_places.at(error.at);
            let problem = Problem::new(place, format!("pattern: {}", error.message));
            match error.help {
                Some(help) => problem.help(help),
                None => problem,
            }
        })
    }

    /// A schema by its file.
    fn schema(&mut self, file: &str, node: &OperatorNode) -> Result<Operator, Problem> {
        let name = node.argument.trim();
        let content = self.data(file, name, node)?.to_vec();
        self.operators.schema(&content).map(Operator::Schema).map_err(|error| {
            Problem::new(node.argument_span, format!("`{name}` is no JSON Schema: {error}")).help(
                "references stay within the file (`$defs`), patterns have no lookaround and no backreferences",
            )
        })
    }

    /// The lines of a `SecDataset`.
    fn dataset(&self, node: &OperatorNode) -> Result<&[String], Problem> {
        let name = node.argument.trim();
        if let Some(dataset) = self.datasets.get(name) {
            return Ok(dataset);
        }
        let names: Vec<&str> = self.datasets.keys().map(String::as_str).collect();
        Err(Problem::unknown(node.argument_span, "dataset", name, &names))
    }

    /// Opens the database of `SecGeoLookupDb`.
    pub(super) fn open_geo(&mut self, node: &GeoNode) -> Result<(), Problem> {
        let content = self.file(&node.file, &node.name, node.span)?;
        let database = GeoDatabase::open(content).map_err(|error| {
            Problem::new(node.span, format!("`{}` is no MaxMind database: {error}", node.name))
        })?;
        self.geo = Some(Arc::new(database));
        Ok(())
    }

    /// The content of a data file beside the rule file, or by its full name.
    fn data(&self, file: &str, name: &str, node: &OperatorNode) -> Result<&[u8], Problem> {
        self.file(file, name, node.argument_span)
    }

    fn file(&self, from: &str, name: &str, span: Span) -> Result<&[u8], Problem> {
        if let Some((_, content)) = self.sources.find(from, name) {
            return Ok(content);
        }
        let problem = Problem::new(span, format!("no data file `{name}`"));
        Err(match nearest(name, &self.sources.names()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        })
    }
}

/// What to know of a pattern that is tried step by step.
const SLOW: &str = "a pattern without it takes linear time and is prefiltered; a value on which the limits end the \
                    trying counts as matched";

/// Operators that take no argument, by name in lower case.
fn without_argument(name: &str) -> Option<Operator> {
    Some(match name {
        "validateurlencoding" => Operator::UrlEncoding,
        "validateutf8encoding" => Operator::Utf8Encoding,
        "detectsqli" => Operator::Sqli,
        "detectxss" => Operator::Xss,
        "unconditionalmatch" => Operator::Always,
        "nomatch" => Operator::Never,
        _ => return None,
    })
}

fn unknown(node: &OperatorNode) -> Problem {
    match refusal(&node.name) {
        Some(why) => {
            let message = format!("operator `@{}` is not supported", node.name);
            Problem::new(node.span, message).help(why)
        }
        None => Problem::unknown(node.span, "operator", &node.name, &supported()),
    }
}
