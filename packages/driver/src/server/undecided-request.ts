/** A request that waits for the decision of a hook. The request tells the hook when the decision comes too late. */
import { textOf } from "../errors.ts";
import { AbortController } from "../runtime/globals.ts";
import type { Binding } from "../socket/binding.ts";
import { RequestView, type Surroundings } from "./request-view.ts";

export abstract class UndecidedRequest extends RequestView {
  protected readonly binding: Binding;
  private controller: AbortController | null = null;
  /** The request was accepted, rejected or answered. */
  isDecided = false;

  constructor(binding: Binding, surroundings: Surroundings) {
    super(binding.transport, surroundings);
    this.binding = binding;
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.binding.info !== null) this.abandoned();
    return this.controller.signal;
  }

  /** The connection has ended, or the engine has answered. */
  abandoned(): void {
    if (this.isDecided) return; // the hook has decided, and still runs
    this.controller ??= new AbortController();
    this.controller.abort();
  }

  /** Whether the hook failed with `error` because the hook obeyed {@link signal}. */
  isGivenUp(error: unknown): boolean {
    return this.controller?.signal.aborted === true && textOf(error, "name") === "AbortError";
  }
}
