// Logs every exchange in one line: method, path, status, and what the configuration asks for.
package main

import (
	"github.com/higress-group/proxy-wasm-go-sdk/proxywasm"
	"github.com/higress-group/proxy-wasm-go-sdk/proxywasm/types"
	"github.com/higress-group/wasm-go/pkg/wrapper"
)

// A plugin is a library: the host calls what the SDK exports.
func main() {}

func init() {
	wrapper.SetCtx(
		"logger",
		wrapper.ParseConfig(parseConfig),
		wrapper.ProcessRequestHeaders(onRequestHeaders),
		wrapper.ProcessStreamingRequestBody(onRequestBody),
		wrapper.ProcessResponseHeaders(onResponseHeaders),
		wrapper.ProcessStreamingResponseBody(onResponseBody),
		wrapper.ProcessStreamDone(onDone),
	)
}

// What is known of one exchange.
type exchange struct {
	method, path, status            string
	requestHeaders, responseHeaders []*string
	requestBody, responseBody       []byte
}

const key = "exchange"

func of(ctx wrapper.HttpContext) *exchange {
	if known, ok := ctx.GetContext(key).(*exchange); ok {
		return known
	}
	known := &exchange{}
	ctx.SetContext(key, known)
	return known
}

// The values of headers by name, nil where there is none.
func values(names []string, value func(string) (string, error)) []*string {
	found := make([]*string, len(names))
	for index, name := range names {
		if text, err := value(name); err == nil {
			found[index] = &text
		}
	}
	return found
}

func onRequestHeaders(ctx wrapper.HttpContext, config Config) types.Action {
	own := of(ctx)
	own.method, own.path = ctx.Method(), ctx.Path()
	own.requestHeaders = values(config.RequestHeaders, proxywasm.GetHttpRequestHeader)
	if !config.RequestBody {
		ctx.DontReadRequestBody()
	}
	return types.ActionContinue
}

func onRequestBody(ctx wrapper.HttpContext, config Config, piece []byte, _ bool) []byte {
	own := of(ctx)
	own.requestBody = keep(own.requestBody, piece, config.MaxBodyBytes)
	return piece
}

func onResponseHeaders(ctx wrapper.HttpContext, config Config) types.Action {
	own := of(ctx)
	own.status, _ = proxywasm.GetHttpResponseHeader(":status")
	own.responseHeaders = values(config.ResponseHeaders, proxywasm.GetHttpResponseHeader)
	if !config.ResponseBody {
		ctx.DontReadResponseBody()
	}
	return types.ActionContinue
}

func onResponseBody(ctx wrapper.HttpContext, config Config, piece []byte, _ bool) []byte {
	own := of(ctx)
	own.responseBody = keep(own.responseBody, piece, config.MaxBodyBytes)
	return piece
}

func onDone(ctx wrapper.HttpContext, config Config) {
	// Without the prefix of the SDK's own log: the line is for machines.
	proxywasm.LogInfo(describe(of(ctx), config))
}
