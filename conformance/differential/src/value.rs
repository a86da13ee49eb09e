//! Values that satisfied an operator, as both engines tell of them.

/// One value of one match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// SecLang name of the variable such as `ARGS`, without key.
    pub variable: String,
    /// The transformed value.
    pub bytes: Vec<u8>,
}

impl Value {
    /// The same variable and the same text; bytes that are no text compare alike, because
    /// the reference engine tells of them as U+FFFD.
    pub fn is(&self, other: &Value) -> bool {
        self.variable == other.variable && legible(&self.bytes) == legible(&other.bytes)
    }

    /// Whether some bytes are no text, or were none before the reference engine wrote U+FFFD for them.
    pub fn is_illegible(&self) -> bool {
        String::from_utf8_lossy(&self.bytes).contains(char::REPLACEMENT_CHARACTER)
    }
}

/// `bytes` with one U+FFFD for each run of bytes that are no text.
fn legible(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for next in String::from_utf8_lossy(bytes).chars() {
        if next != char::REPLACEMENT_CHARACTER || !text.ends_with(next) {
            text.push(next);
        }
    }
    text
}

/// What stands in `these` more often than in `those`.
pub fn surplus<'a>(these: &'a [Value], those: &[Value]) -> Vec<&'a Value> {
    let mut left: Vec<&Value> = those.iter().collect();
    let mut more = Vec::new();
    for value in these {
        match left.iter().position(|other| value.is(other)) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => more.push(value),
        }
    }
    more
}

/// The bytes of a string in Go's syntax, quotes included; `None` where it is not one.
pub fn unquote_go(text: &str) -> Option<Vec<u8>> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(next) = chars.next() {
        if next != '\\' {
            bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let digits = match chars.next()? {
            'a' => Err(7),
            'b' => Err(8),
            'f' => Err(12),
            'n' => Err(10),
            'r' => Err(13),
            't' => Err(9),
            'v' => Err(11),
            'x' => Ok(2),
            'u' => Ok(4),
            'U' => Ok(8),
            other => Err(u32::from(other)),
        };
        let code = match digits {
            Err(code) => code,
            Ok(digits) => {
                let mut code = 0;
                for _ in 0..digits {
                    code = code * 16 + chars.next()?.to_digit(16)?;
                }
                code
            }
        };
        match digits {
            Ok(2) => bytes.push(u8::try_from(code).ok()?),
            Ok(_) | Err(_) => {
                bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_strings_are_read() {
        let cases: [(&str, Option<&[u8]>); 5] = [
            (r#""a\"b\\""#, Some(b"a\"b\\")),
            (r#""\v\x00\xff""#, Some(b"\x0b\x00\xff")),
            (r#""\u00e9""#, Some("é".as_bytes())),
            ("\"é\"", Some("é".as_bytes())),
            ("bare", None),
        ];
        for (text, expected) in cases {
            assert_eq!(unquote_go(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_surplus_counts_repetitions() {
        let value =
            |text: &str| Value { variable: "ARGS".to_owned(), bytes: text.as_bytes().to_vec() };
        let twice = [value("a"), value("b"), value("a")];
        let once = [value("a"), value("b")];
        assert_eq!(surplus(&twice, &once), [&value("a")]);
        assert!(surplus(&once, &twice).is_empty());
    }
}
