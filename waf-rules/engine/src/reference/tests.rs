use super::{Item, Notes, State, actions, ctl, directives, processors, transformations, variables};
use crate::{CompileOptions, RuleSet, Sources};

/// Every item is described, and nothing else is.
#[test]
fn notes_and_tables_agree() {
    let kinds: [(&str, Vec<Item>); 6] = [
        ("directives", directives()),
        ("variables", variables()),
        ("transformations", transformations()),
        ("actions", actions()),
        ("ctl", ctl()),
        ("processors", processors()),
    ];
    for (kind, items) in kinds {
        for item in &items {
            let said = match item.state {
                State::Works => item.note,
                State::Accepted(why) | State::Refused(why) => why,
            };
            assert!(!said.is_empty(), "{kind}: nothing is said of {}", item.name);
            let same = items.iter().filter(|other| other.name == item.name).count();
            assert_eq!(same, 1, "{kind}: {} is there twice", item.name);
        }
        for (name, _) in &Notes::of(kind).lines {
            let known = items.iter().find(|item| item.name == *name);
            assert!(
                known.is_some_and(|item| !matches!(item.state, State::Refused(_))),
                "{kind}: {name} is described and not there"
            );
        }
    }
}

fn compile(text: String) -> Result<(), Option<String>> {
    match RuleSet::compile(&Sources::new("test.conf", text), &CompileOptions::default()) {
        Ok(_) => Ok(()),
        Err(problems) => Err(problems.first().and_then(|problem| problem.help.clone())),
    }
}

/// What is said of variables, actions and directives is what the compiler does.
#[test]
fn states_are_true() {
    let mut cases = Vec::new();
    for item in variables() {
        let names = std::iter::once(&item.name).chain(&item.aliases);
        for name in names {
            let text = match item.name {
                "RULE" => "SecAction \"id:1,msg:'%{RULE.id}'\"".to_owned(),
                // Records are opened before rules read them.
                _ => format!(
                    "SecAction \"id:2,phase:1,initcol:ip=x,initcol:global=x,setsid:x,setuid:x,\
                     setrsc:x\"\nSecRule {name} \"@rx x\" \"id:1\""
                ),
            };
            cases.push((text, item.state));
        }
    }
    for item in actions() {
        if let State::Refused(_) = item.state {
            cases.push((format!("SecAction \"id:1,{}:x\"", item.name), item.state));
            cases.push((format!("SecAction \"id:1,{}\"", item.name), item.state));
        }
    }
    for item in directives() {
        if item.state != State::Works {
            cases.push((format!("{} nonsense", item.name), item.state));
        }
    }
    for item in transformations() {
        for name in std::iter::once(&item.name).chain(&item.aliases) {
            cases.push((format!("SecRule ARGS x \"id:1,t:{name}\""), item.state));
        }
    }
    for (text, state) in cases {
        match (state, compile(text.clone())) {
            (State::Works | State::Accepted(_), Ok(())) => {}
            (State::Refused(why), Err(Some(help))) => assert_eq!(help, why, "{text}"),
            // Taken with one value only; the help says which or why.
            (State::Accepted(note), Err(Some(_))) => assert!(note.starts_with("Only "), "{text}"),
            (state, result) => panic!("{text}: {state:?}, {result:?}"),
        }
    }
}

#[test]
fn directives_with_one_value() {
    for (text, loads) in [
        ("SecIgnoreRuleCompilationErrors Off", true),
        ("SecIgnoreRuleCompilationErrors On", false),
        ("SecHashEngine off", true),
        ("SecHashEngine On", false),
        ("SecUnicodeMapFile unicode.mapping 20127", true),
        ("SecUnicodeMapFile unicode.mapping 1252", false),
        ("SecArgumentSeparator &", true),
        ("SecArgumentSeparator ;", false),
        ("SecCookieFormat 0", true),
        ("SecConnEngine On", false),
        ("SecAction id:1,ctl:hashEngine=Off", true),
        ("SecAction id:1,ctl:hashEngine=On", false),
    ] {
        assert_eq!(compile(text.to_owned()).is_ok(), loads, "{text}");
    }
}
