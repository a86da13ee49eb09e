//! From a plugin as it is written to the bytes of its module.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use portcullis_config::{Image, Plugin, PluginUrl, PullPolicy, PullSecret, defaults};

use crate::FetchError;
use crate::agent::{agent, ask, body, refused};
use crate::cache::{Cache, Known, sha256};
use crate::credentials::Credentials;
use crate::registry::Repository;

/// How a module begins.
const MAGIC: &[u8] = b"\0asm";

/// A module as it was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The module.
    pub bytes: Vec<u8>,
    /// Its SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// Why it is one that was brought before, although the registry or server was to be asked; none otherwise.
    pub stale: Option<FetchError>,
}

/// Brings modules, and keeps them in a folder for the next time.
#[derive(Debug)]
pub struct Fetcher {
    cache: Cache,
}

impl Fetcher {
    /// With a folder for what is brought; it is made when something is.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { cache: Cache::new(folder.into()) }
    }

    /// The module of a plugin. Waits for a registry or server at most [`defaults::PLUGIN_FETCH`] for each file.
    ///
    /// # Errors
    /// It cannot be brought, is larger than [`defaults::PLUGIN_MODULE`], is not the one of `sha256`, or is no module.
    pub fn fetch(
        &self,
        plugin: &Plugin,
        secrets: &BTreeMap<String, PullSecret>,
    ) -> Result<Module, FetchError> {
        let empty = PullSecret::default();
        let secret = match &plugin.pull_secret {
            None => &empty,
            Some(name) => secrets
                .get(name)
                .ok_or_else(|| FetchError::new(format!("there is no pull secret `{name}`")))?,
        };
        match &plugin.url {
            PluginUrl::File(path) => pinned(plugin, "", whole(read(path)?)?),
            PluginUrl::Http(url) => self.brought(plugin, url, || {
                let bytes = from_server(url, secret)?;
                Ok((bytes, String::new()))
            }),
            PluginUrl::Image(image) => self.image(plugin, image, secret),
        }
    }

    fn image(
        &self,
        plugin: &Plugin,
        image: &Image,
        secret: &PullSecret,
    ) -> Result<Module, FetchError> {
        let name = plugin.url.to_string();
        self.brought(plugin, &name, || {
            let mut repository = Repository::new(image, secret, plugin.danger_plain_http)?;
            let served = repository.manifest()?;
            let known = self.cache.known(&name).filter(|known| known.manifest == served.digest);
            let kept = known.and_then(|known| self.cache.module(&known.module));
            let bytes = match kept {
                Some(bytes) => bytes,
                None => repository.module(&served)?,
            };
            Ok((bytes, served.digest))
        })
    }

    /// What was brought before where that will do, else what is brought now. The digest beside a module is that of its
    /// manifest.
    fn brought(
        &self,
        plugin: &Plugin,
        name: &str,
        bring: impl FnOnce() -> Result<(Vec<u8>, String), FetchError>,
    ) -> Result<Module, FetchError> {
        let by_digest = plugin.sha256.as_ref().and_then(|pin| self.cache.module(pin.as_str()));
        if let Some(bytes) = by_digest {
            return pinned(plugin, "", whole(bytes)?);
        }
        let known = self.cache.known(name);
        let kept = known.and_then(|Known { module, manifest }| {
            let module = whole(self.cache.module(&module)?).ok()?;
            pinned(plugin, &manifest, module).ok()
        });
        if let (Some(kept), PullPolicy::IfNotPresent) = (&kept, plugin.pull_policy()) {
            return Ok(kept.clone());
        }
        match bring() {
            Ok((bytes, manifest)) => {
                let module = pinned(plugin, &manifest, whole(bytes)?)?;
                self.cache.keep(name, &module.bytes, &manifest).map_err(|error| {
                    let message = format!("what is brought cannot be kept: {error}");
                    FetchError::new(message).with_help("give the gateway a folder to write to")
                })?;
                Ok(module)
            }
            Err(error) if error.unanswered => match kept {
                Some(kept) => Ok(Module { stale: Some(error), ..kept }),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

/// A module that is what the operator asked for.
fn pinned(plugin: &Plugin, manifest: &str, module: Module) -> Result<Module, FetchError> {
    let wanted = plugin.sha256.as_ref().map(|pin| pin.as_str());
    if wanted.is_none_or(|wanted| wanted == module.sha256 || wanted == manifest) {
        return Ok(module);
    }
    let message = format!("the module at {} is another one than `sha256` says", plugin.url);
    Err(FetchError::new(message).with_help(format!("its SHA-256 is {}", module.sha256)))
}

fn whole(bytes: Vec<u8>) -> Result<Module, FetchError> {
    match bytes.starts_with(MAGIC) {
        true => Ok(Module { sha256: sha256(&bytes), bytes, stale: None }),
        false => {
            Err(FetchError::new("it is no WebAssembly module")
                .with_help("a module begins with \\0asm"))
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FetchError> {
    let wrong = |what: String| FetchError::new(format!("cannot read `{}`: {what}", path.display()));
    let found = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !found.is_file() {
        return Err(wrong("it is not a file".to_owned()));
    }
    let most = defaults::PLUGIN_MODULE;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
    let read = file.take(most.bytes() + 1).read_to_end(&mut bytes);
    match read.map_err(|error| wrong(error.to_string()))? as u64 > most.bytes() {
        true => Err(wrong(format!("it is larger than {most}"))),
        false => Ok(bytes),
    }
}

fn from_server(url: &str, secret: &PullSecret) -> Result<Vec<u8>, FetchError> {
    let agent = agent(secret.ca.as_deref(), url.starts_with("http://"))?;
    let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next());
    let credentials = Credentials::of(secret, host.unwrap_or_default())?;
    let basic = credentials.as_ref().map(Credentials::basic);
    let headers: Vec<_> = basic.iter().map(|basic| ("authorization", basic.as_str())).collect();
    let response = ask(&agent, url, &headers)?;
    match response.status().as_u16() {
        200 => body(response, url, defaults::PLUGIN_MODULE),
        status => Err(refused(status, url)),
    }
}
