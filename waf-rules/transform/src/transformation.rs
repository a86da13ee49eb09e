//! The list of transformations: names, dispatch, and the cheap scan before the work.

mod base64;
mod best_fit;
mod cmd_line;
mod comments;
mod css_decode;
mod digest;
mod escape_seq_decode;
mod hex;
mod html_entity_decode;
mod js_decode;
mod normalize_path;
mod nulls;
mod parity;
mod remove_comments;
mod sql_hex_decode;
mod trim;
mod url_decode;
mod url_decode_uni;
mod url_encode;
mod utf8_to_unicode;
mod whitespace;

#[cfg(test)]
mod tests;

/// One SecLang transformation (`t:name`).
///
/// [`Transformation::None`] changes nothing; that `t:none` also clears what a rule inherited is a matter
/// of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transformation {
    /// Decodes Base64 up to the first byte that is neither of its alphabet nor a line break.
    Base64Decode,
    /// Decodes Base64, ignoring every byte that is not of its alphabet.
    Base64DecodeExt,
    /// Encodes as Base64 with padding.
    Base64Encode,
    /// Undoes the tricks of Windows and Unix command lines: quotes, carets, separators, case.
    CmdLine,
    /// Makes each run of whitespace one space.
    CompressWhitespace,
    /// Decodes CSS 2.x escapes.
    CssDecode,
    /// Decodes ANSI C escapes.
    EscapeSeqDecode,
    /// Decodes pairs of hexadecimal digits.
    HexDecode,
    /// Encodes every byte as two lower-case hexadecimal digits.
    HexEncode,
    /// Decodes HTML character references: numeric ones, nbsp, and the names of ASCII characters.
    HtmlEntityDecode,
    /// Decodes JavaScript escapes.
    JsDecode,
    /// The number of bytes, in decimal.
    Length,
    /// ASCII upper case to lower case.
    Lowercase,
    /// The raw MD5 digest.
    Md5,
    /// Changes nothing.
    None,
    /// Removes multiple slashes, self-references and back-references of a path.
    NormalizePath,
    /// As `NormalizePath`, with backslashes turned into slashes first.
    NormalizePathWin,
    /// Bit 7 becomes the even parity of the byte.
    ParityEven7Bit,
    /// Bit 7 becomes the odd parity of the byte.
    ParityOdd7Bit,
    /// Bit 7 becomes zero.
    ParityZero7Bit,
    /// Removes comments: `/* */`, `<!-- -->`, and from `--` or `#` to the end.
    RemoveComments,
    /// Removes the comment marks `/*`, `*/`, `<!--`, `-->`, `--`, `#`.
    RemoveCommentsChar,
    /// Removes NUL bytes.
    RemoveNulls,
    /// Removes whitespace.
    RemoveWhitespace,
    /// Makes each `/* */` comment one space; also one that is never closed.
    ReplaceComments,
    /// Makes each NUL byte a space.
    ReplaceNulls,
    /// The raw SHA-1 digest.
    Sha1,
    /// Decodes SQL hexadecimal literals (`0x6162` to `ab`).
    SqlHexDecode,
    /// Removes whitespace from both ends.
    Trim,
    /// Removes whitespace from the start.
    TrimLeft,
    /// Removes whitespace from the end.
    TrimRight,
    /// ASCII lower case to upper case.
    Uppercase,
    /// Decodes `%HH` and `+`; an invalid escape stays as it is.
    UrlDecode,
    /// As `UrlDecode`, and `%uHHHH` as IIS does, best-fitted to ASCII.
    UrlDecodeUni,
    /// Encodes as `application/x-www-form-urlencoded`.
    UrlEncode,
    /// Writes each multi-byte UTF-8 sequence as `%uHHHH`.
    Utf8ToUnicode,
}

use crate::bytes::any;
use Transformation as T;

