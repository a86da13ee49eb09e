//! Bytes as text in a log line, and header lists as the ABI carries them.

/// Bytes as they are where they are printable ASCII, `\xNN` otherwise.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b' '..=b'~' => out.push(*byte as char),
            byte => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out
}

/// `k=v&k=v` as pairs.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

/// Pairs in the ABI's serialization.
pub(crate) fn serialize(pairs: &[(String, String)]) -> Vec<u8> {
    let mut out = (pairs.len() as u32).to_le_bytes().to_vec();
    for (key, value) in pairs {
        out.extend((key.len() as u32).to_le_bytes());
        out.extend((value.len() as u32).to_le_bytes());
    }
    for text in pairs.iter().flat_map(|(key, value)| [key, value]) {
        out.extend(text.as_bytes());
        out.push(0);
    }
    out
}

/// The ABI's serialization as `k=v` pairs; `None` when it is malformed.
pub(crate) fn parse(bytes: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let number = |at: usize| -> Option<usize> {
        let four = bytes.get(at..at + 4)?;
        Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize)
    };
    let count = number(0)?;
    let mut at = 4 + count * 8;
    let mut out = Vec::new();
    for index in 0..count {
        let key = bytes.get(at..at + number(4 + index * 8)?)?.to_vec();
        at += key.len() + 1;
        let value = bytes.get(at..at + number(8 + index * 8)?)?.to_vec();
        at += value.len() + 1;
        out.push((key, value));
    }
    (at == bytes.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_go_there_and_back() {
        let list = pairs("a=1&b=&c=x=y");
        let back = parse(&serialize(&list)).unwrap();
        let back: Vec<String> =
            back.iter().map(|(key, value)| format!("{}={}", shown(key), shown(value))).collect();
        assert_eq!(back, ["a=1", "b=", "c=x=y"]);
        assert_eq!(parse(&[9, 0, 0, 0]), None);
        assert_eq!(parse(b""), Some(Vec::new()));
    }

    #[test]
    fn bytes_are_legible() {
        assert_eq!(shown(b"a b\n\x00\xff"), "a b\\n\\x00\\xff");
    }
}
