use super::check;
use crate::Transformation as T;

#[test]
fn base64_decode() {
    check(
        T::Base64Decode,
        &[
            (b"", b""),
            (b"VGVzdENhc2U=", b"TestCase"),
            (b"VGVzdENhc2U", b"TestCase"),
            (b"VGVzdENhc2Ux", b"TestCase1"),
            (b"VGVzdENhc2UxMg==", b"TestCase12"),
            (b"VGVzdENhc2UxMg=", b"TestCase12"),
            (b"VGVzdABDYXNl", b"Test\0Case"),
            (b"VGVz\r\ndENh\nc2U=", b"TestCase"),
            (b"VGVzdENhc2U=VGVzdA==", b"TestCase"),
            (b"VGVz dENhc2U=", b"Tes"),
            (b"VGVzd", b"Tes"),
            (b"VGVz\0dENh", b"Tes"),
            (b"/+/+", b"\xFF\xEF\xFE"),
            (b"V", b""),
            (b"VG-z", b"T"),
            (b"\xC3\xA9", b""),
            (b"=", b""),
        ],
    );
}

#[test]
fn base64_decode_ext() {
    check(
        T::Base64DecodeExt,
        &[
            (b"", b""),
            (b"VGVzdENhc2U=", b"TestCase"),
            (b"V G V z d E N h c 2 U =", b"TestCase"),
            (b"V.G.V.z.d.E.N.h.c.2.U", b"TestCase"),
            (b"VGVz\0dENh", b"TestCa"),
            (b"P.HNjcmlwd D.5hbGVydCgxKTwvc2Nya  XB0Pg==", b"<script>alert(1)</script>"),
            (b"VGVz=dENh", b"TestCa"),
            (b"!@#$%", b""),
            (b"VG-Vz", b"Tes"),
        ],
    );
}

#[test]
fn css_decode() {
    check(
        T::CssDecode,
        &[
            (b"", b""),
            (b"test", b"test"),
            (
                br"\a\b\f\n\r\t\v\?\'\0\12\123\1234\12345\123456\1234567",
                b"\x0A\x0B\x0Fnrtv?'\0\x12\x23\x34\x45\x56\x567",
            ),
            (br"ja\vascript", b"javascript"),
            (br"\6A\61 v", b"jav"),
            (br"\00006A\000061 vascript", b"javascript"),
            (b"\\61  b", b"a b"),
            (b"a\\\nb", b"ab"),
            (b"a\\", b"a"),
            (br"\ff1c", b"<"),
            (br"\00ff1c", b"<"),
            (br"\01ff1c", b"\x1c"),
            (b"\\\0x", b"\0x"),
            (b"\\\xE9", b"\xE9"),
            (br"\\61", b"\\61"),
        ],
    );
}

#[test]
fn escape_seq_decode() {
    check(
        T::EscapeSeqDecode,
        &[
            (b"", b""),
            (b"test\0case", b"test\0case"),
            (br#"\a\b\f\n\r\t\v\\\?\'\""#, b"\x07\x08\x0C\n\r\t\x0B\\?'\""),
            (br"\x41\X42", b"AB"),
            (br"\0\12\123\1234", b"\0\x0AS\x534"),
            (br"\8\9\666\xag\xga\0123", b"89\xB6xagxga\x0A3"),
            (br"\x4", b"x4"),
            (br"\x", b"x"),
            (b"end\\", b"end\\"),
            (br"\u0041", b"u0041"),
            (br"\400", b"\0"),
            (b"\\\xFF", b"\xFF"),
        ],
    );
}

#[test]
fn hex_decode() {
    check(
        T::HexDecode,
        &[
            (b"", b""),
            (b"5465737443617365", b"TestCase"),
            (b"54657374004361", b"Test\0Ca"),
            (b"7a7A", b"zz"),
            (
                b"01234567890A0z01234567890a0",
                b"\x01\x23\x45\x67\x89\x0A\x23\x01\x23\x45\x67\x89\x0A",
            ),
            (b"4", b""),
            (b"41F", b"A"),
            (b"ff00", b"\xFF\x00"),
            (b"FF", b"\xFF"),
        ],
    );
}

#[test]
fn html_entity_decode() {
    check(
        T::HtmlEntityDecode,
        &[
            (b"", b""),
            (b"Test\0Case", b"Test\0Case"),
            (b"&#x0;&#X0;&#x20;&#X20;&#0;&#32;&#100;", b"\0\0  \0 d"),
            (b"&quot;&amp;&lt;&gt;&nbsp;", b"\"&<>\xA0"),
            (b"&QUOT;&Amp;&lT;&GT;", b"\"&<>"),
            (b"&#x3cscript&#62", b"<script>"),
            (b"&lt script", b"< script"),
            (b"&ltscript", b"&ltscript"),
            (b"&foo;&#;&#x;&#xg;&#a;&", b"&foo;&#;&#x;&#xg;&#a;&"),
            (b"&#", b"&#"),
            (b"&#x", b"&#x"),
            (b"&&lt;;", b"&<;"),
            (b"&#x13C;", b"<"),
            (b"&#316;", b"<"),
            (b"&#99999999999999999999;", b"\xFF"),
            (b"&#xFFFFFFFFFFFFFFFFFF;", b"\xFF"),
            (b"&am\xFFp;", b"&am\xFFp;"),
            (b"&amp;lt;", b"&lt;"),
            (b"javascript&colon;alert&lpar;1&rpar;", b"javascript:alert(1)"),
            (b"&Tab;&NewLine;&grave;&Hat;&apos;", b"\t\n`^'"),
            // Only in the case of HTML and with a semicolon.
            (b"&tab;&newline;&colon", b"&tab;&newline;&colon"),
            (b"&eacute;&ltimes;", b"&eacute;&ltimes;"),
        ],
    );
}

#[test]
fn js_decode() {
    check(
        T::JsDecode,
        &[
            (b"", b""),
            (b"\0", b"\0"),
            (
                br"\a\b\f\n\r\t\v\?\'\0\12\123\x4a\X5e\u0041",
                b"\x07\x08\x0C\n\r\t\x0B?'\0\x0ASJX5eA",
            ),
            (br"\u006A\u0061vascript", b"javascript"),
            (br"\uff1cscript\uFF1E", b"<script>"),
            (br"\u013c", b"<"),
            (br"\101\102\103", b"ABC"),
            (br"\377\400\477", b"\xFF\x200\x277"),
            (br"\8\9", b"89"),
            (br"\u00ag\u00ga\u0zaa\uz0aa\xag\xga", b"u00agu00gau0zaauz0aaxagxga"),
            (br"\u00", b"u00"),
            (br"\x4", b"x4"),
            (b"end\\", b"end\\"),
            (b"\\\xC3\xA9", b"\xC3\xA9"),
            (br"\\x41", b"\\x41"),
            (br"\<\/script\>", b"</script>"),
        ],
    );
}

#[test]
fn sql_hex_decode() {
    check(
        T::SqlHexDecode,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"0x414243", b"ABC"),
            (b"select 0x41,0X42 from", b"select A,B from"),
            (b"0x", b"0x"),
            (b"0x4", b"0x4"),
            (b"0x41424", b"AB4"),
            (b"0xzz41", b"0xzz41"),
            (b"00x41", b"0A"),
            (b"0x00ff", b"\0\xFF"),
            (b"x41\xFF", b"x41\xFF"),
        ],
    );
}

