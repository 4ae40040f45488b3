/**
 * Laws of the driver, and of what is built over and under it: for those who write a transport, an adapter, or change the
 * driver. The laws of engines are in the main entry.
 *
 * @module
 */
export {
  type ApplicationLawOptions,
  applicationFaults,
  applicationLaw,
  type DriverUnderTest,
} from "./driver-laws/application.ts";
export {
  type ApplicationAct,
  type ApplicationHistory,
  applicationHistories,
  CALLED,
  type Called,
  COMMANDS,
  type Command,
  type Misdeed,
  type Side,
} from "./driver-laws/application-history.ts";
export { type Ends, lentMemoryFaults } from "./driver-laws/lent-memory.ts";
export { ODD_VALUES, WAYS_TO_FAIL } from "./driver-laws/odd-values.ts";
