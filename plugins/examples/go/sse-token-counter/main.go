// Counts events and tokens of answers of language models that come as Server-Sent Events. The stream is not touched.
package main

import (
	"fmt"
	"strings"

	"github.com/higress-group/proxy-wasm-go-sdk/proxywasm"
	"github.com/higress-group/proxy-wasm-go-sdk/proxywasm/types"
	"github.com/higress-group/wasm-go/pkg/wrapper"
	"github.com/tidwall/gjson"
)

// A plugin is a library: the host calls what the SDK exports.
func main() {}

func init() {
	wrapper.SetCtx(
		"sse-token-counter",
		wrapper.ParseConfig(parseConfig),
		wrapper.ProcessResponseHeaders(onResponseHeaders),
		wrapper.ProcessStreamingResponseBody(onResponseBody),
		wrapper.ProcessStreamDone(onDone),
	)
}

// Config is what an operator may write; plugins/examples/README.md describes the keys.
type Config struct {
	property              string
	events, input, output proxywasm.MetricCounter
}

func parseConfig(json gjson.Result, config *Config) error {
	prefix, property := "sse", "sse_tokens"
	var problem error
	json.ForEach(func(name, value gjson.Result) bool {
		switch {
		case name.String() == "metric_prefix" && value.Type == gjson.String:
			prefix = value.String()
		case name.String() == "property" && value.Type == gjson.String:
			property = value.String()
		case !strings.HasPrefix(name.String(), "_"):
			problem = fmt.Errorf("unknown key or no text: %s", name.String())
		}
		return problem == nil
	})
	if problem != nil {
		return problem
	}
	config.property = property
	config.events = proxywasm.DefineCounterMetric(prefix + "_events_total")
	config.input = proxywasm.DefineCounterMetric(prefix + "_input_tokens_total")
	config.output = proxywasm.DefineCounterMetric(prefix + "_output_tokens_total")
	return nil
}

// What is known of one answer.
type answer struct {
	events  events
	counter counter
}

const key = "answer"

func onResponseHeaders(ctx wrapper.HttpContext, _ Config) types.Action {
	kind, _ := proxywasm.GetHttpResponseHeader("content-type")
	if strings.HasPrefix(strings.ToLower(kind), "text/event-stream") && ctx.HasResponseBody() {
		ctx.SetContext(key, &answer{})
	} else {
		ctx.DontReadResponseBody()
	}
	return types.ActionContinue
}

func onResponseBody(ctx wrapper.HttpContext, config Config, piece []byte, end bool) []byte {
	if own, ok := ctx.GetContext(key).(*answer); ok {
		own.events.push(piece, own.counter.event)
		if end {
			report(ctx, config, own)
		}
	}
	return piece
}

// A stream that was cut is told as well.
func onDone(ctx wrapper.HttpContext, config Config) {
	if own, ok := ctx.GetContext(key).(*answer); ok {
		report(ctx, config, own)
	}
}

// report tells the result, once.
func report(ctx wrapper.HttpContext, config Config, own *answer) {
	ctx.SetContext(key, nil)
	input, output := own.counter.tokens()
	add := func(metric proxywasm.MetricCounter, count uint64) {
		if count > 0 {
			metric.Increment(count)
		}
	}
	add(config.events, own.counter.events)
	add(config.input, input)
	add(config.output, output)
	text := own.counter.report()
	_ = proxywasm.SetProperty([]string{config.property}, []byte(text))
	// Without the prefix of the SDK's own log: the line is for machines.
	proxywasm.LogInfo("sse " + text)
}
