//! Images of registries. Source: OCI Distribution Specification 1.1 (pull), and Docker's token authentication.

use portcullis_config::{ByteSize, Image, PullSecret, defaults};
use serde_json::Value;
use ureq::Agent;
use ureq::http::header::WWW_AUTHENTICATE;

use crate::agent::{agent, ask, body, refused};
use crate::cache::sha256;
use crate::credentials::Credentials;
use crate::manifest::{ACCEPT, Contents, Descriptor, Manifest};
use crate::{FetchError, archive};

/// A repository of a registry, and who asks.
pub(crate) struct Repository<'a> {
    agent: Agent,
    image: &'a Image,
    credentials: Option<Credentials>,
    /// Whether it is asked without TLS.
    plain: bool,
    /// What the registry wants to see, once it said so.
    authorization: Option<String>,
}

/// The manifest of an image as it was served.
pub(crate) struct Served {
    pub(crate) digest: String,
    manifest: Manifest,
}

impl<'a> Repository<'a> {
    /// `plain`: without TLS, as a registry of this machine is asked anyway.
    pub(crate) fn new(
        image: &'a Image,
        secret: &PullSecret,
        plain: bool,
    ) -> Result<Self, FetchError> {
        let plain = plain || is_here(&image.registry);
        let agent = agent(secret.ca.as_deref(), plain)?;
        let credentials = Credentials::of(secret, &image.registry)?;
        Ok(Self { agent, image, credentials, plain, authorization: None })
    }

    /// The manifest of the image.
    pub(crate) fn manifest(&mut self) -> Result<Served, FetchError> {
        let tag = self.image.tag.as_deref().unwrap_or("latest");
        match &self.image.digest {
            Some(digest) => self.manifest_of(&format!("sha256:{digest}"), Some(digest.as_str())),
            None => self.manifest_of(tag, None),
        }
    }

    fn manifest_of(&mut self, reference: &str, digest: Option<&str>) -> Result<Served, FetchError> {
        let url = self.url(&format!("manifests/{reference}"));
        let bytes = self.read(&url, defaults::PLUGIN_MANIFEST)?;
        let found = sha256(&bytes);
        if digest.is_some_and(|digest| digest != found) {
            return Err(FetchError::new(format!("{url} served a manifest of another digest")));
        }
        Ok(Served { digest: found, manifest: Manifest::read(&bytes)? })
    }

    /// The module of an image.
    pub(crate) fn module(&mut self, served: &Served) -> Result<Vec<u8>, FetchError> {
        let contents = served.manifest.contents()?;
        let Contents::Elsewhere(descriptor) = contents else { return self.take(&contents) };
        let digest = descriptor.sha256()?;
        let inner = self.manifest_of(&descriptor.digest, Some(digest.as_str()))?;
        self.take(&inner.manifest.contents()?)
    }

    fn take(&mut self, contents: &Contents<'_>) -> Result<Vec<u8>, FetchError> {
        match contents {
            Contents::Module(layer) => self.blob(layer),
            Contents::Elsewhere(_) => Err(FetchError::new("the image is a list of lists")),
            Contents::Archives(layers) => {
                for layer in layers {
                    if let Some(module) = archive::module(&self.blob(layer)?)? {
                        return Ok(module);
                    }
                }
                let message = format!("there is no plugin.wasm in {}", self.image);
                Err(FetchError::new(message).with_help("name it so in the image"))
            }
        }
    }

    fn blob(&mut self, layer: &Descriptor) -> Result<Vec<u8>, FetchError> {
        let (digest, size) = (layer.sha256()?, layer.size()?);
        let url = self.url(&format!("blobs/sha256:{digest}"));
        let bytes = self.read(&url, size)?;
        match sha256(&bytes) == digest.as_str() {
            true => Ok(bytes),
            false => Err(FetchError::new(format!("{url} served a layer of another digest"))),
        }
    }

    fn url(&self, rest: &str) -> String {
        let scheme = if self.plain { "http" } else { "https" };
        let Image { registry, repository, .. } = self.image;
        match registry.as_str() {
            "docker.io" | "index.docker.io" if !repository.contains('/') => {
                format!("{scheme}://registry-1.docker.io/v2/library/{repository}/{rest}")
            }
            "docker.io" | "index.docker.io" => {
                format!("{scheme}://registry-1.docker.io/v2/{repository}/{rest}")
            }
            registry => format!("{scheme}://{registry}/v2/{repository}/{rest}"),
        }
    }

