package main

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// Config is what an operator may write; plugins/examples/README.md describes the keys.
type Config struct {
	RequestHeaders, ResponseHeaders []string
	RequestBody, ResponseBody       bool
	MaxBodyBytes                    int
}

func parseConfig(json gjson.Result, config *Config) error {
	*config = Config{MaxBodyBytes: 1024}
	var problem error
	json.ForEach(func(name, value gjson.Result) bool {
		problem = config.set(name.String(), value)
		return problem == nil
	})
	return problem
}

func (config *Config) set(name string, value gjson.Result) error {
	switch name {
	case "request_headers":
		return list(name, value, &config.RequestHeaders)
	case "response_headers":
		return list(name, value, &config.ResponseHeaders)
	case "request_body":
		return boolean(name, value, &config.RequestBody)
	case "response_body":
		return boolean(name, value, &config.ResponseBody)
	case "max_body_bytes":
		if value.Type != gjson.Number || value.Num < 0 {
			return fmt.Errorf("max_body_bytes is no size: %s", value.Raw)
		}
		config.MaxBodyBytes = int(value.Int())
		return nil
	}
	// The SDK's own keys begin with an underscore.
	if strings.HasPrefix(name, "_") {
		return nil
	}
	return fmt.Errorf("unknown key %s", name)
}

func list(name string, value gjson.Result, into *[]string) error {
	if !value.IsArray() {
		return fmt.Errorf("%s is no list: %s", name, value.Raw)
	}
	for _, item := range value.Array() {
		*into = append(*into, item.String())
	}
	return nil
}

func boolean(name string, value gjson.Result, into *bool) error {
	if !value.IsBool() {
		return fmt.Errorf("%s is neither true nor false: %s", name, value.Raw)
	}
	*into = value.Bool()
	return nil
}
