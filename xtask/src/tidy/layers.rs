//! A crate imports only lower layers, and some third-party crates have one owner: `layers.toml`.

use std::collections::BTreeMap;

use super::Problems;
use super::listing::{Section, section};
use super::metadata::{Metadata, Package};
use crate::tree::Tree;

const FILE: &str = "layers.toml";
const TESTKIT: &str = "portcullis-testkit";

pub(super) fn check(tree: &Tree) -> Result<Problems, String> {
    let text = tree.required(FILE)?;
    let house = House::read(text)?;
    let metadata = Metadata::members(&tree.root)?;
    let mut problems = Problems::new();
    let mut seen = Vec::new();
    for package in metadata.workspace() {
        seen.push(package.name.as_str());
        house.check(package, &mut problems);
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
        let lints = if house.denies_unsafe.contains(&package.name) {
            "[lints.rust]\nunsafe_code = \"deny\""
        } else {
            "[lints]\nworkspace = true"
        };
        if !manifest.contains(lints) {
            problems.push(format!("{} does not take the workspace's lints", package.name));
        }
    }
    for name in house.layers.keys().chain(&house.outside) {
        if !seen.contains(&name.as_str()) {
            problems.push(format!("{FILE} names {name}, which is no crate of the workspace"));
        }
    }
    Ok(problems)
}

struct House {
    layers: BTreeMap<String, u8>,
    outside: Vec<String>,
    only: Section,
    /// Crates that deny `unsafe_code` themselves, where the workspace forbids it.
    denies_unsafe: Vec<String>,
}

impl House {
    fn read(text: &str) -> Result<House, String> {
        let mut layers = BTreeMap::new();
        for (number, crates) in section(text, "layers")? {
            let layer: u8 = number.parse().map_err(|_| format!("{number} is no layer"))?;
            layers.extend(crates.into_iter().map(|name| (name, layer)));
        }
        let outside = section(text, "outside")?.into_values().flatten().collect();
        let denies_unsafe = section(text, "unsafe")?.into_values().flatten().collect();
        Ok(House { layers, outside, only: section(text, "only")?, denies_unsafe })
    }

    fn check(&self, package: &Package, problems: &mut Problems) {
        let name = &package.name;
        let own = self.layers.get(name);
        if own.is_none() && !self.outside.contains(name) {
            problems.push(format!("{name} has no layer in {FILE}"));
        }
        for dependency in &package.dependencies {
            let other = &dependency.name;
            if let Some(owners) = self.only.get(other)
                && !owners.contains(name)
            {
                problems.push(format!("{name} imports {other}, which only {owners:?} may"));
            }
            let Some(own) = own else { continue };
            let dev = dependency.kind.as_deref() == Some("dev");
            if self.outside.contains(other) && !(dev && other == TESTKIT) {
                problems.push(format!("{name} imports {other}, which stands outside the layers"));
            }
            if let Some(layer) = self.layers.get(other).filter(|layer| *layer >= own) {
                problems
                    .push(format!("{name} [{own}] imports {other} [{layer}], which is not lower"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    const TEXT: &str = "[layers]\n0 = [\"a\", \"b\"]\n1 = [\"c\"]\n[outside]\ncrates = [\"portcullis-testkit\", \"x\"]\n\
                        [only]\nbig = [\"c\"]\n[unsafe]\ncrates = [\"c\"]\n";

    /// Name and kind, as `cargo metadata` says them.
    type Import = (&'static str, Option<&'static str>);

    fn problems(name: &str, imports: &[Import]) -> usize {
        let dependency = |(name, kind): &Import| Dependency {
            name: (*name).to_owned(),
            kind: kind.map(str::to_owned),
        };
        let package = Package {
            id: String::new(),
            name: name.to_owned(),
            version: String::new(),
            license: None,
            source: None,
            manifest_path: String::new(),
            dependencies: imports.iter().map(dependency).collect(),
        };
        let mut problems = Problems::new();
        House::read(TEXT).unwrap().check(&package, &mut problems);
        problems.len()
    }

    #[test]
    fn only_lower_layers_are_imported() {
        let cases: [(&str, &[Import], usize); 9] = [
            ("c", &[("a", None), ("b", None), ("serde", None), ("big", None)], 0),
            ("a", &[("b", None)], 1),
            ("a", &[("c", None)], 1),
            ("a", &[("c", Some("dev"))], 1),
            ("a", &[("portcullis-testkit", Some("dev"))], 0),
            ("a", &[("portcullis-testkit", None)], 1),
            ("a", &[("x", Some("dev"))], 1),
            ("x", &[("c", None), ("big", None)], 1),
            ("new", &[], 1),
        ];
        for (name, imports, expected) in cases {
            assert_eq!(problems(name, imports), expected, "{name} {imports:?}");
        }
    }
}
