// What an operator may write; plugins/examples/README.md describes the keys.

import { Kind, Listener, read } from "../shared/json";

export class Config extends Listener {
  requestHeaders: string[] = [];
  responseHeaders: string[] = [];
  requestBody: bool = false;
  responseBody: bool = false;
  maxBodyBytes: i32 = 1024;
  /// What is wrong, empty when nothing is.
  problem: string = "";

  /// Reads JSON; nothing at all is the default.
  static read(text: string): Config {
    const config = new Config();
    if (text.trim().length > 0 && !read(text, config)) config.problem = "no JSON";
    return config;
  }

  value(path: string, kind: Kind, text: string): void {
    if (path == "" && kind == Kind.Members) return;
    if (path == "request_headers" && kind == Kind.Text) this.requestHeaders.push(text);
    else if (path == "response_headers" && kind == Kind.Text) this.responseHeaders.push(text);
    else if ((path == "request_headers" || path == "response_headers") && kind == Kind.List) return;
    else if (path == "request_body" && (kind == Kind.True || kind == Kind.False)) this.requestBody = kind == Kind.True;
    else if (path == "response_body" && (kind == Kind.True || kind == Kind.False)) this.responseBody = kind == Kind.True;
    else if (path == "max_body_bytes" && kind == Kind.Number && !text.startsWith("-")) this.maxBodyBytes = I32.parseInt(text);
    else this.problem = "unknown key or wrong value: " + path;
  }
}
