//! What must hold beside host and path: methods, headers, query parameters.

use http::{HeaderName, Method, header};
use portcullis_config::{HeaderMatch, Match, QueryMatch, ValueMatch};

use crate::compile::Compiler;
use crate::value::ValueMatcher;
use crate::{Query, params};

/// The compiled conditions of a match. All must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    methods: Vec<Method>,
    headers: Vec<Header>,
    query: Vec<Param>,
}

#[derive(Debug, Clone)]
struct Header {
    name: HeaderName,
    value: ValueMatcher,
    invert: bool,
}

#[derive(Debug, Clone)]
struct Param {
    name: Box<[u8]>,
    value: ValueMatcher,
    invert: bool,
}

impl Conditions {
    /// `place` is the path of the match in the configuration.
    pub(crate) fn compile(written: &Match, place: &str, compiler: &mut Compiler) -> Self {
        let mut conditions = Self::default();
        for (n, method) in written.methods.iter().enumerate() {
            match Method::from_bytes(method.as_bytes()) {
                Ok(method) => conditions.methods.push(method),
                Err(_) => compiler
                    .error(format!("{place}.methods[{n}]"), format!("`{method}` is no method")),
            }
        }
        for (n, written) in written.headers.iter().enumerate() {
            conditions.headers.extend(Header::compile(
                written,
                &format!("{place}.headers[{n}]"),
                compiler,
            ));
        }
        for (n, written) in written.query.iter().enumerate() {
            conditions.query.extend(Param::compile(
                written,
                &format!("{place}.query[{n}]"),
                compiler,
            ));
        }
        conditions
    }

    pub(crate) fn hold(&self, query: &Query<'_>) -> bool {
        (self.methods.is_empty() || self.methods.contains(query.method))
            && self.headers.iter().all(|header| header.holds(query))
            && self.query.iter().all(|param| param.holds(query))
    }
}

impl Header {
    fn compile(written: &HeaderMatch, place: &str, compiler: &mut Compiler) -> Option<Self> {
        let name = match HeaderName::from_bytes(written.name.as_bytes()) {
            Ok(header::HOST) => {
                let message = "a header match cannot see Host: give `hosts`".to_owned();
                compiler.error(format!("{place}.name"), message);
                return None;
            }
            Ok(name) => name,
            Err(_) => {
                let message = format!("`{}` is not the name of a header", written.name);
                compiler.error(format!("{place}.name"), message);
                return None;
            }
        };
        let value = ValueMatcher::compile(written.value(), compiler, || format!("{place}.regex"))?;
        Some(Self { name, value, invert: written.invert })
    }

    fn holds(&self, query: &Query<'_>) -> bool {
        let mut values = query.headers.get_all(&self.name).iter();
        values.any(|value| self.value.matches(value.as_bytes())) != self.invert
    }
}

impl Param {
    fn compile(written: &QueryMatch, place: &str, compiler: &mut Compiler) -> Option<Self> {
        let value: ValueMatch<'_> = written.value();
        let value = ValueMatcher::compile(value, compiler, || format!("{place}.regex"))?;
        Some(Self { name: written.name.as_bytes().into(), value, invert: written.invert })
    }

    fn holds(&self, query: &Query<'_>) -> bool {
        let written = query.path.query().unwrap_or_default();
        let mut values = params::values(written, &self.name);
        values.any(|value| params::with_decoded(value, |value| self.value.matches(value)))
            != self.invert
    }
}