    /// Reads what is at a URL of the registry, and proves who asks when it wants to know.
    fn read(&mut self, url: &str, most: ByteSize) -> Result<Vec<u8>, FetchError> {
        for _ in 0..2 {
            let mut headers = vec![("accept", ACCEPT)];
            if let Some(authorization) = &self.authorization {
                headers.push(("authorization", authorization));
            }
            let response = ask(&self.agent, url, &headers)?;
            match response.status().as_u16() {
                200 => return body(response, url, most),
                401 if self.authorization.is_none() => {
                    let challenge = response.headers().get(WWW_AUTHENTICATE);
                    let challenge =
                        challenge.and_then(|value| value.to_str().ok()).unwrap_or_default();
                    self.authorization = Some(self.answer(challenge, url)?);
                }
                status => return Err(refused(status, url)),
            }
        }
        Err(refused(401, url))
    }

    /// The value of `Authorization` a challenge asks for.
    fn answer(&self, challenge: &str, url: &str) -> Result<String, FetchError> {
        let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return self
                .credentials
                .as_ref()
                .map(Credentials::basic)
                .ok_or_else(|| refused(401, url));
        }
        let realm =
            parameter(parameters, "realm").filter(|_| scheme.eq_ignore_ascii_case("bearer"));
        let Some(realm) = realm else { return Err(refused(401, url)) };
        if !self.plain && !realm.starts_with("https://") {
            let message = format!("{} wants credentials sent without TLS", self.image.registry);
            return Err(FetchError::new(message));
        }
        let repository = url.split("/v2/").nth(1).and_then(|path| {
            path.rsplit_once("/manifests/").or(path.rsplit_once("/blobs/")).map(|(name, _)| name)
        });
        let scope = parameter(parameters, "scope");
        let scope =
            scope.unwrap_or_else(|| format!("repository:{}:pull", repository.unwrap_or_default()));
        let joint = if realm.contains('?') { '&' } else { '?' };
        let service = parameter(parameters, "service").unwrap_or_default();
        let asked =
            format!("{realm}{joint}service={}&scope={}", escaped(&service), escaped(&scope));
        let basic = self.credentials.as_ref().map(Credentials::basic);
        let headers: Vec<_> = basic.iter().map(|basic| ("authorization", basic.as_str())).collect();
        let response = ask(&self.agent, &asked, &headers)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(refused(status, &asked));
        }
        let answer: Value =
            serde_json::from_slice(&body(response, &asked, defaults::PLUGIN_MANIFEST)?)
                .map_err(|_| FetchError::new(format!("{asked} served no token")))?;
        let token =
            answer.get("token").or_else(|| answer.get("access_token")).and_then(Value::as_str);
        let plain = |token: &&str| token.bytes().all(|byte| byte.is_ascii_graphic());
        let token = token
            .filter(plain)
            .ok_or_else(|| FetchError::new(format!("{asked} served no token")))?;
        Ok(format!("Bearer {token}"))
    }
}

/// Registries of this machine are asked without TLS, as Docker does.
fn is_here(registry: &str) -> bool {
    let host = match registry.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => registry.split(':').next().unwrap_or_default(),
    };
    let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    host == "localhost" || loopback
}

/// A parameter of a challenge (RFC 9110 section 11.2), quoted or not.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let key = key.trim_matches([' ', ',']);
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = next;
    }
    None
}

/// As a value in a query.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/,".contains(&byte);
    let byte =
        |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_taken_apart() {
        let text = r#"realm="https://auth.example.com/token",service="r, s",scope=a"#;
        assert_eq!(parameter(text, "Realm").as_deref(), Some("https://auth.example.com/token"));
        assert_eq!(parameter(text, "service").as_deref(), Some("r, s"));
        assert_eq!(parameter(text, "scope").as_deref(), Some("a"));
        assert_eq!(parameter(text, "error"), None);
        for broken in ["", "realm", "realm=\"x", ",,,", "=\"\"=\"\""] {
            assert_eq!(parameter(broken, "service"), None);
        }
    }

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for here in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000"] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in
            ["r.example.com", "localhost.example.com", "10.0.0.1:5000", "127.0.0.1.example.com"]
        {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn where_parts_of_an_image_are() {
        for (image, url) in [
            ("waf:1", None),
            ("docker.io/waf:1", Some("https://registry-1.docker.io/v2/library/waf/x")),
            ("user/waf:1", Some("https://registry-1.docker.io/v2/user/waf/x")),
            ("r.example.com:5000/a/b:1", Some("https://r.example.com:5000/v2/a/b/x")),
            ("127.0.0.1:5000/a:1", Some("http://127.0.0.1:5000/v2/a/x")),
        ] {
            let found = image.parse::<Image>().ok().map(|image| {
                Repository::new(&image, &PullSecret::default(), false).unwrap().url("x")
            });
            assert_eq!(found.as_deref(), url, "{image}");
        }
    }
}
