//! Query parameters, decoded without allocation.

/// Longest encoded value that is decoded on the stack, in bytes.
const STACK_BYTES: usize = 1024;

/// The values of a parameter, still encoded. Parameters are separated by `&`; one without `=` has an empty value.
pub(crate) fn values<'a>(query: &'a str, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    query.as_bytes().split(|&b| b == b'&').filter_map(move |pair| {
        let equals = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
        let (key, value) = pair.split_at(equals);
        let same = !pair.is_empty() && decoded(key).eq(name.iter().copied());
        same.then_some(value.get(1..).unwrap_or_default())
    })
}

/// Shows the decoded value to `judge`.
pub(crate) fn with_decoded<T>(value: &[u8], judge: impl FnOnce(&[u8]) -> T) -> T {
    if !value.iter().any(|b| matches!(b, b'%' | b'+')) {
        return judge(value);
    }
    let mut stack = [0; STACK_BYTES];
    match stack.get_mut(..value.len()) {
        Some(buffer) => {
            let mut length = 0;
            for (slot, b) in buffer.iter_mut().zip(decoded(value)) {
                *slot = b;
                length += 1;
            }
            judge(buffer.get(..length).unwrap_or_default())
        }
        None => judge(&decoded(value).collect::<Vec<u8>>()),
    }
}

/// Decodes as forms do: `%XX` is a byte, `+` a space, an invalid escape stands for itself.
fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (&b, after) = rest.split_first()?;
        let (b, after) = match (b, after) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b, rest.get(1..)?),
            },
            (b'+', after) => (b' ', after),
            (b, after) => (b, after),
        };
        rest = after;
        Some(b)
    })
}

fn hex(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
