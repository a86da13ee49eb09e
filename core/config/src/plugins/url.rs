//! Where a module is, and which module it must be.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::text::text_value;

/// Where a module is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PluginUrl {
    /// A file; when documents are loaded, from the folder of the document.
    File(PathBuf),
    /// A URL beginning with `http://` or `https://`, without credentials.
    Http(String),
    /// An image of a registry.
    Image(Image),
}

/// An image of a registry: `registry/repository:tag@sha256:digest`, as Docker writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Image {
    /// Host, and a port where one is written; `docker.io` where none is.
    pub registry: String,
    /// Path of the repository: `plugins/waf`.
    pub repository: String,
    /// The tag; none: `latest`, unless there is a digest.
    pub tag: Option<String>,
    /// Digest of the manifest.
    pub digest: Option<ModuleDigest>,
}

impl Image {
    /// Whether what it names changes by custom: the tag `latest`, or none at all.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.digest.is_none() && self.tag.as_deref().is_none_or(|tag| tag == "latest")
    }
}

impl FromStr for Image {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || {
            format!(
                "`{text}` is not an image; write for example registry.example.com/plugins/waf:1.0.0"
            )
        };
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse()?)),
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (name, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
            Some(_) => (DOCKER, name),
            None => return Err(problem()),
        };
        let host = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
        let segment = |text: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
            !text.is_empty() && !text.starts_with(['.', '-']) && text.bytes().all(plain)
        };
        let word = |text: &str| {
            (1..=128).contains(&text.len())
                && !text.starts_with(['.', '-'])
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        };
        let whole = registry.bytes().all(host)
            && repository.len() <= 255
            && repository.split('/').all(segment)
            && tag.is_none_or(word);
        if !whole {
            return Err(problem());
        }
        let (registry, repository) = (registry.to_ascii_lowercase(), repository.to_owned());
        Ok(Self { registry, repository, tag: tag.map(str::to_owned), digest })
    }
}

/// The registry of images that name none.
const DOCKER: &str = "docker.io";

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@sha256:{digest}"),
            None => Ok(()),
        }
    }
}

impl FromStr for PluginUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.chars().any(|c| c.is_control() || c == '\u{7f}') {
            return Err("expected where the module is".to_owned());
        }
        if let Some(image) = text.strip_prefix("oci://") {
            return image.parse().map(Self::Image);
        }
        if let Some(path) = text.strip_prefix("file://") {
            return match path {
                "" => Err(format!("`{text}` names no file")),
                path => Ok(Self::File(path.into())),
            };
        }
        let rest = text.strip_prefix("https://").or(text.strip_prefix("http://"));
        if let Some(rest) = rest {
            let host = rest.split(['/', '?']).next().unwrap_or_default();
            if host.contains('@') {
                return Err("credentials do not belong in a URL; give `pull_secret`".to_owned());
            }
            let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>');
            return match !host.is_empty() && rest.chars().all(plain) {
                true => Ok(Self::Http(text.to_owned())),
                false => Err(format!("`{text}` is not a URL")),
            };
        }
        if text.starts_with(['/', '.']) || text.ends_with(".wasm") && !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        Err(format!(
            "`{text}` is not where a module is; write for example ./a.wasm, https://example.com/a.wasm or oci://registry.example.com/plugins/a:1.0.0"
        ))
    }
}

impl fmt::Display for PluginUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file://{}", path.display()),
            Self::Http(url) => f.write_str(url),
            Self::Image(image) => write!(f, "oci://{image}"),
        }
    }
}

text_value!(
    PluginUrl,
    "plugin-url",
    "A file, `http://...`, `https://...` or `oci://registry/repository:tag`."
);

/// SHA-256 of a module or a manifest: 64 hexadecimal digits, with or without `sha256:` before them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModuleDigest(String);

impl ModuleDigest {
    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModuleDigest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        match digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            true => Ok(Self(digits.to_ascii_lowercase())),
            false => Err(format!("`{text}` is not a SHA-256; it has 64 hexadecimal digits")),
        }
    }
}

impl fmt::Display for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(
    ModuleDigest,
    "sha256",
    "64 hexadecimal digits, with or without `sha256:` before them."
);

#[cfg(test)]
mod tests;