/// Every accepted name, canonical spelling first for each transformation.
const NAMES: &[(&str, Transformation)] = &[
    ("base64Decode", T::Base64Decode),
    ("base64DecodeExt", T::Base64DecodeExt),
    ("base64Encode", T::Base64Encode),
    ("cmdLine", T::CmdLine),
    ("compressWhitespace", T::CompressWhitespace),
    ("cssDecode", T::CssDecode),
    ("escapeSeqDecode", T::EscapeSeqDecode),
    ("hexDecode", T::HexDecode),
    ("hexEncode", T::HexEncode),
    ("htmlEntityDecode", T::HtmlEntityDecode),
    ("jsDecode", T::JsDecode),
    ("length", T::Length),
    ("lowercase", T::Lowercase),
    ("md5", T::Md5),
    ("none", T::None),
    ("normalizePath", T::NormalizePath),
    ("normalisePath", T::NormalizePath),
    ("normalizePathWin", T::NormalizePathWin),
    ("normalisePathWin", T::NormalizePathWin),
    ("parityEven7bit", T::ParityEven7Bit),
    ("parityOdd7bit", T::ParityOdd7Bit),
    ("parityZero7bit", T::ParityZero7Bit),
    ("removeComments", T::RemoveComments),
    ("removeCommentsChar", T::RemoveCommentsChar),
    ("removeNulls", T::RemoveNulls),
    ("removeWhitespace", T::RemoveWhitespace),
    ("replaceComments", T::ReplaceComments),
    ("replaceNulls", T::ReplaceNulls),
    ("sha1", T::Sha1),
    ("sqlHexDecode", T::SqlHexDecode),
    ("trim", T::Trim),
    ("trimLeft", T::TrimLeft),
    ("trimRight", T::TrimRight),
    ("uppercase", T::Uppercase),
    ("urlDecode", T::UrlDecode),
    ("urlDecodeUni", T::UrlDecodeUni),
    ("urlEncode", T::UrlEncode),
    ("utf8toUnicode", T::Utf8ToUnicode),
];

