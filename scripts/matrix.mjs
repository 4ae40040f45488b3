// pnpm test:matrix [20 22 24 26]: the tests of Node on those releases, and of the programs that run there. Build before.
import { testOnReleases } from "../packages/workshop/src/node-releases.mjs";

process.exit(testOnReleases(process.argv.slice(2)));
