/** Runs before each test file: every property of fast-check that names no seed takes {@link LAW_SEED}. */
import fc from "fast-check";
import { LAW_SEED } from "./law-seed.mjs";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: LAW_SEED });
