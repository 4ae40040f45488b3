/**
 * Property-based testing for WebSocket endpoints.
 *
 * @module
 */
export { type StoredBlocks, type StoredBlocksOptions, storedBlocks } from "./stored-blocks.ts";