impl Transformation {
    /// Every transformation, in the order of their names.
    pub const ALL: &'static [Transformation] = &[
        T::Base64Decode,
        T::Base64DecodeExt,
        T::Base64Encode,
        T::CmdLine,
        T::CompressWhitespace,
        T::CssDecode,
        T::EscapeSeqDecode,
        T::HexDecode,
        T::HexEncode,
        T::HtmlEntityDecode,
        T::JsDecode,
        T::Length,
        T::Lowercase,
        T::Md5,
        T::None,
        T::NormalizePath,
        T::NormalizePathWin,
        T::ParityEven7Bit,
        T::ParityOdd7Bit,
        T::ParityZero7Bit,
        T::RemoveComments,
        T::RemoveCommentsChar,
        T::RemoveNulls,
        T::RemoveWhitespace,
        T::ReplaceComments,
        T::ReplaceNulls,
        T::Sha1,
        T::SqlHexDecode,
        T::Trim,
        T::TrimLeft,
        T::TrimRight,
        T::Uppercase,
        T::UrlDecode,
        T::UrlDecodeUni,
        T::UrlEncode,
        T::Utf8ToUnicode,
    ];

    /// The transformation of a SecLang name, in any case, in either spelling of "normalise".
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, found)| found)
    }

    /// The name as the reference manual spells it.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|&&(_, of)| of == self).map_or("none", |&(name, _)| name)
    }

    /// Every accepted spelling, aliases included; for the nearest valid word in a diagnostic.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|&(name, _)| name)
    }

    /// Transforms `input`. True when the result differs from `input`; it is then in `out`, whose former
    /// content is gone. False when nothing changed; `out` then holds nothing of meaning.
    pub fn apply(self, input: &[u8], out: &mut Vec<u8>) -> bool {
        if !self.may_change(input) {
            return false;
        }
        out.clear();
        self.write(input, out);
        out != input
    }

    /// A scan that costs far less than the work: false only where [`Transformation::apply`] would leave
    /// `input` as it is.
    pub fn may_change(self, input: &[u8]) -> bool {
        match self {
            T::None => false,
            T::Base64Decode
            | T::Base64DecodeExt
            | T::Base64Encode
            | T::HexDecode
            | T::HexEncode
            | T::ParityOdd7Bit => !input.is_empty(),
            T::Length | T::Md5 | T::Sha1 => true,
            T::CmdLine => cmd_line::may_change(input),
            T::CompressWhitespace => whitespace::may_compress(input),
            T::CssDecode | T::EscapeSeqDecode | T::JsDecode => {
                memchr::memchr(b'\\', input).is_some()
            }
            T::HtmlEntityDecode => memchr::memchr(b'&', input).is_some(),
            T::Lowercase => any(input, |b| b.is_ascii_uppercase()),
            T::Uppercase => any(input, |b| b.is_ascii_lowercase()),
            T::NormalizePath => normalize_path::may_change(input),
            T::NormalizePathWin => normalize_path::may_change_win(input),
            T::ParityEven7Bit => !input.is_empty(),
            T::ParityZero7Bit | T::Utf8ToUnicode => !input.is_ascii(),
            T::RemoveComments | T::RemoveCommentsChar => remove_comments::may_change(input),
            T::RemoveNulls | T::ReplaceNulls => memchr::memchr(0, input).is_some(),
            T::RemoveWhitespace => whitespace::may_remove(input),
            T::ReplaceComments => comments::may_change(input),
            T::SqlHexDecode => memchr::memchr2(b'x', b'X', input).is_some(),
            T::Trim => trim::may_change_left(input) || trim::may_change_right(input),
            T::TrimLeft => trim::may_change_left(input),
            T::TrimRight => trim::may_change_right(input),
            T::UrlDecode | T::UrlDecodeUni => memchr::memchr2(b'%', b'+', input).is_some(),
            T::UrlEncode => url_encode::may_change(input),
        }
    }

    fn write(self, input: &[u8], out: &mut Vec<u8>) {
        match self {
            T::Base64Decode => base64::decode(input, out),
            T::Base64DecodeExt => base64::decode_ext(input, out),
            T::Base64Encode => base64::encode(input, out),
            T::CmdLine => cmd_line::write(input, out),
            T::CompressWhitespace => whitespace::compress(input, out),
            T::CssDecode => css_decode::write(input, out),
            T::EscapeSeqDecode => escape_seq_decode::write(input, out),
            T::HexDecode => hex::decode(input, out),
            T::HexEncode => hex::encode(input, out),
            T::HtmlEntityDecode => html_entity_decode::write(input, out),
            T::JsDecode => js_decode::write(input, out),
            T::Length => digest::length(input, out),
            T::Lowercase => out.extend(input.iter().map(u8::to_ascii_lowercase)),
            T::Md5 => digest::md5(input, out),
            T::None => out.extend_from_slice(input),
            T::NormalizePath => normalize_path::write(input, out),
            T::NormalizePathWin => normalize_path::write_win(input, out),
            T::ParityEven7Bit => parity::even(input, out),
            T::ParityOdd7Bit => parity::odd(input, out),
            T::ParityZero7Bit => parity::zero(input, out),
            T::RemoveComments => remove_comments::write(input, out),
            T::RemoveCommentsChar => remove_comments::write_marks(input, out),
            T::RemoveNulls => nulls::remove(input, out),
            T::RemoveWhitespace => whitespace::remove(input, out),
            T::ReplaceComments => comments::replace(input, out),
            T::ReplaceNulls => nulls::replace(input, out),
            T::Sha1 => digest::sha1(input, out),
            T::SqlHexDecode => sql_hex_decode::write(input, out),
            T::Trim => out.extend_from_slice(trim::both(input)),
            T::TrimLeft => out.extend_from_slice(trim::left(input)),
            T::TrimRight => out.extend_from_slice(trim::right(input)),
            T::Uppercase => out.extend(input.iter().map(u8::to_ascii_uppercase)),
            T::UrlDecode => url_decode::write(input, out),
            T::UrlDecodeUni => url_decode_uni::write(input, out),
            T::UrlEncode => url_encode::write(input, out),
            T::Utf8ToUnicode => utf8_to_unicode::write(input, out),
        }
    }
}
