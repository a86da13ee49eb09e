//! Every operator SecLang rules may name, and what becomes of it here.

use crate::reference::State;

/// An operator under all its names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// The usual name first, then others with the same meaning.
    pub(crate) names: &'static [&'static str],
    pub(crate) state: State,
    /// What it does here, and where that differs elsewhere.
    pub(crate) note: &'static str,
    /// An argument it takes, by which the table is tested.
    #[cfg_attr(not(test), expect(dead_code, reason = "the test compiles it"))]
    pub(crate) example: &'static str,
}

const fn works(names: &'static [&'static str], example: &'static str, note: &'static str) -> Known {
    Known { names, state: State::Works, note, example }
}

const fn refused(name: &'static [&'static str], why: &'static str) -> Known {
    Known { names: name, state: State::Refused(why), note: "", example: "" }
}

/// By name.
pub(crate) const ALL: &[Known] = &[
    works(&["beginsWith"], "GET", "The value begins with the argument; case matters."),
    works(&["contains"], "a", "The argument occurs in the value; case matters."),
    works(
        &["containsWord"],
        "select",
        "As `contains`, with no ASCII letter on either side, as ModSecurity 3 has it (2 counts digits and `_` as \
         letters). Coraza has no such operator.",
    ),
    works(
        &["detectSQLi"],
        "",
        "SQL injection by fingerprint (libinjection); `TX.0` is the fingerprint.",
    ),
    works(&["detectXSS"], "", "Script injection by HTML context (libinjection)."),
    works(&["endsWith"], "x", "The value ends with the argument; case matters."),
    works(&["eq"], "1", "Equal as integers; a value that is no number is 0."),
    refused(
        &["fuzzyHash"],
        "similarity hashes (ssdeep) of uploads are not computed; scan uploads elsewhere",
    ),
    works(&["ge"], "1", "Greater or equal as integers."),
    refused(&["gsbLookup"], "the Safe Browsing lists it reads no longer exist"),
    works(
        &["geoLookup"],
        "",
        "The database of `SecGeoLookupDb` knows the address; what it says goes to `GEO`. In Coraza a plugin does this.",
    ),
    works(&["gt"], "1", "Greater as integers."),
    refused(&["inspectFile"], "the gateway starts no programs; scan uploads behind it"),
    works(
        &["ipMatch"],
        "10.0.0.0/8,::1",
        "The address lies in a network. A word that is no network is an error; Coraza leaves it out.",
    ),
    works(&["ipMatchFromDataset"], "addresses", "As `ipMatch`, with the lines of a `SecDataset`."),
    works(
        &["ipMatchFromFile", "ipMatchF"],
        "addresses.data",
        "As `ipMatch`, with the lines of a file; `#` begins a comment line. URLs are not fetched.",
    ),
    works(&["le"], "1", "Less or equal as integers."),
    works(&["lt"], "1", "Less as integers."),
    works(&["noMatch"], "", "Never matches."),
    works(&["pm"], "one two", "Any of the words, ASCII letters in any case; `|41 42|` are bytes."),
    works(&["pmFromDataset"], "words", "As `pm`, with the lines of a `SecDataset`."),
    works(
        &["pmFromFile", "pmf"],
        "words.data",
        "As `pm`, with the lines of one or more files; `#` begins a comment line. URLs are not fetched.",
    ),
    refused(
        &["rbl"],
        "a DNS query would hold up every request; take the list as a file and use @ipMatchFromFile",
    ),
    works(
        &["restpath"],
        "/users/{id}",
        "The path matches; what stands in the place of each `{name}` becomes `ARGS_PATH:name` and one of `ARGS`.",
    ),
    refused(&["rsub"], "bodies are not rewritten by rules"),
    works(
        &["rx"],
        "a+",
        "The pattern occurs. Patterns work on bytes: `.` matches a line break, `$` only the end, `(?i)`, `\\w`, `\\d`, \
         `\\s` and `\\b` are ASCII. Lookaround and \
         backreferences are tried step by step, see below.",
    ),
    works(
        &["rxGlobal"],
        "(a)(b)",
        "As `rx`, and with `capture` the groups of every match go to `TX.0`, `TX.1` and on, match after match.",
    ),
    works(&["streq"], "x", "Equal bytes; case matters."),
    works(&["strmatch"], "x", "As `contains`."),
    works(&["unconditionalMatch"], "", "Always matches."),
    works(&["validateByteRange"], "32-126", "Matches a value with a byte outside the ranges."),
    refused(
        &["validateDTD"],
        "document type definitions are not read: they are how XML parsers are attacked",
    ),
    refused(&["validateHash"], "the gateway does not sign links"),
    works(
        &["validateNid"],
        "us \\d{3}-\\d{2}-\\d{4}",
        "The pattern finds a national identifier of Chile (`cl`) or the United States (`us`) with valid digits. All \
         candidates are checked; Coraza stops after ten.",
    ),
    works(
        &["validateSchema"],
        "schema.json",
        "Matches a value that is no JSON or does not follow the JSON Schema in the file; an empty value does not match. \
         `REQUEST_BODY` is the body even where the JSON processor read it; in Coraza every target is, and a broken body \
         passes. `$ref` stays within the file; patterns have no lookaround.",
    ),
    works(
        &["validateUrlEncoding"],
        "",
        "Matches a value with a `%` that two hexadecimal digits do not follow.",
    ),
    works(&["validateUtf8Encoding"], "", "Matches a value that is not UTF-8."),
    works(
        &["verifyCC"],
        "\\d{13,16}",
        "The pattern finds a number whose digits pass Luhn's check, as ModSecurity has it. Coraza has no such operator.",
    ),
    works(&["verifyCPF"], "\\d{11}", "The pattern finds a valid Brazilian CPF number."),
    works(
        &["verifySSN"],
        "\\d{9}",
        "The pattern finds a United States social security number that can exist.",
    ),
    works(
        &["verifySVNR"],
        "\\d{10}",
        "The pattern finds a valid Austrian social insurance number.",
    ),
    works(&["within"], "GET POST", "The value occurs in the argument; case matters."),
];

