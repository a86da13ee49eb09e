//! An exchange in memory: for trying a plugin without a gateway, and for tests.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::abi::{Map, Side};
use crate::limits::PROPERTIES;
use crate::pairs::Pairs;
use crate::stream::{Fields, Refused, Stream, UpstreamHost, Value};

/// Header fields in a list, pseudo headers among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlainFields(pub Pairs);

impl PlainFields {
    /// Fields from text.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).collect())
    }

    /// The first value of a name, as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }
}

fn check(name: &[u8], value: &[u8]) -> Result<(), Refused> {
    let bad = |b: &u8| matches!(b, b'\r' | b'\n' | 0);
    if name.is_empty() || name.iter().any(bad) || value.iter().any(bad) {
        return Err(Refused);
    }
    Ok(())
}

impl Fields for PlainFields {
    fn value(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        let found = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| Cow::Borrowed(value.as_slice()))
    }

    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        self.0.iter().for_each(|(name, value)| visit(name, value));
    }

    fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refused> {
        if name.starts_with(b":") {
            return self.replace(name, value);
        }
        check(name, value)?;
        self.0.push((name.to_vec(), value.to_vec()));
        Ok(())
    }

    fn replace(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refused> {
        check(name, value)?;
        let at = self.0.iter().position(|(n, _)| n.eq_ignore_ascii_case(name));
        self.remove(name);
        let at = at.unwrap_or(self.0.len()).min(self.0.len());
        self.0.insert(at, (name.to_vec(), value.to_vec()));
        Ok(())
    }

    fn remove(&mut self, name: &[u8]) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    fn replace_all(&mut self, pairs: &[(&[u8], &[u8])]) -> Result<(), Refused> {
        self.0.clear();
        let mut all = Ok(());
        for (name, value) in pairs {
            all = all.and(self.add(name, value));
        }
        all
    }
}

/// An exchange in memory. Properties of requests and responses are made from the headers; any other is what
/// [`PlainStream::properties`] holds, its path joined by NUL.
#[derive(Debug, Clone, Default)]
pub struct PlainStream {
    /// Of the request.
    pub request_headers: Option<PlainFields>,
    /// Of the request.
    pub request_trailers: Option<PlainFields>,
    /// Of the response, once there is one.
    pub response_headers: Option<PlainFields>,
    /// Of the response.
    pub response_trailers: Option<PlainFields>,
    /// Facts, and what modules leave.
    pub properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Endpoints of the cluster; none before it is known.
    pub hosts: Option<Vec<UpstreamHost>>,
    /// The endpoint a module has chosen.
    pub chosen: Option<String>,
    /// How often a module has asked for another look at the routes.
    pub route_cleared: u32,
    /// Why replies were made and streams closed.
    pub details: Vec<String>,
}

impl PlainStream {
    /// A request with these headers.
    #[must_use]
    pub fn request(headers: &[(&str, &str)]) -> Self {
        Self { request_headers: Some(PlainFields::of(headers)), ..Self::default() }
    }

    fn header(&self, side: Side, name: &str) -> Option<Value<'_>> {
        let fields = match side {
            Side::Request => self.request_headers.as_ref(),
            Side::Response => self.response_headers.as_ref(),
        };
        fields?.value(name.as_bytes()).map(Value::Bytes)
    }

    fn attribute(&self, path: &[&[u8]]) -> Option<Value<'_>> {
        let text = |name: &[u8]| std::str::from_utf8(name).ok().map(str::to_owned);
        match path {
            [b"request", b"path"] => self.header(Side::Request, ":path"),
            [b"request", b"method"] => self.header(Side::Request, ":method"),
            [b"request", b"host"] => self.header(Side::Request, ":authority"),
            [b"request", b"scheme"] => self.header(Side::Request, ":scheme"),
            [b"request", b"headers", name] => self.header(Side::Request, &text(name)?),
            [b"response", b"headers", name] => self.header(Side::Response, &text(name)?),
            [b"response", b"code"] => {
                let Value::Bytes(status) = self.header(Side::Response, ":status")? else {
                    return None;
                };
                std::str::from_utf8(&status).ok()?.parse().ok().map(Value::Int)
            }
            _ => None,
        }
    }
}

impl Stream for PlainStream {
    fn fields(&mut self, map: Map) -> Option<&mut dyn Fields> {
        let fields = match (map.side, map.trailers) {
            (Side::Request, false) => &mut self.request_headers,
            (Side::Request, true) => &mut self.request_trailers,
            (Side::Response, false) => &mut self.response_headers,
            (Side::Response, true) => &mut self.response_trailers,
        };
        fields.as_mut().map(|fields| fields as &mut dyn Fields)
    }

    fn fields_read(&self, map: Map) -> Option<&dyn Fields> {
        let fields = match (map.side, map.trailers) {
            (Side::Request, false) => &self.request_headers,
            (Side::Request, true) => &self.request_trailers,
            (Side::Response, false) => &self.response_headers,
            (Side::Response, true) => &self.response_trailers,
        };
        fields.as_ref().map(|fields| fields as &dyn Fields)
    }

    fn begin_trailers(&mut self, side: Side) -> bool {
        let trailers = match side {
            Side::Request => &mut self.request_trailers,
            Side::Response => &mut self.response_trailers,
        };
        trailers.get_or_insert_default();
        true
    }

    fn property(&self, path: &[&[u8]]) -> Option<Value<'_>> {
        let kept = self.properties.get(&path.join(&0)).map(|value| Value::Bytes(value.into()));
        kept.or_else(|| self.attribute(path))
    }

    fn set_property(&mut self, path: &[u8], value: &[u8]) -> bool {
        if self.properties.len() >= PROPERTIES && !self.properties.contains_key(path) {
            return false;
        }
        self.properties.insert(path.to_vec(), value.to_vec());
        true
    }

    fn clear_route(&mut self) {
        self.route_cleared += 1;
    }

    fn upstream_hosts(&self) -> Option<Vec<UpstreamHost>> {
        self.hosts.clone()
    }

    fn override_upstream(&mut self, address: &str) -> bool {
        let known = self.hosts.iter().flatten().any(|host| host.address == address);
        if known {
            self.chosen = Some(address.to_owned());
        }
        known
    }

    fn details(&mut self, details: &str) {
        self.details.push(details.to_owned());
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
