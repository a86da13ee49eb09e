//! Transformations: the cheap scan hides no change, output is bounded, and bytes that mean nothing pass unharmed.

use portcullis_waf_transform::Transformation as T;

/// Applied twice they change no more than applied once. `RemoveWhitespace` keeps that for text only: where bytes form no
/// characters, those on both sides of a space may form one.
const IDEMPOTENT: &[T] = &[
    T::CompressWhitespace,
    T::Lowercase,
    T::None,
    T::NormalizePath,
    T::NormalizePathWin,
    T::ParityZero7Bit,
    T::RemoveNulls,
    T::RemoveWhitespace,
    T::ReplaceNulls,
    T::Trim,
    T::TrimLeft,
    T::TrimRight,
    T::Uppercase,
];

/// What one undoes of another.
const INVERSES: &[(T, T)] = &[
    (T::Base64Encode, T::Base64Decode),
    (T::Base64Encode, T::Base64DecodeExt),
    (T::HexEncode, T::HexDecode),
    (T::UrlEncode, T::UrlDecode),
    (T::UrlEncode, T::UrlDecodeUni),
];

/// Transformations of one pipeline.
const MAX_PIPELINE: usize = 8;

/// Every transformation by itself, then the pipeline that the first bytes name.
pub fn check(data: &[u8]) {
    for transformation in T::ALL {
        single(*transformation, data);
    }
    for (encode, decode) in INVERSES {
        assert_eq!(applied(*decode, &applied(*encode, data)), data, "{}", decode.name());
    }
    let (count, rest) =
        data.split_first().map_or((0, data), |(first, rest)| (usize::from(*first), rest));
    let count = (count % MAX_PIPELINE).min(rest.len());
    let (names, value) = rest.split_at(count);
    let mut value = value.to_vec();
    for name in names {
        let transformation = T::ALL.get(usize::from(*name) % T::ALL.len()).copied();
        value = single(transformation.unwrap_or(T::None), &value);
    }
}

fn single(transformation: T, input: &[u8]) -> Vec<u8> {
    let name = transformation.name();
    let mut out = b"rest".to_vec();
    let changed = transformation.apply(input, &mut out);
    if !transformation.may_change(input) {
        assert!(!changed, "{name} changed what its scan said it would not");
        assert_eq!(out, b"rest", "{name} wrote where nothing changes");
    }
    let result = if changed { out } else { input.to_vec() };
    assert_eq!(changed, result != input, "{name}");
    assert!(result.len() <= input.len() * 3 + 32, "{name}: {} of {}", result.len(), input.len());
    assert_eq!(result, applied(transformation, input), "{name} differs the second time");
    let exempt = transformation == T::RemoveWhitespace && std::str::from_utf8(input).is_err();
    if IDEMPOTENT.contains(&transformation) && !exempt {
        let again = applied(transformation, &result);
        assert_eq!(again, result, "{name} of \"{}\"", input.escape_ascii());
    }
    result
}

fn applied(transformation: T, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if transformation.apply(input, &mut out) { out } else { input.to_vec() }
}
