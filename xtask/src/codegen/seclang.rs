//! The page that lists every item of SecLang with its state, from the tables the compiler works with.

use std::fmt::Write as _;

use portcullis_waf_engine::limits;
use portcullis_waf_engine::reference::{self, Item, State};

/// The whole page.
pub(super) fn page() -> String {
    let mut out = INTRODUCTION.to_owned();
    let sections: [(&str, &str, Vec<Item>); 7] = [
        ("Directives", "", reference::directives()),
        ("Variables", VARIABLES, reference::variables()),
        ("Operators", OPERATORS, reference::operators()),
        ("Transformations", TRANSFORMATIONS, reference::transformations()),
        ("Actions", ACTIONS, reference::actions()),
        ("Options of `ctl`", "", reference::ctl()),
        ("Body processors", "", reference::processors()),
    ];
    for (title, text, items) in &sections {
        section(title, text, items, &mut out);
    }
    patterns(&mut out);
    out
}

const INTRODUCTION: &str = "\
# SecLang

Generated from the engine's tables by `cargo run -p xtask -- codegen`; do not edit.

An item is in one of three states. **works**: it does what is said. **no effect**: it may be written and changes
nothing, because leaving it out weakens nothing. **refused**: documents with it are not used, and the diagnostic says
why and what to write instead. A word that is not on this page is an error with the nearest word that is.

";
const VARIABLES: &str = "\
`VAR`, `VAR:key`, `VAR:/pattern/`, `&VAR` (how many), `!VAR:key` and `!VAR:/pattern/` (but these). Keys and patterns for keys are read without regard to case.
";
const OPERATORS: &str = "\
`@name argument`, `!@name argument`; without `@` it is a pattern for `@rx`. Text arguments may have macros.
";
const TRANSFORMATIONS: &str = "\
All of them work on bytes: what is no UTF-8 goes through unharmed.
";
const ACTIONS: &str = "\
In a chain only the first rule has an `id`, a `phase`, a disruptive action and skips. What a link does on a match stays done when a later link fails.
";

fn section(title: &str, text: &str, items: &[Item], out: &mut String) {
    let count = |state: fn(&State) -> bool| items.iter().filter(|item| state(&item.state)).count();
    let works = count(|state| *state == State::Works);
    let accepted = count(|state| matches!(state, State::Accepted(_)));
    let refused = count(|state| matches!(state, State::Refused(_)));
    let _ = write!(out, "## {title}\n{works} work");
    if accepted > 0 {
        let _ = write!(out, ", {accepted} without effect");
    }
    if refused > 0 {
        let _ = write!(out, ", {refused} refused");
    }
    let _ = write!(out, ".\n{text}\n| Name | State | |\n|---|---|---|\n");
    for item in items {
        row(item, out);
    }
    out.push('\n');
}

fn row(item: &Item, out: &mut String) {
    let mut names = format!("`{}`", item.name);
    for alias in &item.aliases {
        let _ = write!(names, ", `{alias}`");
    }
    let (state, said) = match item.state {
        State::Works => ("works", item.note),
        State::Accepted(why) => ("no effect", why),
        State::Refused(why) => ("refused", why),
    };
    let _ = writeln!(out, "| {names} | {state} | {} |", sentence(said).replace('|', "\\|"));
}

/// Help texts are fragments; a table has sentences.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

fn patterns(out: &mut String) {
    let _ = write!(
        out,
        "\
## Patterns
Patterns are matched by automata, in time that grows with the value and not with the pattern, and are prefiltered: one
scan of a value tells which of them can match it at all. They see bytes. `.` takes line breaks, `$` is only the end,
`^` only the beginning, `\\d`, `\\w`, `\\s`, `\\b` and `(?i)` are ASCII, `\\x{{HH}}` is a byte, a character beyond ASCII is
its UTF-8. ModSecurity 2 reads patterns this way and the Core Rule Set is written for it; Coraza and ModSecurity 3 let
`^` and `$` match at line breaks as well.

What PCRE takes and the automata's syntax does not is repaired, only where a pattern fails without: braces that begin
no repetition, needless escapes, characters beyond ASCII in classes, `\\h`, `\\N`, `\\R`, `\\Z`, `\\e`.

Lookaround, backreferences, atomic groups, possessive repetitions and conditions are tried step by step (`@rx` only), on
every value the rule looks at, and loading them gives a warning. `*+` and `++` at the end of a pattern are the same as
greedy and stay with the automata. An attempt takes at most {} steps back, and the attempts on one value look
at no more than {} MiB, counted as if each went to the end. A value that needs more counts for the side that protects:
the rule matches, negated or not, unless a match would take protection away (`allow`, a skip, `ctl` that leaves rules,
variables or inspection out). The match says so in its data, and `TX:MSC_PCRE_LIMITS_EXCEEDED` is 1, which the
recommended settings of ModSecurity deny.
",
        limits::MAX_BACKTRACKING_STEPS,
        limits::MAX_BACKTRACKING_WORK_BYTES >> 20,
    );
}
