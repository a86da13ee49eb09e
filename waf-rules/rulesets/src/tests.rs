use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A folder of its own for one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, files: &[(&str, &str)]) -> Folder {
        let root =
            std::env::temp_dir().join(format!("portcullis-rulesets-{name}-{}", std::process::id()));
        for (path, content) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Folder(root)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn names(root: &Path) -> Vec<String> {
    Package::from_dir(root).unwrap().files.iter().map(|file| file.path.to_string()).collect()
}

const SETUP: &str = "SecAction \"id:900990,phase:1,pass,nolog\"\n";
const RULE: &str = "# ---\n# OWASP CRS ver.4.99.1\nSecMarker X\n";

#[test]
fn every_layout_gives_the_same_names() {
    let expected = vec![
        "@coraza.conf-recommended",
        "@crs-setup.conf.example",
        "@owasp_crs/REQUEST-901.conf",
        "@owasp_crs/schema.json",
        "@owasp_crs/words.data",
    ];
    let cases: [(&str, &[(&str, &str)]); 4] = [
        (
            "coraza",
            &[
                ("@coraza.conf-recommended", ""),
                ("@crs-setup.conf.example", SETUP),
                ("@owasp_crs/REQUEST-901.conf", RULE),
                ("@owasp_crs/schema.json", "{}"),
                ("@owasp_crs/words.data", "a\n"),
            ],
        ),
        (
            "module",
            &[
                ("rules/@coraza.conf-recommended", ""),
                ("rules/@crs-setup.conf.example", SETUP),
                ("rules/@owasp_crs/REQUEST-901.conf", RULE),
                ("rules/@owasp_crs/schema.json", "{}"),
                ("rules/@owasp_crs/words.data", "a\n"),
            ],
        ),
        (
            "release",
            &[
                ("crs-setup.conf.example", SETUP),
                ("rules/REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf.example", "not read"),
                ("rules/REQUEST-901.conf", RULE),
                ("rules/schema.json", "{}"),
                ("rules/words.data", "a\n"),
            ],
        ),
        (
            "flat",
            &[
                ("crs-setup.conf", SETUP),
                ("REQUEST-901.conf", RULE),
                ("schema.json", "{}"),
                ("words.data", "a\n"),
            ],
        ),
    ];
    for (name, files) in cases {
        let folder = Folder::with(name, files);
        assert_eq!(names(&folder.0), expected, "{name}");
        let package = Package::from_dir(&folder.0).unwrap();
        assert_eq!(package.version, "v4.99.1", "{name}");
        assert_eq!(package.file("@crs-setup.conf.example"), Some(SETUP.as_bytes()), "{name}");
    }
}

#[test]
fn an_operators_setup_wins_over_the_example() {
    let folder = Folder::with(
        "setup",
        &[("crs-setup.conf", SETUP), ("crs-setup.conf.example", "example"), ("rules/a.conf", RULE)],
    );
    let package = Package::from_dir(&folder.0).unwrap();
    assert_eq!(package.file("@crs-setup.conf.example"), Some(SETUP.as_bytes()));
}

#[test]
fn plugins_are_included_around_the_rules() {
    let folder = Folder::with(
        "plugins",
        &[
            ("crs-setup.conf", SETUP),
            ("rules/a.conf", RULE),
            ("plugins/x-config.conf", ""),
            ("plugins/x-before.conf", ""),
            ("plugins/x-after.conf", ""),
        ],
    );
    let entry = Package::from_dir(&folder.0).unwrap().entry("# mine");
    assert_eq!(
        entry,
        "Include @coraza.conf-recommended\nInclude @crs-setup.conf.example\nInclude @plugins/x-config.conf\n\
         # mine\nInclude @plugins/x-before.conf\nInclude @owasp_crs/*.conf\nInclude @plugins/x-after.conf\n"
    );
}

#[test]
fn what_is_missing_is_named() {
    let none = Folder::with("none", &[("readme.txt", "")]);
    assert!(matches!(Package::from_dir(&none.0), Err(FolderError::NoRules { .. })));
    let bare = Folder::with("bare", &[("rules/a.conf", RULE)]);
    assert!(matches!(Package::from_dir(&bare.0), Err(FolderError::NoSetup { .. })));
    let absent = none.0.join("absent");
    assert!(Package::from_dir(&absent).unwrap_err().to_string().contains("absent"));
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    let folder = Folder::with("large", &[("crs-setup.conf", SETUP), ("rules/a.conf", RULE)]);
    let large = fs::File::create(folder.0.join("rules/b.conf")).unwrap();
    large.set_len(MAX_FILE_BYTES + 1).unwrap();
    assert!(matches!(Package::from_dir(&folder.0), Err(FolderError::TooLarge { .. })));
}

#[test]
fn the_embedded_package_equals_its_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crs/package");
    let package = embedded().expect(HOW_TO_BRING_ONE);
    assert_eq!(package, &Package::from_dir(&folder).unwrap());
    assert_eq!(package.version, "v4.25.0");
    assert!(package.file("@owasp_crs/REQUEST-942-APPLICATION-ATTACK-SQLI.conf").is_some());
}
