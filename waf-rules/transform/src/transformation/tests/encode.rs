use super::check;
use crate::Transformation as T;

#[test]
fn base64_encode() {
    check(
        T::Base64Encode,
        &[
            (b"", b""),
            (b"T", b"VA=="),
            (b"Te", b"VGU="),
            (b"Tes", b"VGVz"),
            (b"TestCase", b"VGVzdENhc2U="),
            (b"Test\0Case", b"VGVzdABDYXNl"),
            (b"\xFF\xEF\xFE", b"/+/+"),
            (b"\r\n", b"DQo="),
        ],
    );
}

#[test]
fn hex_encode() {
    check(
        T::HexEncode,
        &[
            (b"", b""),
            (b"T", b"54"),
            (b"TestCase", b"5465737443617365"),
            (b"\0", b"00"),
            (b"\xFF\x0a", b"ff0a"),
            (b"a b", b"612062"),
            (b"0", b"30"),
            (b"\xC3\xA9", b"c3a9"),
        ],
    );
}

#[test]
fn url_encode() {
    check(
        T::UrlEncode,
        &[
            (b"", b""),
            (b"TestCase09", b"TestCase09"),
            (b"Test Case", b"Test+Case"),
            (b"*", b"*"),
            (b"a-b_c.d~e", b"a%2db%5fc%2ed%7ee"),
            (b"\0", b"%00"),
            (b"\xFF", b"%ff"),
            (b"<a href='/'>", b"%3ca+href%3d%27%2f%27%3e"),
            (b"%41+", b"%2541%2b"),
        ],
    );
}

#[test]
fn digests() {
    check(
        T::Md5,
        &[
            (b"", b"\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e"),
            (b"TestCase", b"\xc9\xab\xa2\xc3\xe6\x01\x26\x16\x9e\x80\xe9\xa2\x6b\xa2\x73\xc1"),
            (b"a", b"\x0c\xc1\x75\xb9\xc0\xf1\xb6\xa8\x31\xc3\x99\xe2\x69\x77\x26\x61"),
            (b"abc", b"\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72"),
            (
                b"message digest",
                b"\xf9\x6b\x69\x7d\x7c\xb7\x93\x8d\x52\x5a\x2f\x31\xaa\xf1\x61\xd0",
            ),
            (b"\0", b"\x93\xb8\x85\xad\xfe\x0d\xa0\x89\xcd\xf6\x34\x90\x4f\xd5\x9f\x71"),
            (b"\xff", b"\x00\x59\x4f\xd4\xf4\x2b\xa4\x3f\xc1\xca\x04\x27\xa0\x57\x62\x95"),
            (
                b"abcdefghijklmnopqrstuvwxyz",
                b"\xc3\xfc\xd3\xd7\x61\x92\xe4\x00\x7d\xfb\x49\x6c\xca\x67\xe1\x3b",
            ),
        ],
    );
    check(
        T::Sha1,
        &[
            (
                b"",
                b"\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09",
            ),
            (
                b"TestCase",
                b"\xa7\x0c\xe3\x83\x89\xe3\x18\xbd\x2b\xe1\x8a\x01\x11\xc6\xdc\x76\xbd\x2c\xd9\xed",
            ),
            (
                b"a",
                b"\x86\xf7\xe4\x37\xfa\xa5\xa7\xfc\xe1\x5d\x1d\xdc\xb9\xea\xea\xea\x37\x76\x67\xb8",
            ),
            (
                b"abc",
                b"\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d",
            ),
            (
                b"message digest",
                b"\xc1\x22\x52\xce\xda\x8b\xe8\x99\x4d\x5f\xa0\x29\x0a\x47\x23\x1c\x1d\x16\xaa\xe3",
            ),
            (
                b"\0",
                b"\x5b\xa9\x3c\x9d\xb0\xcf\xf9\x3f\x52\xb5\x21\xd7\x42\x0e\x43\xf6\xed\xa2\x78\x4f",
            ),
            (
                b"\xff",
                b"\x85\xe5\x32\x71\xe1\x40\x06\xf0\x26\x59\x21\xd0\x2d\x4d\x73\x6c\xdc\x58\x0b\x0b",
            ),
            (
                b"abcdefghijklmnopqrstuvwxyz",
                b"\x32\xd1\x0c\x7b\x8c\xf9\x65\x70\xca\x04\xce\x37\xf2\xa1\x9d\x84\x24\x0d\x3a\x89",
            ),
        ],
    );
}

#[test]
fn length() {
    check(
        T::Length,
        &[
            (b"", b"0"),
            (b"a", b"1"),
            (b"1", b"1"),
            (b"\0", b"1"),
            (b"TestCase", b"8"),
            (b"\xC3\xA9", b"2"),
            (b"0123456789", b"10"),
            (b"12345678901", b"11"),
        ],
    );
}

#[test]
fn parity() {
    check(
        T::ParityEven7Bit,
        &[
            (b"", b""),
            (b"\x00", b"\x00"),
            (b"\x01", b"\x81"),
            (b"abc", b"\xe1\xe2c"),
            (b"\x03", b"\x03"),
            (b"\x7F", b"\xFF"),
            (b"\xFF", b"\x7F"),
            (b"\x80", b"\x80"),
        ],
    );
    check(
        T::ParityOdd7Bit,
        &[
            (b"", b""),
            (b"\x00", b"\x80"),
            (b"\x01", b"\x01"),
            (b"abc", b"ab\xe3"),
            (b"\x03", b"\x83"),
            (b"\x7F", b"\x7F"),
            (b"\xFF", b"\xFF"),
            (b"\x80", b"\x00"),
        ],
    );
    check(
        T::ParityZero7Bit,
        &[
            (b"", b""),
            (b"\x00", b"\x00"),
            (b"abc", b"abc"),
            (b"\x80", b"\x00"),
            (b"\xFF", b"\x7F"),
            (b"\xe1b\xe3", b"abc"),
            (b"\xC3\xA9", b"C)"),
            (b"\x7F", b"\x7F"),
        ],
    );
}
