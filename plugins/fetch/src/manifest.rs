//! What an image is made of. Sources: OCI Image Manifest and Index 1.1, Docker Image Manifest V2 Schema 2; what Higress and
//! Istio take for the module of an image.

use portcullis_config::{ByteSize, ModuleDigest, defaults};
use serde::Deserialize;

use crate::FetchError;

/// What is asked for.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// Media types of a layer that is the module itself.
const MODULES: [&str; 3] = [
    "application/vnd.module.wasm.content.layer.v1+wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
    "application/wasm",
];

/// Media types of a layer that is an archive.
const ARCHIVES: [&str; 4] = [
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar",
];

/// Most layers and most manifests of an image.
const ENTRIES: usize = 256;

/// A manifest, or a list of manifests.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

/// One part of an image.
#[derive(Debug, Deserialize)]
pub(crate) struct Descriptor {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    /// `sha256:` and 64 digits.
    pub(crate) digest: String,
    size: u64,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Debug, Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
}

/// Where the module of an image is.
#[derive(Debug)]
pub(crate) enum Contents<'a> {
    /// This layer is it.
    Module(&'a Descriptor),
    /// It is a file in one of these layers, the later first: they lie over one another.
    Archives(Vec<&'a Descriptor>),
    /// This is a list of manifests; the image is another one.
    Elsewhere(&'a Descriptor),
}

impl Manifest {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, FetchError> {
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| FetchError::new(format!("the manifest cannot be read: {error}")))?;
        match manifest.layers.len().max(manifest.manifests.len()) > ENTRIES {
            true => Err(FetchError::new(format!("the image has more than {ENTRIES} parts"))),
            false => Ok(manifest),
        }
    }

    pub(crate) fn contents(&self) -> Result<Contents<'_>, FetchError> {
        let of = |types: &'static [&str]| {
            self.layers.iter().filter(move |layer| types.contains(&layer.media_type.as_str()))
        };
        match of(&MODULES).collect::<Vec<_>>().as_slice() {
            [module] => return Ok(Contents::Module(module)),
            [] => {}
            several => {
                let message = format!("the image has {} modules", several.len());
                return Err(FetchError::new(message).with_help("push one module an image"));
            }
        }
        let archives: Vec<_> = of(&ARCHIVES).rev().collect();
        if !archives.is_empty() {
            return Ok(Contents::Archives(archives));
        }
        // Attestations of a build stand in the list for a platform of no name.
        let real = |entry: &&Descriptor| {
            entry.platform.as_ref().is_none_or(|platform| platform.architecture != "unknown")
        };
        if let Some(elsewhere) = self.manifests.iter().find(real) {
            return Ok(Contents::Elsewhere(elsewhere));
        }
        let types: Vec<&str> = self.layers.iter().map(|layer| &*layer.media_type).collect();
        let message =
            format!("there is no module in the image; its layers are: {}", types.join(", "));
        Err(FetchError::new(message)
            .with_help(format!("push one as `{}`, or an archive with plugin.wasm", MODULES[0])))
    }
}

impl Descriptor {
    /// The digest, if it is one that can be checked.
    pub(crate) fn sha256(&self) -> Result<ModuleDigest, FetchError> {
        let digits = self.digest.starts_with("sha256:").then(|| self.digest.parse().ok()).flatten();
        digits.ok_or_else(|| FetchError::new(format!("`{}` is not a SHA-256", self.digest)))
    }

    /// Its size, if it may be that large.
    pub(crate) fn size(&self) -> Result<ByteSize, FetchError> {
        let (size, most) = (ByteSize::from_bytes(self.size), defaults::PLUGIN_MODULE);
        match size > most {
            true => Err(FetchError::new(format!("a layer of {size} is larger than {most}"))),
            false => Ok(size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(media_type: &str) -> String {
        format!(
            r#"{{"mediaType": "{media_type}", "digest": "sha256:{}", "size": 5}}"#,
            "0".repeat(64)
        )
    }

    fn contents(layers: &[&str]) -> String {
        let layers: Vec<String> = layers.iter().map(|media_type| layer(media_type)).collect();
        let text = format!(r#"{{"layers": [{}]}}"#, layers.join(","));
        match Manifest::read(text.as_bytes()).unwrap().contents() {
            Ok(Contents::Module(layer)) => format!("module {}", layer.media_type),
            Ok(Contents::Archives(layers)) => {
                format!("{} archives, {} first", layers.len(), layers[0].media_type)
            }
            Ok(Contents::Elsewhere(_)) => "elsewhere".to_owned(),
            Err(error) => error.message,
        }
    }

    #[test]
    fn where_the_module_of_an_image_is() {
        let (wasm, gzip, docker) = (MODULES[0], ARCHIVES[0], ARCHIVES[2]);
        let readme = "application/vnd.module.wasm.doc.v1+markdown";
        assert_eq!(contents(&[wasm]), format!("module {wasm}"));
        assert_eq!(contents(&[readme, gzip, wasm]), format!("module {wasm}"));
        assert_eq!(contents(&[readme, gzip]), format!("1 archives, {gzip} first"));
        assert_eq!(contents(&[gzip, docker]), format!("2 archives, {docker} first"));
        assert_eq!(contents(&[wasm, MODULES[2]]), "the image has 2 modules");
        assert!(contents(&[readme]).contains("there is no module"));
    }

    #[test]
    fn lists_of_manifests_lead_to_the_first_real_one() {
        let entry = |architecture: &str, digit: &str| {
            format!(
                r#"{{"digest": "sha256:{}", "size": 1, "platform": {{"architecture": "{architecture}", "os": "linux"}}}}"#,
                digit.repeat(64)
            )
        };
        let text =
            format!(r#"{{"manifests": [{}, {}]}}"#, entry("unknown", "0"), entry("amd64", "1"));
        let manifest = Manifest::read(text.as_bytes()).unwrap();
        let Contents::Elsewhere(found) = manifest.contents().unwrap() else { panic!() };
        assert_eq!(found.sha256().unwrap().as_str(), "1".repeat(64));
    }

    #[test]
    fn what_cannot_be_checked_is_refused() {
        let of = |digest: &str, size: u64| Descriptor {
            media_type: String::new(),
            digest: digest.to_owned(),
            size,
            platform: None,
        };
        assert!(of("sha512:00", 1).sha256().is_err() && of(&"0".repeat(64), 1).sha256().is_err());
        assert!(of("", u64::MAX).size().is_err());
        assert!(
            Manifest::read(b"[]").is_err() || Manifest::read(b"[]").unwrap().contents().is_err()
        );
    }
}
