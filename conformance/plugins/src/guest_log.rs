//! What a guest wrote, made comparable: contexts by role, what happens in root contexts once, timers apart.
//!
//! Guests mark their lines with `guest| `. `3 request_headers end=1` is a callback of context 3, lines that begin with blanks
//! after the mark are what it did. Numbers of contexts, the number of VMs and the moment of ticks and queues are the
//! gateway's own affair.

use std::collections::BTreeMap;

const MARK: &str = "guest| ";
/// What the SDK for AssemblyScript puts before a line, which it writes on standard output.
const LEVEL: &str = "[INFO]: ";
/// Callbacks of root contexts that come when the gateway finds the time.
const LATER: [&str; 2] = ["tick", "queue"];

/// The lines of a guest by when they come.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What happens once: start and configuration, of whichever VM.
    pub start: Vec<String>,
    /// What happens to streams, in order, and answers of calls.
    pub streams: Vec<String>,
    /// Ticks and queues, each different one once.
    pub later: Vec<String>,
    /// Lines without a mark, of plugins that are not made to be watched, after the start.
    pub plain: Vec<String>,
}

/// Sorts a guest's lines; `before` of them were there before the first request.
pub fn tell(lines: &[String], before: usize) -> Told {
    let mut roles = Roles::default();
    let unmarked = lines.iter().skip(before).filter(|line| !line.starts_with(MARK));
    let mut told =
        Told { plain: unmarked.map(|line| without_level(line)).collect(), ..Told::default() };
    for (index, block) in blocks(lines) {
        let Some(text) = block.first() else { continue };
        let (context, callback) = text.split_once(' ').unwrap_or((text, ""));
        let name = roles.name(context, callback, index < before);
        let first = match callback.strip_prefix("create root=") {
            Some("0") => format!("{name} create"),
            Some(root) => format!("{name} create of {}", roles.known(root)),
            None => format!("{name} {callback}"),
        };
        let mut whole = vec![first];
        whole.extend(block.iter().skip(1).cloned());
        let later = LATER.iter().any(|word| callback.split(' ').next() == Some(word));
        let target = if later {
            &mut told.later
        } else if index < before {
            &mut told.start
        } else {
            &mut told.streams
        };
        let once = later || index < before;
        if !(once && holds(target, &whole)) {
            target.extend(whole);
        }
    }
    told
}

fn without_level(line: &str) -> String {
    line.strip_prefix(LEVEL).unwrap_or(line).to_owned()
}

/// A callback with what it did, and the place of its first line. What a guest writes on standard output has no callback.
fn blocks(lines: &[String]) -> Vec<(usize, Vec<String>)> {
    let mut blocks: Vec<(usize, Vec<String>)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(text) = line.strip_prefix(MARK) else { continue };
        match blocks.last_mut() {
            Some((_, block)) if text.starts_with(' ') => block.push(text.to_owned()),
            Some(_) | None => blocks.push((index, vec![text.to_owned()])),
        }
    }
    blocks
}

fn holds(lines: &[String], block: &[String]) -> bool {
    lines.windows(block.len()).any(|window| window == block)
}

#[derive(Default)]
struct Roles {
    names: BTreeMap<String, String>,
    streams: usize,
}

impl Roles {
    fn name(&mut self, context: &str, callback: &str, start: bool) -> String {
        if let Some(root) = callback.strip_prefix("create root=") {
            let name = if root == "0" || start {
                "root".to_owned()
            } else {
                self.streams += 1;
                format!("s{}", self.streams)
            };
            self.names.insert(context.to_owned(), name);
        }
        self.known(context)
    }

    fn known(&self, context: &str) -> String {
        self.names.get(context).cloned().unwrap_or_else(|| context.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_get_roles_and_roots_are_told_once() {
        let lines: Vec<String> = [
            "guest| 1 create root=0",
            "guest| 1 configure size=3",
            "guest|   tick 10 -> 0",
            "guest| 1 create root=0",
            "guest| 1 configure size=3",
            "guest|   tick 10 -> 0",
            "other",
            "guest| 1 tick",
            "guest| 7 create root=1",
            "guest| 1 tick",
            "guest| 7 request_headers end=1",
            "guest|   get 0 :path -> 0 /",
        ]
        .map(str::to_owned)
        .to_vec();
        let told = tell(&lines, 6);
        assert_eq!(told.plain, ["other"]);
        assert_eq!(told.start, ["root create", "root configure size=3", "  tick 10 -> 0"]);
        assert_eq!(
            told.streams,
            ["s1 create of root", "s1 request_headers end=1", "  get 0 :path -> 0 /"]
        );
        assert_eq!(told.later, ["root tick"]);
    }
}
