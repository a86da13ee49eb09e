//! The module in a layer that is an archive. Source: POSIX.1-1988 `ustar`, and GNU's and POSIX' entries for long names,
//! which are passed over: the name looked for is short.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use portcullis_config::defaults;

use crate::FetchError;

const BLOCK: usize = 512;
/// Most entries looked at.
const ENTRIES: usize = 10_000;
/// What images of plugins call their module.
const MODULE: &str = "plugin.wasm";

/// `plugin.wasm` of an archive, compressed or not, in whatever folder; else its only `*.wasm`.
pub(crate) fn module(layer: &[u8]) -> Result<Option<Vec<u8>>, FetchError> {
    if layer.starts_with(&[0x1f, 0x8b]) {
        let most = defaults::PLUGIN_MODULE.bytes();
        let mut inflated = Vec::new();
        let read = MultiGzDecoder::new(layer).take(most + 1).read_to_end(&mut inflated);
        read.map_err(|error| FetchError::new(format!("a layer cannot be inflated: {error}")))?;
        if inflated.len() as u64 > most {
            let most = defaults::PLUGIN_MODULE;
            return Err(FetchError::new(format!("a layer is larger than {most} when inflated")));
        }
        return search(&inflated).map(|found| found.map(<[u8]>::to_vec));
    }
    search(layer).map(|found| found.map(<[u8]>::to_vec))
}

fn search(archive: &[u8]) -> Result<Option<&[u8]>, FetchError> {
    let mut rest = archive;
    let mut others = Vec::new();
    for _ in 0..ENTRIES {
        let Some((header, after)) = rest.split_at_checked(BLOCK) else { break };
        // Two blocks of zeros end an archive.
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        let broken = || FetchError::new("a layer is no archive that can be read");
        if !checksum_holds(header) {
            return Err(broken());
        }
        let size = number(header.get(124..136).unwrap_or_default()).ok_or_else(broken)?;
        let contents = after.get(..size).ok_or_else(broken)?;
        let name = header.get(..100).unwrap_or_default();
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let name = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let is_file = matches!(header.get(156), Some(b'0' | 0));
        if is_file && name == MODULE.as_bytes() {
            return Ok(Some(contents));
        }
        if is_file && name.ends_with(b".wasm") {
            others.push(contents);
        }
        rest = after.get(size.next_multiple_of(BLOCK)..).unwrap_or_default();
    }
    Ok(match others.as_slice() {
        [only] => Some(only),
        _ => None,
    })
}

/// The sum of all bytes, those of the sum itself taken as spaces.
fn checksum_holds(header: &[u8]) -> bool {
    let byte =
        |(at, byte): (usize, &u8)| if (148..156).contains(&at) { 32 } else { usize::from(*byte) };
    let sum: usize = header.iter().enumerate().map(byte).sum();
    header.get(148..156).and_then(number) == Some(sum)
}

/// Octal digits, with spaces and zeros around them.
fn number(field: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    usize::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn entry(name: &str, kind: u8, contents: &[u8]) -> Vec<u8> {
        let mut header = vec![0; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..136].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
        header[156] = kind;
        header[148..156].copy_from_slice(b"        ");
        let sum: usize = header.iter().map(|byte| usize::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header.extend_from_slice(contents);
        header.resize(header.len().next_multiple_of(BLOCK), 0);
        header
    }

    fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut all = entries.concat();
        all.extend_from_slice(&[0; 2 * BLOCK]);
        all
    }

    #[test]
    fn the_module_is_found() {
        let readme = entry("README.md", b'0', b"hello");
        let module_ = entry("./a/plugin.wasm", b'0', b"\0asm one");
        let link = entry("plugin.wasm", b'2', b"");
        let other = entry("other.wasm", b'0', b"\0asm two");
        let third = entry("third.wasm", 0, b"");
        for (entries, found) in [
            (vec![readme.clone(), other.clone(), module_.clone()], Some(&b"\0asm one"[..])),
            (vec![link.clone(), readme.clone(), other.clone()], Some(b"\0asm two")),
            (vec![other.clone(), third.clone()], None),
            (vec![readme.clone()], None),
            (vec![], None),
        ] {
            let plain = archive(&entries);
            assert_eq!(module(&plain).unwrap().as_deref(), found);
            let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
            zipped.write_all(&plain).unwrap();
            assert_eq!(module(&zipped.finish().unwrap()).unwrap().as_deref(), found);
        }
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let mut cut = entry("plugin.wasm", b'0', &[7; 2000]);
        cut.truncate(1024);
        for layer in [&[7; 600][..], &cut, &[0x1f, 0x8b, 8, 0]] {
            assert!(module(layer).is_err());
        }
    }

    #[test]
    fn an_archive_that_inflates_without_end_is_refused() {
        let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
        let zeros = vec![0; 1 << 20];
        for _ in 0..=defaults::PLUGIN_MODULE.bytes() >> 20 {
            zipped.write_all(&zeros).unwrap();
        }
        let error = module(&zipped.finish().unwrap()).unwrap_err();
        assert!(error.message.contains("when inflated"), "{error}");
    }
}