/// Names that compile to something, for help in diagnostics.
pub(crate) fn supported() -> Vec<&'static str> {
    let works = |known: &&Known| known.state == State::Works;
    ALL.iter().filter(works).flat_map(|known| known.names).copied().collect()
}

/// Why an operator that others know is an error here.
pub(crate) fn refusal(name: &str) -> Option<&'static str> {
    ALL.iter().find_map(|known| match known.state {
        State::Refused(why) if known.names.iter().any(|n| n.eq_ignore_ascii_case(name)) => {
            Some(why)
        }
        State::Refused(_) | State::Works | State::Accepted(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::operator::geo::tests::writer::database;
    use crate::reference::State;
    use crate::{CompileOptions, RuleSet, Sources};

    /// What the table says is what the compiler does, for every name of every operator.
    #[test]
    fn the_table_is_true() {
        for known in ALL {
            for name in known.names {
                let text = format!(
                    "SecDataset words `\none\n`\nSecDataset addresses `\n10.0.0.1\n`\n\
                     SecRule ARGS \"@{name} {}\" \"id:1\"",
                    known.example
                );
                let text = format!("SecGeoLookupDb geo.mmdb\n{text}");
                let mut sources = Sources::new("test.conf", text);
                sources.insert("geo.mmdb", database(&[]));
                sources.insert("schema.json", &b"{}"[..]);
                sources.insert("words.data", &b"one"[..]).insert("addresses.data", &b"::1"[..]);
                match (known.state, RuleSet::compile(&sources, &CompileOptions::default())) {
                    (State::Works, Ok(_)) => {}
                    (State::Refused(why), Err(problems)) => {
                        assert_eq!(problems[0].help.as_deref(), Some(why), "{name}");
                    }
                    (state, result) => panic!("{name} {state:?}: {result:?}"),
                }
            }
        }
    }
}
