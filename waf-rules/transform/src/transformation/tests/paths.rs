use super::check;
use crate::Transformation as T;

#[test]
fn normalize_path() {
    check(
        T::NormalizePath,
        &[
            (b"", b""),
            (b"/", b"/"),
            (b"//", b"/"),
            (b"x", b"x"),
            (b"/foo/bar\0/baz", b"/foo/bar\0/baz"),
            (b".", b""),
            (b"./", b""),
            (b"./..", b".."),
            (b"./../", b"../"),
            (b"..", b".."),
            (b"../", b"../"),
            (b"../.", b".."),
            (b"../..", b"../.."),
            (b"../../", b"../../"),
            (b"/.", b"/"),
            (b"/..", b"/"),
            (b"/../../etc/passwd", b"/etc/passwd"),
            (b"/dir/foo//bar", b"/dir/foo/bar"),
            (b"dir/foo//bar/", b"dir/foo/bar/"),
            (b"dir/../foo", b"foo"),
            (b"dir/../", b""),
            (b"dir/../../foo", b"../foo"),
            (b"dir/./.././../../foo/bar", b"../../foo/bar"),
            (b"dir/./.././../../foo/bar/.", b"../../foo/bar"),
            (b"/dir/..", b"/"),
            (b"/a/b/..", b"/a"),
            (b"/a/b/../", b"/a/"),
            (b"/a/.", b"/a"),
            (b"/foo../bar", b"/foo../bar"),
            (b"/..foo/.bar", b"/..foo/.bar"),
            (b"/.../x", b"/.../x"),
            (b"/./.././../../../../../../../\0/../etc/./passwd", b"/etc/passwd"),
            (b"a\\..\\b", b"a\\..\\b"),
            (b"/\xFF/../\xE9", b"/\xE9"),
        ],
    );
}

#[test]
fn normalize_path_win() {
    check(
        T::NormalizePathWin,
        &[
            (b"", b""),
            (b"\\", b"/"),
            (b"\\\\", b"/"),
            (b"/", b"/"),
            (b"\\foo\\bar\0\\baz", b"/foo/bar\0/baz"),
            (b".\\", b""),
            (b"..\\..\\", b"../../"),
            (b"C:\\dir\\..\\x", b"C:/x"),
            (b"dir\\foo\\\\bar\\", b"dir/foo/bar/"),
            (b"dir\\.\\..\\.\\..\\..\\foo/bar", b"../../foo/bar"),
            (b"/\\etc\\/passwd", b"/etc/passwd"),
        ],
    );
}

#[test]
fn cmd_line() {
    check(
        T::CmdLine,
        &[
            (b"", b""),
            (b"test", b"test"),
            (b"TestCase", b"testcase"),
            (b"C^OMMAND /C DIR", b"command/c dir"),
            (b"\"command\" /c DIR", b"command/c dir"),
            (b"'who'am\\i", b"whoami"),
            (b"cmd,/c;dir", b"cmd/c dir"),
            (b"a  \t\r\n b", b"a b"),
            (b"a ,; /b", b"a/b"),
            (b"if (x)", b"if(x)"),
            (b" x ", b" x "),
            (b"^ ^ a", b" a"),
            (b"a\0B", b"a\0b"),
            (b"\xC3\x89,", b"\xC3\x89 "),
        ],
    );
}
