//! The command lines of the harnesses: `--name value`, as often as wanted.

use std::str::FromStr;

/// An option as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// With its dashes.
    pub name: String,
    /// What stands behind it.
    pub value: String,
}

impl Given {
    /// The value as a number.
    ///
    /// # Errors
    /// When it is none of this kind.
    pub fn number<N: FromStr>(&self) -> Result<N, String> {
        self.value.parse().map_err(|_| format!("{}: {} is no such number", self.name, self.value))
    }

    /// The value as words between commas.
    pub fn words(&self) -> Vec<String> {
        self.value.split(',').map(str::to_owned).collect()
    }

    /// What is said of an option that nobody knows.
    pub fn unknown(&self) -> String {
        format!("unknown: {}", self.name)
    }
}

/// The options of a command line, its program left out.
///
/// # Errors
/// When the last one has no value.
pub fn read(mut words: impl Iterator<Item = String>) -> Result<Vec<Given>, String> {
    let mut all = Vec::new();
    while let Some(name) = words.next() {
        let value = words.next().ok_or_else(|| format!("{name} needs a value"))?;
        all.push(Given { name, value });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn names_and_values_take_turns() {
        let line = |text: &str| read(text.split_whitespace().map(str::to_owned));
        let given = line("--rounds 3 --only a,b").unwrap();
        assert_eq!(given[0].number(), Ok(3_u32));
        assert_eq!(given[1].words(), ["a", "b"]);
        assert!(given[1].number::<u32>().is_err());
        assert_eq!(given[1].unknown(), "unknown: --only");
        assert!(line("--rounds").is_err());
        assert_eq!(line("").unwrap(), []);
    }
}
