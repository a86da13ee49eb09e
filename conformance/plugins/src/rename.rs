//! Renames an export of a Wasm module. Plugins made for Higress export `proxy_abi_version_0_2_100`, which upstream Envoy
//! does not know although it can run them.

/// The export of plugins made for Higress.
pub const HIGRESS_ABI: &str = "proxy_abi_version_0_2_100";
/// The export that Envoy knows.
pub const ENVOY_ABI: &str = "proxy_abi_version_0_2_1";

/// `\0asm` and version 1.
const MAGIC: &[u8] = b"\0asm\x01\0\0\0";
/// Id of the section of exports.
const EXPORTS: u8 = 7;

/// The module with the export `old` called `new`; `None` when it has no such export or is no module.
pub fn export(module: &[u8], old: &str, new: &str) -> Option<Vec<u8>> {
    let mut reader = Reader { left: module.strip_prefix(MAGIC)? };
    let mut out = MAGIC.to_vec();
    let mut renamed = false;
    while !reader.left.is_empty() {
        let id = reader.byte()?;
        let section = reader.sized()?;
        out.push(id);
        if id == EXPORTS {
            let section = exports(section, old, new, &mut renamed)?;
            number(&mut out, section.len());
            out.extend(section);
        } else {
            number(&mut out, section.len());
            out.extend_from_slice(section);
        }
    }
    renamed.then_some(out)
}

/// A vector of name, kind (a byte) and index.
fn exports(section: &[u8], old: &str, new: &str, renamed: &mut bool) -> Option<Vec<u8>> {
    let mut reader = Reader { left: section };
    let count = reader.number()?;
    let mut out = Vec::new();
    number(&mut out, count);
    for _ in 0..count {
        let mut name = reader.sized()?;
        let kind = reader.byte()?;
        let index = reader.number()?;
        if name == old.as_bytes() {
            name = new.as_bytes();
            *renamed = true;
        }
        number(&mut out, name.len());
        out.extend_from_slice(name);
        out.push(kind);
        number(&mut out, index);
    }
    reader.left.is_empty().then_some(out)
}

struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, left) = self.left.split_first()?;
        self.left = left;
        Some(*first)
    }

    /// An unsigned LEB128 of at most 32 bits.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).ok();
            }
        }
        None
    }

    /// A length and as many bytes.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        let (bytes, left) = self.left.split_at_checked(length)?;
        self.left = left;
        Some(bytes)
    }
}

fn number(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(export: &str) -> Vec<u8> {
        let names: String = (0..40).map(|n| format!("(func (export \"other_{n}\"))")).collect();
        wat::parse_str(format!("(module {names} (func (export \"{export}\")) (memory 1))")).unwrap()
    }

    #[test]
    fn only_the_name_changes() {
        // Longer and shorter, so that the length of the section changes its size, too.
        for new in [ENVOY_ABI, "x", &"y".repeat(300)] {
            assert_eq!(export(&module(HIGRESS_ABI), HIGRESS_ABI, new), Some(module(new)));
        }
    }

    #[test]
    fn what_is_not_there_is_not_renamed() {
        assert_eq!(export(&module("a"), "b", "c"), None);
        assert_eq!(export(b"not a module", "b", "c"), None);
        let whole = module("a");
        assert_eq!(export(&whole[..whole.len() - 1], "a", "c"), None, "cut");
    }
}