#[test]
fn url_decode() {
    check(
        T::UrlDecode,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"Test+Case%20%00", b"Test Case \0"),
            (b"%3Cscript%3e", b"<script>"),
            (b"%", b"%"),
            (b"%4", b"%4"),
            (b"%%34", b"%4"),
            (b"%0%1%20", b"%0%1 "),
            (b"%g0%0g", b"%g0%0g"),
            (b"%u0041", b"%u0041"),
            (b"%2541", b"%41"),
            (b"\xFF%FF", b"\xFF\xFF"),
            (b"100%25", b"100%"),
        ],
    );
}

#[test]
fn url_decode_uni() {
    check(
        T::UrlDecodeUni,
        &[
            (b"", b""),
            (b"TestCase", b"TestCase"),
            (b"Test+Case%20%41", b"Test Case A"),
            (b"%u0041%U0042", b"AB"),
            (b"%uff1cscript%uFF1E", b"<script>"),
            (b"%u2018%u2019%u201e%u2022", b"''\"."),
            // No fit in unicode.mapping: the low byte.
            (b"%u2044%u2215%u3000", b"D\x15\0"),
            (b"%u0191%u0192", b"Ff"),
            (b"%u02b9%u02ba%u2039", b"'\"<"),
            (b"%u0100%u0107%u0131", b"Aci"),
            (b"%u003c", b"<"),
            (b"%u10ff", b"\xFF"),
            (b"%uff0f%uff3c%uff1f", b"/\\?"),
            (b"%u004", b"%u004"),
            (b"%u", b"%u"),
            (b"%u00zz", b"%u00zz"),
            (b"%%u0041", b"%A"),
            (b"%g0%4", b"%g0%4"),
            (b"%u1f600", b"`0"),
            (b"\xC3\xA9%C3%A9", b"\xC3\xA9\xC3\xA9"),
        ],
    );
}

#[test]
fn utf8_to_unicode() {
    check(
        T::Utf8ToUnicode,
        &[
            (b"", b""),
            (b"plain\0text", b"plain\0text"),
            ("\u{e9}".as_bytes(), b"%u00e9"),
            ("a\u{ff1c}b".as_bytes(), b"a%uff1cb"),
            ("\u{1f600}".as_bytes(), b"%u1f600"),
            ("\u{10ffff}".as_bytes(), b"%u10ffff"),
            (b"\xC0\xAF", b"%u002f"),
            (b"\xE0\x80\xBC", b"%u003c"),
            (b"\xED\xA0\x80", b"%ud800"),
            (b"\xFF\xFE", b"\xFF\xFE"),
            (b"\xC3", b"\xC3"),
            (b"\xC3(", b"\xC3("),
            (b"\xE2\x82", b"\xE2\x82"),
            (b"\x80abc", b"\x80abc"),
            (b"\xF5\x80\x80\x80", b"\xF5\x80\x80\x80"),
        ],
    );
}
