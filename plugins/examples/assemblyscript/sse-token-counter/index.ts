// Counts events and tokens of answers of language models that come as Server-Sent Events. The stream is not touched.

export * from "@gcoredev/proxy-wasm-sdk-as/assembly/proxy";
import {
  BufferTypeValues,
  Context,
  Counter as MetricCounter,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  get_buffer_bytes,
  log,
  LogLevelValues,
  registerRootContext,
  RootContext,
  set_property,
  stream_context,
} from "@gcoredev/proxy-wasm-sdk-as/assembly";
import { Kind, Listener, read } from "../shared/json";
import { Counter } from "./counter";
import { Events } from "./events";

class Config extends Listener {
  metricPrefix: string = "sse";
  property: string = "sse_tokens";
  problem: string = "";

  value(path: string, kind: Kind, text: string): void {
    if (path == "" && kind == Kind.Members) return;
    if (path == "metric_prefix" && kind == Kind.Text) this.metricPrefix = text;
    else if (path == "property" && kind == Kind.Text) this.property = text;
    else this.problem = "unknown key or wrong value: " + path;
  }
}

class Metrics {
  events: MetricCounter;
  input: MetricCounter;
  output: MetricCounter;

  constructor(prefix: string) {
    this.events = new MetricCounter(prefix + "_events_total");
    this.input = new MetricCounter(prefix + "_input_tokens_total");
    this.output = new MetricCounter(prefix + "_output_tokens_total");
  }
}

class Root extends RootContext {
  config: Config = new Config();
  metrics: Metrics | null = null;

  onConfigure(size: u32): bool {
    super.onConfigure(size);
    const config = new Config();
    const text = this.getConfiguration();
    if (text.trim().length > 0 && !read(text, config)) config.problem = "no JSON";
    if (config.problem.length > 0) {
      log(LogLevelValues.error, "configuration: " + config.problem);
      return false;
    }
    this.config = config;
    this.metrics = new Metrics(config.metricPrefix);
    return true;
  }

  createContext(id: u32): Context {
    return new Exchange(id, this, this.config.property, this.metrics!);
  }
}

class Exchange extends Context {
  /// Whether the response is a stream of events, and not reported yet.
  private counting: bool = false;
  private events: Events = new Events();
  private counter: Counter = new Counter();

  constructor(
    id: u32,
    root: RootContext,
    private property: string,
    private metrics: Metrics,
  ) {
    super(id, root);
  }

  onResponseHeaders(_count: u32, end: bool): FilterHeadersStatusValues {
    const kind = stream_context.headers.response.get("content-type").toLowerCase();
    this.counting = !end && kind.startsWith("text/event-stream");
    return FilterHeadersStatusValues.Continue;
  }

  onResponseBody(size: usize, end: bool): FilterDataStatusValues {
    if (this.counting) {
      if (size > 0) {
        const piece = get_buffer_bytes(BufferTypeValues.HttpResponseBody, 0, <u32>size);
        this.events.push(Uint8Array.wrap(piece), this.counter);
      }
      if (end) this.report();
    }
    return FilterDataStatusValues.Continue;
  }

  // A stream that was cut is told as well.
  onDone(): bool {
    this.report();
    return true;
  }

  /// Tells the result, once.
  private report(): void {
    if (!this.counting) return;
    this.counting = false;
    add(this.metrics.events, this.counter.events);
    add(this.metrics.input, this.counter.input());
    add(this.metrics.output, this.counter.output());
    const report = this.counter.report();
    set_property(this.property, String.UTF8.encode(report));
    log(LogLevelValues.info, "sse " + report);
  }
}

function add(metric: MetricCounter, count: u64): void {
  if (count > 0) metric.increment(<u32>min(count, <u64>u32.MAX_VALUE));
}

registerRootContext((id: u32) => new Root(id), "");
