//! Operators by name; identical patterns and lists are those of every rule set that has them.

use std::collections::HashMap;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use crate::ast::OperatorNode;
use crate::compile::Compiler;
use crate::compile::draft::GeoNode;
use crate::diagnostic::{Problem, Span, nearest};
use crate::operator::{
    ByteRange, Comparison, GeoDatabase, Identifier, Matcher, MatcherKey, Meaning, Networks,
    Operator, Pattern, PatternError, Phrases, RestPath, Schema, Scheme, TextTest, refusal,
    supported,
};
use crate::shared::Shared;
use crate::template::Template;

/// The patterns and lists of the rule set that is compiled, and where others are found.
#[derive(Debug)]
pub(crate) struct Operators {
    shared: Arc<Shared>,
    /// Where a pattern or list was first seen, and its tree where it was parsed now.
    seen: HashMap<MatcherKey, Seen>,
    /// Whether some rule validates a schema.
    has_schemas: bool,
}

/// What only compiling has to know of a pattern or list.
#[derive(Debug)]
struct Seen {
    /// As long as it is kept its key means nothing else.
    _kept: Matcher,
    tree: Option<Hir>,
    file: Arc<str>,
    span: Span,
}

impl Operators {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, seen: HashMap::new(), has_schemas: false }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn has_schemas(&self) -> bool {
        self.has_schemas
    }

    /// Forgets what only compiling has to know.
    pub(crate) fn forget(&mut self) {
        self.seen = HashMap::new();
    }

    /// The syntax tree of a pattern that was parsed for this rule set.
    pub(crate) fn tree(&self, key: MatcherKey) -> Option<&Hir> {
        self.seen.get(&key)?.tree.as_ref()
    }

    /// Compiles a pattern or list; a problem comes with its file.
    pub(super) fn compile(&self, matcher: &Matcher) -> Result<(), (Arc<str>, Problem)> {
        let seen = self.seen.get(&matcher.key());
        let built = match matcher {
            Matcher::Pattern(pattern) => pattern
                .compile(seen.and_then(|seen| seen.tree.as_ref()))
                .map_err(|error| format!("pattern: {}", error.message)),
            Matcher::List(list) => list.compile(),
        };
        built.map_err(|message| {
            let span = seen.map(|seen| seen.span).unwrap_or_default();
            let file = seen.map(|seen| Arc::clone(&seen.file)).unwrap_or_else(|| "".into());
            (file, Problem::new(span, message))
        })
    }

    fn see(&mut self, matcher: Matcher, tree: Option<Hir>, (file, span): (&Arc<str>, Span)) {
        self.seen.entry(matcher.key()).or_insert_with(|| Seen {
            _kept: matcher,
            tree,
            file: Arc::clone(file),
            span,
        });
    }

    fn pattern(
        &mut self,
        text: &str,
        place: (&Arc<str>, Span),
    ) -> Result<Arc<Pattern>, PatternError> {
        let mut parsed = None;
        let pattern = self.shared.pattern(text, Meaning::Values, |pattern, tree| {
            parsed = Some(tree);
            Ok(pattern)
        })?;
        self.see(Matcher::Pattern(Arc::clone(&pattern)), parsed, place);
        Ok(pattern)
    }

    fn list(&mut self, words: &[Vec<u8>], place: (&Arc<str>, Span)) -> Arc<Phrases> {
        let list = self.shared.list(words);
        self.see(Matcher::List(Arc::clone(&list)), None, place);
        list
    }

    fn schema(&mut self, text: &[u8]) -> Result<Arc<Schema>, String> {
        let schema = self.shared.schema(text)?;
        self.has_schemas = true;
        Ok(schema)
    }
}

impl Compiler<'_> {
    pub(super) fn operator(
        &mut self,
        file: &Arc<str>,
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
            let pattern = self.pattern(file, node, text)?;
            return Ok(Operator::Identifier(Identifier { scheme, pattern }));
        }
        match name.as_str() {
            "rx" => self.rx(file, node, text),
            "rxglobal" => self.pattern(file, node, text).map(Operator::RxGlobal),
            "validatenid" => {
                let (scheme, text) = Scheme::parse_country(text).map_err(plain)?;
                let pattern = self.pattern(file, node, text)?;
                Ok(Operator::Identifier(Identifier { scheme, pattern }))
            }
            "restpath" => {
                let (text, names) = RestPath::translate(text);
                let pattern = self.pattern(file, node, &text)?;
                Ok(Operator::RestPath(RestPath::new(pattern, &names)))
            }
            "pm" => {
                let words = Phrases::words(text);
                if words.is_empty() {
                    return Err(plain("@pm without phrases".to_owned()));
                }
                Ok(Operator::Pm(self.operators.list(&words, (file, span))))
            }
            "pmfromfile" | "pmf" => {
                let mut lines = Vec::new();
                for name in text.split_ascii_whitespace() {
                    lines.extend(Phrases::lines(self.data(file, name, node)?));
                }
                Ok(Operator::Pm(self.operators.list(&lines, (file, span))))
            }
            "pmfromdataset" => {
                let lines = self.dataset(node)?.iter().map(|line| line.as_bytes().to_vec());
                let lines: Vec<Vec<u8>> = lines.collect();
                Ok(Operator::Pm(self.operators.list(&lines, (file, span))))
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
    fn rx(
        &mut self,
        file: &Arc<str>,
        node: &OperatorNode,
        text: &str,
    ) -> Result<Operator, Problem> {
        let problem = match self.pattern(file, node, text) {
            Ok(pattern) => return Ok(Operator::Rx(pattern)),
            Err(problem) => problem,
        };
        match self.operators.shared().backtracking(text) {
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

    fn pattern(
        &mut self,
        file: &Arc<str>,
        node: &OperatorNode,
        text: &str,
    ) -> Result<Arc<Pattern>, Problem> {
        self.operators.pattern(text, (file, node.argument_span)).map_err(|error| {
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
