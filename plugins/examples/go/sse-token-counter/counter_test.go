package main

import (
	"slices"
	"testing"
)

const stream = "data: one\n\n: comment\nevent: x\r\ndata:two\r\ndata: more\r\n\r\ndata: three\r\rdata\n\ndata: lost"

func read(pieces ...string) (found []string) {
	var e events
	for _, piece := range pieces {
		e.push([]byte(piece), func(data []byte) { found = append(found, string(data)) })
	}
	return found
}

func TestEventsAreWholeWhereverPiecesAreCut(t *testing.T) {
	whole := []string{"one", "two\nmore", "three"}
	for cut := 0; cut <= len(stream); cut++ {
		if found := read(stream[:cut], stream[cut:]); !slices.Equal(found, whole) {
			t.Errorf("cut at %d: %q", cut, found)
		}
	}
}

func TestUsageWinsOverDeltas(t *testing.T) {
	const delta = `{"choices":[{"delta":{"content":"hi"}}],"usage":null}`
	const empty = `{"choices":[{"delta":{"role":"assistant","content":""}}]}`
	const usage = `{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":11,"total_tokens":18}}`
	cases := []struct {
		events []string
		wanted string
	}{
		{[]string{empty, delta, delta, "[DONE]"}, "events=3 deltas=2 input=0 output=2 source=deltas"},
		{[]string{delta, usage, "[DONE]"}, "events=2 deltas=1 input=7 output=11 source=usage"},
		{[]string{"no json", "[]", "{}"}, "events=3 deltas=0 input=0 output=0 source=deltas"},
	}
	for _, c := range cases {
		var own counter
		for _, event := range c.events {
			own.event([]byte(event))
		}
		if own.report() != c.wanted {
			t.Errorf("%s, not %s", own.report(), c.wanted)
		}
	}
}
