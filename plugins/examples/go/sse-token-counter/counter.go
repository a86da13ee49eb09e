package main

import (
	"fmt"

	"github.com/tidwall/gjson"
)

// counter is what the events of a chat completion say about tokens.
type counter struct {
	events uint64
	// Chunks that brought text.
	deltas uint64
	// Prompt and completion, where the answer says so.
	input, output uint64
	hasUsage      bool
}

func (c *counter) event(data []byte) {
	if string(data) == "[DONE]" {
		return
	}
	c.events++
	if !gjson.ValidBytes(data) {
		return
	}
	for _, content := range gjson.GetBytes(data, "choices.#.delta.content").Array() {
		if content.Type == gjson.String && content.Str != "" {
			c.deltas++
			break
		}
	}
	if usage := gjson.GetBytes(data, "usage"); usage.IsObject() {
		c.hasUsage = true
		c.input, c.output = usage.Get("prompt_tokens").Uint(), usage.Get("completion_tokens").Uint()
	}
}

// tokens in and out: as the answer says, or a token for each chunk that brought text.
func (c *counter) tokens() (input, output uint64) {
	if c.hasUsage {
		return c.input, c.output
	}
	return 0, c.deltas
}

func (c *counter) report() string {
	input, output := c.tokens()
	source := "deltas"
	if c.hasUsage {
		source = "usage"
	}
	return fmt.Sprintf("events=%d deltas=%d input=%d output=%d source=%s", c.events, c.deltas, input, output, source)
}
