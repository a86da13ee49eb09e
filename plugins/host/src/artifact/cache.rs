//! The folder of compiled modules.
//!
//! `NAME.code` is what wasmtime made, `NAME.mac` its signature, `key` the key. The name is the SHA-256 of the module,
//! of everything wasmtime says compiled code depends on, and of the version of this layout.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use wasmtime::{Engine, Module};

use super::compiler::Compiler;
use super::load::{self, Believed};
use crate::module::LoadError;

/// Most bytes of the folder; what was used least lately goes first.
const FOLDER_BYTES: u64 = 4 * 1024 * 1024 * 1024;
const KEY_BYTES: usize = 32;
/// Changes when the layout does.
const LAYOUT: &[u8] = b"portcullis plugin code 1";

/// The folder of compiled modules.
pub(crate) struct Cache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
    settings: [u8; 32],
}

impl Cache {
    pub(crate) fn open(folder: PathBuf, engine: &Engine) -> Result<Self, LoadError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let key = local_key(&folder.join("key"))?;
        let mut settings = Digesting(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut settings);
        Ok(Self { folder, key, settings: settings.0.finalize().into() })
    }

    /// The module, from the folder or compiled into it.
    pub(crate) fn module(
        &self,
        engine: &Engine,
        wasm: &[u8],
        compiler: &Compiler,
    ) -> Result<Module, LoadError> {
        let name = self.name(wasm);
        match self.believed(&name) {
            Ok(Some(file)) => match load::load(engine, Believed::Signed(file)) {
                Ok(module) => return Ok(module),
                Err(error) => tracing::warn!(%error, "A compiled plugin is made anew"),
            },
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "A compiled plugin is not believed and made anew"),
        }
        let code = compiler.compile(engine, wasm)?;
        self.keep(&name, &code)?;
        let file =
            self.believed(&name)?.ok_or_else(|| io::Error::other("it did not keep a file"))?;
        load::load(engine, Believed::Signed(file))
            .map_err(|error| LoadError::Module(format!("{error:#}")))
    }

    fn name(&self, wasm: &[u8]) -> String {
        let mut digest = Sha256::new();
        digest.update(LAYOUT);
        digest.update(self.settings);
        digest.update(Sha256::digest(wasm));
        let digest: [u8; 32] = digest.finalize().into();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn code(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.code"))
    }

    fn signature(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.mac"))
    }

    fn mac(&self, name: &str) -> io::Result<Hmac<Sha256>> {
        let mut mac: Hmac<Sha256> =
            Hmac::new_from_slice(&self.key).map_err(|_| io::Error::other("no key"))?;
        mac.update(name.as_bytes());
        Ok(mac)
    }

    /// An open file with our signature; none when there is no file.
    fn believed(&self, name: &str) -> io::Result<Option<File>> {
        let mut file = match File::open(self.code(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut signature = [0; 32];
        File::open(self.signature(name))?.read_exact(&mut signature)?;
        let mut mac = self.mac(name)?;
        let mut chunk = vec![0; 1024 * 1024];
        loop {
            let n = file.read(&mut chunk)?;
            if n == 0 {
                break;
            }
            mac.update(chunk.get(..n).unwrap_or_default());
        }
        mac.verify_slice(&signature).map_err(|_| io::Error::other("its signature is not ours"))?;
        // Says when it was used last, for the sweep. A folder that cannot be written still serves.
        let _ = file.set_modified(SystemTime::now());
        Ok(Some(file))
    }

    /// Keeps code and its signature, each under its name at once or not at all.
    fn keep(&self, name: &str, code: &[u8]) -> io::Result<()> {
        self.sweep(code.len() as u64)?;
        let mut mac = self.mac(name)?;
        mac.update(code);
        let signature: [u8; 32] = mac.finalize().into_bytes().into();
        write(&self.code(name), code)?;
        write(&self.signature(name), &signature)
    }

    /// Makes room.
    fn sweep(&self, wanted: u64) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "code") {
                let metadata = path.metadata()?;
                files.push((metadata.modified()?, metadata.len(), path));
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if total + wanted <= FOLDER_BYTES {
                break;
            }
            fs::remove_file(&path)?;
            // Without its code a signature is of no use and no harm.
            let _ = fs::remove_file(path.with_extension("mac"));
            total -= bytes;
        }
        Ok(())
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut random = [0; 8];
    random_bytes(&mut random)?;
    let temporary = path.with_extension(format!("{:016x}.tmp", u64::from_le_bytes(random)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn random_bytes(place: &mut [u8]) -> io::Result<()> {
    getrandom::fill(place).map_err(|error| io::Error::other(error.to_string()))
}

/// The key of this machine, made when it is not there. One that others can read is none.
fn local_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    if !path.exists() {
        random_bytes(&mut key)?;
        write(path, &key)?;
    }
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let own = metadata.uid() == rustix::process::geteuid().as_raw();
    if metadata.mode() & 0o077 != 0 || !own {
        let told = format!("{} must belong to this user and be 0600", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, told));
    }
    file.read_exact(&mut key)?;
    Ok(key)
}

/// Hashes with SHA-256 what only knows how to hash itself.
struct Digesting(Sha256);

impl Hasher for Digesting {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}
