package main

import (
	"testing"

	"github.com/tidwall/gjson"
)

func TestLine(t *testing.T) {
	agent := "curl"
	own := &exchange{method: "GET", path: "/a\"\\\n\u00e9", requestHeaders: []*string{&agent, nil}}
	config := Config{RequestHeaders: []string{"user-agent", "none"}, ResponseBody: true}
	const wanted = `access method=GET path="/a\"\\\x0a\xc3\xa9" status=0 request.user-agent="curl" response_body=""`
	if line := describe(own, config); line != wanted {
		t.Errorf("%s, not %s", line, wanted)
	}
}

func TestOnlyTheBeginningOfABodyIsKept(t *testing.T) {
	var kept []byte
	for _, piece := range []string{"abc", "defg", "h"} {
		kept = keep(kept, []byte(piece), 5)
	}
	if string(kept) != "abcde" {
		t.Errorf("kept %q", kept)
	}
}

func TestConfiguration(t *testing.T) {
	var config Config
	if err := parseConfig(gjson.Parse(`{"request_headers":["a"],"response_body":true,"_rules_":[]}`), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.RequestHeaders) != 1 || !config.ResponseBody || config.MaxBodyBytes != 1024 {
		t.Errorf("%+v", config)
	}
	for _, wrong := range []string{`{"request_header":[]}`, `{"request_body":1}`, `{"max_body_bytes":-1}`, `{"request_headers":"a"}`} {
		if parseConfig(gjson.Parse(wrong), &config) == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
