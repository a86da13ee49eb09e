// Logs every exchange in one line: method, path, status, and what the configuration asks for.

export * from "@gcoredev/proxy-wasm-sdk-as/assembly/proxy";
import {
  BufferTypeValues,
  Context,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  get_buffer_bytes,
  log,
  LogLevelValues,
  registerRootContext,
  RootContext,
  stream_context,
} from "@gcoredev/proxy-wasm-sdk-as/assembly";
import { quoted, utf8 } from "../shared/text";
import { Config } from "./config";

class Root extends RootContext {
  config: Config = new Config();

  onConfigure(size: u32): bool {
    super.onConfigure(size);
    this.config = Config.read(this.getConfiguration());
    if (this.config.problem.length == 0) return true;
    log(LogLevelValues.error, "configuration: " + this.config.problem);
    return false;
  }

  createContext(id: u32): Context {
    return new Exchange(id, this, this.config);
  }
}

class Exchange extends Context {
  private method: string = "";
  private path: string = "";
  private status: string = "";
  private requestHeaders: string = "";
  private responseHeaders: string = "";
  private requestBody: Uint8Array = new Uint8Array(0);
  private responseBody: Uint8Array = new Uint8Array(0);

  constructor(
    id: u32,
    root: RootContext,
    private config: Config,
  ) {
    super(id, root);
  }

  onRequestHeaders(_count: u32, _end: bool): FilterHeadersStatusValues {
    const headers = stream_context.headers.request;
    this.method = headers.get(":method");
    this.path = headers.get(":path");
    for (let i = 0; i < this.config.requestHeaders.length; i++) {
      const name = this.config.requestHeaders[i];
      const value = headers.get(name);
      // The SDK answers with an empty text where there is no header.
      if (value.length > 0) this.requestHeaders += " request." + name + "=" + quoted(utf8(value));
    }
    return FilterHeadersStatusValues.Continue;
  }

  onRequestBody(size: usize, _end: bool): FilterDataStatusValues {
    if (this.config.requestBody && size > 0) {
      this.requestBody = keep(this.requestBody, BufferTypeValues.HttpRequestBody, size, this.config.maxBodyBytes);
    }
    return FilterDataStatusValues.Continue;
  }

  onResponseHeaders(_count: u32, _end: bool): FilterHeadersStatusValues {
    const headers = stream_context.headers.response;
    this.status = headers.get(":status");
    for (let i = 0; i < this.config.responseHeaders.length; i++) {
      const name = this.config.responseHeaders[i];
      const value = headers.get(name);
      if (value.length > 0) this.responseHeaders += " response." + name + "=" + quoted(utf8(value));
    }
    return FilterHeadersStatusValues.Continue;
  }

  onResponseBody(size: usize, _end: bool): FilterDataStatusValues {
    if (this.config.responseBody && size > 0) {
      this.responseBody = keep(this.responseBody, BufferTypeValues.HttpResponseBody, size, this.config.maxBodyBytes);
    }
    return FilterDataStatusValues.Continue;
  }

  onLog(): void {
    let line = "access method=" + this.method + " path=" + quoted(utf8(this.path));
    line += " status=" + (this.status.length > 0 ? this.status : "0") + this.requestHeaders + this.responseHeaders;
    if (this.config.requestBody) line += " request_body=" + quoted(this.requestBody);
    if (this.config.responseBody) line += " response_body=" + quoted(this.responseBody);
    log(LogLevelValues.info, line);
  }
}

/// Takes the beginning of a body over, up to `most` bytes.
function keep(kept: Uint8Array, buffer: BufferTypeValues, size: usize, most: i32): Uint8Array {
  const room = min(most - kept.length, <i32>size);
  if (room <= 0) return kept;
  const piece = Uint8Array.wrap(get_buffer_bytes(buffer, 0, room));
  const more = new Uint8Array(kept.length + piece.length);
  more.set(kept);
  more.set(piece, kept.length);
  return more;
}

registerRootContext((id: u32) => new Root(id), "");
