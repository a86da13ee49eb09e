//! The working folder of all drivers: the rule files, the entry documents and the requests.

use std::fs;
use std::path::Path;

use super::request::write;
use super::shapes::SHAPES;

const SETTINGS: &str = include_str!("../../waf/settings.conf");

/// Rule sets of the same rules, tuned each for a route of its own.
pub const ROUTES: usize = 50;

/// The entry document of a paranoia level.
pub fn entry(level: u8) -> String {
    format!("pl{level}.conf")
}

/// The entry document of a route.
pub fn route(number: usize) -> String {
    format!("route-{number}.conf")
}

/// Makes the folder from the package of rules at `package`. An empty line is put before every directive: the parser of
/// libmodsecurity 3.0.9 takes a chained rule without actions and the rule after it for one without. All engines read
/// these same files.
///
/// # Errors
/// When something cannot be read or written.
pub fn make(folder: &Path, package: &Path) -> Result<(), String> {
    let rules = package.join("rules/@owasp_crs");
    put(&folder.join("owasp_crs"), None)?;
    let setup = package.join("rules/@crs-setup.conf.example");
    put(&folder.join("crs-setup.conf"), Some(&spaced(&setup)?))?;
    let entries = fs::read_dir(&rules)
        .map_err(|error| format!("{}: {error} (make setup)", rules.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default();
        put(&folder.join("owasp_crs").join(name), Some(&spaced(&path)?))?;
    }
    for level in [1, 4] {
        put(&folder.join(entry(level)), Some(&document(level, "")))?;
    }
    for number in 0..ROUTES {
        put(&folder.join(route(number)), Some(&document(1, &tuning(number))))?;
    }
    for shape in SHAPES {
        put(&folder.join(shape.file), Some(&write(&shape.requests())))?;
    }
    Ok(())
}

fn spaced(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rules = path.extension().is_none_or(|ending| ending != "data");
    Ok(if rules { text.replace("\nSec", "\n\nSec") } else { text })
}

/// A file, or a folder where there is no text.
fn put(path: &Path, text: Option<&str>) -> Result<(), String> {
    let done = match text {
        Some(text) => fs::write(path, text),
        None => fs::create_dir_all(path),
    };
    done.map_err(|error| format!("{}: {error}", path.display()))
}

fn document(level: u8, tuning: &str) -> String {
    let level = match level {
        1 => String::new(),
        level => format!(
            "SecAction \"id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level={level}\"\n"
        ),
    };
    format!("{SETTINGS}Include crs-setup.conf\n{level}Include owasp_crs/*.conf\n{tuning}")
}

/// What an operator writes for one route: a rule less, and an argument that some rules leave alone.
fn tuning(number: usize) -> String {
    const REMOVED: [u32; 5] = [942_100, 941_100, 932_230, 930_120, 920_350];
    const SPARED: [u32; 4] = [942_140, 941_160, 932_160, 933_150];
    let of = |list: &[u32]| list.get(number % list.len()).copied().unwrap_or_default();
    format!(
        "SecRuleRemoveById {}\nSecRuleUpdateTargetById {} \"!ARGS:field{number}\"\n",
        of(&REMOVED),
        of(&SPARED)
    )
}
