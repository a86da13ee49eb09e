//! What the events of a chat completion say about tokens.

use serde::Deserialize;

/// A chunk of a chat completion, as far as it is looked at. What has another shape counts as an event and no more.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

/// Counts of one answer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) events: u64,
    /// Chunks that brought text.
    deltas: u64,
    /// Prompt and completion, where the answer says so.
    usage: Option<(u64, u64)>,
}

impl Counter {
    /// Counts one event.
    pub(crate) fn event(&mut self, data: &[u8]) {
        if data == b"[DONE]" {
            return;
        }
        self.events += 1;
        let Ok(chunk) = serde_json::from_slice::<Chunk>(data) else { return };
        let text = |choice: &Choice| {
            let content = choice.delta.as_ref().and_then(|delta| delta.content.as_ref());
            content.is_some_and(|content| !content.is_empty())
        };
        self.deltas += u64::from(chunk.choices.iter().any(text));
        if let Some(usage) = chunk.usage {
            self.usage = Some((usage.prompt_tokens, usage.completion_tokens));
        }
    }

    /// Tokens in and out: as the answer says, or a token for each chunk that brought text.
    pub(crate) fn tokens(&self) -> (u64, u64) {
        self.usage.unwrap_or((0, self.deltas))
    }

    /// The result in words.
    pub(crate) fn report(&self) -> String {
        let (input, output) = self.tokens();
        let source = if self.usage.is_some() { "usage" } else { "deltas" };
        format!(
            "events={} deltas={} input={input} output={output} source={source}",
            self.events, self.deltas
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(events: &[&str]) -> String {
        let mut counter = Counter::default();
        events.iter().for_each(|event| counter.event(event.as_bytes()));
        counter.report()
    }

    #[test]
    fn usage_wins_over_deltas() {
        let delta = r#"{"choices":[{"delta":{"content":"hi"}}],"usage":null}"#;
        let empty = r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":11,"total_tokens":18}}"#;
        assert_eq!(
            count(&[empty, delta, delta, "[DONE]"]),
            "events=3 deltas=2 input=0 output=2 source=deltas"
        );
        assert_eq!(
            count(&[delta, usage, "[DONE]"]),
            "events=2 deltas=1 input=7 output=11 source=usage"
        );
        assert_eq!(
            count(&["no json", "[]", "{}"]),
            "events=3 deltas=0 input=0 output=0 source=deltas"
        );
    }
}
