// What the events of a chat completion say about tokens.

import { Kind, Listener, read } from "../shared/json";
import { EventListener } from "./events";

export class Counter extends EventListener {
  events: u64 = 0;
  /// Chunks that brought text.
  private deltas: u64 = 0;
  private usage: bool = false;
  private prompt: u64 = 0;
  private completion: u64 = 0;

  event(data: string): void {
    if (data == "[DONE]") return;
    this.events++;
    const chunk = new Chunk();
    if (!read(data, chunk)) return;
    if (chunk.text) this.deltas++;
    if (chunk.usage) {
      this.usage = true;
      this.prompt = chunk.prompt;
      this.completion = chunk.completion;
    }
  }

  input(): u64 {
    return this.usage ? this.prompt : 0;
  }

  /// As the answer says, or a token for each chunk that brought text.
  output(): u64 {
    return this.usage ? this.completion : this.deltas;
  }

  report(): string {
    const source = this.usage ? "usage" : "deltas";
    return `events=${this.events} deltas=${this.deltas} input=${this.input()} output=${this.output()} source=${source}`;
  }
}

/// A chunk of a chat completion, as far as it is looked at.
class Chunk extends Listener {
  text: bool = false;
  usage: bool = false;
  prompt: u64 = 0;
  completion: u64 = 0;

  value(path: string, kind: Kind, text: string): void {
    if (path == "choices.delta.content" && kind == Kind.Text && text.length > 0) this.text = true;
    if (path == "usage" && kind == Kind.Members) this.usage = true;
    if (path == "usage.prompt_tokens" && kind == Kind.Number) this.prompt = U64.parseInt(text);
    if (path == "usage.completion_tokens" && kind == Kind.Number) this.completion = U64.parseInt(text);
  }
}
