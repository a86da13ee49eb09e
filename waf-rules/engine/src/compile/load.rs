//! Reads the entry document and follows its includes.

use std::sync::Arc;

use crate::ast::{Directive, DirectiveKind};
use crate::compile::Reports;
use crate::diagnostic::{Problem, Span, nearest};
use crate::limits::{MAX_FILES, MAX_INCLUDE_DEPTH};
use crate::parse;
use crate::sources::Sources;

/// All directives in order, each with its file; includes are replaced by what they include.
pub(super) fn load(sources: &Sources, reports: &mut Reports) -> Vec<(Arc<str>, Directive)> {
    let (name, text) = sources.entry();
    let mut loader = Loader { sources, directives: Vec::new(), files: 0, open: Vec::new() };
    loader.file(name, text, 0, reports);
    loader.directives
}

struct Loader<'a> {
    sources: &'a Sources,
    directives: Vec<(Arc<str>, Directive)>,
    files: usize,
    /// The files that are being read, each included by the one before it.
    open: Vec<Arc<str>>,
}

impl Loader<'_> {
    fn file(&mut self, name: &str, text: &[u8], depth: usize, reports: &mut Reports) {
        let file: Arc<str> = Arc::from(name);
        let mut problems = Vec::new();
        self.files += 1;
        self.open.push(Arc::clone(&file));
        for directive in parse::parse(text, &mut problems) {
            let DirectiveKind::Include(pattern) = &directive.kind else {
                self.directives.push((Arc::clone(&file), directive));
                continue;
            };
            if let Err(problem) = self.include(&file, pattern, depth, reports) {
                reports.add(&file, Problem { span: directive.span, ..problem });
            }
        }
        problems.into_iter().for_each(|problem| reports.add(&file, problem));
        self.open.pop();
    }

    fn include(
        &mut self,
        from: &Arc<str>,
        pattern: &str,
        depth: usize,
        reports: &mut Reports,
    ) -> Result<(), Problem> {
        if depth >= MAX_INCLUDE_DEPTH {
            let message = format!("includes are nested deeper than {MAX_INCLUDE_DEPTH}");
            return Err(Problem::new(Span::default(), message));
        }
        let sources = self.sources;
        let found = sources.include(from, pattern);
        if found.is_empty() {
            let problem = Problem::new(Span::default(), format!("no file `{pattern}`"));
            return Err(match nearest(pattern, &sources.names()) {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
        for (name, text) in found {
            if self.files >= MAX_FILES {
                let message = format!("more than {MAX_FILES} files are included");
                return Err(Problem::new(Span::default(), message));
            }
            if self.open.iter().any(|open| **open == *name) {
                let message = format!("`{name}` includes itself");
                let way: Vec<&str> = self.open.iter().map(AsRef::as_ref).collect();
                let help = format!("the way to it: {}", way.join(", "));
                return Err(Problem::new(Span::default(), message).help(help));
            }
            self.file(name, text, depth + 1, reports);
        }
        Ok(())
    }
}
