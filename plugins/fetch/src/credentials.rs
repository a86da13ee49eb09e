//! Who asks: a name and a password for a registry or a server.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portcullis_config::{ByteSize, PullSecret};
use serde_json::Value;

use crate::FetchError;

/// Largest file of credentials.
const FILE: ByteSize = ByteSize::from_mib(1);

/// Keys of Docker Hub in a file of Docker's.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// A name and a password. Never shown.
pub(crate) struct Credentials {
    name: String,
    password: String,
}

impl Credentials {
    /// What a secret holds for a host; none when it holds nothing for it.
    pub(crate) fn of(secret: &PullSecret, host: &str) -> Result<Option<Self>, FetchError> {
        if let (Some(name), Some(file)) = (&secret.username, &secret.password) {
            let text = read(file)?;
            let password = text.strip_suffix('\n').unwrap_or(&text);
            let password = password.strip_suffix('\r').unwrap_or(password).to_owned();
            return Ok(Some(Self { name: name.clone(), password }));
        }
        let Some(file) = &secret.docker_config else { return Ok(None) };
        let wrong = |what: &str| {
            FetchError::new(format!("`{}` is no file of Docker's: {what}", file.display()))
        };
        let whole: Value =
            serde_json::from_str(&read(file)?).map_err(|_| wrong("it is no JSON"))?;
        let Some(hosts) = whole.get("auths").and_then(Value::as_object) else {
            return Err(wrong("it has no `auths`"));
        };
        let found = hosts.iter().find(|(key, _)| is_for(key, host));
        found
            .map(|(_, entry)| Self::of_entry(entry).ok_or_else(|| wrong("an entry has no `auth`")))
            .transpose()
    }

    fn of_entry(entry: &Value) -> Option<Self> {
        let text =
            |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let (Some(name), Some(password)) = (text("username"), text("password")) {
            return Some(Self { name: name.to_owned(), password: password.to_owned() });
        }
        let both = String::from_utf8(STANDARD.decode(text("auth")?).ok()?).ok()?;
        let (name, password) = both.split_once(':')?;
        Some(Self { name: name.to_owned(), password: password.to_owned() })
    }

    /// The value of `Authorization` (RFC 7617).
    pub(crate) fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.name, self.password)))
    }
}

/// Whether an entry of `auths` is for a registry: a host, with a scheme or a path in older files.
fn is_for(key: &str, host: &str) -> bool {
    let key = key.strip_prefix("https://").or(key.strip_prefix("http://")).unwrap_or(key);
    let key = key.split('/').next().unwrap_or(key);
    key.eq_ignore_ascii_case(host) || HUB.contains(&key) && HUB.contains(&host)
}

fn read(file: &Path) -> Result<String, FetchError> {
    let wrong = |what: String| {
        FetchError::new(format!("the credentials in `{}` cannot be read: {what}", file.display()))
    };
    let size = std::fs::metadata(file).map_err(|error| wrong(error.to_string()))?;
    if !size.is_file() || size.len() > FILE.bytes() {
        return Err(wrong(format!("it is no file of at most {FILE}")));
    }
    std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_docker() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        let auth = STANDARD.encode("a:b:c");
        let text = format!(
            r#"{{"auths": {{"r.example.com:5000": {{"auth": "{auth}"}}, "https://index.docker.io/v1/": {{"username": "u", "password": "p"}}, "empty.example.com": {{}}}}}}"#
        );
        std::fs::write(&file, text).unwrap();
        let secret = PullSecret { docker_config: Some(file.clone()), ..PullSecret::default() };
        let of = |host: &str| {
            Credentials::of(&secret, host).map(|found| found.map(|c| (c.name, c.password)))
        };
        let pair = |name: &str, password: &str| Ok(Some((name.to_owned(), password.to_owned())));
        assert_eq!(of("r.example.com:5000"), pair("a", "b:c"));
        assert_eq!(of("docker.io"), pair("u", "p"));
        assert_eq!(of("r.example.com"), Ok(None));
        assert!(of("empty.example.com").unwrap_err().message.contains("has no `auth`"));
        std::fs::write(&file, "{}").unwrap();
        assert!(of("docker.io").unwrap_err().message.contains("has no `auths`"));
    }

    #[test]
    fn a_name_and_a_file_with_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "p \n").unwrap();
        let (username, password) = (Some("n".to_owned()), Some(file));
        let secret = PullSecret { username, password, ..PullSecret::default() };
        let credentials = Credentials::of(&secret, "any").unwrap().unwrap();
        assert_eq!(credentials.basic(), format!("Basic {}", STANDARD.encode("n:p ")));
    }
}
