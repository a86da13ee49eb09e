//! Case tables, one module for each family, and the properties that hold for all transformations.

mod decode;
mod encode;
mod paths;
mod property;
mod text;

use super::Transformation;

/// Input and output of one transformation.
type Case = (&'static [u8], &'static [u8]);

/// Applies a transformation to each input of a table.
fn check(transformation: Transformation, cases: &[Case]) {
    assert!(cases.len() >= 8, "{transformation:?} has only {} cases", cases.len());
    let mut out = b"left from before".to_vec();
    for &(input, expected) in cases {
        let changed = transformation.apply(input, &mut out);
        let name = transformation.name();
        let input_text = input.escape_ascii().to_string();
        assert_eq!(changed, input != expected, "{name} of \"{input_text}\"");
        if changed {
            assert_eq!(
                out.escape_ascii().to_string(),
                expected.escape_ascii().to_string(),
                "{name} of \"{input_text}\""
            );
        }
    }
}

#[test]
fn every_name_finds_its_transformation() {
    for &transformation in Transformation::ALL {
        assert_eq!(Transformation::from_name(transformation.name()), Some(transformation));
        let upper = transformation.name().to_ascii_uppercase();
        assert_eq!(Transformation::from_name(&upper), Some(transformation));
    }
    let aliases = [
        ("normalisePath", Transformation::NormalizePath),
        ("normalisepathwin", Transformation::NormalizePathWin),
        ("urldecodeuni", Transformation::UrlDecodeUni),
        ("UTF8toUnicode", Transformation::Utf8ToUnicode),
    ];
    for (alias, expected) in aliases {
        assert_eq!(Transformation::from_name(alias), Some(expected), "{alias}");
    }
    for unknown in ["", "lower case", "urlDecodeUnicode", "t:none"] {
        assert_eq!(Transformation::from_name(unknown), None, "{unknown}");
    }
    assert_eq!(Transformation::ALL.len(), 36);
    assert_eq!(Transformation::names().count(), 38);
}
