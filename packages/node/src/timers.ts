/**
 * Node's timers, taken once, when the adapter is loaded. Fake timers replace them in Node's modules too. A program that is
 * compiled to CommonJS looks into the module at each call, and would get the fakes.
 */
import * as timers from "node:timers";

export const clearInterval: typeof timers.clearInterval = timers.clearInterval;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;
export const setInterval: typeof timers.setInterval = timers.setInterval;
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
