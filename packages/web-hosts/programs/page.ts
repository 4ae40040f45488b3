/** In a page there is a `WebSocket` already, and no TCP; but a server and a client of the driver's can talk there. */
import { converseByClass, converseInMemory } from "./conversation.ts";

Object.assign(globalThis, { converseByClass, converseInMemory });
