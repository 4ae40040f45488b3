/**
 * For tests of applications, without a network and with a clock that stands still: {@link pair} gives two connected sockets,
 * {@link virtualNetwork} servers and clients. The laws at the end are for those who write a transport or change the driver.
 *
 * @module
 */
export { type Pair, type PairOptions, pair } from "./application/pair.ts";
export {
  type VirtualNetwork,
  type VirtualNetworkOptions,
  type VirtualTime,
  virtualNetwork,
} from "./application/virtual-network.ts";
export type { VirtualRuntimeOptions } from "./application/virtual-runtime.ts";
export type { LineConditions, NetworkFault } from "./simulation/conditions.ts";
