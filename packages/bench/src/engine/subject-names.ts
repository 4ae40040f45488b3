/** The candidates by name, for those that do not load them. */
export const OURS = "sansocket";
/** Ours without what the adapter brings: the engine's own loops in plain JavaScript. */
export const PLAIN = "sansocket, plain";
export const WS = "ws";
export const WS_BUFFERUTIL = "ws + bufferutil";
export const WEBSOCKET_DRIVER = "websocket-driver";
/** No engine: one copy of the same bytes, which is the limit. */
export const MEMCPY = "memcpy";
