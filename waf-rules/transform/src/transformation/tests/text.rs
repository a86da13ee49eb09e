use super::check;
use crate::Transformation as T;

#[test]
fn compress_whitespace() {
    check(
        T::CompressWhitespace,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"a b", b"a b"),
            (b"a  b", b"a b"),
            (b" \t\r\n\x0B\x0C a", b" a"),
            (b"a\tb", b"a b"),
            (b"a\xA0b", b"a b"),
            (b"a\xA0\xA0 b ", b"a b "),
            (b"a\0 \0b", b"a\0 \0b"),
            (b"\xFF  \xFE", b"\xFF \xFE"),
            (b"a\xC2\xA0 \xE3\x80\x80b", b"a b"),
            (b"\xC3\xA0\xC7\x85", b"\xC3\xA0\xC7\x85"),
        ],
    );
}

#[test]
fn remove_whitespace() {
    check(
        T::RemoveWhitespace,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b" Test Case ", b"TestCase"),
            (b"\t\r\n\x0B\x0C", b""),
            (b"a\xA0b", b"ab"),
            (b"a\0 b", b"a\0b"),
            (b"\xFF \xFE", b"\xFF\xFE"),
            (b"\x1F", b"\x1F"),
            (b"al\xC2\xA0er\xC2\x85t\xE2\x80\x83(\xE3\x80\x80\xE1\x9A\x801)", b"alert(1)"),
            // A letter with 0xA0 in it, and what is cut off.
            (b"\xC3\xA0 \xE2\x80", b"\xC3\xA0\xE2\x80"),
            (b"\xE2\x80\xA0\xF0\x9F\x98\xA0", b"\xE2\x80\xA0\xF0\x9F\x98\xA0"),
        ],
    );
}

#[test]
fn case() {
    check(
        T::Lowercase,
        &[
            (b"", b""),
            (b"testcase", b"testcase"),
            (b"TestCase", b"testcase"),
            (b"AZ[@`{", b"az[@`{"),
            (b"TEST\0CASE", b"test\0case"),
            (b"\xC3\x89", b"\xC3\x89"),
            (b"\xFFA", b"\xFFa"),
            (b"0123", b"0123"),
        ],
    );
    check(
        T::Uppercase,
        &[
            (b"", b""),
            (b"TESTCASE", b"TESTCASE"),
            (b"TestCase", b"TESTCASE"),
            (b"az[@`{", b"AZ[@`{"),
            (b"test\0case", b"TEST\0CASE"),
            (b"\xC3\xA9", b"\xC3\xA9"),
            (b"\xFFa", b"\xFFA"),
            (b"0123", b"0123"),
        ],
    );
}

#[test]
fn none() {
    check(
        T::None,
        &[
            (b"", b""),
            (b"a", b"a"),
            (b" A ", b" A "),
            (b"%41", b"%41"),
            (b"\0", b"\0"),
            (b"\xFF", b"\xFF"),
            (b"/../", b"/../"),
            (b"&lt;", b"&lt;"),
        ],
    );
}

#[test]
fn nulls() {
    check(
        T::RemoveNulls,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"Test\0Case", b"TestCase"),
            (b"\0\0", b""),
            (b"\0a\0", b"a"),
            (b"a\0\0b", b"ab"),
            (b"\xFF\0", b"\xFF"),
            (b"\\0", b"\\0"),
        ],
    );
    check(
        T::ReplaceNulls,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"Test\0Case", b"Test Case"),
            (b"\0\0", b"  "),
            (b"\0a\0", b" a "),
            (b"a\0\0b", b"a  b"),
            (b"\xFF\0", b"\xFF "),
            (b"\\0", b"\\0"),
        ],
    );
}

#[test]
fn trim() {
    let both: &[super::Case] = &[
        (b"", b""),
        (b"a", b"a"),
        (b" a", b"a"),
        (b"a ", b"a"),
        (b" \t\r\n\x0B\x0Ca b \t", b"a b"),
        (b"   ", b""),
        (b"\0 a", b"\0 a"),
        (b"\xA0a", b"\xA0a"),
    ];
    check(T::Trim, both);
    check(
        T::TrimLeft,
        &[
            (b"", b""),
            (b"a", b"a"),
            (b" a", b"a"),
            (b"a ", b"a "),
            (b" \t a b \t", b"a b \t"),
            (b"   ", b""),
            (b"\0 a", b"\0 a"),
            (b"\r\n\xFF", b"\xFF"),
        ],
    );
    check(
        T::TrimRight,
        &[
            (b"", b""),
            (b"a", b"a"),
            (b" a", b" a"),
            (b"a ", b"a"),
            (b" \t a b \t", b" \t a b"),
            (b"   ", b""),
            (b"a \0", b"a \0"),
            (b"\xFF\r\n", b"\xFF"),
        ],
    );
}

#[test]
fn replace_comments() {
    check(
        T::ReplaceComments,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"a/*x*/b", b"a b"),
            (b"a/**/b/**/c", b"a b c"),
            (b"a/*x", b"a "),
            (b"a*/b", b"a*/b"),
            (b"/*/ */x", b" x"),
            (b"/* /* */ */", b"  */"),
            (b"/*\0\xFF*/", b" "),
            (b"/*", b" "),
            (b"/", b"/"),
            (b"a/ *x*/", b"a/ *x*/"),
        ],
    );
}

#[test]
fn remove_comments() {
    check(
        T::RemoveComments,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"a/*x*/b", b"ab"),
            (b"a/**//**/b", b"ab"),
            (b"a<!--x-->b", b"ab"),
            (b"a-- x", b"a"),
            (b"a#x", b"a"),
            (b"a/*x", b"a "),
            (b"a<!--x", b"a "),
            (b"a-b", b"a-b"),
            (b"a*/b", b"a*/b"),
            (b"/*-->*/b", b"b"),
            (b"\xFF/*\0*/", b"\xFF"),
        ],
    );
}

#[test]
fn remove_comments_char() {
    check(
        T::RemoveCommentsChar,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"a/*x*/b", b"axb"),
            (b"<!--x-->", b"x"),
            (b"a--b", b"ab"),
            (b"a---b", b"a-b"),
            (b"a#b", b"ab"),
            (b"/*/", b"/"),
            (b"*", b"*"),
            (b"a-b/c*d", b"a-b/c*d"),
            (b"\xFF#\0", b"\xFF\0"),
            (b"sel/**/ect", b"select"),
        ],
    );
}
