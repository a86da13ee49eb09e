// Adds a header to every response: its value is the plugin's configuration.

export * from "@gcoredev/proxy-wasm-sdk-as/assembly/proxy";
import {
  Context,
  FilterHeadersStatusValues,
  log,
  LogLevelValues,
  registerRootContext,
  RootContext,
  stream_context,
} from "@gcoredev/proxy-wasm-sdk-as/assembly";

/// One for each configuration.
class Root extends RootContext {
  greeting: string = "hello";

  /// false refuses the configuration: what ran before goes on.
  onConfigure(size: u32): bool {
    super.onConfigure(size);
    const text = this.getConfiguration().trim();
    if (text.length > 0) this.greeting = text;
    log(LogLevelValues.info, "greets with " + this.greeting);
    return true;
  }

  createContext(id: u32): Context {
    return new Exchange(id, this, this.greeting);
  }
}

/// One for each request with its response.
class Exchange extends Context {
  constructor(
    id: u32,
    root: RootContext,
    private greeting: string,
  ) {
    super(id, root);
  }

  onResponseHeaders(_count: u32, _end: bool): FilterHeadersStatusValues {
    stream_context.headers.response.add("x-greeting", this.greeting);
    return FilterHeadersStatusValues.Continue;
  }
}

registerRootContext((id: u32) => new Root(id), "");
