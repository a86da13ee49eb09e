package main

import (
	"fmt"
	"strings"
)

// describe is the line of one exchange.
func describe(own *exchange, config Config) string {
	var line strings.Builder
	status := own.status
	if status == "" {
		status = "0"
	}
	line.WriteString("access method=" + own.method + " path=" + quoted([]byte(own.path)) + " status=" + status)
	headers := func(side string, names []string, values []*string) {
		for index, value := range values {
			if value != nil {
				line.WriteString(" " + side + "." + names[index] + "=" + quoted([]byte(*value)))
			}
		}
	}
	headers("request", config.RequestHeaders, own.requestHeaders)
	headers("response", config.ResponseHeaders, own.responseHeaders)
	if config.RequestBody {
		line.WriteString(" request_body=" + quoted(own.requestBody))
	}
	if config.ResponseBody {
		line.WriteString(" response_body=" + quoted(own.responseBody))
	}
	return line.String()
}

// quoted is printable ASCII as it is, quotes and backslashes with a backslash, other bytes as \xNN.
func quoted(value []byte) string {
	var text strings.Builder
	text.WriteByte('"')
	for _, b := range value {
		switch {
		case b == '"' || b == '\\':
			text.WriteByte('\\')
			text.WriteByte(b)
		case b >= ' ' && b <= '~':
			text.WriteByte(b)
		default:
			fmt.Fprintf(&text, "\\x%02x", b)
		}
	}
	text.WriteByte('"')
	return text.String()
}

// keep takes the beginning of a body over, up to most bytes.
func keep(kept, piece []byte, most int) []byte {
	room := most - len(kept)
	if room <= 0 {
		return kept
	}
	return append(kept, piece[:min(room, len(piece))]...)
}
